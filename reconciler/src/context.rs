//! What every job works with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use counterfoil_bus::BusOptions;
use counterfoil_domain::Scope;
use counterfoil_domain::mirror::{ObjectKind, Table};
use counterfoil_domain::reconcile::{FindingType, Policy};
use counterfoil_service::{Clock, Shutdown};
use counterfoil_store::{Rate, Store};
use counterfoil_stripe_client::StripeClient;

use crate::job::Job;
use crate::metrics::ReconcilerMetrics;

/// What every job works with; cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// The database, migrated.
    pub store: Store,
    /// Stripe; `None` while no key is configured.
    pub stripe: Option<StripeClient>,
    /// The broker; `None` where it is not configured.
    pub bus: Option<BusOptions>,
    /// The account and mode of the key.
    pub scope: Scope,
    /// How fast Stripe may be called, by all processes together.
    pub rate: Rate,
    /// What the operator has chosen.
    pub settings: Settings,
    /// All tables of the mirror.
    pub tables: Vec<&'static Table>,
    /// The clock.
    pub clock: Clock,
    /// When to leave off.
    pub shutdown: Shutdown,
    /// Where the numbers go.
    pub metrics: ReconcilerMetrics,
    /// Runs that another job asks for.
    pub wanted: Wanted,
}

/// Jobs whose run is due whatever the clock says; clones share.
#[derive(Debug, Clone, Default)]
pub struct Wanted(Arc<Mutex<BTreeSet<Job>>>);

impl Wanted {
    /// Has a job run soon.
    pub(crate) fn request(&self, job: Job) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(job);
    }

    /// Takes what was asked for.
    pub(crate) fn take(&self) -> BTreeSet<Job> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the operator has chosen.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long what is on its way may take before a difference is drift.
    pub grace: Duration,
    /// How long a run waits at most for waiting events to be absorbed.
    pub backlog_wait: Duration,
    /// Objects that one run may change at most.
    pub repairs_max: u64,
    /// Who mends findings of each type.
    pub policies: Policies,
    /// Pages that are listed at once.
    pub parallel: usize,
    /// The kinds that a full pass compares.
    pub kinds: Vec<ObjectKind>,
    /// How long Stripe may have events while none is delivered before that is an alarm.
    pub silence_after: Duration,
    /// The endpoints as they should be at Stripe.
    pub endpoints: Vec<WantedEndpoint>,
    /// Days for which payloads are kept.
    pub payload_keep_days: u16,
}

/// An endpoint as it should be at Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedEndpoint {
    /// Its name here.
    pub name: String,
    /// Its address at Stripe, where that is configured.
    pub url: Option<String>,
    /// The version its events should be rendered by, where that is configured.
    pub api_version: Option<String>,
    /// Whether it receives thin events.
    pub thin: bool,
    /// Whether it may be mended at Stripe.
    pub managed: bool,
}

/// Who mends findings of each type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies(BTreeMap<&'static str, Policy>);

impl Policies {
    /// Everything is mended by itself, but for what is given here.
    #[must_use]
    pub fn new(given: impl IntoIterator<Item = (FindingType, Policy)>) -> Self {
        Self(given.into_iter().map(|(found, policy)| (found.as_str(), policy)).collect())
    }

    /// Who mends findings of a type.
    #[must_use]
    pub fn of(&self, found: FindingType) -> Policy {
        self.0.get(found.as_str()).copied().unwrap_or(Policy::Automatic)
    }

    /// The types that a run mends itself.
    #[must_use]
    pub fn automatic(&self) -> Vec<FindingType> {
        let automatic = |it: &FindingType| self.of(*it) == Policy::Automatic;
        FindingType::ALL.into_iter().filter(automatic).collect()
    }
}
