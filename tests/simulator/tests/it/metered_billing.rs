//! Usage on invoices: what was metered in a period is billed when it ended, to the last unit.

use crate::metered::{COUNTED, METERS, Metered, PERIOD_END, ask, id, refused};
use crate::stage::{DAY, START};
use counterfoil_simulator::{LateUsage, MeterValues, UsageRules};
use serde_json::{Value, json};

/// The lines of an invoice for usage: amount and quantity.
fn usage_lines(invoice: &Value) -> Vec<(i64, String)> {
    let lines = invoice["lines"]["data"].as_array().unwrap().iter();
    let one = |line: &Value| {
        let quantity = line["quantity_decimal"].as_str().unwrap_or_default().to_owned();
        (line["amount"].as_i64().unwrap(), quantity)
    };
    lines.map(one).collect()
}

#[tokio::test]
async fn usage_is_billed_to_the_last_unit() {
    let graduated = "billing_scheme=tiered&tiers_mode=graduated&tiers[0][up_to]=100\
                     &tiers[0][unit_amount]=0&tiers[1][up_to]=inf&tiers[1][unit_amount_decimal]=0.5";
    let volume = "billing_scheme=tiered&tiers_mode=volume&tiers[0][up_to]=100\
                  &tiers[0][unit_amount]=3&tiers[1][up_to]=inf&tiers[1][unit_amount_decimal]=0.5";
    let packages = "unit_amount=1&transform_quantity[divide_by]=100&transform_quantity[round]=up";
    for (amounts, usage, total) in [
        // 0.01 USD for 100 calls: 250 calls cost 2.5 cents.
        ("unit_amount_decimal=0.01", &["250"][..], 3),
        ("unit_amount_decimal=0.01", &["100", "100", "49"][..], 2),
        ("unit_amount_decimal=0.01", &["1"][..], 0),
        ("unit_amount_decimal=0.000000000001", &["999999999999", "1"][..], 1),
        (packages, &["250"][..], 3),
        (packages, &["200"][..], 2),
        (graduated, &["250"][..], 75),
        (graduated, &["100"][..], 0),
        (volume, &["250"][..], 125),
        (volume, &["100"][..], 300),
        ("unit_amount=7", &[][..], 0),
    ] {
        let metered = Metered::start().await;
        let subscription = metered.subscribe(&metered.price(amounts).await).await;
        for value in usage {
            metered.received(value, "").await;
        }
        metered.to_period_end(3_700);
        let invoice = metered.latest_invoice(&subscription).await;
        assert_eq!(invoice["total"], total, "{amounts} {usage:?}: {invoice}");
        assert_eq!(invoice["status"], "paid");
        let line = &invoice["lines"]["data"][0];
        assert_eq!(line["period"], json!({ "start": START, "end": PERIOD_END }));
    }
}

#[tokio::test]
async fn decimals_of_usage_are_billed_exactly() {
    let rules = UsageRules { values: MeterValues::Decimal, ..UsageRules::default() };
    let metered = Metered::with(rules, "").await;
    let subscription = metered.subscribe(&metered.price("unit_amount=10").await).await;
    for value in ["0.1", "0.2", "2.45"] {
        metered.received(value, "").await;
    }
    metered.to_period_end(3_700);
    let invoice = metered.latest_invoice(&subscription).await;
    assert_eq!(usage_lines(&invoice), [(28, "2.75".to_owned())], "{invoice}");
}

#[tokio::test]
async fn usage_belongs_to_the_period_it_is_dated_in() {
    let metered = Metered::start().await;
    let subscription = metered.subscribe(&metered.price("unit_amount=1").await).await;
    let early = START - 1;
    metered.received("1000", &format!("&timestamp={early}")).await;
    metered.received("1", &format!("&timestamp={START}")).await;
    metered.to_period_end(60);
    metered.received("20", &format!("&timestamp={}", PERIOD_END - 1)).await;
    metered.received("300", &format!("&timestamp={PERIOD_END}")).await;
    let draft = metered.latest_invoice(&subscription).await;
    assert_eq!(draft["status"], "draft");
    metered.to_period_end(3_700);
    let invoice = metered.latest_invoice(&subscription).await;
    assert_eq!((&invoice["id"], &invoice["total"]), (&draft["id"], &json!(21)));
    metered.stage.simulator.advance(29 * DAY);
    let next = metered.latest_invoice(&subscription).await;
    assert_eq!(next["total"], 300);
    let meter = metered.stage.simulator.usage_sum(&metered.meter, &metered.customer, 0, START * 2);
    assert_eq!(meter, "1321", "what was used before the subscription is on no invoice");
}

#[tokio::test]
async fn usage_that_comes_too_late_is_dropped_or_on_the_next_invoice() {
    for (late, expected) in [(LateUsage::Dropped, 4), (LateUsage::NextInvoice, 54)] {
        let rules = UsageRules { late, ..UsageRules::default() };
        let metered = Metered::with(rules, "").await;
        let subscription = metered.subscribe(&metered.price("unit_amount=1").await).await;
        metered.received("10", "").await;
        metered.to_period_end(3_700);
        assert_eq!(metered.latest_invoice(&subscription).await["total"], 10);
        metered.received("50", &format!("&timestamp={}", PERIOD_END - 1)).await;
        metered.received("4", "").await;
        metered.stage.simulator.advance(29 * DAY);
        let next = metered.latest_invoice(&subscription).await;
        assert_eq!(next["total"], expected, "{late:?}");
        metered.stage.simulator.advance(31 * DAY);
        assert_eq!(metered.latest_invoice(&subscription).await["total"], 0, "{late:?}");
    }
}

#[tokio::test]
async fn a_correction_after_finalizing_changes_no_invoice() {
    let metered = Metered::start().await;
    let subscription = metered.subscribe(&metered.price("unit_amount=1").await).await;
    metered.to_period_end(-3_600);
    metered.received("10", "&identifier=a").await;
    metered.to_period_end(3_700);
    let adjustments = "/v1/billing/meter_event_adjustments";
    let form = "event_name=calls&type=cancel&cancel[identifier]=a";
    ask(&metered.stage, "POST", adjustments, form).await;
    metered.stage.simulator.advance(COUNTED);
    assert_eq!(metered.sum(), "0");
    assert_eq!(metered.latest_invoice(&subscription).await["total"], 10);
}

#[tokio::test]
async fn a_preview_bills_the_usage_so_far() {
    let metered = Metered::start().await;
    let subscription = metered.subscribe(&metered.price("unit_amount=7").await).await;
    metered.received("10", "").await;
    metered.stage.simulator.advance(COUNTED);
    let form = format!("subscription={subscription}");
    let preview = ask(&metered.stage, "POST", "/v1/invoices/create_preview", &form).await;
    assert_eq!(preview["total"], 70);
    metered.received("1", "").await;
    metered.to_period_end(3_700);
    assert_eq!(metered.latest_invoice(&subscription).await["total"], 77);
}

/// What all invoices of the customer come to.
async fn billed(metered: &Metered) -> i64 {
    let path = format!("/v1/invoices?customer={}&limit=100", metered.customer);
    let list = ask(&metered.stage, "GET", &path, "").await;
    let totals = list["data"].as_array().unwrap().iter();
    totals.map(|invoice| invoice["total"].as_i64().unwrap()).sum()
}

#[tokio::test]
async fn the_last_usage_is_billed_at_the_end_or_by_request() {
    for (how, form, expected) in [
        ("DELETE", "", 0),
        ("DELETE", "invoice_now=true", 70),
        ("POST", "cancel_at_period_end=true", 140),
    ] {
        let metered = Metered::start().await;
        let subscription = metered.subscribe(&metered.price("unit_amount=7").await).await;
        metered.received("10", "").await;
        metered.stage.simulator.advance(DAY);
        let path = format!("/v1/subscriptions/{subscription}");
        ask(&metered.stage, how, &path, form).await;
        metered.received("10", "").await;
        metered.to_period_end(86_400);
        let held = ask(&metered.stage, "GET", &path, "").await;
        assert_eq!(held["status"], "canceled", "{how} {form}");
        assert_eq!(billed(&metered).await, expected, "{how} {form}");
    }
}

#[tokio::test]
async fn a_price_names_an_active_meter() {
    let metered = Metered::start().await;
    let product = id(&ask(&metered.stage, "POST", "/v1/products", "name=Calls").await);
    let form = |meter: &str| {
        format!(
            "currency=usd&product={product}&unit_amount=1&recurring[interval]=month\
             &recurring[usage_type]=metered&recurring[meter]={meter}"
        )
    };
    let (status, error) = refused(&metered.stage, "POST", "/v1/prices", &form("mtr_x")).await;
    assert_eq!((status, &error["param"]), (400, &json!("recurring[meter]")), "{error}");
    let path = format!("{METERS}/{}/deactivate", metered.meter);
    ask(&metered.stage, "POST", &path, "").await;
    let (status, error) =
        refused(&metered.stage, "POST", "/v1/prices", &form(&metered.meter)).await;
    assert_eq!((status, &error["param"]), (400, &json!("recurring[meter]")), "{error}");
}
