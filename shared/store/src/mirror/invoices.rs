//! `stripe.invoices`.

use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use counterfoil_domain::mirror::Invoice;

use super::{Write, json_of, moment};

/// Writes rows, new or held. Answers how many of them were new.
#[expect(clippy::too_many_lines, reason = "one statement, and as long as the row is wide")]
pub(crate) async fn write(
    connection: &mut PgConnection,
    writes: &[Write<'_, Invoice>],
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
    let subscription: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.subscription.as_deref()).collect();
    let status: Vec<Option<&str>> = writes.iter().map(|it| it.row.status.as_deref()).collect();
    let billing_reason: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.billing_reason.as_deref()).collect();
    let collection_method: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.collection_method.as_deref()).collect();
    let currency: Vec<Option<&str>> = writes.iter().map(|it| it.row.currency.as_deref()).collect();
    let number: Vec<Option<&str>> = writes.iter().map(|it| it.row.number.as_deref()).collect();
    let amount_due: Vec<Option<i64>> = writes.iter().map(|it| it.row.amount_due).collect();
    let amount_paid: Vec<Option<i64>> = writes.iter().map(|it| it.row.amount_paid).collect();
    let amount_remaining: Vec<Option<i64>> =
        writes.iter().map(|it| it.row.amount_remaining).collect();
    let subtotal: Vec<Option<i64>> = writes.iter().map(|it| it.row.subtotal).collect();
    let total: Vec<Option<i64>> = writes.iter().map(|it| it.row.total).collect();
    let starting_balance: Vec<Option<i64>> =
        writes.iter().map(|it| it.row.starting_balance).collect();
    let ending_balance: Vec<Option<i64>> = writes.iter().map(|it| it.row.ending_balance).collect();
    let attempt_count: Vec<Option<i64>> = writes.iter().map(|it| it.row.attempt_count).collect();
    let attempted: Vec<Option<bool>> = writes.iter().map(|it| it.row.attempted).collect();
    let auto_advance: Vec<Option<bool>> = writes.iter().map(|it| it.row.auto_advance).collect();
    let next_payment_attempt: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.next_payment_attempt)).collect();
    let due_date: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.due_date)).collect();
    let period_start: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.period_start)).collect();
    let period_end: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.period_end)).collect();
    let status_transitions_finalized_at: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.status_transitions_finalized_at)).collect();
    let status_transitions_paid_at: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.status_transitions_paid_at)).collect();
    let status_transitions_voided_at: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.status_transitions_voided_at)).collect();
    let status_transitions_marked_uncollectible_at: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.status_transitions_marked_uncollectible_at)).collect();
    let default_payment_method: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.default_payment_method.as_deref()).collect();
    let hosted_invoice_url: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.hosted_invoice_url.as_deref()).collect();
    let invoice_pdf: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.invoice_pdf.as_deref()).collect();
    let test_clock: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.test_clock.as_deref()).collect();
    let metadata: Vec<String> = writes.iter().map(|it| json_of(&it.row.metadata)).collect();
    sqlx::query_scalar!(
        r#"
        with written as (
        insert into stripe.invoices as held (
            id, account, livemode, deleted, sighted_at, sighted_event, sighted_digest, created,
            customer, subscription, status, billing_reason, collection_method, currency, number,
            amount_due, amount_paid, amount_remaining, subtotal, total, starting_balance,
            ending_balance, attempt_count, attempted, auto_advance, next_payment_attempt, due_date,
            period_start, period_end, status_transitions_finalized_at, status_transitions_paid_at,
            status_transitions_voided_at, status_transitions_marked_uncollectible_at,
            default_payment_method, hosted_invoice_url, invoice_pdf, test_clock, metadata
        )
        select
            t.id, t.account, t.livemode, t.deleted, t.sighted_at, t.sighted_event, t.sighted_digest,
            t.created, t.customer, t.subscription, t.status, t.billing_reason, t.collection_method,
            t.currency, t.number, t.amount_due, t.amount_paid, t.amount_remaining, t.subtotal, t.total,
            t.starting_balance, t.ending_balance, t.attempt_count, t.attempted, t.auto_advance,
            t.next_payment_attempt, t.due_date, t.period_start, t.period_end,
            t.status_transitions_finalized_at, t.status_transitions_paid_at,
            t.status_transitions_voided_at, t.status_transitions_marked_uncollectible_at,
            t.default_payment_method, t.hosted_invoice_url, t.invoice_pdf, t.test_clock,
            t.metadata::jsonb
        from unnest(
            $1::text[], $2::text[], $3::boolean[], $4::boolean[], $5::timestamptz[], $6::text[],
            $7::bytea[], $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[],
            $13::text[], $14::text[], $15::text[], $16::bigint[], $17::bigint[], $18::bigint[],
            $19::bigint[], $20::bigint[], $21::bigint[], $22::bigint[], $23::bigint[], $24::boolean[],
            $25::boolean[], $26::timestamptz[], $27::timestamptz[], $28::timestamptz[],
            $29::timestamptz[], $30::timestamptz[], $31::timestamptz[], $32::timestamptz[],
            $33::timestamptz[], $34::text[], $35::text[], $36::text[], $37::text[], $38::text[]
        ) as t (
            id, account, livemode, deleted, sighted_at, sighted_event, sighted_digest, created,
            customer, subscription, status, billing_reason, collection_method, currency, number,
            amount_due, amount_paid, amount_remaining, subtotal, total, starting_balance,
            ending_balance, attempt_count, attempted, auto_advance, next_payment_attempt, due_date,
            period_start, period_end, status_transitions_finalized_at, status_transitions_paid_at,
            status_transitions_voided_at, status_transitions_marked_uncollectible_at,
            default_payment_method, hosted_invoice_url, invoice_pdf, test_clock, metadata
        )
        on conflict (id, account, livemode) do update set
            deleted = excluded.deleted, sighted_at = excluded.sighted_at,
            sighted_event = excluded.sighted_event, sighted_digest = excluded.sighted_digest,
            created = excluded.created, customer = excluded.customer,
            subscription = excluded.subscription, status = excluded.status,
            billing_reason = excluded.billing_reason, collection_method = excluded.collection_method,
            currency = excluded.currency, number = excluded.number, amount_due = excluded.amount_due,
            amount_paid = excluded.amount_paid, amount_remaining = excluded.amount_remaining,
            subtotal = excluded.subtotal, total = excluded.total,
            starting_balance = excluded.starting_balance, ending_balance = excluded.ending_balance,
            attempt_count = excluded.attempt_count, attempted = excluded.attempted,
            auto_advance = excluded.auto_advance, next_payment_attempt = excluded.next_payment_attempt,
            due_date = excluded.due_date, period_start = excluded.period_start,
            period_end = excluded.period_end,
            status_transitions_finalized_at = excluded.status_transitions_finalized_at,
            status_transitions_paid_at = excluded.status_transitions_paid_at,
            status_transitions_voided_at = excluded.status_transitions_voided_at,
            status_transitions_marked_uncollectible_at = excluded.status_transitions_marked_uncollectible_at,
            default_payment_method = excluded.default_payment_method,
            hosted_invoice_url = excluded.hosted_invoice_url, invoice_pdf = excluded.invoice_pdf,
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
        &subscription as &[Option<&str>],
        &status as &[Option<&str>],
        &billing_reason as &[Option<&str>],
        &collection_method as &[Option<&str>],
        &currency as &[Option<&str>],
        &number as &[Option<&str>],
        &amount_due as &[Option<i64>],
        &amount_paid as &[Option<i64>],
        &amount_remaining as &[Option<i64>],
        &subtotal as &[Option<i64>],
        &total as &[Option<i64>],
        &starting_balance as &[Option<i64>],
        &ending_balance as &[Option<i64>],
        &attempt_count as &[Option<i64>],
        &attempted as &[Option<bool>],
        &auto_advance as &[Option<bool>],
        &next_payment_attempt as &[Option<OffsetDateTime>],
        &due_date as &[Option<OffsetDateTime>],
        &period_start as &[Option<OffsetDateTime>],
        &period_end as &[Option<OffsetDateTime>],
        &status_transitions_finalized_at as &[Option<OffsetDateTime>],
        &status_transitions_paid_at as &[Option<OffsetDateTime>],
        &status_transitions_voided_at as &[Option<OffsetDateTime>],
        &status_transitions_marked_uncollectible_at as &[Option<OffsetDateTime>],
        &default_payment_method as &[Option<&str>],
        &hosted_invoice_url as &[Option<&str>],
        &invoice_pdf as &[Option<&str>],
        &test_clock as &[Option<&str>],
        &metadata,
    )
    .fetch_one(connection)
    .await
}
