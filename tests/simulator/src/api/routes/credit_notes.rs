//! `/v1/credit_notes`.

use super::{Answered, Call, Resource, Verb, clock_of, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::{PAGING, Rows, page};
use crate::life::payments::{NewCreditLine, NewCreditNote};
use crate::model::credit_note::CreditNote;
use crate::render::Object;
use crate::render::credit_note::line;
use crate::world::World;

pub(super) const RESOURCE: Resource = Resource {
    prefix: &["credit_notes"],
    kind: CreditNote::KIND,
    inner: &[("lines", "credit_note_line_item")],
    route,
};

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    let shown = |world: &World, id: &str| call.show::<CreditNote>(world, id);
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, ["preview"]) => preview(call, world),
        (Verb::Get, ["preview", "lines"]) => preview_lines(call, world),
        (Verb::Get, [id]) => call.retrieve::<CreditNote>(world, id),
        (Verb::Get, [id, "lines"]) => lines(call, world, id),
        (Verb::Post, []) => create(world, &call.form).and_then(|id| shown(world, &id)),
        (Verb::Post, [id]) => update(world, id, &call.form).and_then(|()| shown(world, id)),
        (Verb::Post, [id, "void"]) => call
            .form
            .only(&[])
            .and_then(|()| Ok(world.void_credit_note(id)?))
            .and_then(|()| shown(world, id)),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["customer", "invoice"])?;
    let (customer, invoice) = (call.form.text("customer"), call.form.text("invoice"));
    let named = customer.is_some() || invoice.is_some();
    call.list::<CreditNote>(world, |held| {
        (named || clock_of(world, &held.customer).is_none())
            && fits(customer, &held.customer)
            && fits(invoice, &held.invoice)
    })
}

const NOTE: &[&str] = &[
    "amount",
    "credit_amount",
    "effective_at",
    "email_type",
    "invoice",
    "lines",
    "memo",
    "metadata",
    "out_of_band_amount",
    "reason",
    "refund_amount",
    "refunds",
];

fn note(form: &Form, more: &[&str]) -> Result<NewCreditNote, ApiError> {
    form.only(&[NOTE, more].concat())?;
    let reason = form.owned("reason");
    let known = ["duplicate", "fraudulent", "order_change", "product_unsatisfactory"];
    if reason.as_deref().is_some_and(|reason| !known.contains(&reason)) {
        return Err(ApiError::invalid("reason", "Invalid reason"));
    }
    let invoice = form.required("invoice")?.to_owned();
    let lines: Vec<NewCreditLine> =
        form.list("lines").iter().map(new_line).collect::<Result<_, _>>()?;
    let amount = form.integer("amount")?;
    if amount.is_none() && lines.is_empty() {
        return Err(ApiError::refused("You must provide one of `amount` or `lines`."));
    }
    let refunds = form.list("refunds").iter().map(refund).collect::<Result<_, _>>()?;
    Ok(NewCreditNote {
        amount,
        credit_amount: form.integer("credit_amount")?,
        effective_at: form.integer("effective_at")?,
        invoice,
        lines,
        memo: form.owned("memo"),
        metadata: form.map("metadata"),
        out_of_band_amount: form.integer("out_of_band_amount")?,
        reason,
        refund_amount: form.integer("refund_amount")?,
        refunds,
    })
}

fn new_line(form: &Form) -> Result<NewCreditLine, ApiError> {
    form.only(&["amount", "description", "invoice_line_item", "quantity", "type", "unit_amount"])?;
    let invoice_line = match form.required("type")? {
        "invoice_line_item" => Some(form.required("invoice_line_item")?.to_owned()),
        "custom_line_item" => None,
        _ => return Err(ApiError::invalid(&form.name("type"), "Invalid type")),
    };
    Ok(NewCreditLine {
        amount: form.integer("amount")?,
        description: form.owned("description"),
        invoice_line,
        quantity: form.integer("quantity")?,
        unit_amount: form.integer("unit_amount")?,
    })
}

fn refund(form: &Form) -> Result<(String, Option<i64>), ApiError> {
    form.only(&["amount_refunded", "refund", "type"])?;
    Ok((form.required("refund")?.to_owned(), form.integer("amount_refunded")?))
}

fn create(world: &mut World, form: &Form) -> Result<String, ApiError> {
    Ok(world.create_credit_note(&note(form, &[])?)?)
}

fn update(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["memo", "metadata"])?;
    Ok(world.update_credit_note(id, form.owned("memo"), &form.map("metadata"))?)
}

fn preview(call: &Call<'_>, world: &World) -> Answered {
    let note = world.preview_credit_note(&note(&call.form, &[])?)?;
    Ok(note.render(world, call.view()))
}

fn preview_lines(call: &Call<'_>, world: &World) -> Answered {
    let note = world.preview_credit_note(&note(&call.form, PAGING)?)?;
    lines_of(call, &note, "/v1/credit_notes/preview/lines")
}

/// The lines of one credit note, in their order on it.
fn lines(call: &Call<'_>, world: &World, id: &str) -> Answered {
    call.form.only(PAGING)?;
    let held = world.known_credit_note(id)?;
    lines_of(call, held, &format!("/v1/credit_notes/{id}/lines"))
}

fn lines_of(call: &Call<'_>, of: &CreditNote, url: &str) -> Answered {
    let rows: Vec<_> = of.lines.iter().rev().collect();
    let place = |id: &str| rows.iter().position(|line| line.id == id);
    let rows = Rows::new(&rows, &place, "credit_note_line_item");
    page(&rows, &call.form, url, |_| true, |one: &&_| line(one, call.view()))
}
