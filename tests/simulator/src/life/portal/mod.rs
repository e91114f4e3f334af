//! The customer portal: its configurations, and the sessions that lead one customer to it. What
//! a visitor does there is in `visit`.

mod visit;

use super::LifeError;
use super::redeem::{Redeem, Redeemer};
use crate::life::rules::UnsavedPortal;
use crate::model::portal::{Discount, Flow, FlowKind, PortalConfiguration, PortalSession};
use crate::world::World;
use serde_json::Value;

/// A portal session to open.
#[derive(Clone, Debug)]
pub(crate) struct NewPortalSession {
    pub(crate) after_expiration: Option<Value>,
    pub(crate) configuration: Option<String>,
    pub(crate) customer: String,
    pub(crate) flow: Option<Flow>,
    pub(crate) locale: Option<String>,
    pub(crate) on_behalf_of: Option<String>,
    pub(crate) return_url: Option<String>,
}

impl World {
    /// Keeps a configuration under a new id.
    pub(crate) fn create_portal_configuration(
        &mut self,
        configuration: PortalConfiguration,
    ) -> String {
        let id = self.ids.long("bpc_");
        let now = self.now;
        let held =
            PortalConfiguration { id: id.clone(), created: now, updated: now, ..configuration };
        self.portal_configurations.insert(&id, held);
        self.emit::<PortalConfiguration>("billing_portal.configuration.created", &id);
        id
    }

    /// Changes a configuration.
    pub(crate) fn update_portal_configuration(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut PortalConfiguration),
    ) {
        let before = self.portal_configurations.get(id).cloned();
        let now = self.now;
        self.update::<PortalConfiguration>("billing_portal.configuration.updated", id, |held| {
            change(held);
            if before.as_ref() != Some(held) {
                held.updated = now;
            }
        });
    }

    /// The default configuration, which is made with every feature where there is none yet. It
    /// stands for the portal settings that an account saves once in Stripe's Dashboard.
    pub(crate) fn save_portal_settings(&mut self) -> String {
        match self.default_portal_configuration() {
            Some(id) => id,
            None => self.create_portal_configuration(PortalConfiguration::with_every_feature()),
        }
    }

    fn default_portal_configuration(&self) -> Option<String> {
        let rows = self.portal_configurations.rows();
        rows.iter().find(|held| held.is_default).map(|held| held.id.clone())
    }

    /// Opens the portal for a customer.
    pub(crate) fn open_portal(&mut self, new: NewPortalSession) -> Result<String, LifeError> {
        self.live_customer(&new.customer, "customer")?;
        let configuration = self.portal_configuration_for(new.configuration.as_deref())?;
        if let Some(flow) = &new.flow {
            self.check_flow(flow, &new.customer, &configuration)?;
        }
        let configured = self.portal_configurations.get(&configuration);
        let usual_return = configured.and_then(|held| held.default_return_url.clone());
        let id = self.ids.long("bps_");
        let session = PortalSession {
            id: id.clone(),
            created: self.now,
            after_expiration: new.after_expiration,
            configuration,
            customer: new.customer,
            flow: new.flow,
            locale: new.locale,
            on_behalf_of: new.on_behalf_of,
            return_url: new.return_url.or(usual_return),
            visited_at: None,
        };
        self.portal_sessions.insert(&id, session);
        self.emit::<PortalSession>("billing_portal.session.created", &id);
        Ok(id)
    }

    /// The named configuration, or the default one.
    fn portal_configuration_for(&mut self, named: Option<&str>) -> Result<String, LifeError> {
        if let Some(id) = named {
            let held = self.portal_configurations.get(id).ok_or_else(|| LifeError::Missing {
                kind: "configuration",
                id: id.to_owned(),
                param: "configuration",
            })?;
            return if held.active {
                Ok(held.id.clone())
            } else {
                Err(LifeError::Invalid {
                    param: "configuration",
                    message: format!("The configuration {id} is not active."),
                })
            };
        }
        if let Some(id) = self.default_portal_configuration() {
            return Ok(id);
        }
        match self.rules.unsaved_portal {
            UnsavedPortal::Save => Ok(self.save_portal_settings()),
            UnsavedPortal::Refuse => Err(LifeError::NotNow {
                code: None,
                message: "No configuration provided and your test mode default configuration has \
                          not been created. Provide a configuration or create your default by \
                          saving your customer portal settings in test mode at \
                          https://dashboard.stripe.com/test/settings/billing/portal."
                    .to_owned(),
            }),
        }
    }

    /// Whether a flow is one that its configuration allows, about a subscription of its customer.
    fn check_flow(
        &self,
        flow: &Flow,
        customer: &str,
        configuration: &str,
    ) -> Result<(), LifeError> {
        let Some(configured) = self.portal_configurations.get(configuration) else {
            return Ok(());
        };
        let features = &configured.features;
        let (allowed, feature) = match &flow.kind {
            FlowKind::CustomerUpdate => (features.customer_update, "customer_update"),
            FlowKind::PaymentMethodUpdate => {
                (features.payment_method_update, "payment_method_update")
            }
            FlowKind::SubscriptionCancel { .. } => (features.cancel.enabled, "subscription_cancel"),
            FlowKind::SubscriptionPause { .. } => (features.pause, "subscription_pause"),
            FlowKind::SubscriptionUpdate { .. } | FlowKind::SubscriptionUpdateConfirm { .. } => {
                (features.update.enabled, "subscription_update")
            }
        };
        if !allowed {
            return Err(invalid_flow(format!(
                "This subscription flow cannot be used because the `{feature}` feature of the \
                 portal configuration {configuration} is disabled."
            )));
        }
        let Some(id) = flow.kind.subscription() else {
            return Ok(());
        };
        let held = self
            .subscriptions
            .get(id)
            .filter(|held| held.customer == customer)
            .ok_or_else(|| missing(id, "subscription", "flow_data"))?;
        if held.status.has_ended() {
            let status = held.status.as_str();
            return Err(invalid_flow(format!(
                "The subscription {id} cannot be managed because its status is `{status}`."
            )));
        }
        self.can_redeem(
            &flow.kind.wishes(),
            &Redeemer { customer, currency: &held.currency, amount: None, checkout_session: None },
        )?;
        match &flow.kind {
            FlowKind::SubscriptionCancel { .. } if held.cancel_at_period_end => Err(invalid_flow(
                format!("The subscription {id} is already set to be canceled at period end."),
            )),
            FlowKind::SubscriptionUpdate { .. } if held.items.len() != 1 => Err(several_items(id)),
            FlowKind::SubscriptionUpdateConfirm { item, .. } => {
                if held.items.len() != 1 {
                    return Err(several_items(id));
                }
                if held.items.iter().all(|known| known.id != item.id) {
                    return Err(missing(&item.id, "subscription item", "flow_data"));
                }
                match &item.price {
                    Some(price) if !configured.offers(price) => Err(invalid_flow(format!(
                        "The price {price} is not among the products of \
                         `features[subscription_update][products]` in the configuration \
                         {configuration}."
                    ))),
                    Some(_) | None => Ok(()),
                }
            }
            FlowKind::CustomerUpdate
            | FlowKind::PaymentMethodUpdate
            | FlowKind::SubscriptionCancel { .. }
            | FlowKind::SubscriptionPause { .. }
            | FlowKind::SubscriptionUpdate { .. } => Ok(()),
        }
    }
}

fn invalid_flow(message: String) -> LifeError {
    LifeError::Invalid { param: "flow_data", message }
}

fn several_items(subscription: &str) -> LifeError {
    invalid_flow(format!(
        "The subscription {subscription} has several items and cannot be updated in the portal."
    ))
}

fn missing(id: &str, kind: &'static str, param: &'static str) -> LifeError {
    LifeError::Missing { kind, id: id.to_owned(), param }
}

impl Discount {
    /// What it is redeemed by.
    fn wish(&self) -> Option<Redeem> {
        let coupon = self.coupon.clone().map(Redeem::Coupon);
        coupon.or_else(|| self.promotion_code.clone().map(Redeem::PromotionCode))
    }
}

impl FlowKind {
    /// What a flow may redeem.
    fn wishes(&self) -> Vec<Redeem> {
        match self {
            Self::SubscriptionCancel { coupon_offer, .. } => {
                coupon_offer.iter().cloned().map(Redeem::Coupon).collect()
            }
            Self::SubscriptionUpdateConfirm { discounts, .. } => {
                discounts.iter().filter_map(Discount::wish).collect()
            }
            Self::CustomerUpdate
            | Self::PaymentMethodUpdate
            | Self::SubscriptionPause { .. }
            | Self::SubscriptionUpdate { .. } => Vec::new(),
        }
    }
}
