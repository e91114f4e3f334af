//! Movements of the account's own balance.

use super::{Object, View};
use crate::calendar::SECONDS_PER_DAY;
use crate::model::balance_transaction::BalanceTransaction;
use crate::model::table::Table;
use crate::world::World;
use serde_json::{Value, json};

/// How long money is on its way to the account.
const AVAILABLE_AFTER_SECONDS: i64 = 2 * SECONDS_PER_DAY;

impl Object for BalanceTransaction {
    const KIND: &'static str = "balance_transaction";
    const PLURAL: &'static str = "balance_transactions";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.balance_transactions
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.balance_transactions
    }

    fn render(&self, _world: &World, _view: View<'_>) -> Value {
        let fees = json!([{
            "amount": self.fee,
            "application": null,
            "currency": self.currency,
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }]);
        json!({
            "id": self.id,
            "object": "balance_transaction",
            "amount": self.amount,
            "balance_type": "payments",
            "available_on": self.created + AVAILABLE_AFTER_SECONDS,
            "created": self.created,
            "currency": self.currency,
            "description": null,
            "exchange_rate": null,
            "fee": self.fee,
            "fee_details": if self.fee == 0 { json!([]) } else { fees },
            "net": self.amount - self.fee,
            "reporting_category": self.movement.category(),
            "source": self.source,
            "status": "pending",
            "type": self.movement.kind(),
        })
    }
}
