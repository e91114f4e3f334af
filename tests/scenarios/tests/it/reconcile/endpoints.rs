//! Stripe's webhook endpoints are looked after: one that is disabled, or is not sent what matters, is
//! told, and mended where that is allowed.

use counterfoil_support::Stack;
use serde_json::Value;

use super::{done, run, started};

/// The endpoint as Stripe has it.
fn at_stripe(stack: &Stack, id: &str) -> anyhow::Result<Value> {
    let (status, it) = stack.simulator.call("GET", &format!("/v1/webhook_endpoints/{id}"), "");
    anyhow::ensure!(status == 200, "{status}: {it}");
    Ok(it)
}

#[tokio::test]
async fn an_endpoint_that_is_disabled_is_told_and_mended_where_that_is_allowed()
-> anyhow::Result<()> {
    let mut stack = started().await?;
    let none = run(&stack, &["endpoints"]).await?;
    assert_eq!(done(&none, "drift"), 1, "nobody is sent anything: {none}");
    let told = stack.order(&["drift", "list", "--open"]).await?.well()?;
    assert!(told.contains("critical") && told.contains("any enabled"), "{told}");

    let url = "http://127.0.0.1:9/webhooks/stripe";
    let form = format!("url={url}&enabled_events[]=customer.created&api_version=2022-11-15");
    let (status, made) = stack.simulator.call("POST", "/v1/webhook_endpoints", &form);
    assert_eq!(status, 200, "{made}");
    let id = made["id"].as_str().unwrap_or_default().to_owned();
    let (status, it) =
        stack.simulator.call("POST", &format!("/v1/webhook_endpoints/{id}"), "disabled=true");
    assert_eq!((status, &it["status"]), (200, &Value::from("disabled")));
    stack.set("COUNTERFOIL_STRIPE_WEBHOOK_URL", url);
    stack.set("COUNTERFOIL_STRIPE_API_VERSION", "2026-09-30.endive");

    // It may not be touched.
    let seen = run(&stack, &["endpoints"]).await?;
    assert_eq!(done(&seen, "drift"), 3, "{seen}");
    let told = stack.order(&["drift", "list", "--open"]).await?.well()?;
    for what in ["stripe enabled", "stripe types", "stripe version"] {
        assert!(told.contains(what), "{what}: {told}");
    }
    assert!(!told.contains("any enabled"), "{told}");
    assert_eq!(at_stripe(&stack, &id)?["status"], "disabled");

    // It may.
    stack.set("COUNTERFOIL_STRIPE_MANAGE_ENDPOINT", "true");
    let plan = run(&stack, &["endpoints", "--dry-run"]).await?;
    assert_eq!(done(&plan, "drift"), 3, "{plan}");
    assert_eq!(at_stripe(&stack, &id)?["status"], "disabled", "a dry run touches nothing");
    run(&stack, &["endpoints"]).await?;
    let it = at_stripe(&stack, &id)?;
    let types: Vec<&str> =
        it["enabled_events"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert_eq!(it["status"], "enabled");
    for wanted in ["customer.created", "customer.subscription.updated", "invoice.paid"] {
        assert!(types.contains(&wanted), "{types:?}");
    }
    let second = run(&stack, &["endpoints"]).await?;
    assert_eq!(done(&second, "drift"), 1, "its version cannot be changed: {second}");
    let told = stack.order(&["drift", "list", "--open"]).await?.well()?;
    assert!(told.contains("api_version") && !told.contains("silence"), "{told}");
    stack.finish().await
}
