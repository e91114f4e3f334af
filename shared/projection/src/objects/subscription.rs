//! Subscriptions with their items (STRIPE.md section 5.2). Since 2025-03-31.basil the billing period
//! is on each item and may differ between them; before, it was on the subscription alone. Both ways
//! give both: the subscription spans its items, and an item without a period of its own has the
//! subscription's.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::{At, Earliest, Latest, Only, Parent};
use crate::field::{decimal, flag, integer, json, metadata, reference, references, text, time};
use crate::object::{ChildList, Object};

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::Subscription,
    Owner::Column("customer"),
    &[
        time("created"),
        reference("customer"),
        text("status"),
        text("status_details_paused_type").from(&[At("status_details.paused.subscription.type")]),
        text("currency"),
        text("collection_method"),
        time("current_period_start")
            .from(&[At("current_period_start"), Earliest("items.data", "current_period_start")]),
        time("current_period_end")
            .from(&[At("current_period_end"), Latest("items.data", "current_period_end")]),
        time("start_date"),
        time("billing_cycle_anchor"),
        time("trial_start"),
        time("trial_end"),
        text("trial_settings_end_behavior_missing_payment_method")
            .from(&[At("trial_settings.end_behavior.missing_payment_method")]),
        time("cancel_at"),
        flag("cancel_at_period_end"),
        // When cancellation was asked for, which is not when it takes effect.
        time("canceled_at"),
        text("cancellation_details_reason").from(&[At("cancellation_details.reason")]),
        text("cancellation_details_feedback").from(&[At("cancellation_details.feedback")]),
        text("cancellation_details_comment").from(&[At("cancellation_details.comment")]).personal(),
        time("ended_at"),
        integer("days_until_due"),
        reference("default_payment_method"),
        // `discount` was one, with its own object; `discounts` names all since 2024.
        references("discounts").from(&[At("discounts"), Only("discount")]),
        reference("latest_invoice"),
        time("next_pending_invoice_item_invoice"),
        text("pause_collection_behavior").from(&[At("pause_collection.behavior")]),
        time("pause_collection_resumes_at").from(&[At("pause_collection.resumes_at")]),
        time("pending_update_expires_at").from(&[At("pending_update.expires_at")]),
        json("pending_update_subscription_items")
            .from(&[At("pending_update.subscription_items")])
            .personal(),
        reference("pending_setup_intent"),
        reference("schedule"),
        text("billing_mode_type").from(&[At("billing_mode.type")]),
        decimal("application_fee_percent"),
        text("description").personal(),
        reference("test_clock"),
        metadata().personal(),
    ],
)
.children(&[ChildList {
    table: "subscription_items",
    parent: "subscription",
    list: "items",
    on_request: false,
    fields: &[
        time("created"),
        // `plan` is the legacy twin of `price`, with the same id.
        reference("price").from(&[At("price"), At("plan")]),
        reference("product").from(&[At("price.product"), At("plan.product")]),
        // Absent for metered prices.
        integer("quantity"),
        time("current_period_start")
            .from(&[At("current_period_start"), Parent("current_period_start")]),
        time("current_period_end").from(&[At("current_period_end"), Parent("current_period_end")]),
        references("discounts"),
        metadata().personal(),
    ],
}])
.progress(
    "status",
    &[
        &["incomplete"],
        &["trialing", "active", "past_due", "unpaid", "paused"],
        &["canceled", "incomplete_expired"],
    ],
);
