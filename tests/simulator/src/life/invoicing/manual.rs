//! Invoices that a caller makes, changes and deletes while they are drafts. An invoice of a
//! subscription takes what waits for that subscription; one of a customer alone takes what waits
//! on the customer, if it is asked to.
//!
//! Assumed: an invoice that is sent is due after 30 days where nothing is said, and the items of
//! a draft that is deleted wait again.

use super::{InvoiceChange, NewInvoice};
use crate::agenda::Task;
use crate::calendar::SECONDS_PER_DAY;
use crate::life::LifeError;
use crate::life::customers::set_text;
use crate::life::drafts::Draft;
use crate::model::coupon::DiscountOn;
use crate::model::invoice::{BillingReason, CollectionMethod, Invoice, InvoiceItem, InvoiceStatus};
use crate::model::merge_metadata;
use crate::world::World;

const DAYS_UNTIL_DUE: i64 = 30;

impl World {
    pub(crate) fn create_invoice(&mut self, new: NewInvoice) -> Result<String, LifeError> {
        let subscription = match &new.subscription {
            Some(id) => Some(self.subscription_to_invoice(id)?),
            None => None,
        };
        let named = new.customer.clone();
        let owner = subscription.as_ref().map(|(_, customer, _)| customer.clone());
        let Some(customer) = named.or(owner.clone()) else {
            return Err(LifeError::Absent { param: "customer" });
        };
        let held = self.live_customer(&customer, "customer")?;
        if owner.is_some_and(|owner| owner != customer) {
            return Err(LifeError::Invalid {
                param: "subscription",
                message: "The subscription does not belong to the customer.".to_owned(),
            });
        }
        let of_subscription = subscription.as_ref().map(|(_, _, currency)| currency.clone());
        let currency = new
            .currency
            .clone()
            .or(of_subscription)
            .or_else(|| held.currency.clone())
            .unwrap_or_else(|| "usd".to_owned());
        check_due(new.collection_method, new.days_until_due, new.due_date)?;
        let takes = new.takes_pending.unwrap_or(subscription.is_some());
        let id_of = subscription.as_ref().map(|(id, ..)| id.clone());
        if takes
            && id_of.is_some()
            && self.waiting_for(&customer, &currency, id_of.as_deref()).is_empty()
        {
            return Err(LifeError::NotNow {
                code: Some("invoice_no_subscription_line_items"),
                message: "Nothing to invoice for subscription".to_owned(),
            });
        }
        let id = self.ids.long("in_");
        let discounts = match &new.discounts {
            Some(wishes) => {
                let on = DiscountOn::Invoice(id.clone());
                Some(self.redeem_for_invoice(wishes, &customer, &currency, &on)?)
            }
            None => None,
        };
        let lines = if takes {
            self.take_lines_for(&customer, &currency, id_of.as_deref())
        } else {
            Vec::new()
        };
        let metadata = id_of.as_ref().and_then(|id| self.subscriptions.get(id));
        let subscription = id_of.clone().zip(metadata.map(|held| held.metadata.clone()));
        let finalizes_at = self.finalizes_at(new.auto_advance, new.automatically_finalizes_at);
        let sends = new.collection_method == CollectionMethod::SendInvoice;
        let unsaid = sends && new.due_date.is_none();
        let days_until_due = new.days_until_due.or(unsaid.then_some(DAYS_UNTIL_DUE));
        self.insert_draft_with(
            Draft {
                id: id.clone(),
                auto_advance: new.auto_advance,
                finalizes_at,
                billing_reason: BillingReason::Manual,
                collection_method: new.collection_method,
                currency,
                customer,
                days_until_due,
                lines,
                metadata: new.metadata,
                period_start: self.now,
                period_end: self.now,
                subscription,
            },
            |held| {
                held.default_payment_method = new.default_payment_method;
                held.description = new.description;
                if let Some(discounts) = discounts {
                    held.discounts = discounts;
                }
                held.due_date = new.due_date.or(held.due_date);
                held.footer = new.footer;
                held.number = new.number;
                held.statement_descriptor = new.statement_descriptor;
            },
        );
        Ok(id)
    }

    /// A subscription's id, customer and currency.
    fn subscription_to_invoice(&self, id: &str) -> Result<(String, String, String), LifeError> {
        let held = self.subscriptions.get(id).ok_or_else(|| LifeError::Missing {
            kind: "subscription",
            id: id.to_owned(),
            param: "subscription",
        })?;
        Ok((held.id.clone(), held.customer.clone(), held.currency.clone()))
    }

    fn finalizes_at(&self, advances: bool, at: Option<i64>) -> Option<i64> {
        at.or_else(|| advances.then(|| self.now + self.rules.draft_seconds))
    }

    /// A draft that may still be edited.
    pub(super) fn draft(&self, id: &str) -> Result<&Invoice, LifeError> {
        let held = self.known_invoice(id)?;
        if held.status == InvoiceStatus::Draft {
            return Ok(held);
        }
        Err(LifeError::NotNow {
            code: Some("invoice_not_editable"),
            message: "This invoice is no longer editable".to_owned(),
        })
    }

    pub(crate) fn update_invoice(
        &mut self,
        id: &str,
        change: InvoiceChange,
    ) -> Result<(), LifeError> {
        let held = self.known_invoice(id)?;
        let words = InvoiceChange {
            auto_advance: change.auto_advance,
            default_payment_method: change.default_payment_method.clone(),
            metadata: change.metadata.clone(),
            ..InvoiceChange::default()
        };
        if held.status != InvoiceStatus::Draft && words != change {
            return Err(LifeError::NotNow {
                code: Some("invoice_not_editable"),
                message: "Finalized invoices can't be updated in this way".to_owned(),
            });
        }
        let method = change.collection_method.unwrap_or(held.collection_method);
        check_due(method, change.days_until_due, change.due_date)?;
        let was_sent = held.collection_method == CollectionMethod::SendInvoice;
        let sends = method == CollectionMethod::SendInvoice;
        let is_draft = held.status == InvoiceStatus::Draft;
        let said = change.auto_advance.is_some() || change.automatically_finalizes_at.is_some();
        let advances = change.auto_advance.unwrap_or(held.auto_advance);
        let finalizes_at = if is_draft && said {
            self.finalizes_at(advances, change.automatically_finalizes_at).filter(|_| advances)
        } else {
            held.automatically_finalizes_at
        };
        let (created, customer, currency) =
            (held.created, held.customer.clone(), held.currency.clone());
        let discounts = match &change.discounts {
            Some(wishes) => {
                let on = DiscountOn::Invoice(id.to_owned());
                Some(self.redeem_for_invoice(wishes, &customer, &currency, &on)?)
            }
            None => None,
        };
        self.redraft(id, |held| {
            held.auto_advance = advances;
            held.automatically_finalizes_at = finalizes_at;
            held.collection_method = method;
            if is_draft {
                held.next_payment_attempt = finalizes_at.filter(|_| !sends);
            }
            if let Some(days) = change.days_until_due {
                held.days_until_due = Some(days);
                held.due_date = Some(created + days * SECONDS_PER_DAY);
            } else if let Some(due) = change.due_date {
                held.days_until_due = None;
                held.due_date = Some(due);
            } else if sends && !was_sent {
                held.days_until_due = Some(DAYS_UNTIL_DUE);
                held.due_date = Some(created + DAYS_UNTIL_DUE * SECONDS_PER_DAY);
            } else if !sends && was_sent {
                held.days_until_due = None;
                held.due_date = None;
            }
            if let Some(discounts) = discounts {
                held.discounts = discounts;
            }
            set_text(&mut held.default_payment_method, change.default_payment_method);
            set_text(&mut held.description, change.description);
            set_text(&mut held.footer, change.footer);
            set_text(&mut held.number, change.number);
            set_text(&mut held.statement_descriptor, change.statement_descriptor);
            merge_metadata(&mut held.metadata, &change.metadata);
        });
        if let Some(due) = finalizes_at.filter(|_| said && is_draft) {
            self.agenda.plan(due, Task::Finalize { invoice: id.to_owned() });
        }
        Ok(())
    }

    /// Changes an invoice and says so; of a draft, its discounts are worked out again.
    pub(super) fn redraft(&mut self, id: &str, change: impl FnOnce(&mut Invoice)) {
        let before = self.portrait::<Invoice>(id);
        self.edit(id, change);
        if self.invoices.get(id).is_some_and(|held| held.status == InvoiceStatus::Draft) {
            self.discount_lines(id);
        }
        self.emit_updated::<Invoice>("invoice.updated", id, &before);
    }

    /// Deletes a draft that is no subscription's. Its items wait again.
    pub(crate) fn delete_invoice(&mut self, id: &str) -> Result<(), LifeError> {
        let held = self.known_invoice(id)?;
        let refused = |message: &str| {
            Err(LifeError::NotNow {
                code: Some("invoice_not_editable"),
                message: message.to_owned(),
            })
        };
        if held.status != InvoiceStatus::Draft {
            return refused("You can only delete draft invoices. Void this invoice instead.");
        }
        if held.subscription.is_some() {
            return refused("You can't delete invoices created by subscriptions.");
        }
        let items: Vec<String> =
            held.lines.iter().filter_map(|line| line.invoice_item.clone()).collect();
        self.emit::<Invoice>("invoice.deleted", id);
        let now = self.now;
        self.edit::<Invoice>(id, |held| held.deleted_at = Some(now));
        for item in items {
            self.release_item(&item);
        }
        Ok(())
    }

    /// Has an item that stood on a draft wait again.
    pub(super) fn release_item(&mut self, id: &str) {
        self.edit::<InvoiceItem>(id, |held| held.invoice = None);
        if let Some(customer) = self.invoice_items.get(id).map(|item| item.customer.clone()) {
            self.pending_of.entry(customer).or_default().push(id.to_owned());
        }
    }
}

/// A due date is for invoices that are sent, and only one way to say it may be used.
fn check_due(
    method: CollectionMethod,
    days: Option<i64>,
    date: Option<i64>,
) -> Result<(), LifeError> {
    let invalid =
        |param, message: &str| Err(LifeError::Invalid { param, message: message.to_owned() });
    match (method, days, date) {
        (CollectionMethod::ChargeAutomatically, Some(_), _) => invalid(
            "days_until_due",
            "`days_until_due` can only be set when `collection_method` is `send_invoice`.",
        ),
        (CollectionMethod::ChargeAutomatically, None, Some(_)) => invalid(
            "due_date",
            "`due_date` can only be set when `collection_method` is `send_invoice`.",
        ),
        (CollectionMethod::SendInvoice, Some(_), Some(_)) => invalid(
            "due_date",
            "You may only specify one of these parameters: days_until_due, due_date.",
        ),
        (CollectionMethod::SendInvoice | CollectionMethod::ChargeAutomatically, _, _) => Ok(()),
    }
}
