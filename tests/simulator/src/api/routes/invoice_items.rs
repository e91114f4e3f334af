//! `/v1/invoiceitems`.

use super::invoices::merged_metadata;
use super::prices::{decimal_of, inline_price};
use super::{Answered, Call, Resource, Verb, clock_of, discounts, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::invoicing::{ItemEdit, NewInvoiceItem, Priced};
use crate::model::decimal::Decimal;
use crate::model::invoice::InvoiceItem;
use crate::render::{Object, deleted};
use crate::version::{ApiVersion, since};
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["invoiceitems"], kind: InvoiceItem::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<InvoiceItem>(world, id),
        (Verb::Post, []) => create(call, world).and_then(|id| call.show::<InvoiceItem>(world, &id)),
        (Verb::Post, [id]) => {
            update(call, world, id).and_then(|()| call.show::<InvoiceItem>(world, id))
        }
        (Verb::Delete, [id]) => delete(call, world, id),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["customer", "invoice", "pending"])?;
    let form = &call.form;
    let pending = form.boolean("pending")?;
    let named = form.text("customer").or_else(|| form.text("invoice")).is_some();
    call.list::<InvoiceItem>(world, |held| {
        (named || clock_of(world, &held.customer).is_none())
            && fits(form.text("customer"), &held.customer)
            && (form.text("invoice").is_none() || form.text("invoice") == held.invoice.as_deref())
            && pending.is_none_or(|pending| pending == held.invoice.is_none())
    })
}

/// What an item is given, new or changed. `price` and `unit_amount` are of versions before
/// 2025-03-31.basil.
fn item_only(form: &Form, version: &ApiVersion, more: &[&str]) -> Result<(), ApiError> {
    const ITEM: &[&str] = &[
        "amount",
        "description",
        "discountable",
        "metadata",
        "period",
        "price_data",
        "pricing",
        "quantity",
        "quantity_decimal",
        "unit_amount_decimal",
    ];
    let older: &[&str] = if version.has(since::BASIL) { &[] } else { &["price", "unit_amount"] };
    discounts::only(form, version, &[ITEM, older, more].concat())
}

fn create(call: &Call<'_>, world: &mut World) -> Result<String, ApiError> {
    let new = new_item(&call.form, call.version, &[])?;
    Ok(world.create_invoice_item(new)?)
}

/// An item to make, as a form has it.
pub(super) fn new_item(
    form: &Form,
    version: &ApiVersion,
    more: &[&str],
) -> Result<NewInvoiceItem, ApiError> {
    item_only(
        form,
        version,
        &[&["currency", "customer", "invoice", "subscription"], more].concat(),
    )?;
    let text = |name: &str| form.owned(name).filter(|text| !text.is_empty());
    Ok(NewInvoiceItem {
        currency: text("currency").map(|currency| currency.to_lowercase()),
        customer: if form.is_inner() {
            String::new()
        } else {
            form.required("customer")?.to_owned()
        },
        description: text("description"),
        discountable: form.boolean("discountable")?,
        discounts: discounts::wanted(form, version)?,
        invoice: text("invoice"),
        metadata: form.map("metadata"),
        period: period(form)?,
        priced: priced(form, version)?,
        quantity: quantity(form)?,
        subscription: text("subscription"),
    })
}

pub(super) fn period(form: &Form) -> Result<Option<(i64, i64)>, ApiError> {
    let period = form.inner("period");
    if period.is_empty() {
        return Ok(None);
    }
    period.only(&["end", "start"])?;
    match (period.integer("start")?, period.integer("end")?) {
        (Some(start), Some(end)) => Ok(Some((start, end))),
        (None, _) => Err(ApiError::missing_parameter("period[start]")),
        (_, None) => Err(ApiError::missing_parameter("period[end]")),
    }
}

/// The quantity, whole or decimal.
pub(super) fn quantity(form: &Form) -> Result<Option<Decimal>, ApiError> {
    let quantity = decimal_of(form, "quantity", "quantity_decimal")?;
    if quantity.is_some_and(|quantity| quantity < Decimal::ZERO) {
        return Err(ApiError::invalid("quantity", "Invalid non-negative integer"));
    }
    Ok(quantity)
}

/// What an item costs, said in one way only.
pub(super) fn priced(form: &Form, version: &ApiVersion) -> Result<Option<Priced>, ApiError> {
    let pricing = form.inner("pricing");
    pricing.only(&["price"])?;
    let price_data = form.inner("price_data");
    let data = if price_data.is_empty() {
        None
    } else {
        let price = inline_price(&price_data)?;
        Some(Priced::PriceData(Box::new(price)))
    };
    let older = if version.has(since::BASIL) { None } else { form.owned("price") };
    let unit = if version.has(since::BASIL) {
        form.decimal("unit_amount_decimal")?
    } else {
        decimal_of(form, "unit_amount", "unit_amount_decimal")?
    };
    let price = pricing.owned("price").or(older).filter(|price| !price.is_empty());
    let said = [
        form.integer("amount")?.map(Priced::Amount),
        price.map(Priced::Price),
        data,
        unit.map(Priced::Unit),
    ];
    let mut said = said.into_iter().flatten();
    let first = said.next();
    if said.next().is_none() {
        return Ok(first);
    }
    let message = "You may only specify one of these parameters: amount, price_data, pricing, \
                   unit_amount_decimal.";
    Err(ApiError::invalid("amount", message))
}

fn update(call: &Call<'_>, world: &mut World, id: &str) -> Result<(), ApiError> {
    let form = &call.form;
    item_only(form, call.version, &[])?;
    let held = world.invoice_items.get(id).map(|held| &held.metadata);
    let metadata = merged_metadata(form, "metadata", held);
    Ok(world.update_invoice_item(
        id,
        ItemEdit {
            description: form.owned("description"),
            discountable: form.boolean("discountable")?,
            discounts: discounts::wanted(form, call.version)?,
            metadata,
            period: period(form)?,
            priced: priced(form, call.version)?,
            quantity: quantity(form)?,
        },
    )?)
}

fn delete(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.form.only(&[])?;
    world.delete_invoice_item(id)?;
    Ok(deleted(InvoiceItem::KIND, id))
}
