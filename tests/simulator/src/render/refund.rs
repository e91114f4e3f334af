//! Refunds.

use super::{Object, View, extend};
use crate::model::payment_method::MethodKind;
use crate::model::refund::{Refund, RefundStatus};
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for Refund {
    const KIND: &'static str = "refund";
    const PLURAL: &'static str = "refunds";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.refunds
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.refunds
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let charge = world.charges.get(&self.charge);
        let mut body = json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "balance_transaction": self.balance_transaction,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "destination_details": destination(self, world),
            "customer": charge.and_then(|charge| charge.customer.as_deref()),
            "metadata": self.metadata,
            "payment_intent": self.intent,
            "payment_method": charge.map(|charge| charge.method.as_str()),
            "reason": self.reason,
            "receipt_number": null,
            "source_transfer_reversal": null,
            "status": self.status.as_str(),
            "transfer_reversal": null,
        });
        if view.version.has(since::CUSTOMER_ACCOUNT) {
            extend(&mut body, json!({ "customer_account": null }));
        }
        if let Some(reason) = &self.failure_reason {
            extend(&mut body, json!({ "failure_reason": reason }));
        }
        if let Some(moved) = &self.failure_transaction {
            extend(&mut body, json!({ "failure_balance_transaction": moved }));
        }
        if self.status == RefundStatus::Pending {
            extend(&mut body, json!({ "pending_reason": "processing" }));
        }
        body
    }
}

/// Where the money went, and by which number the bank finds it.
fn destination(held: &Refund, world: &World) -> Value {
    let charge = world.charges.get(&held.charge);
    let method = charge.and_then(|charge| world.payment_methods.get(&charge.method));
    let state = if held.reference.is_some() { "available" } else { "pending" };
    match method.map_or(MethodKind::Card, |method| method.kind) {
        MethodKind::Card => {
            let mut card = json!({
                "reference_status": state,
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            });
            if let Some(reference) = &held.reference {
                extend(&mut card, json!({ "reference": reference }));
            }
            json!({ "card": card, "type": "card" })
        }
        MethodKind::SepaDebit => json!({
            "eu_bank_transfer": { "reference": held.reference, "reference_status": state },
            "type": "eu_bank_transfer",
        }),
        MethodKind::UsBankAccount => json!({
            "type": "us_bank_transfer",
            "us_bank_transfer": { "reference": held.reference, "reference_status": state },
        }),
    }
}
