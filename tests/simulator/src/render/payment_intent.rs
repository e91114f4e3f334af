//! Payment intents. Before 2022-11-15 they carried their charges; before 2025-03-31.basil they
//! named their invoice.

use super::payment::{automatic, error, next_action};
use super::{Object, View, extend, inline_list, put, remove};
use crate::model::payment_intent::{Capture, IntentStatus, PaymentIntent};
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for PaymentIntent {
    const KIND: &'static str = "payment_intent";
    const PLURAL: &'static str = "payment_intents";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.payment_intents
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.payment_intents
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let error = self.last_error.as_ref().map(|refusal| error(refusal, world, view));
        let waits = self.status == IntentStatus::RequiresAction;
        let action = waits.then(|| next_action(&self.id, self.return_url.as_deref()));
        let mut body = json!({
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_capturable": self.amount_capturable(),
            "amount_received": self.amount_received,
            "automatic_payment_methods": automatic(self.automatic_methods),
            "canceled_at": self.canceled_at,
            "cancellation_reason": self.cancellation_reason,
            "capture_method": capture_method(self.capture, view),
            "client_secret": self.client_secret,
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "description": self.description,
            "last_payment_error": error,
            "latest_charge": self.latest_charge(),
            "livemode": false,
            "metadata": self.metadata,
            "next_action": action,
            "payment_method": self.method,
            "payment_method_types": self.method_types,
            "receipt_email": self.receipt_email,
            "setup_future_usage": self.setup_future_usage,
            "statement_descriptor": self.statement_descriptor,
            "status": self.status.as_str(),
        });
        extend(&mut body, constants());
        dress_for_version(&mut body, self, world, view);
        body
    }
}

/// What the simulator does not model, as an untouched intent shows it.
fn constants() -> Value {
    json!({
        "amount_details": { "tip": {} },
        "application": null,
        "application_fee_amount": null,
        "excluded_payment_method_types": null,
        "managed_payments": null,
        "on_behalf_of": null,
        "payment_method_configuration_details": null,
        "payment_method_options": {},
        "payment_record": null,
        "processing": null,
        "review": null,
        "shipping": null,
        "source": null,
        "statement_descriptor_suffix": null,
        "transfer_data": null,
        "transfer_group": null,
    })
}

fn capture_method(held: Capture, view: View<'_>) -> &'static str {
    match held {
        Capture::Manual => "manual",
        Capture::AutomaticAsync if view.version.has(since::MARKETING_FEATURES) => "automatic_async",
        Capture::Automatic | Capture::AutomaticAsync => "automatic",
    }
}

fn dress_for_version(body: &mut Value, held: &PaymentIntent, world: &World, view: View<'_>) {
    if view.version.has(since::CUSTOMER_ACCOUNT) {
        extend(body, json!({ "customer_account": null }));
    }
    if view.version.has(since::ENDIVE) {
        extend(body, json!({ "allowed_payment_method_types": held.allowed_types }));
    }
    if !view.version.has(since::BASIL) {
        extend(body, json!({ "invoice": held.invoice }));
    }
    if !view.version.has(since::LATEST_CHARGE) {
        remove(body, &["latest_charge"]);
        let charges = held.charges.iter().rev().filter_map(|id| world.charges.get(id));
        let data = charges.map(|charge| charge.render(world, view)).collect();
        let url = format!("/v1/charges?payment_intent={}", held.id);
        put(body, "charges", inline_list(data, &url, view));
    }
}
