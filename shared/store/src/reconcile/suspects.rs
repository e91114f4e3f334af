//! Objects that a run looks at more closely: from the list that showed them otherwise, or not at
//! all, to what they turn out to be.

use counterfoil_domain::mirror::ObjectKind;
use counterfoil_domain::reconcile::{FindingType, Severity, Suspicion};
use counterfoil_domain::{EventKey, Scope, Timestamp};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use super::runs::{RunHandle, add, still_ours};
use crate::connect::Store;
use crate::error::StoreError;
use crate::payload;
use crate::seal::PayloadKeys;

/// An object that is looked at more closely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its id.
    pub id: String,
    /// Why.
    pub suspicion: Suspicion,
    /// In which second Stripe showed it; `None` while it is still to be asked for.
    pub shown_at: Option<Timestamp>,
    /// What Stripe showed; `None` where it said that there is no such object, or is still to be
    /// asked.
    pub body: Option<String>,
}

/// What is still to be asked of Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// The kind.
    pub kind: ObjectKind,
    /// The id.
    pub id: String,
    /// Why it must be asked for.
    pub suspicion: Suspicion,
}

/// What a suspect turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its id.
    pub id: String,
    /// `explained`, `ordinary`, `drift` or `unreadable`.
    pub verdict: &'static str,
    /// Why.
    pub reason: Option<String>,
    /// Where it is drift: what kind of, and how bad.
    pub found: Option<(FindingType, Severity)>,
    /// Column by column; no personal values.
    pub differences: Value,
}

/// How many objects of a kind differ in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCount {
    /// The type of finding; `None` for what is ordinary.
    pub found: Option<FindingType>,
    /// The kind.
    pub kind: String,
    /// How many.
    pub count: i64,
}

/// So many suspects are worth a look.
const BULK: u64 = 10_000;

impl Store {
    /// Has Postgres look at what a run has noted in bulk, before all of it is gone through by pages:
    /// plans made for what was there before would read everything for each page.
    pub async fn look_over_noted(&self, run: &RunHandle) -> Result<(), StoreError> {
        if self.suspects_count(run).await? < BULK {
            return Ok(());
        }
        let sql = "analyze counterfoil.suspects, counterfoil.findings";
        sqlx::query(sql).execute(&self.pool).await?;
        Ok(())
    }

    /// The next suspects that Stripe must still be asked for, in order, behind the given kind and id.
    pub async fn suspects_to_ask(
        &self,
        run: &RunHandle,
        behind: (&str, &str),
        limit: u32,
    ) -> Result<Vec<Asking>, StoreError> {
        let rows = sqlx::query!(
            r#"
            select kind, id, suspicion
            from counterfoil.suspects
            where run = $1 and verdict is null and shown_at is null and (kind, id) > ($2, $3)
            order by kind, id
            limit $4
            "#,
            run.id,
            behind.0,
            behind.1,
            i64::from(limit),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|it| {
                let (kind, suspicion) = (kind_of(&it.kind)?, suspicion_of(&it.suspicion)?);
                Ok(Asking { kind, id: it.id, suspicion })
            })
            .collect()
    }

    /// Notes what Stripe answered.
    pub async fn suspect_asked(&self, run: &RunHandle, answer: &Suspect) -> Result<(), StoreError> {
        let key = sealed_as(answer.kind, &answer.id, &run.scope);
        let packed = answer
            .body
            .as_ref()
            .map(|it| payload::pack(&self.keys, &key, it.as_bytes()))
            .transpose()?;
        let mut transaction = self.pool.begin().await?;
        still_ours(&mut transaction, run).await?;
        sqlx::query!(
            r#"
            update counterfoil.suspects
            set shown_at = $4, codec = $5, key_id = $6, body = $7
            where run = $1 and kind = $2 and id = $3
            "#,
            run.id,
            answer.kind.as_str(),
            answer.id,
            answer.shown_at.map(OffsetDateTime::from),
            packed.as_ref().map(|it| it.codec),
            packed.as_ref().and_then(|it| it.key_id),
            packed.as_ref().map(|it| it.body.as_slice()),
        )
        .execute(&mut *transaction)
        .await?;
        add(&mut transaction, run, &[("asked", 1), ("requests", 1)]).await?;
        Ok(transaction.commit().await?)
    }

    /// The latest second in which Stripe showed one of a run's suspects.
    pub async fn suspects_shown_until(
        &self,
        run: &RunHandle,
    ) -> Result<Option<Timestamp>, StoreError> {
        let latest = sqlx::query_scalar!(
            "select max(shown_at) from counterfoil.suspects where run = $1 and verdict is null",
            run.id
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(latest.and_then(|it| Timestamp::try_from(it).ok()))
    }

    /// How many suspects a run has.
    pub async fn suspects_count(&self, run: &RunHandle) -> Result<u64, StoreError> {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from counterfoil.suspects where run = $1"#,
            run.id
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The next suspects to weigh, in order, behind the given kind and id: those that Stripe has shown,
    /// or said to be gone.
    pub async fn suspects_to_weigh(
        &self,
        run: &RunHandle,
        behind: (&str, &str),
        limit: u32,
    ) -> Result<Vec<Suspect>, StoreError> {
        let rows = sqlx::query_as!(
            SuspectRow,
            r#"
            select kind, id, suspicion, shown_at, codec, key_id, body
            from counterfoil.suspects
            where run = $1 and verdict is null and shown_at is not null and (kind, id) > ($2, $3)
            order by kind, id
            limit $4
            "#,
            run.id,
            behind.0,
            behind.1,
            i64::from(limit),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(|it| suspect_of(&self.keys, it, &run.scope)).collect()
    }

    /// The next suspects to mend, in order, behind the given kind and id: what is ordinary, and drift
    /// of these types.
    pub async fn suspects_to_mend(
        &self,
        run: &RunHandle,
        types: &[FindingType],
        behind: (&str, &str),
        limit: u32,
    ) -> Result<Vec<(Suspect, Option<FindingType>)>, StoreError> {
        let types: Vec<&str> = types.iter().map(|it| it.as_str()).collect();
        let rows = sqlx::query!(
            r#"
            select kind, id, suspicion, shown_at, codec, key_id, body, type as found
            from counterfoil.suspects
            where run = $1 and (verdict = 'ordinary' or (verdict = 'drift' and type = any ($2)))
                and (kind, id) > ($3, $4)
            order by kind, id
            limit $5
            "#,
            run.id,
            &types as &[&str],
            behind.0,
            behind.1,
            i64::from(limit),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|it| {
                let found = it.found.as_deref().and_then(FindingType::parse);
                let row = SuspectRow {
                    kind: it.kind,
                    id: it.id,
                    suspicion: it.suspicion,
                    shown_at: it.shown_at,
                    codec: it.codec,
                    key_id: it.key_id,
                    body: it.body,
                };
                Ok((suspect_of(&self.keys, row, &run.scope)?, found))
            })
            .collect()
    }

    /// Notes what suspects turned out to be.
    pub async fn suspects_weighed(
        &self,
        run: &RunHandle,
        verdicts: &[Verdict],
    ) -> Result<(), StoreError> {
        let kind: Vec<&str> = verdicts.iter().map(|it| it.kind.as_str()).collect();
        let id: Vec<&str> = verdicts.iter().map(|it| it.id.as_str()).collect();
        let verdict: Vec<&str> = verdicts.iter().map(|it| it.verdict).collect();
        let reason: Vec<Option<&str>> = verdicts.iter().map(|it| it.reason.as_deref()).collect();
        let found: Vec<Option<&str>> =
            verdicts.iter().map(|it| it.found.map(|it| it.0.as_str())).collect();
        let severity: Vec<Option<&str>> =
            verdicts.iter().map(|it| it.found.map(|it| it.1.as_str())).collect();
        let differences: Vec<Value> = verdicts.iter().map(|it| it.differences.clone()).collect();
        let count = |name: &str| {
            let alike = verdicts.iter().filter(|it| it.verdict == name).count();
            i64::try_from(alike).unwrap_or(0)
        };
        let mut transaction = self.pool.begin().await?;
        still_ours(&mut transaction, run).await?;
        sqlx::query!(
            r#"
            update counterfoil.suspects as held
            set verdict = t.verdict, reason = t.reason, type = t.found, severity = t.severity,
                differences = t.differences
            from unnest(
                $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[]
            ) as t (kind, id, verdict, reason, found, severity, differences)
            where held.run = $1 and held.kind = t.kind and held.id = t.id
            "#,
            run.id,
            &kind as &[&str],
            &id as &[&str],
            &verdict as &[&str],
            &reason as &[Option<&str>],
            &found as &[Option<&str>],
            &severity as &[Option<&str>],
            &differences,
        )
        .execute(&mut *transaction)
        .await?;
        add(
            &mut transaction,
            run,
            &[
                ("explained", count("explained")),
                ("ordinary", count("ordinary")),
                ("drift", count("drift")),
                ("unreadable", count("unreadable")),
            ],
        )
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Notes that suspects were mended, and lets go of them.
    pub async fn suspects_mended(
        &self,
        run: &RunHandle,
        mended: &[(ObjectKind, String)],
        drift: i64,
    ) -> Result<(), StoreError> {
        let kind: Vec<&str> = mended.iter().map(|it| it.0.as_str()).collect();
        let id: Vec<&str> = mended.iter().map(|it| it.1.as_str()).collect();
        let mut transaction = self.pool.begin().await?;
        still_ours(&mut transaction, run).await?;
        sqlx::query!(
            r#"
            delete from counterfoil.suspects as held
            using unnest($2::text[], $3::text[]) as t (kind, id)
            where held.run = $1 and held.kind = t.kind and held.id = t.id
            "#,
            run.id,
            &kind as &[&str],
            &id as &[&str],
        )
        .execute(&mut *transaction)
        .await?;
        add(&mut transaction, run, &[("repaired", drift)]).await?;
        Ok(transaction.commit().await?)
    }

    /// What a run's suspects turned out to be, in numbers: the ordinary and the drift.
    pub async fn suspects_found(&self, run: i64) -> Result<Vec<FoundCount>, StoreError> {
        let rows = sqlx::query!(
            r#"
            select type as found, kind, count(*) as "count!"
            from counterfoil.suspects
            where run = $1 and verdict in ('ordinary', 'drift')
            group by type, kind
            order by type nulls last, kind
            "#,
            run
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|it| FoundCount {
                found: it.found.as_deref().and_then(FindingType::parse),
                kind: it.kind,
                count: it.count,
            })
            .collect())
    }

    /// A page of the drift of a run, in order, behind the given kind and id.
    pub async fn suspects_page(
        &self,
        run: i64,
        behind: (&str, &str),
        limit: u32,
    ) -> Result<Vec<Verdict>, StoreError> {
        let rows = sqlx::query!(
            r#"
            select kind, id, reason, type as found, severity, differences
            from counterfoil.suspects
            where run = $1 and verdict = 'drift' and (kind, id) > ($2, $3)
            order by kind, id
            limit $4
            "#,
            run,
            behind.0,
            behind.1,
            i64::from(limit),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|it| {
                let found = it.found.as_deref().and_then(FindingType::parse);
                let severity = it.severity.as_deref().and_then(Severity::parse);
                Ok(Verdict {
                    kind: kind_of(&it.kind)?,
                    id: it.id,
                    verdict: "drift",
                    reason: it.reason,
                    found: found.zip(severity),
                    differences: it.differences.unwrap_or(Value::Null),
                })
            })
            .collect()
    }
}

struct SuspectRow {
    kind: String,
    id: String,
    suspicion: String,
    shown_at: Option<OffsetDateTime>,
    codec: Option<String>,
    key_id: Option<String>,
    body: Option<Vec<u8>>,
}

fn suspect_of(keys: &PayloadKeys, row: SuspectRow, scope: &Scope) -> Result<Suspect, StoreError> {
    let kind = kind_of(&row.kind)?;
    let key = sealed_as(kind, &row.id, scope);
    Ok(Suspect {
        kind,
        suspicion: suspicion_of(&row.suspicion)?,
        shown_at: row.shown_at.and_then(|it| Timestamp::try_from(it).ok()),
        body: body_of(keys, &key, row.codec, row.key_id.as_deref(), row.body)?,
        id: row.id,
    })
}

fn kind_of(name: &str) -> Result<ObjectKind, StoreError> {
    ObjectKind::parse(name).ok_or_else(|| StoreError::Schema(format!("a suspect of kind {name}")))
}

fn suspicion_of(name: &str) -> Result<Suspicion, StoreError> {
    [Suspicion::Shown, Suspicion::Cut, Suspicion::Unseen]
        .into_iter()
        .find(|it| name_of(*it) == name)
        .ok_or_else(|| StoreError::Schema(format!("the suspicion {name}")))
}

fn name_of(suspicion: Suspicion) -> &'static str {
    match suspicion {
        Suspicion::Shown => "shown",
        Suspicion::Cut => "cut",
        Suspicion::Unseen => "unseen",
    }
}

/// What a body is sealed to, where keys are configured: as an event's body is to its event.
fn sealed_as(kind: ObjectKind, id: &str, scope: &Scope) -> EventKey {
    EventKey { id: format!("{kind} {id}"), scope: scope.clone() }
}

fn body_of(
    keys: &PayloadKeys,
    key: &EventKey,
    codec: Option<String>,
    key_id: Option<&str>,
    body: Option<Vec<u8>>,
) -> Result<Option<String>, StoreError> {
    let (Some(codec), Some(body)) = (codec, body) else { return Ok(None) };
    let unreadable = |error: String| StoreError::Schema(format!("a suspect's body: {error}"));
    let plain = payload::unpack(keys, key, &codec, key_id, body)
        .map_err(|error| unreadable(error.to_string()))?;
    String::from_utf8(plain).map(Some).map_err(|error| unreadable(error.to_string()))
}

/// Removes what Stripe showed of a scope's suspects: whose it is cannot be told of what is not held. Nothing
/// is concluded about them then; the next pass compares them again.
pub(crate) async fn remove_shown(
    connection: &mut PgConnection,
    scope: &Scope,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        update counterfoil.suspects as held
        set body = null, codec = null, key_id = null, verdict = 'unreadable', type = null,
            severity = null, differences = null,
            reason = 'somebody''s personal data was erased meanwhile; the next pass compares it'
        from counterfoil.runs
        where runs.id = held.run and runs.account = $1 and runs.livemode = $2
            and held.body is not null
        "#,
        scope.account,
        scope.livemode,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Adds suspects; one that is there already stays as it is.
pub(super) async fn insert(
    connection: &mut PgConnection,
    keys: &PayloadKeys,
    run: &RunHandle,
    suspects: &[Suspect],
) -> Result<(), StoreError> {
    if suspects.is_empty() {
        return Ok(());
    }
    let mut codec = Vec::with_capacity(suspects.len());
    let mut key_id = Vec::with_capacity(suspects.len());
    let mut body = Vec::with_capacity(suspects.len());
    for it in suspects {
        let key = sealed_as(it.kind, &it.id, &run.scope);
        let packed =
            it.body.as_ref().map(|body| payload::pack(keys, &key, body.as_bytes())).transpose()?;
        codec.push(packed.as_ref().map(|it| it.codec));
        key_id.push(packed.as_ref().and_then(|it| it.key_id));
        body.push(packed.map(|it| it.body));
    }
    let kind: Vec<&str> = suspects.iter().map(|it| it.kind.as_str()).collect();
    let id: Vec<&str> = suspects.iter().map(|it| it.id.as_str()).collect();
    let suspicion: Vec<&str> = suspects.iter().map(|it| name_of(it.suspicion)).collect();
    let shown_at: Vec<Option<OffsetDateTime>> =
        suspects.iter().map(|it| it.shown_at.map(OffsetDateTime::from)).collect();
    sqlx::query!(
        r#"
        insert into counterfoil.suspects
            (run, kind, id, suspicion, shown_at, codec, key_id, body)
        select $1, t.*
        from unnest(
            $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
            $8::bytea[]
        ) as t
        on conflict do nothing
        "#,
        run.id,
        &kind as &[&str],
        &id as &[&str],
        &suspicion as &[&str],
        &shown_at as &[Option<OffsetDateTime>],
        &codec as &[Option<&str>],
        &key_id as &[Option<&str>],
        &body as &[Option<Vec<u8>>],
    )
    .execute(connection)
    .await?;
    Ok(())
}
