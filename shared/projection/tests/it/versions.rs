//! What moved between versions ends in the same rows.

use counterfoil_domain::Timestamp;
use counterfoil_domain::mirror::{Change, ObjectKind, Projection, Row};
use counterfoil_projection::{ProjectionError, project};
use serde_json::{Value, json};

use crate::bodies;

fn projected(kind: ObjectKind, body: &Value) -> Projection {
    project(kind, &body.to_string(), false).unwrap()
}

#[test]
fn a_subscription_is_the_same_before_and_since_basil() {
    let before = projected(ObjectKind::Subscription, &bodies::subscription_before_basil());
    let since = projected(ObjectKind::Subscription, &bodies::subscription_of_endive());
    assert_eq!(before, since);
    let Change::Present(Row::Subscription(row)) = since.change else { panic!("{since:?}") };
    let at = |seconds| Timestamp::from_unix_seconds(seconds).ok();
    assert_eq!((row.current_period_start, row.current_period_end), (at(100), at(200)));
    assert_eq!((row.items[0].price.as_deref(), row.items[0].quantity), (Some("price_1"), Some(2)));
}

#[test]
fn an_invoice_is_the_same_before_and_since_basil() {
    let before = projected(ObjectKind::Invoice, &bodies::invoice_before_basil());
    let since = projected(ObjectKind::Invoice, &bodies::invoice_of_endive());
    assert_eq!(before, since);
    let Change::Present(Row::Invoice(row)) = since.change else { panic!("{since:?}") };
    assert_eq!(row.subscription.as_deref(), Some("sub_1"));
    let items: Vec<_> = row.lines.iter().map(|it| it.subscription_item.as_deref()).collect();
    assert_eq!(items, [Some("si_1"), None]);
    assert_eq!(row.lines[1].proration, Some(true));
}

#[test]
fn periods_of_items_may_differ_and_the_subscription_spans_them() {
    let mut body = bodies::subscription_of_endive();
    let mut other = body["items"]["data"][0].clone();
    other["id"] = json!("si_0");
    other["current_period_start"] = json!(50);
    other["current_period_end"] = json!(150);
    body["items"]["data"].as_array_mut().unwrap().push(other);
    let Change::Present(Row::Subscription(row)) = projected(ObjectKind::Subscription, &body).change
    else {
        panic!()
    };
    let seconds = |it: Option<Timestamp>| it.map(Timestamp::unix_seconds);
    assert_eq!(seconds(row.current_period_start), Some(50));
    assert_eq!(seconds(row.current_period_end), Some(200));
    assert_eq!(row.items[0].id, "si_0", "children are in the order of their ids");
}

#[test]
fn the_order_of_fields_and_children_does_not_matter() {
    let body = bodies::invoice_of_endive();
    let mut turned = body.clone();
    turned["lines"]["data"].as_array_mut().unwrap().reverse();
    assert_eq!(
        projected(ObjectKind::Invoice, &body).digest,
        projected(ObjectKind::Invoice, &turned).digest
    );
}

#[test]
fn every_kept_field_shows_in_the_digest() {
    let body = bodies::customer();
    let digest = projected(ObjectKind::Customer, &body).digest;
    for (path, value) in [
        ("/balance", json!(-501)),
        ("/name", json!(null)),
        ("/metadata", json!({})),
        ("/address/city", json!("Basel")),
        ("/invoice_settings/default_payment_method", json!("pm_2")),
    ] {
        let mut other = body.clone();
        *other.pointer_mut(path).unwrap() = value;
        assert_ne!(projected(ObjectKind::Customer, &other).digest, digest, "{path}");
    }
}

#[test]
fn amounts_stay_exact() {
    let Change::Present(Row::Price(row)) = projected(ObjectKind::Price, &bodies::price()).change
    else {
        panic!()
    };
    assert_eq!((row.unit_amount, row.unit_amount_decimal.as_deref()), (None, Some("0.005")));
    let mut body = bodies::price();
    body["unit_amount"] = json!(i64::MAX);
    assert!(project(ObjectKind::Price, &body.to_string(), false).is_ok());
    let beyond = bodies::price()
        .to_string()
        .replace(r#""unit_amount":null"#, r#""unit_amount":9223372036854775808"#);
    assert!(project(ObjectKind::Price, &beyond, false).is_err(), "never rounded into a float");
}

#[test]
fn deletions_in_both_forms() {
    let stub = json!({ "id": "cus_1", "object": "customer", "deleted": true });
    assert_eq!(projected(ObjectKind::Customer, &stub).change, Change::Gone);
    let whole = project(ObjectKind::Product, &bodies::product().to_string(), true).unwrap();
    assert!(matches!(whole.change, Change::DeletedAs(Row::Product(_))));
}

#[test]
fn what_cannot_be_kept_says_why_without_saying_what() {
    for (body, error) in [
        (json!({}), "the customer or one of its children has no id"),
        (json!({ "id": "" }), "the customer or one of its children has no id"),
        (json!({ "id": "x".repeat(256) }), "the id of the customer is longer than 255 bytes"),
    ] {
        let found = project(ObjectKind::Customer, &body.to_string(), false);
        assert_eq!(found.map_err(|it| it.to_string()), Err(error.to_owned()));
    }
    let secret = json!({ "id": "cus_1", "balance": "hunter2" }).to_string();
    let found = project(ObjectKind::Customer, &secret, false).unwrap_err();
    assert!(matches!(found, ProjectionError::Unreadable { .. }));
    assert!(!found.to_string().contains("hunter2"));
}
