//! What should have moved on by now, and a list of events that was left alone for too long.

use counterfoil_simulator::{Card, NewCustomer, NewItem, NewSubscription};
use counterfoil_support::{Stack, until};

use super::{answered, day, done, run, started};
use crate::setup::{DEADLINE, monthly_price};

#[tokio::test]
async fn what_should_have_moved_on_is_asked_for() -> anyhow::Result<()> {
    let stack = started().await?;
    let price = monthly_price(&stack.simulator)?;
    let customer = stack.simulator.create_customer(NewCustomer::default());
    stack.simulator.set_card(&customer, Card::Declining)?;
    let subscription = stack.simulator.subscribe(&NewSubscription {
        customer,
        items: vec![NewItem { price, ..NewItem::default() }],
        ..NewSubscription::default()
    })?;
    stack.simulator.advance(std::time::Duration::from_mins(2));
    run(&stack, &["gap_fill"]).await?;
    stack.queues.drained(DEADLINE).await?;
    let status = async || -> anyhow::Result<String> {
        Ok(sqlx::query_scalar("select status from stripe.subscriptions where id = $1")
            .bind(&subscription)
            .fetch_one(&stack.database.pool)
            .await?)
    };
    assert_eq!(status().await?, "incomplete");
    // A day later nobody has paid, and nobody says so.
    stack.simulator.advance(std::time::Duration::from_hours(24));
    let looked = run(&stack, &["janitors"]).await?;
    assert_eq!((done(&looked, "objects_overdue"), done(&looked, "repaired")), (1, 1), "{looked}");
    assert_eq!(status().await?, "incomplete_expired");
    let found = stack.order(&["drift", "list", "--json"]).await?.well()?;
    assert!(!found.contains(&subscription), "a checkout that nobody finished is no drift: {found}");

    // An event waits for an answer, and the message that asks is lost.
    let lost = sqlx::query(
        "update counterfoil.inbox set outcome = 'refetching', received_at = now() - interval '3 hours' \
         where event_id = (select min(event_id) from counterfoil.inbox where outcome = 'applied')",
    )
    .execute(&stack.database.pool)
    .await?;
    assert_eq!(lost.rows_affected(), 1);
    let looked = run(&stack, &["janitors"]).await?;
    assert_eq!(done(&looked, "events_asked_again"), 1, "{looked}");
    answered(&stack).await?;
    stack.finish().await
}

#[tokio::test]
async fn a_list_of_events_left_alone_for_too_long_has_everything_compared() -> anyhow::Result<()> {
    let mut stack = started().await?;
    day::some(&stack.simulator, 3);
    sqlx::query(
        "insert into counterfoil.event_cursors (account, livemode, form, compared_until) \
         values ('self', false, 'snapshot', to_timestamp($1) - interval '29 days')",
    )
    .bind(stack.simulator.now())
    .execute(&stack.database.pool)
    .await?;
    stack.set("COUNTERFOIL_RECONCILER_GAP_FILL", "* * * * * *");
    // Not before the next year by itself.
    stack.set("COUNTERFOIL_RECONCILER_OBJECTS", "0 0 0 1 1 *");
    let mut reconciler = stack.run("reconciler").await?;
    full_passes(&stack, 1).await?;
    assert!(reconciler.log().iter().any(|it| it.contains("was not compared for 28 days")));
    assert!(reconciler.terminate(DEADLINE).await?.success());

    // The process that was told is killed before it begins; the next one begins.
    stack.set("COUNTERFOIL_RECONCILER_GAP_FILL", "off");
    let told = sqlx::query(
        "insert into counterfoil.runs \
         (job, account, livemode, dry_run, state, phase, started_at, ended_at, tally) \
         select job, account, livemode, false, 'completed', phase, now(), now(), tally \
         from counterfoil.runs where tally ? 'full_pass_wanted' limit 1",
    )
    .execute(&stack.database.pool)
    .await?;
    assert_eq!(told.rows_affected(), 1);
    let mut reconciler = stack.run("reconciler").await?;
    full_passes(&stack, 2).await?;
    assert!(reconciler.terminate(DEADLINE).await?.success());
    stack.finish().await
}

async fn full_passes(stack: &Stack, count: i64) -> anyhow::Result<()> {
    until("a full pass has ended", DEADLINE, async || {
        let ended: i64 = sqlx::query_scalar(
            "select count(*) from counterfoil.runs where job = 'objects' and state = 'completed'",
        )
        .fetch_one(&stack.database.pool)
        .await?;
        Ok((ended == count).then_some(()))
    })
    .await
}
