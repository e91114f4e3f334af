//! Settings of the account that decide how lives go, and the switches for what Stripe's public
//! text leaves open.

use crate::calendar::SECONDS_PER_DAY;
use crate::life::credits::CreditRules;
use crate::life::payment_rules::PaymentRules;
use crate::life::usage_rules::UsageRules;
use crate::render::previous::NestedHashes;
use serde::{Deserialize, Serialize};

/// What becomes of a subscription when the last retry of a payment has failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DunningEnd {
    /// It is cancelled.
    #[default]
    Cancel,
    /// It becomes `unpaid`; further invoices stay drafts.
    Unpaid,
    /// It stays `past_due`.
    PastDue,
    /// It is paused, if its billing is flexible; else it is cancelled.
    Pause,
}

/// What `customer.deleted` shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletedCustomerBody {
    /// `{id, object, deleted: true}`, as recorded.
    #[default]
    Stub,
    /// The customer's last state.
    LastState,
}

/// What becomes of a portal session where no portal settings were saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnsavedPortal {
    /// It is refused.
    #[default]
    Refuse,
    /// A default configuration is saved for it.
    Save,
}

/// How the account bills.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Seconds from each failed automatic payment to the next try; its length is the number of
    /// retries.
    pub retry_after_seconds: Vec<i64>,
    /// What follows the last failed try.
    pub dunning_end: DunningEnd,
    /// How billing credits are used.
    pub credits: CreditRules,
    /// Whether the account has automations, which tell of invoices that are overdue.
    pub automations: bool,
    /// Seconds that a renewal invoice stays a draft.
    pub draft_seconds: i64,
    /// Unverified: the body of `customer.deleted`.
    pub deleted_customer: DeletedCustomerBody,
    /// Unverified: how changed hashes show in `previous_attributes`.
    pub nested_hashes: NestedHashes,
    /// Unverified: whether a subscription that is past due grants what its products have.
    pub entitled_while_past_due: bool,
    /// Unverified: whether one that is unpaid does.
    pub entitled_while_unpaid: bool,
    /// How many webhook endpoints calls of the API can set up; those of the library and of the
    /// control API are counted but never refused.
    pub endpoints_max: usize,
    /// Unverified: how many simulated seconds after an event that could not be made it is told of.
    pub failure_told_after_seconds: i64,
    /// Whether a renewal invoice waits until every endpoint has answered `invoice.created` with a
    /// 2xx, and `draft_seconds` more, at most 72 hours in all. What happens then depends on
    /// deliveries: two runs of one script can differ.
    pub finalizing_waits_for_webhooks: bool,
    /// Unverified: what becomes of a portal session that names no configuration where no default
    /// one was saved.
    pub unsaved_portal: UnsavedPortal,
    /// Unverified: how many seconds the URL of a portal session waits for its first visit.
    pub portal_unvisited_seconds: i64,
    /// Unverified: how many seconds a portal session outlives the last visit.
    pub portal_idle_seconds: i64,
    /// How many simulated seconds searches are behind.
    pub search_lag_seconds: i64,
    /// Unverified: how many simulated seconds an idempotency key of version 2 of the API holds.
    pub v2_keys_kept_seconds: i64,
    /// Unverified: whether a call of version 2 that failed under an idempotency key is answered
    /// with its first answer again; otherwise it is done again.
    pub v2_failures_replayed: bool,
    /// Unverified: whether a recurring price makes `plan.*` events too.
    pub plan_events: bool,
    /// How payments go.
    pub payments: PaymentRules,
    /// How test clocks are kept.
    pub clocks: ClockRules,
    /// What is open about subscriptions.
    pub subscriptions: SubscriptionRules,
    /// How usage is metered.
    pub usage: UsageRules,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            retry_after_seconds: vec![
                3 * SECONDS_PER_DAY,
                5 * SECONDS_PER_DAY,
                7 * SECONDS_PER_DAY,
            ],
            dunning_end: DunningEnd::default(),
            credits: CreditRules::default(),
            automations: false,
            draft_seconds: 3_600,
            deleted_customer: DeletedCustomerBody::default(),
            nested_hashes: NestedHashes::default(),
            entitled_while_past_due: true,
            entitled_while_unpaid: false,
            endpoints_max: 16,
            failure_told_after_seconds: 300,
            finalizing_waits_for_webhooks: false,
            unsaved_portal: UnsavedPortal::default(),
            portal_unvisited_seconds: 300,
            portal_idle_seconds: 3_600,
            search_lag_seconds: 30,
            v2_keys_kept_seconds: 30 * SECONDS_PER_DAY,
            v2_failures_replayed: false,
            plan_events: true,
            payments: PaymentRules::default(),
            clocks: ClockRules::default(),
            subscriptions: SubscriptionRules::default(),
            usage: UsageRules::default(),
        }
    }
}

/// How test clocks are kept. None of the numbers is verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClockRules {
    /// Simulated seconds of the account that a clock shows itself as `advancing`; with none it
    /// arrives before the next thing that is done.
    pub advancing_seconds: i64,
    /// How many customers a clock may have; none for any number.
    pub customers_max: Option<usize>,
    /// Whether a clock is deleted by itself when it has been kept long enough.
    pub expire: bool,
    /// Days of the account's time that a clock is kept, as its `deletes_after` shows.
    pub kept_days: i64,
    /// How many live subscriptions a customer of a clock may have; none for as many as any
    /// customer.
    pub subscriptions_max: Option<usize>,
}

impl Default for ClockRules {
    fn default() -> Self {
        Self {
            advancing_seconds: 0,
            customers_max: Some(3),
            expire: false,
            kept_days: 30,
            subscriptions_max: Some(3),
        }
    }
}

/// What is open, or can be switched, about subscriptions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubscriptionRules {
    /// Whether one subscription may be invoiced by request 10 times a minute and 20 times a day,
    /// and have its quantities changed 200 times an hour, but no more often.
    pub guards: bool,
    /// Unverified: whether a schedule that releases its subscription at its end is told to be
    /// completed too.
    pub schedule_release_completes: bool,
    /// Unverified: whether a subscription whose invoices are sent begins as `incomplete` while it
    /// owes something, not as `active`.
    pub send_invoice_incomplete: bool,
    /// Days before a renewal at which `invoice.upcoming` tells of it; none for never.
    pub upcoming_days: Option<i64>,
}

impl Default for SubscriptionRules {
    fn default() -> Self {
        Self {
            guards: true,
            schedule_release_completes: false,
            send_invoice_incomplete: false,
            upcoming_days: None,
        }
    }
}
