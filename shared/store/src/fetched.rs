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
use crate::erase::{BEGIN_WRITING, again_fetched, erased_among};
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
        let all = std::slice::from_ref(fetched);
        let mut outcomes = self.absorb_all_fetched(&fetched.scope, all, tables, now).await?;
        // One answer for each.
        outcomes.pop().ok_or(StoreError::Conflict)
    }

    /// Absorbs fetched objects of one scope, each of them once, in one transaction; answers what came
    /// of each, in order. A value that Postgres refuses fails all of them: the caller splits them.
    pub async fn absorb_all_fetched(
        &self,
        scope: &Scope,
        fetched: &[Fetched],
        tables: &[&'static Table],
        now: Timestamp,
    ) -> Result<Vec<FetchedOutcome>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin_with(BEGIN_WRITING).await?;
        if let Some(outcomes) = absorb_once(&mut transaction, scope, fetched, tables, now).await? {
            transaction.commit().await?;
            Ok(outcomes)
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
        let settled = [(object, second)];
        close(&mut connection, object.scope, &settled, "a later sighting is held", now).await?;
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
    scope: &Scope,
    fetched: &[Fetched],
    tables: &[&'static Table],
    now: Timestamp,
) -> Result<Option<Vec<FetchedOutcome>>, StoreError> {
    let key = |it: &Fetched| ObjectKey {
        kind: it.projection.kind,
        id: it.projection.id.clone(),
        scope: scope.clone(),
    };
    let keys: Vec<ObjectKey> = fetched.iter().map(key).collect();
    let held = mirror::lock(connection, keys.iter()).await?;
    let customers: Vec<&str> = fetched.iter().filter_map(|it| it.projection.customer()).collect();
    let erased = erased_among(connection, &customers, scope).await?;
    let mut winners = Vec::new();
    let mut written: BTreeMap<ObjectKind, Vec<&str>> = BTreeMap::new();
    let mut settled = Vec::new();
    let mut outcomes = Vec::with_capacity(fetched.len());
    for (it, key) in fetched.iter().zip(&keys) {
        let projection = &it.projection;
        let rule_of = held.get(key).map(mirror::Held::as_rule);
        let sighting = Sighting { second: it.second, digest: projection.digest };
        let seen = Seen { sighting, projection: Some(projection), asked: true };
        let ruled = rule(rule_of, &[seen], &BTreeMap::new(), false);
        match ruled.rulings.first() {
            // What was cut although all pages were asked for is written as far as it goes.
            Some(Ruling::Ask(_)) if ruled.write.is_none() => {
                outcomes.push(FetchedOutcome::TooSoon);
                continue;
            }
            Some(Ruling::Apply | Ruling::Superseded | Ruling::Duplicate | Ruling::Ask(_))
            | None => {}
        }
        if ruled.write.is_some() || shows_hidden(rule_of, &seen) {
            written.entry(key.kind).or_default().push(&key.id);
            winners.push(Winner {
                scope,
                second: it.second,
                event: None,
                projection,
                held: rule_of.is_some(),
                erased: projection.customer().is_some_and(|it| erased.contains(it)),
            });
        }
        settled.push((ObjectRef { kind: key.kind, id: &key.id, scope }, it.second));
        outcomes.push(FetchedOutcome::Settled(0));
    }
    if !mirror::write(connection, &winners).await? {
        return Ok(None);
    }
    for (kind, ids) in written {
        again_fetched(connection, tables, kind, &ids).await?;
    }
    let closed = close(connection, scope, &settled, "settled by asking Stripe", now).await?;
    let mut closed = closed.into_iter();
    for outcome in outcomes.iter_mut().filter(|it| matches!(it, FetchedOutcome::Settled(_))) {
        *outcome = FetchedOutcome::Settled(closed.next().unwrap_or(0));
    }
    Ok(Some(outcomes))
}

/// Whether the answer says what is held already, and shows children beside it that only an answer
/// shows.
fn shows_hidden(held: Option<Held>, seen: &Seen<'_>) -> bool {
    held.is_some_and(|held| held.sighting == seen.sighting)
        && seen.projection.is_some_and(|it| !it.hidden && !it.children.is_empty())
}

/// Closes the events that waited for these objects, and answers how many for each. Whether one of
/// them was the last before the sighting no longer matters: that one is later than all of them. Only
/// those of the object's own kind: the ids of products and of old prices are given by the caller,
/// and one of each may be the same.
async fn close(
    connection: &mut PgConnection,
    scope: &Scope,
    settled: &[(ObjectRef<'_>, Timestamp)],
    reason: &str,
    now: Timestamp,
) -> Result<Vec<u64>, sqlx::Error> {
    let id: Vec<&str> = settled.iter().map(|it| it.0.id).collect();
    let kind: Vec<&str> = settled.iter().map(|it| it.0.kind.as_str()).collect();
    let second: Vec<OffsetDateTime> = settled.iter().map(|it| it.1.into()).collect();
    let closed = sqlx::query!(
        r#"
        with settled as (
            select * from unnest($1::text[], $2::text[], $3::timestamptz[]) with ordinality
                as t (id, kind, second, place)
        ),
        closed as (
            update counterfoil.inbox as held
            set outcome = 'superseded', reason = $7, settled_at = $6
            from settled
            where held.object_id = settled.id
                and held.account = $4
                and held.livemode = $5
                and held.created < settled.second
                and held.object_kind = settled.kind
                and held.outcome = 'refetching'
            returning held.event_id, held.account, held.livemode, settled.place
        ),
        noted as (
            insert into counterfoil.attempts
                (event_id, account, livemode, at, cause, outcome, reason)
            select event_id, account, livemode, $6, 'asked', 'superseded', $7 from closed
        )
        select settled.place as "place!", count(closed.event_id) as "count!"
        from settled
        left join closed using (place)
        group by settled.place
        order by settled.place
        "#,
        &id as &[&str],
        &kind as &[&str],
        &second,
        scope.account,
        scope.livemode,
        OffsetDateTime::from(now),
        reason,
    )
    .fetch_all(connection)
    .await?;
    Ok(closed.into_iter().map(|it| u64::try_from(it.count).unwrap_or(0)).collect())
}
