//! `stripe.invoice_lines`.

use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use counterfoil_domain::mirror::InvoiceLine;

use super::{ChildWrite, json_of, moment};

/// Writes rows that an invoice shows.
pub(crate) async fn write(
    connection: &mut PgConnection,
    writes: &[ChildWrite<'_, InvoiceLine>],
) -> Result<(), sqlx::Error> {
    if writes.is_empty() {
        return Ok(());
    }
    let id: Vec<&str> = writes.iter().map(|it| it.row.id.as_str()).collect();
    let account: Vec<&str> = writes.iter().map(|it| it.scope.account.as_str()).collect();
    let livemode: Vec<bool> = writes.iter().map(|it| it.scope.livemode).collect();
    let deleted: Vec<bool> = writes.iter().map(|it| it.deleted).collect();
    let sighted_at: Vec<OffsetDateTime> = writes.iter().map(|it| it.second.into()).collect();
    let parent: Vec<&str> = writes.iter().map(|it| it.parent).collect();
    let amount: Vec<Option<i64>> = writes.iter().map(|it| it.row.amount).collect();
    let currency: Vec<Option<&str>> = writes.iter().map(|it| it.row.currency.as_deref()).collect();
    let description: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.description.as_deref()).collect();
    let quantity: Vec<Option<i64>> = writes.iter().map(|it| it.row.quantity).collect();
    let price: Vec<Option<&str>> = writes.iter().map(|it| it.row.price.as_deref()).collect();
    let product: Vec<Option<&str>> = writes.iter().map(|it| it.row.product.as_deref()).collect();
    let unit_amount_decimal: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.unit_amount_decimal.as_deref()).collect();
    let subscription: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.subscription.as_deref()).collect();
    let subscription_item: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.subscription_item.as_deref()).collect();
    let invoice_item: Vec<Option<&str>> =
        writes.iter().map(|it| it.row.invoice_item.as_deref()).collect();
    let proration: Vec<Option<bool>> = writes.iter().map(|it| it.row.proration).collect();
    let period_start: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.period_start)).collect();
    let period_end: Vec<Option<OffsetDateTime>> =
        writes.iter().map(|it| moment(it.row.period_end)).collect();
    let metadata: Vec<String> = writes.iter().map(|it| json_of(&it.row.metadata)).collect();
    sqlx::query!(
        r#"
        insert into stripe.invoice_lines as held (
            id, account, livemode, deleted, sighted_at, invoice, amount, currency, description,
            quantity, price, product, unit_amount_decimal, subscription, subscription_item,
            invoice_item, proration, period_start, period_end, metadata
        )
        select
            t.id, t.account, t.livemode, t.deleted, t.sighted_at, t.invoice, t.amount, t.currency,
            t.description, t.quantity, t.price, t.product, t.unit_amount_decimal::numeric,
            t.subscription, t.subscription_item, t.invoice_item, t.proration, t.period_start,
            t.period_end, t.metadata::jsonb
        from unnest(
            $1::text[], $2::text[], $3::boolean[], $4::boolean[], $5::timestamptz[], $6::text[],
            $7::bigint[], $8::text[], $9::text[], $10::bigint[], $11::text[], $12::text[], $13::text[],
            $14::text[], $15::text[], $16::text[], $17::boolean[], $18::timestamptz[],
            $19::timestamptz[], $20::text[]
        ) as t (
            id, account, livemode, deleted, sighted_at, invoice, amount, currency, description,
            quantity, price, product, unit_amount_decimal, subscription, subscription_item,
            invoice_item, proration, period_start, period_end, metadata
        )
        on conflict (id, account, livemode) do update set
            deleted = excluded.deleted, sighted_at = excluded.sighted_at, invoice = excluded.invoice,
            amount = excluded.amount, currency = excluded.currency, description = excluded.description,
            quantity = excluded.quantity, price = excluded.price, product = excluded.product,
            unit_amount_decimal = excluded.unit_amount_decimal, subscription = excluded.subscription,
            subscription_item = excluded.subscription_item, invoice_item = excluded.invoice_item,
            proration = excluded.proration, period_start = excluded.period_start,
            period_end = excluded.period_end, metadata = excluded.metadata
        "#,
        &id as &[&str],
        &account as &[&str],
        &livemode,
        &deleted,
        &sighted_at,
        &parent as &[&str],
        &amount as &[Option<i64>],
        &currency as &[Option<&str>],
        &description as &[Option<&str>],
        &quantity as &[Option<i64>],
        &price as &[Option<&str>],
        &product as &[Option<&str>],
        &unit_amount_decimal as &[Option<&str>],
        &subscription as &[Option<&str>],
        &subscription_item as &[Option<&str>],
        &invoice_item as &[Option<&str>],
        &proration as &[Option<bool>],
        &period_start as &[Option<OffsetDateTime>],
        &period_end as &[Option<OffsetDateTime>],
        &metadata,
    )
    .execute(connection)
    .await?;
    Ok(())
}
