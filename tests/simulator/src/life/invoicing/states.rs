//! Which call an invoice allows in which state, and what becomes of it (STRIPE.md 5.4).

use crate::agenda::Task;
use crate::life::LifeError;
use crate::model::customer::Customer;
use crate::model::customer_balance::BalanceMove;
use crate::model::invoice::{CollectionMethod, Invoice, InvoiceStatus};
use crate::world::World;

impl World {
    /// Finalizes a draft by request. One that advances by itself is collected right after.
    pub(crate) fn finalize_invoice(
        &mut self,
        id: &str,
        auto_advance: Option<bool>,
    ) -> Result<(), LifeError> {
        if self.known_invoice(id)?.status != InvoiceStatus::Draft {
            return Err(refused(
                "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
            ));
        }
        if let Some(advances) = auto_advance {
            self.edit::<Invoice>(id, |held| held.auto_advance = advances);
        }
        self.finalize(id);
        let now = self.now;
        let advances = self.invoices.get(id).is_some_and(|held| {
            held.auto_advance
                && held.status == InvoiceStatus::Open
                && held.collection_method == CollectionMethod::ChargeAutomatically
        });
        if advances {
            self.edit::<Invoice>(id, |held| held.next_payment_attempt = Some(now));
            self.agenda.plan(now, Task::Collect { invoice: id.to_owned() });
        }
        Ok(())
    }

    /// Sends an invoice to its customer; a draft is finalized on the way.
    pub(crate) fn send_invoice(&mut self, id: &str) -> Result<(), LifeError> {
        let held = self.known_invoice(id)?;
        if held.collection_method != CollectionMethod::SendInvoice {
            return Err(LifeError::NotNow {
                code: None,
                message: "You can only manually send an invoice if its collection method is \
                          'send_invoice'."
                    .to_owned(),
            });
        }
        match held.status {
            InvoiceStatus::Draft => self.finalize(id),
            InvoiceStatus::Open | InvoiceStatus::Paid => {}
            InvoiceStatus::Uncollectible | InvoiceStatus::Void => {
                return Err(refused("You can only send open invoices."));
            }
        }
        self.emit::<Invoice>("invoice.sent", id);
        Ok(())
    }

    /// Voids an invoice by request.
    pub(crate) fn void_invoice(&mut self, id: &str) -> Result<(), LifeError> {
        match self.known_invoice(id)?.status {
            InvoiceStatus::Open | InvoiceStatus::Uncollectible => {
                self.void(id);
                Ok(())
            }
            InvoiceStatus::Draft => Err(refused(
                "You can only pass in open or uncollectible invoices. This invoice is a draft: \
                 delete it instead.",
            )),
            InvoiceStatus::Paid => Err(refused("Paid invoices cannot be voided.")),
            InvoiceStatus::Void => Err(refused("This invoice is already void.")),
        }
    }

    /// Gives back to the customer's balance what a voided invoice took from it.
    pub(in crate::life) fn give_back_balance(&mut self, id: &str) {
        let Some(held) = self.invoices.get(id) else { return };
        let taken = held.ending_balance.map_or(0, |ending| ending - held.starting_balance);
        let customer = held.customer.clone();
        let balance = self.customers.get(&customer).map_or(0, |held| held.balance);
        if taken != 0 {
            let (why, left) = (BalanceMove::UnappliedFromInvoice, balance - taken);
            self.note_balance(&customer, -taken, left, why, Some(id));
            self.update::<Customer>("customer.updated", &customer, |held| held.balance = left);
        }
    }

    /// Gives an open invoice up; it may be paid or voided all the same.
    pub(crate) fn mark_uncollectible(&mut self, id: &str) -> Result<(), LifeError> {
        match self.known_invoice(id)?.status {
            InvoiceStatus::Open => {
                self.give_up_invoice(id, "user_forgiven");
                Ok(())
            }
            InvoiceStatus::Draft
            | InvoiceStatus::Paid
            | InvoiceStatus::Uncollectible
            | InvoiceStatus::Void => {
                Err(refused("You can only mark open invoices as uncollectible."))
            }
        }
    }
}

fn refused(message: &str) -> LifeError {
    LifeError::NotNow { code: Some("invoice_not_editable"), message: message.to_owned() }
}
