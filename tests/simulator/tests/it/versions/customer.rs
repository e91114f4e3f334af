//! Customers: `customer_account` stands beside since 2025-12-15.

use super::{Heard, has};
use counterfoil_simulator::{Card, CustomerChange};
use serde_json::{Value, json};

#[tokio::test]
async fn a_customer_is_the_same_but_for_its_account() {
    let heard = Heard::start().await;
    let id = heard.stage.customer(Card::Missing);
    let change = CustomerChange { name: Some("Zoë".to_owned()), ..CustomerChange::default() };
    heard.stage.simulator.update_customer(&id, change).unwrap();
    let bodies = heard.last("customer.updated").await;
    let plain = |event: &Value| {
        let mut object = event["data"]["object"].clone();
        object.as_object_mut().unwrap().remove("customer_account");
        object
    };
    for (version, event) in &bodies {
        let account = event["data"]["object"].get("customer_account");
        let expected = has(version, "2025-12-15").then_some(&Value::Null);
        assert_eq!(account, expected, "{version}");
        assert_eq!(plain(event), plain(&bodies[0].1), "{version}");
        assert_eq!(event["data"]["previous_attributes"], json!({ "name": null }), "{version}");
    }
}
