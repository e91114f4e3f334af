//! `/v1/coupons`.

use super::{Answered, Call, Resource, Verb};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::coupons::NewCoupon;
use crate::model::coupon::{Coupon, Duration, Off};
use crate::render::{Object, deleted};
use crate::world::World;
use std::collections::BTreeMap;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["coupons"], kind: Coupon::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => call.filters(&[]).and_then(|()| call.list::<Coupon>(world, |_| true)),
        (Verb::Get, [id]) => call.retrieve::<Coupon>(world, id),
        (Verb::Post, []) => {
            create(world, &call.form).and_then(|id| call.show::<Coupon>(world, &id))
        }
        (Verb::Post, [id]) => {
            update(world, id, &call.form).and_then(|()| call.show::<Coupon>(world, id))
        }
        (Verb::Delete, [id]) => delete(call, world, id),
        _ => return None,
    })
}

fn create(world: &mut World, form: &Form) -> Result<String, ApiError> {
    form.only(&[
        "amount_off",
        "applies_to",
        "currency",
        "currency_options",
        "duration",
        "duration_in_months",
        "id",
        "max_redemptions",
        "metadata",
        "name",
        "percent_off",
        "redeem_by",
    ])?;
    let applies_to = form.inner("applies_to");
    applies_to.only(&["products"])?;
    let applies_to = applies_to.values("products").into_iter().map(str::to_owned).collect();
    Ok(world.create_coupon(NewCoupon {
        applies_to,
        duration: duration(form)?,
        id: form.owned("id").filter(|id| !id.is_empty()),
        max_redemptions: form.positive("max_redemptions")?,
        metadata: form.map("metadata"),
        name: form.owned("name").filter(|name| !name.is_empty()),
        off: off(form)?,
        redeem_by: later(form, "redeem_by", world.now)?,
    })?)
}

/// A second that is still to come.
pub(super) fn later(form: &Form, name: &'static str, now: i64) -> Result<Option<i64>, ApiError> {
    match form.integer(name)? {
        Some(second) if second <= now => {
            let message = "Invalid timestamp: must be an integer Unix timestamp in the future.";
            Err(ApiError::invalid(&form.name(name), message))
        }
        second => Ok(second),
    }
}

fn duration(form: &Form) -> Result<Duration, ApiError> {
    match (form.text("duration").unwrap_or("once"), form.positive("duration_in_months")?) {
        ("forever", None) => Ok(Duration::Forever),
        ("once", None) => Ok(Duration::Once),
        ("repeating", Some(months)) => Ok(Duration::Repeating { months }),
        ("repeating", None) => Err(ApiError::missing_parameter("duration_in_months")),
        ("forever" | "once", Some(_)) => {
            let message = "duration_in_months can only be given with duration=repeating";
            Err(ApiError::invalid("duration_in_months", message))
        }
        _ => Err(ApiError::invalid("duration", "Invalid duration")),
    }
}

fn off(form: &Form) -> Result<Off, ApiError> {
    match (form.text("percent_off"), form.positive("amount_off")?) {
        (Some(percent), None) => hundredths(percent)
            .map(|hundredths| Off::Percent { hundredths })
            .ok_or_else(|| ApiError::invalid("percent_off", "Invalid percent_off")),
        (None, Some(amount)) => Ok(Off::Amount {
            currency: form.required("currency")?.to_lowercase(),
            amount,
            others: amounts(form)?,
        }),
        _ => {
            let message = "Exactly one of percent_off and amount_off must be given.";
            Err(ApiError::invalid("percent_off", message))
        }
    }
}

/// `currency_options[eur][amount_off]=500`.
fn amounts(form: &Form) -> Result<BTreeMap<String, i64>, ApiError> {
    let options = form.inner("currency_options");
    let mut amounts = BTreeMap::new();
    for currency in options.names() {
        let option = options.inner(&currency);
        option.only(&["amount_off"])?;
        let amount = option.positive("amount_off")?;
        let amount = amount.ok_or_else(|| ApiError::missing_parameter("amount_off"))?;
        amounts.insert(currency.to_lowercase(), amount);
    }
    Ok(amounts)
}

/// A percentage above 0 and up to 100, with at most two decimals, in hundredths.
fn hundredths(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = part.trim_end_matches('0');
    let digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || part.len() > 2 || !digits(whole) || !digits(part) {
        return None;
    }
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    let whole: i64 = whole.parse().ok()?;
    Some(whole * 100 + part).filter(|it| (1..=10_000).contains(it))
}

fn update(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["currency_options", "metadata", "name"])?;
    let metadata = form.map("metadata");
    Ok(world.update_coupon(id, form.owned("name"), &metadata, amounts(form)?)?)
}

fn delete(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.form.only(&[])?;
    world.delete_coupon(id)?;
    Ok(deleted(Coupon::KIND, id))
}

#[cfg(test)]
mod tests {
    use super::hundredths;

    #[test]
    fn percentages_are_exact() {
        let check = |text: &str, expected: Option<i64>| {
            assert_eq!(hundredths(text), expected, "{text}");
        };
        check("10", Some(1_000));
        check("12.5", Some(1_250));
        check("33.330", Some(3_333));
        check("100", Some(10_000));
        check("100.01", None);
        check("0", None);
        check("0.005", None);
        check("-5", None);
        check("1e2", None);
        check("", None);
    }
}
