//! What a visitor of the portal does, each deed within what the session's configuration allows.

use crate::life::LifeError;
use crate::life::{
    Cancel, CustomerChange, ItemChange, Pause, ProrationBehavior, Redeem, Resume,
    SubscriptionChange,
};
use crate::model::invoice::Invoice;
use crate::model::portal::{Discount, FlowKind, PortalConfiguration, PortalSession};
use crate::model::subscription::Subscription;
use crate::world::World;

impl World {
    /// Counts a visit; false where the session's time is over.
    pub(crate) fn visit_portal(&mut self, id: &str) -> bool {
        let (now, unvisited, idle) =
            (self.now, self.rules.portal_unvisited_seconds, self.rules.portal_idle_seconds);
        let Some(held) = self.portal_sessions.get(id) else {
            return false;
        };
        let dies = match held.visited_at {
            None => held.created.saturating_add(unvisited),
            Some(visited) => visited.saturating_add(idle),
        };
        let gone = self.customers.get(&held.customer).is_none_or(|customer| customer.deleted);
        if now > dies || gone {
            return false;
        }
        self.edit::<PortalSession>(id, |held| held.visited_at = Some(now));
        true
    }

    /// Leads back to the homepage once the flow of a session is done.
    pub(crate) fn end_portal_flow(&mut self, id: &str) {
        self.edit::<PortalSession>(id, |held| held.flow = None);
    }

    fn portal(&self, id: &str) -> Result<(&PortalSession, &PortalConfiguration), LifeError> {
        let missing = || LifeError::Missing {
            kind: "billing_portal.session",
            id: id.to_owned(),
            param: "id",
        };
        let session = self.portal_sessions.get(id).ok_or_else(missing)?;
        let configuration = self.portal_configurations.get(&session.configuration);
        Ok((session, configuration.ok_or_else(missing)?))
    }

    /// A subscription of the session's customer that has not ended.
    fn portal_subscription(
        &self,
        id: &str,
        subscription: &str,
    ) -> Result<&Subscription, LifeError> {
        let (session, _) = self.portal(id)?;
        self.subscriptions
            .get(subscription)
            .filter(|held| held.customer == session.customer && !held.status.has_ended())
            .ok_or_else(|| LifeError::Missing {
                kind: "subscription",
                id: subscription.to_owned(),
                param: "subscription",
            })
    }

    /// Cancels a plan, now or with its period, as configured.
    pub(crate) fn cancel_in_portal(
        &mut self,
        id: &str,
        subscription: &str,
        feedback: Option<String>,
        comment: Option<String>,
    ) -> Result<(), LifeError> {
        let cancel = &self.portal(id)?.1.features.cancel;
        let (enabled, at_period_end) = (cancel.enabled, cancel.at_period_end);
        let prorate = cancel.proration_behavior != "none";
        let invoice_now = cancel.proration_behavior == "always_invoice";
        let known = |given: &String| cancel.reason_options.contains(given);
        let feedback = feedback.filter(known);
        refuse_unless(enabled, "cancelled")?;
        self.portal_subscription(id, subscription)?;
        if at_period_end {
            let change = SubscriptionChange {
                cancel_at_period_end: Some(true),
                cancellation: Cancel { comment, feedback, ..Cancel::default() },
                ..SubscriptionChange::default()
            };
            return self.update_subscription(subscription, change);
        }
        let how = Cancel { comment, feedback, invoice_now, prorate };
        self.cancel_subscription(subscription, how)
    }

    /// Takes a cancellation at the end of the period back.
    pub(crate) fn keep_in_portal(&mut self, id: &str, subscription: &str) -> Result<(), LifeError> {
        refuse_unless(self.portal(id)?.1.features.cancel.enabled, "kept")?;
        self.portal_subscription(id, subscription)?;
        let change = SubscriptionChange {
            cancel_at_period_end: Some(false),
            ..SubscriptionChange::default()
        };
        self.update_subscription(subscription, change)
    }

    /// The change of a plan that a visitor asks for, if it is one that may be made.
    pub(crate) fn portal_change(
        &self,
        id: &str,
        subscription: &str,
        price: &str,
        quantity: Option<i64>,
    ) -> Result<SubscriptionChange, LifeError> {
        let (_, configuration) = self.portal(id)?;
        let update = &configuration.features.update;
        refuse_unless(update.enabled, "changed")?;
        let held = self.portal_subscription(id, subscription)?;
        let [item] = held.items.as_slice() else {
            return Err(invalid("items", "A plan with several items cannot be changed here."));
        };
        let allows = |what: &str| update.allowed.iter().any(|allowed| allowed == what);
        let other = price != item.price;
        if other && !(allows("price") && configuration.offers(price)) {
            return Err(invalid("price", "This plan cannot be chosen."));
        }
        let product = update.products.iter().find(|it| it.prices.iter().any(|one| one == price));
        let quantity = quantity.filter(|wanted| Some(*wanted) != item.quantity);
        if let Some(wanted) = quantity {
            let limits = product.map(|product| product.adjustable).filter(|it| it.enabled);
            let fits = limits.is_some_and(|limits| {
                wanted >= limits.minimum && limits.maximum.is_none_or(|most| wanted <= most)
            });
            if !(allows("quantity") && fits) {
                return Err(invalid("quantity", "This quantity cannot be chosen."));
            }
        }
        if !other && quantity.is_none() {
            return Err(invalid("price", "This is the plan already."));
        }
        let proration = match update.proration_behavior.as_str() {
            "always_invoice" => ProrationBehavior::AlwaysInvoice,
            "create_prorations" => ProrationBehavior::CreateProrations,
            _ => ProrationBehavior::None,
        };
        Ok(SubscriptionChange {
            discounts: self.portal_discounts(id, subscription),
            items: vec![ItemChange {
                id: Some(item.id.clone()),
                price: other.then(|| price.to_owned()),
                quantity,
                ..ItemChange::default()
            }],
            proration,
            ..SubscriptionChange::default()
        })
    }

    /// What a session's flow redeems with the change that it asks to confirm.
    fn portal_discounts(&self, id: &str, subscription: &str) -> Option<Vec<Redeem>> {
        match &self.portal_sessions.get(id)?.flow.as_ref()?.kind {
            FlowKind::SubscriptionUpdateConfirm { subscription: of, discounts, .. }
                if of == subscription && !discounts.is_empty() =>
            {
                Some(discounts.iter().filter_map(Discount::wish).collect())
            }
            _ => None,
        }
    }

    /// Takes the coupon that a flow offers to whoever is about to cancel.
    pub(crate) fn stay_in_portal(&mut self, id: &str) -> Result<(), LifeError> {
        let flow = self.portal(id)?.0.flow.as_ref().map(|flow| flow.kind.clone());
        let Some(FlowKind::SubscriptionCancel { subscription, coupon_offer: Some(coupon) }) = flow
        else {
            return refuse_unless(false, "offered");
        };
        self.portal_subscription(id, &subscription)?;
        let discounts = Some(vec![Redeem::Coupon(coupon)]);
        let change = SubscriptionChange { discounts, ..SubscriptionChange::default() };
        self.update_subscription(&subscription, change)
    }

    /// Changes a plan.
    pub(crate) fn update_in_portal(
        &mut self,
        id: &str,
        subscription: &str,
        price: &str,
        quantity: Option<i64>,
    ) -> Result<(), LifeError> {
        let change = self.portal_change(id, subscription, price, quantity)?;
        self.update_subscription(subscription, change)
    }

    /// The invoice that would bill a change, as it would be made now or with the next renewal.
    pub(crate) fn portal_preview(
        &mut self,
        id: &str,
        subscription: &str,
        price: &str,
        quantity: Option<i64>,
    ) -> Result<Invoice, LifeError> {
        let change = self.portal_change(id, subscription, price, quantity)?;
        let customer = self.portal(id)?.0.customer.clone();
        self.rehearse(&customer, |stage| stage.preview_change(subscription, change))
    }

    /// Pauses a plan.
    pub(crate) fn pause_in_portal(
        &mut self,
        id: &str,
        subscription: &str,
    ) -> Result<(), LifeError> {
        refuse_unless(self.portal(id)?.1.features.pause, "paused")?;
        self.portal_subscription(id, subscription)?;
        self.pause_subscription(subscription, Pause::default())
    }

    /// Resumes a paused plan.
    pub(crate) fn resume_in_portal(
        &mut self,
        id: &str,
        subscription: &str,
    ) -> Result<(), LifeError> {
        refuse_unless(self.portal(id)?.1.features.pause, "resumed")?;
        self.portal_subscription(id, subscription)?;
        self.resume_subscription(subscription, Resume::default())
    }

    /// Gives the customer a payment method, which becomes the default of its invoices.
    pub(crate) fn save_method_in_portal(
        &mut self,
        id: &str,
        method: &str,
    ) -> Result<(), LifeError> {
        let (session, configuration) = self.portal(id)?;
        refuse_unless(configuration.features.payment_method_update, "saved")?;
        let customer = session.customer.clone();
        self.live_customer(&customer, "customer")?;
        let method = self.use_method(method, "payment_method")?;
        self.attach_method(&method, &customer)?;
        self.set_default_method(&customer, &method);
        Ok(())
    }

    /// Changes the customer's data, as far as it may be changed here.
    pub(crate) fn change_customer_in_portal(
        &mut self,
        id: &str,
        mut change: CustomerChange,
    ) -> Result<(), LifeError> {
        let (session, configuration) = self.portal(id)?;
        let features = &configuration.features;
        refuse_unless(features.customer_update, "changed")?;
        let allows = |what: &str| features.customer_updates.iter().any(|allowed| allowed == what);
        change.address = change.address.filter(|_| allows("address"));
        change.email = change.email.filter(|_| allows("email"));
        change.name = change.name.filter(|_| allows("name"));
        change.phone = change.phone.filter(|_| allows("phone"));
        let customer = session.customer.clone();
        self.update_customer(&customer, change)
    }
}

fn refuse_unless(allowed: bool, deed: &str) -> Result<(), LifeError> {
    if allowed {
        return Ok(());
    }
    let message = format!("This cannot be {deed} in the portal.");
    Err(LifeError::NotNow { code: None, message })
}

fn invalid(param: &'static str, message: &str) -> LifeError {
    LifeError::Invalid { param, message: message.to_owned() }
}
