//! Several workers at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use counterfoil_store::{Received, StoreError};
use sqlx::PgPool;
use tokio::task::JoinSet;

use crate::events::{event, everything_but_the_inbox, store, text, with};

/// Customers, products and invoices in every state they had, each event twice.
fn history() -> Vec<Received> {
    let mut all = Vec::new();
    for object in 0..12 {
        for step in 0..6 {
            let id = format!("evt_{object}_{step}");
            let customer = format!(r#"{{"id":"cus_{object}","name":"{step}"}}"#);
            let product = format!(r#"{{"id":"prod_{object}","name":"{step}"}}"#);
            let invoice = format!(
                r#"{{"id":"in_{object}","status":"open","amount_due":{step},
                "lines":{{"data":[{{"id":"il_{object}_{step}"}}]}}}}"#
            );
            all.push(event(&format!("{id}c"), "customer.updated", 100 + step, &customer));
            all.push(event(&format!("{id}p"), "product.updated", 100 + step, &product));
            all.push(event(&format!("{id}i"), "invoice.updated", 100 + step, &invoice));
        }
    }
    all.extend(all.clone());
    all
}

/// Another order for each worker, without chance.
fn shuffled(mut events: Vec<Received>, worker: usize) -> Vec<Received> {
    let length = events.len();
    for at in 0..length {
        events.swap(at, (at * (7 + 2 * worker) + worker * 31) % length);
    }
    events
}

#[sqlx::test(migrations = false)]
async fn workers_that_get_the_same_events_in_other_orders_agree(pool: PgPool) {
    let store = store(&pool).await;
    let mut workers = JoinSet::new();
    for worker in 0..6 {
        let store = store.clone();
        let events = shuffled(history(), worker);
        workers.spawn(async move {
            for batch in events.chunks(25) {
                // What the queue does with a conflict.
                loop {
                    match store.absorb(batch, &with()).await {
                        Ok(settled) => break assert_eq!(settled.len(), batch.len()),
                        Err(StoreError::Conflict) => {}
                        Err(error) => panic!("{error}: {error:?}"),
                    }
                }
            }
        });
    }
    while let Some(ended) = workers.join_next().await {
        ended.unwrap();
    }
    let names = "select string_agg(distinct name, ' ') from stripe.customers";
    assert_eq!(text(&pool, names).await.as_deref(), Some("5"));
    let names = "select string_agg(distinct name, ' ') from stripe.products";
    assert_eq!(text(&pool, names).await.as_deref(), Some("5"));
    let amounts = "select string_agg(distinct amount_due::text, ' ') from stripe.invoices";
    assert_eq!(text(&pool, amounts).await.as_deref(), Some("5"));
    let lines = "select count(*)::text from stripe.invoice_lines where not deleted";
    assert_eq!(text(&pool, lines).await.as_deref(), Some("12"));
    let seen: Option<i64> =
        sqlx::query_scalar("select sum(repeats + 1)::bigint from counterfoil.inbox")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(
        seen,
        Some(i64::try_from(6 * history().len()).unwrap()),
        "every copy is counted once"
    );
}

#[sqlx::test(migrations = false)]
async fn a_batch_does_the_same_as_its_events_alone(pool: PgPool) {
    let together = store(&pool).await;
    for batch in shuffled(history(), 3).chunks(40) {
        together.absorb(batch, &with()).await.unwrap();
    }
    let as_batches = everything_but_the_inbox(&pool).await;
    sqlx::query(
        "truncate counterfoil.inbox, counterfoil.payloads, stripe.customers, stripe.products, \
         stripe.invoices, stripe.invoice_lines",
    )
    .execute(&pool)
    .await
    .unwrap();
    for one in shuffled(history(), 3) {
        together.absorb(&[one], &with()).await.unwrap();
    }
    let kept = |text: &str| -> BTreeSet<String> {
        // Lines that only passing states had are flagged where each state was written.
        text.lines().filter(|it| !it.starts_with("line ")).map(str::to_owned).collect()
    };
    assert_eq!(kept(&everything_but_the_inbox(&pool).await), kept(&as_batches));
}

#[sqlx::test(migrations = false)]
async fn several_processes_may_migrate_at_once(pool: PgPool) {
    let pool = Arc::new(pool);
    let mut processes = JoinSet::new();
    for _ in 0..5 {
        let pool = Arc::clone(&pool);
        processes.spawn(async move { drop(store(&pool).await) });
    }
    while let Some(ended) = processes.join_next().await {
        ended.unwrap();
    }
    assert!(store(&pool).await.is_migrated().await.unwrap());
}

#[sqlx::test(migrations = false)]
async fn a_connection_that_is_cut_is_an_outage_and_nothing_is_lost(pool: PgPool) {
    let store = store(&pool).await;
    let mut workers = JoinSet::new();
    for worker in 0..3 {
        let store = store.clone();
        let events = shuffled(history(), worker);
        workers.spawn(async move {
            let mut outages = 0;
            for batch in events.chunks(9) {
                loop {
                    match store.absorb(batch, &with()).await {
                        Ok(settled) => break assert_eq!(settled.len(), batch.len()),
                        Err(StoreError::Conflict) => {}
                        Err(StoreError::Unavailable(_)) => outages += 1,
                        Err(error) => panic!("{error}: {error:?}"),
                    }
                }
            }
            outages
        });
    }
    let mut outages = 0;
    while !workers.is_empty() {
        let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                   where datname = current_database() and pid <> pg_backend_pid()";
        // The knife may be cut as well.
        let _ = sqlx::query(cut).execute(&pool).await;
        while let Some(ended) = workers.try_join_next() {
            outages += ended.unwrap();
        }
    }
    assert!(outages > 0, "nothing was cut in mid-flight");
    let names = "select string_agg(distinct name, ' ') from stripe.customers";
    assert_eq!(text(&pool, names).await.as_deref(), Some("5"));
    let amounts = "select string_agg(distinct amount_due::text, ' ') from stripe.invoices";
    assert_eq!(text(&pool, amounts).await.as_deref(), Some("5"));
}
