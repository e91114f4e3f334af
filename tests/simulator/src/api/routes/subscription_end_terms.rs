//! The parameters of ending, pausing and resuming a subscription, read into orders.

use super::subscription_terms::{anchor_reset, proration};
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::{Cancel, Pause, Resume, UnusedTimeFrom};
use crate::version::ApiVersion;

/// How to cancel at once.
pub(super) fn cancel(form: &Form) -> Result<Cancel, ApiError> {
    form.only(&["cancellation_details", "invoice_now", "prorate"])?;
    let details = form.inner("cancellation_details");
    details.only(&["comment", "feedback"])?;
    Ok(Cancel {
        comment: details.owned("comment"),
        feedback: feedback(&details)?,
        invoice_now: form.boolean("invoice_now")?.unwrap_or(false),
        prorate: form.boolean("prorate")?.unwrap_or(false),
    })
}

/// How to pause.
pub(super) fn pause(form: &Form) -> Result<Pause, ApiError> {
    form.only(&["bill_for", "invoicing_behavior", "type"])?;
    if form.text("type").is_some_and(|kind| kind != "subscription") {
        return Err(ApiError::invalid("type", "Invalid type: must be subscription"));
    }
    let invoice_now = match form.text("invoicing_behavior") {
        None | Some("pending_invoice_item") => false,
        Some("invoice") => true,
        Some(_) => {
            return Err(ApiError::invalid("invoicing_behavior", "Invalid invoicing_behavior"));
        }
    };
    let bill = form.inner("bill_for");
    bill.only(&["outstanding_usage_through", "unused_time_from"])?;
    let kind = |name: &str| -> Result<Option<String>, ApiError> {
        let group = bill.inner(name);
        group.only(&["type"])?;
        if group.is_empty() { Ok(None) } else { Ok(Some(group.required("type")?.to_owned())) }
    };
    let skips_usage = match kind("outstanding_usage_through")?.as_deref() {
        None | Some("now") => false,
        Some("none") => true,
        Some(_) => {
            let name = "bill_for[outstanding_usage_through][type]";
            return Err(ApiError::invalid(name, "Invalid type"));
        }
    };
    let unused_time_from = match kind("unused_time_from")?.as_deref() {
        None | Some("now") => UnusedTimeFrom::Now,
        Some("item_current_period_start") => UnusedTimeFrom::ItemPeriodStart,
        Some("none") => UnusedTimeFrom::Nowhere,
        Some(_) => {
            let name = "bill_for[unused_time_from][type]";
            return Err(ApiError::invalid(name, "Invalid type"));
        }
    };
    Ok(Pause { invoice_now, skips_usage, unused_time_from })
}

/// How to resume.
pub(super) fn resume(form: &Form, version: &ApiVersion) -> Result<Resume, ApiError> {
    form.only(&[
        "billing_cycle_anchor",
        "payment_behavior",
        "proration_behavior",
        "proration_date",
    ])?;
    let on_success_only = match form.text("payment_behavior") {
        None | Some("resume_on_payment_attempt") => false,
        Some("resume_on_payment_success") => true,
        Some(_) => return Err(ApiError::invalid("payment_behavior", "Invalid payment_behavior")),
    };
    Ok(Resume {
        billing_cycle_anchor: anchor_reset(form, version)?,
        on_success_only,
        proration: proration(form)?,
        proration_date: form.integer("proration_date")?,
    })
}

/// Why a customer leaves, in the words that Stripe knows.
pub(super) const FEEDBACK: &[&str] = &[
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
];

pub(super) fn feedback(details: &Form) -> Result<Option<String>, ApiError> {
    match details.text("feedback") {
        Some(word) if !word.is_empty() && !FEEDBACK.contains(&word) => {
            Err(ApiError::invalid("cancellation_details[feedback]", "Invalid feedback"))
        }
        word => Ok(word.map(str::to_owned)),
    }
}
