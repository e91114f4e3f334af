//! The judging can fail: what is spoilt in a good body is found, and named.

use crate::walk::{GOOD, Walk};
use counterfoil_stripe_types::paths::Subject;
use counterfoil_stripe_types::{Fault, Shape};
use serde_json::{Value, json};

/// Fields that a subscription cannot be read without, as the struct declares them.
const REQUIRED: &[&str] = &[
    "automatic_tax",
    "billing_cycle_anchor",
    "billing_mode",
    "billing_schedules",
    "cancel_at_period_end",
    "collection_method",
    "created",
    "currency",
    "customer",
    "discounts",
    "id",
    "invoice_settings",
    "items",
    "livemode",
    "metadata",
    "start_date",
    "status",
];

/// Fields that may be absent.
const UNNOTICED: &[&str] = &["default_tax_rates", "object", "status_details"];

const SUBSCRIPTION: Shape = Shape::of::<stripe_shared::Subscription>();

async fn subscription() -> Value {
    let mut walk = Walk::over(Subject::Subscriptions).await;
    let product = walk.make("/v1/products", "name=Plan").await;
    let form = format!("product={product}&currency=usd&unit_amount=1000&recurring[interval]=month");
    let price = walk.make("/v1/prices", &form).await;
    let customer = walk.make("/v1/customers", GOOD).await;
    let wish = format!("customer={customer}&items[0][price]={price}");
    walk.post("/v1/subscriptions", &wish).await
}

fn absent(at: &str, field: &str) -> Fault {
    Fault::Absent { at: at.to_owned(), field: field.to_owned() }
}

fn missing(field: &str) -> Fault {
    Fault::Missing { at: String::new(), field: field.to_owned() }
}

#[tokio::test]
async fn a_body_without_a_required_field_is_at_fault() {
    let whole = subscription().await;
    assert_eq!(SUBSCRIPTION.faults(&whole), []);
    let mut required = Vec::new();
    let mut unnoticed = Vec::new();
    for field in whole.as_object().unwrap().keys() {
        let mut cut = whole.clone();
        cut.as_object_mut().unwrap().remove(field);
        let faults = SUBSCRIPTION.faults(&cut);
        if SUBSCRIPTION.parses(&cut) {
            if faults.is_empty() {
                unnoticed.push(field.as_str());
            } else {
                assert_eq!(faults, [missing(field)]);
            }
        } else {
            assert_eq!(faults, [absent("", field)]);
            required.push(field.as_str());
        }
    }
    assert_eq!(required, REQUIRED);
    assert_eq!(unnoticed, UNNOTICED);
}

#[tokio::test]
async fn what_is_spoilt_deep_inside_is_named() {
    let whole = subscription().await;
    let spoilt = |at: &str, value: Option<Value>| {
        let mut body = whole.clone();
        let (parent, field) = at.rsplit_once('/').unwrap();
        let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => parent.insert(field.to_owned(), value),
            None => parent.remove(field),
        };
        SUBSCRIPTION.faults(&body)
    };
    let item = "items.data[]";
    assert_eq!(
        spoilt("/items/data/0/price/product", None),
        [absent("items.data[].price", "product")]
    );
    let refused = |at: &str| Fault::Refused { at: at.to_owned() };
    assert_eq!(
        spoilt("/items/data/0/current_period_end", Some(json!("soon"))),
        [refused(&format!("{item}.current_period_end"))]
    );
    assert_eq!(spoilt("/metadata/a", Some(json!(1))), [refused("metadata.a")]);
    assert_eq!(spoilt("/created", Some(json!(1.5))), [refused("created")]);
    assert_eq!(spoilt("/created", Some(Value::Null)), [refused("created")]);
    assert_eq!(
        spoilt("/items/data/0/colour", Some(json!("red"))),
        [Fault::Unread { at: format!("{item}.colour") }]
    );
    let unknown = spoilt("/status", Some(json!("actve")));
    assert!(
        matches!(&unknown[..], [Fault::Unknown { at, warning }]
            if at == "status" && warning.contains("actve")),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn what_can_be_expanded_is_known() {
    let places = SUBSCRIPTION.expandable(&subscription().await);
    let of_items = ["items.data.plan.product", "items.data.price.product"];
    assert_eq!(places, ["customer", of_items[0], of_items[1], "latest_invoice"]);
}

#[test]
fn one_of_several_types_is_judged_by_its_own() {
    type Returned = stripe_core::customer::RetrieveCustomerReturned;
    let shape = Shape::of::<Returned>();
    let gone = json!({ "id": "cus_1", "object": "customer", "deleted": true });
    assert_eq!(shape.faults(&gone), []);
    let neither = json!({ "id": "cus_1", "object": "customer" });
    let faults = shape.faults(&neither);
    assert!(faults.contains(&absent("", "created")), "{faults:?}");
    assert!(!shape.parses(&neither));
}
