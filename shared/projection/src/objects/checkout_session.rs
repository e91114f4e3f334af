//! Checkout sessions with their lines, which are shown on request only (STRIPE.md section 5.5).
//! 2026-03-25.dahlia gave the values of `ui_mode` new names. Addresses to ship to were under
//! `shipping` first, then `shipping_details`, and are under `collected_information` since
//! 2025-03-31.basil. Amounts are minor units of `currency`. Where a browser is sent afterwards is
//! not kept, since such links carry whatever the caller put there.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::From::{At, First};
use crate::field::{flag, integer, json, metadata, reference, text, time};
use crate::object::{ChildList, Object};

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::CheckoutSession,
    Owner::Column("customer"),
    &[
        time("created"),
        reference("customer"),
        text("mode"),
        text("status"),
        text("payment_status"),
        text("ui_mode").renamed(&[
            ("hosted", "hosted_page"),
            ("embedded", "embedded_page"),
            ("custom", "elements"),
        ]),
        // The host's own name for the buyer, or the cart.
        text("client_reference_id").personal(),
        reference("subscription"),
        reference("invoice"),
        reference("payment_intent"),
        reference("setup_intent"),
        reference("payment_link"),
        text("currency"),
        integer("amount_subtotal"),
        integer("amount_total"),
        integer("total_details_amount_discount").from(&[At("total_details.amount_discount")]),
        integer("total_details_amount_shipping").from(&[At("total_details.amount_shipping")]),
        integer("total_details_amount_tax").from(&[At("total_details.amount_tax")]),
        text("automatic_tax_status").from(&[At("automatic_tax.status")]),
        flag("allow_promotion_codes"),
        // The coupon and the promotion code of the first; a session has at most one.
        reference("discount_coupon").from(&[First("discounts", "coupon")]),
        reference("discount_promotion_code").from(&[First("discounts", "promotion_code")]),
        json("payment_method_types"),
        text("payment_method_collection"),
        text("customer_creation"),
        text("customer_email").personal(),
        text("customer_details_email").from(&[At("customer_details.email")]).personal(),
        text("customer_details_name").from(&[At("customer_details.name")]).personal(),
        text("customer_details_individual_name")
            .from(&[At("customer_details.individual_name")])
            .personal(),
        text("customer_details_business_name")
            .from(&[At("customer_details.business_name")])
            .personal(),
        text("customer_details_phone").from(&[At("customer_details.phone")]).personal(),
        json("customer_details_address").from(&[At("customer_details.address")]).personal(),
        text("customer_details_tax_exempt").from(&[At("customer_details.tax_exempt")]),
        json("customer_details_tax_ids").from(&[At("customer_details.tax_ids")]).personal(),
        json("collected_information_shipping_details")
            .from(&[
                At("collected_information.shipping_details"),
                At("shipping_details"),
                At("shipping"),
            ])
            .personal(),
        json("custom_fields").personal(),
        text("consent_promotions").from(&[At("consent.promotions")]),
        text("consent_terms_of_service").from(&[At("consent.terms_of_service")]),
        text("locale"),
        text("submit_type"),
        time("expires_at"),
        reference("recovered_from"),
        text("url").personal().restless(),
        metadata().personal(),
    ],
)
.children(&[ChildList {
    table: "checkout_session_lines",
    parent: "checkout_session",
    list: "line_items",
    on_request: true,
    fields: &[
        reference("price"),
        reference("product").from(&[At("price.product")]),
        text("description").personal(),
        text("currency"),
        integer("quantity"),
        integer("amount_subtotal"),
        integer("amount_discount"),
        integer("amount_tax"),
        integer("amount_total"),
        metadata().personal(),
    ],
}])
.progress("status", &[&["open"], &["complete", "expired"]]);
