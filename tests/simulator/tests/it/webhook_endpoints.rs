//! Webhook endpoints that a client of the API sets up.

use crate::caller::call;
use crate::receiver::Receiver;
use crate::stage::{DEADLINE, Stage};
use serde_json::json;

const HOOKS: &str = "/v1/webhook_endpoints";

#[tokio::test]
async fn an_endpoint_is_made_changed_and_deleted() {
    let stage = Stage::start().await;
    let sink = Receiver::start(|_| 200).await;
    let form = format!(
        "url={}&enabled_events[]=product.created&enabled_events[]=customer.created\
         &api_version=2020-08-27&metadata[a]=1",
        sink.url()
    );
    let made = call(&stage, "POST", HOOKS, &form).await;
    assert_eq!(made.status.as_u16(), 200, "{}", made.body);
    let secret = made.body["secret"].as_str().unwrap();
    let path = format!("{HOOKS}/{}", made.id());
    let held = call(&stage, "GET", &path, "").await.body;
    assert!(held.get("secret").is_none(), "it is shown once");
    assert_eq!((&held["status"], &held["api_version"]), (&json!("enabled"), &json!("2020-08-27")));
    assert_eq!(held["enabled_events"], json!(["product.created", "customer.created"]));
    let sent = async |count: usize| {
        call(&stage, "POST", "/v1/products", "name=New").await;
        assert!(stage.simulator.settled(DEADLINE).await);
        let received = sink.received();
        assert_eq!(received.len(), count);
        received
    };
    let received = sent(1).await;
    assert!(received[0].is_signed_with(secret));
    assert_eq!(received[0].event()["api_version"], "2020-08-27");
    let disabled = call(&stage, "POST", &path, "disabled=true").await.body;
    assert_eq!(disabled["status"], "disabled");
    sent(1).await;
    assert_eq!(stage.simulator.deliveries().len(), 1, "nothing is meant for it meanwhile");
    call(&stage, "POST", &path, "disabled=false&enabled_events[]=customer.created").await;
    sent(1).await;
    call(&stage, "POST", &path, "enabled_events[]=*").await;
    sent(2).await;
    let gone = call(&stage, "DELETE", &path, "").await.body;
    assert_eq!((&gone["id"], &gone["deleted"]), (&made.body["id"], &json!(true)));
    sent(2).await;
    assert_eq!(call(&stage, "GET", &path, "").await.status.as_u16(), 404);
    assert_eq!(call(&stage, "GET", HOOKS, "").await.body["data"], json!([]));
}

#[tokio::test]
async fn what_waits_for_an_endpoint_that_is_disabled_is_given_up() {
    let stage = Stage::start().await;
    let sink = Receiver::start(|_| 500).await;
    let form = format!("url={}&enabled_events[]=*", sink.url());
    let path = format!("{HOOKS}/{}", call(&stage, "POST", HOOKS, &form).await.id());
    call(&stage, "POST", "/v1/products", "name=New").await;
    call(&stage, "POST", &path, "disabled=true").await;
    assert!(stage.simulator.settled(DEADLINE).await);
    assert_eq!(stage.simulator.counters().acknowledged, 0);
    assert!(stage.simulator.counters().given_up > 0);
}

#[tokio::test]
async fn wrong_endpoints_are_refused() {
    let stage = Stage::start().await;
    for (form, param) in [
        ("enabled_events[]=*", "url"),
        ("url=http://localhost:1", "enabled_events"),
        ("url=nowhere&enabled_events[]=*", "url"),
        ("url=http://localhost:1&enabled_events[]=*&api_version=newest", "api_version"),
        ("url=http://localhost:1&enabled_events[]=*&secret=whsec_mine", "secret"),
    ] {
        let answer = call(&stage, "POST", HOOKS, form).await;
        assert_eq!(answer.status.as_u16(), 400, "{form}");
        assert_eq!(answer.body["error"]["param"], param, "{form}");
    }
    for method in ["POST", "GET", "DELETE"] {
        let answer = call(&stage, method, "/v1/webhook_endpoints/we_x", "").await;
        assert_eq!(answer.status.as_u16(), 404, "{method}");
    }
}
