//! The one place where a service waits for time to pass.
//!
//! Work that is to be tried again later belongs to the retry queues, which survive a restart; a
//! pause is for loops that wait for another program to come back or for the next tick.

use std::time::Duration;

/// Waits for this long without holding a thread.
#[expect(clippy::disallowed_methods, reason = "this is the one place where services wait")]
pub async fn pause(wait: Duration) {
    tokio::time::sleep(wait).await;
}
