//! Ending on purpose: a token that every task watches.
//!
//! The first SIGTERM or SIGINT asks every task to stop taking work, finish what it has and leave;
//! the second ends the process at once. Whatever is cut off is repeated after the next start,
//! because nothing is acknowledged or answered before it is done.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

/// Whether the process was asked to end. Clones share the request.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drain {
    /// Everything in flight was finished.
    Complete,
    /// The deadline came first; what was left was dropped and will be repeated by its sender.
    CutOff,
}

impl Shutdown {
    /// Nobody has asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks every task that watches this to end.
    pub fn request(&self) {
        self.token.cancel();
    }

    /// Whether the end was asked for.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Completes once the end is asked for.
    pub fn requested(&self) -> WaitForCancellationFuture<'_> {
        self.token.cancelled()
    }

    /// The token itself, for what takes one.
    #[must_use]
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Starts a task that turns SIGTERM and SIGINT into a request, and a second signal into the
    /// end of the process with status 130.
    ///
    /// Must be called within a tokio runtime. Fails when the signals cannot be watched.
    pub fn watch_signals(&self) -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            let mut signals = 0_u32;
            loop {
                let name = tokio::select! {
                    it = terminate.recv() => it.map(|()| "SIGTERM"),
                    it = interrupt.recv() => it.map(|()| "SIGINT"),
                };
                let Some(name) = name else { return };
                signals += 1;
                if signals > 1 {
                    tracing::warn!(signal = name, "second signal: ending at once");
                    end_at_once();
                }
                tracing::info!(signal = name, "stopping: work in flight is finished first");
                shutdown.request();
            }
        });
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "a second signal asks for no more tidying up")]
fn end_at_once() -> ! {
    std::process::exit(130)
}

/// Lets `work` finish, but no longer than `deadline`.
pub async fn drain(work: impl Future<Output = ()>, deadline: Duration) -> Drain {
    match tokio::time::timeout(deadline, work).await {
        Ok(()) => Drain::Complete,
        Err(_) => Drain::CutOff,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_reaches_every_clone() {
        let shutdown = Shutdown::new();
        let other = shutdown.clone();
        assert!(!other.is_requested());
        shutdown.request();
        other.requested().await;
        assert!(other.is_requested());
    }

    #[tokio::test]
    async fn a_drain_ends_with_its_work_or_at_its_deadline() {
        assert_eq!(drain(async {}, Duration::from_mins(1)).await, Drain::Complete);
        assert_eq!(drain(std::future::pending(), Duration::ZERO).await, Drain::CutOff);
    }
}
