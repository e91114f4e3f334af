//! Subscriptions and their items. Before 2025-03-31.basil the billing period stood on the
//! subscription, since then on each item.

use super::{Object, View, extend, inline_list, price, put, remove};
use crate::model::subscription::{Item, Status, Subscription};
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for Subscription {
    const KIND: &'static str = "subscription";
    const PLURAL: &'static str = "subscriptions";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.subscriptions
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.subscriptions
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        subscription(self, world, view)
    }
}

fn subscription(held: &Subscription, world: &World, view: View<'_>) -> Value {
    let items = held.items.iter().map(|one| item(one, held, world, view)).collect();
    let items_url = format!("/v1/subscription_items?subscription={}", held.id);
    let mut body = json!({
        "id": held.id,
        "object": "subscription",
        "billing_cycle_anchor": held.billing_cycle_anchor,
        "cancel_at": held.cancel_at,
        "cancel_at_period_end": held.cancel_at_period_end,
        "canceled_at": held.canceled_at,
        "cancellation_details": {
            "comment": held.cancellation_comment,
            "feedback": held.cancellation_feedback,
            "reason": held.cancellation_reason,
        },
        "created": held.created,
        "currency": held.currency,
        "customer": held.customer,
        "default_payment_method": held.default_payment_method,
        "description": held.description,
        "ended_at": held.ended_at,
        "latest_invoice": held.latest_invoice,
        "metadata": held.metadata,
        "start_date": held.created,
        "status": held.status.as_str(),
        "test_clock": world.clock_of(&held.customer).map(|clock| clock.id.as_str()),
        "trial_end": held.trial_end,
        "trial_start": held.trial_start,
    });
    extend(&mut body, constants());
    put(&mut body, "items", inline_list(items, &items_url, view));
    dress_for_version(&mut body, held, world, view);
    body
}

/// What the simulator does not model, as an untouched subscription shows it.
fn constants() -> Value {
    json!({
        "application": null,
        "application_fee_percent": null,
        "billing_cycle_anchor_config": null,
        "billing_thresholds": null,
        "collection_method": "charge_automatically",
        "days_until_due": null,
        "default_source": null,
        "default_tax_rates": [],
        "discounts": [],
        "livemode": false,
        "next_pending_invoice_item_invoice": null,
        "on_behalf_of": null,
        "pause_collection": null,
        "pending_invoice_item_interval": null,
        "pending_setup_intent": null,
        "pending_update": null,
        "schedule": null,
        "transfer_data": null,
        "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
        "invoice_settings": { "account_tax_ids": null, "issuer": { "type": "self" } },
        "payment_settings": {
            "payment_method_options": null,
            "payment_method_types": null,
            "save_default_payment_method": "off",
        },
        "trial_settings": { "end_behavior": { "missing_payment_method": "create_invoice" } },
    })
}

/// What versions before and after the newest breaking changes have besides.
fn dress_for_version(body: &mut Value, held: &Subscription, world: &World, view: View<'_>) {
    let version = view.version;
    if version.has(since::BASIL) {
        if version.has(since::BILLING_MODE) {
            let mode = json!({
                "flexible": { "proration_discounts": "included" },
                "type": "flexible",
                "updated_at": held.created,
            });
            extend(body, json!({ "billing_mode": mode }));
        }
        if version.has(since::CUSTOMER_ACCOUNT) {
            extend(body, json!({ "customer_account": null }));
        }
        if version.has(since::BILLING_SCHEDULES) {
            extend(body, json!({ "billing_schedules": [] }));
        }
        if version.has(since::ENDIVE) {
            extend(body, json!({ "status_details": { "paused": null } }));
        }
        return;
    }
    let (start, end) = held.period();
    remove(body, &["discounts", "invoice_settings"]);
    let only = if let [only] = held.items.as_slice() { Some(only) } else { None };
    let plan = only
        .and_then(|one| world.prices.get(&one.price))
        .map_or(Value::Null, |held| price::plan(held, view));
    extend(
        body,
        json!({
            "current_period_end": end,
            "current_period_start": start,
            "discount": null,
            "quantity": only.and_then(|one| one.quantity),
            "tax_percent": null,
        }),
    );
    put(body, "plan", plan);
}

/// One item of a subscription.
pub(crate) fn item(held: &Item, of: &Subscription, world: &World, view: View<'_>) -> Value {
    let sold = world.prices.get(&held.price);
    let mut body = json!({
        "id": held.id,
        "object": "subscription_item",
        "billing_thresholds": null,
        "created": held.created,
        "metadata": held.metadata,
        "subscription": of.id,
        "tax_rates": [],
    });
    put(&mut body, "plan", sold.map_or(Value::Null, |sold| price::plan(sold, view)));
    put(&mut body, "price", sold.map_or(Value::Null, |sold| price::price(sold, view)));
    if let Some(quantity) = held.quantity {
        extend(&mut body, json!({ "quantity": quantity }));
    }
    if view.version.has(since::BASIL) {
        extend(
            &mut body,
            json!({
                "current_period_end": held.current_period_end,
                "current_period_start": held.current_period_start,
                "discounts": [],
            }),
        );
    }
    if view.version.has(since::BILLING_SCHEDULES) {
        extend(&mut body, json!({ "billed_until": billed_until(held, of) }));
    }
    if view.version.has(since::ENDIVE) {
        extend(&mut body, json!({ "current_trial": null }));
    }
    body
}

fn billed_until(held: &Item, of: &Subscription) -> Option<i64> {
    match of.status {
        Status::Incomplete | Status::IncompleteExpired => None,
        Status::Trialing | Status::Active | Status::PastDue | Status::Canceled | Status::Unpaid => {
            Some(held.current_period_end)
        }
    }
}
