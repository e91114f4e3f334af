//! What customers are entitled to (STRIPE.md 5.5): it follows from their subscriptions alone, and
//! is worked out anew after every change of one of them.
//!
//! An item grants the features that its product had when the item's period began. Assumed: a
//! subscription grants while it is active or trialing, and, as the rules say, past due or unpaid;
//! a customer who loses a feature and has it again is given a new entitlement.

use crate::model::entitlement::{ActiveEntitlement, Grant};
use crate::model::subscription::{Status, Subscription};
use crate::render::entitlement::summary;
use crate::world::World;
use std::collections::BTreeSet;

impl World {
    /// Sees to what the customer of a subscription that has changed is entitled to.
    pub(crate) fn entitle(&mut self, subscription: &str) {
        let Some(held) = self.subscriptions.get(subscription) else {
            return;
        };
        let customer = held.customer.clone();
        self.note_grants(subscription);
        let wanted = self.granted(&customer);
        let held: BTreeSet<String> =
            self.entitled(&customer).map(|held| held.feature.clone()).collect();
        if wanted == held {
            return;
        }
        let before = self.shown_by(|world, view| summary(&customer, world, view));
        let lost: Vec<String> = self
            .entitled(&customer)
            .filter(|held| !wanted.contains(&held.feature))
            .map(|held| held.id.clone())
            .collect();
        for id in lost {
            self.edit::<ActiveEntitlement>(&id, |held| held.ended = true);
        }
        for feature in wanted.difference(&held) {
            self.give(&customer, feature);
        }
        let kind = "entitlements.active_entitlement_summary.updated";
        self.emit_change_by(kind, &before, |world, view| summary(&customer, world, view));
    }

    /// Notes what the items of a subscription grant from, for those that began a period or came
    /// to another product.
    fn note_grants(&mut self, subscription: &str) {
        let Some(held) = self.subscriptions.get(subscription) else {
            return;
        };
        if held.status.has_ended() {
            let items: Vec<String> = held.items.iter().map(|item| item.id.clone()).collect();
            for item in items {
                self.grants.remove(&item);
            }
            return;
        }
        let now = self.now;
        let mut noted = Vec::new();
        for item in &held.items {
            let product = self.prices.get(&item.price).map(|price| price.product.as_str());
            let product = product.unwrap_or_default();
            let old = self.grants.get(&item.id);
            let same = old.is_some_and(|old| {
                old.product == product && old.period_start == item.current_period_start
            });
            if same {
                continue;
            }
            // An item that is seen for the first time in the middle of its period began it before
            // anything was attached.
            let unseen = old.is_none() && item.current_period_start < now && item.created < now;
            let count = if unseen { 0 } else { self.attachments };
            let grant = Grant {
                product: product.to_owned(),
                period_start: item.current_period_start,
                count,
            };
            noted.push((item.id.clone(), grant));
        }
        self.grants.extend(noted);
    }

    /// The features that a customer's subscriptions grant.
    fn granted(&self, customer: &str) -> BTreeSet<String> {
        let mut features = BTreeSet::new();
        if self.product_features.rows().is_empty() {
            return features;
        }
        let subscriptions = self.subscriptions_of.get(customer).into_iter().flatten();
        let subscriptions = subscriptions.filter_map(|id| self.subscriptions.get(id));
        for held in subscriptions.filter(|held| self.entitles(held)) {
            for grant in held.items.iter().filter_map(|item| self.grants.get(&item.id)) {
                let of_it = self.product_features.rows().iter().filter(|attached| {
                    attached.product == grant.product && attached.was_there(grant.count)
                });
                features.extend(of_it.map(|attached| attached.feature.clone()));
            }
        }
        features
    }

    fn entitles(&self, held: &Subscription) -> bool {
        match held.status {
            Status::Active | Status::Trialing => true,
            Status::PastDue => self.rules.entitled_while_past_due,
            Status::Unpaid => self.rules.entitled_while_unpaid,
            Status::Incomplete | Status::IncompleteExpired | Status::Canceled | Status::Paused => {
                false
            }
        }
    }

    fn give(&mut self, customer: &str, feature: &str) {
        let Some(held) = self.features.get(feature) else {
            return;
        };
        let entitlement = ActiveEntitlement {
            id: self.ids.long("ent_test_"),
            created: self.now,
            customer: customer.to_owned(),
            ended: false,
            feature: feature.to_owned(),
            lookup_key: held.lookup_key.clone(),
        };
        let id = entitlement.id.clone();
        self.entitlements.insert(&id, entitlement);
        self.entitlements_of.entry(customer.to_owned()).or_default().push(id);
    }

    /// What a customer is entitled to now, oldest first.
    pub(crate) fn entitled(&self, customer: &str) -> impl Iterator<Item = &ActiveEntitlement> {
        let ids = self.entitlements_of.get(customer).into_iter().flatten();
        ids.filter_map(|id| self.entitlements.get(id)).filter(|held| !held.ended)
    }
}
