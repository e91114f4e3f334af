//! Events that cannot be worked on cost the others nothing, and wait with their reason.

use counterfoil_simulator::Faults;
use counterfoil_support::Stack;
use serde_json::json;

use crate::setup::{DEADLINE, settings};

#[tokio::test]
async fn one_bad_event_among_good_ones_is_parked_alone() -> anyhow::Result<()> {
    let stack = Stack::start(settings(vec!["up"], Faults::default())).await?;
    let object = |id: &str| json!({ "id": id, "object": "customer", "name": "a\u{0}b" });
    for at in 0..20 {
        stack.simulator.emit_raw_event("customer.created", &object(&format!("cus_{at}")));
    }
    stack
        .simulator
        .emit_raw_event("customer.created", &json!({ "id": "cus_bad", "balance": "Ann's own" }));
    stack.simulator.emit_raw_event("customer.created", &json!({ "object": "customer" }));
    stack.simulator.emit_raw_event("widget.made", &json!({ "id": "w_1" }));
    for at in 20..40 {
        stack.simulator.emit_raw_event("customer.created", &object(&format!("cus_{at}")));
    }
    stack.settled(DEADLINE).await?;
    let outcomes: Vec<(String, i64)> = sqlx::query_as(
        "select outcome || coalesce(': ' || reason, ''), count(*) from counterfoil.inbox \
         group by 1 order by 1",
    )
    .fetch_all(&stack.database.pool)
    .await?;
    let outcomes: Vec<String> =
        outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    assert_eq!(outcomes.len(), 4, "{outcomes:#?}");
    assert_eq!(outcomes[0], "40 applied");
    assert_eq!(outcomes[1], "1 ignored: unknown event type");
    assert_eq!(outcomes[2], "1 parked: the customer or one of its children has no id");
    let unread = "the customer shows balance in a form that no version of Stripe's API has";
    assert_eq!(outcomes[3], format!("1 parked: {unread}"));
    let names: Vec<String> = sqlx::query_scalar("select distinct name from stripe.customers")
        .fetch_all(&stack.database.pool)
        .await?;
    assert_eq!(names, ["a\u{FFFD}b"]);
    let log = stack.programs[0].log().join("\n");
    assert!(!log.contains("a\\u0000b") && !log.contains("Ann's own"), "bodies are never logged");
    stack.abandon().await
}

/// Two contents of one second that prove nothing: Stripe is asked, and what it says stands.
#[tokio::test]
async fn a_tie_is_settled_by_asking_stripe() -> anyhow::Result<()> {
    let stack = Stack::start(settings(vec!["up"], Faults::default())).await?;
    let id = stack.simulator.create_customer(counterfoil_simulator::NewCustomer::default());
    let truth = stack.simulator.truth();
    let mut wrong = truth.object("customer", &id).cloned().unwrap_or_default();
    for name in ["first", "second"] {
        wrong["name"] = json!(name);
        stack.simulator.emit_raw_event("customer.updated", &wrong);
    }
    stack.settled(DEADLINE).await?;
    let asked: i64 = sqlx::query_scalar(
        "select count(*) from counterfoil.inbox where reason = 'settled by asking Stripe'",
    )
    .fetch_one(&stack.database.pool)
    .await?;
    assert!(asked > 0, "nothing had to be asked, so nothing was tested");
    let tally = stack.tally().await?;
    assert!(tally.is_equal(), "{:#?}", tally.differences);
    stack.finish().await
}
