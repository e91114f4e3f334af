//! What each part of a service says of itself, and what follows for its probes.
//!
//! A service is **alive** unless a part has failed in a way that only a restart mends; it is
//! **ready** when every part works and it is not draining. A broker that is away makes a service
//! not ready, never dead: restarting it would mend nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How one component is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It can do its work.
    Working,
    /// It cannot work now, for a reason that is expected to pass (starting, reconnecting).
    Waiting {
        /// Why, in a few words for an operator; nothing personal, no secrets.
        reason: String,
    },
    /// It will not work again until the process is restarted.
    Failed {
        /// Why, in a few words for an operator; nothing personal, no secrets.
        reason: String,
    },
}

/// The health of one process. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Health {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    draining: bool,
    components: BTreeMap<String, State>,
}

/// One component's own entry, to be updated by whoever runs it.
#[derive(Debug, Clone)]
pub struct Component {
    health: Health,
    name: String,
}

/// A component that keeps the process from being ready or alive, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The component's name.
    pub component: String,
    /// What it said.
    pub reason: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.component, self.reason)
    }
}

impl Health {
    /// A process without components is alive and ready.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a component; it is waiting to be started until it says otherwise. A name that is
    /// registered already is taken over.
    #[must_use]
    pub fn component(&self, name: &str) -> Component {
        let component = Component { health: self.clone(), name: name.to_owned() };
        component.waiting("starting");
        component
    }

    /// From now on the process is not ready: it finishes what it has and takes nothing new.
    pub fn start_draining(&self) {
        self.lock().draining = true;
    }

    /// What keeps the process from being ready; empty when it is.
    #[must_use]
    pub fn unready(&self) -> Vec<Complaint> {
        let inner = self.lock();
        let draining = inner.draining.then(|| Complaint {
            component: "process".to_owned(),
            reason: "draining before it ends".to_owned(),
        });
        let components = inner.components.iter().filter_map(|(name, state)| match state {
            State::Working => None,
            State::Waiting { reason } | State::Failed { reason } => {
                Some(Complaint { component: name.clone(), reason: reason.clone() })
            }
        });
        draining.into_iter().chain(components).collect()
    }

    /// What only a restart mends; empty while the process is alive.
    #[must_use]
    pub fn failed(&self) -> Vec<Complaint> {
        let inner = self.lock();
        let components = inner.components.iter().filter_map(|(name, state)| match state {
            State::Working | State::Waiting { .. } => None,
            State::Failed { reason } => {
                Some(Complaint { component: name.clone(), reason: reason.clone() })
            }
        });
        components.collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic while it was held leaves plain values behind, which stay readable.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Component {
    /// Says how the component is now.
    pub fn set(&self, state: State) {
        self.health.lock().components.insert(self.name.clone(), state);
    }

    /// It can do its work.
    pub fn working(&self) {
        self.set(State::Working);
    }

    /// It cannot work now, but is expected to again.
    pub fn waiting(&self, reason: impl Into<String>) {
        self.set(State::Waiting { reason: reason.into() });
    }

    /// It will not work again until the process is restarted.
    pub fn failed(&self, reason: impl Into<String>) {
        self.set(State::Failed { reason: reason.into() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(said: &[(&str, State)], draining: bool, unready: &[&str], failed: &[&str]) {
        let health = Health::new();
        for (name, state) in said {
            health.component(name).set(state.clone());
        }
        if draining {
            health.start_draining();
        }
        let text = |it: Vec<Complaint>| it.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(text(health.unready()), unready);
        assert_eq!(text(health.failed()), failed);
    }

    #[test]
    fn ready_and_alive_follow_from_what_the_components_say() {
        let waiting = || State::Waiting { reason: "reconnecting".to_owned() };
        let failed = || State::Failed { reason: "its task ended".to_owned() };
        check(&[], false, &[], &[]);
        check(&[("bus", State::Working)], false, &[], &[]);
        check(&[("bus", State::Working)], true, &["process: draining before it ends"], &[]);
        check(&[("bus", waiting()), ("store", State::Working)], false, &["bus: reconnecting"], &[]);
        check(
            &[("bus", failed()), ("store", waiting())],
            false,
            &["bus: its task ended", "store: reconnecting"],
            &["bus: its task ended"],
        );
    }

    #[test]
    fn a_component_is_not_ready_until_it_says_so() {
        let health = Health::new();
        let bus = health.component("bus");
        assert_eq!(health.unready().len(), 1);
        bus.working();
        assert!(health.unready().is_empty());
    }
}
