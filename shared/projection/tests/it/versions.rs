//! What moved between versions ends in the same rows.

use counterfoil_domain::Timestamp;
use counterfoil_domain::mirror::{Change, ObjectKind, Projection, Value};
use counterfoil_projection::{ProjectionError, project};
use serde_json::json;

use crate::bodies;

fn projected(kind: ObjectKind, body: &serde_json::Value) -> Projection {
    project(kind, &body.to_string(), false).unwrap()
}

fn at(seconds: i64) -> Value {
    Value::Time(Timestamp::from_unix_seconds(seconds).unwrap())
}

#[test]
fn a_subscription_is_the_same_before_and_since_basil() {
    let before = projected(ObjectKind::Subscription, &bodies::subscription_before_basil());
    let since = projected(ObjectKind::Subscription, &bodies::subscription_of_endive());
    assert_eq!(before, since);
    let Change::Present(row) = &since.change else { panic!("{since:?}") };
    assert_eq!(row.get("current_period_start"), Some(&at(100)));
    assert_eq!(row.get("current_period_end"), Some(&at(200)));
    let item = &since.children[0].rows[0];
    assert_eq!(item.text("price"), Some("price_1"));
    assert_eq!(item.get("quantity"), Some(&Value::Integer(2)));
    assert_eq!(item.get("current_period_end"), Some(&at(200)));
}

#[test]
fn an_invoice_is_the_same_before_and_since_basil() {
    let before = projected(ObjectKind::Invoice, &bodies::invoice_before_basil());
    let since = projected(ObjectKind::Invoice, &bodies::invoice_of_endive());
    assert_eq!(before, since);
    let Change::Present(row) = &since.change else { panic!("{since:?}") };
    assert_eq!(row.text("subscription"), Some("sub_1"));
    let lines = &since.children[0].rows;
    let items: Vec<_> = lines.iter().map(|it| it.text("subscription_item")).collect();
    assert_eq!(items, [Some("si_1"), None]);
    assert_eq!(lines[1].get("proration"), Some(&Value::Flag(true)));
}

#[test]
fn periods_of_items_may_differ_and_the_subscription_spans_them() {
    let mut body = bodies::subscription_of_endive();
    let mut other = body["items"]["data"][0].clone();
    other["id"] = json!("si_0");
    other["current_period_start"] = json!(50);
    other["current_period_end"] = json!(150);
    body["items"]["data"].as_array_mut().unwrap().push(other);
    let projection = projected(ObjectKind::Subscription, &body);
    let Change::Present(row) = &projection.change else { panic!("{projection:?}") };
    assert_eq!(row.get("current_period_start"), Some(&at(50)));
    assert_eq!(row.get("current_period_end"), Some(&at(200)));
    let items = &projection.children[0].rows;
    assert_eq!(items[0].id, "si_0", "children are in the order of their ids");
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
    let Change::Present(row) = projected(ObjectKind::Price, &bodies::price()).change else {
        panic!()
    };
    assert_eq!(row.get("unit_amount"), None);
    assert_eq!(row.get("unit_amount_decimal"), Some(&Value::Decimal("0.005".to_owned())));
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
    assert!(matches!(whole.change, Change::DeletedAs(_)));
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
