//! Invoices, their lines, and pending invoice items. 2025-03-31.basil regrouped them: what an
//! invoice or a line belongs to moved under `parent`, its price under `pricing`, taxes under
//! `taxes`, and the payment left the invoice altogether.

use super::{Object, View, extend, fields, inline_list, price, put, remove};
use crate::model::invoice::{Invoice, InvoiceItem, InvoiceStatus, Line};
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
        let lines = self.lines.iter().map(|one| line(one, self, world, view)).collect();
        let url = format!("/v1/invoices/{}/lines", self.id);
        put(&mut body, "lines", inline_list(lines, &url, view));
        dress_for_version(&mut body, self, view);
        body
    }
}

fn amounts(held: &Invoice) -> Value {
    let total = held.total();
    json!({
        "amount_due": held.amount_due(),
        "amount_overpaid": 0,
        "amount_paid": held.amount_paid,
        "amount_remaining": held.amount_remaining(),
        "amount_shipping": 0,
        "currency": held.currency,
        "ending_balance": held.ending_balance,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": held.starting_balance,
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
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
        "collection_method": "charge_automatically",
        "created": held.created,
        "due_date": null,
        "effective_at": held.finalized_at,
        "hosted_invoice_url": page,
        "invoice_pdf": page.as_ref().map(|page| format!("{page}/pdf")),
        "metadata": held.metadata,
        "next_payment_attempt": held.next_payment_attempt,
        "number": held.number,
        "parent": {
            "quote_details": null,
            "subscription_details": {
                "metadata": held.subscription_metadata,
                "subscription": held.subscription,
            },
            "type": "subscription_details",
        },
        "period_end": held.period_end,
        "period_start": held.period_start,
        "status": held.status.as_str(),
        "status_transitions": {
            "finalized_at": held.finalized_at,
            "marked_uncollectible_at": held.marked_uncollectible_at,
            "paid_at": held.paid_at,
            "voided_at": held.voided_at,
        },
        "webhooks_delivered_at": held.created,
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
        "default_payment_method": null,
        "default_source": null,
        "default_tax_rates": [],
        "description": null,
        "discounts": [],
        "footer": null,
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
        "statement_descriptor": null,
    })
}

fn dress_for_version(body: &mut Value, held: &Invoice, view: View<'_>) {
    let version = view.version;
    if version.has(since::BASIL) {
        if version.has(since::CUSTOMER_ACCOUNT) {
            extend(body, json!({ "customer_account": null }));
        }
        if version.has(since::ENDIVE) {
            extend(body, json!({ "status_details": { "uncollectible": null } }));
        }
        return;
    }
    remove(body, &["amount_overpaid", "parent", "total_pretax_credit_amounts", "total_taxes"]);
    extend(
        body,
        json!({
            "application_fee_amount": null,
            "charge": held.charge,
            "discount": null,
            "paid": held.status == InvoiceStatus::Paid,
            "paid_out_of_band": held.paid_out_of_band,
            "payment_intent": held.payment_intent,
            "quote": null,
            "subscription": held.subscription,
            "subscription_details": { "metadata": held.subscription_metadata },
            "tax": null,
            "tax_percent": null,
            "total_tax_amounts": [],
            "transfer_data": null,
        }),
    );
}

/// One line of an invoice.
pub(crate) fn line(held: &Line, of: &Invoice, world: &World, view: View<'_>) -> Value {
    let mut body = json!({
        "id": held.id,
        "object": "line_item",
        "amount": held.amount,
        "currency": of.currency,
        "description": held.description,
        "discount_amounts": [],
        "discountable": !held.proration,
        "discounts": [],
        "livemode": false,
        "metadata": held.metadata,
        "period": { "end": held.period_end, "start": held.period_start },
        "quantity": held.quantity,
        "subscription": held.subscription,
    });
    let more = if view.version.has(since::BASIL) {
        regrouped_line(held, of, world, view)
    } else {
        flat_line(held, world, view)
    };
    if let Value::Object(fields) = &mut body {
        fields.extend(more);
    }
    body
}

fn regrouped_line(
    held: &Line,
    of: &Invoice,
    world: &World,
    view: View<'_>,
) -> serde_json::Map<String, Value> {
    let mut more = fields(json!({
        "invoice": of.id,
        "parent": {
            "invoice_item_details": null,
            "subscription_item_details": {
                "invoice_item": held.invoice_item,
                "proration": held.proration,
                "proration_details": { "credited_items": null },
                "subscription": held.subscription,
                "subscription_item": held.subscription_item,
            },
            "type": "subscription_item_details",
        },
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {
                "price": held.price,
                "product": world.prices.get(&held.price).map(|sold| sold.product.as_str()),
            },
            "type": "price_details",
            "unit_amount_decimal": held.unit_amount.to_string(),
        },
        "subtotal": held.amount,
        "taxes": [],
    }));
    if view.version.has(since::ENDIVE) {
        let quantity = held.quantity.map(|quantity| quantity.to_string());
        more.insert("quantity_decimal".to_owned(), json!(quantity));
    }
    more
}

fn flat_line(held: &Line, world: &World, view: View<'_>) -> serde_json::Map<String, Value> {
    let sold = world.prices.get(&held.price);
    let mut more = fields(json!({
        "proration": held.proration,
        "subscription_item": held.subscription_item,
        "tax_amounts": [],
        "tax_rates": [],
        "type": if held.invoice_item.is_some() { "invoiceitem" } else { "subscription" },
    }));
    let plan = sold.map_or(Value::Null, |sold| price::plan(sold, view));
    let price = sold.map_or(Value::Null, |sold| price::price(sold, view));
    more.insert("plan".to_owned(), plan);
    more.insert("price".to_owned(), price);
    if let Some(invoice_item) = &held.invoice_item {
        more.insert("invoice_item".to_owned(), json!(invoice_item));
    }
    more
}

impl Object for InvoiceItem {
    const KIND: &'static str = "invoiceitem";
    const PLURAL: &'static str = "invoiceitems";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.date
    }

    fn table(world: &World) -> &Table<Self> {
        &world.invoice_items
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.invoice_items
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let mut body = json!({
            "id": self.id,
            "object": "invoiceitem",
            "amount": self.amount,
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "date": self.date,
            "description": self.description,
            "discountable": false,
            "discounts": [],
            "invoice": self.invoice,
            "livemode": false,
            "metadata": {},
            "period": { "end": self.period_end, "start": self.period_start },
            "proration": true,
            "quantity": self.quantity,
            "quantity_decimal": self.quantity.to_string(),
            "tax_rates": [],
            "test_clock": world.clock_of(&self.customer).map(|clock| clock.id.as_str()),
        });
        let sold = world.prices.get(&self.price);
        let more = if view.version.has(since::BASIL) {
            json!({
                "parent": {
                    "subscription_details": {
                        "subscription": self.subscription,
                        "subscription_item": self.subscription_item,
                    },
                    "type": "subscription_details",
                },
                "pricing": {
                    "price_details": {
                        "price": self.price,
                        "product": sold.map(|sold| sold.product.as_str()),
                    },
                    "type": "price_details",
                    "unit_amount_decimal": self.unit_amount.to_string(),
                },
            })
        } else {
            json!({
                "plan": sold.map_or(Value::Null, |sold| price::plan(sold, view)),
                "price": sold.map_or(Value::Null, |sold| price::price(sold, view)),
                "subscription": self.subscription,
                "subscription_item": self.subscription_item,
                "unit_amount": self.unit_amount,
                "unit_amount_decimal": self.unit_amount.to_string(),
            })
        };
        extend(&mut body, more);
        body
    }
}
