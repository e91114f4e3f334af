//! The parameters of subscriptions and their items, read into orders. What is wrong with a
//! parameter by itself is refused here; what it is about is checked where it is done.

use super::discounts;
pub(super) use super::subscription_end_terms::{cancel, feedback, pause, resume};
pub(super) use super::subscription_item_terms::{
    changed_metadata, given_metadata, item_change, item_changes, new_items,
};
use super::subscription_settings::{settings, trial_settings};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::calendar::{SECONDS_PER_DAY, next_day_of_month};
use crate::life::{
    Cancel, CancelAt, NewItem, NewSubscription, PaymentBehavior, ProrationBehavior, Start,
    SubscriptionChange, TrialEnd,
};
use crate::model::subscription::Subscription;
use crate::model::terms::{
    AnchorReset, BillingMode, Collection, CollectionChange, PauseCollection, UncollectedInvoices,
};
use crate::version::{ApiVersion, since};
use crate::world::World;
use serde_json::Value;

/// The parameters that a new subscription and a change to one have in common.
const COMMON: &[&str] = &[
    "add_invoice_items",
    "automatic_tax",
    "billing_cycle_anchor",
    "billing_thresholds",
    "cancel_at",
    "cancel_at_period_end",
    "collection_method",
    "days_until_due",
    "default_payment_method",
    "description",
    "invoice_settings",
    "items",
    "metadata",
    "off_session",
    "payment_behavior",
    "payment_settings",
    "proration_behavior",
    "trial_end",
    "trial_from_plan",
    "trial_settings",
];
const ONLY_NEW: &[&str] = &[
    "backdate_start_date",
    "billing_cycle_anchor_config",
    "billing_mode",
    "customer",
    "trial_period_days",
];
const ONLY_CHANGED: &[&str] = &["cancellation_details", "pause_collection", "proration_date"];
/// The parameters that can wait for a payment.
const PENDING: &[&str] = &[
    "add_invoice_items",
    "billing_cycle_anchor",
    "items",
    "off_session",
    "payment_behavior",
    "proration_behavior",
    "proration_date",
    "trial_end",
    "trial_from_plan",
];
/// Unverified: the longest trial, which is said to be two years.
const TRIAL_DAYS_MAX: i64 = 730;

/// A subscription to make.
pub(super) fn new_subscription(
    world: &mut World,
    form: &Form,
    version: &ApiVersion,
) -> Result<NewSubscription, ApiError> {
    discounts::only(form, version, &[COMMON, ONLY_NEW].concat())?;
    ignored(form)?;
    let customer = form.required("customer")?.to_owned();
    let mut settings = settings(form)?;
    let billing_cycle_anchor = match anchor_config(form, world.now)? {
        None => form.integer("billing_cycle_anchor")?,
        Some(_) if form.text("billing_cycle_anchor").is_some() => {
            let message = "You may only specify one of these parameters: billing_cycle_anchor, \
                           billing_cycle_anchor_config.";
            return Err(ApiError::invalid("billing_cycle_anchor_config", message));
        }
        Some((anchor, config)) => {
            settings.anchor_config = Some(config);
            Some(anchor)
        }
    };
    let mut new = NewSubscription {
        backdate_start_date: form.integer("backdate_start_date")?,
        billing_cycle_anchor,
        billing_mode: billing_mode(form, version)?,
        cancel_at: cancel_at(form)?,
        cancel_at_period_end: form.boolean("cancel_at_period_end")?.unwrap_or(false),
        collection: collection(form, Collection::Automatic)?.unwrap_or_default(),
        customer,
        default_payment_method: form.owned("default_payment_method").filter(|id| !id.is_empty()),
        description: form.owned("description").filter(|text| !text.is_empty()),
        discounts: discounts::wanted(form, version)?.unwrap_or_default(),
        metadata: given_metadata(form),
        payment_behavior: payment_behavior(form)?,
        proration: proration(form)?,
        settings,
        start: Start::Api,
        trial_settings: trial_settings(form)?.unwrap_or_default(),
        ..NewSubscription::default()
    };
    new.items = new_items(world, form, "items")?;
    if new.items.is_empty() {
        return Err(ApiError::missing_parameter("items"));
    }
    new.add_invoice_items = new_items(world, form, "add_invoice_items")?;
    new.trial_end = first_trial_end(world, form, &new.items)?;
    Ok(new)
}

/// A change to a subscription.
pub(super) fn change(
    world: &mut World,
    held: &Subscription,
    form: &Form,
    version: &ApiVersion,
) -> Result<SubscriptionChange, ApiError> {
    discounts::only(form, version, &[COMMON, ONLY_CHANGED].concat())?;
    ignored(form)?;
    let payment_behavior = payment_behavior(form)?;
    if payment_behavior == PaymentBehavior::PendingIfIncomplete {
        let waits = |name: &str| PENDING.contains(&name);
        let names = form.names();
        if let Some(name) = names.iter().find(|name| *name != "expand" && !waits(name)) {
            let message = format!(
                "When `payment_behavior` is set to `pending_if_incomplete`, you can only update \
                 attributes that are supported by pending updates; `{name}` is not."
            );
            return Err(ApiError::invalid(name, &message));
        }
    }
    let details = form.inner("cancellation_details");
    details.only(&["comment", "feedback"])?;
    let trial_end = match (form.text("trial_end"), form.boolean("trial_from_plan")?) {
        (Some("now"), _) => Some(TrialEnd::Now),
        (Some(_), Some(true)) => return Err(one_trial()),
        (None, Some(true)) => {
            let prices = held.items.iter().map(|item| item.price.as_str());
            trial_of_prices(world, prices).map(TrialEnd::At)
        }
        (_, Some(false) | None) => form.integer("trial_end")?.map(TrialEnd::At),
    };
    Ok(SubscriptionChange {
        billing_cycle_anchor: anchor_reset(form, version)?,
        cancel_at: cancel_at(form)?,
        cancel_at_period_end: form.boolean("cancel_at_period_end")?,
        cancellation: Cancel {
            comment: details.owned("comment"),
            feedback: feedback(&details)?,
            ..Cancel::default()
        },
        collection: collection(form, held.collection)?,
        default_payment_method: form.owned("default_payment_method"),
        description: form.owned("description"),
        discounts: discounts::wanted(form, version)?,
        metadata: changed_metadata(form, &held.metadata),
        pause_collection: pause_collection(form)?,
        payment_behavior,
        proration: proration(form)?,
        proration_date: form.integer("proration_date")?,
        settings: settings(form)?,
        trial_end,
        trial_settings: trial_settings(form)?,
        items: item_changes(world, held, form)?,
        add_invoice_items: new_items(world, form, "add_invoice_items")?,
    })
}

/// Parameters that are taken and change nothing here.
fn ignored(form: &Form) -> Result<(), ApiError> {
    form.boolean("off_session")?;
    let tax = form.inner("automatic_tax");
    tax.only(&["enabled", "liability"])?;
    tax.boolean("enabled").map(|_| ())
}

pub(super) fn payment_behavior(form: &Form) -> Result<PaymentBehavior, ApiError> {
    Ok(match form.text("payment_behavior") {
        None | Some("allow_incomplete") => PaymentBehavior::AllowIncomplete,
        Some("default_incomplete") => PaymentBehavior::DefaultIncomplete,
        Some("error_if_incomplete") => PaymentBehavior::ErrorIfIncomplete,
        Some("pending_if_incomplete") => PaymentBehavior::PendingIfIncomplete,
        Some(_) => return Err(ApiError::invalid("payment_behavior", "Invalid payment_behavior")),
    })
}

pub(super) fn proration(form: &Form) -> Result<ProrationBehavior, ApiError> {
    Ok(match form.text("proration_behavior") {
        None | Some("create_prorations") => ProrationBehavior::CreateProrations,
        Some("always_invoice") => ProrationBehavior::AlwaysInvoice,
        Some("none") => ProrationBehavior::None,
        Some(_) => {
            return Err(ApiError::invalid("proration_behavior", "Invalid proration_behavior"));
        }
    })
}

/// `billing_cycle_anchor` of a change: a word before 2026-09-30.endive, a group of fields since.
pub(super) fn anchor_reset(
    form: &Form,
    version: &ApiVersion,
) -> Result<Option<AnchorReset>, ApiError> {
    let name = "billing_cycle_anchor";
    let group = form.inner(name);
    let word = if version.has(since::ENDIVE) {
        group.only(&["type"])?;
        if form.text(name).is_some_and(|text| !text.is_empty()) {
            return Err(ApiError::invalid(name, "Invalid object"));
        }
        if group.is_empty() { None } else { Some(group.required("type")?) }
    } else if group.is_empty() {
        form.text(name)
    } else {
        return Err(ApiError::invalid(name, "Invalid string"));
    };
    let parsed = |word: &str| {
        let message = format!("Invalid {name}: must be one of now, unchanged");
        AnchorReset::parse(word).ok_or_else(|| ApiError::invalid(name, &message))
    };
    word.filter(|word| !word.is_empty()).map(parsed).transpose()
}

pub(super) fn billing_mode(form: &Form, version: &ApiVersion) -> Result<BillingMode, ApiError> {
    let mode = form.inner("billing_mode");
    mode.only(&["flexible", "type"])?;
    let flexible = mode.inner("flexible");
    flexible.only(&["proration_discounts"])?;
    let itemized = match flexible.text("proration_discounts") {
        None | Some("included") => false,
        Some("itemized") => true,
        Some(_) => {
            let name = "billing_mode[flexible][proration_discounts]";
            return Err(ApiError::invalid(name, "Invalid proration_discounts"));
        }
    };
    let kind = match mode.text("type") {
        None if !mode.is_empty() => {
            return Err(ApiError::missing_parameter("billing_mode[type]"));
        }
        None if version.has(since::CLOVER) => "flexible",
        None => "classic",
        Some(kind) => kind,
    };
    match (kind, itemized) {
        ("flexible", false) => Ok(BillingMode::Flexible),
        ("flexible", true) => Ok(BillingMode::FlexibleItemized),
        ("classic", false) => Ok(BillingMode::Classic),
        _ => Err(ApiError::invalid("billing_mode[type]", "Invalid billing_mode")),
    }
}

/// The mode that a subscription is moved to.
pub(super) fn migration(form: &Form, version: &ApiVersion) -> Result<BillingMode, ApiError> {
    form.only(&["billing_mode"])?;
    if form.inner("billing_mode").is_empty() {
        return Err(ApiError::missing_parameter("billing_mode"));
    }
    let mode = billing_mode(form, version)?;
    if mode.is_flexible() {
        return Ok(mode);
    }
    let message = "A subscription can only be migrated to the billing mode `flexible`.";
    Err(ApiError::invalid("billing_mode[type]", message))
}

fn cancel_at(form: &Form) -> Result<Option<CancelAt>, ApiError> {
    Ok(match form.text("cancel_at") {
        Some("") => Some(CancelAt::Never),
        Some("min_period_end") => Some(CancelAt::MinPeriodEnd),
        // Nothing is billed ahead here, so what is billed ends with the periods.
        Some("max_period_end" | "max_billed_until") => Some(CancelAt::MaxPeriodEnd),
        Some(_) | None => form.integer("cancel_at")?.map(CancelAt::At),
    })
}

pub(super) fn collection(form: &Form, held: Collection) -> Result<Option<Collection>, ApiError> {
    let days = form.integer("days_until_due")?;
    let by_invoice = match (form.text("collection_method"), days) {
        (Some("send_invoice"), _) => true,
        (Some("charge_automatically"), None) => return Ok(Some(Collection::Automatic)),
        (None, None) => return Ok(None),
        (None, Some(_)) => held.days_until_due().is_some(),
        (Some("charge_automatically"), Some(_)) => false,
        (Some(_), _) => {
            return Err(ApiError::invalid("collection_method", "Invalid collection_method"));
        }
    };
    if !by_invoice {
        let message = "days_until_due can only be set when collection_method is send_invoice.";
        return Err(ApiError::invalid("days_until_due", message));
    }
    match days.or(held.days_until_due()) {
        Some(days_until_due) if days_until_due >= 0 => {
            Ok(Some(Collection::ByInvoice { days_until_due }))
        }
        Some(_) => Err(ApiError::invalid("days_until_due", "Invalid non-negative integer")),
        None => Err(ApiError::missing_parameter("days_until_due")),
    }
}

fn pause_collection(form: &Form) -> Result<Option<CollectionChange>, ApiError> {
    let name = "pause_collection";
    let pause = form.inner(name);
    if pause.is_empty() {
        return Ok(form.text(name).map(|_| CollectionChange::Resume));
    }
    pause.only(&["behavior", "resumes_at"])?;
    let behavior = UncollectedInvoices::parse(pause.required("behavior")?)
        .ok_or_else(|| ApiError::invalid("pause_collection[behavior]", "Invalid behavior"))?;
    let resumes_at = pause.integer("resumes_at")?;
    Ok(Some(CollectionChange::Pause(PauseCollection { behavior, resumes_at })))
}

fn one_trial() -> ApiError {
    let message = "You may only specify one of these parameters: trial_end, trial_from_plan.";
    ApiError::invalid("trial_from_plan", message)
}

/// When the trial of a new subscription ends; none for no trial.
fn first_trial_end(world: &World, form: &Form, items: &[NewItem]) -> Result<Option<i64>, ApiError> {
    let from_plan = form.boolean("trial_from_plan")?.unwrap_or(false);
    let days = form.integer("trial_period_days")?;
    let end = form.text("trial_end").filter(|end| !end.is_empty());
    if end.is_some() && from_plan {
        return Err(one_trial());
    }
    match (end, days) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: trial_end, \
                           trial_period_days.";
            Err(ApiError::invalid("trial_period_days", message))
        }
        (Some("now"), None) => Ok(None),
        (Some(_), None) => {
            let end = form.integer("trial_end")?.filter(|end| *end > world.now);
            let message = "Invalid timestamp: must be an integer Unix timestamp in the future.";
            end.map(Some).ok_or_else(|| ApiError::invalid("trial_end", message))
        }
        (None, Some(days)) if !(0..=TRIAL_DAYS_MAX).contains(&days) => {
            let message = "Invalid integer: must be between 0 and 730.";
            Err(ApiError::invalid("trial_period_days", message))
        }
        (None, Some(0)) => Ok(None),
        (None, Some(days)) => Ok(Some(world.now.saturating_add(days * SECONDS_PER_DAY))),
        (None, None) if from_plan => {
            Ok(trial_of_prices(world, items.iter().map(|item| item.price.as_str())))
        }
        (None, None) => Ok(None),
    }
}

/// The end of the longest trial that prices come with.
fn trial_of_prices<'a>(world: &World, prices: impl Iterator<Item = &'a str>) -> Option<i64> {
    let days =
        prices.filter_map(|price| world.prices.get(price)?.recurring.as_ref()?.trial_period_days);
    days.max().filter(|days| *days > 0).map(|days| world.now + days * SECONDS_PER_DAY)
}

/// `billing_cycle_anchor_config`: the second it means, and how it is shown.
fn anchor_config(form: &Form, now: i64) -> Result<Option<(i64, Value)>, ApiError> {
    let config = form.inner("billing_cycle_anchor_config");
    if config.is_empty() {
        return Ok(None);
    }
    let names = ["day_of_month", "hour", "minute", "month", "second"];
    config.only(&names)?;
    let within = |name: &'static str, low: i64, high: i64| {
        let value = config.integer(name)?;
        if value.is_some_and(|value| !(low..=high).contains(&value)) {
            let message = format!("Invalid integer: must be between {low} and {high}.");
            let name = format!("billing_cycle_anchor_config[{name}]");
            return Err(ApiError::invalid(&name, &message));
        }
        Ok(value)
    };
    let (hour, minute) = (within("hour", 0, 23)?, within("minute", 0, 59)?);
    let (second, month) = (within("second", 0, 59)?, within("month", 1, 12)?);
    let missing = || ApiError::missing_parameter("billing_cycle_anchor_config[day_of_month]");
    let day = within("day_of_month", 1, 31)?.ok_or_else(missing)?;
    let anchor = next_day_of_month(now, month, day, (hour, minute, second));
    let shown = serde_json::json!({
        "day_of_month": day,
        "hour": hour,
        "minute": minute,
        "month": month,
        "second": second,
    });
    Ok(Some((anchor, shown)))
}
