//! `/v1/billing/alerts`.

use super::{Answered, Call, Resource, Verb, fits};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::PAGING;
use crate::life::NewAlert;
use crate::model::alert::{Alert, AlertStatus};
use crate::render::Object;
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["billing", "alerts"], kind: Alert::KIND, inner: &[], route };

/// The only kind of alert there is.
const KIND: &str = "usage_threshold";

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => retrieve(call, world, id),
        (Verb::Post, []) => create(world, &call.form).and_then(|id| call.show::<Alert>(world, &id)),
        (Verb::Post, [id, "activate"]) => set(call, world, id, AlertStatus::Active),
        (Verb::Post, [id, "archive"]) => set(call, world, id, AlertStatus::Archived),
        (Verb::Post, [id, "deactivate"]) => set(call, world, id, AlertStatus::Inactive),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.form.only(&[PAGING, &["alert_type", "meter"]].concat())?;
    only_kind(call.form.text("alert_type"))?;
    let meter = call.form.text("meter");
    call.list::<Alert>(world, |held| {
        held.status != AlertStatus::Archived && fits(meter, &held.meter)
    })
}

fn retrieve(call: &Call<'_>, world: &World, id: &str) -> Answered {
    world.live_alert(id)?;
    call.retrieve::<Alert>(world, id)
}

fn only_kind(given: Option<&str>) -> Result<(), ApiError> {
    match given {
        None | Some(KIND) => Ok(()),
        Some(other) => {
            let message = format!("Invalid alert_type: must be {KIND}. You passed {other}.");
            Err(ApiError::invalid("alert_type", &message))
        }
    }
}

fn create(world: &mut World, form: &Form) -> Result<String, ApiError> {
    form.only(&["alert_type", "title", KIND])?;
    only_kind(Some(form.required("alert_type")?))?;
    let title = form.required("title")?.to_owned();
    let threshold = form.inner(KIND);
    threshold.only(&["filters", "gte", "meter", "recurrence"])?;
    let gte = threshold
        .integer("gte")?
        .ok_or_else(|| ApiError::missing_parameter("usage_threshold[gte]"))?;
    if gte <= 0 {
        return Err(ApiError::invalid("usage_threshold[gte]", "The value must be greater than 0."));
    }
    let meter = threshold.required("meter")?.to_owned();
    let recurrence = threshold.required("recurrence")?;
    if recurrence != "one_time" {
        let message = format!("Invalid recurrence: must be one_time. You passed {recurrence}.");
        return Err(ApiError::invalid("usage_threshold[recurrence]", &message));
    }
    let customer = customer(&threshold.list("filters"))?;
    Ok(world.create_alert(NewAlert { customer, gte, meter, title })?)
}

fn customer(filters: &[Form]) -> Result<Option<String>, ApiError> {
    let filter = match filters {
        [] => return Ok(None),
        [filter] => filter,
        [_, _, ..] => {
            let message = "You can only specify up to one filter.";
            return Err(ApiError::invalid("usage_threshold[filters]", message));
        }
    };
    filter.only(&["customer", "type"])?;
    let kind = filter.required("type")?;
    if kind != "customer" {
        let message = format!("Invalid type: must be customer. You passed {kind}.");
        return Err(ApiError::invalid("usage_threshold[filters][0][type]", &message));
    }
    Ok(filter.owned("customer"))
}

fn set(call: &Call<'_>, world: &mut World, id: &str, status: AlertStatus) -> Answered {
    call.form.only(&[])?;
    world.set_alert_status(id, status)?;
    call.show::<Alert>(world, id)
}
