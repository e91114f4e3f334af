//! `/v1/invoices`.

use super::{Answered, Call, Resource, Verb, clock_of, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::{PAGING, Rows, Within, page};
use crate::model::invoice::{CollectionMethod, Invoice};
use crate::render::Object;
use crate::render::invoice::line;
use crate::world::World;

pub(super) const RESOURCE: Resource = Resource {
    prefix: &["invoices"],
    kind: Invoice::KIND,
    inner: &[("lines", "line_item")],
    route,
};

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, ["search"]) => call.search::<Invoice>(world),
        (Verb::Get, [id]) => call.retrieve::<Invoice>(world, id),
        (Verb::Get, [id, "lines"]) => lines(call, world, id),
        (Verb::Post, [id, "attach_payment"]) => {
            attach(world, id, &call.form).and_then(|()| call.show::<Invoice>(world, id))
        }
        (Verb::Post, [id, "pay"]) => {
            pay(world, id, &call.form).and_then(|()| call.show::<Invoice>(world, id))
        }
        _ => return None,
    })
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

/// The lines of one invoice, in their order on it.
fn lines(call: &Call<'_>, world: &World, id: &str) -> Answered {
    call.form.only(PAGING)?;
    let held = world.invoices.get(id).ok_or_else(|| ApiError::missing("invoice", id, "invoice"))?;
    let rows: Vec<_> = held.lines.iter().rev().collect();
    let place = |id: &str| rows.iter().position(|line| line.id == id);
    let rows = Rows::new(&rows, &place, "line_item");
    let render = |one: &&_| line(one, held, world, call.view());
    page(&rows, &call.form, &format!("/v1/invoices/{id}/lines"), |_| true, render)
}

fn pay(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["forgive", "off_session", "paid_out_of_band", "payment_method"])?;
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
