//! The partitions of the payloads: made ahead, dropped when retention ends.

use counterfoil_domain::Timestamp;
use sqlx::types::time::OffsetDateTime;

use crate::connect::Store;
use crate::error::StoreError;

/// What a run of retention did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Partitions made.
    pub made: i64,
    /// Partitions dropped, with all that was in them.
    pub dropped: i64,
    /// Payloads deleted that lay outside any partition made for them.
    pub deleted: i64,
}

impl Store {
    /// Makes the partitions of the coming weeks and drops what is older than `keep_days` days.
    /// Safe to repeat, and while others do the same.
    pub async fn keep_payloads(
        &self,
        now: Timestamp,
        keep_days: u16,
    ) -> Result<Retention, StoreError> {
        let row = sqlx::query!(
            r#"
            select made as "made!", dropped as "dropped!", deleted as "deleted!"
            from counterfoil.keep_payloads($1, $2)
            "#,
            OffsetDateTime::from(now),
            i32::from(keep_days),
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Retention { made: row.made, dropped: row.dropped, deleted: row.deleted })
    }
}
