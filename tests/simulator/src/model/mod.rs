//! The objects as the simulator keeps them: plain values, without rules and without JSON.
//! Amounts are in the currency's minor unit, times are Unix seconds of the simulated clock.

pub(crate) mod alert;
pub(crate) mod balance_transaction;
pub(crate) mod card;
pub(crate) mod charge;
pub(crate) mod checkout;
pub(crate) mod coupon;
pub(crate) mod credit;
pub(crate) mod credit_note;
pub(crate) mod customer;
pub(crate) mod customer_balance;
pub(crate) mod decimal;
pub(crate) mod dispute;
pub(crate) mod entitlement;
pub(crate) mod event;
pub(crate) mod invoice;
pub(crate) mod invoice_payment;
pub(crate) mod meter;
pub(crate) mod payment_intent;
pub(crate) mod payment_method;
pub(crate) mod portal;
pub(crate) mod price;
pub(crate) mod product;
pub(crate) mod refund;
pub(crate) mod schedule;
pub(crate) mod setup_intent;
pub(crate) mod subscription;
pub(crate) mod table;
pub(crate) mod tax_id;
pub(crate) mod terms;
pub(crate) mod test_clock;
pub(crate) mod thin_event;
pub(crate) mod usage;
pub(crate) mod webhook_endpoint;

use std::collections::BTreeMap;

/// Metadata of an object: keys and values chosen by the caller.
pub(crate) type Metadata = BTreeMap<String, String>;

/// Writes new metadata over old as Stripe does: keys are merged, an empty value removes its key.
pub(crate) fn merge_metadata(held: &mut Metadata, change: &Metadata) {
    for (key, value) in change {
        if value.is_empty() {
            held.remove(key);
        } else {
            held.insert(key.clone(), value.clone());
        }
    }
}
