//! What an operator types.

use std::path::PathBuf;

use counterfoil_simulator::Faults;
use counterfoil_support::Stack;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::setup::{DEADLINE, binary, settings};

fn recorded() -> anyhow::Result<Vec<PathBuf>> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("recorded");
    std::fs::create_dir_all(&folder)?;
    let events = [
        ("customer.created", json!({ "id": "cus_1", "object": "customer", "email": "a@b.c" })),
        ("product.created", json!({ "id": "prod_1", "object": "product" })),
        ("invoice.upcoming", json!({ "object": "invoice", "customer": "cus_1" })),
    ];
    let mut files = Vec::new();
    for (at, (kind, object)) in events.into_iter().enumerate() {
        let event = json!({
            "id": format!("evt_{at}"), "object": "event", "type": kind, "created": 1_700_000_000 + at,
            "livemode": false, "api_version": "2020-08-27", "data": { "object": object }
        });
        let file = folder.join(format!("{at}.json"));
        std::fs::write(&file, serde_json::to_vec_pretty(&event)?)?;
        files.push(file);
    }
    let file = folder.join("none.json");
    std::fs::write(&file, "no event at all")?;
    files.push(file);
    Ok(files)
}

#[tokio::test]
async fn send_list_show_and_replay() -> anyhow::Result<()> {
    let stack = Stack::start(settings(vec!["up"], Faults::default())).await?;
    let url = format!("http://{}/webhooks/stripe", stack.ingest);
    let files = recorded()?;
    let files: Vec<&str> = files.iter().filter_map(|it| it.to_str()).collect();
    let send = [&["inbox", "send", "--url", &url], files.as_slice()].concat();
    for round in 0..2 {
        let answer = stack.order(&send).await?;
        assert!(answer.ok && answer.out.contains("4 × 200"), "{round}: {}", answer.err);
        counterfoil_support::until("all are settled", DEADLINE, async || {
            let copies: Option<i64> =
                sqlx::query_scalar("select sum(repeats + 1)::bigint from counterfoil.inbox")
                    .fetch_one(&stack.database.pool)
                    .await?;
            Ok((copies == Some(4 * (round + 1))).then_some(()))
        })
        .await?;
    }
    let list = stack.order(&["inbox", "list"]).await?;
    assert!(list.out.contains("4 events: 2 applied, 1 ignored, 1 parked"), "{}", list.out);
    let list = stack.order(&["inbox", "list", "--json", "--type", "customer.*"]).await?;
    let row: Value = serde_json::from_str(list.out.trim())?;
    assert_eq!((&row["outcome"], &row["repeats"]), (&json!("applied"), &json!(1)));
    let show = stack.order(&["inbox", "show", "evt_0"]).await?;
    assert!(show.out.contains("applied") && !show.out.contains("a@b.c"), "{}", show.out);
    let show = stack.order(&["inbox", "show", "evt_0", "--body"]).await?;
    assert!(show.out.contains("a@b.c"), "{}", show.out);
    let show = stack.order(&["inbox", "show", "evt_none"]).await?;
    assert!(!show.ok && show.err.contains("holds no event evt_none"), "{}", show.err);

    let dry = stack.order(&["inbox", "replay", "--outcome", "parked"]).await?;
    assert!(dry.ok && dry.out.contains("1 event: 1 parked") && dry.out.contains("--yes"));
    let all = stack.order(&["inbox", "replay", "--yes"]).await?;
    assert!(!all.ok && all.err.contains("say which events"), "{}", all.err);
    let real = stack.order(&["inbox", "replay", "--since", "1h", "--yes"]).await?;
    assert!(real.ok && real.out.contains("4 replayed."), "{} {}", real.out, real.err);
    counterfoil_support::until("all are judged again", DEADLINE, async || {
        let judged: i64 = sqlx::query_scalar(
            "select count(*) from counterfoil.inbox where replayed_at is not null",
        )
        .fetch_one(&stack.database.pool)
        .await?;
        Ok((judged == 4).then_some(()))
    })
    .await?;
    let list = stack.order(&["inbox", "list"]).await?;
    assert!(list.out.contains("4 events: 2 applied, 1 ignored, 1 parked"), "{}", list.out);
    stack.abandon().await
}

#[tokio::test]
async fn settings_that_are_wrong_are_named_all_at_once() -> anyhow::Result<()> {
    let output = Command::new(binary())
        .arg("up")
        .env_clear()
        .env("COUNTERFOIL_INGEST_LISTEN", "nowhere")
        .env("COUNTERFOIL_WORKER_BATCH_MAX", "many")
        .env("STRIPE_SECRET_KEY", "sk_test_hunter2 with blanks")
        .output()
        .await?;
    let said = String::from_utf8(output.stderr)?;
    assert!(!output.status.success());
    for name in [
        "COUNTERFOIL_INGEST_LISTEN",
        "COUNTERFOIL_WORKER_BATCH_MAX",
        "DATABASE_URL",
        "AMQP_URL",
        "STRIPE_WEBHOOK_SECRET",
    ] {
        assert!(said.contains(name), "{name} is not named: {said}");
    }
    assert!(!said.contains("hunter2") && !said.contains("panicked"), "{said}");
    Ok(())
}
