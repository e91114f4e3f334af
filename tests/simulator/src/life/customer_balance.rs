//! A customer's balance, and the account of what moved it: the amounts of its transactions add up
//! to it. Unlike Stripe, a customer has one balance, in the customer's currency.

use super::LifeError;
use crate::model::customer::Customer;
use crate::model::customer_balance::{BalanceMove, CustomerBalanceTransaction};
use crate::model::{Metadata, merge_metadata};
use crate::world::World;

/// The currency of whoever has none yet.
const CURRENCY: &str = "usd";

/// A transaction that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct NewBalanceTransaction {
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
}

impl World {
    /// Moves a customer's balance by an amount; negative is credit.
    pub(crate) fn adjust_balance(
        &mut self,
        customer: &str,
        new: NewBalanceTransaction,
    ) -> Result<String, LifeError> {
        let held = self.live_customer(customer, "customer")?;
        if let Some(own) = held.currency.as_ref().filter(|own| **own != new.currency) {
            let message = format!("The currency of the customer's balance is {own}.");
            return Err(LifeError::Invalid { param: "currency", message });
        }
        let Some(ending) = held.balance.checked_add(new.amount) else {
            let message = "The balance of the customer would be too large.".to_owned();
            return Err(LifeError::Invalid { param: "amount", message });
        };
        let id = self.note_balance(customer, new.amount, ending, BalanceMove::Adjustment, None);
        self.edit::<CustomerBalanceTransaction>(&id, |held| {
            held.currency.clone_from(&new.currency);
            held.description = new.description.filter(|text| !text.is_empty());
            merge_metadata(&mut held.metadata, &new.metadata);
        });
        self.update::<Customer>("customer.updated", customer, |held| {
            held.balance = ending;
            held.currency.get_or_insert(new.currency);
        });
        Ok(id)
    }

    /// Books what moves a balance; whoever calls moves the balance itself.
    pub(in crate::life) fn note_balance(
        &mut self,
        customer: &str,
        amount: i64,
        ending_balance: i64,
        why: BalanceMove,
        invoice: Option<&str>,
    ) -> String {
        let id = self.ids.long("cbtxn_");
        let of_customer = self.customers.get(customer).and_then(|held| held.currency.clone());
        let of_invoice = invoice.and_then(|id| self.invoices.get(id));
        let currency = of_invoice
            .map(|held| held.currency.clone())
            .or(of_customer)
            .unwrap_or_else(|| CURRENCY.to_owned());
        let transaction = CustomerBalanceTransaction {
            id: id.clone(),
            created: self.now,
            amount,
            credit_note: None,
            currency,
            customer: customer.to_owned(),
            description: None,
            ending_balance,
            invoice: invoice.map(str::to_owned),
            metadata: Metadata::new(),
            why,
        };
        self.customer_balance_transactions.insert(&id, transaction);
        id
    }

    pub(crate) fn update_balance_transaction(
        &mut self,
        customer: &str,
        id: &str,
        description: Option<String>,
        change: &Metadata,
    ) -> Result<(), LifeError> {
        self.balance_transaction(customer, id)?;
        self.edit::<CustomerBalanceTransaction>(id, |held| {
            super::customers::set_text(&mut held.description, description);
            merge_metadata(&mut held.metadata, change);
        });
        Ok(())
    }

    /// A transaction of this customer, and of no other.
    pub(crate) fn balance_transaction(
        &self,
        customer: &str,
        id: &str,
    ) -> Result<&CustomerBalanceTransaction, LifeError> {
        self.live_customer(customer, "customer")?;
        let held =
            self.customer_balance_transactions.get(id).filter(|held| held.customer == customer);
        held.ok_or_else(|| LifeError::Missing {
            kind: "customer balance transaction",
            id: id.to_owned(),
            param: "id",
        })
    }
}
