//! `/v1/invoices`.

use super::{Answered, Call, Resource, Verb, clock_of, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::{PAGING, Rows, page};
use crate::model::invoice::Invoice;
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
        (Verb::Post, [id, "pay"]) => {
            pay(world, id, &call.form).and_then(|()| call.show::<Invoice>(world, id))
        }
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["customer", "subscription", "status"])?;
    let form = &call.form;
    let named = form.text("customer").or_else(|| form.text("subscription")).is_some();
    call.list::<Invoice>(world, |held| {
        (named || clock_of(world, &held.customer).is_none())
            && fits(form.text("customer"), &held.customer)
            && fits(form.text("subscription"), &held.subscription)
            && fits(form.text("status"), held.status.as_str())
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
    form.only(&["forgive", "off_session", "paid_out_of_band"])?;
    Ok(world.pay_invoice(id, form.boolean("paid_out_of_band")?.unwrap_or(false))?)
}
