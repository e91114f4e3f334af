//! Idempotency keys.

use crate::caller::{Answer, call, call_with, post_under};
use crate::stage::{Stage, events};
use counterfoil_simulator::Card;
use std::time::Duration;

fn is_replay(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == Some("true")
}

#[tokio::test]
async fn the_first_result_is_given_again_to_the_byte() {
    let stage = Stage::start().await;
    let poor = stage.customer(Card::Declining);
    let subscription = stage.simulator.subscribe(&stage.wish(&poor)).unwrap();
    let invoice = stage.truth("subscription", &subscription)["latest_invoice"].clone();
    let pay = format!("/v1/invoices/{}/pay", invoice.as_str().unwrap());
    let gone = "customer=cus_gone&items[0][price]=price_gone";
    for (key, path, form, status) in [
        ("made", "/v1/customers", "email=a%40example.com&metadata[a]=1", 200),
        ("declined", pay.as_str(), "", 402),
        ("missing", "/v1/subscriptions", gone, 400),
        ("no such", "/v1/customers/cus_gone", "name=A", 404),
    ] {
        let first = post_under(&stage, key, path, form).await;
        assert_eq!(first.status.as_u16(), status, "{key} {}", first.body);
        assert!(!is_replay(&first), "{key}");
        let made = events(&stage.simulator).len();
        stage.simulator.advance(Duration::from_secs(1));
        let again = post_under(&stage, key, path, form).await;
        assert_eq!((again.status, &again.bytes), (first.status, &first.bytes), "{key}");
        assert!(is_replay(&again), "{key}");
        assert_eq!(again.header("idempotency-key"), Some(key));
        assert_ne!(again.header("request-id"), first.header("request-id"));
        assert_eq!(events(&stage.simulator).len(), made, "{key}");
    }
}

#[tokio::test]
async fn what_was_refused_before_anything_was_done_is_not_kept() {
    let stage = Stage::start().await;
    for (path, form) in [
        ("/v1/customers", "shoe_size=46"),
        ("/v1/products", ""),
        ("/v1/prices", "product=p&currency=usd&unit_amount=ten"),
        ("/v1/nothing", ""),
    ] {
        let refused = post_under(&stage, path, path, form).await;
        assert!(refused.status.is_client_error(), "{path}");
        let again = post_under(&stage, path, "/v1/customers", "").await;
        assert_eq!(again.status.as_u16(), 200, "{path}: the key is free: {}", again.body);
        assert!(!is_replay(&again));
    }
    let headers = [("authorization", "Bearer sk_live_1"), ("idempotency-key", "k")];
    assert_eq!(call_with(&stage, "POST", "/v1/customers", "", &headers).await.status, 401);
    assert!(!is_replay(&post_under(&stage, "k", "/v1/customers", "").await));
}

#[tokio::test]
async fn a_key_belongs_to_its_path_and_parameters() {
    let stage = Stage::start().await;
    let first = post_under(&stage, "k", "/v1/customers", "name=A&email=b").await;
    for (path, form) in [
        ("/v1/customers", "name=B&email=b"),
        ("/v1/customers", "name=A"),
        ("/v1/customers", "nameA=&email=b"),
        ("/v1/products", "name=A&email=b"),
    ] {
        let other = post_under(&stage, "k", path, form).await;
        assert_eq!(other.status.as_u16(), 400, "{path} {form}");
        assert_eq!(other.body["error"]["type"], "idempotency_error", "{path} {form}");
        assert!(!is_replay(&other));
    }
    let escaped = post_under(&stage, "k", "/v1/customers", "n%61me=A&email=b").await;
    assert_eq!(escaped.bytes, first.bytes);
}

#[tokio::test]
async fn a_key_is_kept_for_a_simulated_day() {
    let stage = Stage::start().await;
    let first = post_under(&stage, "k", "/v1/customers", "").await;
    stage.simulator.advance(Duration::from_secs(86_399));
    assert_eq!(post_under(&stage, "k", "/v1/customers", "").await.id(), first.id());
    stage.simulator.advance(Duration::from_secs(1));
    let second = post_under(&stage, "k", "/v1/customers", "name=Other").await;
    assert_eq!(second.status.as_u16(), 200);
    assert_ne!(second.id(), first.id());
    assert!(!is_replay(&second));
}

#[tokio::test]
async fn only_a_post_has_a_key_and_only_one_of_255_characters() {
    let stage = Stage::start().await;
    let id = stage.customer(Card::Good);
    let path = format!("/v1/customers/{id}");
    let headers = [("authorization", "Bearer sk_test_1"), ("idempotency-key", "k")];
    for (method, status) in [("GET", 200), ("DELETE", 200), ("DELETE", 404)] {
        let answer = call_with(&stage, method, &path, "", &headers).await;
        assert_eq!(answer.status.as_u16(), status);
        assert!(!is_replay(&answer));
    }
    for (length, status) in [(255, 200), (256, 400)] {
        let answer = post_under(&stage, &"k".repeat(length), "/v1/customers", "").await;
        assert_eq!(answer.status.as_u16(), status, "{length}");
    }
}

#[tokio::test]
async fn parts_of_a_path_are_decoded_one_by_one() {
    let stage = Stage::start().await;
    let id = stage.customer(Card::Good);
    let check = async |path: String, status: u16| {
        let answer = call(&stage, "GET", &path, "").await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
    };
    check(format!("/v1/customers/{}", id.replace('_', "%5F")), 200).await;
    check(format!("/v1/custom%65rs/{id}"), 200).await;
    check(format!("/v1/customers%2F{id}"), 404).await;
    check(format!("/v1/customers/{}", id.replace('_', "%5")), 404).await;
}
