//! Subscription schedules. Their prices and items are shown as ids, unlike those of a
//! subscription.

use super::subscription::BillingMode;
use super::{Object, View, put, remove};
use crate::model::schedule::{Phase, PhaseItem, Schedule, ScheduleStatus};
use crate::model::table::Table;
use crate::model::terms::Collection;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for Schedule {
    const KIND: &'static str = "subscription_schedule";
    const PLURAL: &'static str = "subscription_schedules";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.schedules
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.schedules
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let phase = self.entered.and_then(|number| self.phases.get(number));
        let current = phase.filter(|_| self.status == ScheduleStatus::Active);
        let phases: Vec<Value> = self.phases.iter().map(|one| shown_phase(one, view)).collect();
        let mode = serde_json::to_value(BillingMode::of(self.billing_mode, None));
        let mut body = json!({
            "id": self.id,
            "object": Self::KIND,
            "application": null,
            // A group of plain fields always has a JSON form.
            "billing_mode": mode.unwrap_or_default(),
            "canceled_at": self.canceled_at,
            "completed_at": self.completed_at,
            "created": self.created,
            "current_phase": current.map(|phase| json!({
                "end_date": phase.end_date,
                "start_date": phase.start_date,
            })),
            "customer": self.customer,
            "customer_account": null,
            "default_settings": default_settings(self),
            "end_behavior": self.end_behavior.as_str(),
            "livemode": false,
            "metadata": self.metadata,
            "pause_schedules": [],
            "phases": phases,
            "released_at": self.released_at,
            "released_subscription": self.released_subscription,
            "status": self.status.as_str(),
            "subscription": self.subscription,
            "test_clock": world.clock_of(&self.customer).map(|clock| clock.id.as_str()),
        });
        let later = [
            (since::ENDIVE, "pause_schedules"),
            (since::CUSTOMER_ACCOUNT, "customer_account"),
            (since::BILLING_MODE, "billing_mode"),
        ];
        for (release, field) in later {
            if !view.version.has(release) {
                remove(&mut body, &[field]);
            }
        }
        body
    }
}

fn default_settings(held: &Schedule) -> Value {
    json!({
        "application_fee_percent": null,
        "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
        "billing_cycle_anchor": "automatic",
        "billing_thresholds": null,
        "collection_method": held.collection.as_str(),
        "default_payment_method": held.default_payment_method,
        "description": held.description,
        "invoice_settings": {
            "account_tax_ids": null,
            "custom_fields": null,
            "days_until_due": held.collection.days_until_due(),
            "description": null,
            "footer": null,
            "issuer": { "type": "self" },
        },
        "on_behalf_of": null,
        "transfer_data": null,
    })
}

fn shown_phase(held: &Phase, view: View<'_>) -> Value {
    let items: Vec<Value> = held.items.iter().map(shown_item).collect();
    let days = held.collection.and_then(Collection::days_until_due);
    let settings = days.map(|days| {
        json!({
            "account_tax_ids": null,
            "custom_fields": null,
            "days_until_due": days,
            "description": null,
            "footer": null,
            "issuer": null,
        })
    });
    let mut body = json!({
        "add_invoice_items": held.add_invoice_items.iter().map(extra).collect::<Vec<_>>(),
        "application_fee_percent": null,
        "billing_cycle_anchor": held.anchors_cycle.map(|anchors| {
            if anchors { "phase_start" } else { "automatic" }
        }),
        "billing_thresholds": null,
        "collection_method": held.collection.map(Collection::as_str),
        "currency": held.currency,
        "default_payment_method": held.default_payment_method,
        "default_tax_rates": [],
        "description": held.description,
        "discounts": [],
        "end_date": held.end_date,
        "invoice_settings": settings,
        "items": items,
        "metadata": held.metadata,
        "on_behalf_of": null,
        "proration_behavior": held.proration.as_str(),
        "start_date": held.start_date,
        "transfer_data": null,
        "trial_end": held.trial_end,
    });
    if !view.version.has(since::MARKETING_FEATURES) {
        remove(&mut body, &["discounts"]);
    }
    body
}

fn shown_item(held: &PhaseItem) -> Value {
    let mut body = json!({
        "billing_thresholds": null,
        "discounts": [],
        "metadata": held.metadata,
        "plan": held.price,
        "price": held.price,
        "tax_rates": [],
    });
    if let Some(quantity) = held.quantity {
        put(&mut body, "quantity", json!(quantity));
    }
    body
}

fn extra(held: &PhaseItem) -> Value {
    json!({
        "discountable": true,
        "discounts": [],
        "metadata": held.metadata,
        "period": {
            "end": { "type": "min_item_period_end" },
            "start": { "type": "max_item_period_start" },
        },
        "price": held.price,
        "quantity": held.quantity.unwrap_or(1),
        "tax_rates": [],
    })
}
