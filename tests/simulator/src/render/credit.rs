//! Credit grants, their transactions, and what a customer has left.

use super::{Object, View};
use crate::model::credit::{CreditGrant, CreditMove, CreditScope, CreditTransaction, CreditedLine};
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for CreditGrant {
    const KIND: &'static str = "billing.credit_grant";
    const PLURAL: &'static str = "billing/credit_grants";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.credit_grants
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.credit_grants
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let scope = match &self.scope {
            CreditScope::Metered => json!({ "price_type": "metered" }),
            CreditScope::Prices(prices) => {
                let prices = prices.iter().map(|id| json!({ "id": id }));
                json!({ "prices": prices.collect::<Vec<_>>() })
            }
        };
        let mut body = json!({
            "id": self.id,
            "object": Self::KIND,
            "amount": amount(self.amount, &self.currency),
            "applicability_config": { "scope": scope },
            "category": self.category.as_str(),
            "created": self.created,
            "customer": self.customer,
            "effective_at": self.effective_at,
            "expires_at": self.expires_at,
            "livemode": false,
            "metadata": self.metadata,
            "name": self.name,
            "priority": self.priority,
            "test_clock": world.clock_of(&self.customer).map(|clock| clock.id.as_str()),
            "updated": self.updated,
            "voided_at": self.voided_at,
        });
        if view.version.has(since::CUSTOMER_ACCOUNT) {
            super::extend(&mut body, json!({ "customer_account": null }));
        }
        if !view.version.has(since::CREDIT_PRIORITY) {
            super::remove(&mut body, &["priority"]);
        }
        body
    }
}

impl Object for CreditTransaction {
    const KIND: &'static str = "billing.credit_balance_transaction";
    const PLURAL: &'static str = "billing/credit_balance_transactions";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.credit_transactions
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.credit_transactions
    }

    fn render(&self, world: &World, _view: View<'_>) -> Value {
        let amount = amount(self.amount, &self.currency);
        let credit = |kind: &str, returned: Option<&CreditedLine>| {
            json!({
                "amount": amount,
                "credits_application_invoice_voided": returned.map(line),
                "type": kind,
            })
        };
        let debit = |kind: &str, applied: Option<&CreditedLine>| json!({ "amount": amount, "credits_applied": applied.map(line), "type": kind });
        let (kind, credit, debit) = match &self.what {
            CreditMove::Granted => ("credit", credit("credits_granted", None), Value::Null),
            CreditMove::Returned(from) => {
                ("credit", credit("credits_application_invoice_voided", Some(from)), Value::Null)
            }
            CreditMove::Applied(to) => ("debit", Value::Null, debit("credits_applied", Some(to))),
            CreditMove::Expired => ("debit", Value::Null, debit("credits_expired", None)),
            CreditMove::Voided => ("debit", Value::Null, debit("credits_voided", None)),
        };
        json!({
            "id": self.id,
            "object": Self::KIND,
            "created": self.created,
            "credit": credit,
            "credit_grant": self.grant,
            "debit": debit,
            "effective_at": self.effective_at,
            "livemode": false,
            "test_clock": world.clock_of(&self.customer).map(|clock| clock.id.as_str()),
            "type": kind,
        })
    }
}

fn line(held: &CreditedLine) -> Value {
    json!({ "invoice": held.invoice, "invoice_line_item": held.line })
}

fn amount(value: i64, currency: &str) -> Value {
    json!({ "monetary": { "currency": currency, "value": value }, "type": "monetary" })
}

/// What a customer has left of some grants, by currency. What is not effective yet is on the
/// ledger, but not available.
pub(crate) fn summary(customer: &str, grants: &[&CreditGrant], now: i64, view: View<'_>) -> Value {
    let mut currencies: Vec<&str> = grants.iter().map(|held| held.currency.as_str()).collect();
    currencies.sort_unstable();
    currencies.dedup();
    let left = |currency: &str, counts: fn(&CreditGrant, i64) -> bool| -> i64 {
        let of_it = grants.iter().filter(|held| held.currency == currency && counts(held, now));
        of_it.map(|held| held.remaining).sum()
    };
    let balances = currencies.into_iter().map(|currency| {
        json!({
            "available_balance": amount(left(currency, CreditGrant::is_effective), currency),
            "ledger_balance": amount(left(currency, CreditGrant::is_live), currency),
        })
    });
    let mut body = json!({
        "object": "billing.credit_balance_summary",
        "balances": balances.collect::<Vec<_>>(),
        "customer": customer,
        "livemode": false,
    });
    if view.version.has(since::CUSTOMER_ACCOUNT) {
        super::extend(&mut body, json!({ "customer_account": null }));
    }
    body
}
