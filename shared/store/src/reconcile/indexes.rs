//! Indexes of the mirror that only the reconciler needs. It makes them itself, before it asks by them
//! for the first time, and without holding writers up: a migration could do so only by making every
//! process that starts meanwhile wait for it, and the wait of such a process is what making an index
//! without a lock waits for.

use sqlx::AssertSqlSafe;

use crate::connect::Store;
use crate::error::StoreError;

/// An index of a table of schema `stripe`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// The table, the columns and the condition, as they stand behind `on stripe.`; from statics of
    /// ours and from nowhere else.
    pub on: String,
}

impl Store {
    /// Has an index be there. One that was left half made by a kill is made anew. `true` where it was
    /// made now.
    pub async fn ensure_index(&self, index: &Index) -> Result<bool, StoreError> {
        let valid = sqlx::query_scalar!(
            r#"
            select held.indisvalid
            from pg_index as held
            join pg_class as named on named.oid = held.indexrelid
            join pg_namespace as space on space.oid = named.relnamespace
            where space.nspname = 'stripe' and named.relname = $1
            "#,
            index.name
        )
        .fetch_optional(&self.pool)
        .await?;
        if valid == Some(true) {
            return Ok(false);
        }
        let Index { name, on } = index;
        if valid == Some(false) {
            let sql = format!("drop index concurrently if exists stripe.{name}");
            sqlx::query(AssertSqlSafe(sql)).execute(&self.pool).await?;
        }
        let sql = format!("create index concurrently if not exists {name} on stripe.{on}");
        sqlx::query(AssertSqlSafe(sql)).execute(&self.pool).await?;
        Ok(true)
    }
}
