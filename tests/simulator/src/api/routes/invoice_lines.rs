//! The lines of an invoice: listed, and while it is a draft added, changed and removed.

use super::invoice_items::{period, priced, quantity};
use super::invoices::{held_metadata, merged_metadata};
use super::{Answered, Call, discounts};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::{PAGING, Rows, page};
use crate::life::invoicing::{ItemEdit, LineRemoval, NewInvoiceItem};
use crate::model::Metadata;
use crate::render::invoice_line::line;
use crate::world::World;

/// The lines of one invoice or preview, in their order on it.
pub(super) fn list(call: &Call<'_>, world: &World, id: &str) -> Answered {
    call.form.only(PAGING)?;
    let held =
        world.invoice_or_preview(id).ok_or_else(|| ApiError::missing("invoice", id, "invoice"))?;
    let rows: Vec<_> = held.lines.iter().rev().collect();
    let place = |id: &str| rows.iter().position(|line| line.id == id);
    let rows = Rows::new(&rows, &place, "line_item");
    let render = |one: &&_| line(one, held, world, call.view());
    page(&rows, &call.form, &format!("/v1/invoices/{id}/lines"), |_| true, render)
}

/// What a line is given, new or changed.
const LINE: &[&str] = &[
    "amount",
    "description",
    "discountable",
    "discounts",
    "metadata",
    "period",
    "price_data",
    "pricing",
    "quantity",
    "quantity_decimal",
];

fn entries(form: &Form) -> Result<Vec<Form>, ApiError> {
    form.only(&["invoice_metadata", "lines"])?;
    let lines = form.list("lines");
    if lines.is_empty() {
        return Err(ApiError::missing_parameter("lines"));
    }
    Ok(lines)
}

pub(super) fn add(call: &Call<'_>, world: &mut World, id: &str) -> Result<(), ApiError> {
    let form = &call.form;
    let (mut new, mut waiting) = (Vec::new(), Vec::new());
    for entry in entries(form)? {
        entry.only(&[LINE, &["invoice_item"]].concat())?;
        if let Some(item) = entry.owned("invoice_item") {
            waiting.push(item);
            continue;
        }
        new.push(NewInvoiceItem {
            description: entry.owned("description"),
            discountable: entry.boolean("discountable")?,
            discounts: discounts::wanted(&entry, call.version)?,
            metadata: entry.map("metadata"),
            period: period(&entry)?,
            priced: priced(&entry, call.version)?,
            quantity: quantity(&entry)?,
            ..NewInvoiceItem::default()
        });
    }
    let metadata = merged_metadata(form, "invoice_metadata", held_metadata(world, id));
    Ok(world.add_lines(id, new, &waiting, &metadata)?)
}

/// A change as a line's form has it.
fn edit(form: &Form, call: &Call<'_>) -> Result<ItemEdit, ApiError> {
    Ok(ItemEdit {
        description: form.owned("description"),
        discountable: form.boolean("discountable")?,
        discounts: discounts::wanted(form, call.version)?,
        metadata: form.map("metadata"),
        period: period(form)?,
        priced: priced(form, call.version)?,
        quantity: quantity(form)?,
    })
}

pub(super) fn update(call: &Call<'_>, world: &mut World, id: &str) -> Result<(), ApiError> {
    let form = &call.form;
    let mut edits = Vec::new();
    for entry in entries(form)? {
        entry.only(&[LINE, &["id"]].concat())?;
        edits.push((entry.required("id")?.to_owned(), edit(&entry, call)?));
    }
    let metadata = merged_metadata(form, "invoice_metadata", held_metadata(world, id));
    Ok(world.update_lines(id, edits, &metadata)?)
}

/// Changes one line, which is answered.
pub(super) fn update_one(call: &Call<'_>, world: &mut World, id: &str, named: &str) -> Answered {
    call.form.only(LINE)?;
    let edit = edit(&call.form, call)?;
    world.update_lines(id, vec![(named.to_owned(), edit)], &Metadata::new())?;
    let found = world.invoices.get(id).and_then(|held| {
        let found = held.lines.iter().find(|held| held.id == named)?;
        Some(line(found, held, world, call.view()))
    });
    found.ok_or_else(|| ApiError::missing("line_item", named, "id"))
}

pub(super) fn remove(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    let mut removals = Vec::new();
    for entry in entries(form)? {
        entry.only(&["behavior", "id"])?;
        let behavior = match entry.required("behavior")? {
            "delete" => LineRemoval::Delete,
            "unassign" => LineRemoval::Unassign,
            _ => {
                let message = "Invalid behavior: must be one of delete or unassign";
                return Err(ApiError::invalid("lines", message));
            }
        };
        removals.push((entry.required("id")?.to_owned(), behavior));
    }
    let metadata = merged_metadata(form, "invoice_metadata", held_metadata(world, id));
    Ok(world.remove_lines(id, &removals, &metadata)?)
}
