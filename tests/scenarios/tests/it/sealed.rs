//! Bodies under keys: never plain in the table, readable through a rotation, and missed without a
//! crash when their key is gone.

use counterfoil_simulator::Faults;
use counterfoil_support::Stack;
use serde_json::{Value, json};

use crate::sent::{changed, deliver, event, number, outcomes, row, settled, texts};
use crate::setup::{DEADLINE, settings};

const KEYS: &str = "COUNTERFOIL_PAYLOAD_KEYS";

fn key(name: &str, digit: &str) -> String {
    format!("{name}:{}", digit.repeat(64))
}

/// Ends the worker, and starts one with these keys.
async fn with_keys(stack: &mut Stack, keys: &[String]) -> anyhow::Result<()> {
    if let Some(mut worker) = stack.programs.pop() {
        worker.terminate(DEADLINE).await?;
    }
    stack.set(KEYS, &keys.join(","));
    stack.serve("worker").await
}

async fn plain(stack: &Stack) -> anyhow::Result<i64> {
    let found = "select count(*) from counterfoil.payloads \
                 where position('Zelda'::bytea in body) > 0 or key_id is null";
    number(stack, found).await
}

async fn bears(stack: &Stack) -> anyhow::Result<Vec<String>> {
    let sql = "select count(*) || ' ' || coalesce(key_id, '-') from counterfoil.payloads \
               group by key_id order by 1";
    texts(stack, sql).await
}

fn told(id: &str, second: i64, of: &str, now: i64, was: Option<i64>) -> Value {
    let object = json!({ "id": of, "object": "customer", "name": "Zelda", "balance": now });
    match was {
        None => event(id, "customer.created", second, &object),
        Some(was) => changed(id, "customer.updated", second, &object, &json!({ "balance": was })),
    }
}

#[tokio::test]
async fn a_rotation_of_keys_loses_no_body_and_no_order() -> anyhow::Result<()> {
    let (a, b, c) = (key("2026a", "a"), key("2026b", "b"), key("2026c", "c"));
    let mut stack = Stack::start(settings(vec!["ingest", "worker"], Faults::default())).await?;
    let second = stack.simulator.now() - 500;
    deliver(&stack, &[told("evt_1", second, "cus_1", 0, None)]).await?;
    settled(&stack, 1).await?;
    assert_eq!(plain(&stack).await?, 1, "without keys it is plain, and would be found");

    with_keys(&mut stack, std::slice::from_ref(&a)).await?;
    deliver(&stack, &[told("evt_2", second, "cus_1", 1, Some(0))]).await?;
    settled(&stack, 2).await?;
    assert_eq!(bears(&stack).await?, ["1 -", "1 2026a"]);
    let dry = stack.order(&["payloads", "reencrypt", "--dry-run"]).await?.well()?;
    assert!(dry.starts_with("1 kept bodies do not bear"), "{dry}");
    assert_eq!(bears(&stack).await?, ["1 -", "1 2026a"]);
    let said = stack.order(&["payloads", "reencrypt"]).await?.well()?;
    assert!(said.starts_with("1 of 1 bodies"), "{said}");
    assert_eq!((plain(&stack).await?, bears(&stack).await?), (0, vec!["2 2026a".to_owned()]));

    // The new key comes first, everything takes it, and only then the old one goes.
    with_keys(&mut stack, &[b.clone(), a]).await?;
    deliver(&stack, &[told("evt_3", second, "cus_1", 2, Some(1))]).await?;
    settled(&stack, 3).await?;
    assert_eq!(bears(&stack).await?, ["1 2026b", "2 2026a"]);
    stack.order(&["payloads", "reencrypt"]).await?.well()?;
    with_keys(&mut stack, std::slice::from_ref(&b)).await?;
    assert_eq!((plain(&stack).await?, bears(&stack).await?), (0, vec!["3 2026b".to_owned()]));
    for id in ["evt_1", "evt_2", "evt_3"] {
        let shown = stack.order(&["inbox", "show", id, "--body"]).await?.well()?;
        assert!(shown.contains("Zelda"), "{shown}");
    }
    // Of the same second as all before it: only their bodies tell that it is the last.
    deliver(&stack, &[told("evt_4", second, "cus_1", 3, Some(2))]).await?;
    settled(&stack, 4).await?;
    assert_eq!(row(&stack, "customers", "cus_1").await?["balance"], json!(3));
    assert!(stack.simulator.calls_seen().is_empty(), "{:?}", outcomes(&stack).await?);
    key_is_missing(&mut stack, &c, second).await?;
    // With it back, everything is readable again.
    with_keys(&mut stack, &[c, b]).await?;
    let said = stack.order(&["payloads", "reencrypt"]).await?.well()?;
    assert!(said.contains("now bear the key in use"), "{said}");
    assert_eq!(plain(&stack).await?, 0);
    assert_eq!(bears(&stack).await?.len(), 1);
    stack.finish().await
}

/// The key that all bodies bear was taken away too early.
async fn key_is_missing(stack: &mut Stack, other: &str, second: i64) -> anyhow::Result<()> {
    with_keys(stack, &[other.to_owned()]).await?;
    let words = "encrypted with key 2026b, which is not among COUNTERFOIL_PAYLOAD_KEYS";
    let shown = stack.order(&["inbox", "show", "evt_1", "--body"]).await?;
    assert!(shown.out.contains(words) && !shown.out.contains("Zelda"), "{shown:?}");
    let replay = stack.order(&["inbox", "replay", "--id", "evt_1", "--yes"]).await?;
    assert!(!replay.ok && replay.err.contains(words), "{replay:?}");
    let said = stack.order(&["payloads", "reencrypt"]).await?;
    assert!(!said.ok && said.out.contains("2026b"), "{said:?}");
    // An order that can no longer be told from the bodies is asked for.
    deliver(stack, &[told("evt_5", second, "cus_1", 9, Some(7))]).await?;
    settled(stack, 5).await?;
    assert_eq!(row(stack, "customers", "cus_1").await?["deleted"], json!(true), "as Stripe says");
    let log = stack.programs.iter().flat_map(counterfoil_support::Program::log);
    assert!(!log.into_iter().any(|it| it.contains("panicked")));
    Ok(())
}
