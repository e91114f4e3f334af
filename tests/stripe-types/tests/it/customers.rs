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
