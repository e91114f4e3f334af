//! Coupons, promotion codes and discounts. 2025-09-30.clover moved the coupon of a discount under
//! `source` and that of a promotion code under `promotion`.

use super::{Object, View, extend, put};
use crate::model::coupon::{Coupon, Discount, DiscountOn, Duration, Off, PromotionCode};
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Map, Value, json};

impl Object for Coupon {
    const KIND: &'static str = "coupon";
    const PLURAL: &'static str = "coupons";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn is_deleted(&self) -> bool {
        self.deleted
    }

    fn table(world: &World) -> &Table<Self> {
        &world.coupons
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.coupons
    }

    fn render(&self, world: &World, _view: View<'_>) -> Value {
        let (amount, currency, percent) = match &self.off {
            Off::Amount { amount, currency, .. } => (Some(*amount), Some(currency), Value::Null),
            Off::Percent { hundredths } => (None, None, percent(*hundredths)),
        };
        let months = match self.duration {
            Duration::Repeating { months } => Some(months),
            Duration::Forever | Duration::Once => None,
        };
        json!({
            "id": self.id,
            "object": "coupon",
            "amount_off": amount,
            "created": self.created,
            "currency": currency,
            "duration": self.duration.as_str(),
            "duration_in_months": months,
            "livemode": false,
            "max_redemptions": self.max_redemptions,
            "metadata": self.metadata,
            "name": self.name,
            "percent_off": percent,
            "redeem_by": self.redeem_by,
            "times_redeemed": self.times_redeemed,
            "valid": self.is_valid(world.now),
        })
    }
}

/// Hundredths of a per cent as the number that stands in a body.
fn percent(hundredths: i64) -> Value {
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    serde_json::from_str(&text).unwrap_or_default()
}

/// What a coupon shows only when it is expanded.
pub(crate) fn applies_to(held: &Coupon) -> Value {
    if held.applies_to.is_empty() { Value::Null } else { json!({ "products": held.applies_to }) }
}

/// The same for the amounts in other currencies.
pub(crate) fn currency_options(held: &Coupon) -> Value {
    match &held.off {
        Off::Amount { amount, currency, others } => {
            let all = others.iter().chain([(currency, amount)]);
            all.map(|(currency, amount)| (currency.clone(), json!({ "amount_off": amount })))
                .collect::<Map<_, _>>()
                .into()
        }
        Off::Percent { .. } => Value::Null,
    }
}

impl Object for PromotionCode {
    const KIND: &'static str = "promotion_code";
    const PLURAL: &'static str = "promotion_codes";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.promotion_codes
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.promotion_codes
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let (currency, minimum) = self
            .minimum
            .as_ref()
            .map_or((None, None), |(currency, least)| (Some(currency), Some(least)));
        let mut body = json!({
            "id": self.id,
            "object": "promotion_code",
            "active": self.is_live(world.now) && is_valid(world, &self.coupon),
            "code": self.code,
            "created": self.created,
            "customer": self.customer,
            "expires_at": self.expires_at,
            "livemode": false,
            "max_redemptions": self.max_redemptions,
            "metadata": self.metadata,
            "restrictions": {
                "first_time_transaction": self.first_time_transaction,
                "minimum_amount": minimum,
                "minimum_amount_currency": currency,
            },
            "times_redeemed": self.times_redeemed,
        });
        if view.version.has(since::CLOVER) {
            let promotion = json!({ "coupon": self.coupon, "type": "coupon" });
            put(&mut body, "promotion", promotion);
        } else {
            put(&mut body, "coupon", shown_coupon(world, &self.coupon, view));
        }
        if view.version.has(since::CUSTOMER_ACCOUNT) {
            extend(&mut body, json!({ "customer_account": null }));
        }
        body
    }
}

fn is_valid(world: &World, coupon: &str) -> bool {
    world.coupons.get(coupon).is_some_and(|held| held.is_valid(world.now))
}

fn shown_coupon(world: &World, id: &str, view: View<'_>) -> Value {
    world.coupons.get(id).map_or(Value::Null, |held| held.render(world, view))
}

impl Object for Discount {
    const KIND: &'static str = "discount";
    const PLURAL: &'static str = "discounts";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.start
    }

    fn is_deleted(&self) -> bool {
        self.ended
    }

    fn table(world: &World) -> &Table<Self> {
        &world.discounts
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.discounts
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let (mut invoice, mut invoice_item, mut subscription) = (None, None, None);
        match &self.on {
            DiscountOn::Customer => {}
            DiscountOn::Invoice(id) => invoice = Some(id),
            DiscountOn::InvoiceItem(id) => invoice_item = Some(id),
            DiscountOn::Subscription(id) => subscription = Some(id),
        }
        let mut body = json!({
            "id": self.id,
            "object": "discount",
            "checkout_session": self.checkout_session,
            "customer": self.customer,
            "end": self.end,
            "invoice": invoice,
            "invoice_item": invoice_item,
            "promotion_code": self.promotion_code,
            "start": self.start,
            "subscription": subscription,
        });
        if view.version.has(since::BASIL) {
            put(&mut body, "subscription_item", Value::Null);
        }
        if view.version.has(since::CLOVER) {
            put(&mut body, "source", json!({ "coupon": self.coupon, "type": "coupon" }));
        } else {
            put(&mut body, "coupon", shown_coupon(world, &self.coupon, view));
        }
        if view.version.has(since::CUSTOMER_ACCOUNT) {
            extend(&mut body, json!({ "customer_account": null }));
        }
        body
    }
}

/// What is answered for a discount that was taken away.
pub(crate) fn deleted_discount(held: &Discount, world: &World, view: View<'_>) -> Value {
    let mut body = held.render(world, view);
    super::remove(&mut body, &["end"]);
    put(&mut body, "deleted", Value::Bool(true));
    body
}
