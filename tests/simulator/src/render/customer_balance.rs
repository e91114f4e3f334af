//! What moved a customer's balance.

use super::{Object, View, extend};
use crate::model::customer_balance::CustomerBalanceTransaction;
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for CustomerBalanceTransaction {
    const KIND: &'static str = "customer_balance_transaction";
    const PLURAL: &'static str = "customer_balance_transactions";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.customer_balance_transactions
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.customer_balance_transactions
    }

    fn render(&self, _world: &World, view: View<'_>) -> Value {
        let mut body = json!({
            "id": self.id,
            "object": Self::KIND,
            "amount": self.amount,
            "checkout_session": null,
            "created": self.created,
            "credit_note": self.credit_note,
            "currency": self.currency,
            "customer": self.customer,
            "description": self.description,
            "ending_balance": self.ending_balance,
            "invoice": self.invoice,
            "livemode": false,
            "metadata": self.metadata,
            "type": self.why.as_str(),
        });
        if view.version.has(since::CUSTOMER_ACCOUNT) {
            extend(&mut body, json!({ "customer_account": null }));
        }
        body
    }
}
