//! Billing credits (STRIPE.md 5.5): granted, changed, voided, expired. Each amount that comes to
//! a grant or leaves it is a transaction.

use super::LifeError;
use crate::agenda::Task;
use crate::model::credit::{
    CreditCategory, CreditGrant, CreditMove, CreditScope, CreditTransaction,
};
use crate::model::{Metadata, merge_metadata};
use crate::world::World;
use serde::{Deserialize, Serialize};

/// How many grants of a customer may have something left.
const UNUSED_GRANTS_MAX: usize = 100;

/// A property by which credits are used before others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditOrder {
    /// Those with the smaller priority come first.
    Priority,
    /// Those that expire sooner come first; those that never expire come last.
    ExpiresAt,
    /// Promotional ones come before paid ones.
    PromotionalFirst,
    /// Those that took effect earlier come first.
    EffectiveAt,
    /// Those that were made earlier come first.
    Created,
}

/// How the account uses billing credits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CreditRules {
    /// Unverified: which credits are used before others. Where a property leaves two grants
    /// equal, the next one decides; at last the order of making.
    pub order: Vec<CreditOrder>,
    /// Unverified: how many seconds credits can still be used after they expired, for an invoice
    /// that is finalized then.
    pub grace_seconds: i64,
}

impl Default for CreditRules {
    fn default() -> Self {
        Self {
            order: vec![
                CreditOrder::Priority,
                CreditOrder::ExpiresAt,
                CreditOrder::PromotionalFirst,
                CreditOrder::EffectiveAt,
                CreditOrder::Created,
            ],
            grace_seconds: 0,
        }
    }
}

/// When a grant is to expire from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    At(i64),
    Never,
}

/// A credit grant to make.
#[derive(Clone, Debug, Default)]
pub struct NewCreditGrant {
    /// The amount, in the minor unit.
    pub amount: i64,
    /// What it is given for.
    pub category: CreditCategory,
    /// The currency, in three small letters.
    pub currency: String,
    /// The customer.
    pub customer: String,
    /// Unix second from which on it can be used; now where there is none.
    pub effective_at: Option<i64>,
    /// Unix second from which on it can no longer be used; never where there is none.
    pub expires_at: Option<i64>,
    /// The caller's own keys and values.
    pub metadata: Metadata,
    /// A name for people.
    pub name: Option<String>,
    /// From 0, which is used first, to 100; 50 where there is none.
    pub priority: Option<i64>,
    /// What it pays for.
    pub scope: CreditScope,
}

impl World {
    pub(crate) fn create_credit_grant(&mut self, new: NewCreditGrant) -> Result<String, LifeError> {
        self.check_grant(&new)?;
        let id = self.ids.long(self.test_prefix("credgr_", "credgr_test_"));
        let grant = CreditGrant {
            id: id.clone(),
            created: self.now,
            amount: new.amount,
            applied: false,
            category: new.category,
            currency: new.currency,
            customer: new.customer,
            effective_at: new.effective_at.unwrap_or(self.now),
            expires_at: new.expires_at,
            metadata: new.metadata,
            name: new.name,
            priority: new.priority.unwrap_or(50),
            remaining: 0,
            scope: new.scope,
            updated: self.now,
            voided_at: None,
        };
        let effective_at = grant.effective_at;
        self.grants_of.entry(grant.customer.clone()).or_default().push(id.clone());
        self.credit_grants.insert(&id, grant);
        self.emit::<CreditGrant>("billing.credit_grant.created", &id);
        self.move_credits(&id, new.amount, effective_at, &CreditMove::Granted);
        self.plan_expiry(&id);
        Ok(id)
    }

    fn check_grant(&self, new: &NewCreditGrant) -> Result<(), LifeError> {
        self.live_customer(&new.customer, "customer")?;
        let invalid =
            |param, message: &str| Err(LifeError::Invalid { param, message: message.to_owned() });
        if new.amount <= 0 {
            return invalid("amount[monetary][value]", "The amount must be greater than 0.");
        }
        if new.priority.is_some_and(|priority| !(0..=100).contains(&priority)) {
            return invalid("priority", "The priority must be between 0 and 100.");
        }
        self.check_expiry(new.expires_at)?;
        if new.expires_at.is_some_and(|at| new.effective_at.is_some_and(|from| at <= from)) {
            return invalid("expires_at", "expires_at must be after effective_at.");
        }
        if let CreditScope::Prices(prices) = &new.scope {
            for id in prices {
                let price = self.known_price(id, "applicability_config[scope][prices]")?;
                if !price.is_metered() {
                    return invalid(
                        "applicability_config[scope][prices]",
                        "Credit grants can only apply to metered prices.",
                    );
                }
            }
        }
        let unused = self.grants_of(&new.customer).filter(|held| held.remaining > 0).count();
        if unused >= UNUSED_GRANTS_MAX {
            return Err(LifeError::NotNow {
                code: None,
                message: format!(
                    "A customer can have at most {UNUSED_GRANTS_MAX} unused credit grants."
                ),
            });
        }
        Ok(())
    }

    fn check_expiry(&self, expires_at: Option<i64>) -> Result<(), LifeError> {
        if expires_at.is_some_and(|at| at <= self.now) {
            let message = "expires_at must be in the future.".to_owned();
            return Err(LifeError::Invalid { param: "expires_at", message });
        }
        Ok(())
    }

    /// Changes a grant.
    pub(crate) fn update_credit_grant(
        &mut self,
        id: &str,
        expiry: Option<Expiry>,
        metadata: &Metadata,
    ) -> Result<(), LifeError> {
        let held = self.known_grant(id)?;
        let expires_at = match expiry {
            None => held.expires_at,
            Some(Expiry::Never) => None,
            Some(Expiry::At(second)) => Some(second),
        };
        if expiry.is_some() {
            self.live_grant(id)?;
            self.check_expiry(expires_at)?;
        }
        let now = self.now;
        let change = |held: &mut CreditGrant| {
            held.expires_at = expires_at;
            merge_metadata(&mut held.metadata, metadata);
        };
        self.change_grant(id, change, now);
        self.plan_expiry(id);
        Ok(())
    }

    fn change_grant(&mut self, id: &str, change: impl FnOnce(&mut CreditGrant), now: i64) {
        self.update::<CreditGrant>("billing.credit_grant.updated", id, |held| {
            let before = held.clone();
            change(held);
            if *held != before {
                held.updated = now;
            }
        });
    }

    /// Expires a grant at once.
    pub(crate) fn expire_credit_grant(&mut self, id: &str) -> Result<(), LifeError> {
        self.live_grant(id)?;
        let now = self.now;
        self.change_grant(id, |held| held.expires_at = Some(now), now);
        self.drain_grant(id, &CreditMove::Expired);
        Ok(())
    }

    /// Voids a grant that never paid for anything.
    pub(crate) fn void_credit_grant(&mut self, id: &str) -> Result<(), LifeError> {
        if self.live_grant(id)?.applied {
            return Err(LifeError::NotNow {
                code: None,
                message: "This credit grant can't be voided because some of its credits have \
                          been applied. Expire it instead."
                    .to_owned(),
            });
        }
        let now = self.now;
        self.change_grant(id, |held| held.voided_at = Some(now), now);
        self.drain_grant(id, &CreditMove::Voided);
        Ok(())
    }

    /// Expires every grant of a customer that could still be used; how many there were.
    pub(crate) fn expire_credits_of(&mut self, customer: &str) -> Result<usize, LifeError> {
        self.live_customer(customer, "customer")?;
        let live = self.grants_of(customer).filter(|held| held.is_live(self.now));
        let live: Vec<String> = live.map(|held| held.id.clone()).collect();
        for id in &live {
            self.expire_credit_grant(id)?;
        }
        Ok(live.len())
    }

    fn plan_expiry(&mut self, id: &str) {
        let expires_at = self.credit_grants.get(id).and_then(|held| held.expires_at);
        if let Some(at) = expires_at {
            let due = at.saturating_add(self.rules.credits.grace_seconds.max(0));
            self.agenda.plan(due, Task::ExpireCredits { grant: id.to_owned() });
        }
    }

    /// Takes what is left of a grant whose time is over.
    pub(crate) fn expire_when_due(&mut self, id: &str) {
        let grace = self.rules.credits.grace_seconds.max(0);
        let due = self.credit_grants.get(id).is_some_and(|held| {
            held.expires_at.is_some_and(|at| at.saturating_add(grace) <= self.now)
        });
        if due {
            self.drain_grant(id, &CreditMove::Expired);
        }
    }

    fn drain_grant(&mut self, id: &str, what: &CreditMove) {
        let left = self.credit_grants.get(id).map_or(0, |held| held.remaining);
        if left > 0 {
            self.move_credits(id, left, self.now, what);
        }
    }

    /// Moves an amount to a grant or away from it, and answers the transaction.
    pub(super) fn move_credits(
        &mut self,
        grant: &str,
        amount: i64,
        effective_at: i64,
        what: &CreditMove,
    ) -> String {
        let id = self.ids.long(self.test_prefix("cbtxn_", "cbtxn_test_"));
        let held = self.credit_grants.get(grant);
        let transaction = CreditTransaction {
            id: id.clone(),
            created: self.now,
            amount,
            currency: held.map(|held| held.currency.clone()).unwrap_or_default(),
            customer: held.map(|held| held.customer.clone()).unwrap_or_default(),
            effective_at,
            grant: grant.to_owned(),
            what: what.clone(),
        };
        self.credit_transactions.insert(&id, transaction);
        self.edit::<CreditGrant>(grant, |held| match what {
            CreditMove::Granted | CreditMove::Returned(_) => held.remaining += amount,
            CreditMove::Expired | CreditMove::Voided => held.remaining -= amount,
            CreditMove::Applied(_) => {
                held.applied = true;
                held.remaining -= amount;
            }
        });
        self.emit::<CreditTransaction>("billing.credit_balance_transaction.created", &id);
        id
    }

    /// The grants of a customer, in the order of their making.
    pub(crate) fn grants_of(&self, customer: &str) -> impl Iterator<Item = &CreditGrant> {
        let ids = self.grants_of.get(customer).into_iter().flatten();
        ids.filter_map(|id| self.credit_grants.get(id))
    }

    pub(crate) fn known_grant(&self, id: &str) -> Result<&CreditGrant, LifeError> {
        self.credit_grants.get(id).ok_or_else(|| LifeError::Missing {
            kind: "billing.credit_grant",
            id: id.to_owned(),
            param: "id",
        })
    }

    fn live_grant(&self, id: &str) -> Result<&CreditGrant, LifeError> {
        let held = self.known_grant(id)?;
        if held.is_live(self.now) {
            return Ok(held);
        }
        let state = if held.voided_at.is_some() { "voided" } else { "expired" };
        Err(LifeError::NotNow {
            code: None,
            message: format!("This credit grant has already been {state}."),
        })
    }
}
