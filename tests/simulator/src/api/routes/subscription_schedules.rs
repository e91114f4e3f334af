//! `/v1/subscription_schedules`.

use super::{Answered, Call, Resource, Verb, clock_of, fits, subscription_terms as terms};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::api::list::Within;
use crate::life::schedules::{NewPhase, NewSchedule, ScheduleChange};
use crate::life::{Cancel, ProrationBehavior};
use crate::model::price::Interval;
use crate::model::schedule::{Schedule, ScheduleEnd, ScheduleStatus};
use crate::model::terms::Collection;
use crate::render::Object;
use crate::version::{ApiVersion, since};
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["subscription_schedules"], kind: Schedule::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<Schedule>(world, id),
        (Verb::Post, []) => create(call, world),
        (Verb::Post, [id]) => update(call, world, id),
        (Verb::Post, [id, "cancel"]) => cancel(call, world, id),
        (Verb::Post, [id, "release"]) => release(call, world, id),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    call.filters(&["canceled_at", "completed_at", "customer", "released_at", "scheduled"])?;
    let form = &call.form;
    let canceled = Within::parse(form, "canceled_at")?;
    let completed = Within::parse(form, "completed_at")?;
    let released = Within::parse(form, "released_at")?;
    let scheduled = form.boolean("scheduled")?;
    let customer = form.text("customer");
    call.list::<Schedule>(world, |held| {
        (customer.is_some() || clock_of(world, &held.customer).is_none())
            && fits(customer, &held.customer)
            && canceled.holds_some(held.canceled_at)
            && completed.holds_some(held.completed_at)
            && released.holds_some(held.released_at)
            && (scheduled != Some(true) || held.status == ScheduleStatus::NotStarted)
    })
}

fn create(call: &Call<'_>, world: &mut World) -> Answered {
    let form = &call.form;
    if let Some(subscription) = form.text("from_subscription") {
        form.only(&["from_subscription"])?;
        let id = world.schedule_subscription(subscription)?;
        return call.show::<Schedule>(world, &id);
    }
    form.only(&[
        "billing_mode",
        "customer",
        "default_settings",
        "end_behavior",
        "metadata",
        "phases",
        "start_date",
    ])?;
    let defaults = Defaults::parse(form)?;
    let start_date = match form.text("start_date") {
        Some("now") | None => None,
        Some(_) => form.integer("start_date")?,
    };
    let new = NewSchedule {
        billing_mode: terms::billing_mode(form, call.version)?,
        collection: defaults.collection.unwrap_or_default(),
        customer: form.required("customer")?.to_owned(),
        default_payment_method: defaults.method.filter(|id| !id.is_empty()),
        description: defaults.description,
        end_behavior: end_behavior(form)?.unwrap_or_default(),
        metadata: terms::given_metadata(form),
        phases: phases(world, form, call.version)?,
        start_date,
    };
    if new.phases.is_empty() {
        return Err(ApiError::missing_parameter("phases"));
    }
    let id = world.create_schedule(new)?;
    call.show::<Schedule>(world, &id)
}

fn update(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    let form = &call.form;
    let missing = || ApiError::missing("subscription schedule", id, "id");
    let held = world.schedules.get(id).cloned().ok_or_else(missing)?;
    form.only(&["default_settings", "end_behavior", "metadata", "phases", "proration_behavior"])?;
    let defaults = Defaults::parse(form)?;
    let phases = phases(world, form, call.version)?;
    let change = ScheduleChange {
        collection: defaults.collection,
        default_payment_method: defaults.method,
        end_behavior: end_behavior(form)?,
        metadata: terms::changed_metadata(form, &held.metadata),
        phases: (!phases.is_empty()).then_some(phases),
        proration: terms::proration(form)?,
    };
    world.update_schedule(id, change)?;
    call.show::<Schedule>(world, id)
}

/// Unless it is said otherwise, cancelling a schedule bills what is open and credits the rest.
fn cancel(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    let form = &call.form;
    form.only(&["invoice_now", "prorate"])?;
    let how = Cancel {
        invoice_now: form.boolean("invoice_now")?.unwrap_or(true),
        prorate: form.boolean("prorate")?.unwrap_or(true),
        ..Cancel::default()
    };
    world.cancel_schedule(id, how)?;
    call.show::<Schedule>(world, id)
}

fn release(call: &Call<'_>, world: &mut World, id: &str) -> Answered {
    call.form.only(&["preserve_cancel_date"])?;
    let keeps_end = call.form.boolean("preserve_cancel_date")?.unwrap_or(false);
    world.release_schedule(id, keeps_end)?;
    call.show::<Schedule>(world, id)
}

/// `default_settings`.
struct Defaults {
    collection: Option<Collection>,
    description: Option<String>,
    method: Option<String>,
}

impl Defaults {
    fn parse(form: &Form) -> Result<Self, ApiError> {
        let given = form.inner("default_settings");
        given.only(&[
            "automatic_tax",
            "billing_cycle_anchor",
            "collection_method",
            "default_payment_method",
            "description",
            "invoice_settings",
        ])?;
        if given.text("billing_cycle_anchor").is_some_and(|anchor| anchor != "automatic") {
            let name = "default_settings[billing_cycle_anchor]";
            return Err(ApiError::invalid(name, "Only `automatic` is simulated here."));
        }
        Ok(Self {
            collection: collection(&given)?,
            description: given.owned("description").filter(|text| !text.is_empty()),
            method: given.owned("default_payment_method"),
        })
    }
}

/// How invoices are collected; the days to pay them are among the invoice settings here.
fn collection(form: &Form) -> Result<Option<Collection>, ApiError> {
    let settings = form.inner("invoice_settings");
    settings.only(&["days_until_due"])?;
    match (form.text("collection_method"), settings.integer("days_until_due")?) {
        (None, _) => Ok(None),
        (Some("charge_automatically"), _) => Ok(Some(Collection::Automatic)),
        (Some("send_invoice"), Some(days)) if days >= 0 => {
            Ok(Some(Collection::ByInvoice { days_until_due: days }))
        }
        (Some("send_invoice"), _) => {
            Err(ApiError::missing_parameter("invoice_settings[days_until_due]"))
        }
        (Some(_), _) => Err(ApiError::invalid("collection_method", "Invalid collection_method")),
    }
}

fn end_behavior(form: &Form) -> Result<Option<ScheduleEnd>, ApiError> {
    match form.text("end_behavior") {
        None => Ok(None),
        Some("cancel") => Ok(Some(ScheduleEnd::Cancel)),
        Some("release") => Ok(Some(ScheduleEnd::Release)),
        Some(_) => Err(ApiError::invalid("end_behavior", "Invalid end_behavior")),
    }
}

fn phases(world: &mut World, form: &Form, version: &ApiVersion) -> Result<Vec<NewPhase>, ApiError> {
    form.list("phases").iter().map(|phase| new_phase(world, phase, version)).collect()
}

/// How long a phase lasts was told in billing periods before 2025-09-30.clover.
fn new_phase(world: &mut World, form: &Form, version: &ApiVersion) -> Result<NewPhase, ApiError> {
    let length = if version.has(since::CLOVER) { "duration" } else { "iterations" };
    form.only(&[
        "add_invoice_items",
        "automatic_tax",
        "billing_cycle_anchor",
        "collection_method",
        "currency",
        "default_payment_method",
        "description",
        "end_date",
        "invoice_settings",
        "items",
        "metadata",
        "proration_behavior",
        "start_date",
        "trial",
        "trial_end",
        length,
    ])?;
    let anchors_cycle = match form.text("billing_cycle_anchor") {
        None => None,
        Some("automatic") => Some(false),
        Some("phase_start") => Some(true),
        Some(_) => {
            let name = "phases[billing_cycle_anchor]";
            return Err(ApiError::invalid(name, "Invalid billing_cycle_anchor"));
        }
    };
    let duration = form.inner("duration");
    duration.only(&["interval", "interval_count"])?;
    let duration = if duration.is_empty() {
        None
    } else {
        let interval = Interval::parse(duration.required("interval")?)
            .ok_or_else(|| ApiError::invalid("phases[duration][interval]", "Invalid interval"))?;
        Some((interval, duration.positive("interval_count")?.unwrap_or(1)))
    };
    let end_date = form.integer("end_date")?;
    let iterations = form.integer("iterations")?;
    if end_date.is_some() && (duration.is_some() || iterations.is_some()) {
        let message = format!("You may only specify one of these parameters: end_date, {length}.");
        return Err(ApiError::invalid("phases[end_date]", &message));
    }
    let date = |name: &'static str, now: i64| match form.text(name) {
        Some("now") => Ok(Some(now)),
        Some(_) | None => form.integer(name),
    };
    let items = form.list("items");
    if items.is_empty() {
        return Err(ApiError::missing_parameter("phases[items]"));
    }
    let (start_date, trial_end) = (date("start_date", world.now)?, form.integer("trial_end")?);
    let proration: ProrationBehavior = terms::proration(form)?;
    Ok(NewPhase {
        anchors_cycle,
        collection: collection(form)?,
        default_payment_method: form.owned("default_payment_method").filter(|id| !id.is_empty()),
        description: form.owned("description").filter(|text| !text.is_empty()),
        duration,
        end_date,
        items: terms::new_items(world, form, "items")?,
        add_invoice_items: terms::new_items(world, form, "add_invoice_items")?,
        iterations,
        metadata: form.map("metadata"),
        proration,
        start_date,
        trial: form.boolean("trial")?.unwrap_or(false),
        trial_end,
    })
}
