//! The parameters of a subscription that are kept and shown: invoice, payment and trial settings
//! and thresholds.

use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::model::terms::{AnchorReset, MissingMethod, SubscriptionSettings, TrialSettings};
use serde_json::{Value, json};

/// What is given of the settings; null for what is unset.
pub(super) fn settings(form: &Form) -> Result<SubscriptionSettings, ApiError> {
    Ok(SubscriptionSettings {
        anchor_config: None,
        billing_thresholds: thresholds(form)?,
        invoice_settings: invoice_settings(form)?,
        payment_settings: payment_settings(form)?,
    })
}

fn thresholds(form: &Form) -> Result<Option<Value>, ApiError> {
    let given = form.inner("billing_thresholds");
    if given.is_empty() {
        return Ok(form.text("billing_thresholds").map(|_| Value::Null));
    }
    given.only(&["amount_gte", "reset_billing_cycle_anchor"])?;
    Ok(Some(json!({
        "amount_gte": given.integer("amount_gte")?,
        "reset_billing_cycle_anchor": given.boolean("reset_billing_cycle_anchor")?,
    })))
}

fn invoice_settings(form: &Form) -> Result<Option<Value>, ApiError> {
    let given = form.inner("invoice_settings");
    if given.is_empty() {
        return Ok(None);
    }
    given.only(&["account_tax_ids", "custom_fields", "description", "footer", "issuer"])?;
    let issuer = given.inner("issuer");
    issuer.only(&["account", "type"])?;
    let fields = given.list("custom_fields");
    let shown = |field: &Form| {
        field.only(&["name", "value"])?;
        Ok(json!({ "name": field.required("name")?, "value": field.required("value")? }))
    };
    let fields: Vec<Value> = fields.iter().map(shown).collect::<Result<_, ApiError>>()?;
    let text = |name: &str| given.text(name).filter(|text| !text.is_empty());
    let tax_ids = given.values("account_tax_ids");
    Ok(Some(json!({
        "account_tax_ids": (!tax_ids.is_empty()).then_some(tax_ids),
        "custom_fields": (!fields.is_empty()).then_some(fields),
        "description": text("description"),
        "footer": text("footer"),
        "issuer": { "type": issuer.text("type").unwrap_or("self") },
    })))
}

fn payment_settings(form: &Form) -> Result<Option<Value>, ApiError> {
    let given = form.inner("payment_settings");
    if given.is_empty() {
        return Ok(None);
    }
    given.only(&[
        "payment_method_options",
        "payment_method_types",
        "save_default_payment_method",
    ])?;
    let saves = match given.text("save_default_payment_method") {
        None => "off",
        Some(word @ ("off" | "on_subscription")) => word,
        Some(_) => {
            let name = "payment_settings[save_default_payment_method]";
            return Err(ApiError::invalid(name, "Invalid save_default_payment_method"));
        }
    };
    let types = given.values("payment_method_types");
    Ok(Some(json!({
        "payment_method_options": null,
        "payment_method_types": (!types.is_empty()).then_some(types),
        "save_default_payment_method": saves,
    })))
}

/// How a trial ends.
pub(super) fn trial_settings(form: &Form) -> Result<Option<TrialSettings>, ApiError> {
    let given = form.inner("trial_settings");
    if given.is_empty() {
        return Ok(None);
    }
    given.only(&["end_behavior"])?;
    let end = given.inner("end_behavior");
    end.only(&["billing_cycle_anchor", "missing_payment_method"])?;
    let refused = |name: &str| {
        let name = format!("trial_settings[end_behavior][{name}]");
        ApiError::invalid(&name, "Invalid value")
    };
    let missing_method = match end.text("missing_payment_method") {
        None => MissingMethod::default(),
        Some(word) => {
            MissingMethod::parse(word).ok_or_else(|| refused("missing_payment_method"))?
        }
    };
    let anchor = match end.text("billing_cycle_anchor") {
        None => None,
        Some(word) => {
            Some(AnchorReset::parse(word).ok_or_else(|| refused("billing_cycle_anchor"))?)
        }
    };
    Ok(Some(TrialSettings { anchor, missing_method }))
}
