//! Configurations and sessions of the customer portal.

use super::{Object, View, put};
use crate::model::portal::{AfterFlow, Flow, FlowKind, PortalConfiguration, PortalSession};
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for PortalConfiguration {
    const KIND: &'static str = "billing_portal.configuration";
    const PLURAL: &'static str = "billing_portal/configurations";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.portal_configurations
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.portal_configurations
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let login = self.login_page.then(|| format!("{}/p/login/{}", world.base_url, self.id));
        json!({
            "id": self.id,
            "object": Self::KIND,
            "active": self.active,
            "application": null,
            "business_profile": {
                "headline": self.headline,
                "privacy_policy_url": self.privacy_policy_url,
                "terms_of_service_url": self.terms_of_service_url,
            },
            "created": self.created,
            "default_return_url": self.default_return_url,
            "features": features(self, view),
            "is_default": self.is_default,
            "livemode": false,
            "login_page": { "enabled": self.login_page, "url": login },
            "metadata": self.metadata,
            "name": self.name,
            "updated": self.updated,
        })
    }
}

fn features(of: &PortalConfiguration, view: View<'_>) -> Value {
    let held = &of.features;
    let mut reason = json!({
        "enabled": held.cancel.reason_enabled,
        "options": held.cancel.reason_options,
    });
    if view.version.has(since::PORTAL_CUSTOMER_UPDATE) {
        put(&mut reason, "feedback_options", Value::Null);
    }
    let products: Vec<Value> = held
        .update
        .products
        .iter()
        .map(|product| {
            json!({
                "adjustable_quantity": {
                    "enabled": product.adjustable.enabled,
                    "maximum": product.adjustable.maximum,
                    "minimum": product.adjustable.minimum,
                },
                "prices": product.prices,
                "product": product.product,
            })
        })
        .collect();
    let conditions: Vec<Value> =
        held.update.schedule_at_period_end.iter().map(|kind| json!({ "type": kind })).collect();
    let mut body = json!({
        "customer_update": {
            "allowed_updates": held.customer_updates,
            "enabled": held.customer_update,
        },
        "invoice_history": { "enabled": held.invoice_history },
        "payment_method_update": {
            "enabled": held.payment_method_update,
            "payment_method_configuration": null,
        },
        "subscription_cancel": {
            "cancellation_reason": reason,
            "enabled": held.cancel.enabled,
            "mode": if held.cancel.at_period_end { "at_period_end" } else { "immediately" },
            "proration_behavior": held.cancel.proration_behavior,
        },
        "subscription_update": {
            "billing_cycle_anchor": held.update.billing_cycle_anchor,
            "default_allowed_updates": held.update.allowed,
            "enabled": held.update.enabled,
            "products": products,
            "proration_behavior": held.update.proration_behavior,
            "schedule_at_period_end": { "conditions": conditions },
            "trial_update_behavior": held.update.trial_update_behavior,
        },
    });
    if view.version.has(since::PORTAL_PAUSE) {
        let pause = json!({
            "duration": { "interval_options": [], "type": "indefinite" },
            "enabled": held.pause,
        });
        put(&mut body, "subscription_pause", pause);
    }
    body
}

impl Object for PortalSession {
    const KIND: &'static str = "billing_portal.session";
    const PLURAL: &'static str = "billing_portal/sessions";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.portal_sessions
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.portal_sessions
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let mut body = json!({
            "id": self.id,
            "object": Self::KIND,
            "configuration": self.configuration,
            "created": self.created,
            "customer": self.customer,
            "flow": self.flow.as_ref().map(|held| flow(held, view)),
            "livemode": false,
            "locale": self.locale,
            "on_behalf_of": self.on_behalf_of,
            "return_url": self.return_url,
            "url": format!("{}/p/session/{}", world.base_url, self.id),
        });
        if view.version.has(since::CUSTOMER_ACCOUNT) {
            put(&mut body, "customer_account", Value::Null);
        }
        if view.version.has(since::PORTAL_PAUSE) {
            let after = self.after_expiration.clone();
            put(&mut body, "after_expiration", after.unwrap_or_default());
        }
        body
    }
}

fn flow(held: &Flow, view: View<'_>) -> Value {
    let after = match &held.after {
        AfterFlow::Homepage => {
            json!({ "hosted_confirmation": null, "redirect": null, "type": "portal_homepage" })
        }
        AfterFlow::HostedConfirmation { message } => json!({
            "hosted_confirmation": { "custom_message": message },
            "redirect": null,
            "type": "hosted_confirmation",
        }),
        AfterFlow::Redirect { url } => json!({
            "hosted_confirmation": null,
            "redirect": { "return_url": url },
            "type": "redirect",
        }),
    };
    let mut body = json!({
        "after_completion": after,
        "subscription_cancel": null,
        "subscription_update": null,
        "subscription_update_confirm": null,
        "type": held.kind.as_str(),
    });
    if view.version.has(since::PORTAL_CUSTOMER_UPDATE) {
        put(&mut body, "customer_update", Value::Null);
    }
    if view.version.has(since::PORTAL_PAUSE) {
        put(&mut body, "subscription_pause", Value::Null);
    }
    if let Some(details) = details(&held.kind) {
        put(&mut body, held.kind.as_str(), details);
    }
    body
}

/// What a flow is about, under the name of its kind.
fn details(kind: &FlowKind) -> Option<Value> {
    Some(match kind {
        FlowKind::CustomerUpdate => json!({}),
        FlowKind::PaymentMethodUpdate => return None,
        FlowKind::SubscriptionCancel { subscription, coupon_offer } => {
            let retention = coupon_offer.as_ref().map(
                |coupon| json!({ "coupon_offer": { "coupon": coupon }, "type": "coupon_offer" }),
            );
            json!({ "retention": retention, "subscription": subscription })
        }
        FlowKind::SubscriptionPause { subscription }
        | FlowKind::SubscriptionUpdate { subscription } => json!({ "subscription": subscription }),
        FlowKind::SubscriptionUpdateConfirm { subscription, item, discounts } => {
            let mut wish = json!({ "id": item.id, "price": item.price });
            if let Some(quantity) = item.quantity {
                put(&mut wish, "quantity", Value::from(quantity));
            }
            let discounts: Vec<Value> = discounts
                .iter()
                .map(|of| json!({ "coupon": of.coupon, "promotion_code": of.promotion_code }))
                .collect();
            let shown = (!discounts.is_empty()).then_some(discounts);
            json!({ "discounts": shown, "items": [wish], "subscription": subscription })
        }
    })
}
