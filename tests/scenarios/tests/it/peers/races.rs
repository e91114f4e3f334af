//! Several workers at once.

use counterfoil_simulator::{Card, CustomerChange, Fault, Faults, NewCustomer};
use counterfoil_support::{Stack, until};
use serde_json::{Value, json};

use crate::sent::{deliver, event, number, row, settled, texts};
use crate::setup::{DEADLINE, settings};

/// One worker has its answer under way when another asks, hears something newer and writes it.
#[tokio::test]
async fn peers_07_an_answer_that_was_fetched_earlier_never_wins_by_coming_later()
-> anyhow::Result<()> {
    let mut cautious = settings(vec!["ingest", "worker", "worker"], Faults::default());
    for (name, value) in [
        ("COUNTERFOIL_WORKER_ALWAYS_ASK", "customer"),
        // The broker gives the second question to whoever is free.
        ("COUNTERFOIL_WORKER_PREFETCH", "1"),
    ] {
        cautious.environment.push((name.to_owned(), value.to_owned()));
    }
    let mut stack = Stack::start(cautious).await?;
    let slow = Fault::SlowAnswer { millis: 7_000 };
    stack.simulator.fail_next("GET /v1/customers/*", slow)?;
    // Without a card there is one event, and so one question.
    let name = Some("earlier".to_owned());
    let new = NewCustomer { name, card: Card::Missing, ..NewCustomer::default() };
    let id = stack.simulator.create_customer(new);
    until("the slow question is asked", DEADLINE, async || {
        Ok(stack.simulator.call_faults().next.is_empty().then_some(()))
    })
    .await?;
    // Otherwise the second worker would wait for the first one's answer.
    sqlx::query("delete from counterfoil.questions").execute(&stack.database.pool).await?;
    let change = CustomerChange { name: Some("later".to_owned()), ..CustomerChange::default() };
    stack.simulator.update_customer(&id, change)?;
    until("the newer answer is written", DEADLINE, async || {
        let name = row(&stack, "customers", &id).await?["name"].clone();
        anyhow::ensure!(name == "later", "{name}");
        Ok(Some(()))
    })
    .await?;
    let open = number(&stack, "select count(*) from counterfoil.questions").await?;
    assert_eq!(answered(&stack), 1, "the slow answer is still under way, {open} are asked");
    settled(&stack, 2).await?;
    until("the slow answer has come", DEADLINE, async || Ok((answered(&stack) == 2).then_some(())))
        .await?;
    // Both events are closed already; a worker that is asked to end still writes what it heard.
    for mut worker in stack.programs.drain(1..) {
        worker.terminate(DEADLINE).await?;
    }
    assert_eq!(row(&stack, "customers", &id).await?["name"], json!("later"));
    // It is too old to settle its own question, which goes back to the queue.
    stack.serve("worker").await?;
    stack.settled(DEADLINE).await?;
    assert_eq!(row(&stack, "customers", &id).await?["name"], json!("later"));
    stack.finish().await
}

fn answered(stack: &Stack) -> u64 {
    crate::sent::asked(stack, "GET /v1/customers/*")
}

/// The same customers and subscriptions in every batch of every worker, in every order.
#[tokio::test]
async fn peers_08_workers_at_the_same_customers_never_fail_by_deadlock() -> anyhow::Result<()> {
    let mut busy = settings(vec!["ingest"], Faults::default());
    for (name, value) in [
        ("COUNTERFOIL_WORKER_BATCHES_IN_FLIGHT", "6"),
        ("COUNTERFOIL_WORKER_BATCH_MAX", "12"),
        ("COUNTERFOIL_WORKER_PREFETCH", "80"),
    ] {
        busy.environment.push((name.to_owned(), value.to_owned()));
    }
    let mut stack = Stack::start(busy).await?;
    let second = stack.simulator.now() - 10_000;
    let mut events: Vec<Value> = Vec::new();
    for at in 0..60_i64 {
        for number in 0..6_i64 {
            // Each round goes through them from another place, and every other one backwards.
            let number = if at % 2 == 0 { (number + at) % 6 } else { (at - number).rem_euclid(6) };
            let (id, name) = (format!("cus_{number}"), format!("{at:02}"));
            let object = json!({ "id": id, "object": "customer", "name": name });
            let kind = if at % 3 == 0 { "customer.created" } else { "customer.updated" };
            events.push(event(&format!("evt_{at}_{number}"), kind, second + at, &object));
        }
    }
    let sending: Vec<_> = events.chunks(30).map(|some| deliver(&stack, some)).collect();
    futures_util::future::try_join_all(sending).await?;
    for _ in 0..3 {
        stack.serve("worker").await?;
    }
    settled(&stack, i64::try_from(events.len())?).await?;
    let names = texts(&stack, "select distinct name from stripe.customers").await?;
    assert_eq!(names, ["59"], "the newest of each");
    let events_held = number(&stack, "select count(*) from counterfoil.inbox").await?;
    assert_eq!(usize::try_from(events_held)?, events.len());
    let tried = "select count(*) from counterfoil.inbox where reason ilike '%deadlock%' \
                 or outcome in ('parked', 'refetching')";
    assert_eq!(number(&stack, tried).await?, 0);
    for program in &stack.programs {
        let log = program.log().join("\n").to_lowercase();
        assert!(!log.contains("deadlock") && !log.contains("duplicate key"), "{log}");
    }
    stack.finish().await
}
