//! Payments: methods, intents, charges, setups, and how invoices are paid by them.
//!
//! What other parts of a life call, and the events that each makes:
//!
//! | function | what it does | events |
//! | --- | --- | --- |
//! | `create_method`, `use_method` | a new payment method; a known one, or a new one for a test token | none |
//! | `attach_method`, `detach_method` | gives a method to a customer, takes it away for good | `payment_method.attached`, `.detached`, `customer.updated` where it was the default |
//! | `give_card` | the same with a new method that becomes the default | `payment_method.attached`, `customer.updated` |
//! | `create_intent` | a sum to be paid | `payment_intent.created` |
//! | `confirm_intent` | an attempt | `charge.succeeded` + `payment_intent.succeeded` (or `.amount_capturable_updated`), `charge.failed` + `payment_intent.payment_failed`, `charge.pending` + `payment_intent.processing`, or `payment_intent.requires_action` |
//! | `authenticate_intent` | the customer passes 3D Secure, or fails | as an attempt; failing makes `payment_intent.payment_failed` |
//! | `settle_delayed` | the end of a bank debit, which otherwise comes by itself | `charge.succeeded` + `payment_intent.succeeded`, or `charge.failed` + `payment_intent.payment_failed` |
//! | `cancel_intent`, `capture_intent` | as they say | `payment_intent.canceled`; `charge.captured` + `payment_intent.succeeded` |
//! | `create_setup_intent`, `confirm_setup_intent`, `authenticate_setup_intent`, `cancel_setup_intent` | a method made ready for later | `setup_intent.created`, `.succeeded` with `payment_method.attached`, `.requires_action`, `.setup_failed`, `.canceled` |
//! | `create_refund`, `settle_refund`, `cancel_refund` | money goes back; later the bank confirms it, or it fails | `refund.created` + `charge.refunded`; `refund.updated`; `refund.failed` + `charge.updated` |
//! | `open_dispute`, `update_dispute`, `decide_dispute` | a bank takes a charge back or asks about it; evidence; the end | `charge.dispute.created` (+ `.funds_withdrawn`); `.updated`; `.closed` (+ `.funds_reinstated`) |
//! | `create_credit_note`, `void_credit_note` | an invoice is lowered, or money of it goes back | `credit_note.created` + `invoice.updated`, with `refund.created`, `customer.updated` or `invoice.paid` where that follows; `credit_note.voided` |
//! | `paying_method`, `would_pay` | what a subscription is paid by, and whether its bank would | none |
//!
//! Whatever an attempt came to is told to the invoice of the intent (`collect`) by
//! `after_attempt`, which is also the place to tell a checkout session.

mod attempts;
mod charges;
mod credit_notes;
mod disputes;
mod intents;
mod invoices;
mod ledger;
mod methods;
mod refunds;
mod setups;
mod warnings;

pub(crate) use attempts::{Attempt, Confirm};
pub(crate) use charges::ChargeChange;
pub(crate) use credit_notes::{NewCreditLine, NewCreditNote};
pub use disputes::DisputeOpening;
pub(crate) use intents::{IntentChange, NewIntent};
pub(crate) use methods::{MethodChange, NewMethod};
pub(crate) use refunds::NewRefund;
pub use refunds::RefundEnd;
pub(crate) use setups::{NewSetup, SetupChange};

use crate::world::World;

impl World {
    /// The customer that a method, an intent, a charge, a refund, a dispute, a setup or a credit note
    /// belongs to.
    pub(crate) fn payer(&self, id: &str) -> Option<&str> {
        let refunded = self.refunds.get(id).map(|held| held.charge.as_str());
        let disputed = self.disputes.get(id).map(|held| held.charge.as_str());
        let id = refunded.or(disputed).unwrap_or(id);
        let intent = self.payment_intents.get(id).and_then(|held| held.customer.as_deref());
        intent
            .or_else(|| self.charges.get(id).and_then(|held| held.customer.as_deref()))
            .or_else(|| self.payment_methods.get(id).and_then(|held| held.customer.as_deref()))
            .or_else(|| self.setup_intents.get(id).and_then(|held| held.customer.as_deref()))
            .or_else(|| self.credit_notes.get(id).map(|held| held.customer.as_str()))
    }
}
