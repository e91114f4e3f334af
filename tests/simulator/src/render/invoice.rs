//! Invoices. 2025-03-31.basil regrouped them: what an invoice belongs to moved under `parent`,
//! taxes under `total_taxes`, and the payment left the invoice altogether.

use super::invoice_line::{discount_amounts, line, pretax_credit_amounts};
use super::{Object, View, extend, inline_list, put, remove};
use crate::model::invoice::{Invoice, InvoiceStatus};
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for Invoice {
    const KIND: &'static str = "invoice";
    const PLURAL: &'static str = "invoices";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }

    fn table(world: &World) -> &Table<Self> {
        &world.invoices
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.invoices
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let mut body = json!({ "id": self.id, "object": "invoice" });
        extend(&mut body, amounts(self));
        extend(&mut body, course(self));
        extend(&mut body, customer_copy(self));
        extend(&mut body, constants());
        let clock = world.clock_of(&self.customer).map(|clock| clock.id.as_str());
        put(&mut body, "test_clock", json!(clock));
        put(&mut body, "webhooks_delivered_at", json!(world.webhooks_delivered_at(self)));
        let lines = self.lines.iter().map(|one| line(one, self, world, view)).collect();
        let url = format!("/v1/invoices/{}/lines", self.id);
        put(&mut body, "lines", inline_list(lines, &url, view));
        dress_for_version(&mut body, self, world, view);
        body
    }
}

fn amounts(held: &Invoice) -> Value {
    let discounts = discount_amounts(held.lines.iter());
    let credits = pretax_credit_amounts(held.lines.iter());
    let (subtotal, total) = (held.subtotal(), held.total());
    json!({
        "amount_due": held.amount_due(),
        "amount_overpaid": 0,
        "amount_paid": held.amount_paid,
        "amount_remaining": held.amount_remaining(),
        "amount_shipping": 0,
        "currency": held.currency,
        "default_payment_method": held.default_payment_method,
        "discounts": held.discounts,
        "ending_balance": held.ending_balance,
        "post_payment_credit_notes_amount": held.credited_after_payment,
        "pre_payment_credit_notes_amount": held.credited_before_payment,
        "starting_balance": held.starting_balance,
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": total,
        "total_discount_amounts": discounts,
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": credits,
        "total_taxes": [],
    })
}

/// Where the invoice is on its way from draft to paid.
fn course(held: &Invoice) -> Value {
    let page = held
        .number
        .as_ref()
        .map(|_| format!("https://invoice.stripe.com/i/acct_simulated/test_{}", held.id));
    json!({
        "attempt_count": held.attempt_count,
        "attempted": held.attempted,
        "auto_advance": held.auto_advance,
        "automatically_finalizes_at": held.automatically_finalizes_at,
        "billing_reason": held.billing_reason.as_str(),
        "collection_method": held.collection_method.as_str(),
        "created": held.created,
        "description": held.description,
        "due_date": held.due_date,
        "effective_at": held.finalized_at,
        "footer": held.footer,
        "hosted_invoice_url": page,
        "invoice_pdf": page.as_ref().map(|page| format!("{page}/pdf")),
        "metadata": held.metadata,
        "next_payment_attempt": held.next_payment_attempt,
        "number": held.number,
        "parent": held.subscription.as_ref().map(|subscription| json!({
            "quote_details": null,
            "subscription_details": {
                "metadata": held.subscription_metadata,
                "subscription": subscription,
            },
            "type": "subscription_details",
        })),
        "period_end": held.period_end,
        "period_start": held.period_start,
        "statement_descriptor": held.statement_descriptor,
        "status": held.status.as_str(),
        "status_transitions": {
            "finalized_at": held.finalized_at,
            "marked_uncollectible_at": held.marked_uncollectible_at,
            "paid_at": held.paid_at,
            "voided_at": held.voided_at,
        },
    })
}

/// What the invoice keeps of its customer.
fn customer_copy(held: &Invoice) -> Value {
    json!({
        "customer": held.customer,
        "customer_address": null,
        "customer_email": held.customer_email,
        "customer_name": held.customer_name,
        "customer_phone": null,
        "customer_shipping": null,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
    })
}

fn constants() -> Value {
    json!({
        "account_country": "US",
        "account_name": "Simulated account",
        "account_tax_ids": null,
        "application": null,
        "automatic_tax": {
            "disabled_reason": null,
            "enabled": false,
            "liability": null,
            "provider": null,
            "status": null,
        },
        "custom_fields": null,
        "default_source": null,
        "default_tax_rates": [],
        "from_invoice": null,
        "issuer": { "type": "self" },
        "last_finalization_error": null,
        "latest_revision": null,
        "livemode": false,
        "on_behalf_of": null,
        "payment_settings": {
            "default_mandate": null,
            "payment_method_options": null,
            "payment_method_types": null,
        },
        "receipt_number": null,
        "rendering": null,
        "shipping_cost": null,
        "shipping_details": null,
    })
}

fn dress_for_version(body: &mut Value, held: &Invoice, world: &World, view: View<'_>) {
    let version = view.version;
    if version.has(since::BASIL) {
        if version.has(since::CUSTOMER_ACCOUNT) {
            extend(body, json!({ "customer_account": null }));
        }
        if version.has(since::ENDIVE) {
            let given_up = held.uncollectible_reason.map(|reason| json!({ "reason": reason }));
            extend(body, json!({ "status_details": { "uncollectible": given_up } }));
        }
        return;
    }
    let discount = held.discounts.first().and_then(|id| world.discounts.get(id));
    let discount = discount.map(|held| held.render(world, view));
    remove(body, &["amount_overpaid", "parent", "total_pretax_credit_amounts", "total_taxes"]);
    extend(
        body,
        json!({
            "application_fee_amount": null,
            "charge": held.charge,
            "discount": discount,
            "paid": held.status == InvoiceStatus::Paid,
            "paid_out_of_band": held.paid_out_of_band,
            "payment_intent": held.payment_intent,
            "quote": null,
            "subscription": held.subscription,
            "subscription_details": held.subscription.as_ref().map(|_| {
                json!({ "metadata": held.subscription_metadata })
            }),
            "tax": null,
            "tax_percent": null,
            "total_tax_amounts": [],
            "transfer_data": null,
        }),
    );
}
