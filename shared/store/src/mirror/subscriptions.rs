//! `stripe.subscriptions`.

use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use counterfoil_domain::mirror::Subscription;

use super::{Write, json_of, moment};

/// Writes rows, new or held. Answers how many of them were new.
#[expect(clippy::too_many_lines, reason = "one statement, and as long as the row is wide")]
pub(crate) async fn write(
    connection: &mut PgConnection,
    writes: &[Write<'_, Subscription>],
) -> Result<i64, sqlx::Error> {
    if writes.is_empty() {
        return Ok(0);
    }
    let id: Vec<&str> = writes.iter().map(|it| it.row.id.as_str()).collect();
    let account: Vec<&str> = writes.iter().map(|it| it.scope.account.as_str()).collect();
    let livemode: Vec<bool> = writes.iter().map(|it| it.scope.livemode).collect();
    let deleted: Vec<bool> = writes.iter().map(|it| it.deleted).collect();
    let sighted_at: Vec<OffsetDateTime> = writes.iter().map(|it| it.second.into()).collect();
    let sighted_event: Vec<Option<&str>> = writes.iter().map(|it| it.event).collect();
    let sighted_digest: Vec<&[u8]> =
        writes.iter().map(|it| it.digest.as_bytes().as_slice()).collect();
    let created: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.created)).collect();
    let customer: Vec<Option<&str>> = writes.iter().map(|it| it.row.customer.as_deref()).collect();
    let status: Vec<Option<&str>> = writes.iter().map(|it| it.row.status.as_deref()).collect();
    let currency: Vec<Option<&str>> = writes.iter().map(|it| it.row.currency.as_deref()).collect();
    let collection_method: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.collection_method.as_deref()).collect();
    let current_period_start: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.current_period_start)).collect();
    let current_period_end: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.current_period_end)).collect();
    let start_date: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.start_date)).collect();
    let billing_cycle_anchor: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.billing_cycle_anchor)).collect();
    let trial_start: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.trial_start)).collect();
    let trial_end: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.trial_end)).collect();
    let cancel_at: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.cancel_at)).collect();
    let cancel_at_period_end: Vec<Option<bool>> =
        writes.iter().map(|it| it.row.cancel_at_period_end).collect();
    let canceled_at: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.canceled_at)).collect();
    let cancellation_details_reason: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.cancellation_details_reason.as_deref()).collect();
    let ended_at: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.ended_at)).collect();
    let days_until_due: Vec<Option<i64>> = writes.iter().map(|it| it.row.days_until_due).collect();
    let default_payment_method: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.default_payment_method.as_deref()).collect();
    let latest_invoice: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.latest_invoice.as_deref()).collect();
    let pause_collection_behavior: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.pause_collection_behavior.as_deref()).collect();
    let pause_collection_resumes_at: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.pause_collection_resumes_at)).collect();
    let schedule: Vec<Option<&str>> = writes.iter().map(|it| it.row.schedule.as_deref()).collect();
    let billing_mode_type: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.billing_mode_type.as_deref()).collect();
    let test_clock: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.test_clock.as_deref()).collect();
    let metadata: Vec<String> = writes.iter().map(|it| json_of(&it.row.metadata)).collect();
    sqlx::query_scalar!(
        r#"
        with written as (
        insert into stripe.subscriptions as held (
            id, account, livemode, deleted, sighted_at, sighted_event, sighted_digest, created,
            customer, status, currency, collection_method, current_period_start, current_period_end,
            start_date, billing_cycle_anchor, trial_start, trial_end, cancel_at, cancel_at_period_end,
            canceled_at, cancellation_details_reason, ended_at, days_until_due, default_payment_method,
            latest_invoice, pause_collection_behavior, pause_collection_resumes_at, schedule,
            billing_mode_type, test_clock, metadata
        )
        select
            t.id, t.account, t.livemode, t.deleted, t.sighted_at, t.sighted_event, t.sighted_digest,
            t.created, t.customer, t.status, t.currency, t.collection_method, t.current_period_start,
            t.current_period_end, t.start_date, t.billing_cycle_anchor, t.trial_start, t.trial_end,
            t.cancel_at, t.cancel_at_period_end, t.canceled_at, t.cancellation_details_reason,
            t.ended_at, t.days_until_due, t.default_payment_method, t.latest_invoice,
            t.pause_collection_behavior, t.pause_collection_resumes_at, t.schedule,
            t.billing_mode_type, t.test_clock, t.metadata::jsonb
        from unnest(
            $1::text[], $2::text[], $3::boolean[], $4::boolean[], $5::timestamptz[], $6::text[],
            $7::bytea[], $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[],
            $13::timestamptz[], $14::timestamptz[], $15::timestamptz[], $16::timestamptz[],
            $17::timestamptz[], $18::timestamptz[], $19::timestamptz[], $20::boolean[],
            $21::timestamptz[], $22::text[], $23::timestamptz[], $24::bigint[], $25::text[],
            $26::text[], $27::text[], $28::timestamptz[], $29::text[], $30::text[], $31::text[],
            $32::text[]
        ) as t (
            id, account, livemode, deleted, sighted_at, sighted_event, sighted_digest, created,
            customer, status, currency, collection_method, current_period_start, current_period_end,
            start_date, billing_cycle_anchor, trial_start, trial_end, cancel_at, cancel_at_period_end,
            canceled_at, cancellation_details_reason, ended_at, days_until_due, default_payment_method,
            latest_invoice, pause_collection_behavior, pause_collection_resumes_at, schedule,
            billing_mode_type, test_clock, metadata
        )
        on conflict (id, account, livemode) do update set
            deleted = excluded.deleted, sighted_at = excluded.sighted_at,
            sighted_event = excluded.sighted_event, sighted_digest = excluded.sighted_digest,
            created = excluded.created, customer = excluded.customer, status = excluded.status,
            currency = excluded.currency, collection_method = excluded.collection_method,
            current_period_start = excluded.current_period_start,
            current_period_end = excluded.current_period_end, start_date = excluded.start_date,
            billing_cycle_anchor = excluded.billing_cycle_anchor, trial_start = excluded.trial_start,
            trial_end = excluded.trial_end, cancel_at = excluded.cancel_at,
            cancel_at_period_end = excluded.cancel_at_period_end, canceled_at = excluded.canceled_at,
            cancellation_details_reason = excluded.cancellation_details_reason,
            ended_at = excluded.ended_at, days_until_due = excluded.days_until_due,
            default_payment_method = excluded.default_payment_method,
            latest_invoice = excluded.latest_invoice,
            pause_collection_behavior = excluded.pause_collection_behavior,
            pause_collection_resumes_at = excluded.pause_collection_resumes_at,
            schedule = excluded.schedule, billing_mode_type = excluded.billing_mode_type,
            test_clock = excluded.test_clock, metadata = excluded.metadata
        returning (xmax = 0) as new
        )
        select count(*) filter (where new) as "new!" from written
        "#,
        &id as &[&str],
        &account as &[&str],
        &livemode,
        &deleted,
        &sighted_at,
        &sighted_event as &[Option<&str>],
        &sighted_digest as &[&[u8]],
        &created as &[Option<OffsetDateTime>],
        &customer as &[Option<&str>],
        &status as &[Option<&str>],
        &currency as &[Option<&str>],
        &collection_method as &[Option<&str>],
        &current_period_start as &[Option<OffsetDateTime>],
        &current_period_end as &[Option<OffsetDateTime>],
        &start_date as &[Option<OffsetDateTime>],
        &billing_cycle_anchor as &[Option<OffsetDateTime>],
        &trial_start as &[Option<OffsetDateTime>],
        &trial_end as &[Option<OffsetDateTime>],
        &cancel_at as &[Option<OffsetDateTime>],
        &cancel_at_period_end as &[Option<bool>],
        &canceled_at as &[Option<OffsetDateTime>],
        &cancellation_details_reason as &[Option<&str>],
        &ended_at as &[Option<OffsetDateTime>],
        &days_until_due as &[Option<i64>],
        &default_payment_method as &[Option<&str>],
        &latest_invoice as &[Option<&str>],
        &pause_collection_behavior as &[Option<&str>],
        &pause_collection_resumes_at as &[Option<OffsetDateTime>],
        &schedule as &[Option<&str>],
        &billing_mode_type as &[Option<&str>],
        &test_clock as &[Option<&str>],
        &metadata,
    )
    .fetch_one(connection)
    .await
}
