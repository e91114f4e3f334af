//! Waiting until what was on its way when the lists were read has had time to arrive.

use std::time::Duration;

use counterfoil_bus::{Line, Role, depths};
use counterfoil_domain::Lane;
use counterfoil_service::wait::pause;

use crate::turn::{JobError, Running};

/// How often the queues are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Waits until both lanes were seen empty after the lists were read, for what had reached the
/// broker, and then for the grace that what is still with Stripe, with ingest or in a worker's hands
/// gets. A backlog that does not end is waited for until the bound; what it holds then shows as
/// drift, which it is.
pub(super) async fn until_arrived(running: &Running<'_>) -> Result<(), JobError> {
    let context = running.context;
    if context.store.suspects_shown_until(&running.handle).await?.is_none() {
        return Ok(());
    }
    let clock = &context.clock;
    let begun = clock.monotonic();
    let mut drained = false;
    loop {
        let waited = clock.monotonic().saturating_sub(begun);
        drained = drained || waited >= context.settings.backlog_wait || is_drained(running).await;
        if drained && waited >= context.settings.grace {
            return Ok(());
        }
        let left = context.settings.grace.saturating_sub(waited);
        running.how.tell(&if drained {
            format!("waiting {} s for what is on its way", left.as_secs())
        } else {
            "waiting for the backlog of events to be absorbed".to_owned()
        });
        tokio::select! {
            () = context.shutdown.requested() => return Err(JobError::Stopped),
            () = pause(if drained { left.min(LOOK_EVERY) } else { LOOK_EVERY }) => {}
        }
    }
}

async fn is_drained(running: &Running<'_>) -> bool {
    let Some(bus) = &running.context.bus else { return true };
    match depths(bus).await {
        Ok(depths) => depths
            .iter()
            .filter(|it| {
                matches!(it.line, Line::Events(Lane::Access | Lane::Record) | Line::Refetches)
                    && it.role == Role::Main
            })
            .all(|it| it.messages == 0),
        // A broker that is away holds what is on its way.
        Err(_) => false,
    }
}
