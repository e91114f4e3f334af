//! `/v1/subscription_items`: the items of subscriptions by themselves.

use crate::stage::START;
use crate::subscriber::{Subscriber, text};
use counterfoil_simulator::Card;
use serde_json::json;

const HALF: std::time::Duration = std::time::Duration::from_hours(31 * 12);

#[tokio::test]
async fn an_item_is_made_read_changed_and_removed() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.pass(HALF);
    let form =
        format!("subscription={}&price={}&quantity=3&metadata[seat]=a", of.id, of.stage.bigger);
    let item = of.post("/v1/subscription_items", &form).await;
    assert_eq!((&item["object"], &item["quantity"]), (&json!("subscription_item"), &json!(3)));
    assert_eq!((&item["subscription"], &item["metadata"]["seat"]), (&json!(of.id), &json!("a")));
    let path = format!("/v1/subscription_items/{}", text(&item["id"]));
    assert_eq!(of.ask("GET", &path, "").await, item);
    let mark = of.mark();
    let changed = of.post(&path, "quantity=1&proration_behavior=always_invoice").await;
    assert_eq!(changed["quantity"], 1);
    let kinds = of.kinds_since(mark);
    assert!(kinds.contains(&"invoice.created".to_owned()), "{kinds:?}");
    // The three waited; two of them are credited again. All of it is for half of the month.
    assert_eq!(of.invoice()["total"], 1_500);
    let gone = of.ask("DELETE", &format!("{path}?proration_behavior=none"), "").await;
    let expected = json!({ "id": item["id"], "object": "subscription_item", "deleted": true });
    assert_eq!(gone, expected);
    assert_eq!(of.refused("GET", &path, "").await.0, 404);
    assert_eq!(of.refused("DELETE", &path, "").await.0, 404);
    assert_eq!(of.now()["items"]["total_count"], 1);
    let last = format!("/v1/subscription_items/{}", of.item());
    assert_eq!(of.refused("DELETE", &last, "").await.0, 400, "the last one stays");
}

#[tokio::test]
async fn an_item_of_a_change_that_waits_is_answered() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    of.pass(HALF);
    of.bank(Card::Declining);
    let form = format!(
        "subscription={}&price={}&proration_behavior=always_invoice\
         &payment_behavior=pending_if_incomplete",
        of.id, of.stage.bigger
    );
    let item = of.post("/v1/subscription_items", &form).await;
    assert_eq!(item["price"]["id"], json!(of.stage.bigger));
    assert_eq!(of.now()["items"]["total_count"], 1);
    assert_eq!(of.now()["pending_update"]["subscription_items"][1]["id"], item["id"]);
}

#[tokio::test]
async fn wrong_calls_are_refused() {
    let of = Subscriber::to_monthly(Card::Good, "").await;
    for (form, status, param) in [
        (String::new(), 400, "subscription"),
        ("subscription=sub_x".to_owned(), 404, "subscription"),
        (format!("subscription={}", of.id), 400, "price"),
        (format!("subscription={}&price=price_x", of.id), 400, "items"),
        (format!("subscription={}&shoe=46", of.id), 400, "shoe"),
    ] {
        let (found, error) = of.refused("POST", "/v1/subscription_items", &form).await;
        assert_eq!((found, &error["param"]), (status, &json!(param)), "{form}");
    }
    assert_eq!(of.period().0, START);
}
