//! Invoice items by request: an amount that waits on a customer or on a subscription for the next
//! invoice, or that stands on a draft at once.

use super::{ItemEdit, NewInvoiceItem, Priced};
use crate::life::customers::set_text;
use crate::life::{LifeError, NewPrice, rating};
use crate::model::coupon::DiscountOn;
use crate::model::decimal::Decimal;
use crate::model::invoice::{InvoiceItem, InvoiceStatus};
use crate::model::merge_metadata;
use crate::world::World;

/// How many lines an invoice can have.
pub(super) const LINES_MAX: usize = 250;

/// An amount, and what it was worked out from.
struct Charge {
    amount: i64,
    price: Option<String>,
    unit_amount: Option<Decimal>,
}

impl World {
    pub(crate) fn create_invoice_item(&mut self, new: NewInvoiceItem) -> Result<String, LifeError> {
        let item = self.build_item(new)?;
        let id = item.id.clone();
        let Some(invoice) = item.invoice.clone() else {
            self.add_pending(item);
            return Ok(id);
        };
        self.put_on_draft(&invoice, vec![item]);
        Ok(id)
    }

    /// Keeps new items that stand on a draft, and their lines on it.
    pub(super) fn put_on_draft(&mut self, invoice: &str, items: Vec<InvoiceItem>) {
        let mut lines = Vec::new();
        for item in items {
            let id = item.id.clone();
            lines.push(self.line_of(&item));
            self.invoice_items.insert(&id, item);
            self.emit::<InvoiceItem>("invoiceitem.created", &id);
        }
        self.redraft(invoice, |held| held.lines.extend(lines));
    }

    /// An item that is not kept yet.
    pub(super) fn build_item(&mut self, new: NewInvoiceItem) -> Result<InvoiceItem, LifeError> {
        let held = self.live_customer(&new.customer, "customer")?;
        let own_currency = held.currency.clone();
        let mut currency = new.currency.clone();
        if let Some(invoice) = &new.invoice {
            let draft = self.draft(invoice)?;
            if draft.customer != new.customer {
                return Err(invalid("invoice", "The invoice does not belong to the customer."));
            }
            if draft.lines.len() >= LINES_MAX {
                return Err(invalid("invoice", "An invoice can have at most 250 lines."));
            }
            currency = same_currency(currency, &draft.currency)?;
        }
        if let Some(subscription) = &new.subscription {
            let of = self.live_subscription(subscription)?;
            if of.customer != new.customer {
                let message = "The subscription does not belong to the customer.";
                return Err(invalid("subscription", message));
            }
            currency = same_currency(currency, &of.currency)?;
        }
        let Some(priced) = new.priced else {
            return Err(LifeError::Absent { param: "amount" });
        };
        if let Priced::Price(price) = &priced {
            let price = self.known_price(price, "pricing[price]")?;
            currency.get_or_insert_with(|| price.currency.clone());
        }
        if let Priced::PriceData(price) = &priced {
            currency.get_or_insert_with(|| price.currency.clone());
        }
        let currency = currency.or(own_currency).unwrap_or_else(|| "usd".to_owned());
        let quantity = new.quantity.unwrap_or_else(|| Decimal::whole(1));
        let (period_start, period_end) = new.period.unwrap_or((self.now, self.now));
        check_period(period_start, period_end)?;
        let charge = self.charge_for(priced, &currency, quantity)?;
        let id = self.ids.long("ii_");
        let on = DiscountOn::InvoiceItem(id.clone());
        let wishes = new.discounts.unwrap_or_default();
        let discounts = self.redeem_for_invoice(&wishes, &new.customer, &currency, &on)?;
        let name = charge
            .price
            .as_ref()
            .and_then(|price| self.prices.get(price))
            .map(|price| self.name_of(price));
        Ok(InvoiceItem {
            id,
            date: self.now,
            amount: charge.amount,
            currency,
            customer: new.customer,
            deleted: false,
            description: new.description.or(name),
            discountable: new.discountable.unwrap_or(charge.amount >= 0),
            discounts,
            invoice: new.invoice,
            metadata: new.metadata,
            period_start,
            period_end,
            price: charge.price,
            proration: false,
            quantity,
            subscription: new.subscription,
            subscription_item: None,
            unit_amount: charge.unit_amount,
        })
    }

    /// What so many of something cost.
    fn charge_for(
        &mut self,
        priced: Priced,
        currency: &str,
        quantity: Decimal,
    ) -> Result<Charge, LifeError> {
        match priced {
            // A fixed sum is for all of them together, so one costs its share.
            Priced::Amount(amount) => {
                Ok(Charge { amount, price: None, unit_amount: Decimal::per_unit(amount, quantity) })
            }
            Priced::Unit(unit) => Ok(Charge {
                amount: quantity.times(unit).rounded(),
                price: None,
                unit_amount: Some(unit),
            }),
            Priced::Price(id) => {
                let price = self.known_price(&id, "pricing[price]")?;
                let fault = match (price.active, price.recurring.is_some()) {
                    (true, false) => return self.charge_by(&id, currency, quantity),
                    (false, _) => format!("The price specified is inactive: {id}."),
                    (true, true) => format!(
                        "The price specified is set to `type=recurring` but this field only \
                         accepts prices with `type=one_time`: {id}."
                    ),
                };
                Err(LifeError::Invalid { param: "pricing[price]", message: fault })
            }
            Priced::PriceData(price) => {
                if price.currency != currency {
                    return Err(invalid("price_data[currency]", "The currencies do not match."));
                }
                let id = self.create_price(NewPrice { inactive: true, ..*price })?;
                self.charge_by(&id, currency, quantity)
            }
        }
    }

    fn charge_by(&self, id: &str, currency: &str, quantity: Decimal) -> Result<Charge, LifeError> {
        let price = self.known_price(id, "pricing[price]")?;
        let Some(amounts) = price.amounts_in(currency) else {
            let message = "The price is not available in the currency of the item.";
            return Err(invalid("pricing[price]", message));
        };
        Ok(Charge {
            amount: rating::amount(price, currency, quantity),
            price: Some(id.to_owned()),
            unit_amount: amounts.unit(),
        })
    }

    /// An item that can still be changed: one that waits, or stands on a draft.
    fn editable_item(&self, id: &str) -> Result<&InvoiceItem, LifeError> {
        let held = self.invoice_items.get(id).filter(|held| !held.deleted);
        let held = held.ok_or_else(|| LifeError::Missing {
            kind: "invoiceitem",
            id: id.to_owned(),
            param: "id",
        })?;
        let invoice = held.invoice.as_ref().and_then(|id| self.invoices.get(id));
        if invoice.is_none_or(|invoice| invoice.status == InvoiceStatus::Draft) {
            return Ok(held);
        }
        Err(LifeError::NotNow {
            code: Some("invoice_not_editable"),
            message: "The invoice item is attached to an invoice that is no longer editable."
                .to_owned(),
        })
    }

    /// Changes an item, and the line that stands for it on a draft. No event tells of an item.
    pub(crate) fn update_invoice_item(
        &mut self,
        id: &str,
        edit: ItemEdit,
    ) -> Result<(), LifeError> {
        let held = self.editable_item(id)?.clone();
        if held.proration && (edit.discountable == Some(true) || edit.priced.is_some()) {
            let message = "A proration can be neither discountable nor priced anew.";
            return Err(invalid("discountable", message));
        }
        if let Some((start, end)) = edit.period {
            check_period(start, end)?;
        }
        let quantity = edit.quantity.unwrap_or(held.quantity);
        let priced = edit.priced.or_else(|| match (&held.price, held.unit_amount) {
            _ if edit.quantity.is_none() || held.proration => None,
            (Some(price), _) => Some(Priced::Price(price.clone())),
            (None, Some(unit)) => Some(Priced::Unit(unit)),
            (None, None) => None,
        });
        let charge = match priced {
            Some(priced) => Some(self.charge_for(priced, &held.currency, quantity)?),
            None => None,
        };
        let discounts = match &edit.discounts {
            Some(wishes) => {
                let on = DiscountOn::InvoiceItem(id.to_owned());
                Some(self.redeem_for_invoice(wishes, &held.customer, &held.currency, &on)?)
            }
            None => None,
        };
        self.edit::<InvoiceItem>(id, |held| {
            if let Some(discounts) = discounts {
                held.discounts = discounts;
            }
            if let Some(charge) = charge {
                held.amount = charge.amount;
                held.price = charge.price;
                held.unit_amount = charge.unit_amount;
            }
            held.quantity = quantity;
            held.discountable = edit.discountable.unwrap_or(held.discountable);
            if let Some((start, end)) = edit.period {
                (held.period_start, held.period_end) = (start, end);
            }
            set_text(&mut held.description, edit.description);
            merge_metadata(&mut held.metadata, &edit.metadata);
        });
        let Some(held) = self.invoice_items.get(id).cloned() else { return Ok(()) };
        if let Some(invoice) = held.invoice.clone() {
            self.redraft(&invoice, |draft| {
                let is_its = |line: &&mut crate::model::invoice::Line| {
                    line.invoice_item.as_deref() == Some(held.id.as_str())
                };
                for line in draft.lines.iter_mut().filter(is_its) {
                    line.amount = held.amount;
                    line.description.clone_from(&held.description);
                    line.discountable = held.discountable;
                    line.discounts.clone_from(&held.discounts);
                    line.metadata.clone_from(&held.metadata);
                    line.period_start = held.period_start;
                    line.period_end = held.period_end;
                    line.price.clone_from(&held.price);
                    line.quantity = Some(held.quantity);
                    line.unit_amount = held.unit_amount;
                }
            });
        }
        Ok(())
    }

    /// Deletes an item, and the line that stands for it on a draft.
    pub(crate) fn delete_invoice_item(&mut self, id: &str) -> Result<(), LifeError> {
        let invoice = self.editable_item(id)?.invoice.clone();
        self.drop_item(id);
        if let Some(invoice) = invoice {
            self.redraft(&invoice, |held| {
                held.lines.retain(|line| line.invoice_item.as_deref() != Some(id));
            });
        }
        Ok(())
    }
}

fn same_currency(asked: Option<String>, held: &str) -> Result<Option<String>, LifeError> {
    match asked {
        Some(asked) if asked != held => {
            Err(invalid("currency", "The currency must be the invoice's."))
        }
        Some(_) | None => Ok(Some(held.to_owned())),
    }
}

fn check_period(start: i64, end: i64) -> Result<(), LifeError> {
    if end >= start {
        return Ok(());
    }
    Err(invalid("period[end]", "The period's end must be greater than or equal to its start."))
}

fn invalid(param: &'static str, message: &str) -> LifeError {
    LifeError::Invalid { param, message: message.to_owned() }
}
