//! Who did what, and why. Only ever added to.

use counterfoil_domain::{Scope, Timestamp};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use crate::connect::Store;
use crate::error::StoreError;

/// Something that was done to an object.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry<'a> {
    /// A person by name, or the run of a job.
    pub actor: &'a str,
    /// What was done: `repair`, `dismiss`.
    pub action: &'a str,
    /// Whose object.
    pub scope: &'a Scope,
    /// Its kind.
    pub kind: &'a str,
    /// Its id.
    pub id: &'a str,
    /// The finding that was the cause.
    pub finding: Option<i64>,
    /// Column by column what was before and after; no personal values.
    pub differences: &'a Value,
    /// Why.
    pub reason: Option<&'a str>,
}

/// Something that was done, as it is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: String,
    /// What.
    pub action: String,
    /// Why.
    pub reason: Option<String>,
}

impl Store {
    /// What was done about a finding, in order.
    pub async fn audit_of(&self, finding: i64) -> Result<Vec<AuditLine>, StoreError> {
        let rows = sqlx::query!(
            "select at, actor, action, reason from counterfoil.audit where finding = $1 order by id",
            finding
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|it| {
                let at = Timestamp::try_from(it.at);
                let at = at.map_err(|_| StoreError::Schema("a time".to_owned()))?;
                Ok(AuditLine { at, actor: it.actor, action: it.action, reason: it.reason })
            })
            .collect()
    }
}

/// Writes entries, in the transaction of what they tell of.
pub(super) async fn write(
    connection: &mut PgConnection,
    entries: &[AuditEntry<'_>],
    now: Timestamp,
) -> Result<(), StoreError> {
    let actor: Vec<&str> = entries.iter().map(|it| it.actor).collect();
    let action: Vec<&str> = entries.iter().map(|it| it.action).collect();
    let account: Vec<&str> = entries.iter().map(|it| it.scope.account.as_str()).collect();
    let livemode: Vec<bool> = entries.iter().map(|it| it.scope.livemode).collect();
    let kind: Vec<&str> = entries.iter().map(|it| it.kind).collect();
    let id: Vec<&str> = entries.iter().map(|it| it.id).collect();
    let finding: Vec<Option<i64>> = entries.iter().map(|it| it.finding).collect();
    let differences: Vec<Value> = entries.iter().map(|it| it.differences.clone()).collect();
    let reason: Vec<Option<&str>> = entries.iter().map(|it| it.reason).collect();
    sqlx::query!(
        r#"
        insert into counterfoil.audit
            (at, actor, action, account, livemode, object_kind, object_id, finding, differences,
             reason)
        select $1, t.*
        from unnest(
            $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::text[],
            $8::bigint[], $9::jsonb[], $10::text[]
        ) as t
        "#,
        OffsetDateTime::from(now),
        &actor as &[&str],
        &action as &[&str],
        &account as &[&str],
        &livemode,
        &kind as &[&str],
        &id as &[&str],
        &finding as &[Option<i64>],
        &differences,
        &reason as &[Option<&str>],
    )
    .execute(connection)
    .await?;
    Ok(())
}
