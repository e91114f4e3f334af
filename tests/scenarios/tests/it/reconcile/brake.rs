//! What must not be believed: a key of another account, and a list that comes back empty.

use std::time::Duration;

use counterfoil_simulator::{Fault, FaultRate, NewCustomer, Options, Simulator};
use counterfoil_support::{Stack, until};
use serde_json::Value;

use super::{MORNING, by_hand, day, done, run, started};
use crate::setup::DEADLINE;

/// All rows of a table of the mirror, in short.
async fn digest(stack: &Stack, table: &str) -> anyhow::Result<String> {
    let sql = format!(
        "select coalesce(md5(string_agg(held::text, '|' order by id)), '') from stripe.{table} as held"
    );
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&stack.database.pool).await?)
}

async fn findings(stack: &Stack) -> anyhow::Result<i64> {
    Ok(sqlx::query_scalar(
        "select count(*) from counterfoil.findings where object_kind <> 'events'",
    )
    .fetch_one(&stack.database.pool)
    .await?)
}

#[tokio::test]
async fn another_accounts_key_and_an_empty_list_change_nothing() -> anyhow::Result<()> {
    let mut stack = started().await?;
    day::some(&stack.simulator, 40);
    run(&stack, &["gap_fill"]).await?;
    stack.queues.drained(DEADLINE).await?;
    let before = [digest(&stack, "customers").await?, digest(&stack, "subscriptions").await?];

    // A list that comes back empty, while every object can still be asked for.
    let on = "GET /v1/subscriptions".parse()?;
    let empty = FaultRate { on, fault: Fault::EmptyList, rate: 1.0 };
    anyhow::ensure!(stack.simulator.set_call_fault_rates(vec![empty]));
    let braked = run(&stack, &["objects", "--repairs-max", "1000000"]).await?;
    assert_eq!(braked["state"], "braked", "{braked}");
    let cause = braked["cause"].as_str().unwrap_or_default();
    assert!(cause.contains("lists none of the"), "{cause}");
    assert_eq!(done(&braked, "asked"), 0, "{braked}");
    stack.simulator.clear_call_faults();

    // The key of another account, which has objects of its own.
    let begun = Options { seed: 99, ..by_hand(vec![], MORNING).simulator };
    let other = Simulator::start(begun).await?;
    day::some(&other, 20);
    other.advance(Duration::from_hours(1));
    stack.set("STRIPE_API_BASE", &other.base_url());
    let braked = run(&stack, &["objects", "--repairs-max", "1000000"]).await?;
    assert_eq!(braked["state"], "braked", "{braked}");
    let cause = braked["cause"].as_str().unwrap_or_default();
    assert!(cause.contains("another account's"), "{cause}");
    // Of an account that has nothing at all, and with one row held only.
    let nobody = Options { seed: 100, ..by_hand(vec![], MORNING).simulator };
    let nobody = Simulator::start(nobody).await?;
    nobody.advance(Duration::from_hours(1));
    stack.set("STRIPE_API_BASE", &nobody.base_url());
    let braked = run(&stack, &["objects"]).await?;
    assert_eq!(braked["state"], "braked", "{braked}");

    assert_eq!(
        before,
        [digest(&stack, "customers").await?, digest(&stack, "subscriptions").await?]
    );
    assert_eq!(findings(&stack).await?, 0, "nothing of it is drift");
    let reported = stack.order(&["reconcile", "report"]).await?.well()?;
    assert!(reported.contains("braked after"), "{reported}");

    // With the right key everything is as it was.
    let right = stack.simulator.base_url();
    stack.set("STRIPE_API_BASE", &right);
    let run = run(&stack, &["objects"]).await?;
    assert_eq!((&run["state"], done(&run, "drift")), (&Value::from("completed"), 0), "{run}");
    other.stop().await;
    nobody.stop().await;
    stack.finish().await
}

#[tokio::test]
async fn a_policy_has_a_person_asked_and_a_person_repairs_or_dismisses() -> anyhow::Result<()> {
    let mut stack = started().await?;
    stack.set("COUNTERFOIL_RECONCILER_REPAIR_MISSING_HERE", "ask");
    stack.set("COUNTERFOIL_RECONCILER_REPAIR_FIELD_DIFFERS", "never");
    day::some(&stack.simulator, 10);
    run(&stack, &["gap_fill"]).await?;
    stack.queues.drained(DEADLINE).await?;
    let name = Some("Zelda Quark".to_owned());
    let id = stack.simulator.create_customer(NewCustomer { name, ..NewCustomer::default() });
    stack.simulator.advance(Duration::from_secs(5));
    let damaged = sqlx::query("update stripe.prices set nickname = 'wrong', sighted_digest = '\\x00000000000000000000000000000000' where id = (select min(id) from stripe.prices where not deleted)")
        .execute(&stack.database.pool)
        .await?;
    assert_eq!(damaged.rows_affected(), 1);

    for times in ["1", "2"] {
        let run = run(&stack, &["objects"]).await?;
        assert_eq!((done(&run, "drift"), done(&run, "repaired")), (3, 0), "{run}");
        let list = stack.order(&["drift", "list", "--open"]).await?.well()?;
        let line = list.lines().find(|it| it.contains(&id)).unwrap_or_default();
        assert!(line.trim_end().ends_with(times) && line.contains("missing_here"), "{list}");
    }
    let list = stack.order(&["drift", "list", "--open", "--json"]).await?.well()?;
    let list: Vec<Value> = list.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let number = |kind: &str| {
        let it = list.iter().find(|it| it["kind"] == kind);
        it.map(|it| it["finding"].to_string()).unwrap_or_default()
    };
    let (customer, price) = (number("customer"), number("price"));
    let shown = stack.order(&["drift", "show", &price]).await?.well()?;
    assert!(shown.contains("nickname") && shown.contains("wrong"), "{shown}");

    let said = stack.order(&["drift", "repair", &customer, "--by", "ann"]).await?.well()?;
    assert!(said.contains("the mirror took what Stripe says"), "{said}");
    let held: i64 = sqlx::query_scalar("select count(*) from stripe.customers where id = $1")
        .bind(&id)
        .fetch_one(&stack.database.pool)
        .await?;
    assert_eq!(held, 1);
    let again = stack.order(&["drift", "repair", &customer]).await?;
    assert!(!again.ok && again.err.contains("is corrected"), "{again:?}");

    let reason = ["--reason", "we named it so", "--by", "bob"];
    let said = stack.order(&[&["drift", "dismiss", &price][..], &reason].concat()).await?.well()?;
    assert!(said.contains("dismissed"), "{said}");
    let run = run(&stack, &["objects"]).await?;
    assert_eq!(done(&run, "drift"), 2, "the price, and the customer's card: {run}");
    let open = stack.order(&["drift", "list", "--open"]).await?.well()?;
    assert!(!open.contains("price_"), "what is dismissed stays so while it looks the same: {open}");
    let shown = stack.order(&["drift", "show", &price]).await?.well()?;
    assert!(shown.contains("bob") && shown.contains("we named it so"), "{shown}");
    let audit = sqlx::query("update counterfoil.audit set actor = 'nobody'")
        .execute(&stack.database.pool)
        .await;
    assert!(audit.is_err(), "the audit is only ever added to");
    stack.finish().await
}

#[tokio::test]
async fn two_reconcilers_at_once_do_the_work_once() -> anyhow::Result<()> {
    let mut stack = started().await?;
    day::some(&stack.simulator, 40);
    let on = "GET /v1/customers".parse()?;
    let slow = FaultRate { on, fault: Fault::SlowAnswer { millis: 1_500 }, rate: 1.0 };
    anyhow::ensure!(stack.simulator.set_call_fault_rates(vec![slow]));
    let all = ["reconcile", "run", "--json", "objects", "--repairs-max", "1000000"];
    let (one, other) = tokio::join!(stack.order(&all), stack.order(&all));
    let (one, other) = (one?, other?);
    assert!(one.ok != other.ok, "one of them did it: {one:?} {other:?}");
    let busy = if one.ok { other } else { one };
    assert!(busy.err.contains("is being run by another process"), "{busy:?}");
    let runs: i64 =
        sqlx::query_scalar("select count(*) from counterfoil.runs where job = 'objects'")
            .fetch_one(&stack.database.pool)
            .await?;
    assert_eq!(runs, 1);
    stack.simulator.clear_call_faults();

    // By the clock, in two processes: every tick is one run.
    stack.set("COUNTERFOIL_RECONCILER_OBJECTS", "* * * * * *");
    let first = stack.run("reconciler").await?;
    let second = stack.run("reconciler").await?;
    until("several runs have ended", DEADLINE, async || {
        let ended: i64 = sqlx::query_scalar(
            "select count(*) from counterfoil.runs where job = 'objects' and state = 'completed'",
        )
        .fetch_one(&stack.database.pool)
        .await?;
        Ok((ended >= 4).then_some(()))
    })
    .await?;
    for mut it in [first, second] {
        assert!(it.terminate(DEADLINE).await?.success());
    }
    let overlapping: i64 = sqlx::query_scalar(
        "select count(*) from counterfoil.runs as a join counterfoil.runs as b \
         on a.job = b.job and a.id < b.id and b.started_at < a.ended_at",
    )
    .fetch_one(&stack.database.pool)
    .await?;
    assert_eq!(overlapping, 0);
    stack.finish().await
}
