//! The lines of a draft, edited together. A line that an invoice item made is that item; a line
//! of a subscription has only words of its own, and cannot be given to another invoice.

use super::items::LINES_MAX;
use super::{ItemEdit, LineRemoval, NewInvoiceItem};
use crate::life::LifeError;
use crate::life::customers::set_text;
use crate::model::Metadata;
use crate::model::invoice::{Invoice, InvoiceItem, Line};
use crate::model::merge_metadata;
use crate::world::World;

impl World {
    /// Adds lines, of new items and of items that wait.
    pub(crate) fn add_lines(
        &mut self,
        id: &str,
        new: Vec<NewInvoiceItem>,
        waiting: &[String],
        metadata: &Metadata,
    ) -> Result<(), LifeError> {
        let held = self.draft(id)?;
        let (customer, currency) = (held.customer.clone(), held.currency.clone());
        if held.lines.len() + new.len() + waiting.len() > LINES_MAX {
            return Err(LifeError::Invalid {
                param: "lines",
                message: "An invoice can have at most 250 lines.".to_owned(),
            });
        }
        for item in waiting {
            let waits = self.invoice_items.get(item).is_some_and(|held| {
                let free = !held.deleted && held.invoice.is_none();
                free && held.customer == customer && held.currency == currency
            });
            if !waits {
                return Err(LifeError::Missing {
                    kind: "invoiceitem",
                    id: item.clone(),
                    param: "lines",
                });
            }
        }
        let mut items = Vec::new();
        for item in new {
            let item =
                NewInvoiceItem { customer: customer.clone(), invoice: Some(id.to_owned()), ..item };
            items.push(self.build_item(item)?);
        }
        let mut lines = Vec::new();
        for waits in waiting {
            if let Some(ids) = self.pending_of.get_mut(&customer) {
                ids.retain(|held| held != waits);
            }
            self.edit::<InvoiceItem>(waits, |held| held.invoice = Some(id.to_owned()));
            if let Some(item) = self.invoice_items.get(waits).cloned() {
                lines.push(self.line_of(&item));
            }
        }
        let before = self.portrait::<Invoice>(id);
        self.edit::<Invoice>(id, |held| {
            held.lines.extend(lines);
            merge_metadata(&mut held.metadata, metadata);
        });
        for item in items {
            let line = self.line_of(&item);
            self.invoice_items.insert(&item.id.clone(), item.clone());
            self.emit::<InvoiceItem>("invoiceitem.created", &item.id);
            self.edit::<Invoice>(id, |held| held.lines.push(line));
        }
        self.discount_lines(id);
        self.emit_updated::<Invoice>("invoice.updated", id, &before);
        Ok(())
    }

    fn line(&self, invoice: &str, line: &str) -> Result<Line, LifeError> {
        let held = self.draft(invoice)?;
        held.lines.iter().find(|held| held.id == line).cloned().ok_or_else(|| LifeError::Missing {
            kind: "line_item",
            id: line.to_owned(),
            param: "lines",
        })
    }

    /// Changes lines, all of them or none.
    pub(crate) fn update_lines(
        &mut self,
        id: &str,
        edits: Vec<(String, ItemEdit)>,
        metadata: &Metadata,
    ) -> Result<(), LifeError> {
        self.draft(id)?;
        for (line, edit) in &edits {
            let held = self.line(id, line)?;
            let only_words = edit.priced.is_none() && edit.quantity.is_none();
            if held.invoice_item.is_none() && !only_words {
                return Err(LifeError::Invalid {
                    param: "lines",
                    message: "The amount of a subscription's line cannot be changed.".to_owned(),
                });
            }
        }
        for (line, edit) in edits {
            let held = self.line(id, &line)?;
            if let Some(item) = held.invoice_item {
                self.update_invoice_item(&item, edit)?;
                continue;
            }
            self.redraft(id, |invoice| {
                let Some(held) = invoice.lines.iter_mut().find(|held| held.id == line) else {
                    return;
                };
                held.discountable = edit.discountable.unwrap_or(held.discountable);
                if let Some((start, end)) = edit.period {
                    (held.period_start, held.period_end) = (start, end);
                }
                set_text(&mut held.description, edit.description);
                if !edit.metadata.is_empty() {
                    held.metadata = edit.metadata;
                }
            });
        }
        self.redraft(id, |held| {
            merge_metadata(&mut held.metadata, metadata);
        });
        Ok(())
    }

    /// Removes lines, all of them or none.
    pub(crate) fn remove_lines(
        &mut self,
        id: &str,
        removals: &[(String, LineRemoval)],
        metadata: &Metadata,
    ) -> Result<(), LifeError> {
        self.draft(id)?;
        for (line, removal) in removals {
            let held = self.line(id, line)?;
            if held.invoice_item.is_none() && *removal == LineRemoval::Unassign {
                return Err(LifeError::Invalid {
                    param: "lines",
                    message: "Only lines of invoice items can be unassigned.".to_owned(),
                });
            }
        }
        let before = self.portrait::<Invoice>(id);
        for (line, removal) in removals {
            let item = self.line(id, line)?.invoice_item;
            self.edit::<Invoice>(id, |held| held.lines.retain(|held| held.id != *line));
            match (item, removal) {
                (Some(item), LineRemoval::Delete) => self.drop_item(&item),
                (Some(item), LineRemoval::Unassign) => self.release_item(&item),
                (None, LineRemoval::Delete | LineRemoval::Unassign) => {}
            }
        }
        self.edit::<Invoice>(id, |held| merge_metadata(&mut held.metadata, metadata));
        self.discount_lines(id);
        self.emit_updated::<Invoice>("invoice.updated", id, &before);
        Ok(())
    }
}
