//! What an operator sees of an event's life, and how events are judged again.

use counterfoil_simulator::{Faults, NewCustomer};
use counterfoil_support::{Stack, until};
use serde_json::{Value, json};

use crate::sent::{ambiguous, changed, deliver, event, number, settled};
use crate::setup::{DEADLINE, settings};

fn customer(id: &str, name: &str, balance: i64) -> Value {
    json!({ "id": id, "object": "customer", "name": name, "balance": balance })
}

#[tokio::test]
async fn show_tells_every_attempt_and_what_an_event_changed() -> anyhow::Result<()> {
    let mut stack = Stack::start(settings(vec![], Faults::default())).await?;
    let new = NewCustomer { name: Some("Ann".to_owned()), ..NewCustomer::default() };
    let asked = stack.simulator.create_customer(new);
    // What comes before the worker is there comes in one batch.
    stack.serve("ingest").await?;
    let second = stack.simulator.now() - 100;
    let was = json!({ "balance": 0, "name": "Ann Old" });
    deliver(
        &stack,
        &[
            event("evt_1", "customer.created", second, &customer("cus_1", "Ann Old", 0)),
            changed("evt_2", "customer.updated", second + 10, &customer("cus_1", "Ann", 500), &was),
        ],
    )
    .await?;
    stack.serve("worker").await?;
    settled(&stack, 2).await?;
    for (at, late) in [
        event("evt_3", "customer.updated", second + 5, &customer("cus_1", "Ann Old", 0)),
        event("evt_4", "customer.deleted", second + 20, &customer("cus_1", "Ann", 500)),
    ]
    .into_iter()
    .enumerate()
    {
        deliver(&stack, &[late]).await?;
        settled(&stack, 3 + i64::try_from(at)?).await?;
    }
    ambiguous(&stack, &asked, second, 0..2).await?;
    settled(&stack, 6).await?;
    for (id, expected) in [
        ("evt_1", "cus_1 was new"),
        ("evt_3", "nothing in the mirror"),
        ("evt_4", "cus_1 was marked deleted"),
    ] {
        let shown = stack.order(&["inbox", "show", id]).await?.well()?;
        let line = shown.lines().find(|it| it.starts_with("changed")).unwrap_or_default();
        assert!(line.contains(expected), "{id}: {shown}");
        assert!(!shown.contains("TRIED BECAUSE"), "{id}: {shown}");
    }
    let shown = stack.order(&["inbox", "show", "evt_2"]).await?.well()?;
    let line = |column: &str| {
        let line = shown.lines().find(|it| it.starts_with(column)).unwrap_or_default();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(line("CHANGED"), ["CHANGED", "FROM", "TO"], "{shown}");
    assert_eq!(line("balance"), ["balance", "0", "500"], "{shown}");
    assert_eq!(line("name"), ["name", "(personal)", "(personal)"], "{shown}");
    assert!(!shown.contains("Ann"), "{shown}");

    let id: String = sqlx::query_scalar(
        "select event_id from counterfoil.inbox where reason = 'settled by asking Stripe' limit 1",
    )
    .fetch_one(&stack.database.pool)
    .await?;
    stack.order(&["inbox", "replay", "--id", &id, "--yes"]).await?.well()?;
    replayed(&stack, 1).await?;
    let shown = stack.order(&["inbox", "show", &id]).await?.well()?;
    let tried: Vec<&str> = shown
        .lines()
        .skip_while(|it| !it.contains("TRIED BECAUSE"))
        .filter_map(|it| it.split_whitespace().nth(1))
        .collect();
    assert_eq!(tried[..4], ["TRIED", "received", "asked", "replayed"], "{shown}");
    let shown = stack.order(&["inbox", "show", &id, "--json"]).await?.well()?;
    let shown: Value = serde_json::from_str(shown.trim())?;
    assert_eq!(shown["attempts"][0]["reason"], json!("settled by asking Stripe"));
    stack.finish().await
}

/// Waits until so many events were judged again.
async fn replayed(stack: &Stack, count: i64) -> anyhow::Result<()> {
    until("they are judged again", DEADLINE, async || {
        let judged = "select count(*) from counterfoil.inbox where replayed_at is not null \
                      and outcome <> 'refetching'";
        anyhow::ensure!(number(stack, judged).await? == count);
        Ok(Some(()))
    })
    .await?;
    stack.queues.drained(DEADLINE).await
}

#[tokio::test]
async fn replay_counts_first_and_takes_what_the_filters_mean() -> anyhow::Result<()> {
    let stack = Stack::start(settings(vec!["up"], Faults::default())).await?;
    let second = stack.simulator.now() - 1_000;
    let invoice = json!({ "id": "in_1", "object": "invoice", "customer": "cus_2" });
    let mut events = vec![event("evt_ignored", "widget.made", second, &json!({}))];
    for at in 0..4 {
        let object = customer("cus_1", &format!("{at}"), at);
        events.push(event(&format!("evt_{at}"), "customer.updated", second + 10 - at, &object));
    }
    events.push(event("evt_other", "customer.updated", second, &customer("cus_2", "b", 0)));
    events.push(event("evt_invoice", "invoice.upcoming", second, &invoice));
    for event in &events {
        deliver(&stack, std::slice::from_ref(event)).await?;
    }
    settled(&stack, 7).await?;
    for (filters, expected) in [
        (vec!["--type", "customer.*"], "5 events: "),
        (vec!["--type", "customer.updated", "--customer", "cus_1"], "4 events: "),
        (vec!["--customer", "cus_2"], "2 events: "),
        (vec!["--object", "cus_2"], "1 event: "),
        (vec!["--outcome", "ignored"], "2 events: 2 ignored"),
        (vec!["--outcome", "parked"], "No event matches."),
        (vec!["--since", "1h"], "7 events: "),
        (vec!["--until", "1h"], "No event matches."),
        (vec!["--since", "1h", "--id", "evt_1"], "1 event: "),
    ] {
        let order = [&["inbox", "replay"], filters.as_slice()].concat();
        let dry = stack.order(&[order.as_slice(), &["--dry-run"]].concat()).await?.well()?;
        assert!(dry.starts_with(expected), "{filters:?}: {dry}");
    }
    let without = stack.order(&["inbox", "replay", "--since", "1h"]).await?.well()?;
    assert!(without.starts_with("7 events: ") && without.contains("--yes replays"), "{without}");
    let both = ["inbox", "replay", "--since", "1h", "--yes", "--dry-run"];
    assert!(!stack.order(&both).await?.ok, "which of the two is meant is not guessed");
    let judged = "select count(*) from counterfoil.inbox where replayed_at is not null";
    assert_eq!(number(&stack, judged).await?, 0);
    let before = held(&stack).await?;

    let some = ["inbox", "replay", "--type", "customer.*", "--customer", "cus_1", "--yes"];
    let began = stack.simulator.now();
    let slowly = stack.order(&[&some[..], &["--rate", "1"]].concat()).await?.well()?;
    assert!(slowly.contains("4 replayed."), "{slowly}");
    assert!(stack.simulator.now() - began >= 3, "one in a second");
    replayed(&stack, 4).await?;
    assert_eq!(held(&stack).await?, before, "and nothing changed by it");
    stack.finish().await
}

async fn held(stack: &Stack) -> anyhow::Result<Vec<String>> {
    crate::sent::texts(stack, "select to_jsonb(t)::text from stripe.customers as t order by 1")
        .await
}
