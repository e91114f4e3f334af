//! The ceiling of absorbing events: a program that writes the same rows and nothing else.
//!
//! Everything is at hand in memory before the clock starts: no broker, no parsing, no judging, no
//! question of what is held. Two connections write batches of 200, each batch in one transaction
//! with one statement a table, as somebody would write it by hand for this one kind of event.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use counterfoil_service::Clock;
use sqlx::postgres::PgPool;
use sqlx::types::time::OffsetDateTime;
use tokio::task::JoinSet;

use crate::load::subscriptions::{Sample, customer, item, subscription};
use crate::stats::number;

/// Connections that write at once.
const CONNECTIONS: usize = 2;
/// Events of one transaction.
const BATCH: usize = 200;

/// The columns of one batch.
struct Columns {
    event: Vec<String>,
    kind: Vec<&'static str>,
    subscription: Vec<String>,
    customer: Vec<String>,
    item: Vec<String>,
    created: Vec<OffsetDateTime>,
    canceling: Vec<bool>,
    body: Vec<Vec<u8>>,
    digest: Vec<Vec<u8>>,
}

/// Writes all events into a migrated, empty database. Answers how many a second.
pub async fn measure(pool: &PgPool, events: &[Sample], clock: &Clock) -> anyhow::Result<f64> {
    let batches: Vec<Columns> = events
        .chunks(BATCH)
        .map(columns)
        .collect::<Option<_>>()
        .context("a time is out of range")?;
    let (batches, next) = (Arc::new(batches), Arc::new(AtomicUsize::new(0)));
    let begun = clock.monotonic();
    let mut running = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (pool, batches, next) = (pool.clone(), Arc::clone(&batches), Arc::clone(&next));
        running.spawn(async move {
            let mut connection = pool.acquire().await?;
            while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                write(&mut connection, batch).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    let took = clock.monotonic().saturating_sub(begun);
    Ok(number(u64::try_from(events.len())?) / took.as_secs_f64())
}

fn columns(batch: &[Sample]) -> Option<Columns> {
    let mut created = Vec::with_capacity(batch.len());
    for it in batch {
        created.push(OffsetDateTime::from_unix_timestamp(it.created).ok()?);
    }
    Some(Columns {
        event: batch.iter().map(|it| it.id.clone()).collect(),
        kind: batch.iter().map(|it| it.event_type).collect(),
        subscription: batch.iter().map(|it| subscription(it.number)).collect(),
        customer: batch.iter().map(|it| customer(it.number)).collect(),
        item: batch.iter().map(|it| item(it.number)).collect(),
        created,
        canceling: batch.iter().map(|it| it.event_type.ends_with("updated")).collect(),
        // The bytes that the product stores, compressed beforehand.
        body: batch.iter().map(|it| lz4_flex::compress_prepend_size(it.body.as_bytes())).collect(),
        digest: batch.iter().map(|_| vec![7; 16]).collect(),
    })
}

async fn write(connection: &mut sqlx::PgConnection, it: &Columns) -> Result<(), sqlx::Error> {
    sqlx::query("begin").execute(&mut *connection).await?;
    sqlx::query(
        "insert into stripe.subscriptions as held (id, account, livemode, deleted, sighted_at, \
         sighted_event, sighted_digest, created, customer, status, currency, collection_method, \
         current_period_start, current_period_end, start_date, billing_cycle_anchor, \
         cancel_at_period_end, billing_mode_type, latest_invoice, metadata) \
         select t.id, 'self', false, false, t.at, t.event, t.digest, t.at, t.customer, 'active', \
         'usd', 'charge_automatically', t.at, t.at, t.at, t.at, t.canceling, 'flexible', \
         'in_Bench', '{}' \
         from unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[], $5::text[], \
         $6::boolean[]) as t (id, event, digest, at, customer, canceling) \
         on conflict (id, account, livemode) do update set sighted_at = excluded.sighted_at, \
         sighted_event = excluded.sighted_event, sighted_digest = excluded.sighted_digest, \
         status = excluded.status, cancel_at_period_end = excluded.cancel_at_period_end \
         where held.sighted_at <= excluded.sighted_at",
    )
    .bind(&it.subscription)
    .bind(&it.event)
    .bind(&it.digest)
    .bind(&it.created)
    .bind(&it.customer)
    .bind(&it.canceling)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "insert into stripe.subscription_items as held (id, account, livemode, deleted, \
         sighted_at, subscription, created, price, product, quantity, current_period_start, \
         current_period_end, metadata) \
         select t.id, 'self', false, false, t.at, t.subscription, t.at, 'price_Bench', \
         'prod_Bench', 1, t.at, t.at, '{}' \
         from unnest($1::text[], $2::text[], $3::timestamptz[]) as t (id, subscription, at) \
         on conflict (id, account, livemode) do nothing",
    )
    .bind(&it.item)
    .bind(&it.subscription)
    .bind(&it.created)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "insert into counterfoil.payloads (event_id, account, livemode, created, codec, body) \
         select t.event, 'self', false, t.at, 'lz4', t.body \
         from unnest($1::text[], $2::timestamptz[], $3::bytea[]) as t (event, at, body) \
         on conflict do nothing",
    )
    .bind(&it.event)
    .bind(&it.created)
    .bind(&it.body)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "insert into counterfoil.inbox (event_id, account, livemode, endpoint, type, api_version, \
         object_id, object_kind, customer, created, received_at, settled_at, outcome) \
         select t.event, 'self', false, 'stripe', t.kind, '2025-10-29.clover', t.subscription, \
         'subscription', t.customer, t.at, t.at, t.at, 'applied' \
         from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) \
         as t (event, kind, subscription, customer, at) \
         on conflict do nothing",
    )
    .bind(&it.event)
    .bind(&it.kind)
    .bind(&it.subscription)
    .bind(&it.customer)
    .bind(&it.created)
    .execute(&mut *connection)
    .await?;
    sqlx::query("commit").execute(&mut *connection).await?;
    Ok(())
}
