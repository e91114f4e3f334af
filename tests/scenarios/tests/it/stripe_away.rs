//! Stripe away, or limiting us, or failing for one object: what must be asked waits, nothing is
//! parked for it, and everything else goes on.

use counterfoil_bus::Role;
use counterfoil_simulator::{Fault, Faults, NewCustomer, RateLimit};
use counterfoil_support::{Gate, Stack, until};
use serde_json::json;

use crate::sent::{ambiguous, asked, deliver, event, number, open, outcomes, row, settled, texts};
use crate::setup::{DEADLINE, settings};

/// A stack whose worker reaches Stripe through a gate, and customers that nobody was told of.
async fn start(count: usize) -> anyhow::Result<(Stack, Gate, Vec<String>)> {
    let mut stack = Stack::start(settings(vec![], Faults::default())).await?;
    let (gate, url) = Gate::before(&stack.simulator.base_url()).await?;
    stack.set("STRIPE_API_BASE", &url);
    stack.set("COUNTERFOIL_STRIPE_CALLS_PER_SECOND", "1000");
    let name = || Some("Stripe's own".to_owned());
    let customers = (0..count)
        .map(|_| stack.simulator.create_customer(NewCustomer { name: name(), ..<_>::default() }))
        .collect();
    stack.serve("ingest").await?;
    stack.serve("worker").await?;
    Ok((stack, gate, customers))
}

async fn parked(stack: &Stack) -> anyhow::Result<i64> {
    number(stack, "select count(*) from counterfoil.inbox where outcome = 'parked'").await
}

#[tokio::test]
async fn while_stripe_is_away_only_what_must_be_asked_waits() -> anyhow::Result<()> {
    let (mut stack, gate, customers) = start(20).await?;
    gate.shut().await;
    let second = stack.simulator.now() - 60;
    for customer in &customers {
        ambiguous(&stack, customer, second, 0..2).await?;
    }
    stack.programs[1].logged("the consumer cannot work", DEADLINE).await?;
    assert!(open(&stack).await? > 0);
    // Both lanes go on, and so do the same objects.
    let product = json!({ "id": "prod_1", "object": "product", "name": "Gold" });
    let customer = json!({ "id": customers[0], "object": "customer", "name": "of a later event" });
    deliver(
        &stack,
        &[
            event("evt_product", "product.created", second, &product),
            event("evt_later", "customer.updated", second + 30, &customer),
        ],
    )
    .await?;
    until("the lanes go on", DEADLINE, async || {
        let name = row(&stack, "customers", &customers[0]).await?["name"].clone();
        let product = row(&stack, "products", "prod_1").await?["name"].clone();
        Ok((name == "of a later event" && product == "Gold").then_some(()))
    })
    .await?;
    assert_eq!(parked(&stack).await?, 0);
    assert_eq!(asked(&stack, "GET /v1/customers/*"), 0);
    let depths = stack.queues.depths().await?;
    let aside: u32 = depths.iter().filter(|it| it.role != Role::Main).map(|it| it.messages).sum();
    assert_eq!(aside, 0, "an outage climbs no ladder");
    gate.open().await?;
    settled(&stack, 42).await?;
    assert_eq!(parked(&stack).await?, 0, "{:?}", outcomes(&stack).await?);
    let names = texts(&stack, "select distinct name from stripe.customers order by 1").await?;
    assert_eq!(names, ["Stripe's own", "of a later event"]);
    stack.finish().await
}

#[tokio::test]
async fn while_stripe_limits_calls_nothing_is_parked() -> anyhow::Result<()> {
    let (stack, _gate, customers) = start(3).await?;
    let limited = Fault::RateLimited { limit: RateLimit::GlobalRate };
    stack.simulator.fail_times("GET /v1/customers/*", 2, limited)?;
    stack.simulator.fail_next("GET /v1/customers/*", Fault::CutBeforeEffect)?;
    let second = stack.simulator.now() - 60;
    for customer in &customers {
        ambiguous(&stack, customer, second, 0..3).await?;
    }
    settled(&stack, 9).await?;
    assert_eq!(parked(&stack).await?, 0, "{:?}", outcomes(&stack).await?);
    assert!(stack.simulator.call_faults().next.is_empty(), "each fault was met");
    let names = texts(&stack, "select distinct name from stripe.customers").await?;
    assert_eq!(names, ["Stripe's own"]);
    stack.finish().await
}

#[tokio::test]
async fn an_object_that_stripe_fails_for_does_not_hold_up_others() -> anyhow::Result<()> {
    let (stack, _gate, customers) = start(8).await?;
    let failing = &customers[0];
    let call = format!("GET /v1/customers/{failing}");
    stack.simulator.fail_times(&call, 1_000, Fault::ErrorBeforeEffect)?;
    let second = stack.simulator.now() - 60;
    for customer in &customers {
        ambiguous(&stack, customer, second, 0..2).await?;
    }
    until("the others are settled", DEADLINE, async || {
        let open = texts(
            &stack,
            "select distinct object_id from counterfoil.inbox where outcome = 'refetching'",
        )
        .await?;
        let came = number(&stack, "select count(*) from counterfoil.inbox").await?;
        anyhow::ensure!(came == 16 && open == [failing.as_str()], "{came}, {open:?}");
        Ok(Some(()))
    })
    .await?;
    assert_eq!(parked(&stack).await?, 0);
    stack.simulator.clear_call_faults();
    settled(&stack, 16).await?;
    assert_eq!(row(&stack, "customers", failing).await?["name"], json!("Stripe's own"));
    assert_eq!(parked(&stack).await?, 0);
    stack.finish().await
}
