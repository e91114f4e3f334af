//! `/v1/billing/meters/{id}/event_summaries`: what counts for one customer, as one number or by
//! windows of time, newest first. What was received only lately is not in it yet.

use super::meters::window;
use super::{Answered, Call};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::{PAGING, Rows, page};
use crate::model::decimal::Decimal;
use crate::model::meter::Meter;
use crate::world::World;
use serde_json::{Value, json};

const MINUTE_SECONDS: i64 = 60;
/// Unverified: how many windows one request may ask for.
const WINDOWS_MAX: i64 = 100_000;

struct Summary {
    start: i64,
    end: i64,
}

pub(super) fn list(call: &Call<'_>, world: &World, id: &str) -> Answered {
    let form = &call.form;
    let own = ["customer", "end_time", "start_time", "value_grouping_window"];
    form.only(&[PAGING, &own].concat())?;
    let meter = world.known_meter(id, "id")?;
    let customer = form.required("customer")?;
    world.live_customer(customer, "customer")?;
    let summaries = summaries(form)?;
    let with_usage: Vec<Summary> = summaries
        .into_iter()
        .filter(|it| world.rules.usage.empty_summaries || !is_empty(world, meter, customer, it))
        .collect();
    let names: Vec<String> =
        with_usage.iter().map(|it| name(world, &meter.id, customer, it)).collect();
    let place = |wanted: &str| names.iter().position(|name| name == wanted);
    let rows = Rows::new(&with_usage, &place, "billing.meter_event_summary");
    page(
        &rows,
        form,
        &format!("/v1/billing/meters/{id}/event_summaries"),
        |_| true,
        |summary| render(world, meter, customer, summary),
    )
}

/// The ranges that are asked for, oldest first.
fn summaries(form: &Form) -> Result<Vec<Summary>, ApiError> {
    let second =
        |name: &'static str| form.integer(name)?.ok_or_else(|| ApiError::missing_parameter(name));
    let (start, end) = (second("start_time")?, second("end_time")?);
    let window = window(form, "value_grouping_window")?;
    let (length, boundary) = match window {
        None => (MINUTE_SECONDS, "minute"),
        Some(window) => (window.seconds(), window.as_str()),
    };
    for (name, at) in [("start_time", start), ("end_time", end)] {
        if at.rem_euclid(length) != 0 {
            let message = format!("{name} must be aligned with {boundary} boundaries.");
            return Err(ApiError::invalid(name, &message));
        }
    }
    if start >= end {
        return Err(ApiError::invalid("end_time", "end_time must be after start_time."));
    }
    if window.is_none() {
        return Ok(vec![Summary { start, end }]);
    }
    let count = end.saturating_sub(start) / length;
    if count > WINDOWS_MAX {
        let message = format!("The time range spans more than {WINDOWS_MAX} windows.");
        return Err(ApiError::invalid("end_time", &message));
    }
    let nth = |nth: i64| Summary { start: start + nth * length, end: start + (nth + 1) * length };
    Ok((0..count).map(nth).collect())
}

fn is_empty(world: &World, meter: &Meter, customer: &str, of: &Summary) -> bool {
    !world.usage.has_any(&meter.id, customer, of.start, of.end)
}

/// The id of a summary: the same range has the same id.
fn name(world: &World, meter: &str, customer: &str, of: &Summary) -> String {
    let about = format!("{meter}/{customer}/{}/{}", of.start, of.end);
    world.ids.derived("mtrusg_test_", &about)
}

fn render(world: &World, meter: &Meter, customer: &str, of: &Summary) -> Value {
    json!({
        "id": name(world, &meter.id, customer, of),
        "object": "billing.meter_event_summary",
        "aggregated_value": number(world.usage.sum(meter, customer, of.start, of.end)),
        "end_time": of.end,
        "livemode": false,
        "meter": meter.id,
        "start_time": of.start,
    })
}

/// A quantity as a JSON number; what its reader takes for a float has a float's precision.
fn number(quantity: Decimal) -> Value {
    serde_json::from_str(&quantity.to_string()).unwrap_or_default()
}
