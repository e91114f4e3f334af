//! `/v1/promotion_codes`.

use super::coupons::later;
use super::{Answered, Call, Resource, Verb, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::coupons::NewPromotionCode;
use crate::model::coupon::PromotionCode;
use crate::render::Object;
use crate::version::since;
use crate::world::World;
use std::collections::BTreeMap;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["promotion_codes"], kind: PromotionCode::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<PromotionCode>(world, id),
        (Verb::Post, []) => {
            create(call, world).and_then(|id| call.show::<PromotionCode>(world, &id))
        }
        (Verb::Post, [id]) => {
            update(world, id, &call.form).and_then(|()| call.show::<PromotionCode>(world, id))
        }
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["active", "code", "coupon", "customer"])?;
    let form = &call.form;
    let active = form.boolean("active")?;
    let (code, customer) = (form.text("code"), form.text("customer"));
    call.list::<PromotionCode>(world, |held| {
        let valid = world.coupons.get(&held.coupon).is_some_and(|it| it.is_valid(world.now));
        active.is_none_or(|active| active == (valid && held.is_live(world.now)))
            && code.is_none_or(|code| code.eq_ignore_ascii_case(&held.code))
            && fits(form.text("coupon"), &held.coupon)
            && (customer.is_none() || held.customer.as_deref() == customer)
    })
}

fn create(call: &Call<'_>, world: &mut World) -> Result<String, ApiError> {
    let form = &call.form;
    // 2025-09-30.clover moved the coupon under `promotion`.
    let grouped = call.version.has(since::CLOVER);
    let coupon = if grouped { "promotion" } else { "coupon" };
    form.only(&[
        coupon,
        "active",
        "code",
        "customer",
        "expires_at",
        "max_redemptions",
        "metadata",
        "restrictions",
    ])?;
    let coupon = if grouped {
        let promotion = form.inner("promotion");
        promotion.only(&["coupon", "type"])?;
        if promotion.required("type")? != "coupon" {
            return Err(ApiError::invalid("promotion[type]", "Invalid promotion type"));
        }
        promotion.required("coupon")?.to_owned()
    } else {
        form.required("coupon")?.to_owned()
    };
    let restrictions = form.inner("restrictions");
    restrictions.only(&[
        "currency_options",
        "first_time_transaction",
        "minimum_amount",
        "minimum_amount_currency",
    ])?;
    let minimum = match restrictions.integer("minimum_amount")? {
        None => None,
        Some(least) => {
            Some((restrictions.required("minimum_amount_currency")?.to_lowercase(), least))
        }
    };
    Ok(world.create_promotion_code(NewPromotionCode {
        active: form.boolean("active")?.unwrap_or(true),
        code: form.owned("code").filter(|code| !code.is_empty()),
        coupon,
        customer: form.owned("customer").filter(|id| !id.is_empty()),
        expires_at: later(form, "expires_at", world.now)?,
        first_time_transaction: restrictions.boolean("first_time_transaction")?.unwrap_or(false),
        max_redemptions: form.positive("max_redemptions")?,
        metadata: form.map("metadata"),
        minimum,
        other_minimums: minimums(&restrictions)?,
    })?)
}

fn minimums(restrictions: &Form) -> Result<BTreeMap<String, i64>, ApiError> {
    let options = restrictions.inner("currency_options");
    let mut minimums = BTreeMap::new();
    for currency in options.names() {
        let option = options.inner(&currency);
        option.only(&["minimum_amount"])?;
        if let Some(least) = option.integer("minimum_amount")? {
            minimums.insert(currency.to_lowercase(), least);
        }
    }
    Ok(minimums)
}

fn update(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["active", "metadata", "restrictions"])?;
    let restrictions = form.inner("restrictions");
    restrictions.only(&["currency_options"])?;
    let (active, metadata) = (form.boolean("active")?, form.map("metadata"));
    Ok(world.update_promotion_code(id, active, &metadata, minimums(&restrictions)?)?)
}
