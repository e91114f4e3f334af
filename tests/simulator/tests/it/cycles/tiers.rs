//! Renewals of what is tiered and of what is metered: a line for each tier in advance, and in
//! arrears for what was used, with decimals that are rounded line by line.

use crate::metered::{COUNTED, Metered, ask, id};
use crate::stage::{START, same_set};
use serde_json::{Value, json};
use std::time::Duration;

const END: i64 = START + 31 * 86_400;
const GRADUATED: &str = "billing_scheme=tiered&tiers_mode=graduated&tiers[0][up_to]=2\
                         &tiers[0][unit_amount_decimal]=333.3&tiers[0][flat_amount]=100\
                         &tiers[1][up_to]=inf&tiers[1][unit_amount_decimal]=0.1";

/// Amount, quantity, amount of a unit, start and end of each line.
fn lines(invoice: &Value) -> Vec<Value> {
    let line = |line: &Value| {
        json!([
            line["amount"],
            line["quantity_decimal"],
            line["pricing"]["unit_amount_decimal"],
            line["period"]["start"],
            line["period"]["end"],
        ])
    };
    invoice["lines"]["data"].as_array().unwrap().iter().map(line).collect()
}

async fn licensed(of: &Metered, amounts: &str) -> String {
    let product = id(&ask(&of.stage, "POST", "/v1/products", "name=Seats").await);
    let form = format!("product={product}&currency=usd&recurring[interval]=month&{amounts}");
    id(&ask(&of.stage, "POST", "/v1/prices", &form).await)
}

#[tokio::test]
async fn a_renewal_bills_tiers_in_advance_and_usage_in_arrears() {
    let of = Metered::start().await;
    let (seats, calls) =
        (licensed(&of, GRADUATED).await, of.price("unit_amount_decimal=0.05").await);
    let form = format!(
        "customer={}&items[0][price]={seats}&items[0][quantity]=17&items[1][price]={calls}",
        of.customer
    );
    let subscription = ask(&of.stage, "POST", "/v1/subscriptions", &form).await;
    assert_eq!(subscription["items"]["data"][0]["quantity"], 17);
    assert!(subscription["items"]["data"][1].get("quantity").is_none());
    let subscription = id(&subscription);
    // What is metered is not on the first invoice.
    let first = of.latest_invoice(&subscription).await;
    let in_advance = |start: i64, end: i64| {
        [json!([767, "2", "333.3", start, end]), json!([2, "15", "0.1", start, end])]
    };
    assert_eq!(lines(&first), in_advance(START, END));
    assert_eq!((&first["total"], &first["status"]), (&json!(769), &json!("paid")));
    of.received("29", "").await;
    of.stage.simulator.advance(COUNTED);
    let seconds = u64::try_from(END - of.stage.simulator.now()).unwrap();
    let (kinds, _) =
        of.stage.events_of(|| of.stage.simulator.advance(Duration::from_secs(seconds)));
    same_set(&kinds, &["customer.subscription.updated", "invoice.created"]);
    let next = END + 28 * 86_400;
    let draft = of.latest_invoice(&subscription).await;
    assert_eq!(draft["status"], "draft");
    let mut expected = in_advance(END, next).to_vec();
    expected.push(json!([1, "29", "0.05", START, END]));
    assert_eq!(lines(&draft), expected);
    // Usage of the ended period that comes within the hour still counts.
    of.received("1", &format!("&timestamp={}", END - 1)).await;
    let (kinds, _) = of.stage.events_of(|| of.to_period_end(3_602));
    same_set(
        &kinds,
        &[
            "charge.succeeded",
            "customer.updated",
            "invoice.finalized",
            "invoice.paid",
            "invoice.payment_succeeded",
            "invoice.updated",
            "invoice.updated",
            "invoice_payment.paid",
            "payment_intent.created",
            "payment_intent.succeeded",
        ],
    );
    let paid = of.latest_invoice(&subscription).await;
    expected[2] = json!([2, "30", "0.05", START, END]);
    assert_eq!((&paid["status"], lines(&paid)), (&json!("paid"), expected));
    assert_eq!((&paid["total"], &paid["amount_paid"]), (&json!(771), &json!(771)));
    assert_eq!((&paid["period_start"], &paid["period_end"]), (&json!(START), &json!(END)));
    let ids = |invoice: &Value| -> Vec<Value> {
        invoice["lines"]["data"].as_array().unwrap().iter().map(|line| line["id"].clone()).collect()
    };
    assert_eq!(ids(&paid), ids(&draft), "a line that is counted again is the same line");
}

#[tokio::test]
async fn usage_in_tiers_has_a_line_for_each() {
    let of = Metered::start().await;
    let subscription = of.subscribe(&of.price(GRADUATED).await).await;
    assert_eq!(of.latest_invoice(&subscription).await, json!(null), "nothing is billed in advance");
    of.to_period_end(1);
    let draft = of.latest_invoice(&subscription).await;
    // No usage costs the fixed amount of the first tier.
    assert_eq!(lines(&draft), [json!([100, "0", "333.3", START, END])]);
    of.received("17", &format!("&timestamp={}", END - 1)).await;
    of.to_period_end(3_601);
    let paid = of.latest_invoice(&subscription).await;
    assert_eq!(
        lines(&paid),
        [json!([767, "2", "333.3", START, END]), json!([2, "15", "0.1", START, END])]
    );
    assert_eq!((&paid["status"], &paid["total"]), (&json!("paid"), &json!(769)));
    assert_eq!(paid["lines"]["data"][0]["id"], draft["lines"]["data"][0]["id"]);
}

#[tokio::test]
async fn all_units_cost_what_the_volume_says() {
    let of = Metered::start().await;
    let volume = "billing_scheme=tiered&tiers_mode=volume&tiers[0][up_to]=10&tiers[0][unit_amount]=9\
                  &tiers[1][up_to]=inf&tiers[1][unit_amount_decimal]=4.25&tiers[1][flat_amount]=30";
    let seats = licensed(&of, volume).await;
    let form = format!("customer={}&items[0][price]={seats}&items[0][quantity]=10", of.customer);
    let subscription = ask(&of.stage, "POST", "/v1/subscriptions", &form).await;
    let first = of.latest_invoice(&id(&subscription)).await;
    assert_eq!(lines(&first), [json!([90, "10", "9", START, END])]);
    // One more unit in mid-period moves all of them to the other tier.
    of.stage.simulator.advance(Duration::from_hours(31 * 12));
    let item = id(&subscription["items"]["data"][0]);
    let path = format!("/v1/subscriptions/{}", id(&subscription));
    let form = format!("items[0][id]={item}&items[0][quantity]=11");
    ask(&of.stage, "POST", &path, &form).await;
    of.to_period_end(3_601);
    let renewal = of.latest_invoice(&id(&subscription)).await;
    let half = START + 31 * 43_200;
    let next = END + 28 * 86_400;
    assert_eq!(
        lines(&renewal),
        [
            json!([-45, "10", "-4.5", half, END]),
            // Half of 30 + 11 × 4.25 = 76.75.
            json!([38, "11", "3.454545454545", half, END]),
            json!([77, "11", "4.25", END, next]),
        ]
    );
}
