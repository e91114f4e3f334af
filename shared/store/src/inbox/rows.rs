//! Writing the inbox from the absorbing transaction.

use std::collections::BTreeMap;

use counterfoil_domain::outcome::Outcome;
use counterfoil_domain::{EventKey, Scope, Timestamp};
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use crate::absorb::{Received, Settled};

/// One row to be written.
pub(crate) struct Entry<'a> {
    pub(crate) event: &'a Received,
    pub(crate) settled: &'a Settled,
}

/// What the inbox says already of these events.
pub(crate) async fn find(
    connection: &mut PgConnection,
    keys: impl Iterator<Item = &EventKey>,
) -> Result<BTreeMap<EventKey, (Outcome, Option<String>)>, sqlx::Error> {
    let keys: Vec<&EventKey> = keys.collect();
    let event_id: Vec<&str> = keys.iter().map(|it| it.id.as_str()).collect();
    let account: Vec<&str> = keys.iter().map(|it| it.scope.account.as_str()).collect();
    let livemode: Vec<bool> = keys.iter().map(|it| it.scope.livemode).collect();
    let rows = sqlx::query!(
        r#"
        select event_id, account, livemode, outcome, reason
        from counterfoil.inbox
        join unnest($1::text[], $2::text[], $3::boolean[])
            as asked (event_id, account, livemode) using (event_id, account, livemode)
        "#,
        &event_id as &[&str],
        &account as &[&str],
        &livemode,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let scope = Scope { account: row.account, livemode: row.livemode };
            // The column's check constraint lists the same names.
            let outcome = Outcome::parse(&row.outcome)?;
            Some((EventKey { id: row.event_id, scope }, (outcome, row.reason)))
        })
        .collect())
}

/// Writes the rows of events that are new. `false` when one of them is not: another transaction has
/// settled it meanwhile.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    entries: &[Entry<'_>],
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    if entries.is_empty() {
        return Ok(true);
    }
    let event_id: Vec<&str> = entries.iter().map(|it| it.event.key.id.as_str()).collect();
    let account: Vec<&str> = entries.iter().map(|it| it.event.key.scope.account.as_str()).collect();
    let livemode: Vec<bool> = entries.iter().map(|it| it.event.key.scope.livemode).collect();
    let endpoint: Vec<&str> = entries.iter().map(|it| it.event.endpoint.as_str()).collect();
    let kind: Vec<&str> = entries.iter().map(|it| it.event.event_type.as_str()).collect();
    let version: Vec<Option<&str>> =
        entries.iter().map(|it| it.event.api_version.as_deref()).collect();
    let object_id: Vec<Option<&str>> =
        entries.iter().map(|it| it.event.object_id.as_deref()).collect();
    let customer: Vec<Option<&str>> =
        entries.iter().map(|it| it.event.customer.as_deref()).collect();
    let created: Vec<OffsetDateTime> = entries.iter().map(|it| it.event.created.into()).collect();
    let received_at: Vec<OffsetDateTime> =
        entries.iter().map(|it| it.event.received_at.into()).collect();
    let outcome: Vec<&str> = entries.iter().map(|it| it.settled.outcome.as_str()).collect();
    let reason: Vec<Option<&str>> = entries.iter().map(|it| it.settled.reason.as_deref()).collect();
    let written = sqlx::query!(
        r#"
        insert into counterfoil.inbox (
            event_id, account, livemode, endpoint, type, api_version, object_id, customer, created,
            received_at, outcome, reason, settled_at
        )
        select t.*, $13::timestamptz
        from unnest(
            $1::text[], $2::text[], $3::boolean[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::text[]
        ) as t
        on conflict (event_id, account, livemode) do nothing
        "#,
        &event_id as &[&str],
        &account as &[&str],
        &livemode,
        &endpoint as &[&str],
        &kind as &[&str],
        &version as &[Option<&str>],
        &object_id as &[Option<&str>],
        &customer as &[Option<&str>],
        &created,
        &received_at,
        &outcome as &[&str],
        &reason as &[Option<&str>],
        OffsetDateTime::from(now),
    )
    .execute(connection)
    .await?;
    Ok(usize::try_from(written.rows_affected()) == Ok(entries.len()))
}

/// Writes what became of events that a person had judged again. What stands is kept where the new
/// judgement only says that it stands: an event that was applied stays applied.
pub(crate) async fn settle_replayed(
    connection: &mut PgConnection,
    entries: &[Entry<'_>],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let event_id: Vec<&str> = entries.iter().map(|it| it.event.key.id.as_str()).collect();
    let account: Vec<&str> = entries.iter().map(|it| it.event.key.scope.account.as_str()).collect();
    let livemode: Vec<bool> = entries.iter().map(|it| it.event.key.scope.livemode).collect();
    let outcome: Vec<&str> = entries.iter().map(|it| it.settled.outcome.as_str()).collect();
    let reason: Vec<Option<&str>> = entries.iter().map(|it| it.settled.reason.as_deref()).collect();
    sqlx::query!(
        r#"
        update counterfoil.inbox as held
        set
            outcome = case when held.outcome in ('applied', 'superseded', 'duplicate')
                and t.outcome in ('superseded', 'duplicate') then held.outcome else t.outcome end,
            reason = case when held.outcome in ('applied', 'superseded', 'duplicate')
                and t.outcome in ('superseded', 'duplicate') then held.reason else t.reason end,
            settled_at = $6::timestamptz,
            replayed_at = $6::timestamptz
        from unnest($1::text[], $2::text[], $3::boolean[], $4::text[], $5::text[])
            as t (event_id, account, livemode, outcome, reason)
        where held.event_id = t.event_id
            and held.account = t.account
            and held.livemode = t.livemode
        "#,
        &event_id as &[&str],
        &account as &[&str],
        &livemode,
        &outcome as &[&str],
        &reason as &[Option<&str>],
        OffsetDateTime::from(now),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Counts copies of events that are settled.
pub(crate) async fn count_repeats(
    connection: &mut PgConnection,
    repeats: &BTreeMap<&EventKey, i32>,
) -> Result<(), sqlx::Error> {
    if repeats.is_empty() {
        return Ok(());
    }
    let event_id: Vec<&str> = repeats.keys().map(|it| it.id.as_str()).collect();
    let account: Vec<&str> = repeats.keys().map(|it| it.scope.account.as_str()).collect();
    let livemode: Vec<bool> = repeats.keys().map(|it| it.scope.livemode).collect();
    let times: Vec<i32> = repeats.values().copied().collect();
    // Locked in the order of the keys first, since an update's own order is the planner's.
    sqlx::query!(
        r#"
        with counted as (
            select held.event_id, held.account, held.livemode, t.times
            from counterfoil.inbox as held
            join unnest($1::text[], $2::text[], $3::boolean[], $4::integer[])
                as t (event_id, account, livemode, times) using (event_id, account, livemode)
            order by held.event_id, held.account, held.livemode
            for update of held
        )
        update counterfoil.inbox as held
        set repeats = held.repeats + counted.times
        from counted
        where held.event_id = counted.event_id
            and held.account = counted.account
            and held.livemode = counted.livemode
        "#,
        &event_id as &[&str],
        &account as &[&str],
        &livemode,
        &times,
    )
    .execute(connection)
    .await?;
    Ok(())
}
