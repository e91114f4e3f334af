//! Payment methods (STRIPE.md sections 4.1 and 5.5). Of a card only brand, last four digits and
//! expiry are kept, of a bank account its last four digits and its bank: no numbers, no
//! fingerprints. A method that was detached names no customer any more.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::At;
use crate::field::{integer, json, metadata, reference, text, time};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::PaymentMethod,
    Owner::Formerly("customer"),
    &[
        time("created"),
        reference("customer"),
        text("type"),
        text("allow_redisplay"),
        text("card_brand").from(&[At("card.brand")]),
        text("card_last4").from(&[At("card.last4")]).personal(),
        integer("card_exp_month").from(&[At("card.exp_month")]),
        integer("card_exp_year").from(&[At("card.exp_year")]),
        text("acss_debit_last4").from(&[At("acss_debit.last4")]).personal(),
        text("au_becs_debit_last4").from(&[At("au_becs_debit.last4")]).personal(),
        text("bacs_debit_last4").from(&[At("bacs_debit.last4")]).personal(),
        text("sepa_debit_last4").from(&[At("sepa_debit.last4")]).personal(),
        text("us_bank_account_last4").from(&[At("us_bank_account.last4")]).personal(),
        text("us_bank_account_bank_name").from(&[At("us_bank_account.bank_name")]).personal(),
        text("billing_details_email").from(&[At("billing_details.email")]).personal(),
        text("billing_details_name").from(&[At("billing_details.name")]).personal(),
        text("billing_details_phone").from(&[At("billing_details.phone")]).personal(),
        json("billing_details_address").from(&[At("billing_details.address")]).personal(),
        metadata().personal(),
    ],
);
