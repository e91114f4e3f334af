//! What was tried with an event after its first judgement.

use counterfoil_domain::outcome::Outcome;
use counterfoil_domain::{EventKey, Timestamp};

use crate::connect::Store;
use crate::error::StoreError;

/// One try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When it ended.
    pub at: Timestamp,
    /// What it was made for.
    pub cause: Cause,
    /// What came of it.
    pub outcome: Outcome,
    /// Why, where the outcome alone does not say.
    pub reason: Option<String>,
}

/// What a try was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Stripe was asked for the object.
    Asked,
    /// A person had it judged again.
    Replayed,
}

impl Cause {
    /// Its name in the column and on the screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Replayed => "replayed",
        }
    }
}

impl Store {
    /// What was tried with an event after its first judgement, in order.
    pub async fn attempts(&self, event: &EventKey) -> Result<Vec<Attempt>, StoreError> {
        let rows = sqlx::query!(
            r#"
            select at, cause, outcome, reason
            from counterfoil.attempts
            where event_id = $1 and account = $2 and livemode = $3
            order by at
            "#,
            event.id,
            event.scope.account,
            event.scope.livemode,
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|row| {
                let unknown = |what: &str| StoreError::Schema(format!("{what} is unknown"));
                Ok(Attempt {
                    at: Timestamp::try_from(row.at).map_err(|it| unknown(&it.to_string()))?,
                    cause: match row.cause.as_str() {
                        "asked" => Cause::Asked,
                        "replayed" => Cause::Replayed,
                        other => return Err(unknown(other)),
                    },
                    outcome: Outcome::parse(&row.outcome).ok_or_else(|| unknown(&row.outcome))?,
                    reason: row.reason,
                })
            })
            .collect()
    }
}
