//! Invoices, their lines, and pending invoice items. 2025-03-31.basil regrouped them: what an
//! invoice or a line belongs to moved under `parent`, its price under `pricing`, taxes under
//! `taxes`, and the payment left the invoice altogether.

use super::{Object, View, extend, fields, inline_list, price, put, remove};
use crate::model::decimal::Decimal;
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
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
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

/// What each discount takes from these lines, in the order they are first met.
fn discount_amounts<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<Value> {
    let taken = lines.flat_map(|line| &line.discount_amounts);
    let sums = sums(taken.map(|taken| (taken.discount.as_str(), taken.amount)));
    sums.into_iter().map(|(id, amount)| json!({ "amount": amount, "discount": id })).collect()
}

/// What each discount and each debit of credits takes from these lines.
fn pretax_credit_amounts<'a>(lines: impl Iterator<Item = &'a Line> + Clone) -> Vec<Value> {
    let discounts = lines.clone().flat_map(|line| &line.discount_amounts);
    let discounts = sums(discounts.map(|taken| (taken.discount.as_str(), taken.amount)));
    let credits = lines.flat_map(|line| &line.credit_amounts);
    let credits = sums(credits.map(|taken| (taken.transaction.as_str(), taken.amount)));
    let discounts = discounts
        .into_iter()
        .map(|(id, amount)| json!({ "amount": amount, "discount": id, "type": "discount" }));
    let credits = credits.into_iter().map(|(id, amount)| {
        json!({ "amount": amount, "credit_balance_transaction": id,
                "type": "credit_balance_transaction" })
    });
    discounts.chain(credits).collect()
}

/// Amounts by id, in the order the ids are first met.
fn sums<'a>(amounts: impl Iterator<Item = (&'a str, i64)>) -> Vec<(&'a str, i64)> {
    let mut sums: Vec<(&str, i64)> = Vec::new();
    for (id, amount) in amounts {
        match sums.iter_mut().find(|(known, _)| *known == id) {
            Some((_, sum)) => *sum += amount,
            None => sums.push((id, amount)),
        }
    }
    sums
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

/// One line of an invoice.
pub(crate) fn line(held: &Line, of: &Invoice, world: &World, view: View<'_>) -> Value {
    let mut body = json!({
        "id": held.id,
        "object": "line_item",
        "amount": held.amount,
        "currency": of.currency,
        "description": held.description,
        "discount_amounts": discount_amounts(std::iter::once(held)),
        "discountable": held.discountable,
        "discounts": held.discounts,
        "livemode": false,
        "metadata": held.metadata,
        "period": { "end": held.period_end, "start": held.period_start },
        "quantity": held.quantity.map(Decimal::truncated),
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
        "parent": line_parent(held),
        "pretax_credit_amounts": pretax_credit_amounts(std::iter::once(held)),
        "pricing": pricing(held.price.as_deref(), held.unit_amount, world),
        "subtotal": held.amount,
        "taxes": [],
    }));
    if view.version.has(since::DAHLIA) {
        let quantity = held.quantity.map(|quantity| quantity.to_string());
        more.insert("quantity_decimal".to_owned(), json!(quantity));
    }
    more
}

/// What a line was made by: an item of a subscription, or an invoice item.
fn line_parent(held: &Line) -> Value {
    let proration_details = json!({ "credited_items": null });
    match (&held.subscription_item, &held.invoice_item) {
        (Some(item), _) => json!({
            "invoice_item_details": null,
            "subscription_item_details": {
                "invoice_item": held.invoice_item,
                "proration": held.proration,
                "proration_details": proration_details,
                "subscription": held.subscription,
                "subscription_item": item,
            },
            "type": "subscription_item_details",
        }),
        (None, Some(item)) => json!({
            "invoice_item_details": {
                "invoice_item": item,
                "proration": held.proration,
                "proration_details": proration_details,
                "subscription": held.subscription,
            },
            "subscription_item_details": null,
            "type": "invoice_item_details",
        }),
        (None, None) => Value::Null,
    }
}

/// What a line or an item costs by which price; null where only an amount was given.
fn pricing(price: Option<&str>, unit_amount: Option<Decimal>, world: &World) -> Value {
    let sold = price.and_then(|price| world.prices.get(price));
    let details = sold.map(|sold| json!({ "price": sold.id, "product": sold.product }));
    if details.is_none() && unit_amount.is_none() {
        return Value::Null;
    }
    json!({
        "price_details": details,
        "type": "price_details",
        "unit_amount_decimal": price::text(unit_amount),
    })
}

fn flat_line(held: &Line, world: &World, view: View<'_>) -> serde_json::Map<String, Value> {
    let sold = held.price.as_ref().and_then(|price| world.prices.get(price));
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

    fn is_deleted(&self) -> bool {
        self.deleted
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
            "date": self.date,
            "description": self.description,
            "discountable": self.discountable,
            "discounts": self.discounts,
            "invoice": self.invoice,
            "livemode": false,
            "metadata": self.metadata,
            "period": { "end": self.period_end, "start": self.period_start },
            "proration": self.proration,
            "quantity": self.quantity.truncated(),
            "tax_rates": [],
            "test_clock": world.clock_of(&self.customer).map(|clock| clock.id.as_str()),
        });
        let sold = self.price.as_ref().and_then(|price| world.prices.get(price));
        let more = if view.version.has(since::BASIL) {
            json!({
                "parent": self.subscription.as_ref().map(|subscription| json!({
                    "subscription_details": {
                        "subscription": subscription,
                        "subscription_item": self.subscription_item,
                    },
                    "type": "subscription_details",
                })),
                "pricing": pricing(self.price.as_deref(), self.unit_amount, world),
            })
        } else {
            json!({
                "plan": sold.map_or(Value::Null, |sold| price::plan(sold, view)),
                "price": sold.map_or(Value::Null, |sold| price::price(sold, view)),
                "subscription": self.subscription,
                "subscription_item": self.subscription_item,
                "unit_amount": self.unit_amount.and_then(Decimal::as_whole),
                "unit_amount_decimal": price::text(self.unit_amount),
            })
        };
        extend(&mut body, more);
        if view.version.has(since::CUSTOMER_ACCOUNT) {
            extend(&mut body, json!({ "customer_account": null }));
        }
        if view.version.has(since::DAHLIA) {
            extend(&mut body, json!({ "quantity_decimal": self.quantity.to_string() }));
        }
        body
    }
}
