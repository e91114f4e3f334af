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
//! | `paying_method`, `would_pay` | what a subscription is paid by, and whether its bank would | none |
//!
//! Whatever an attempt came to is told to the invoice of the intent (`collect`) by
//! `after_attempt`, which is also the place to tell a checkout session.

#![expect(dead_code, unused_imports, reason = "the paths of these objects call them")]

mod attempts;
mod intents;
mod invoices;
mod methods;
mod setups;

pub(crate) use attempts::{Attempt, Confirm};
pub(crate) use intents::{IntentChange, NewIntent};
pub(crate) use methods::NewMethod;
pub(crate) use setups::NewSetup;

use crate::world::World;

impl World {
    /// The customer that a method, an intent, a charge or a setup belongs to.
    pub(crate) fn payer(&self, id: &str) -> Option<&str> {
        let intent = self.payment_intents.get(id).and_then(|held| held.customer.as_deref());
        intent
            .or_else(|| self.charges.get(id).and_then(|held| held.customer.as_deref()))
            .or_else(|| self.payment_methods.get(id).and_then(|held| held.customer.as_deref()))
            .or_else(|| self.setup_intents.get(id).and_then(|held| held.customer.as_deref()))
    }
}
