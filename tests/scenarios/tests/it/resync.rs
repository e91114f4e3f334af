//! Asking Stripe on an operator's word, and saying what differed.

use counterfoil_simulator::{Faults, NewCustomer, NewItem, NewSubscription};
use counterfoil_support::{Stack, until};
use serde_json::{Value, json};

use crate::sent::row;
use crate::setup::{DEADLINE, monthly_price, settings};

/// A paying subscriber: the customer's id, and the subscription's.
async fn subscriber(stack: &Stack) -> anyhow::Result<(String, String)> {
    let simulator = &stack.simulator;
    let price = monthly_price(simulator)?;
    let name = Some("Zelda Quark".to_owned());
    let customer = simulator.create_customer(NewCustomer { name, ..NewCustomer::default() });
    let subscription = simulator.subscribe(&NewSubscription {
        customer: customer.clone(),
        items: vec![NewItem { price, ..NewItem::default() }],
        ..NewSubscription::default()
    })?;
    stack.settled(DEADLINE).await?;
    Ok((customer, subscription))
}

/// Puts wrong values into the mirror, in a later second than it was last written.
async fn damage(stack: &Stack, sql: &'static str) -> anyhow::Result<()> {
    let second = stack.simulator.now();
    until("another second has come", DEADLINE, async || {
        Ok((stack.simulator.now() > second + 1).then_some(()))
    })
    .await?;
    let done = sqlx::query(sql).execute(&stack.database.pool).await?;
    anyhow::ensure!(done.rows_affected() > 0, "nothing was damaged");
    Ok(())
}

fn line(said: &str, beginning: &str) -> Vec<String> {
    let line = said.lines().find(|it| it.starts_with(beginning)).unwrap_or_default();
    line.split_whitespace().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_damaged_row_is_told_column_by_column_and_mended() -> anyhow::Result<()> {
    let stack = Stack::start(settings(vec!["up"], Faults::default())).await?;
    let (customer, id) = subscriber(&stack).await?;
    damage(&stack, "update stripe.subscriptions set status = 'canceled', currency = 'eur'").await?;
    damage(&stack, "update stripe.subscription_items set quantity = 99").await?;
    let damaged = row(&stack, "subscriptions", &id).await?;

    let check = |said: &str| {
        assert!(said.contains(&format!("subscription {id}: 3 differences")), "{said}");
        assert_eq!(line(said, "COLUMN"), ["COLUMN", "WE", "HELD", "STRIPE", "SAYS"], "{said}");
        assert_eq!(line(said, "status"), ["status", "canceled", "active"], "{said}");
        assert_eq!(line(said, "currency"), ["currency", "eur", "usd"], "{said}");
        assert_eq!(line(said, "si_")[1..], ["quantity", "99", "1"], "{said}");
    };
    let dry = stack.order(&["resync", &id, "--dry-run"]).await?.well()?;
    check(&dry);
    assert!(dry.contains("nothing was written"), "{dry}");
    assert_eq!(row(&stack, "subscriptions", &id).await?, damaged);
    let said = stack.order(&["resync", &id]).await?.well()?;
    check(&said);
    let tally = stack.tally().await?;
    assert!(tally.is_equal(), "{:#?}", tally.differences);
    let said = stack.order(&["resync", &id, "--dry-run"]).await?.well()?;
    assert!(said.contains("the same on both sides"), "{said}");

    // All of a customer, and personal values only where they are asked for.
    damage(&stack, "update stripe.customers set name = 'Bob Wrong'").await?;
    damage(&stack, "update stripe.invoices set amount_paid = 1").await?;
    let all = ["resync", "--customer", &customer];
    let dry = stack.order(&[&all[..], &["--dry-run"]].concat()).await?.well()?;
    assert!(!dry.contains("Bob Wrong") && !dry.contains("Zelda"), "{dry}");
    assert_eq!(line(&dry, "name"), ["name", "(personal)", "(personal)"], "{dry}");
    assert_eq!(line(&dry, "amount_paid"), ["amount_paid", "1", "900"], "{dry}");
    let dry = stack.order(&[&all[..], &["--dry-run", "--show-personal"]].concat()).await?.well()?;
    assert!(dry.contains("Bob Wrong") && dry.contains("Zelda Quark"), "{dry}");
    let said = stack.order(&[&all[..], &["--json"]].concat()).await?.well()?;
    let told: Vec<Value> = said.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let differing: Vec<&str> = told
        .iter()
        .filter(|it| it["differs"] == true)
        .filter_map(|it| it["type"].as_str())
        .collect();
    assert_eq!(differing, ["customer", "invoice"], "{said}");
    let tally = stack.tally().await?;
    assert!(tally.is_equal(), "{:#?}", tally.differences);
    stack.finish().await
}

#[tokio::test]
async fn an_object_that_was_missed_is_fetched_and_one_that_is_gone_is_marked() -> anyhow::Result<()>
{
    let mut stack = Stack::start(settings(vec![], Faults::default())).await?;
    let name = Some("Zelda Quark".to_owned());
    let id = stack.simulator.create_customer(NewCustomer { name, ..NewCustomer::default() });
    stack.serve("up").await?;
    let unknown = stack.order(&["resync", &id]).await?;
    assert!(!unknown.ok && unknown.err.contains("the mirror holds nothing under"), "{unknown:?}");
    assert!(unknown.err.contains("--type"), "{unknown:?}");
    let wrong = stack.order(&["resync", &id, "--type", "widget"]).await?;
    assert!(!wrong.ok && wrong.err.contains("subscription"), "the kinds are named: {wrong:?}");
    let said = stack.order(&["resync", &id, "--type", "customer"]).await?.well()?;
    assert!(said.contains("missing here"), "{said}");
    assert_eq!(row(&stack, "customers", &id).await?["name"], json!("Zelda Quark"));
    let held = stack.simulator.now();
    stack.simulator.delete_customer(&id)?;
    until("another second has come", DEADLINE, async || {
        Ok((stack.simulator.now() > held + 1).then_some(()))
    })
    .await?;
    let said = stack.order(&["resync", &id]).await?.well()?;
    assert!(said.contains("gone at Stripe"), "{said}");
    assert_eq!(row(&stack, "customers", &id).await?["deleted"], json!(true));
    stack.finish().await
}
