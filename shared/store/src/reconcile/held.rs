//! What is held of a part of a list.

use counterfoil_domain::absorb::Held;
use counterfoil_domain::freshness::{Digest, Sighting};
use counterfoil_domain::mirror::ObjectKind;
use counterfoil_domain::reconcile::Stretch;
use counterfoil_domain::{Scope, Timestamp};
use sqlx::AssertSqlSafe;
use sqlx::types::time::OffsetDateTime;

use crate::connect::Store;
use crate::error::StoreError;
use crate::rows::made_within;

type HeadRow = (String, OffsetDateTime, Vec<u8>, bool);

/// The columns of a head.
const HEAD: &str = "id, sighted_at, sighted_digest, deleted";

impl Store {
    /// What is held of each object made in a stretch of seconds, in short. The column that says when
    /// they were made is one of the mirror's own.
    pub async fn heads_made(
        &self,
        kind: ObjectKind,
        made: &'static str,
        stretch: Stretch,
        scope: &Scope,
    ) -> Result<Vec<(String, Held)>, StoreError> {
        let sql = format!(
            "select {HEAD} from stripe.{} where account = $1 and livemode = $2 and {}",
            kind.table(),
            made_within(made)
        );
        let rows: Vec<HeadRow> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(&scope.account)
            .bind(scope.livemode)
            .bind(stretch.from)
            .bind(stretch.to)
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(head_of).collect()
    }

    /// What is held of each of these objects, in short.
    pub async fn heads_of(
        &self,
        kind: ObjectKind,
        ids: &[&str],
        scope: &Scope,
    ) -> Result<Vec<(String, Held)>, StoreError> {
        let sql = format!(
            "select {HEAD} from stripe.{} where id = any ($1) and account = $2 and livemode = $3",
            kind.table()
        );
        let rows: Vec<HeadRow> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(ids)
            .bind(&scope.account)
            .bind(scope.livemode)
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(head_of).collect()
    }

    /// Objects that should have moved on by now, by what is held of them: for each kind the ids, the
    /// ones that wait longest first.
    pub async fn overdue(
        &self,
        scope: &Scope,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(ObjectKind, String)>, StoreError> {
        let rows = sqlx::query!(
            r#"
            (select 'subscription' as "kind!", id as "id!", created as due
             from stripe.subscriptions
             where status = 'incomplete' and not deleted and account = $1 and livemode = $2
                and created < $3::timestamptz - interval '23 hours 5 minutes'
             order by created limit $4)
            union all
            (select 'checkout.session', id, expires_at
             from stripe.checkout_sessions
             where status = 'open' and not deleted and account = $1 and livemode = $2
                and expires_at < $3::timestamptz - interval '5 minutes'
             order by expires_at limit $4)
            union all
            (select 'payment_intent', id, created
             from stripe.payment_intents
             where status = 'processing' and not deleted and account = $1 and livemode = $2
                and created < $3::timestamptz - interval '14 days'
             order by created limit $4)
            "#,
            scope.account,
            scope.livemode,
            OffsetDateTime::from(now),
            i64::from(limit),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|it| {
                let kind = ObjectKind::parse(&it.kind)
                    .ok_or_else(|| StoreError::Schema(it.kind.clone()))?;
                Ok((kind, it.id))
            })
            .collect()
    }
}

fn head_of((id, at, digest, deleted): HeadRow) -> Result<(String, Held), StoreError> {
    let bad = |what: &str| StoreError::Schema(format!("{what} of {id} cannot be read"));
    let second = Timestamp::try_from(at).map_err(|_| bad("the second"))?;
    let digest: [u8; 16] = digest.try_into().map_err(|_| bad("the digest"))?;
    let sighting = Sighting { second, digest: Digest::from_bytes(digest) };
    Ok((id, Held { sighting, deleted }))
}
