//! Invoice payments.

use super::{Object, View};
use crate::model::invoice_payment::InvoicePayment;
use crate::model::table::Table;
use crate::world::World;
use serde_json::{Value, json};

impl Object for InvoicePayment {
    const KIND: &'static str = "invoice_payment";
    const PLURAL: &'static str = "invoice_payments";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.invoice_payments
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.invoice_payments
    }

    fn render(&self, _world: &World, _view: View<'_>) -> Value {
        json!({
            "id": self.id,
            "object": "invoice_payment",
            "amount_paid": self.amount_paid,
            "amount_requested": self.amount_requested,
            "created": self.created,
            "currency": self.currency,
            "invoice": self.invoice,
            "is_default": self.is_default,
            "livemode": false,
            "payment": { "payment_intent": self.intent, "type": "payment_intent" },
            "status": self.status.as_str(),
            "status_transitions": { "canceled_at": self.canceled_at, "paid_at": self.paid_at },
        })
    }
}
