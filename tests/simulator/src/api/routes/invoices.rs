//! `/v1/invoices`.

use super::invoice_lines as lines;
use super::invoice_previews as previews;
use super::{Answered, Call, Resource, Verb, clock_of, discounts, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::Within;
use crate::life::invoicing::{InvoiceChange, NewInvoice};
use crate::model::Metadata;
use crate::model::invoice::{CollectionMethod, Invoice};
use crate::render::{Object, deleted};
use crate::world::World;

pub(super) const RESOURCE: Resource = Resource {
    prefix: &["invoices"],
    kind: Invoice::KIND,
    inner: &[("lines", "line_item")],
    route,
};

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    let form = &call.form;
    let done = match (call.verb, path) {
        (Verb::Get, []) => return Some(list(call, world)),
        (Verb::Get, ["search"]) => return Some(call.search::<Invoice>(world)),
        (Verb::Get, [id]) => return Some(call.retrieve::<Invoice>(world, id)),
        (Verb::Get, [id, "lines"]) => return Some(lines::list(call, world, id)),
        (Verb::Post, [id, "lines", line]) => return Some(lines::update_one(call, world, id, line)),
        (Verb::Post, []) => {
            return Some(create(call, world).and_then(|id| call.show::<Invoice>(world, &id)));
        }
        (Verb::Post, ["create_preview"]) => return Some(previews::create(call, world)),
        (Verb::Delete, [id]) => return Some(delete(call, world, id)),
        (Verb::Post, [id]) => update(call, world, id),
        (Verb::Post, [id, "add_lines"]) => lines::add(call, world, id),
        (Verb::Post, [id, "attach_payment"]) => attach(world, id, form),
        (Verb::Post, [id, "finalize"]) => finalize(world, id, form),
        (Verb::Post, [id, "mark_uncollectible"]) => {
            form.only(&[]).and_then(|()| Ok(world.mark_uncollectible(id)?))
        }
        (Verb::Post, [id, "pay"]) => pay(world, id, form),
        (Verb::Post, [id, "remove_lines"]) => lines::remove(world, id, form),
        (Verb::Post, [id, "send"]) => form.only(&[]).and_then(|()| Ok(world.send_invoice(id)?)),
        (Verb::Post, [id, "update_lines"]) => lines::update(call, world, id),
        (Verb::Post, [id, "void"]) => form.only(&[]).and_then(|()| Ok(world.void_invoice(id)?)),
        _ => return None,
    };
    let id = path.first().copied().unwrap_or_default();
    Some(done.and_then(|()| call.show::<Invoice>(world, id)))
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["collection_method", "customer", "due_date", "subscription", "status"])?;
    let form = &call.form;
    let method = collection_method(form)?;
    let due = Within::parse(form, "due_date")?;
    let named = form.text("customer").or_else(|| form.text("subscription")).is_some();
    call.list::<Invoice>(world, |held| {
        (named || clock_of(world, &held.customer).is_none())
            && fits(form.text("customer"), &held.customer)
            && form.text("subscription").is_none_or(|wanted| held.is_of(wanted))
            && fits(form.text("status"), held.status.as_str())
            && method.is_none_or(|method| method == held.collection_method)
            && due.holds_some(held.due_date)
    })
}

/// What a new invoice and a change to one both take.
const INVOICE: &[&str] = &[
    "auto_advance",
    "automatically_finalizes_at",
    "collection_method",
    "days_until_due",
    "default_payment_method",
    "description",
    "due_date",
    "footer",
    "metadata",
    "number",
    "statement_descriptor",
];

/// What only a new invoice takes.
const NEW_INVOICE: &[&str] =
    &["currency", "customer", "pending_invoice_items_behavior", "subscription"];

fn create(call: &Call<'_>, world: &mut World) -> Result<String, ApiError> {
    let form = &call.form;
    discounts::only(form, call.version, &[INVOICE, NEW_INVOICE].concat())?;
    let takes_pending = match form.text("pending_invoice_items_behavior") {
        None => None,
        Some("include") => Some(true),
        Some("exclude") => Some(false),
        Some(_) => {
            let message = "Invalid pending_invoice_items_behavior: must be one of exclude or \
                           include";
            return Err(ApiError::invalid("pending_invoice_items_behavior", message));
        }
    };
    let text = |name: &str| form.owned(name).filter(|text| !text.is_empty());
    Ok(world.create_invoice(NewInvoice {
        auto_advance: form.boolean("auto_advance")?.unwrap_or(false),
        automatically_finalizes_at: form.integer("automatically_finalizes_at")?,
        collection_method: collection_method(form)?.unwrap_or_default(),
        currency: text("currency").map(|currency| currency.to_lowercase()),
        customer: text("customer"),
        days_until_due: form.integer("days_until_due")?,
        default_payment_method: text("default_payment_method"),
        description: text("description"),
        discounts: discounts::wanted(form, call.version)?,
        due_date: form.integer("due_date")?,
        footer: text("footer"),
        metadata: form.map("metadata"),
        number: text("number"),
        statement_descriptor: text("statement_descriptor"),
        subscription: text("subscription"),
        takes_pending,
    })?)
}

fn update(call: &Call<'_>, world: &mut World, id: &str) -> Result<(), ApiError> {
    let form = &call.form;
    discounts::only(form, call.version, INVOICE)?;
    Ok(world.update_invoice(
        id,
        InvoiceChange {
            auto_advance: form.boolean("auto_advance")?,
            automatically_finalizes_at: form.integer("automatically_finalizes_at")?,
            collection_method: collection_method(form)?,
            days_until_due: form.integer("days_until_due")?,
            default_payment_method: form.owned("default_payment_method"),
            description: form.owned("description"),
            discounts: discounts::wanted(form, call.version)?,
            due_date: form.integer("due_date")?,
            footer: form.owned("footer"),
            metadata: merged_metadata(form, "metadata", held_metadata(world, id)),
            number: form.owned("number"),
            statement_descriptor: form.owned("statement_descriptor"),
        },
    )?)
}

pub(super) fn held_metadata<'a>(world: &'a World, id: &str) -> Option<&'a Metadata> {
    world.invoices.get(id).map(|held| &held.metadata)
}

/// Metadata as a change gives it. An empty value for all of it unsets all that is held.
pub(super) fn merged_metadata(form: &Form, name: &str, held: Option<&Metadata>) -> Metadata {
    match (form.text(name), held) {
        (Some(""), Some(held)) => held.keys().map(|key| (key.clone(), String::new())).collect(),
        _ => form.map(name),
    }
}

fn finalize(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["auto_advance"])?;
    Ok(world.finalize_invoice(id, form.boolean("auto_advance")?)?)
}

fn pay(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["forgive", "mandate", "off_session", "paid_out_of_band", "payment_method"])?;
    form.boolean("forgive")?;
    let out_of_band = form.boolean("paid_out_of_band")?.unwrap_or(false);
    let off_session = form.boolean("off_session")?.unwrap_or(true);
    let customer = world.known_invoice(id)?.customer.clone();
    let method = form.text("payment_method").filter(|named| !named.is_empty());
    let method = method.map(|named| world.method_of_customer(named, &customer)).transpose()?;
    Ok(world.pay_invoice_by(id, method, out_of_band, off_session)?)
}

fn attach(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["payment_intent"])?;
    let intent = form.required("payment_intent")?;
    Ok(world.attach_payment(id, intent)?)
}

fn delete(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.form.only(&[])?;
    world.delete_invoice(id)?;
    Ok(deleted(Invoice::KIND, id))
}

fn collection_method(form: &Form) -> Result<Option<CollectionMethod>, ApiError> {
    let parse = |text: &str| {
        CollectionMethod::parse(text).ok_or_else(|| {
            let message = "Invalid collection_method: must be one of charge_automatically or \
                           send_invoice";
            ApiError::invalid("collection_method", message)
        })
    };
    form.text("collection_method").map(parse).transpose()
}
