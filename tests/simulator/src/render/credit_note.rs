//! Credit notes and their lines.

use super::{Object, View, extend, inline_list, put, remove};
use crate::model::credit_note::{CreditNote, CreditNoteLine};
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for CreditNote {
    const KIND: &'static str = "credit_note";
    const PLURAL: &'static str = "credit_notes";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.credit_notes
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.credit_notes
    }

    fn render(&self, _world: &World, view: View<'_>) -> Value {
        let (amount, number) = (self.amount(), &self.number);
        let voided = self.voided_at.is_some();
        let mut body = json!({
            "id": self.id,
            "object": "credit_note",
            "amount": amount,
            "amount_shipping": 0,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_balance_transaction": self.balance_transaction,
            "discount_amount": 0,
            "discount_amounts": [],
            "effective_at": self.effective_at,
            "invoice": self.invoice,
            "livemode": false,
            "memo": self.memo,
            "metadata": self.metadata,
            "number": number,
            "out_of_band_amount": self.out_of_band,
            "pdf": format!("https://pay.stripe.com/credit_notes/acct_simulated/{}/pdf", self.id),
            "post_payment_amount": self.post_payment,
            "pre_payment_amount": self.pre_payment(),
            "pretax_credit_amounts": [],
            "reason": self.reason,
            "shipping_cost": null,
            "status": if voided { "void" } else { "issued" },
            "subtotal": amount,
            "subtotal_excluding_tax": amount,
            "total": amount,
            "total_excluding_tax": amount,
            "total_taxes": [],
            "type": if self.post_payment > 0 { "post_payment" } else { "pre_payment" },
            "voided_at": self.voided_at,
        });
        let lines = self.lines.iter().map(|one| line(one, view)).collect();
        let url = format!("/v1/credit_notes/{}/lines", self.id);
        put(&mut body, "lines", inline_list(lines, &url, view));
        dress_for_version(&mut body, self, view);
        body
    }
}

/// Before 2025-03-31.basil a note had one refund, and taxes under other names.
fn dress_for_version(body: &mut Value, held: &CreditNote, view: View<'_>) {
    if view.version.has(since::CUSTOMER_ACCOUNT) {
        extend(body, json!({ "customer_account": null }));
    }
    if view.version.has(since::BASIL) {
        let refunds = held.refunds.iter().map(|refund| {
            json!({
                "amount_refunded": refund.amount,
                "payment_record_refund": null,
                "refund": refund.refund,
                "type": "refund",
            })
        });
        put(body, "refunds", refunds.collect());
        return;
    }
    remove(body, &["post_payment_amount", "pre_payment_amount", "total_taxes"]);
    let refund = held.refunds.first().map(|refund| refund.refund.as_str());
    extend(body, json!({ "refund": refund, "tax_amounts": [] }));
}

/// One line of a credit note.
pub(crate) fn line(held: &CreditNoteLine, view: View<'_>) -> Value {
    let unit = held.unit_amount;
    let mut body = json!({
        "id": held.id,
        "object": "credit_note_line_item",
        "amount": held.amount,
        "description": held.description,
        "discount_amount": 0,
        "discount_amounts": [],
        "livemode": false,
        "metadata": {},
        "pretax_credit_amounts": [],
        "quantity": held.quantity,
        "tax_rates": [],
        "type": if held.invoice_line.is_some() { "invoice_line_item" } else { "custom_line_item" },
        "unit_amount": unit,
        "unit_amount_decimal": unit.map(|unit| unit.to_string()),
    });
    if let Some(line) = &held.invoice_line {
        extend(&mut body, json!({ "invoice_line_item": line }));
    }
    let taxes = if view.version.has(since::BASIL) { "taxes" } else { "tax_amounts" };
    put(&mut body, taxes, json!([]));
    body
}
