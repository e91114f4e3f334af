//! The full diff: every object that can be listed against what is held.
//!
//! Phases, each of which goes on where it was after a kill:
//!
//! 1. *listing*: pages of each list, in parallel, against the rows that should be in them. What
//!    differs is noted, with what Stripe showed, and nothing is concluded yet.
//! 2. *asking*: rows that no list showed, and objects whose children a list cuts, one by one.
//! 3. *waiting*: until what was on its way has had time to arrive.
//! 4. *weighing*: what still differs, and how.
//! 5. *mending*: unless the brake says that this is more than anybody ever misses.
//!
//! A dry run ends before the last. Memory does not grow with what is compared: pages are dropped,
//! what differs is in Postgres.

mod ask;
mod mend;
mod part;
mod step;
mod wait;
mod walk;
mod weigh;

use counterfoil_domain::Scope;
use counterfoil_domain::mirror::ObjectKind;
use counterfoil_domain::reconcile::{Brake, Listed, Planned, Stretch};
use counterfoil_projection::{child_tables_of, reading_of, table_of};
use counterfoil_store::{Index, List, NewFinding, Walk};
use counterfoil_stripe_client::{Walk as Way, listing_of};

use crate::turn::{JobError, Running};

pub(crate) async fn run(running: &Running<'_>) -> Result<(), JobError> {
    let store = &running.context.store;
    let mut phase = running.run.phase.as_str();
    // Before anything else, and also where it goes on with a run that was begun otherwise: whoever
    // goes on with this one must know.
    if running.how.is_partial() && !running.run.tally.contains_key("partial") {
        store.tally(&running.handle, &[("partial", 1)]).await?;
    }
    if phase == "beginning" {
        indexes(running).await?;
        store.plan_walks(&running.handle, &walks(running)).await?;
        phase = enter(running, "listing").await?;
    }
    if phase == "listing" {
        walk::all(running).await?;
        brake_after_lists(running).await?;
        phase = enter(running, "asking").await?;
    }
    if phase == "asking" {
        store.look_over_noted(&running.handle).await?;
        ask::all(running).await?;
        phase = enter(running, "waiting").await?;
    }
    if phase == "waiting" {
        wait::until_arrived(running).await?;
        phase = enter(running, "weighing").await?;
    }
    if phase == "weighing" {
        weigh::all(running).await?;
        brake_before_mending(running).await?;
        phase = enter(running, "mending").await?;
    }
    if phase == "mending" && !running.how.dry_run {
        mend::all(running).await?;
    }
    Ok(())
}

async fn enter(running: &Running<'_>, phase: &'static str) -> Result<&'static str, JobError> {
    running.context.store.enter_phase(&running.handle, phase).await?;
    tracing::debug!(run = running.run.id, phase, "goes on");
    Ok(phase)
}

/// What is held of a stretch of a list is found by the second in which it was made.
async fn indexes(running: &Running<'_>) -> Result<(), JobError> {
    for kind in &running.context.settings.kinds {
        let Some(Way::ByCreated(made) | Way::ByCursor(made)) = listing_of(*kind).map(|it| it.walk)
        else {
            continue;
        };
        let table = kind.table();
        let index = Index { name: format!("{table}_made"), on: format!("{table} ({made})") };
        if running.context.store.ensure_index(&index).await? {
            tracing::info!(index = index.name, "made");
        }
    }
    Ok(())
}

/// Where the objects of a list are held.
fn list_of<'a>(kind: ObjectKind, made: &'static str, scope: &'a Scope) -> List<'a> {
    let (table, children) = (table_of(kind), child_tables_of(kind));
    List { table, children, made, reading: reading_of(kind), scope }
}

/// The lists, each in one part at first.
fn walks(running: &Running<'_>) -> Vec<Walk> {
    let from =
        running.how.since.map_or(Stretch::ALL.from, counterfoil_domain::Timestamp::unix_seconds);
    let stretch = Stretch { from: from.clamp(Stretch::ALL.from, Stretch::ALL.to), ..Stretch::ALL };
    let listed = |kind: &&ObjectKind| listing_of(**kind).is_some();
    running
        .context
        .settings
        .kinds
        .iter()
        .filter(listed)
        .map(|kind| Walk { kind: *kind, part: 0, stretch, behind: None, done: false })
        .collect()
}

fn brake(running: &Running<'_>) -> Brake {
    let repairs_max = running.how.repairs_max.unwrap_or(running.context.settings.repairs_max);
    Brake { repairs_max }
}

async fn brake_after_lists(running: &Running<'_>) -> Result<(), JobError> {
    let listed = running.context.store.listed(&running.handle).await?;
    let kinds: Vec<Listed> = listed.into_iter().map(|it| it.1).collect();
    brake(running).after_lists(&kinds).map_err(JobError::Braked)
}

/// A plan that would trip the brake is still shown by a dry run, which says so.
async fn brake_before_mending(running: &Running<'_>) -> Result<(), JobError> {
    let automatic = running.context.settings.policies.automatic();
    let found = running.context.store.suspects_found(running.run.id).await?;
    // What is ordinary happens in health, and in any number.
    let mended = |it: &&counterfoil_store::FoundCount| {
        it.found.is_some_and(|found| automatic.contains(&found))
    };
    let repairs: i64 = found.iter().filter(mended).map(|it| it.count).sum();
    let planned = Planned { repairs: u64::try_from(repairs).unwrap_or(0) };
    brake(running).before_repairs(planned).map_err(JobError::Braked)
}

/// The name in a run's tally of a list that was left out: nothing is proven of its objects.
fn left_out(kind: &str) -> String {
    format!("left_out_{kind}")
}

/// A difference that was weighed, as it is kept.
fn finding_of(it: &counterfoil_store::Verdict) -> Option<NewFinding> {
    let (found, severity) = it.found?;
    Some(NewFinding {
        found,
        severity,
        kind: it.kind.as_str().to_owned(),
        id: it.id.clone(),
        differences: it.differences.clone(),
    })
}
