//! Charges (STRIPE.md section 5.5). Refunds are objects of their own, and not shown since
//! 2022-11-15; since 2025-03-31.basil a charge does not name its invoice, so invoice payments alone
//! link the two. Amounts are minor units of `currency`. Of a card only what a receipt shows is
//! kept: brand, last four digits, expiry.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{flag, integer, json, metadata, reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::Charge,
    Owner::Column("customer"),
    &[
        time("created"),
        reference("customer"),
        reference("payment_intent"),
        text("status"),
        text("currency"),
        integer("amount"),
        integer("amount_captured"),
        integer("amount_refunded"),
        flag("captured"),
        flag("paid"),
        // Only once all of it is.
        flag("refunded"),
        // The dispute sends events, and its charge none.
        flag("disputed").silent(),
        reference("balance_transaction"),
        reference("failure_balance_transaction"),
        text("failure_code"),
        text("failure_message").personal(),
        text("outcome_type").from(&[At("outcome.type")]),
        text("outcome_reason").from(&[At("outcome.reason")]),
        text("outcome_network_status").from(&[At("outcome.network_status")]),
        text("outcome_network_decline_code").from(&[At("outcome.network_decline_code")]),
        text("outcome_advice_code").from(&[At("outcome.advice_code")]),
        text("outcome_risk_level").from(&[At("outcome.risk_level")]),
        integer("outcome_risk_score").from(&[At("outcome.risk_score")]),
        reference("outcome_rule").from(&[At("outcome.rule")]),
        text("outcome_seller_message").from(&[At("outcome.seller_message")]),
        text("fraud_details_stripe_report").from(&[At("fraud_details.stripe_report")]),
        text("fraud_details_user_report").from(&[At("fraud_details.user_report")]),
        reference("review"),
        reference("payment_method"),
        text("payment_method_details_type").from(&[At("payment_method_details.type")]),
        text("payment_method_details_card_brand").from(&[At("payment_method_details.card.brand")]),
        text("payment_method_details_card_last4")
            .from(&[At("payment_method_details.card.last4")])
            .personal(),
        integer("payment_method_details_card_exp_month")
            .from(&[At("payment_method_details.card.exp_month")]),
        integer("payment_method_details_card_exp_year")
            .from(&[At("payment_method_details.card.exp_year")]),
        text("payment_method_details_card_three_d_secure_result")
            .from(&[At("payment_method_details.card.three_d_secure.result")]),
        text("billing_details_email").from(&[At("billing_details.email")]).personal(),
        text("billing_details_name").from(&[At("billing_details.name")]).personal(),
        text("billing_details_phone").from(&[At("billing_details.phone")]).personal(),
        json("billing_details_address").from(&[At("billing_details.address")]).personal(),
        reference("application_fee"),
        integer("application_fee_amount"),
        reference("on_behalf_of"),
        reference("source_transfer"),
        reference("transfer"),
        text("transfer_group").personal(),
        text("description").personal(),
        text("receipt_email").personal(),
        text("receipt_number"),
        text("receipt_url").personal().restless(),
        json("shipping").personal(),
        text("calculated_statement_descriptor").personal(),
        text("statement_descriptor").personal(),
        text("statement_descriptor_suffix").personal(),
        metadata().personal(),
    ],
)
.progress("status", &[&["pending"], &["succeeded", "failed"]]);
