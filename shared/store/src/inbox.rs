//! Reading the inbox: what became of every event.

pub(crate) mod rows;

use counterfoil_domain::mirror::ObjectKind;
use counterfoil_domain::outcome::Outcome;
use counterfoil_domain::{EventKey, Scope, Timestamp};
use sqlx::types::time::OffsetDateTime;

use crate::connect::Store;
use crate::error::StoreError;
use crate::payload::{Unreadable, unpack};

/// One event and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    /// What makes it the same event.
    pub key: EventKey,
    /// The endpoint it first came through.
    pub endpoint: String,
    /// Its type; empty where it has none.
    pub event_type: String,
    /// The version its body is rendered by.
    pub api_version: Option<String>,
    /// The object it is about.
    pub object_id: Option<String>,
    /// The kind of that object, where the mirror holds such objects.
    pub object_kind: Option<ObjectKind>,
    /// The customer it is about.
    pub customer: Option<String>,
    /// The second in which Stripe made it.
    pub created: Timestamp,
    /// When ingest had read its first copy.
    pub received_at: Timestamp,
    /// When its outcome was written.
    pub settled_at: Timestamp,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, where the outcome alone does not say.
    pub reason: Option<String>,
    /// Copies beyond the first.
    pub repeats: i32,
    /// When a person last had it judged again.
    pub replayed_at: Option<Timestamp>,
    /// The second of the sighting that it replaced in the mirror.
    pub replaced_at: Option<Timestamp>,
    /// The event that had shown that sighting; `None` where Stripe had been asked.
    pub replaced_event: Option<String>,
}

/// Which events are meant. Everything that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this id.
    pub id: Option<String>,
    /// Of this type, or of all types that begin so where it ends in `*`.
    pub event_type: Option<String>,
    /// Of this customer.
    pub customer: Option<String>,
    /// About this object.
    pub object_id: Option<String>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
    /// Received in this span.
    pub received: Span,
}

/// A span of time, open where it is not bounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub before: Option<Timestamp>,
}

/// The bytes of one event as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// Whose it is.
    pub key: EventKey,
    /// The bytes, or why they cannot be read.
    pub body: Result<Vec<u8>, Unreadable>,
}

struct Raw {
    event_id: String,
    account: String,
    livemode: bool,
    endpoint: String,
    r#type: String,
    api_version: Option<String>,
    object_id: Option<String>,
    customer: Option<String>,
    created: OffsetDateTime,
    received_at: OffsetDateTime,
    settled_at: OffsetDateTime,
    outcome: String,
    reason: Option<String>,
    repeats: i32,
    replayed_at: Option<OffsetDateTime>,
    object_kind: Option<String>,
    replaced_at: Option<OffsetDateTime>,
    replaced_event: Option<String>,
}

impl Store {
    /// The events that match, newest first, at most `limit`; continues after `after`, the last row
    /// of the page before.
    pub async fn inbox(
        &self,
        filter: &Filter,
        after: Option<&InboxRow>,
        limit: u16,
    ) -> Result<Vec<InboxRow>, StoreError> {
        let rows = sqlx::query_as!(
            Raw,
            r#"
            select
                event_id, account, livemode, endpoint, type, api_version, object_id, customer,
                created, received_at, settled_at, outcome, reason, repeats, replayed_at,
                object_kind, replaced_at, replaced_event
            from counterfoil.inbox
            where ($1::text is null or event_id = $1)
                and ($2::text is null or type like $2)
                and ($3::text is null or customer = $3)
                and ($4::text is null or object_id = $4)
                and ($5::text is null or outcome = $5)
                and ($6::timestamptz is null or received_at >= $6)
                and ($7::timestamptz is null or received_at < $7)
                and ($8::timestamptz is null or (received_at, event_id) < ($8, $9::text))
            order by received_at desc, event_id desc
            limit $10
            "#,
            filter.id,
            filter.event_type.as_deref().map(pattern_of),
            filter.customer,
            filter.object_id,
            filter.outcome.map(Outcome::as_str),
            filter.received.from.map(OffsetDateTime::from),
            filter.received.before.map(OffsetDateTime::from),
            after.map(|it| OffsetDateTime::from(it.received_at)),
            after.map(|it| it.key.id.as_str()),
            i64::from(limit),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(row_of).collect()
    }

    /// How many events match, by outcome.
    pub async fn inbox_counts(&self, filter: &Filter) -> Result<Vec<(Outcome, i64)>, StoreError> {
        let rows = sqlx::query!(
            r#"
            select outcome, count(*) as "count!"
            from counterfoil.inbox
            where ($1::text is null or event_id = $1)
                and ($2::text is null or type like $2)
                and ($3::text is null or customer = $3)
                and ($4::text is null or object_id = $4)
                and ($5::text is null or outcome = $5)
                and ($6::timestamptz is null or received_at >= $6)
                and ($7::timestamptz is null or received_at < $7)
            group by outcome
            order by outcome
            "#,
            filter.id,
            filter.event_type.as_deref().map(pattern_of),
            filter.customer,
            filter.object_id,
            filter.outcome.map(Outcome::as_str),
            filter.received.from.map(OffsetDateTime::from),
            filter.received.before.map(OffsetDateTime::from),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(|it| Ok((outcome_of(&it.outcome)?, it.count))).collect()
    }

    /// The bytes of these events, where retention has not taken them.
    pub async fn payloads(&self, keys: &[&EventKey]) -> Result<Vec<Payload>, StoreError> {
        let event_id: Vec<&str> = keys.iter().map(|it| it.id.as_str()).collect();
        let account: Vec<&str> = keys.iter().map(|it| it.scope.account.as_str()).collect();
        let livemode: Vec<bool> = keys.iter().map(|it| it.scope.livemode).collect();
        let rows = sqlx::query!(
            r#"
            select event_id, account, livemode, codec, key_id, body
            from counterfoil.payloads
            join counterfoil.inbox using (event_id, account, livemode, created)
            join unnest($1::text[], $2::text[], $3::boolean[])
                as asked (event_id, account, livemode) using (event_id, account, livemode)
            "#,
            &event_id as &[&str],
            &account as &[&str],
            &livemode,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let scope = Scope { account: row.account, livemode: row.livemode };
                let key = EventKey { id: row.event_id, scope };
                let body = unpack(&self.keys, &key, &row.codec, row.key_id.as_deref(), row.body);
                Payload { key, body }
            })
            .collect())
    }
}

/// A type as a pattern: only a closing `*` stands for more.
fn pattern_of(event_type: &str) -> String {
    let (exact, more) = match event_type.strip_suffix('*') {
        Some(start) => (start, "%"),
        None => (event_type, ""),
    };
    exact.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_") + more
}

fn row_of(raw: Raw) -> Result<InboxRow, StoreError> {
    Ok(InboxRow {
        key: EventKey {
            id: raw.event_id,
            scope: Scope { account: raw.account, livemode: raw.livemode },
        },
        endpoint: raw.endpoint,
        event_type: raw.r#type,
        api_version: raw.api_version,
        object_id: raw.object_id,
        customer: raw.customer,
        created: time_of(raw.created)?,
        received_at: time_of(raw.received_at)?,
        settled_at: time_of(raw.settled_at)?,
        outcome: outcome_of(&raw.outcome)?,
        reason: raw.reason,
        repeats: raw.repeats,
        replayed_at: raw.replayed_at.map(time_of).transpose()?,
        object_kind: raw.object_kind.as_deref().and_then(ObjectKind::parse),
        replaced_at: raw.replaced_at.map(time_of).transpose()?,
        replaced_event: raw.replaced_event,
    })
}

fn time_of(at: OffsetDateTime) -> Result<Timestamp, StoreError> {
    Timestamp::try_from(at).map_err(|error| StoreError::Schema(error.to_string()))
}

fn outcome_of(name: &str) -> Result<Outcome, StoreError> {
    Outcome::parse(name).ok_or_else(|| StoreError::Schema(format!("outcome {name:?} is unknown")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_closing_star_stands_for_more() {
        for (event_type, pattern) in [
            ("invoice.paid", "invoice.paid"),
            ("invoice.*", "invoice.%"),
            ("*", "%"),
            ("invoice_payment.paid", "invoice\\_payment.paid"),
            ("a%b*c", "a\\%b*c"),
            ("a\\", "a\\\\"),
        ] {
            assert_eq!(pattern_of(event_type), pattern);
        }
    }
}
