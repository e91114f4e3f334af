//! The lines of invoices. Since 2025-03-31.basil what a line was made by is under `parent`, its
//! price under `pricing`, and taxes under `taxes`.

use super::{View, fields, price};
use crate::model::decimal::Decimal;
use crate::model::invoice::{Invoice, Line};
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

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
pub(super) fn pricing(price: Option<&str>, unit_amount: Option<Decimal>, world: &World) -> Value {
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

/// What each discount takes from these lines, in the order they are first met.
pub(super) fn discount_amounts<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<Value> {
    let taken = lines.flat_map(|line| &line.discount_amounts);
    let sums = sums(taken.map(|taken| (taken.discount.as_str(), taken.amount)));
    sums.into_iter().map(|(id, amount)| json!({ "amount": amount, "discount": id })).collect()
}

/// What each discount and each debit of credits takes from these lines.
pub(super) fn pretax_credit_amounts<'a>(
    lines: impl Iterator<Item = &'a Line> + Clone,
) -> Vec<Value> {
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
