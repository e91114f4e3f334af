//! Ingest is off for a day, and Stripe's list of events is compared with the inbox.

use counterfoil_support::program::get;
use counterfoil_support::until;
use serde_json::Value;

use super::{answered, day, done, equal, run, started};
use crate::setup::DEADLINE;

/// The value of the first metric that begins so.
fn metric(text: &str, beginning: &str) -> Option<f64> {
    let line = text.lines().find(|it| it.starts_with(beginning))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test]
async fn a_day_of_lost_deliveries_comes_back_from_the_list_of_events() -> anyhow::Result<()> {
    let mut stack = started().await?;
    let made = day::pass(&stack.simulator, 1);
    assert!(made >= 10_000, "{made}");

    let plan = run(&stack, &["gap_fill", "--dry-run"]).await?;
    assert_eq!(done(&plan, "events_missed"), i64::try_from(made)?, "{plan}");
    let inbox: i64 = sqlx::query_scalar("select count(*) from counterfoil.inbox")
        .fetch_one(&stack.database.pool)
        .await?;
    assert_eq!(inbox, 0, "a dry run delivers nothing");

    // By the clock this time, and seen from outside.
    stack.set("COUNTERFOIL_RECONCILER_GAP_FILL", "* * * * * *");
    let mut reconciler = stack.run("reconciler").await?;
    let line = reconciler.logged("starting", DEADLINE).await?;
    let admin = line["admin"].as_str().unwrap_or_default().to_owned();
    let metrics = until("a run has ended", DEADLINE, async || {
        let text = get(&admin, "/metrics").await?;
        let missed = metric(&text, "counterfoil_reconciler_events_missed_total");
        let ended = metric(
            &text,
            r#"counterfoil_reconciler_runs_total{job="gap_fill",result="completed"}"#,
        );
        Ok((missed.is_some_and(|it| it > 0.0) && ended.is_some_and(|it| it > 0.0)).then_some(text))
    })
    .await?;
    let missed = metric(&metrics, "counterfoil_reconciler_events_missed_total");
    assert_eq!(missed, Some(f64::from(u32::try_from(made)?)));
    let counted = "counterfoil_reconciler_time_to_correct_seconds_count{type=\"silence\"}";
    assert_eq!(metric(&metrics, counted), missed, "{metrics}");
    assert!(reconciler.terminate(DEADLINE).await?.success());
    stack.set("COUNTERFOIL_RECONCILER_GAP_FILL", "off");

    stack.queues.drained(DEADLINE).await?;
    answered(&stack).await?;
    equal(&stack).await?;
    let again = run(&stack, &["gap_fill"]).await?;
    assert_eq!(done(&again, "events_missed"), 0, "{again}");
    let diff = run(&stack, &["objects"]).await?;
    assert_eq!((done(&diff, "drift"), &diff["state"]), (0, &Value::from("completed")), "{diff}");

    // The alarm stays until something is delivered: nothing was for a day.
    let open = stack.order(&["drift", "list", "--open", "--json"]).await?.well()?;
    let open: Vec<Value> = open.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert!(open.iter().all(|it| it["type"] == "silence"), "{open:?}");
    let told = stack.order(&["drift", "list", "--type", "silence"]).await?.well()?;
    assert!(told.contains("snapshot missed"), "{told}");
    stack.finish().await
}
