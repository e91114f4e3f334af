//! Whether a consumer can work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a consumer says about itself; clones see the same. A new one is not healthy: its consumer
/// has yet to connect.
#[derive(Debug, Clone, Default)]
pub struct ConsumerHealth(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    started: bool,
    fault: Option<String>,
    problems: BTreeMap<usize, String>,
}

impl ConsumerHealth {
    /// The health of a consumer that has not started.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether every part of the consumer is connected and working.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.problem().is_none()
    }

    /// What keeps the consumer from working, if anything does.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let state = self.lock();
        if state.started {
            state.fault.as_ref().or_else(|| state.problems.values().next()).cloned()
        } else {
            Some("the consumer has not started".to_owned())
        }
    }

    /// Begins with this many slots, none of which has connected.
    pub(crate) fn start(&self, slots: usize) {
        let mut state = self.lock();
        state.started = true;
        state.problems =
            (0..slots).map(|slot| (slot, "the broker is not connected yet".to_owned())).collect();
    }

    /// Notes why the consumer gave up; this stays.
    pub(crate) fn gave_up(&self, fault: String) {
        self.lock().fault = Some(fault);
    }

    /// Notes a problem of a slot; true when it is news.
    pub(crate) fn troubled(&self, slot: usize, problem: String) -> bool {
        let mut state = self.lock();
        let news = state.problems.get(&slot) != Some(&problem);
        state.problems.insert(slot, problem);
        news
    }

    /// Notes that a slot works; true when it is news.
    pub(crate) fn well(&self, slot: usize) -> bool {
        self.lock().problems.remove(&slot).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn healthy_only_when_every_slot_is() {
        let health = ConsumerHealth::new();
        assert!(!health.is_healthy());
        health.start(2);
        assert!(!health.is_healthy());
        assert!(health.well(0));
        assert!(!health.is_healthy());
        assert!(health.well(1));
        assert!(health.is_healthy());
        assert!(health.troubled(1, "away".to_owned()));
        assert!(!health.troubled(1, "away".to_owned()));
        assert_eq!(health.problem().as_deref(), Some("away"));
        assert!(health.well(1));
        assert!(!health.well(1));
        health.gave_up("over".to_owned());
        assert_eq!(health.problem().as_deref(), Some("over"));
    }
}
