//! Metadata of objects: merged, unset, and kept within its limits. Other parameters whose limits
//! hold wherever they are given.

use crate::caller::{call, post};
use crate::invoices::{id, refused};
use crate::stage::{START, Stage};
use counterfoil_simulator::Card;
use serde_json::json;

#[tokio::test]
async fn keys_are_merged_and_an_empty_value_unsets() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let form = format!("customer={customer}&items[0][price]={}", stage.monthly);
    let subscription = id(&post(&stage, "/v1/subscriptions", &form).await);
    let charge = call(&stage, "GET", "/v1/charges", "").await.body["data"][0].clone();
    let item = format!("customer={customer}&amount=5&currency=usd");
    for path in [
        format!("/v1/customers/{customer}"),
        format!("/v1/subscriptions/{subscription}"),
        format!("/v1/prices/{}", stage.monthly),
        format!("/v1/charges/{}", charge["id"].as_str().unwrap()),
        format!("/v1/invoiceitems/{}", id(&post(&stage, "/v1/invoiceitems", &item).await)),
    ] {
        let all = post(&stage, &path, "metadata[a]=1&metadata[b]=2&metadata[c]=3").await;
        assert_eq!(all["metadata"], json!({ "a": "1", "b": "2", "c": "3" }), "{path}");
        let one = post(&stage, &path, "metadata[a]=&metadata[b]=4").await;
        assert_eq!(one["metadata"], json!({ "b": "4", "c": "3" }), "{path}");
        assert_eq!(post(&stage, &path, "metadata=").await["metadata"], json!({}), "{path}");
    }
    let new = post(&stage, "/v1/customers", "metadata[a]=&metadata[b]=2").await;
    assert_eq!(new["metadata"], json!({ "b": "2" }));
}

#[tokio::test]
async fn what_goes_beyond_a_limit_is_refused_and_changes_nothing() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let path = format!("/v1/customers/{customer}");
    let keys = |count: usize| {
        let given: Vec<String> = (0..count).map(|key| format!("metadata[k{key}]=v")).collect();
        given.join("&")
    };
    let mark = stage.simulator.history().len();
    let item = format!(
        "customer={customer}&items[0][price]={}&items[0][metadata][k]={}",
        stage.monthly,
        "v".repeat(501)
    );
    for (path, form) in [
        ("/v1/customers", keys(51)),
        ("/v1/customers", format!("metadata[{}]=v", "k".repeat(41))),
        ("/v1/customers", format!("metadata[k]={}", "v".repeat(501))),
        ("/v1/customers", "metadata[a[b]]=v".to_owned()),
        ("/v1/subscriptions", item),
        (path.as_str(), keys(51)),
    ] {
        assert_eq!(refused(&stage, path, &form).await.1, "metadata", "{path} {form}");
    }
    assert_eq!(stage.simulator.history().len(), mark);
    let form = format!("{}&metadata[{}]={}", keys(49), "k".repeat(40), "v".repeat(500));
    assert_eq!(post(&stage, &path, &form).await["metadata"].as_object().unwrap().len(), 50);
    let more = refused(&stage, &path, "metadata[more]=v").await;
    assert_eq!(more.1, "metadata", "50 are held already");
    let swapped = post(&stage, &path, "metadata[more]=v&metadata[k0]=").await;
    assert_eq!(swapped["metadata"].as_object().unwrap().len(), 50);
}

#[tokio::test]
async fn a_customer_with_a_broken_balance_is_not_made() {
    let stage = Stage::start().await;
    let mark = stage.simulator.history().len();
    assert_eq!(refused(&stage, "/v1/customers", "balance=much").await.1, "balance");
    assert_eq!(stage.simulator.history().len(), mark);
}

#[tokio::test]
async fn what_is_metered_has_no_quantity_and_an_interval_lasts() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let meter = "display_name=Calls&event_name=calls&default_aggregation[formula]=sum";
    let meter = id(&post(&stage, "/v1/billing/meters", meter).await);
    let product = id(&post(&stage, "/v1/products", "name=Calls").await);
    let price = format!("product={product}&currency=usd&unit_amount=2&recurring[interval]=month");
    let metered = format!("{price}&recurring[usage_type]=metered&recurring[meter]={meter}");
    let metered = id(&post(&stage, "/v1/prices", &metered).await);
    let start = format!("customer={customer}&items[0][price]={metered}");
    let with_quantity = format!("{start}&items[0][quantity]=3");
    let (_, param, _) = refused(&stage, "/v1/subscriptions", &with_quantity).await;
    assert_eq!(param, "items[0][quantity]");
    let held = post(&stage, "/v1/subscriptions", &start).await;
    let item = id(&held["items"]["data"][0]);
    let path = format!("/v1/subscription_items/{item}");
    assert_eq!(refused(&stage, &path, "quantity=3").await.1, "quantity");
    for count in ["0", "-2"] {
        let form = format!("{price}&recurring[interval_count]={count}");
        let (_, param, _) = refused(&stage, "/v1/prices", &form).await;
        assert_eq!(param, "recurring[interval_count]", "{count}");
    }
}

#[tokio::test]
async fn what_could_never_be_used_is_refused() {
    let stage = Stage::start().await;
    let coupon = id(&post(&stage, "/v1/coupons", "percent_off=5&duration=once").await);
    let code = format!("promotion[type]=coupon&promotion[coupon]={coupon}");
    let price = "currency=usd&product_data[name]=T&billing_scheme=tiered&tiers_mode=volume\
                 &tiers[0][up_to]=inf";
    for (path, form, wrong) in [
        ("/v1/coupons", format!("percent_off=5&duration=once&redeem_by={START}"), "redeem_by"),
        ("/v1/promotion_codes", format!("{code}&expires_at={START}"), "expires_at"),
        ("/v1/promotion_codes", format!("{code}&max_redemptions=0"), "max_redemptions"),
        ("/v1/prices", format!("{price}&tiers[0][unit_amount]=-1"), "tiers[0][unit_amount]"),
        ("/v1/prices", format!("{price}&tiers[0][flat_amount]=-1"), "tiers[0][flat_amount]"),
    ] {
        assert_eq!(refused(&stage, path, &form).await.1, wrong, "{path} {form}");
    }
}

#[tokio::test]
async fn a_customer_is_expanded_by_the_subscriptions_that_run() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let form = format!("customer={customer}&items[0][price]={}", stage.monthly);
    let ended = id(&post(&stage, "/v1/subscriptions", &form).await);
    call(&stage, "DELETE", &format!("/v1/subscriptions/{ended}"), "").await;
    let runs = id(&post(&stage, "/v1/subscriptions", &form).await);
    let path = format!("/v1/customers/{customer}");
    assert_eq!(call(&stage, "GET", &path, "").await.body.get("subscriptions"), None);
    let path = format!("{path}?expand[]=subscriptions.data.latest_invoice");
    let list = call(&stage, "GET", &path, "").await.body["subscriptions"].clone();
    assert_eq!((&list["object"], &list["has_more"]), (&json!("list"), &json!(false)));
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    assert_eq!(list["data"][0]["id"], json!(runs));
    assert_eq!(list["data"][0]["latest_invoice"]["status"], "paid");
}
