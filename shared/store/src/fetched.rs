//! Absorbing what Stripe answered when it was asked, and closing the events that waited for the
//! answer. The call happened before this transaction began, outside any; whoever asked first and
//! wrote last still loses to what is newer, since it is judged here, under the object's lock.

use std::collections::BTreeMap;

use counterfoil_domain::absorb::{Held, Ruling, Seen, rule};
use counterfoil_domain::freshness::Sighting;
use counterfoil_domain::mirror::{ObjectKind, Projection, Table};
use counterfoil_domain::{EventKey, Scope, Timestamp};
use sqlx::types::time::OffsetDateTime;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::connect::Store;
use crate::erase::{BEGIN_WRITING, again_fetched, is_erased};
use crate::error::StoreError;
use crate::mirror::{self, ObjectKey, Winner};

/// An object as Stripe showed it when asked.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Whose it is.
    pub scope: Scope,
    /// The second as of which the answer is taken.
    pub second: Timestamp,
    /// What it means.
    pub projection: Projection,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchedOutcome {
    /// The mirror holds this sighting, or one that says the same, or a later one. The events that
    /// waited for it are closed; so many.
    Settled(u64),
    /// The answer is of the very second it should have settled: ask again later.
    TooSoon,
}

/// Which object of whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectRef<'a> {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its id.
    pub id: &'a str,
    /// Whose it is.
    pub scope: &'a Scope,
}

impl Store {
    /// Absorbs a fetched object and closes every event about it that waited and is older than the
    /// answer.
    pub async fn absorb_fetched(
        &self,
        fetched: &Fetched,
        tables: &[&'static Table],
        now: Timestamp,
    ) -> Result<FetchedOutcome, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin_with(BEGIN_WRITING).await?;
        if let Some(outcome) = absorb_once(&mut transaction, fetched, tables, now).await? {
            transaction.commit().await?;
            Ok(outcome)
        } else {
            transaction.rollback().await?;
            Err(StoreError::Conflict)
        }
    }

    /// Closes the events about an object that wait for an answer although a sighting later than
    /// they are is held by now, and answers the second of that sighting.
    pub async fn settle_by_held(
        &self,
        object: ObjectRef<'_>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let sql = format!(
            "select sighted_at from stripe.{} where id = $1 and account = $2 and livemode = $3",
            object.kind.table()
        );
        let held: Option<OffsetDateTime> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(object.id)
            .bind(&object.scope.account)
            .bind(object.scope.livemode)
            .fetch_optional(&mut *connection)
            .await?;
        let Some(second) = held.and_then(|it| Timestamp::try_from(it).ok()) else {
            return Ok(None);
        };
        close(&mut connection, object, second, "a later sighting is held", now).await?;
        Ok(Some(second))
    }

    /// Notes that this process asks Stripe for an object, unless another one does so already. The
    /// note ends by itself at `until`, should its process be killed.
    pub async fn claim_question(
        &self,
        object: ObjectRef<'_>,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let claimed = sqlx::query!(
            r#"
            insert into counterfoil.questions as held (kind, id, account, livemode, asked_until)
            values ($1, $2, $3, $4, $5)
            on conflict (kind, id, account, livemode) do update
            set asked_until = excluded.asked_until
            where held.asked_until <= $6
            "#,
            object.kind.as_str(),
            object.id,
            object.scope.account,
            object.scope.livemode,
            OffsetDateTime::from(until),
            OffsetDateTime::from(now),
        )
        .execute(&self.pool)
        .await?;
        Ok(claimed.rows_affected() == 1)
    }

    /// Takes the note back, and those whose processes were killed.
    pub async fn release_question(
        &self,
        object: ObjectRef<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            r#"
            delete from counterfoil.questions
            where (kind = $1 and id = $2 and account = $3 and livemode = $4) or asked_until <= $5
            "#,
            object.kind.as_str(),
            object.id,
            object.scope.account,
            object.scope.livemode,
            OffsetDateTime::from(now),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Parks events that wait for an answer of Stripe's which will not come.
    pub async fn park_open(
        &self,
        keys: &[&EventKey],
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let event_id: Vec<&str> = keys.iter().map(|it| it.id.as_str()).collect();
        let account: Vec<&str> = keys.iter().map(|it| it.scope.account.as_str()).collect();
        let livemode: Vec<bool> = keys.iter().map(|it| it.scope.livemode).collect();
        sqlx::query!(
            r#"
            with parked as (
                update counterfoil.inbox as held
                set outcome = 'parked', reason = $4, settled_at = $5
                from unnest($1::text[], $2::text[], $3::boolean[])
                    as t (event_id, account, livemode)
                where held.event_id = t.event_id
                    and held.account = t.account
                    and held.livemode = t.livemode
                    and held.outcome = 'refetching'
                returning held.event_id, held.account, held.livemode
            )
            insert into counterfoil.attempts
                (event_id, account, livemode, at, cause, outcome, reason)
            select event_id, account, livemode, $5, 'asked', 'parked', $4 from parked
            "#,
            &event_id as &[&str],
            &account as &[&str],
            &livemode,
            reason,
            OffsetDateTime::from(now),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

async fn absorb_once(
    connection: &mut PgConnection,
    fetched: &Fetched,
    tables: &[&'static Table],
    now: Timestamp,
) -> Result<Option<FetchedOutcome>, StoreError> {
    let projection = &fetched.projection;
    let key = ObjectKey {
        kind: projection.kind,
        id: projection.id.clone(),
        scope: fetched.scope.clone(),
    };
    let held = mirror::lock(connection, [&key]).await?.remove(&key);
    let sighting = Sighting { second: fetched.second, digest: projection.digest };
    let seen = Seen { sighting, projection: Some(projection), asked: true };
    let rule_of = held.as_ref().map(mirror::Held::as_rule);
    let ruled = rule(rule_of, &[seen], &BTreeMap::new(), false);
    match ruled.rulings.first() {
        // What was cut although all pages were asked for is written as far as it goes.
        Some(Ruling::Ask(_)) if ruled.write.is_none() => {
            return Ok(Some(FetchedOutcome::TooSoon));
        }
        Some(Ruling::Apply | Ruling::Superseded | Ruling::Duplicate | Ruling::Ask(_)) | None => {}
    }
    if ruled.write.is_some() || shows_hidden(rule_of, &seen) {
        let erased = match projection.customer() {
            Some(customer) => is_erased(connection, customer, &fetched.scope).await?,
            None => false,
        };
        let winner = Winner {
            scope: &fetched.scope,
            second: fetched.second,
            event: None,
            projection,
            held: held.is_some(),
            erased,
        };
        if !mirror::write(connection, &[winner]).await? {
            return Ok(None);
        }
        again_fetched(connection, tables, &key).await?;
    }
    let object = ObjectRef { kind: key.kind, id: &key.id, scope: &key.scope };
    let closed = close(connection, object, fetched.second, "settled by asking Stripe", now).await?;
    Ok(Some(FetchedOutcome::Settled(closed)))
}

/// Whether the answer says what is held already, and shows children beside it that only an answer
/// shows.
fn shows_hidden(held: Option<Held>, seen: &Seen<'_>) -> bool {
    held.is_some_and(|held| held.sighting == seen.sighting)
        && seen.projection.is_some_and(|it| !it.hidden && !it.children.is_empty())
}

/// Closes the events that waited. Whether one of them was the last before the sighting no longer
/// matters: that one is later than all of them. Only those of the object's own kind: the ids of
/// products and of old prices are given by the caller, and one of each may be the same.
async fn close(
    connection: &mut PgConnection,
    object: ObjectRef<'_>,
    second: Timestamp,
    reason: &str,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let closed = sqlx::query!(
        r#"
        with closed as (
            update counterfoil.inbox
            set outcome = 'superseded', reason = $7, settled_at = $5
            where object_id = $1
                and account = $2
                and livemode = $3
                and created < $4
                and object_kind = $6
                and outcome = 'refetching'
            returning event_id, account, livemode
        )
        insert into counterfoil.attempts (event_id, account, livemode, at, cause, outcome, reason)
        select event_id, account, livemode, $5, 'asked', 'superseded', $7 from closed
        "#,
        object.id,
        object.scope.account,
        object.scope.livemode,
        OffsetDateTime::from(second),
        OffsetDateTime::from(now),
        object.kind.as_str(),
        reason,
    )
    .execute(connection)
    .await?;
    Ok(closed.rows_affected())
}
