//! Where each API version has the fields of invoices, lines, invoice items, prices and products
//! (STRIPE.md 5.3 to 5.6), field by field.

use crate::caller::{KEY, call, call_with};
use crate::stage::{DAY, Stage};
use counterfoil_simulator::{
    ApiVersion, Card, ItemChange, NewSubscription, Options, SubscriptionChange,
};
use serde_json::{Value, json};

const VERSIONS: &[&str] = &[
    "2020-08-27",
    "2022-11-15",
    "2024-09-30.acacia",
    "2025-03-31.basil",
    "2025-09-30.clover",
    "2026-03-25.dahlia",
    "2026-09-30.endive",
];

/// In which versions a field is.
#[derive(Clone, Copy, Debug)]
enum In {
    All,
    Until(&'static str),
    Since(&'static str),
}

impl In {
    fn holds(self, version: &str) -> bool {
        let place = |name: &str| VERSIONS.iter().position(|it| it.contains(name)).unwrap();
        match self {
            Self::All => true,
            Self::Until(end) => place(version) < place(end),
            Self::Since(start) => place(version) >= place(start),
        }
    }
}

const BASIL: &str = "basil";

/// What is looked at: an object, a field of it, where it is, and its value where that tells.
type Row = (&'static str, &'static str, In, Option<Value>);

fn rows() -> Vec<Row> {
    [of_invoices(), of_lines(), of_items_and_prices()].concat()
}

/// Of a subscription's invoice and of a customer's.
fn of_invoices() -> Vec<Row> {
    let before = In::Until(BASIL);
    let since = In::Since(BASIL);
    vec![
        // The invoice of a subscription.
        ("renewal", "/amount_overpaid", since, Some(json!(0))),
        ("renewal", "/application_fee_amount", before, Some(json!(null))),
        ("renewal", "/charge", before, None),
        ("renewal", "/collection_method", In::All, Some(json!("charge_automatically"))),
        ("renewal", "/customer_account", In::Since("dahlia"), Some(json!(null))),
        ("renewal", "/discount", before, Some(json!(null))),
        ("renewal", "/discounts", In::All, Some(json!([]))),
        ("renewal", "/due_date", In::All, Some(json!(null))),
        ("renewal", "/paid", before, Some(json!(true))),
        ("renewal", "/paid_out_of_band", before, Some(json!(false))),
        ("renewal", "/parent", since, None),
        ("renewal", "/parent/quote_details", since, Some(json!(null))),
        ("renewal", "/parent/subscription_details/metadata", since, Some(json!({ "plan": "a" }))),
        ("renewal", "/parent/subscription_details/subscription", since, None),
        ("renewal", "/parent/type", since, Some(json!("subscription_details"))),
        ("renewal", "/payment_intent", before, None),
        ("renewal", "/quote", before, Some(json!(null))),
        ("renewal", "/status", In::All, Some(json!("paid"))),
        ("renewal", "/status_details", In::Since("endive"), Some(json!({ "uncollectible": null }))),
        ("renewal", "/subscription", before, None),
        ("renewal", "/subscription_details", before, Some(json!({ "metadata": { "plan": "a" } }))),
        ("renewal", "/subtotal", In::All, Some(json!(8_000))),
        ("renewal", "/tax", before, Some(json!(null))),
        ("renewal", "/total", In::All, Some(json!(8_000))),
        ("renewal", "/total_excluding_tax", In::All, Some(json!(8_000))),
        ("renewal", "/total_pretax_credit_amounts", since, Some(json!([]))),
        ("renewal", "/total_tax_amounts", before, Some(json!([]))),
        ("renewal", "/total_taxes", since, Some(json!([]))),
        ("renewal", "/transfer_data", before, Some(json!(null))),
        // An invoice of a customer alone.
        ("manual", "/billing_reason", In::All, Some(json!("manual"))),
        ("manual", "/parent", since, Some(json!(null))),
        ("manual", "/subscription", before, Some(json!(null))),
        ("manual", "/subscription_details", before, Some(json!(null))),
    ]
}

/// Of lines of periods, of prorations, and of amounts.
fn of_lines() -> Vec<Row> {
    let before = In::Until(BASIL);
    let since = In::Since(BASIL);
    vec![
        // A line that bills a period.
        ("line", "/amount", In::All, Some(json!(6_000))),
        ("line", "/discount_amounts", In::All, Some(json!([]))),
        ("line", "/discountable", In::All, Some(json!(true))),
        ("line", "/invoice", since, None),
        ("line", "/invoice_item", In::Until("2020"), None),
        ("line", "/parent/invoice_item_details", since, Some(json!(null))),
        ("line", "/parent/subscription_item_details/invoice_item", since, Some(json!(null))),
        ("line", "/parent/subscription_item_details/proration", since, Some(json!(false))),
        ("line", "/parent/subscription_item_details/subscription", since, None),
        ("line", "/parent/subscription_item_details/subscription_item", since, None),
        ("line", "/parent/type", since, Some(json!("subscription_item_details"))),
        ("line", "/plan", before, None),
        ("line", "/plan/amount", before, Some(json!(3_000))),
        ("line", "/pretax_credit_amounts", since, Some(json!([]))),
        ("line", "/price", before, None),
        ("line", "/price/unit_amount_decimal", before, Some(json!("3000"))),
        ("line", "/pricing/price_details/price", since, None),
        ("line", "/pricing/price_details/product", since, None),
        ("line", "/pricing/type", since, Some(json!("price_details"))),
        ("line", "/pricing/unit_amount_decimal", since, Some(json!("3000"))),
        ("line", "/proration", before, Some(json!(false))),
        ("line", "/quantity", In::All, Some(json!(2))),
        ("line", "/quantity_decimal", In::Since("dahlia"), Some(json!("2"))),
        ("line", "/subscription", In::All, None),
        ("line", "/subscription_item", before, None),
        ("line", "/subtotal", since, Some(json!(6_000))),
        ("line", "/tax_amounts", before, Some(json!([]))),
        ("line", "/tax_rates", before, Some(json!([]))),
        ("line", "/taxes", since, Some(json!([]))),
        ("line", "/type", before, Some(json!("subscription"))),
        // A line that credits or charges the rest of a period.
        ("proration", "/discountable", In::All, Some(json!(false))),
        ("proration", "/invoice_item", before, None),
        ("proration", "/parent/subscription_item_details/invoice_item", since, None),
        ("proration", "/parent/subscription_item_details/proration", since, Some(json!(true))),
        (
            "proration",
            "/parent/subscription_item_details/proration_details",
            since,
            Some(json!({ "credited_items": null })),
        ),
        ("proration", "/proration", before, Some(json!(true))),
        ("proration", "/type", before, Some(json!("invoiceitem"))),
        // A line of an item without a price.
        ("amount line", "/parent/invoice_item_details/invoice_item", since, None),
        ("amount line", "/parent/invoice_item_details/subscription", since, Some(json!(null))),
        ("amount line", "/parent/type", since, Some(json!("invoice_item_details"))),
        ("amount line", "/plan", before, Some(json!(null))),
        ("amount line", "/price", before, Some(json!(null))),
        ("amount line", "/quantity_decimal", In::Since("dahlia"), Some(json!("1"))),
        ("amount line", "/subscription", In::All, Some(json!(null))),
        ("amount line", "/type", before, Some(json!("invoiceitem"))),
    ]
}

/// Of a proration's item, a price and a product.
fn of_items_and_prices() -> Vec<Row> {
    let before = In::Until(BASIL);
    let since = In::Since(BASIL);
    vec![
        // The item of a proration.
        ("item", "/customer_account", In::Since("dahlia"), Some(json!(null))),
        ("item", "/date", In::All, None),
        ("item", "/parent/subscription_details/subscription", since, None),
        ("item", "/parent/subscription_details/subscription_item", since, None),
        ("item", "/parent/type", since, Some(json!("subscription_details"))),
        ("item", "/plan", before, None),
        ("item", "/price", before, None),
        ("item", "/pricing/price_details/price", since, None),
        ("item", "/pricing/unit_amount_decimal", since, Some(json!("-500"))),
        ("item", "/proration", In::All, Some(json!(true))),
        ("item", "/quantity", In::All, Some(json!(2))),
        ("item", "/quantity_decimal", In::Since("dahlia"), Some(json!("2"))),
        ("item", "/subscription", before, None),
        ("item", "/subscription_item", before, None),
        ("item", "/unit_amount", before, Some(json!(-500))),
        ("item", "/unit_amount_decimal", before, Some(json!("-500"))),
        // Prices and products.
        ("price", "/recurring/aggregate_usage", before, Some(json!(null))),
        ("price", "/recurring/meter", In::All, Some(json!(null))),
        ("price", "/recurring/usage_type", In::All, Some(json!("licensed"))),
        ("price", "/tiers", In::Until("2020"), None),
        ("price", "/unit_amount", In::All, Some(json!(null))),
        ("price", "/unit_amount_decimal", In::All, Some(json!("0.5"))),
        ("product", "/features", In::Until("acacia"), Some(json!([{ "name": "Nice" }]))),
        ("product", "/marketing_features", In::Since("acacia"), Some(json!([{ "name": "Nice" }]))),
    ]
}

async fn made(stage: &Stage, path: &str, form: &str) -> Value {
    let answer = call(stage, "POST", path, form).await;
    assert_eq!(answer.status.as_u16(), 200, "{path} {form}: {}", answer.body);
    answer.body
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap_or_else(|| panic!("no id in {object}")).to_owned()
}

/// The paths of the objects that the rows are about; a line has that of its invoice's lines.
struct Cast {
    paths: Vec<(&'static str, String)>,
    lines: Vec<(&'static str, String, String)>,
}

async fn cast(stage: &Stage) -> Cast {
    let customer = stage.customer(Card::Good);
    let wish = NewSubscription {
        metadata: [("plan".to_owned(), "a".to_owned())].into(),
        ..stage.wish(&customer)
    };
    let subscription = stage.simulator.subscribe(&wish).unwrap();
    stage.simulator.advance(31 * DAY / 2);
    let held = stage.truth("subscription", &subscription);
    let change = SubscriptionChange {
        items: vec![ItemChange {
            id: Some(id(&held["items"]["data"][0])),
            price: Some(stage.bigger.clone()),
            ..ItemChange::default()
        }],
        ..SubscriptionChange::default()
    };
    stage.simulator.update_subscription(&subscription, change).unwrap();
    stage.simulator.advance(16 * DAY);
    let held = stage.truth("subscription", &subscription);
    let renewal = held["latest_invoice"].as_str().unwrap().to_owned();
    let lines = stage.truth("invoice", &renewal)["lines"]["data"].clone();
    let item = &lines[0]["parent"]["subscription_item_details"]["invoice_item"];
    let form = format!("customer={customer}&amount=5&currency=usd");
    made(stage, "/v1/invoiceitems", &form).await;
    let form = format!("customer={customer}&pending_invoice_items_behavior=include");
    let manual = made(stage, "/v1/invoices", &form).await;
    let form = "name=Nice&marketing_features[0][name]=Nice";
    let product = id(&made(stage, "/v1/products", form).await);
    let form =
        format!("product={product}&currency=usd&unit_amount_decimal=0.5&recurring[interval]=month");
    let price = id(&made(stage, "/v1/prices", &form).await);
    let of = |invoice: &str| format!("/v1/invoices/{invoice}/lines");
    Cast {
        paths: vec![
            ("renewal", format!("/v1/invoices/{renewal}")),
            ("manual", format!("/v1/invoices/{}", id(&manual))),
            ("item", format!("/v1/invoiceitems/{}", item.as_str().unwrap())),
            ("price", format!("/v1/prices/{price}")),
            ("product", format!("/v1/products/{product}")),
        ],
        lines: vec![
            ("proration", of(&renewal), id(&lines[0])),
            ("line", of(&renewal), id(&lines[2])),
            ("amount line", of(&id(&manual)), id(&manual["lines"]["data"][0])),
        ],
    }
}

#[tokio::test]
async fn every_version_has_its_fields_in_their_places() {
    let stage = Stage::start().await;
    let cast = cast(&stage).await;
    let mut compared = 0;
    for version in VERSIONS {
        let headers = [KEY, ("stripe-version", *version)];
        let mut objects: Vec<(&str, Value)> = Vec::new();
        for (name, path) in &cast.paths {
            let answer = call_with(&stage, "GET", path, "", &headers).await;
            assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.body);
            objects.push((name, answer.body));
        }
        for (name, path, line) in &cast.lines {
            let list = call_with(&stage, "GET", path, "", &headers).await.body;
            let found = list["data"].as_array().unwrap().iter().find(|it| it["id"] == **line);
            objects.push((name, found.unwrap().clone()));
        }
        for (object, field, places, value) in rows() {
            let (_, body) = objects.iter().find(|(name, _)| *name == object).unwrap();
            let found = body.pointer(field);
            let expected = places.holds(version);
            assert_eq!(found.is_some(), expected, "{version}: {field} of {object} in {body}");
            match (found, value) {
                (Some(found), Some(value)) => {
                    assert_eq!(*found, value, "{version}: {field} of {object}");
                }
                (Some(found), None) => {
                    assert!(!found.is_null(), "{version}: {field} of {object} is null");
                }
                (None, _) => {}
            }
            compared += 1;
        }
    }
    assert_eq!(compared, VERSIONS.len() * rows().len());
}

/// An event shows what its listener's version shows, not what the call's does.
#[tokio::test]
async fn events_are_rendered_for_the_version_of_the_account() {
    for version in VERSIONS {
        let options =
            Options { api_version: ApiVersion::parse(version).unwrap(), ..Options::default() };
        let stage = Stage::with(options).await;
        let customer = stage.customer(Card::Good);
        let (_, events) = stage.events_of(|| {
            stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
        });
        let created = events.iter().find(|event| event["type"] == "invoice.created").unwrap();
        assert_eq!(created["api_version"], *version);
        let invoice = &created["data"]["object"];
        let line = &invoice["lines"]["data"][0];
        let has_parent = In::Since(BASIL).holds(version);
        assert_eq!(invoice.get("parent").is_some(), has_parent, "{version}");
        assert_eq!(invoice.get("subscription").is_some(), !has_parent, "{version}");
        assert_eq!(line.get("pricing").is_some(), has_parent, "{version}");
        assert_eq!(line.get("plan").is_some(), !has_parent, "{version}");
        let decimal = In::Since("dahlia").holds(version);
        assert_eq!(line.get("quantity_decimal").is_some(), decimal, "{version}");
    }
}
