//! Credit notes: what a finalized invoice is too much. Before it is paid a note lowers what is
//! due; afterwards its sum goes back by refunds, to the customer's balance, or outside of Stripe.

use super::NewRefund;
use crate::life::LifeError;
use crate::life::customers::set_text;
use crate::model::credit_note::{CreditNote, CreditNoteLine, CreditedRefund};
use crate::model::customer::Customer;
use crate::model::customer_balance::{BalanceMove, CustomerBalanceTransaction};
use crate::model::invoice::{Invoice, InvoiceStatus};
use crate::model::{Metadata, merge_metadata};
use crate::world::World;

/// A line of a credit note to make: of an invoice's line, or of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewCreditLine {
    pub(crate) amount: Option<i64>,
    pub(crate) description: Option<String>,
    pub(crate) invoice_line: Option<String>,
    pub(crate) quantity: Option<i64>,
    pub(crate) unit_amount: Option<i64>,
}

/// A credit note to make.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewCreditNote {
    /// The sum, where there are no lines.
    pub(crate) amount: Option<i64>,
    /// What goes to the customer's balance.
    pub(crate) credit_amount: Option<i64>,
    pub(crate) effective_at: Option<i64>,
    pub(crate) invoice: String,
    pub(crate) lines: Vec<NewCreditLine>,
    pub(crate) memo: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) out_of_band_amount: Option<i64>,
    pub(crate) reason: Option<String>,
    /// What goes back by a new refund.
    pub(crate) refund_amount: Option<i64>,
    /// Refunds that were made before, with how much of each it accounts for.
    pub(crate) refunds: Vec<(String, Option<i64>)>,
}

impl World {
    /// A credit note as it would be; nothing is made.
    pub(crate) fn preview_credit_note(&self, new: &NewCreditNote) -> Result<CreditNote, LifeError> {
        let invoice = self.known_invoice(&new.invoice)?;
        match invoice.status {
            InvoiceStatus::Open | InvoiceStatus::Paid | InvoiceStatus::Uncollectible => {}
            InvoiceStatus::Draft | InvoiceStatus::Void => {
                return refused(
                    "Credit notes can only be created for invoices with a status of open, \
                     uncollectible or paid.",
                );
            }
        }
        let lines = credit_lines(new, invoice)?;
        let amount: i64 = lines.iter().map(|line| line.amount).sum();
        let notes = self.credit_notes_of.get(&new.invoice).map_or(0, Vec::len);
        let paid = invoice.status == InvoiceStatus::Paid;
        let left = if paid {
            invoice.amount_paid - invoice.credited_after_payment
        } else {
            invoice.amount_remaining()
        };
        if !(1..=left).contains(&amount) {
            return Err(LifeError::Invalid {
                param: "amount",
                message: format!(
                    "The credit note's amount ({amount}) must be positive and at most what is \
                     left to credit on the invoice ({left})."
                ),
            });
        }
        let refunds = self.credited_refunds(new)?;
        let given = [new.credit_amount, new.out_of_band_amount, new.refund_amount];
        let back = given.into_iter().flatten().sum::<i64>()
            + refunds.iter().map(|refund| refund.amount).sum::<i64>();
        if paid && back != amount {
            return refused(
                "The sum of credit_amount, refund_amount, refunds and out_of_band_amount must \
                 equal the credit note's amount, as the invoice is paid.",
            );
        }
        if !paid && back != 0 {
            return refused(
                "Amounts to refund or credit can only be given for the part of an invoice that \
                 is paid.",
            );
        }
        let number = invoice.number.clone().unwrap_or_default();
        Ok(CreditNote {
            id: PREVIEW.to_owned(),
            created: self.now,
            currency: invoice.currency.clone(),
            customer: invoice.customer.clone(),
            balance_transaction: None,
            effective_at: new.effective_at.unwrap_or(self.now),
            invoice: new.invoice.clone(),
            lines,
            memo: new.memo.clone(),
            metadata: new.metadata.clone(),
            number: format!("{number}-CN-{:02}", notes + 1),
            out_of_band: new.out_of_band_amount,
            post_payment: if paid { amount } else { 0 },
            reason: new.reason.clone(),
            refunds,
            voided_at: None,
        })
    }

    /// Leaves some of a credit note to the customer's balance.
    fn credit_balance(&mut self, note: &CreditNote, amount: i64) -> String {
        let customer = note.customer.as_str();
        let ending = self.customers.get(customer).map_or(0, |held| held.balance) - amount;
        let why = BalanceMove::CreditNote;
        let moved = self.note_balance(customer, -amount, ending, why, Some(&note.invoice));
        self.edit::<CustomerBalanceTransaction>(&moved, |held| {
            held.credit_note = Some(note.id.clone());
        });
        self.update::<Customer>("customer.updated", customer, |held| held.balance = ending);
        moved
    }

    fn credited_refunds(&self, new: &NewCreditNote) -> Result<Vec<CreditedRefund>, LifeError> {
        let of = |(id, amount): &(String, Option<i64>)| {
            let held = self.refunds.get(id).ok_or_else(|| LifeError::Missing {
                kind: "refund",
                id: id.clone(),
                param: "refunds",
            })?;
            Ok(CreditedRefund { refund: id.clone(), amount: amount.unwrap_or(held.amount) })
        };
        new.refunds.iter().map(of).collect()
    }

    /// Makes a credit note, and moves the money that it tells of.
    pub(crate) fn create_credit_note(&mut self, new: &NewCreditNote) -> Result<String, LifeError> {
        let mut note = self.preview_credit_note(new)?;
        if let Some(amount) = new.refund_amount.filter(|amount| *amount > 0) {
            let charge = self.known_invoice(&new.invoice)?.charge.clone();
            let Some(charge) = charge else {
                return refused("The invoice has no charge that could be refunded.");
            };
            let refund = NewRefund { amount: Some(amount), charge, ..NewRefund::default() };
            let refund = self.create_refund(refund)?;
            note.refunds.push(CreditedRefund { refund, amount });
        }
        let id = self.ids.long("cn_");
        note.id.clone_from(&id);
        for line in &mut note.lines {
            line.id = self.ids.long("cnli_");
        }
        if let Some(amount) = new.credit_amount.filter(|amount| *amount > 0) {
            note.balance_transaction = Some(self.credit_balance(&note, amount));
        }
        let (before, after) = (note.pre_payment(), note.post_payment);
        self.credit_notes.insert(&id, note);
        self.credit_notes_of.entry(new.invoice.clone()).or_default().push(id.clone());
        self.emit::<CreditNote>("credit_note.created", &id);
        self.credit_invoice(&new.invoice, before, after);
        Ok(id)
    }

    /// Lowers what is due on an invoice, or tells what went back of it.
    fn credit_invoice(&mut self, invoice: &str, before_payment: i64, after_payment: i64) {
        self.update::<Invoice>("invoice.updated", invoice, |held| {
            held.credited_before_payment += before_payment;
            held.credited_after_payment += after_payment;
        });
        let Some(held) = self.invoices.get(invoice) else { return };
        let settled = held.status == InvoiceStatus::Open && held.amount_remaining() == 0;
        if settled {
            self.end_payments(invoice, None);
            self.mark_paid(invoice, true);
        } else {
            self.shrink_default_payment(invoice);
        }
    }

    /// Takes back a credit note of an invoice that is not paid.
    pub(crate) fn void_credit_note(&mut self, id: &str) -> Result<(), LifeError> {
        let held = self.known_credit_note(id)?;
        let (invoice, amount) = (held.invoice.clone(), held.pre_payment());
        let is_open =
            self.invoices.get(&invoice).is_some_and(|held| held.status == InvoiceStatus::Open);
        if held.voided_at.is_some() || held.post_payment > 0 || !is_open {
            return refused("You can only void a credit note of an open invoice.");
        }
        let now = self.now;
        self.edit::<CreditNote>(id, |held| held.voided_at = Some(now));
        self.emit::<CreditNote>("credit_note.voided", id);
        self.credit_invoice(&invoice, -amount, 0);
        Ok(())
    }

    pub(crate) fn update_credit_note(
        &mut self,
        id: &str,
        memo: Option<String>,
        metadata: &Metadata,
    ) -> Result<(), LifeError> {
        self.known_credit_note(id)?;
        self.update::<CreditNote>("credit_note.updated", id, |held| {
            set_text(&mut held.memo, memo);
            merge_metadata(&mut held.metadata, metadata);
        });
        Ok(())
    }

    pub(crate) fn known_credit_note(&self, id: &str) -> Result<&CreditNote, LifeError> {
        self.credit_notes.get(id).ok_or_else(|| LifeError::Missing {
            kind: "credit_note",
            id: id.to_owned(),
            param: "id",
        })
    }
}

/// The id of what is only looked at.
const PREVIEW: &str = "cn_preview";

fn refused<T>(message: &str) -> Result<T, LifeError> {
    Err(LifeError::NotNow { code: None, message: message.to_owned() })
}

fn credit_lines(new: &NewCreditNote, invoice: &Invoice) -> Result<Vec<CreditNoteLine>, LifeError> {
    if let (Some(amount), []) = (new.amount, new.lines.as_slice()) {
        return Ok(vec![CreditNoteLine {
            id: String::new(),
            amount,
            description: None,
            invoice_line: None,
            quantity: None,
            unit_amount: None,
        }]);
    }
    new.lines.iter().map(|line| credit_line(line, invoice)).collect()
}

fn credit_line(new: &NewCreditLine, invoice: &Invoice) -> Result<CreditNoteLine, LifeError> {
    let invalid =
        |message: &str| LifeError::Invalid { param: "lines", message: message.to_owned() };
    let of = match &new.invoice_line {
        Some(id) => {
            let line = invoice.lines.iter().find(|line| line.id == *id);
            Some(line.ok_or_else(|| LifeError::Missing {
                kind: "line_item",
                id: id.clone(),
                param: "lines",
            })?)
        }
        None => None,
    };
    let share = of.and_then(|line| {
        let quantity = line.quantity.as_ref().and_then(whole)?;
        let wanted = new.quantity.unwrap_or(quantity);
        (quantity != 0).then(|| (line.amount - line.discounted()) * wanted / quantity)
    });
    let by_units = new.unit_amount.map(|unit| unit * new.quantity.unwrap_or(1));
    let whole_line = of.map(|line| line.amount - line.discounted());
    let amount = new.amount.or(by_units).or(share).or(whole_line);
    Ok(CreditNoteLine {
        id: String::new(),
        amount: amount
            .ok_or_else(|| invalid("A line needs an amount, or a quantity and price."))?,
        description: new
            .description
            .clone()
            .or_else(|| of.and_then(|line| line.description.clone())),
        invoice_line: new.invoice_line.clone(),
        quantity: new.quantity,
        unit_amount: new.unit_amount,
    })
}

/// A quantity that is a whole number.
fn whole(quantity: &crate::model::decimal::Decimal) -> Option<i64> {
    quantity.to_string().parse().ok()
}
