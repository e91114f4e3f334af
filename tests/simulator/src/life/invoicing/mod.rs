//! Invoices and invoice items by request: made, changed, finalized, sent, given up, deleted, and
//! shown before they are made.
//!
//! What a state does not allow is refused and leaves everything as it was (STRIPE.md 5.4).

mod edit;
mod items;
mod manual;
mod orders;
mod preview;
mod rehearsal;
mod states;

pub(crate) use orders::{InvoiceChange, ItemEdit, LineRemoval, NewInvoice, NewInvoiceItem, Priced};
