//! Through all lists at once, as many pages at a time as the budget is worth.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicI32;

use counterfoil_domain::mirror::ObjectKind;
use counterfoil_store::{RunHandle, Store, Walk};
use counterfoil_stripe_client::{StripeError, Walk as Way, listing_of};
use tokio::task::JoinSet;

use super::step::{Stepped, Stepper};
use crate::turn::{JobError, Running};

/// Pages after which it is looked whether far too much differs.
const PAGES_PER_LOOK: u64 = 64;

pub(super) async fn all(running: &Running<'_>) -> Result<(), JobError> {
    let context = running.context;
    let walks = context.store.walks(&running.handle).await?;
    let mut last: BTreeMap<ObjectKind, i32> = BTreeMap::new();
    for walk in &walks {
        let part = last.entry(walk.kind).or_default();
        *part = (*part).max(walk.part);
    }
    let parts: BTreeMap<ObjectKind, AtomicI32> =
        last.into_iter().map(|(kind, part)| (kind, AtomicI32::new(part))).collect();
    let stepper = Arc::new(Stepper {
        store: context.store.clone(),
        caller: running.caller()?.clone(),
        run: running.handle.clone(),
        metrics: context.metrics.clone(),
        parts,
    });
    let mut waiting: VecDeque<Walk> = walks.into_iter().filter(|it| !it.done).collect();
    count(running, &waiting).await?;
    let mut at_work = JoinSet::new();
    let mut objects = u64::try_from(*running.run.tally.get("objects").unwrap_or(&0)).unwrap_or(0);
    let (mut pages, mut looked) = (0_u64, 0_u64);
    loop {
        while at_work.len() < context.settings.parallel.max(1) {
            let Some(walk) = waiting.pop_front() else { break };
            let hungry = waiting.len() + at_work.len() + 1 < context.settings.parallel;
            let stepper = Arc::clone(&stepper);
            at_work.spawn(async move { stepper.step(walk, hungry).await });
        }
        let Some(ended) = at_work.join_next().await else { break };
        let ended = ended.map_err(|_| JobError::Fault("a walk through a list panicked"))?;
        let Stepped { walk, split, objects: shown, pages: read, skipped } = ended?;
        objects += shown;
        pages += read;
        if let Some(error) = skipped {
            skip(&context.store, &running.handle, walk, &error).await?;
        } else if !walk.done {
            waiting.push_back(walk);
        }
        waiting.extend(split);
        running.how.tell(&format!("{objects} objects compared, {pages} pages read"));
        if context.shutdown.is_requested() {
            return Err(JobError::Stopped);
        }
        if running.how.limit.is_some_and(|it| objects >= it) {
            break;
        }
        if pages >= looked + PAGES_PER_LOOK {
            looked = pages;
            give_up_early(running).await?;
        }
    }
    at_work.shutdown().await;
    Ok(())
}

/// Counts what is held now, so that pages need not be compared that are as they were beside rows that
/// are as they were.
async fn count(running: &Running<'_>, walks: &VecDeque<Walk>) -> Result<(), JobError> {
    let kinds: BTreeSet<ObjectKind> = walks.iter().map(|it| it.kind).collect();
    for kind in kinds {
        if let Some(Way::ByCreated(made)) = listing_of(kind).map(|it| it.walk) {
            running.how.tell(&format!("counting what is held in {}", kind.table()));
            let list = super::list_of(kind, made, &running.context.scope);
            running.context.store.count_stretches(list).await?;
        }
    }
    Ok(())
}

/// A list that Stripe does not answer for this key, or that this account does not have, is left out;
/// the other lists are compared.
async fn skip(
    store: &Store,
    run: &RunHandle,
    walk: Walk,
    error: &StripeError,
) -> Result<(), JobError> {
    tracing::warn!(kind = walk.kind.as_str(), %error, "its list is left out");
    let done = Walk { done: true, ..walk };
    store.advance(run, &done, &counterfoil_store::Progress::default()).await?;
    let left_out = super::left_out(done.kind.as_str());
    store.tally(run, &[("lists_left_out", 1), (left_out.as_str(), 1)]).await?;
    Ok(())
}

/// A key of another account would otherwise list all of it before the brake is looked at.
async fn give_up_early(running: &Running<'_>) -> Result<(), JobError> {
    let brake = super::brake(running);
    let suspects = running.context.store.suspects_count(&running.handle).await?;
    if suspects > brake.asked_max() {
        let repairs_max = brake.repairs_max;
        let braked =
            counterfoil_domain::reconcile::Braked::TooMany { repairs: suspects, repairs_max };
        return Err(JobError::Braked(braked));
    }
    Ok(())
}
