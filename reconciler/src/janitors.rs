//! What should have moved on by now: events that wait for Stripe's answer although the message that
//! asks is lost, and objects in a state that passes by itself. And what is old enough to be forgotten.

use std::time::Duration;

use counterfoil_bus::Receipt;
use counterfoil_domain::absorb::Held;
use counterfoil_domain::freshness::Sighting;
use counterfoil_domain::outcome::Outcome;
use counterfoil_domain::reconcile::{
    Brake, FindingType, Listed, Planned, Policy, Weighed, Weighing, severity_of, weigh,
};
use counterfoil_store::{Correction, Filter, InboxRow, Index, NewFinding, Span};
use counterfoil_stripe_client::StripeError;

use crate::redeliver::{Origin, again, publisher};
use crate::repair::{RepairError, Repaired, look, repair};
use crate::turn::{JobError, Running};

/// After this time an event that waits for Stripe's answer is asked for anew; the ladder's longest
/// waits are over by then unless Stripe was away.
const OPEN_SINCE: Duration = Duration::from_mins(90);
/// Events looked at in one run.
const EVENTS_MAX: u16 = 1_000;
/// Objects of a kind looked at in one run.
const OBJECTS_MAX: u32 = 1_000;
/// What objects that should have moved on are found by.
const OVERDUE: &[(&str, &str)] = &[
    (
        "subscriptions_incomplete",
        "subscriptions (created) where status = 'incomplete' and not deleted",
    ),
    (
        "checkout_sessions_open",
        "checkout_sessions (expires_at) where status = 'open' and not deleted",
    ),
    (
        "payment_intents_processing",
        "payment_intents (created) where status = 'processing' and not deleted",
    ),
];
/// How long runs are remembered.
const RUNS_KEPT: Duration = Duration::from_hours(90 * 24);

pub(crate) async fn run(running: &Running<'_>) -> Result<(), JobError> {
    open_events(running).await?;
    if running.caller.is_some() {
        for (name, on) in OVERDUE {
            let index = Index { name: (*name).to_owned(), on: (*on).to_owned() };
            running.context.store.ensure_index(&index).await?;
        }
        overdue(running).await?;
    }
    if !running.how.dry_run {
        running.context.store.forget_runs(running.now().minus(RUNS_KEPT)).await?;
    }
    Ok(())
}

/// Has events that are open too long be judged again.
async fn open_events(running: &Running<'_>) -> Result<(), JobError> {
    let context = running.context;
    let before = Some(running.now().minus(OPEN_SINCE));
    let filter = Filter {
        outcome: Some(Outcome::Refetching),
        received: Span { from: None, before },
        ..Filter::default()
    };
    let open = context.store.inbox(&filter, None, EVENTS_MAX).await?;
    let open: Vec<InboxRow> = open.into_iter().filter(|it| it.replayed_at < before).collect();
    let count = i64::try_from(open.len()).unwrap_or(i64::MAX);
    context.store.tally(&running.handle, &[("events_open_too_long", count)]).await?;
    let (false, false, Some(bus)) = (running.how.dry_run, open.is_empty(), &context.bus) else {
        return Ok(());
    };
    let keys: Vec<_> = open.iter().map(|it| &it.key).collect();
    let bodies = context.store.payloads(&keys).await?;
    let publisher = publisher(bus).await?;
    let mut asked = 0;
    for row in &open {
        let Some(Ok(body)) = bodies.iter().find(|it| it.key == row.key).map(|it| &it.body) else {
            tracing::warn!(
                stripe.event.id = row.key.id,
                "open too long, and its body is no longer kept; the next full pass proves its object"
            );
            continue;
        };
        let (line, message) = again(row, body.clone(), Origin::recorded(&row.key.scope));
        if publisher.publish(line, message).await == Receipt::Confirmed {
            asked += 1;
        }
    }
    publisher.close().await;
    context.store.tally(&running.handle, &[("events_asked_again", asked)]).await?;
    Ok(())
}

/// Asks for objects that should have moved on, and takes what Stripe says of them.
async fn overdue(running: &Running<'_>) -> Result<(), JobError> {
    let context = running.context;
    let caller = running.caller()?;
    let objects = context.store.overdue(&context.scope, running.now(), OBJECTS_MAX).await?;
    let count = i64::try_from(objects.len()).unwrap_or(i64::MAX);
    context.store.tally(&running.handle, &[("objects_overdue", count)]).await?;
    let mut overdue = Vec::new();
    let mut listed = Listed::default();
    for (kind, id) in objects {
        if context.shutdown.is_requested() {
            return Err(JobError::Stopped);
        }
        let looked = match look(&context.store, caller, &context.scope, kind, &id, None).await {
            Ok(looked) => looked,
            // It is not the others' fault, and would be the first again in the next run.
            Err(RepairError::Job(JobError::Stripe(
                error @ (StripeError::Refused { .. } | StripeError::Unreadable { .. }),
            ))) => {
                tracing::warn!(kind = kind.as_str(), id, %error, "overdue, and not to be asked");
                continue;
            }
            Err(RepairError::Job(error)) => return Err(error),
            Err(error @ (RepairError::Unreadable(_) | RepairError::TooSoon)) => {
                tracing::warn!(kind = kind.as_str(), id, %error, "overdue, and not to be asked");
                continue;
            }
        };
        if looked.fetched.projection.change.is_deletion() {
            listed.unseen += 1;
        } else {
            listed.known += 1;
        }
        if let Some(weighed) = weighed(&looked) {
            overdue.push((looked, weighed));
        }
    }
    // A key of another account has none of them.
    let repairs_max = running.how.repairs_max.unwrap_or(context.settings.repairs_max);
    let brake = Brake { repairs_max };
    brake.after_lists(&[listed]).map_err(JobError::Braked)?;
    let repairs = u64::try_from(overdue.len()).unwrap_or(u64::MAX);
    brake.before_repairs(Planned { repairs }).map_err(JobError::Braked)?;
    for (looked, weighed) in overdue {
        settle(running, &looked, weighed).await?;
    }
    Ok(())
}

/// What the difference is. Whatever was on its way had its time: objects are looked at only some
/// minutes after they should have moved on.
fn weighed(looked: &Repaired) -> Option<Weighed> {
    let held = looked.held.as_ref()?;
    let projection = &looked.fetched.projection;
    let second = looked.fetched.second;
    let old = counterfoil_domain::freshness::Digest::from_bytes([0; 16]);
    let sighting = Sighting { second, digest: projection.digest };
    let at = Sighting { second: held.sighted_at, digest: old };
    let weighing = Weighing {
        held: Some(Held { sighting: at, deleted: held.deleted }),
        sighting,
        projection,
        columns_differ: looked.compared.columns_differ(),
        children_differ: looked.compared.children_differ(),
        untold: None,
    };
    match weigh(weighing) {
        Weighed::Explained(_) => None,
        it @ (Weighed::Ordinary(_) | Weighed::Drift(_)) => Some(it),
    }
}

async fn settle(
    running: &Running<'_>,
    looked: &Repaired,
    weighed: Weighed,
) -> Result<(), JobError> {
    let context = running.context;
    let (kind, id) = (looked.compared.kind, looked.compared.id.as_str());
    let found = match weighed {
        Weighed::Drift(found) => Some(found),
        Weighed::Ordinary(_) | Weighed::Explained(_) => None,
    };
    if running.how.dry_run {
        running.how.tell(&format!("{kind} {id} has moved on"));
        return Ok(());
    }
    let mut open = Vec::new();
    if let Some(found) = found {
        let new = NewFinding {
            found,
            severity: severity_of(found, kind),
            kind: kind.as_str().to_owned(),
            id: id.to_owned(),
            differences: looked.compared.to_json(),
        };
        let (run, since) = (running.run.id, running.run.started_at);
        let store = &context.store;
        let ids = store.record_findings(&context.scope, run, &[new], since, running.now()).await?;
        open.extend(ids.into_iter().flatten());
    }
    let policy =
        found.map_or(Policy::Automatic, |it: FindingType| context.settings.policies.of(it));
    if policy != Policy::Automatic {
        return Ok(());
    }
    match repair(&context.store, &context.tables, looked, running.now()).await {
        Ok(()) => {}
        Err(RepairError::Job(error)) => return Err(error),
        Err(error @ (RepairError::Unreadable(_) | RepairError::TooSoon)) => {
            tracing::warn!(kind = kind.as_str(), id, %error, "not taken");
            return Ok(());
        }
    }
    let actor = running.actor();
    let how = Correction { by: "repair", actor: &actor };
    for (found, after) in context.store.correct_findings(&open, how, running.now()).await? {
        context.metrics.corrected(&found, after);
        context.metrics.repaired(&found);
    }
    context.store.tally(&running.handle, &[("repaired", 1)]).await?;
    Ok(())
}
