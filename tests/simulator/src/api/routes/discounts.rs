//! The `discounts` parameter, and the calls that take a discount away.

use super::{Answered, Call};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::Redeem;
use crate::render::coupon::deleted_discount;
use crate::version::{ApiVersion, since};
use crate::world::World;

/// Refuses what is neither among these parameters nor one of a discount's.
pub(super) fn only(form: &Form, version: &ApiVersion, known: &[&str]) -> Result<(), ApiError> {
    let of_discounts: &[&str] = if version.has(since::BASIL) {
        &["discounts"]
    } else {
        &["coupon", "discounts", "promotion_code"]
    };
    form.only(&[known, of_discounts].concat())
}

/// What a form wants redeemed: none where it says nothing, an empty list where it wants none.
/// Versions before 2025-03-31.basil also know `coupon` and `promotion_code`.
pub(super) fn wanted(form: &Form, version: &ApiVersion) -> Result<Option<Vec<Redeem>>, ApiError> {
    if !version.has(since::BASIL) {
        let text = |name: &str| form.owned(name).filter(|id| !id.is_empty());
        if let Some(id) = text("coupon") {
            return Ok(Some(vec![Redeem::Coupon(id)]));
        }
        if let Some(id) = text("promotion_code") {
            return Ok(Some(vec![Redeem::PromotionCode(id)]));
        }
        if form.text("coupon").is_some() {
            return Ok(Some(Vec::new()));
        }
    }
    if form.text("discounts") == Some("") {
        return Ok(Some(Vec::new()));
    }
    let entries = form.list("discounts");
    if entries.is_empty() {
        return Ok(None);
    }
    entries.iter().map(one).collect::<Result<_, _>>().map(Some)
}

fn one(form: &Form) -> Result<Redeem, ApiError> {
    form.only(&["coupon", "discount", "promotion_code"])?;
    let given = [
        form.owned("coupon").map(Redeem::Coupon),
        form.owned("discount").map(Redeem::Discount),
        form.owned("promotion_code").map(Redeem::PromotionCode),
    ];
    let given: Vec<Redeem> = given.into_iter().flatten().collect();
    if let [only] = given.as_slice() {
        return Ok(only.clone());
    }
    let message = "Each entry names exactly one of coupon, discount, promotion_code.";
    Err(ApiError::invalid("discounts", message))
}

/// Takes the discount of a customer, or all of a subscription, away.
pub(super) fn delete(call: &Call<'_>, world: &mut World, ids: &[String]) -> Answered {
    call.form.only(&[])?;
    let held: Vec<_> = world.live_discounts(ids).cloned().collect();
    let Some(first) = held.first() else {
        let message = "No active discount";
        return Err(ApiError::not_found(message));
    };
    for discount in &held {
        world.end_discount(&discount.id);
    }
    Ok(deleted_discount(first, world, call.view()))
}
