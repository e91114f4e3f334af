//! Ingest is off for a day, the list of events is not looked at, and every object is compared.

use std::collections::BTreeSet;

use counterfoil_support::Stack;
use serde_json::Value;

use super::{day, done, equal, run, started};
use crate::setup::DEADLINE;

async fn tables(stack: &Stack) -> anyhow::Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "select tablename::text from pg_tables where schemaname = 'stripe' order by 1",
    )
    .fetch_all(&stack.database.pool)
    .await?)
}

/// All tables of the mirror, in short.
async fn digest(stack: &Stack) -> anyhow::Result<String> {
    let mut all = String::new();
    for table in tables(stack).await? {
        let sql = format!(
            "select coalesce(md5(string_agg(held::text, '|' order by id)), '') \
             from stripe.{table} as held"
        );
        let digest: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&stack.database.pool).await?;
        all.push_str(&digest);
    }
    Ok(all)
}

/// The ids of everything that is held.
async fn held(stack: &Stack) -> anyhow::Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for table in tables(stack).await? {
        let sql = format!("select id from stripe.{table}");
        let ids: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&stack.database.pool).await?;
        all.extend(ids);
    }
    Ok(all)
}

/// The ids of the items and lines that subscriptions and invoices have now.
fn children(stack: &Stack) -> anyhow::Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for (path, list) in [("/v1/subscriptions?status=all", "items"), ("/v1/invoices?a=", "lines")] {
        let path = path.replace("?a=", "?limit=100").replace("status=all", "status=all&limit=100");
        let mut cursor = String::new();
        loop {
            let (status, page) = stack.simulator.call("GET", &format!("{path}{cursor}"), "");
            anyhow::ensure!(status == 200, "{path}: {status}");
            let objects = page["data"].as_array().cloned().unwrap_or_default();
            for it in objects.iter().filter_map(|it| it[list]["data"].as_array()).flatten() {
                all.insert(it["id"].as_str().unwrap_or_default().to_owned());
            }
            let Some(last) = objects.last().filter(|_| page["has_more"] == true) else { break };
            cursor = format!("&starting_after={}", last["id"].as_str().unwrap_or_default());
        }
    }
    Ok(all)
}

#[tokio::test]
async fn a_day_of_lost_deliveries_is_found_object_by_object() -> anyhow::Result<()> {
    let mut stack = started().await?;
    // A mirror that is right in the morning, so that deletions and changes can be missed.
    day::some(&stack.simulator, 300);
    let filled = run(&stack, &["gap_fill"]).await?;
    assert_eq!(filled["state"], "completed", "{filled}");
    stack.queues.drained(DEADLINE).await?;
    equal(&stack).await?;
    let held = held(&stack).await?;

    day::shake(&stack.simulator)?;
    let made = day::pass(&stack.simulator, 10_000);
    assert!(made >= 10_000, "{made}");
    let before = digest(&stack).await?;
    let braked = run(&stack, &["objects", "--repairs-max", "100"]).await?;
    assert_eq!(braked["state"], "braked", "{braked}");
    // What is listed customer by customer is left to the run that mends.
    stack.set("COUNTERFOIL_RECONCILER_KINDS", "customer,product,price,coupon,subscription,invoice");
    let plan = run(&stack, &["objects", "--repairs-max", "1000000", "--dry-run"]).await?;
    let again = run(&stack, &["objects", "--repairs-max", "1000000", "--dry-run"]).await?;
    stack.set("COUNTERFOIL_RECONCILER_KINDS", "");
    assert!(plan["plan"].as_array().is_some_and(|it| it.len() > 1_000));
    assert_eq!(plan["plan"], again["plan"], "a second run confirms the plan");
    assert_eq!(before, digest(&stack).await?, "neither a brake nor a plan changes anything");

    let mended = run(&stack, &["objects", "--repairs-max", "1000000"]).await?;
    assert_eq!(mended["state"], "completed", "{mended}");
    let tally = stack.tally().await?;
    let shown = children(&stack)?;
    let left: Vec<_> = tally
        .differences
        .iter()
        .filter(|it| {
            // What was made and deleted while nobody looked is in no list, and leaves nothing to mark.
            let unseen =
                it.what == "it was deleted, and has no row that says so" && !held.contains(&it.id);
            let lacking = it.what == "it has no row";
            // Likewise an item or a line that came and went.
            let child = ["subscription_items", "invoice_lines"].contains(&it.table)
                && !shown.contains(&it.id);
            // Stripe lists them for each customer, and no longer for one that is deleted.
            let of_nobody = ["credit_balance_transactions", "tax_ids"].contains(&it.table);
            !unseen && !(lacking && (child || of_nobody))
        })
        .collect();
    assert!(left.is_empty(), "{left:#?}");
    let types: Vec<String> = sqlx::query_scalar(
        "select distinct type from counterfoil.findings where corrected_by = 'repair' order by 1",
    )
    .fetch_all(&stack.database.pool)
    .await?;
    for wanted in ["entitlement", "field_differs", "missing_here", "missing_there"] {
        assert!(types.iter().any(|it| it == wanted), "{wanted} is not among {types:?}");
    }
    let second = run(&stack, &["objects"]).await?;
    assert_eq!((done(&second, "drift"), &second["state"]), (0, &Value::from("completed")));
    let open = stack.order(&["drift", "list", "--open", "--json"]).await?.well()?;
    // Nothing was delivered for two days, and that alone is still so.
    let others: Vec<&str> = open.lines().filter(|it| !it.contains("silence")).collect();
    assert!(others.is_empty(), "{others:?}");
    let (findings, repairs): (i64, i64) = sqlx::query_as(
        "select (select count(*) from counterfoil.findings where type <> 'silence'), \
         (select count(*) from counterfoil.audit where object_kind <> 'events' \
          and action = 'repair')",
    )
    .fetch_one(&stack.database.pool)
    .await?;
    assert_eq!(findings, repairs, "each repair is in the audit");
    stack.finish().await
}
