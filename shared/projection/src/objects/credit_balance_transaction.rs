//! Credit balance transactions: what was granted, used, expired or voided of a credit grant
//! (STRIPE.md section 5.5). Amounts are minor units of their currency.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{integer, reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::CreditBalanceTransaction,
    Owner::Through { column: "credit_grant", table: "credit_grants" },
    &[
        time("created"),
        time("effective_at"),
        reference("credit_grant"),
        text("type"),
        text("credit_type").from(&[At("credit.type")]),
        text("credit_amount_monetary_currency").from(&[At("credit.amount.monetary.currency")]),
        integer("credit_amount_monetary_value").from(&[At("credit.amount.monetary.value")]),
        reference("credit_credits_application_invoice_voided_invoice")
            .from(&[At("credit.credits_application_invoice_voided.invoice")]),
        reference("credit_credits_application_invoice_voided_invoice_line_item")
            .from(&[At("credit.credits_application_invoice_voided.invoice_line_item")]),
        text("debit_type").from(&[At("debit.type")]),
        text("debit_amount_monetary_currency").from(&[At("debit.amount.monetary.currency")]),
        integer("debit_amount_monetary_value").from(&[At("debit.amount.monetary.value")]),
        reference("debit_credits_applied_invoice").from(&[At("debit.credits_applied.invoice")]),
        reference("debit_credits_applied_invoice_line_item")
            .from(&[At("debit.credits_applied.invoice_line_item")]),
        reference("test_clock"),
    ],
);
