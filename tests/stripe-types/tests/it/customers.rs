//! Customers, and what hangs on them.

use crate::walk::{DAY, START, Walk};
use counterfoil_stripe_types::paths::Subject;

#[tokio::test]
async fn customers_are_read_by_async_stripe() {
    let mut walk = Walk::over(Subject::Customers).await;
    let bare = walk.make("/v1/customers", "").await;
    let clock =
        walk.make("/v1/test_helpers/test_clocks", &format!("frozen_time={START}&name=x")).await;
    let full = "email=jane@example.com&name=Jane&phone=%2B491&description=d&metadata[a]=1\
                &address[line1]=1%20Main%20St&address[line2]=&address[city]=Berlin\
                &address[postal_code]=10115&address[country]=DE&address[state]=BE\
                &payment_method=pm_card_visa\
                &invoice_settings[default_payment_method]=pm_card_visa";
    let rich = walk.make("/v1/customers", full).await;
    let timed = walk.make("/v1/customers", &format!("{full}&test_clock={clock}")).await;
    walk.post(&format!("/v1/customers/{rich}"), "balance=-500&metadata[a]=&name=").await;
    walk.post(&format!("/v1/customers/{bare}"), "email=new@example.com").await;
    walk.list_each("/v1/customers").await;
    walk.list_each(&format!("/v1/customers?test_clock={clock}")).await;
    walk.list("/v1/customers?email=jane@example.com").await;
    walk.get("/v1/customers/search?query=email:'none@example.com'").await;
    walk.pass(DAY);
    let found = walk.get("/v1/customers/search?query=email:'jane@example.com'").await;
    assert!(found.to_string().contains(&rich), "{found}");
    walk.get("/v1/customers/search?query=created%3E0&limit=1").await;
    for expand in ["default_source", "invoice_settings.default_payment_method"] {
        walk.get(&format!("/v1/customers/{rich}?expand[]={expand}")).await;
    }
    walk.get(&format!("/v1/customers/{timed}?expand[]=test_clock")).await;
    let methods = format!("/v1/customers/{rich}/payment_methods");
    assert!(!walk.list_each(&methods).await.is_empty());
    hang_on(&mut walk, &rich).await;
    let coupon = walk.make("/v1/coupons", "percent_off=10&duration=forever").await;
    let redeem = format!("coupon={coupon}");
    walk.post_as_of("2024-09-30.acacia", &format!("/v1/customers/{rich}"), &redeem).await;
    walk.get_expanded(&format!("/v1/customers/{rich}")).await;
    walk.delete(&format!("/v1/customers/{rich}/discount")).await;
    walk.delete(&format!("/v1/customers/{bare}")).await;
    let gone = walk.get(&format!("/v1/customers/{bare}")).await;
    assert_eq!(gone["deleted"], true);
    let missing = (404, Some("resource_missing"));
    walk.refused("GET", "/v1/customers/cus_none", "", missing).await;
    walk.refused("POST", "/v1/customers/cus_none", "name=x", missing).await;
    walk.finish().await;
}

/// What hangs on a customer.
async fn hang_on(walk: &mut Walk, customer: &str) {
    let path = format!("/v1/customers/{customer}");
    let balance = format!("{path}/balance_transactions");
    let full = "amount=-500&currency=usd&description=d&metadata[a]=1";
    let credit = walk.make(&balance, full).await;
    walk.make(&balance, "amount=200&currency=usd").await;
    walk.post(&format!("{balance}/{credit}"), "description=new&metadata[b]=2").await;
    walk.list_each(&balance).await;

    let tax_ids = format!("{path}/tax_ids");
    let german = walk.make(&tax_ids, "type=eu_vat&value=DE123456789").await;
    walk.make(&tax_ids, "type=gb_vat&value=GB123456789").await;
    walk.list_each(&tax_ids).await;
    walk.delete(&format!("{tax_ids}/{german}")).await;
}
