//! What moved between versions ends in the same rows.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_domain::Timestamp;
use counterfoil_domain::mirror::{Change, ObjectKind, Projection, Row, Value as Held};
use counterfoil_projection::{ProjectionError, absent, project, tables};
use serde_json::{Value, json};

use crate::bodies;

fn projected(kind: ObjectKind, body: &Value) -> Projection {
    project(kind, &body.to_string(), false).unwrap()
}

/// The row of the object, which is there.
fn row(projection: &Projection) -> &Row {
    projection.change.row().unwrap()
}

/// The rows of the object and of its children.
fn rows(projection: &Projection) -> impl Iterator<Item = &Row> {
    projection.change.row().into_iter().chain(projection.children.iter().flat_map(|it| &it.rows))
}

#[test]
fn every_column_is_filled() {
    let mut filled: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (kind, body) in bodies::all() {
        for row in rows(&projected(kind, &body)) {
            let columns = row.table.columns.iter().filter(|it| row.get(it.name).is_some());
            filled.entry(row.table.name).or_default().extend(columns.map(|it| it.name));
        }
    }
    for table in tables() {
        let known: BTreeSet<&str> = table.columns.iter().map(|it| it.name).collect();
        assert_eq!(filled.get(table.name), Some(&known), "{}", table.name);
    }
}

#[test]
fn what_moved_is_found_in_the_oldest_form_too() {
    for (kind, before, new) in bodies::BEFORE {
        let body = bodies::of(*kind);
        let (now, before) = (projected(*kind, &body), projected(*kind, &before(body)));
        assert_eq!(rows(&now).count(), rows(&before).count(), "{kind}");
        let mut missing = BTreeSet::new();
        for (now, before) in rows(&now).zip(rows(&before)) {
            assert_eq!((&now.id, now.table.name), (&before.id, before.table.name));
            for column in &now.table.columns {
                let name = column.name;
                if before.get(name).is_none() && now.get(name).is_some() {
                    missing.insert(name);
                } else {
                    assert_eq!(before.get(name), now.get(name), "{kind} {name}");
                }
            }
        }
        assert_eq!(missing, new.iter().copied().collect(), "{kind}");
    }
}

#[test]
fn lists_in_the_place_of_single_values() {
    let mut note = bodies::of(ObjectKind::CreditNote);
    let refunds =
        |note: &Value| row(&projected(ObjectKind::CreditNote, note)).get("refunds").cloned();
    assert_eq!(refunds(&note), Some(Held::Json(r#"["re_1"]"#.to_owned())));
    note["refunds"] = json!([{ "refund": "re_1" }, { "refund": { "id": "re_2" } }]);
    assert_eq!(refunds(&note), Some(Held::Json(r#"["re_1","re_2"]"#.to_owned())));
    note["refunds"] = json!([]);
    assert_eq!(refunds(&note), None, "as where there was no refund before there was a list");
}

#[test]
fn taxes_are_summed_to_the_last_unit_or_not_at_all() {
    let mut body = bodies::invoice();
    let tax = |body: &Value| {
        project(ObjectKind::Invoice, &body.to_string(), false)
            .map(|it| row(&it).get("tax").cloned())
    };
    assert_eq!(tax(&body), Ok(Some(Held::Integer(70))));
    body["total_taxes"] = json!([]);
    assert_eq!(tax(&body), Ok(None), "as where no tax was computed");
    body["total_taxes"] = json!([{ "amount": i64::MAX }, { "amount": 1 }]);
    let field = "tax";
    assert_eq!(tax(&body), Err(ProjectionError::Unreadable { kind: ObjectKind::Invoice, field }));
}

#[test]
fn old_names_of_values_become_the_newest() {
    for (shown, kept) in [
        ("hosted", "hosted_page"),
        ("embedded", "embedded_page"),
        ("custom", "elements"),
        ("form", "form"),
        ("invented_tomorrow", "invented_tomorrow"),
    ] {
        let mut body = bodies::checkout_session();
        body["ui_mode"] = json!(shown);
        let found = projected(ObjectKind::CheckoutSession, &body);
        assert_eq!(row(&found).text("ui_mode"), Some(kept));
    }
}

#[test]
fn lines_that_were_not_shown_say_nothing() {
    let whole = bodies::checkout_session();
    let mut bare = whole.clone();
    bare.as_object_mut().unwrap().remove("line_items");
    let (whole, bare) = (
        projected(ObjectKind::CheckoutSession, &whole),
        projected(ObjectKind::CheckoutSession, &bare),
    );
    assert_eq!((whole.children.len(), bare.children.len()), (1, 0));
    assert_eq!(whole.digest, bare.digest);
    assert!(bare.is_complete());
}

#[test]
fn links_that_expire_prove_no_order() {
    for (kind, field) in [
        (ObjectKind::Charge, "receipt_url"),
        (ObjectKind::Invoice, "hosted_invoice_url"),
        (ObjectKind::Invoice, "invoice_pdf"),
        (ObjectKind::CreditNote, "pdf"),
        (ObjectKind::CheckoutSession, "url"),
    ] {
        let body = bodies::of(kind);
        let mut later = body.clone();
        later[field] = json!("https://example.com/another");
        let (body, later) = (projected(kind, &body), projected(kind, &later));
        assert_eq!(body.digest, later.digest, "{kind} {field}");
        assert_ne!(row(&body).text(field), row(&later).text(field));
    }
}

#[test]
fn what_has_no_id_of_its_own_is_known_by_what_it_says() {
    let triggered = bodies::of(ObjectKind::BillingAlertTriggered);
    let found = projected(ObjectKind::BillingAlertTriggered, &triggered);
    assert_eq!(found.id, "alrt_1:cus_1:200");
    assert_eq!(row(&found).get("value"), Some(&Held::Decimal("1000.5".to_owned())));
    let summary = bodies::of(ObjectKind::ActiveEntitlementSummary);
    let found = projected(ObjectKind::ActiveEntitlementSummary, &summary);
    assert_eq!((found.id.as_str(), found.customer()), ("cus_1", Some("cus_1")));
    let features: Vec<_> =
        found.children[0].rows.iter().map(|it| (it.id.as_str(), it.text("feature"))).collect();
    assert_eq!(features, [("ent_1", Some("feat_1")), ("ent_2", Some("feat_2"))]);
}

#[test]
fn nothing_of_a_card_is_kept_but_what_a_receipt_shows() {
    for (kind, body) in bodies::all() {
        for row in rows(&projected(kind, &body)) {
            for value in row.values.iter().flatten() {
                let (Held::Text(text) | Held::Json(text)) = value else { continue };
                assert!(!text.contains("never kept") && !text.contains("secret"), "{kind}: {text}");
            }
        }
    }
}

#[test]
fn periods_of_items_may_differ_and_the_subscription_spans_them() {
    let mut body = bodies::subscription();
    let mut other = body["items"]["data"][0].clone();
    other["id"] = json!("si_0");
    other["current_period_start"] = json!(50);
    other["current_period_end"] = json!(150);
    body["items"]["data"].as_array_mut().unwrap().push(other);
    let found = projected(ObjectKind::Subscription, &body);
    let second = |seconds| Timestamp::from_unix_seconds(seconds).unwrap();
    assert_eq!(row(&found).get("current_period_start"), Some(&Held::Time(second(50))));
    assert_eq!(row(&found).get("current_period_end"), Some(&Held::Time(second(200))));
    let ids: Vec<&str> = found.children[0].rows.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["si_0", "si_1"], "children are in the order of their ids");
}

#[test]
fn the_order_of_fields_and_children_does_not_matter() {
    let body = bodies::invoice();
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
    let mut body = bodies::price();
    body["unit_amount"] = json!(null);
    let found = projected(ObjectKind::Price, &body);
    assert_eq!(row(&found).get("unit_amount"), None);
    let exact = Some(&Held::Decimal("0.005".to_owned()));
    assert_eq!(row(&found).get("unit_amount_decimal"), exact);
    let beyond =
        body.to_string().replace(r#""unit_amount":null"#, r#""unit_amount":9223372036854775808"#);
    assert!(project(ObjectKind::Price, &beyond, false).is_err(), "never rounded into a float");
    body["unit_amount"] = json!(i64::MAX);
    assert!(project(ObjectKind::Price, &body.to_string(), false).is_ok());
    let coupon = projected(ObjectKind::Coupon, &bodies::of(ObjectKind::Coupon));
    assert_eq!(row(&coupon).get("percent_off"), Some(&Held::Decimal("12.5".to_owned())));
}

#[test]
fn deletions_in_both_forms() {
    let stub = json!({ "id": "cus_1", "object": "customer", "deleted": true });
    assert_eq!(projected(ObjectKind::Customer, &stub).change, Change::Gone);
    let whole = project(ObjectKind::Product, &bodies::product().to_string(), true).unwrap();
    assert!(matches!(&whole.change, Change::DeletedAs(row) if row.text("name") == Some("Gold")));
    for kind in ObjectKind::ALL {
        let gone = absent(kind, "x_1".to_owned());
        assert!(gone.change.is_deletion() && gone.is_complete(), "{kind}");
    }
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
    let (kind, field) = (ObjectKind::Customer, "balance");
    let found = project(kind, &secret, false).unwrap_err();
    assert_eq!(found, ProjectionError::Unreadable { kind, field });
    assert!(!found.to_string().contains("hunter2"));
    let found = project(kind, r#"{"id":"hunter2"#, false).unwrap_err();
    assert!(matches!(found, ProjectionError::NoJson { .. }));
    assert!(!found.to_string().contains("hunter2"));
}
