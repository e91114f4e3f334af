//! Tombstones, and children that their parent no longer shows.
//!
//! Nothing is ever deleted: an old invoice still points at the item that was removed, and an old
//! update that comes late must find the second at which its object went.

use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use counterfoil_domain::mirror::{Change, ObjectKind, Row};

use super::Winner;

macro_rules! write_tombstones {
    ($connection:expr, $table:tt, $id:expr, $account:expr, $livemode:expr, $at:expr, $event:expr, $digest:expr) => {
        sqlx::query_scalar!(
            "with written as (insert into "
                + $table
                + " as held (id, account, livemode, deleted, sighted_at, sighted_event, sighted_digest) "
                + "select t.id, t.account, t.livemode, true, t.at, t.event, t.digest "
                + "from unnest($1::text[], $2::text[], $3::boolean[], $4::timestamptz[], $5::text[], $6::bytea[]) "
                + "as t (id, account, livemode, at, event, digest) "
                + "on conflict (id, account, livemode) do update set deleted = true, "
                + "sighted_at = excluded.sighted_at, sighted_event = excluded.sighted_event, "
                + "sighted_digest = excluded.sighted_digest returning (xmax = 0) as new) "
                + "select count(*) filter (where new) as \"new!\" from written",
            $id as &[&str],
            $account as &[&str],
            $livemode,
            $at,
            $event as &[Option<&str>],
            $digest as &[&[u8]]
        )
        .fetch_one($connection)
        .await
    };
}

/// Marks objects of one kind as deleted whose last state was not shown; what is known of them
/// stays. Answers how many of them had no row before.
pub(super) async fn write(
    connection: &mut PgConnection,
    kind: ObjectKind,
    winners: &[Winner<'_>],
) -> Result<i64, sqlx::Error> {
    let gone: Vec<&Winner<'_>> = winners
        .iter()
        .filter(|it| it.projection.kind == kind && matches!(it.projection.change, Change::Gone))
        .collect();
    if gone.is_empty() {
        return Ok(0);
    }
    let id: Vec<&str> = gone.iter().map(|it| it.projection.id.as_str()).collect();
    let account: Vec<&str> = gone.iter().map(|it| it.scope.account.as_str()).collect();
    let livemode: Vec<bool> = gone.iter().map(|it| it.scope.livemode).collect();
    let at: Vec<OffsetDateTime> = gone.iter().map(|it| it.second.into()).collect();
    let event: Vec<Option<&str>> = gone.iter().map(|it| it.event).collect();
    let digest: Vec<&[u8]> =
        gone.iter().map(|it| it.projection.digest.as_bytes().as_slice()).collect();
    match kind {
        ObjectKind::Customer => write_tombstones!(
            connection,
            "stripe.customers",
            &id,
            &account,
            &livemode,
            &at,
            &event,
            &digest
        ),
        ObjectKind::Product => write_tombstones!(
            connection,
            "stripe.products",
            &id,
            &account,
            &livemode,
            &at,
            &event,
            &digest
        ),
        ObjectKind::Price => write_tombstones!(
            connection,
            "stripe.prices",
            &id,
            &account,
            &livemode,
            &at,
            &event,
            &digest
        ),
        ObjectKind::Subscription => write_tombstones!(
            connection,
            "stripe.subscriptions",
            &id,
            &account,
            &livemode,
            &at,
            &event,
            &digest
        ),
        ObjectKind::Invoice => write_tombstones!(
            connection,
            "stripe.invoices",
            &id,
            &account,
            &livemode,
            &at,
            &event,
            &digest
        ),
    }
}

/// The children of those winners that showed all of theirs.
#[derive(Default)]
struct Shown<'a> {
    parent: Vec<&'a str>,
    account: Vec<&'a str>,
    livemode: Vec<bool>,
    at: Vec<OffsetDateTime>,
    children: Vec<&'a str>,
}

fn shown<'a>(
    winners: &'a [Winner<'a>],
    kind: ObjectKind,
    children: impl Fn(&'a Row) -> Vec<&'a str>,
) -> Shown<'a> {
    let mut all = Shown::default();
    for it in winners.iter().filter(|it| it.projection.kind == kind && it.projection.complete) {
        // A new parent has no children that could be gone.
        if it.held {
            all.parent.push(&it.projection.id);
            all.account.push(&it.scope.account);
            all.livemode.push(it.scope.livemode);
            all.at.push(it.second.into());
            all.children.extend(it.projection.change.row().map(&children).unwrap_or_default());
        }
    }
    all
}

/// Flags the items that their subscriptions no longer show.
pub(super) async fn flag_items(
    connection: &mut PgConnection,
    winners: &[Winner<'_>],
) -> Result<(), sqlx::Error> {
    let all = shown(winners, ObjectKind::Subscription, |row| match row {
        Row::Subscription(it) => it.items.iter().map(|item| item.id.as_str()).collect(),
        Row::Customer(_) | Row::Product(_) | Row::Price(_) | Row::Invoice(_) => Vec::new(),
    });
    if all.parent.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        update stripe.subscription_items as held
        set deleted = true, sighted_at = shown.at
        from unnest($1::text[], $2::text[], $3::boolean[], $4::timestamptz[])
            as shown (parent, account, livemode, at)
        where held.subscription = shown.parent
            and held.account = shown.account
            and held.livemode = shown.livemode
            and not held.deleted
            and held.id <> all ($5::text[])
        "#,
        &all.parent as &[&str],
        &all.account as &[&str],
        &all.livemode,
        &all.at,
        &all.children as &[&str],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Flags the lines that their invoices no longer show.
pub(super) async fn flag_lines(
    connection: &mut PgConnection,
    winners: &[Winner<'_>],
) -> Result<(), sqlx::Error> {
    let all = shown(winners, ObjectKind::Invoice, |row| match row {
        Row::Invoice(it) => it.lines.iter().map(|line| line.id.as_str()).collect(),
        Row::Customer(_) | Row::Product(_) | Row::Price(_) | Row::Subscription(_) => Vec::new(),
    });
    if all.parent.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        update stripe.invoice_lines as held
        set deleted = true, sighted_at = shown.at
        from unnest($1::text[], $2::text[], $3::boolean[], $4::timestamptz[])
            as shown (parent, account, livemode, at)
        where held.invoice = shown.parent
            and held.account = shown.account
            and held.livemode = shown.livemode
            and not held.deleted
            and held.id <> all ($5::text[])
        "#,
        &all.parent as &[&str],
        &all.account as &[&str],
        &all.livemode,
        &all.at,
        &all.children as &[&str],
    )
    .execute(connection)
    .await?;
    Ok(())
}
