//! Invoices in every status, their lines, items and payments.

use crate::walk::{DAY, HOUR, Walk, text};
use counterfoil_stripe_types::paths::Subject;
use std::collections::BTreeSet;

#[tokio::test]
async fn invoices_are_read_by_async_stripe() {
    let mut walk = Walk::over(Subject::Invoices).await;
    let product = walk.make("/v1/products", "name=Plan").await;
    let form = format!("product={product}&currency=usd&unit_amount=1000&recurring[interval]=month");
    let monthly = walk.make("/v1/prices", &form).await;
    let good = walk.make("/v1/customers", "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa&email=a@example.com").await;
    let poor = walk.make("/v1/customers", "payment_method=pm_card_chargeCustomerFail&invoice_settings[default_payment_method]=pm_card_chargeCustomerFail").await;
    let subscribe = |customer: &str, more: &str| {
        format!("customer={customer}&items[0][price]={monthly}&{more}")
    };
    let coupon = walk.make("/v1/coupons", "percent_off=25&duration=forever").await;
    let cheaper = format!("discounts[0][coupon]={coupon}");
    walk.make("/v1/subscriptions", &subscribe(&good, &cheaper)).await;
    let id = walk.make("/v1/subscriptions", &subscribe(&good, "")).await;
    let waiting = "payment_behavior=default_incomplete";
    let waiting = walk.post("/v1/subscriptions", &subscribe(&good, waiting)).await;
    let failed = walk.post("/v1/subscriptions", &subscribe(&poor, "")).await;
    walk.make("/v1/subscriptions", &subscribe(&good, "trial_period_days=7")).await;
    let waiting = text(&waiting, "/latest_invoice");
    walk.post(&format!("/v1/invoices/{waiting}/pay"), "").await;
    let failed = text(&failed, "/latest_invoice");
    let declined = (402, Some("card_declined"));
    walk.refused("POST", &format!("/v1/invoices/{failed}/pay"), "", declined).await;
    walk.post(&format!("/v1/invoices/{failed}/pay"), "paid_out_of_band=true").await;
    let item = walk.get(&format!("/v1/subscriptions/{id}")).await;
    let item = text(&item, "/items/data/0/id");
    walk.pass(DAY);
    let more = format!("items[0][id]={item}&items[0][quantity]=3");
    walk.post(&format!("/v1/subscriptions/{id}"), &more).await;
    walk.post(&format!("/v1/customers/{good}"), "balance=-700").await;
    let mut seen = BTreeSet::new();
    for _ in 0..40 {
        walk.pass(DAY);
        for held in walk.list("/v1/invoices").await {
            seen.insert(text(&held, "/status"));
        }
        walk.pass(HOUR);
    }
    for held in walk.list_each("/v1/invoices").await {
        let id = text(&held, "/id");
        walk.list(&format!("/v1/invoices/{id}/lines")).await;
        for expand in ["customer", "payments"] {
            walk.get(&format!("/v1/invoices/{id}?expand[]={expand}")).await;
        }
    }
    walk.get("/v1/invoices/search?query=status:'paid'").await;
    walk.list(&format!("/v1/invoices?subscription={id}&status=paid")).await;
    walk.finish().await;
}
