//! Quotes (STRIPE.md section 4.1). Their lines are shown on request only, and are not kept: what is
//! accepted arrives with its subscription and invoice. Amounts are minor units of `currency`.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{flag, integer, metadata, reference, references, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::Quote,
    Owner::Column("customer"),
    &[
        time("created"),
        reference("customer"),
        text("number"),
        text("status"),
        text("collection_method"),
        text("currency"),
        integer("amount_subtotal"),
        integer("amount_total"),
        integer("total_details_amount_discount").from(&[At("total_details.amount_discount")]),
        integer("total_details_amount_shipping").from(&[At("total_details.amount_shipping")]),
        integer("total_details_amount_tax").from(&[At("total_details.amount_tax")]),
        integer("computed_upfront_amount_subtotal").from(&[At("computed.upfront.amount_subtotal")]),
        integer("computed_upfront_amount_total").from(&[At("computed.upfront.amount_total")]),
        integer("computed_recurring_amount_subtotal")
            .from(&[At("computed.recurring.amount_subtotal")]),
        integer("computed_recurring_amount_total").from(&[At("computed.recurring.amount_total")]),
        text("computed_recurring_interval").from(&[At("computed.recurring.interval")]),
        integer("computed_recurring_interval_count")
            .from(&[At("computed.recurring.interval_count")]),
        references("discounts"),
        reference("invoice"),
        reference("subscription"),
        reference("subscription_schedule"),
        text("subscription_data_description")
            .from(&[At("subscription_data.description")])
            .personal(),
        time("subscription_data_effective_date").from(&[At("subscription_data.effective_date")]),
        integer("subscription_data_trial_period_days")
            .from(&[At("subscription_data.trial_period_days")]),
        integer("invoice_settings_days_until_due").from(&[At("invoice_settings.days_until_due")]),
        reference("from_quote_quote").from(&[At("from_quote.quote")]),
        flag("from_quote_is_revision").from(&[At("from_quote.is_revision")]),
        time("expires_at"),
        time("status_transitions_finalized_at").from(&[At("status_transitions.finalized_at")]),
        time("status_transitions_accepted_at").from(&[At("status_transitions.accepted_at")]),
        time("status_transitions_canceled_at").from(&[At("status_transitions.canceled_at")]),
        text("description").personal(),
        text("header").personal(),
        text("footer").personal(),
        reference("test_clock"),
        metadata().personal(),
    ],
)
.progress("status", &[&["draft"], &["open"], &["accepted", "canceled"]]);
