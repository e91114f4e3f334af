//! Asking for what the lists did not show, or not whole: each by itself.

use counterfoil_projection::{project, table_of};
use counterfoil_store::{Asking, ObjectRef, Suspect, Verdict};
use counterfoil_stripe_client::{Answer, Asked, StripeError};
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::json;

use crate::turn::{JobError, Running};

/// Suspects read at once.
const PAGE: u32 = 200;

pub(super) async fn all(running: &Running<'_>) -> Result<(), JobError> {
    let store = &running.context.store;
    let (mut kind, mut id) = (String::new(), String::new());
    let mut asked = 0;
    loop {
        let page = store.suspects_to_ask(&running.handle, (&kind, &id), PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        (kind, id) = (last.kind.as_str().to_owned(), last.id.clone());
        let parallel = running.context.settings.parallel.max(1);
        let mut answers = stream::iter(page).map(|it| one(running, it)).buffer_unordered(parallel);
        while let Some(answer) = answers.next().await {
            answer?;
            asked += 1;
            running.how.tell(&format!("{asked} asked for one by one"));
        }
        if running.context.shutdown.is_requested() {
            return Err(JobError::Stopped);
        }
    }
}

async fn one(running: &Running<'_>, asking: Asking) -> Result<(), JobError> {
    let store = &running.context.store;
    let object = ObjectRef { kind: asking.kind, id: &asking.id, scope: &running.context.scope };
    let held = store.object(table_of(asking.kind), object).await?;
    let column = |name: &str| held.as_ref().and_then(|it| it.row.text(name));
    let asked = Asked {
        kind: asking.kind,
        id: &asking.id,
        customer: column("customer"),
        subscription: column("subscription"),
    };
    let shown = match running.caller()?.fetch(asked).await {
        Ok(shown) => shown,
        // It is not the others' fault, nor is it when Stripe answers, and fails at this one for as long
        // as it was tried: nothing is said of it, and the next pass asks again.
        Err(JobError::Stripe(
            error @ (StripeError::Refused { .. }
            | StripeError::Unreadable { .. }
            | StripeError::Failed { .. }),
        )) => return settle(running, &asking, "unreadable", &error.to_string()).await,
        Err(error) => return Err(error),
    };
    let body = match shown.it {
        Answer::Found { body, .. } => match project(asking.kind, &body, false) {
            Ok(it) if it.id == asking.id => Some(body),
            Ok(_) => {
                let why = "Stripe answered with another object";
                return settle(running, &asking, "unreadable", why).await;
            }
            Err(error) => return settle(running, &asking, "unreadable", &error.to_string()).await,
        },
        Answer::Absent { .. } => None,
        Answer::Unaskable { why } => return settle(running, &asking, "unreadable", why).await,
    };
    let answer = Suspect {
        kind: asking.kind,
        id: asking.id,
        suspicion: asking.suspicion,
        shown_at: Some(shown.second),
        body,
    };
    Ok(store.suspect_asked(&running.handle, &answer).await?)
}

async fn settle(
    running: &Running<'_>,
    asking: &Asking,
    verdict: &'static str,
    why: &str,
) -> Result<(), JobError> {
    let verdict = Verdict {
        kind: asking.kind,
        id: asking.id.clone(),
        verdict,
        reason: Some(why.to_owned()),
        found: None,
        differences: json!({}),
    };
    Ok(running.context.store.suspects_weighed(&running.handle, &[verdict]).await?)
}
