//! Rules are switched from outside too.

use crate::caller::call;
use crate::stage::{DAY, Stage};
use counterfoil_simulator::Card;
use serde_json::json;

#[tokio::test]
async fn the_control_api_sets_the_rules_that_are_named() {
    let stage = Stage::start().await;
    let held = call(&stage, "GET", "/_simulator/rules", "").await.body;
    assert_eq!(held["dunning_end"], "cancel");
    let wish = json!({ "dunning_end": "unpaid", "retry_after_seconds": [86_400] }).to_string();
    let set = call(&stage, "POST", "/_simulator/rules", &wish).await.body;
    assert_eq!((&set["dunning_end"], &set["plan_events"]), (&json!("unpaid"), &json!(true)));
    for wrong in [json!({ "shoe": 46 }), json!({ "dunning_end": "shrug" }), json!([])] {
        let answer = call(&stage, "POST", "/_simulator/rules", &wrong.to_string()).await;
        assert_eq!(answer.status, 400, "{wrong}: {}", answer.body);
    }
    assert_eq!(call(&stage, "GET", "/_simulator/rules", "").await.body, set);
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    stage.simulator.set_card(&customer, Card::Declining).unwrap();
    stage.simulator.advance(35 * DAY);
    assert_eq!(stage.truth("subscription", &subscription)["status"], "unpaid");
}
