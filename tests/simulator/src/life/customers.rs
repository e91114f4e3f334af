//! Customers: made, changed, deleted.

use super::orders::{CustomerChange, NewCustomer};
use super::{Cancel, LifeError};
use crate::life::rules::DeletedCustomerBody;
use crate::model::card::Card;
use crate::model::customer::Customer;
use crate::model::customer_balance::BalanceMove;
use crate::model::merge_metadata;
use crate::render;
use crate::world::World;
use serde_json::Value;

impl World {
    pub(crate) fn create_customer(&mut self, new: NewCustomer) -> String {
        let card = new.card;
        let id = self.insert_customer(new);
        self.emit::<Customer>("customer.created", &id);
        if card != Card::Missing {
            self.give_card(&id, card);
        }
        id
    }

    /// Has a customer be there, without a word. It gets its payment method when it first pays.
    pub(super) fn insert_customer(&mut self, new: NewCustomer) -> String {
        let id = self.ids.short("cus_");
        let prefix: String = id.chars().rev().take(8).collect::<String>().to_uppercase();
        let customer = Customer {
            id: id.clone(),
            created: self.now,
            address: new.address,
            balance: 0,
            currency: None,
            default_payment_method: None,
            deleted: false,
            delinquent: false,
            discount: None,
            description: new.description,
            email: new.email,
            invoice_prefix: prefix,
            metadata: new.metadata,
            name: new.name,
            next_invoice_sequence: 1,
            phone: new.phone,
            test_clock: new.test_clock.filter(|id| self.live_clock(id, "test_clock").is_ok()),
            bank: Some(new.card).filter(|card| *card != Card::Missing),
        };
        self.customers.insert(&id, customer);
        id
    }

    pub(crate) fn update_customer(
        &mut self,
        id: &str,
        change: CustomerChange,
    ) -> Result<(), LifeError> {
        let before = self.live_customer(id, "id")?.balance;
        if let Some(balance) = change.balance.filter(|balance| *balance != before) {
            let amount = balance.saturating_sub(before);
            self.note_balance(id, amount, balance, BalanceMove::Adjustment, None);
        }
        if change.default_payment_method.is_some() {
            self.edit::<Customer>(id, |held| held.bank = None);
        }
        self.update::<Customer>("customer.updated", id, |held| {
            set_text(&mut held.default_payment_method, change.default_payment_method);
            set_text(&mut held.description, change.description);
            set_text(&mut held.email, change.email);
            set_text(&mut held.name, change.name);
            set_text(&mut held.phone, change.phone);
            if let Some(address) = change.address {
                held.address = (address != Value::Null).then_some(address);
            }
            if let Some(balance) = change.balance {
                held.balance = balance;
            }
            merge_metadata(&mut held.metadata, &change.metadata);
        });
        Ok(())
    }

    /// Deletes a customer and ends all its subscriptions at once.
    pub(crate) fn delete_customer(&mut self, id: &str) -> Result<(), LifeError> {
        self.live_customer(id, "id")?;
        for subscription in self.subscriptions_of.get(id).cloned().unwrap_or_default() {
            let ended = self
                .subscriptions
                .get(&subscription)
                .is_none_or(|subscription| subscription.status.has_ended());
            if !ended {
                self.end_now(&subscription, Some("cancellation_requested"), Cancel::default());
            }
        }
        self.edit::<Customer>(id, |held| held.deleted = true);
        match self.rules.deleted_customer {
            DeletedCustomerBody::Stub => self.emit::<Customer>("customer.deleted", id),
            DeletedCustomerBody::LastState => self.emit_by("customer.deleted", |world, view| {
                world
                    .customers
                    .get(id)
                    .map_or(Value::Null, |held| render::customer::last_state(held, world, view))
            }),
        }
        Ok(())
    }

    /// How the customer's banks answer from now on, whatever its methods are good for. No event
    /// tells of it; a customer without a method is given one when it first pays.
    pub(crate) fn set_card(&mut self, id: &str, card: Card) -> Result<(), LifeError> {
        self.live_customer(id, "id")?;
        self.edit::<Customer>(id, |held| held.bank = Some(card));
        Ok(())
    }

    pub(crate) fn live_customer(
        &self,
        id: &str,
        param: &'static str,
    ) -> Result<&Customer, LifeError> {
        self.customers
            .get(id)
            .filter(|customer| !customer.deleted)
            .ok_or_else(|| LifeError::Missing { kind: "customer", id: id.to_owned(), param })
    }
}

/// Sets an optional text; an empty one unsets it.
pub(super) fn set_text(held: &mut Option<String>, change: Option<String>) {
    if let Some(text) = change {
        *held = (!text.is_empty()).then_some(text);
    }
}
