//! What happens to the objects, by request or by time, and the events that tell of it
//! (STRIPE.md 4.2). Each file is one part of a customer's life.

mod alerts;
mod apply_credits;
pub(crate) mod billed_usage;
mod cancel;
mod catalogue;
mod changed_terms;
pub(crate) mod checkout;
mod collect;
pub(crate) mod coupons;
mod credits;
mod customer_balance;
mod customers;
mod discount_lines;
mod discounting;
mod drafts;
mod entitle;
mod extras;
mod features;
mod finalize;
mod guards;
pub(crate) mod hold_up;
pub(crate) mod invoicing;
mod items;
mod lines;
mod meters;
mod next_state;
mod opening;
mod orders;
mod pauses;
pub(crate) mod payment_rules;
pub(crate) mod payments;
mod pending;
mod pending_updates;
mod phases;
pub(crate) mod portal;
mod rating;
pub(crate) mod redeem;
mod renew;
pub(crate) mod rules;
pub(crate) mod schedules;
pub(crate) mod seed;
mod standing;
mod subscribe;
mod tax_ids;
mod test_clocks;
mod trials;
mod uncollected;
mod upcoming;
mod update;
mod usage;
mod usage_errors;
pub(crate) mod usage_rules;

pub(crate) use alerts::NewAlert;
pub(crate) use credits::Expiry;
pub use credits::{CreditOrder, CreditRules, NewCreditGrant};
pub(crate) use customer_balance::NewBalanceTransaction;
pub use features::{FeatureChange, NewFeature};
pub use meters::NewMeter;
pub use orders::{
    Cancel, CancelAt, CustomerChange, ItemChange, NewCustomer, NewItem, NewPrice, NewProduct,
    NewSubscription, Pause, PaymentBehavior, PriceChange, ProductChange, ProrationBehavior, Resume,
    Start, SubscriptionChange, TrialEnd, UnusedTimeFrom,
};
pub use payments::{DisputeOpening, RefundEnd};

use crate::model::card::Decline;
pub use redeem::Redeem;
pub use usage::UsageReport;
pub(crate) use usage::{UsageChecks, UsageRefusal};
pub(crate) use usage_errors::UsageFaultBook;
pub use usage_errors::UsageFaults;

use thiserror::Error;

/// Why a request was not fulfilled.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LifeError {
    /// The named object does not exist, or is deleted.
    #[error("no such {kind}: '{id}'; name one that exists")]
    Missing {
        /// The kind of object, as Stripe names it.
        kind: &'static str,
        /// The id that was asked for.
        id: String,
        /// The parameter that named it.
        param: &'static str,
    },
    /// A parameter is missing that is needed here.
    #[error("{param} is missing; say it")]
    Absent {
        /// The parameter.
        param: &'static str,
    },
    /// A parameter has a value that cannot be used.
    #[error("{param} cannot be used: {message}")]
    Invalid {
        /// The parameter.
        param: &'static str,
        /// What is wrong with it, as an answer would say.
        message: String,
    },
    /// The state of the object does not allow it.
    #[error("the state of the object does not allow it: {message}")]
    NotNow {
        /// Stripe's code, where it has one for this.
        code: Option<&'static str>,
        /// What is in the way, as an answer would say.
        message: String,
    },
    /// It was asked for too often in too short a time.
    #[error("too many requests for one object: {message}")]
    TooMany {
        /// What there is too much of, as an answer would say.
        message: String,
    },
    /// The bank declined the charge; whatever was made before it stays.
    #[error("the charge was declined; pay with another payment method")]
    Declined {
        /// The failed charge, when there was an attempt.
        charge: Option<String>,
        /// Why.
        decline: Decline,
        /// The payment intent, or the setup intent, that was attempted.
        intent: Option<String>,
    },
    /// The payment waits for the customer to prove who they are.
    #[error("the payment waits for 3D Secure; have the customer pass it")]
    NeedsAction {
        /// The payment intent that waits.
        intent: String,
    },
}
