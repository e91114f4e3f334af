//! Subscription schedules: what a subscription will be in phases to come.

use super::Metadata;
use super::terms::{BillingMode, Collection};
use crate::life::ProrationBehavior;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScheduleStatus {
    NotStarted,
    Active,
    Completed,
    Released,
    Canceled,
}

impl ScheduleStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Released => "released",
            Self::Canceled => "canceled",
        }
    }

    /// Whether the schedule has something to do yet.
    pub(crate) fn is_live(self) -> bool {
        match self {
            Self::NotStarted | Self::Active => true,
            Self::Completed | Self::Released | Self::Canceled => false,
        }
    }
}

/// What becomes of the subscription when its last phase is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ScheduleEnd {
    /// It ends.
    Cancel,
    /// It goes on by itself.
    #[default]
    Release,
}

impl ScheduleEnd {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Release => "release",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PhaseItem {
    pub(crate) metadata: Metadata,
    pub(crate) price: String,
    pub(crate) quantity: Option<i64>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Phase {
    /// What is charged once, with the first invoice of the phase.
    pub(crate) add_invoice_items: Vec<PhaseItem>,
    /// Whether the billing cycle begins anew with the phase.
    pub(crate) anchors_cycle: Option<bool>,
    pub(crate) collection: Option<Collection>,
    pub(crate) currency: String,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) end_date: i64,
    pub(crate) items: Vec<PhaseItem>,
    pub(crate) metadata: Metadata,
    /// What becomes of the rest of a period when the phase begins.
    pub(crate) proration: ProrationBehavior,
    pub(crate) start_date: i64,
    pub(crate) trial_end: Option<i64>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Schedule {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) billing_mode: BillingMode,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) collection: Collection,
    pub(crate) completed_at: Option<i64>,
    pub(crate) customer: String,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) end_behavior: ScheduleEnd,
    /// The phase that was entered last, by its number.
    pub(crate) entered: Option<usize>,
    pub(crate) metadata: Metadata,
    pub(crate) phases: Vec<Phase>,
    pub(crate) released_at: Option<i64>,
    pub(crate) released_subscription: Option<String>,
    pub(crate) status: ScheduleStatus,
    pub(crate) subscription: Option<String>,
}

impl Schedule {
    /// The phase that a second falls into, by its number.
    pub(crate) fn phase_at(&self, second: i64) -> Option<usize> {
        self.phases.iter().position(|it| it.start_date <= second && second < it.end_date)
    }

    /// When the last phase is over.
    pub(crate) fn ends_at(&self) -> Option<i64> {
        self.phases.last().map(|phase| phase.end_date)
    }
}
