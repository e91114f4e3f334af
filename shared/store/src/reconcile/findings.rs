//! Differences between the halves, from their first sight to their end.

use std::time::Duration;

use counterfoil_domain::reconcile::{FindingType, Severity};
use counterfoil_domain::{Scope, Timestamp};
use serde_json::Value;
use sqlx::types::time::OffsetDateTime;

use super::audit::{self, AuditEntry};
use crate::connect::Store;
use crate::error::StoreError;

/// A difference, as a run saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewFinding {
    /// What kind of difference.
    pub found: FindingType,
    /// How bad.
    pub severity: Severity,
    /// The kind of the object, or what else it is about.
    pub kind: String,
    /// The object's id, or the name of what it is about.
    pub id: String,
    /// Column by column; no personal values.
    pub differences: Value,
}

/// A difference as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Its number.
    pub id: i64,
    /// Its type, by name.
    pub found: String,
    /// How bad, by name.
    pub severity: String,
    /// Whose object.
    pub scope: Scope,
    /// The kind of the object.
    pub kind: String,
    /// The object's id.
    pub object_id: String,
    /// Column by column what was held and what Stripe showed.
    pub differences: Value,
    /// When a run first saw it.
    pub first_seen: Timestamp,
    /// When a run last saw it.
    pub last_seen: Timestamp,
    /// How many runs saw it.
    pub times_seen: i32,
    /// The run that saw it last.
    pub run: Option<i64>,
    /// When it was corrected.
    pub corrected_at: Option<Timestamp>,
    /// By what.
    pub corrected_by: Option<String>,
    /// When somebody decided that it is none.
    pub dismissed_at: Option<Timestamp>,
    /// Who.
    pub dismissed_by: Option<String>,
    /// Why.
    pub dismissed_because: Option<String>,
}

/// Which findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindingFilter {
    /// Only those that are neither corrected nor dismissed.
    pub open: bool,
    /// Of this type.
    pub found: Option<FindingType>,
    /// Of this severity.
    pub severity: Option<Severity>,
    /// About this object.
    pub object_id: Option<String>,
    /// Last seen by this run.
    pub run: Option<i64>,
}

/// How a finding came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction<'a> {
    /// `repair`, `its event`, `itself`.
    pub by: &'a str,
    /// A person by name, or the run of a job.
    pub actor: &'a str,
}

/// How many findings are open, by type, severity and account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCount {
    /// The type, by name.
    pub found: String,
    /// The severity, by name.
    pub severity: String,
    /// Whose.
    pub scope: Scope,
    /// How many.
    pub count: i64,
}

struct FindingRow {
    id: i64,
    found: String,
    severity: String,
    account: String,
    livemode: bool,
    object_kind: String,
    object_id: String,
    differences: Value,
    first_seen: OffsetDateTime,
    last_seen: OffsetDateTime,
    times_seen: i32,
    run: Option<i64>,
    corrected_at: Option<OffsetDateTime>,
    corrected_by: Option<String>,
    dismissed_at: Option<OffsetDateTime>,
    dismissed_by: Option<String>,
    dismissed_because: Option<String>,
}

impl TryFrom<FindingRow> for Finding {
    type Error = StoreError;

    fn try_from(row: FindingRow) -> Result<Self, StoreError> {
        let time = |it: OffsetDateTime| {
            Timestamp::try_from(it).map_err(|_| StoreError::Schema("a finding's time".to_owned()))
        };
        Ok(Self {
            id: row.id,
            found: row.found,
            severity: row.severity,
            scope: Scope { account: row.account, livemode: row.livemode },
            kind: row.object_kind,
            object_id: row.object_id,
            differences: row.differences,
            first_seen: time(row.first_seen)?,
            last_seen: time(row.last_seen)?,
            times_seen: row.times_seen,
            run: row.run,
            corrected_at: row.corrected_at.map(time).transpose()?,
            corrected_by: row.corrected_by,
            dismissed_at: row.dismissed_at.map(time).transpose()?,
            dismissed_by: row.dismissed_by,
            dismissed_because: row.dismissed_because,
        })
    }
}

impl Store {
    /// Records what a run saw, which began at `since`. What is open already is seen once more, unless this run saw it before.
    /// What was dismissed stays dismissed as long as it looks the same. Answers the numbers of those
    /// that are open now, in the order given; `None` for the dismissed.
    pub async fn record_findings(
        &self,
        scope: &Scope,
        run: i64,
        found: &[NewFinding],
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Option<i64>>, StoreError> {
        let kind: Vec<&str> = found.iter().map(|it| it.kind.as_str()).collect();
        let id: Vec<&str> = found.iter().map(|it| it.id.as_str()).collect();
        let of: Vec<&str> = found.iter().map(|it| it.found.as_str()).collect();
        let severity: Vec<&str> = found.iter().map(|it| it.severity.as_str()).collect();
        let differences: Vec<Value> = found.iter().map(|it| it.differences.clone()).collect();
        let rows = sqlx::query!(
            r#"
            with seen as (
                select * from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[])
                    with ordinality as t (kind, id, found, severity, differences, place)
            ),
            new as (
                select * from seen
                where not exists (
                    select from counterfoil.findings as held
                    where held.account = $1 and held.livemode = $2
                        and held.object_kind = seen.kind and held.object_id = seen.id
                        and held.type = seen.found and held.dismissed_at is not null
                        and held.differences = seen.differences
                )
            ),
            written as (
                insert into counterfoil.findings as held
                    (type, severity, account, livemode, object_kind, object_id, differences,
                     first_seen, last_seen, run)
                select found, severity, $1, $2, kind, id, differences, $9, $10, $3 from new
                on conflict (account, livemode, object_kind, object_id, type)
                    where corrected_at is null and dismissed_at is null
                do update set
                    severity = excluded.severity,
                    differences = excluded.differences,
                    last_seen = excluded.last_seen,
                    times_seen = held.times_seen
                        + case when held.run is distinct from excluded.run then 1 else 0 end,
                    run = excluded.run
                returning id, object_kind, object_id, type
            ),
            noted as (
                insert into counterfoil.run_findings (run, finding) select $3, id from written
                on conflict do nothing
            )
            select seen.place as "place!", written.id as "finding?"
            from seen
            left join written on written.object_kind = seen.kind
                and written.object_id = seen.id and written.type = seen.found
            order by seen.place
            "#,
            scope.account,
            scope.livemode,
            run,
            &kind as &[&str],
            &id as &[&str],
            &of as &[&str],
            &severity as &[&str],
            &differences,
            OffsetDateTime::from(since),
            OffsetDateTime::from(now),
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|it| it.finding).collect())
    }

    /// Closes findings as corrected, with a line in the audit for each, and answers the type of each
    /// and how long it was open, from its first sight.
    pub async fn correct_findings(
        &self,
        findings: &[i64],
        how: Correction<'_>,
        now: Timestamp,
    ) -> Result<Vec<(String, Duration)>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let rows = sqlx::query!(
            r#"
            update counterfoil.findings
            set corrected_at = $2, corrected_by = $3
            where id = any ($1) and corrected_at is null and dismissed_at is null
            returning id, type as found, account, livemode, object_kind, object_id, differences,
                first_seen
            "#,
            findings,
            OffsetDateTime::from(now),
            how.by,
        )
        .fetch_all(&mut *transaction)
        .await?;
        let scopes: Vec<Scope> = rows
            .iter()
            .map(|it| Scope { account: it.account.clone(), livemode: it.livemode })
            .collect();
        let entries: Vec<AuditEntry<'_>> = rows
            .iter()
            .zip(&scopes)
            .map(|(it, scope)| AuditEntry {
                actor: how.actor,
                action: how.by,
                scope,
                kind: &it.object_kind,
                id: &it.object_id,
                finding: Some(it.id),
                differences: &it.differences,
                reason: None,
            })
            .collect();
        audit::write(&mut transaction, &entries, now).await?;
        transaction.commit().await?;
        Ok(rows
            .into_iter()
            .filter_map(|it| {
                let first = Timestamp::try_from(it.first_seen).ok()?;
                Some((it.found, now.since(first)))
            })
            .collect())
    }

    /// The open findings about these objects: kind, id and type of each.
    pub async fn findings_about(
        &self,
        scope: &Scope,
        objects: &[(&str, &str, &str)],
    ) -> Result<Vec<i64>, StoreError> {
        let kind: Vec<&str> = objects.iter().map(|it| it.0).collect();
        let id: Vec<&str> = objects.iter().map(|it| it.1).collect();
        let found: Vec<&str> = objects.iter().map(|it| it.2).collect();
        let ids = sqlx::query_scalar!(
            r#"
            select held.id
            from counterfoil.findings as held
            join unnest($3::text[], $4::text[], $5::text[]) as t (kind, id, found)
                on held.object_kind = t.kind and held.object_id = t.id and held.type = t.found
            where held.corrected_at is null and held.dismissed_at is null
                and held.account = $1 and held.livemode = $2
            "#,
            scope.account,
            scope.livemode,
            &kind as &[&str],
            &id as &[&str],
            &found as &[&str],
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids)
    }

    /// The open findings about objects of these kinds that a run, which went through all of them,
    /// did not see any more. What it could not read, it did not see either way.
    pub async fn findings_not_seen(
        &self,
        scope: &Scope,
        run: i64,
        kinds: &[&str],
    ) -> Result<Vec<i64>, StoreError> {
        let ids = sqlx::query_scalar!(
            r#"
            select id from counterfoil.findings
            where corrected_at is null and dismissed_at is null
                and account = $1 and livemode = $2 and object_kind = any ($4)
                and run is distinct from $3
                and not exists (
                    select from counterfoil.suspects as unread
                    where unread.run = $3 and unread.kind = findings.object_kind
                        and unread.id = findings.object_id and unread.verdict = 'unreadable'
                )
            "#,
            scope.account,
            scope.livemode,
            run,
            kinds as &[&str],
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids)
    }

    /// Closes a finding because a person says that it is none. `false` where it is not open.
    pub async fn dismiss_finding(
        &self,
        finding: i64,
        by: &str,
        because: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let row = sqlx::query!(
            r#"
            update counterfoil.findings
            set dismissed_at = $2, dismissed_by = $3, dismissed_because = $4
            where id = $1 and corrected_at is null and dismissed_at is null
            returning account, livemode, object_kind, object_id, differences
            "#,
            finding,
            OffsetDateTime::from(now),
            by,
            because,
        )
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(row) = row else { return Ok(false) };
        let scope = Scope { account: row.account, livemode: row.livemode };
        let entry = AuditEntry {
            actor: by,
            action: "dismiss",
            scope: &scope,
            kind: &row.object_kind,
            id: &row.object_id,
            finding: Some(finding),
            differences: &row.differences,
            reason: Some(because),
        };
        audit::write(&mut transaction, &[entry], now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Findings, the last seen first.
    pub async fn findings(
        &self,
        filter: &FindingFilter,
        limit: u32,
    ) -> Result<Vec<Finding>, StoreError> {
        let rows = sqlx::query_as!(
            FindingRow,
            r#"
            select id, type as found, severity, account, livemode, object_kind, object_id,
                differences, first_seen, last_seen, times_seen, run, corrected_at, corrected_by,
                dismissed_at, dismissed_by, dismissed_because
            from counterfoil.findings
            where (not $1 or (corrected_at is null and dismissed_at is null))
                and ($2::text is null or type = $2)
                and ($3::text is null or severity = $3)
                and ($4::text is null or object_id = $4)
                and ($5::bigint is null or exists (
                    select from counterfoil.run_findings as noted
                    where noted.run = $5 and noted.finding = findings.id
                ))
            order by last_seen desc, id desc
            limit $6
            "#,
            filter.open,
            filter.found.map(FindingType::as_str),
            filter.severity.map(Severity::as_str),
            filter.object_id,
            filter.run,
            i64::from(limit),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Finding::try_from).collect()
    }

    /// One finding.
    pub async fn finding(&self, id: i64) -> Result<Option<Finding>, StoreError> {
        let row = sqlx::query_as!(
            FindingRow,
            r#"
            select id, type as found, severity, account, livemode, object_kind, object_id,
                differences, first_seen, last_seen, times_seen, run, corrected_at, corrected_by,
                dismissed_at, dismissed_by, dismissed_because
            from counterfoil.findings
            where id = $1
            "#,
            id
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(Finding::try_from).transpose()
    }

    /// How many findings are open.
    pub async fn open_findings(&self) -> Result<Vec<OpenCount>, StoreError> {
        let rows = sqlx::query!(
            r#"
            select type as found, severity, account, livemode, count(*) as "count!"
            from counterfoil.findings
            where corrected_at is null and dismissed_at is null
            group by type, severity, account, livemode
            order by type, severity, account, livemode
            "#
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|it| OpenCount {
                found: it.found,
                severity: it.severity,
                scope: Scope { account: it.account, livemode: it.livemode },
                count: it.count,
            })
            .collect())
    }

    /// How many findings of each type a run saw.
    pub async fn findings_of_run(&self, run: i64) -> Result<Vec<(String, i64)>, StoreError> {
        let rows = sqlx::query!(
            r#"
            select findings.type as found, count(*) as "count!"
            from counterfoil.run_findings as noted
            join counterfoil.findings on findings.id = noted.finding
            where noted.run = $1
            group by findings.type
            order by findings.type
            "#,
            run
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|it| (it.found, it.count)).collect())
    }
}
