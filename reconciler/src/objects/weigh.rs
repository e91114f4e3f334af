//! Weighing what differed, now that what was on its way has arrived.

use counterfoil_domain::absorb::Held;
use counterfoil_domain::freshness::Sighting;
use counterfoil_domain::mirror::{ObjectKind, Projection};
use counterfoil_domain::reconcile::{Weighed, Weighing, severity_of, weigh};
use counterfoil_projection::{absent, project, untold};
use counterfoil_store::{Suspect, Verdict};
use serde_json::json;

use crate::compare::{Compared, compare};
use crate::turn::{JobError, Running};

/// Suspects weighed in one transaction.
const PAGE: u32 = 100;

pub(super) async fn all(running: &Running<'_>) -> Result<(), JobError> {
    let store = &running.context.store;
    let (mut kind, mut id) = (String::new(), String::new());
    let mut weighed = 0;
    loop {
        let page = store.suspects_to_weigh(&running.handle, (&kind, &id), PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        (kind, id) = (last.kind.as_str().to_owned(), last.id.clone());
        let held = heads(running, &page).await?;
        let mut compared = Vec::with_capacity(page.len());
        for suspect in &page {
            let there = head_of(&held, suspect).is_some();
            compared.push(if there { compared_now(running, suspect).await? } else { None });
        }
        // Read after the comparison: what was absorbed meanwhile is later than what was compared.
        let held = heads(running, &page).await?;
        let ids: Vec<&str> = page.iter().map(|it| it.id.as_str()).collect();
        let waiting = store.objects_waiting(&ids, &running.context.scope).await?;
        let verdicts: Vec<Verdict> = page
            .iter()
            .zip(&compared)
            .map(|(suspect, compared)| {
                let waits = waiting.contains(&suspect.id);
                one(suspect, head_of(&held, suspect), compared.as_ref(), waits)
            })
            .collect();
        store.suspects_weighed(&running.handle, &verdicts).await?;
        weighed += verdicts.len();
        running.how.tell(&format!("{weighed} differences weighed"));
        if running.context.shutdown.is_requested() {
            return Err(JobError::Stopped);
        }
    }
}

/// What is held of the suspects by now.
async fn heads(
    running: &Running<'_>,
    page: &[Suspect],
) -> Result<Vec<(ObjectKind, String, Held)>, JobError> {
    let mut all = Vec::new();
    // A page is in the order of the kinds' names.
    for of_kind in page.chunk_by(|a, b| a.kind == b.kind) {
        let Some(kind) = of_kind.first().map(|it| it.kind) else { continue };
        let ids: Vec<&str> = of_kind.iter().map(|it| it.id.as_str()).collect();
        let found = running.context.store.heads_of(kind, &ids, &running.context.scope).await?;
        all.extend(found.into_iter().map(|(id, it)| (kind, id, it)));
    }
    Ok(all)
}

/// What a suspect's body means. `None` where it no longer says anything.
pub(super) fn projection_of(suspect: &Suspect) -> Result<Projection, String> {
    match &suspect.body {
        None => Ok(absent(suspect.kind, suspect.id.clone())),
        Some(body) => project(suspect.kind, body, false).map_err(|error| error.to_string()),
    }
}

/// Why no event told of what differs.
fn untold_of(compared: Option<&Compared>, projection: &Projection) -> Option<&'static str> {
    match compared {
        Some(it) if it.differs() && it.is_silent() => Some("Stripe changes it without an event"),
        Some(_) | None => projection.change.row().and_then(untold),
    }
}

fn head_of(held: &[(ObjectKind, String, Held)], suspect: &Suspect) -> Option<Held> {
    let this = |kind: ObjectKind, id: &str| kind == suspect.kind && id == suspect.id;
    held.iter().find(|(kind, id, _)| this(*kind, id)).map(|it| it.2)
}

/// How a suspect differs from what is held of it. `None` where its body says nothing.
async fn compared_now(
    running: &Running<'_>,
    suspect: &Suspect,
) -> Result<Option<Compared>, JobError> {
    let context = running.context;
    match projection_of(suspect) {
        Ok(projection) => Ok(Some(compare(&context.store, &context.scope, &projection).await?)),
        Err(_) => Ok(None),
    }
}

/// The verdict on one suspect. `waits` says that an event about it waits for Stripe's answer.
fn one(suspect: &Suspect, held: Option<Held>, compared: Option<&Compared>, waits: bool) -> Verdict {
    let said = |verdict, reason: String| Verdict {
        kind: suspect.kind,
        id: suspect.id.clone(),
        verdict,
        reason: Some(reason),
        found: None,
        differences: json!({}),
    };
    let projection = match projection_of(suspect) {
        Ok(projection) => projection,
        Err(error) => return said("unreadable", error),
    };
    let Some(second) = suspect.shown_at else {
        return said("unreadable", "Stripe was not asked".to_owned());
    };
    if waits {
        return said("explained", "an event about it waits for Stripe's answer".to_owned());
    }
    let sighting = Sighting { second, digest: projection.digest };
    let weighing = Weighing {
        held,
        sighting,
        projection: &projection,
        columns_differ: compared.is_some_and(Compared::columns_differ),
        children_differ: compared.is_some_and(Compared::children_differ),
        untold: untold_of(compared, &projection),
    };
    match weigh(weighing) {
        Weighed::Explained(why) => said("explained", why.to_owned()),
        Weighed::Ordinary(why) => said("ordinary", why.to_owned()),
        Weighed::Drift(found) => Verdict {
            kind: suspect.kind,
            id: suspect.id.clone(),
            verdict: "drift",
            reason: None,
            found: Some((found, severity_of(found, suspect.kind))),
            differences: compared.map_or_else(
                || json!({ "(whole)": { "held": null, "stripe": "there" } }),
                Compared::to_json,
            ),
        },
    }
}
