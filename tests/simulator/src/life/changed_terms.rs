//! What a change says of a subscription besides its items and its trial.

use super::customers::set_text;
use super::orders::{CancelAt, SubscriptionChange};
use super::subscribe::end_of;
use crate::model::merge_metadata;
use crate::model::subscription::Subscription;
use crate::model::terms::{CollectionChange, SubscriptionSettings};
use serde_json::Value;

/// Sets what a change says besides items and trial.
pub(super) fn set_terms(held: &mut Subscription, change: SubscriptionChange, now: i64) {
    if let Some(collection) = change.collection {
        held.collection = collection;
    }
    set_text(&mut held.default_payment_method, change.default_payment_method);
    set_text(&mut held.description, change.description);
    merge_metadata(&mut held.metadata, &change.metadata);
    match change.pause_collection {
        Some(CollectionChange::Pause(pause)) => held.pause_collection = Some(pause),
        Some(CollectionChange::Resume) => held.pause_collection = None,
        None => {}
    }
    if let Some(settings) = change.trial_settings {
        held.trial_settings = settings;
    }
    set_settings(held, &change.settings);
    set_end(held, change.cancel_at_period_end, change.cancel_at, now);
    set_text(&mut held.cancellation_comment, change.cancellation.comment);
    set_text(&mut held.cancellation_feedback, change.cancellation.feedback);
}

fn set_settings(held: &mut Subscription, change: &SubscriptionSettings) {
    let mut settings = held.settings.as_deref().cloned().unwrap_or_default();
    let set = |held: &mut Option<Value>, change: &Option<Value>| {
        if let Some(value) = change {
            *held = Some(value.clone()).filter(|value| !value.is_null());
        }
    };
    set(&mut settings.billing_thresholds, &change.billing_thresholds);
    set(&mut settings.invoice_settings, &change.invoice_settings);
    set(&mut settings.payment_settings, &change.payment_settings);
    let given = settings != SubscriptionSettings::default();
    held.settings = given.then(|| Box::new(settings));
}

/// Sets or takes back the end of a subscription.
fn set_end(held: &mut Subscription, at_period_end: Option<bool>, at: Option<CancelAt>, now: i64) {
    let end = match (at_period_end, at) {
        (Some(true), _) => Some((true, end_of(&held.items, CancelAt::MaxPeriodEnd))),
        (_, Some(at)) => Some((false, end_of(&held.items, at))),
        (Some(false), None) => Some((false, None)),
        (None, None) => None,
    };
    let Some((at_period_end, cancel_at)) = end else {
        return;
    };
    let ends = cancel_at.is_some();
    if held.cancel_at_period_end == at_period_end && held.cancel_at == cancel_at {
        return;
    }
    held.cancel_at_period_end = at_period_end;
    held.cancel_at = cancel_at;
    held.canceled_at = ends.then_some(now);
    held.cancellation_reason = ends.then_some("cancellation_requested");
}
