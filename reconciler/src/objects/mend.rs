//! Recording what differs, and absorbing what Stripe showed where that is a run's to do.

use counterfoil_domain::mirror::ObjectKind;
use counterfoil_domain::reconcile::FindingType;
use counterfoil_store::{Correction, Fetched, FetchedOutcome, StoreError, Suspect, Verdict};

use super::weigh::projection_of;
use crate::turn::{JobError, Running};

/// Objects absorbed in one transaction.
const PAGE: u32 = 100;

pub(super) async fn all(running: &Running<'_>) -> Result<(), JobError> {
    record(running).await?;
    running.context.store.look_over_noted(&running.handle).await?;
    absorb(running).await?;
    close_what_is_gone(running).await
}

/// Every difference stands as a finding before anything is done about it.
async fn record(running: &Running<'_>) -> Result<(), JobError> {
    let context = running.context;
    let (mut kind, mut id) = (String::new(), String::new());
    loop {
        let page = context.store.suspects_page(running.run.id, (&kind, &id), PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        (kind, id) = (last.kind.as_str().to_owned(), last.id.clone());
        let found: Vec<_> = page.iter().filter_map(super::finding_of).collect();
        let since = running.run.started_at;
        context
            .store
            .record_findings(&context.scope, running.run.id, &found, since, running.now())
            .await?;
        page.iter().for_each(log);
    }
}

fn log(it: &Verdict) {
    let Some((found, severity)) = it.found else { return };
    let (kind, id) = (it.kind.as_str(), it.id.as_str());
    tracing::warn!(kind, id, found = found.as_str(), severity = severity.as_str(), "drift");
}

async fn absorb(running: &Running<'_>) -> Result<(), JobError> {
    let context = running.context;
    let automatic = context.settings.policies.automatic();
    let (mut kind, mut id) = (String::new(), String::new());
    let mut done = 0;
    loop {
        let behind = (kind.as_str(), id.as_str());
        let page = context.store.suspects_to_mend(&running.handle, &automatic, behind, PAGE);
        let page = page.await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        (kind, id) = (last.kind.as_str().to_owned(), last.id.clone());
        let taken = taken(running, &page).await?;
        let drift: Vec<(&Suspect, FindingType)> = page
            .iter()
            .zip(&taken)
            .filter(|(_, taken)| **taken)
            .filter_map(|((suspect, found), _)| Some((suspect, (*found)?)))
            .collect();
        correct(running, &drift).await?;
        let mended: Vec<(ObjectKind, String)> =
            page.iter().map(|(it, _)| (it.kind, it.id.clone())).collect();
        let repaired = i64::try_from(drift.len()).unwrap_or(i64::MAX);
        context.store.suspects_mended(&running.handle, &mended, repaired).await?;
        done += mended.len();
        running.how.tell(&format!("{done} objects brought up to what Stripe says"));
        if context.shutdown.is_requested() {
            return Err(JobError::Stopped);
        }
    }
}

/// Absorbs together, or, where one of them may be what fails, each alone. Says which were taken; what
/// was not stays an open finding.
async fn taken(
    running: &Running<'_>,
    page: &[(Suspect, Option<FindingType>)],
) -> Result<Vec<bool>, JobError> {
    let context = running.context;
    let scope = &context.scope;
    let mut fetched = Vec::with_capacity(page.len());
    for (suspect, _) in page {
        let (Ok(projection), Some(second)) = (projection_of(suspect), suspect.shown_at) else {
            return Err(JobError::Store(StoreError::Schema("a suspect without a body".to_owned())));
        };
        fetched.push(Fetched { scope: scope.clone(), second, projection });
    }
    let settled = |it: &FetchedOutcome| matches!(it, FetchedOutcome::Settled(_));
    let now = running.now();
    match context.store.absorb_all_fetched(scope, &fetched, &context.tables, now).await {
        Ok(outcomes) => return Ok(outcomes.iter().map(settled).collect()),
        Err(StoreError::Refused { .. } | StoreError::Conflict) => {}
        Err(error) => return Err(error.into()),
    }
    let mut taken = Vec::with_capacity(page.len());
    for it in &fetched {
        taken.push(match context.store.absorb_fetched(it, &context.tables, now).await {
            Ok(outcome) => settled(&outcome),
            Err(error @ (StoreError::Refused { .. } | StoreError::Conflict)) => {
                let (kind, id) = (it.projection.kind.as_str(), it.projection.id.as_str());
                tracing::warn!(kind, id, %error, "not mended; the finding stays open");
                false
            }
            Err(error) => return Err(error.into()),
        });
    }
    Ok(taken)
}

async fn correct(running: &Running<'_>, drift: &[(&Suspect, FindingType)]) -> Result<(), JobError> {
    let context = running.context;
    let objects: Vec<(&str, &str, &str)> = drift
        .iter()
        .map(|(it, found)| (it.kind.as_str(), it.id.as_str(), found.as_str()))
        .collect();
    let open = context.store.findings_about(&context.scope, &objects).await?;
    for found in close(running, &open, "repair").await? {
        context.metrics.repaired(&found);
    }
    Ok(())
}

/// A complete pass closes the findings that it did not see any more, but for those about objects
/// whose lists it left out. Whoever went on with it may not know how it was begun: the run does.
async fn close_what_is_gone(running: &Running<'_>) -> Result<(), JobError> {
    let context = running.context;
    let run = context.store.run(running.run.id).await?;
    let tally = run.map(|it| it.tally).unwrap_or_default();
    if running.how.is_partial() || tally.contains_key("partial") {
        return Ok(());
    }
    let compared = context.store.compared(running.run.id).await?;
    let kinds: Vec<&str> = compared
        .iter()
        .map(|it| it.0.as_str())
        .filter(|kind| !tally.contains_key(&super::left_out(kind)))
        .collect();
    let gone = context.store.findings_not_seen(&context.scope, running.run.id, &kinds).await?;
    close(running, &gone, "itself").await?;
    Ok(())
}

async fn close(running: &Running<'_>, findings: &[i64], by: &str) -> Result<Vec<String>, JobError> {
    let context = running.context;
    let actor = running.actor();
    let how = Correction { by, actor: &actor };
    let closed = context.store.correct_findings(findings, how, running.now()).await?;
    for (found, after) in &closed {
        context.metrics.corrected(found, *after);
    }
    Ok(closed.into_iter().map(|it| it.0).collect())
}
