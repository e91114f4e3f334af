//! Absorbing what Stripe answered when it was asked again, and closing the events that waited for
//! the answer. The fetch happened before this transaction began, outside any.

use counterfoil_domain::freshness::{Sighting, Verdict, judge};
use counterfoil_domain::mirror::Projection;
use counterfoil_domain::{EventKey, Scope, Timestamp};
use sqlx::Acquire;
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use crate::connect::Store;
use crate::error::StoreError;
use crate::mirror::{self, ObjectKey, Winner};

/// An object as Stripe showed it when asked.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Whose it is.
    pub scope: Scope,
    /// The `Date` of the answer.
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

impl Store {
    /// Absorbs a fetched object and closes every event about it that waited and is older than the
    /// answer.
    pub async fn absorb_fetched(
        &self,
        fetched: &Fetched,
        now: Timestamp,
    ) -> Result<FetchedOutcome, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        if let Some(outcome) = absorb_once(&mut transaction, fetched, now).await? {
            transaction.commit().await?;
            Ok(outcome)
        } else {
            transaction.rollback().await?;
            Err(StoreError::Conflict)
        }
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
            update counterfoil.inbox as held
            set outcome = 'parked', reason = $4, settled_at = $5
            from unnest($1::text[], $2::text[], $3::boolean[]) as t (event_id, account, livemode)
            where held.event_id = t.event_id
                and held.account = t.account
                and held.livemode = t.livemode
                and held.outcome = 'refetching'
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
    now: Timestamp,
) -> Result<Option<FetchedOutcome>, StoreError> {
    let projection = &fetched.projection;
    let key = ObjectKey {
        kind: projection.kind,
        id: projection.id.clone(),
        scope: fetched.scope.clone(),
    };
    let held = mirror::lock(connection, [&key]).await?.remove(&key);
    let seen = Sighting { second: fetched.second, digest: projection.digest };
    match judge(held.as_ref().map(|it| it.sighting), seen) {
        Verdict::Tie => return Ok(Some(FetchedOutcome::TooSoon)),
        Verdict::Superseded | Verdict::Duplicate => {}
        Verdict::Apply => {
            let winner = Winner {
                scope: &fetched.scope,
                second: fetched.second,
                event: None,
                projection,
                held: held.is_some(),
            };
            if !mirror::write(connection, vec![winner]).await? {
                return Ok(None);
            }
        }
    }
    Ok(Some(FetchedOutcome::Settled(close(connection, fetched, now).await?)))
}

/// Closes the events that waited. Whether one of them was the last before the answer no longer
/// matters: the answer is later than all of them.
async fn close(
    connection: &mut PgConnection,
    fetched: &Fetched,
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let closed = sqlx::query!(
        r#"
        update counterfoil.inbox
        set outcome = 'superseded', reason = 'settled by asking Stripe', settled_at = $5
        where object_id = $1
            and account = $2
            and livemode = $3
            and created < $4
            and outcome = 'refetching'
        "#,
        fetched.projection.id,
        fetched.scope.account,
        fetched.scope.livemode,
        OffsetDateTime::from(fetched.second),
        OffsetDateTime::from(now),
    )
    .execute(connection)
    .await?;
    Ok(closed.rows_affected())
}
