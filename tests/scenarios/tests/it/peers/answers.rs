//! What a sender is told, and what it may rely on.

use counterfoil_bus::Role;
use counterfoil_simulator::{Faults, sign};
use counterfoil_support::{Gate, Program, Stack, stack, until};
use serde_json::{Value, json};

use crate::sent::{deliver, event, number, outcomes, post, post_signed, row, settled, texts};
use crate::setup::{DEADLINE, binary, settings};

fn customer(id: &str) -> Value {
    json!({ "id": id, "object": "customer", "name": "Ann" })
}

#[tokio::test]
async fn peers_05_what_nobody_knows_or_has_no_id_is_never_refused() -> anyhow::Result<()> {
    let stack = Stack::start(settings(vec!["up"], Faults::default())).await?;
    let now = stack.simulator.now();
    let upcoming = json!({ "object": "invoice", "customer": "cus_1", "lines": { "data": [] } });
    let mut with_null = upcoming.clone();
    with_null["id"] = Value::Null;
    let events = [
        event("evt_1", "invoice.upcoming", now, &upcoming),
        event("evt_2", "invoice.upcoming", now, &with_null),
        event("evt_3", "widget.made", now, &json!({ "id": "w_1", "object": "widget" })),
        event("evt_4", "v3.widget.made", now, &json!({})),
    ];
    deliver(&stack, &events).await?;
    settled(&stack, 4).await?;
    let ignored = number(
        &stack,
        "select count(*) from counterfoil.inbox where outcome = 'ignored' and reason <> ''",
    );
    assert_eq!(ignored.await?, 4, "{:?}", outcomes(&stack).await?);
    stack.finish().await
}

#[tokio::test]
async fn peers_06_a_database_that_is_away_never_costs_an_event_or_its_sender() -> anyhow::Result<()>
{
    let mut stack = Stack::start(settings(vec![], Faults::default())).await?;
    let (gate, url) = Gate::before(&stack.database.url).await?;
    stack.set("DATABASE_URL", &url);
    stack.serve("ingest").await?;
    stack.serve("worker").await?;
    let now = stack.simulator.now();
    let made =
        |at: i64| event(&format!("evt_{at}"), "customer.created", now - at, &customer("cus_1"));
    deliver(&stack, &[made(0)]).await?;
    settled(&stack, 1).await?;
    gate.shut().await;
    let events: Vec<Value> = (1..50).map(made).collect();
    deliver(&stack, &events).await?;
    stack.programs[1].logged("the consumer cannot work", DEADLINE).await?;
    assert_eq!(set_aside(&stack).await?, 0, "nothing is parked, and nothing climbs the ladder");
    // Nor is an event refused while the worker has already noticed.
    deliver(&stack, &[event("evt_late", "customer.updated", now + 1, &customer("cus_1"))]).await?;
    assert_eq!(set_aside(&stack).await?, 0, "nothing is parked, and nothing climbs the ladder");
    gate.open().await?;
    settled(&stack, 51).await?;
    let parked = number(&stack, "select count(*) from counterfoil.inbox where outcome = 'parked'");
    assert_eq!(parked.await?, 0);
    assert_eq!(row(&stack, "customers", "cus_1").await?["sighted_event"], json!("evt_late"));
    stack.finish().await
}

/// Messages that are parked or wait for their next try.
async fn set_aside(stack: &Stack) -> anyhow::Result<u32> {
    let depths = stack.queues.depths().await?;
    Ok(depths.iter().filter(|it| it.role != Role::Main).map(|it| it.messages).sum())
}

/// A body that any JSON library would write otherwise.
const BODY: &str =
    "{ \"type\":\"customer.created\",\r\n\t\"id\":  \"evt_exact\", \"object\":\"event\",
  \"livemode\":false, \"created\": 1700000000, \"zzz\": 1.0, \"aaa\": 1e2, \"u\": \"\\u00e9\\/\",
  \"data\":{\"object\":{\"object\":\"customer\",\"id\":\"cus_exact\",\"name\":\"\u{e9}\"}} }\n";

#[tokio::test]
async fn peers_09_nothing_is_acknowledged_before_the_broker_has_it_byte_for_byte()
-> anyhow::Result<()> {
    let mut stack = Stack::start(settings(vec![], Faults::default())).await?;
    let direct = stack.queues.url.clone();
    let (gate, url) = Gate::before(&direct).await?;
    stack.set("AMQP_URL", &url);
    stack.set("COUNTERFOIL_INGEST_CONFIRM_TIMEOUT", "500ms");
    stack.serve("ingest").await?;
    // Sent, and never confirmed.
    gate.jam();
    let answer = post_signed(&stack, BODY.as_bytes()).await?;
    assert_eq!(answer.status, 503, "{answer:?}");
    // Not connected.
    gate.shut().await;
    let answer = post_signed(&stack, BODY.as_bytes()).await?;
    assert_eq!(answer.status, 503, "{answer:?}");
    gate.open().await?;
    until("the broker is back", DEADLINE, async || {
        let answer = post_signed(&stack, BODY.as_bytes()).await?;
        anyhow::ensure!(answer.status == 200, "{answer:?}");
        Ok(Some(()))
    })
    .await?;
    stack.set("AMQP_URL", &direct);
    stack.serve("worker").await?;
    settled(&stack, 1).await?;
    let shown = stack.order(&["inbox", "show", "evt_exact", "--body", "--json"]).await?.well()?;
    let shown: Value = serde_json::from_str(&shown)?;
    assert_eq!(shown["body"].as_str(), Some(BODY), "so its signature can be checked again");
    let codecs = texts(&stack, "select codec || length(body) from counterfoil.payloads").await?;
    assert_eq!(codecs.len(), 1);
    stack.finish().await
}

#[tokio::test]
async fn peers_09_a_queue_that_is_full_refuses_and_drops_nothing() -> anyhow::Result<()> {
    let mut full = settings(vec!["ingest"], Faults::default());
    full.environment.push(("COUNTERFOIL_BUS_QUEUE_LENGTH_MAX".to_owned(), "3".to_owned()));
    let mut stack = Stack::start(full).await?;
    let now = stack.simulator.now();
    let mut taken: Vec<String> = Vec::new();
    let mut refused = 0;
    for at in 0..200 {
        let id = format!("evt_{at:03}");
        let body = event(&id, "customer.created", now, &customer(&id)).to_string();
        match post_signed(&stack, body.as_bytes()).await?.status {
            200 => taken.push(id),
            503 => refused += 1,
            other => anyhow::bail!("answered {other}"),
        }
        if refused == 5 {
            break;
        }
    }
    assert!(refused == 5 && taken.len() >= 3, "{refused} refused, {} taken", taken.len());
    stack.serve("worker").await?;
    settled(&stack, i64::try_from(taken.len())?).await?;
    let held = texts(&stack, "select event_id from counterfoil.inbox order by 1").await?;
    assert_eq!(held, taken, "what was taken is there, and what was refused is not");
    stack.finish().await
}

#[tokio::test]
async fn peers_10_a_signature_never_passes_by_its_place_its_age_or_a_missing_secret()
-> anyhow::Result<()> {
    let mut two = settings(vec!["up"], Faults::default());
    let secrets = format!("whsec_before,{}", stack::SECRET);
    two.environment.push(("STRIPE_WEBHOOK_SECRET".to_owned(), secrets));
    let stack = Stack::start(two).await?;
    let now = stack.simulator.now();
    let body = |id: &str| event(id, "customer.created", now, &customer(id)).to_string();
    let mut good = Vec::new();
    for (at, (age, places, expected)) in [
        // Whichever of several is right.
        (0, vec![stack::SECRET], 200),
        (0, vec![stack::SECRET, "wrong", "wrong"], 200),
        (0, vec!["wrong", stack::SECRET, "wrong"], 200),
        (0, vec!["wrong", "wrong", stack::SECRET], 200),
        (0, vec!["whsec_before"], 200),
        (0, vec!["wrong"], 400),
        (0, vec!["wrong", "wrong"], 400),
        (0, vec![""], 400),
        // How far its time may lie from now.
        (200, vec![stack::SECRET], 200),
        (-200, vec![stack::SECRET], 200),
        (400, vec![stack::SECRET], 400),
        (-400, vec![stack::SECRET], 400),
        (36_000_000, vec![stack::SECRET], 400),
    ]
    .into_iter()
    .enumerate()
    {
        let (id, second) = (format!("evt_{at:02}"), stack.simulator.now() - age);
        let body = body(&id);
        let mut header = format!("t={second}");
        for secret in &places {
            header += ",v1=";
            header += &sign(secret, second, body.as_bytes());
        }
        let answer = post(&stack, body.as_bytes(), &header).await?;
        assert_eq!(answer.status, expected, "{places:?}, {age} s old: {answer:?}");
        if expected == 200 {
            good.push(id);
        }
    }
    let (text, second) = (body("evt_not"), stack.simulator.now());
    let right = sign(stack::SECRET, second, text.as_bytes());
    for header in [
        format!("t={second},v0={right}"),
        format!("v1={right}"),
        format!("t={second}"),
        format!("t={},v1={right}", second - 1),
        format!("t={second},v1={}", &right[..63]),
        String::new(),
        "nothing".to_owned(),
    ] {
        let answer = post(&stack, text.as_bytes(), &header).await?;
        assert_eq!(answer.status, 400, "{header}: {answer:?}");
    }
    let header = format!("t={second},v1={right}");
    let other = text.replace("Ann", "Bob");
    assert_eq!(post(&stack, other.as_bytes(), &header).await?.status, 400, "another body");
    settled(&stack, i64::try_from(good.len())?).await?;
    let held = texts(&stack, "select event_id from counterfoil.inbox order by 1").await?;
    assert_eq!(held, good);
    stack.finish().await?;
    refuses_to_start().await
}

/// No secret, or a blank one: nothing could be checked, so nothing is received.
async fn refuses_to_start() -> anyhow::Result<()> {
    for secret in [None, Some(""), Some(" "), Some(",")] {
        let mut environment = vec![
            ("AMQP_URL".to_owned(), counterfoil_support::database::setting("AMQP_URL")?),
            ("COUNTERFOIL_INGEST_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            ("COUNTERFOIL_ADMIN_INGEST_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ];
        environment.extend(secret.map(|it| ("STRIPE_WEBHOOK_SECRET".to_owned(), it.to_owned())));
        let mut ingest = Program::start(&binary(), &["ingest"], &environment)?;
        let status = ingest.ended(DEADLINE).await?;
        let log = ingest.log().join("\n");
        assert!(!status.success() && log.contains("STRIPE_WEBHOOK_SECRET"), "{secret:?}: {log}");
    }
    Ok(())
}
