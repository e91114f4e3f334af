//! Writing the inbox from the absorbing transaction.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_domain::outcome::Outcome;
use counterfoil_domain::{EventKey, Scope, Timestamp};
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use crate::absorb::{Received, Settled};

/// One row to be written.
pub(crate) struct Entry<'a> {
    pub(crate) event: &'a Received,
    pub(crate) settled: &'a Settled,
    /// The sighting that its own replaced in the mirror.
    pub(crate) replaced: Option<&'a Replaced>,
}

/// The sighting that another one replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replaced {
    pub(crate) at: Timestamp,
    /// The event that showed it; `None` when it was fetched.
    pub(crate) event: Option<String>,
}

/// Customers whose personal data was erased.
#[derive(Debug, Default)]
pub(crate) struct Erased {
    /// Whether anybody's was.
    pub(crate) any: bool,
    customers: BTreeSet<(String, Scope)>,
}

impl Erased {
    /// Whether it is this customer's.
    pub(crate) fn covers(&self, customer: Option<&str>, event: &Received) -> bool {
        self.any
            && customer.is_some_and(|it| {
                self.customers.contains(&(it.to_owned(), event.key.scope.clone()))
            })
    }
}

/// What is known before a batch is judged.
pub(crate) struct Found {
    /// What the inbox says already of its events.
    pub(crate) known: BTreeMap<EventKey, (Outcome, Option<String>)>,
    /// Which of its customers are erased.
    pub(crate) erased: Erased,
}

/// What is known of these events and their customers; one question for both, since each costs a
/// round trip and erasures are few.
pub(crate) async fn find(
    connection: &mut PgConnection,
    events: impl Iterator<Item = &Received>,
) -> Result<Found, sqlx::Error> {
    let events: Vec<&Received> = events.collect();
    let event_id: Vec<&str> = events.iter().map(|it| it.key.id.as_str()).collect();
    let account: Vec<&str> = events.iter().map(|it| it.key.scope.account.as_str()).collect();
    let livemode: Vec<bool> = events.iter().map(|it| it.key.scope.livemode).collect();
    let customer: Vec<Option<&str>> = events.iter().map(|it| it.customer.as_deref()).collect();
    let rows = sqlx::query!(
        r#"
        with asked as (
            select * from unnest($1::text[], $2::text[], $3::boolean[], $4::text[])
                as t (event_id, account, livemode, customer)
        )
        select
            false as "erased!", event_id as "id!", account as "account!", livemode as "livemode!",
            outcome as "outcome?", reason as "reason?"
        from counterfoil.inbox
        join asked using (event_id, account, livemode)
        union all
        select
            true, coalesce(asked.customer, ''), coalesce(asked.account, one.account),
            coalesce(asked.livemode, one.livemode), null, null
        from (select account, livemode from counterfoil.erased limit 1) as one
        left join (
            select distinct customer, account, livemode
            from counterfoil.erased join asked using (customer, account, livemode)
        ) as asked on true
        "#,
        &event_id as &[&str],
        &account as &[&str],
        &livemode,
        &customer as &[Option<&str>],
    )
    .fetch_all(connection)
    .await?;
    let mut found = Found { known: BTreeMap::new(), erased: Erased::default() };
    for row in rows {
        let scope = Scope { account: row.account, livemode: row.livemode };
        if row.erased {
            found.erased.any = true;
            found.erased.customers.insert((row.id, scope));
        // The column's check constraint lists the same names.
        } else if let Some(outcome) = row.outcome.as_deref().and_then(Outcome::parse) {
            found.known.insert(EventKey { id: row.id, scope }, (outcome, row.reason));
        }
    }
    Ok(found)
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
    let object_kind: Vec<Option<&str>> =
        entries.iter().map(|it| it.event.meaning.object().map(|it| it.0.as_str())).collect();
    let replaced_event: Vec<Option<&str>> =
        entries.iter().map(|it| it.replaced.and_then(|it| it.event.as_deref())).collect();
    let replaced_at: Vec<Option<OffsetDateTime>> =
        entries.iter().map(|it| it.replaced.map(|it| it.at.into())).collect();
    let written = sqlx::query!(
        r#"
        insert into counterfoil.inbox (
            event_id, account, livemode, endpoint, type, api_version, object_id, customer, created,
            received_at, outcome, reason, object_kind, replaced_event, replaced_at, settled_at
        )
        select t.*, $16::timestamptz
        from unnest(
            $1::text[], $2::text[], $3::boolean[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::text[],
            $13::text[], $14::text[], $15::timestamptz[]
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
        &object_kind as &[Option<&str>],
        &replaced_event as &[Option<&str>],
        &replaced_at as &[Option<OffsetDateTime>],
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
    let object_kind: Vec<Option<&str>> =
        entries.iter().map(|it| it.event.meaning.object().map(|it| it.0.as_str())).collect();
    let object_id: Vec<Option<&str>> =
        entries.iter().map(|it| it.event.object_id.as_deref()).collect();
    let customer: Vec<Option<&str>> =
        entries.iter().map(|it| it.event.customer.as_deref()).collect();
    sqlx::query!(
        r#"
        with t as (
            select * from unnest(
                $1::text[], $2::text[], $3::boolean[], $4::text[], $5::text[], $7::text[],
                $8::text[], $9::text[]
            ) as t (
                event_id, account, livemode, outcome, reason, object_kind, object_id, customer
            )
        ), tried as (
            insert into counterfoil.attempts
                (event_id, account, livemode, at, cause, outcome, reason)
            select event_id, account, livemode, $6::timestamptz, 'replayed', outcome, reason from t
        )
        update counterfoil.inbox as held
        set
            outcome = case when held.outcome in ('applied', 'superseded', 'duplicate')
                and t.outcome in ('superseded', 'duplicate') then held.outcome else t.outcome end,
            reason = case when held.outcome in ('applied', 'superseded', 'duplicate')
                and t.outcome in ('superseded', 'duplicate') then held.reason else t.reason end,
            object_kind = t.object_kind,
            object_id = coalesce(t.object_id, held.object_id),
            customer = coalesce(t.customer, held.customer),
            settled_at = $6::timestamptz,
            replayed_at = $6::timestamptz
        from t
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
        &object_kind as &[Option<&str>],
        &object_id as &[Option<&str>],
        &customer as &[Option<&str>],
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
