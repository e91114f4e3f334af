//! What is asked for, and what is made of the answers.

use counterfoil_domain::Timestamp;
use counterfoil_domain::mirror::ObjectKind;
use counterfoil_stripe_client::{Answer, Asked, StripeError};
use serde_json::{Value, json};

use crate::server::{DATE, client};

fn asked(kind: ObjectKind, id: &str) -> Asked<'_> {
    Asked { kind, id, customer: None, subscription: None }
}

fn date() -> Timestamp {
    Timestamp::from_unix_seconds(DATE).unwrap()
}

#[track_caller]
fn body(answer: Result<Answer, StripeError>) -> Value {
    let found = match answer.unwrap() {
        Answer::Found { body, date: at } if at == date() => Some(body),
        Answer::Found { .. } | Answer::Absent { .. } | Answer::Unaskable { .. } => None,
    };
    serde_json::from_str(&found.unwrap()).unwrap()
}

fn missing() -> Value {
    json!({ "error": { "code": "resource_missing", "type": "invalid_request_error" } })
}

fn list(ids: &[&str], has_more: bool) -> Value {
    let data: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
    json!({ "object": "list", "has_more": has_more, "data": data })
}

#[tokio::test]
async fn an_object_is_found_or_absent_at_its_address() {
    let client = client(&[
        ("/v1/disputes/dp_1", 200, json!({ "id": "dp_1" })),
        ("/v1/refunds/re_1", 404, missing()),
    ])
    .await;
    let dispute = client.fetch(asked(ObjectKind::Dispute, "dp_1"), None).await;
    assert_eq!(body(dispute), json!({ "id": "dp_1" }));
    let refund = client.fetch(asked(ObjectKind::Refund, "re_1"), None).await;
    assert_eq!(refund, Ok(Answer::Absent { date: date() }));
    let elsewhere = client.fetch(asked(ObjectKind::Charge, "ch_1"), None).await;
    assert!(matches!(elsewhere, Err(StripeError::Unreadable { .. })), "{elsewhere:?}");
}

#[tokio::test]
async fn lists_that_show_only_some_are_completed() {
    let lines = "/v1/checkout/sessions/cs_1/line_items?limit=100";
    let client = client(&[
        (
            "/v1/checkout/sessions/cs_1?expand%5B%5D=line_items",
            200,
            json!({ "id": "cs_1", "line_items": list(&["li_1"], true) }),
        ),
        (lines, 200, list(&["li_1", "li_2"], true)),
        (&format!("{lines}&starting_after=li_2"), 200, list(&["li_3"], false)),
        ("/v1/credit_notes/cn_1", 200, json!({ "id": "cn_1", "lines": list(&["cnli_1"], false) })),
        ("/v1/invoices/in_1", 200, json!({ "id": "in_1", "lines": list(&["il_1"], true) })),
        ("/v1/invoices/in_1/lines?limit=100", 404, missing()),
    ])
    .await;
    let session = client.fetch(asked(ObjectKind::CheckoutSession, "cs_1"), None).await;
    assert_eq!(body(session)["line_items"], list(&["li_1", "li_2", "li_3"], false));
    let note = client.fetch(asked(ObjectKind::CreditNote, "cn_1"), None).await;
    assert_eq!(body(note)["lines"], list(&["cnli_1"], false));
    let invoice = client.fetch(asked(ObjectKind::Invoice, "in_1"), None).await;
    assert!(matches!(invoice, Err(StripeError::Unreadable { .. })), "{invoice:?}");
}

#[tokio::test]
async fn a_tax_id_is_asked_for_at_its_customer() {
    let client =
        client(&[("/v1/customers/cus_1/tax_ids/txi_1", 200, json!({ "id": "txi_1" }))]).await;
    let alone = asked(ObjectKind::TaxId, "txi_1");
    let found = client.fetch(Asked { customer: Some("cus_1"), ..alone }, None).await;
    assert_eq!(body(found), json!({ "id": "txi_1" }));
    let unknown = client.fetch(alone, None).await;
    assert!(matches!(unknown, Ok(Answer::Unaskable { .. })), "{unknown:?}");
}

#[tokio::test]
async fn a_discount_is_asked_for_at_its_owner() {
    let items = "/v1/subscription_items?subscription=sub_1&expand%5B%5D=data.discounts&limit=100";
    let client = client(&[
        (
            "/v1/customers/cus_1",
            200,
            json!({ "id": "cus_1", "discount": { "id": "di_1", "customer": "cus_1" } }),
        ),
        ("/v1/customers/cus_2", 404, missing()),
        (
            "/v1/subscriptions/sub_1?expand%5B%5D=discounts&expand%5B%5D=items.data.discounts",
            200,
            json!({ "id": "sub_1", "discounts": [{ "id": "di_2" }], "items": list(&["si_1"], true) }),
        ),
        (
            items,
            200,
            json!({ "has_more": false, "data": [
                { "id": "si_1", "discounts": [] }, { "id": "si_2", "discounts": [{ "id": "di_3" }] },
            ] }),
        ),
    ])
    .await;
    let ask = async |id, customer, subscription| {
        let asked = Asked { kind: ObjectKind::Discount, id, customer, subscription };
        client.fetch(asked, None).await
    };
    let of_customer = ask("di_1", Some("cus_1"), None).await;
    assert_eq!(body(of_customer), json!({ "id": "di_1", "customer": "cus_1" }));
    for id in ["di_2", "di_3"] {
        let found = ask(id, Some("cus_1"), Some("sub_1")).await;
        assert_eq!(body(found), json!({ "id": id }));
    }
    let absent = Ok(Answer::Absent { date: date() });
    assert_eq!(ask("di_1", Some("cus_1"), Some("sub_1")).await, absent);
    assert_eq!(ask("di_9", Some("cus_1"), None).await, absent);
    assert_eq!(ask("di_1", Some("cus_2"), None).await, absent);
    assert!(matches!(ask("di_1", None, None).await, Ok(Answer::Unaskable { .. })));
}

#[tokio::test]
async fn entitlements_are_put_together_from_their_list() {
    let pages = "/v1/entitlements/active_entitlements?customer=cus_1&limit=100";
    let client = client(&[
        (pages, 200, list(&["ent_1"], true)),
        (&format!("{pages}&starting_after=ent_1"), 200, list(&["ent_2"], false)),
        ("/v1/entitlements/active_entitlements?customer=cus_2&limit=100", 404, missing()),
    ])
    .await;
    let found = client.fetch(asked(ObjectKind::ActiveEntitlementSummary, "cus_1"), None).await;
    assert_eq!(
        body(found),
        json!({
            "object": "entitlements.active_entitlement_summary", "customer": "cus_1",
            "entitlements": list(&["ent_1", "ent_2"], false),
        })
    );
    let absent = client.fetch(asked(ObjectKind::ActiveEntitlementSummary, "cus_2"), None).await;
    assert_eq!(absent, Ok(Answer::Absent { date: date() }));
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_not() {
    let client = client(&[]).await;
    let id = "alrt_1:cus_1:100";
    let answer = client.fetch(asked(ObjectKind::BillingAlertTriggered, id), None).await;
    assert!(matches!(answer, Ok(Answer::Unaskable { .. })), "{answer:?}");
}
