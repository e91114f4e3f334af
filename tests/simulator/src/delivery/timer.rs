//! The one place where the simulator waits for time to pass.

use std::time::Duration;

/// Waits this long.
#[expect(
    clippy::disallowed_methods,
    reason = "a sender waits between attempts; this is the only place where it does"
)]
pub(crate) async fn wait(time: Duration) {
    tokio::time::sleep(time).await;
}
