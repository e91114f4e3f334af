//! What earlier passes saw of the parts of Stripe's lists, and whether our rows are still as they were
//! then.
//!
//! Rows are compared by the sum of Postgres' own hashes of all that they and their children hold, so
//! a row that was changed by hand is seen as well as one that an event changed. It is a sum against
//! accidents: whoever can write to the mirror could also write here.

use counterfoil_domain::Scope;
use counterfoil_domain::mirror::Table;
use counterfoil_domain::reconcile::{Known, Stretch};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::connect::Store;
use crate::error::StoreError;
use crate::rows::made_within;

/// The list to which stretches belong.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    /// Where its objects are held.
    pub table: &'static Table,
    /// Where their children are.
    pub children: &'static [Table],
    /// The column by which the list goes.
    pub made: &'static str,
    /// Whose.
    pub scope: &'a Scope,
}

/// A stretch as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its seconds.
    pub stretch: Stretch,
    /// How many objects were in it.
    pub objects: u32,
    /// Where page and rows were found equal: the page's digest, and the sum of our rows' hashes.
    pub equal: Option<([u8; 16], i128)>,
}

/// This release, by which a page means what it was found to mean.
const RELEASE: &str = env!("CARGO_PKG_VERSION");

impl Store {
    /// The newest stretches that are known of what is left of a list, from the newest to the oldest;
    /// with each the digest of its page, where our rows are as they were when it was found equal.
    pub async fn known_stretches(
        &self,
        list: List<'_>,
        left: Stretch,
        limit: i64,
    ) -> Result<Vec<(Known, Option<Vec<u8>>)>, StoreError> {
        let rows: Vec<(i64, i64, i32, Option<Vec<u8>>)> =
            sqlx::query_as(AssertSqlSafe(known(list)))
                .bind(&list.scope.account)
                .bind(list.scope.livemode)
                .bind(left.from)
                .bind(left.to)
                .bind(list.table.name)
                .bind(RELEASE)
                .bind(limit)
                .fetch_all(&self.pool)
                .await?;
        let known = rows.into_iter().map(|(from, to, objects, there)| {
            let objects = u32::try_from(objects).unwrap_or(u32::MAX);
            (Known { stretch: Stretch { from, to }, objects }, there)
        });
        Ok(known.collect())
    }

    /// The first second of the known stretch in which a second lies. `None` where it lies in none.
    pub async fn known_bound(
        &self,
        table: &'static Table,
        scope: &Scope,
        second: i64,
    ) -> Result<Option<i64>, StoreError> {
        let bound = sqlx::query_scalar!(
            r#"
            select made_from from counterfoil.stretches
            where account = $1 and livemode = $2 and kind = $3 and made_from <= $4
                and made_to >= $4
            order by made_from desc
            limit 1
            "#,
            scope.account,
            scope.livemode,
            table.name,
            second
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(bound)
    }
}

/// A stretch takes in the seconds up to the next newer one, so that rows in between are hashed too.
fn known(list: List<'_>) -> String {
    let children: String = list
        .children
        .iter()
        .filter_map(|child| {
            Some(format!(
                " + coalesce((select sum(hash_record_extended(child, 0)) \
                 from stripe.{} as child where child.{} = held.id \
                 and child.account = held.account and child.livemode = held.livemode), 0)",
                child.name, child.parent?
            ))
        })
        .collect();
    let within = made_within(list.made).replace("$3", "known.made_from").replace("$4", "known.upto");
    format!(
        "select known.made_from, known.upto, known.objects, \
         case when known.here is not null and known.here = ( \
            select coalesce(sum(hash_record_extended(held, 0){children}), 0) \
            from stripe.{} as held where account = $1 and livemode = $2 and {within}) \
         then known.there end \
         from ( \
            select made_from, objects, there, here, \
                coalesce(lag(made_from) over (order by made_from desc) - 1, \
                    greatest(made_to, $4)) as upto \
            from counterfoil.stretches \
            where account = $1 and livemode = $2 and kind = $5 and made_from <= $4 \
                and made_to >= $3 and release = $6 \
            order by made_from desc limit $7) as known \
         order by known.made_from desc",
        list.table.name
    )
}

/// Notes what was seen, in place of what was known of these seconds.
pub(super) async fn note(
    connection: &mut PgConnection,
    kind: &str,
    scope: &Scope,
    seen: &[Seen],
) -> Result<(), StoreError> {
    if seen.is_empty() {
        return Ok(());
    }
    let from: Vec<i64> = seen.iter().map(|it| it.stretch.from).collect();
    let to: Vec<i64> = seen.iter().map(|it| it.stretch.to).collect();
    let objects: Vec<i32> =
        seen.iter().map(|it| i32::try_from(it.objects).unwrap_or(i32::MAX)).collect();
    let there: Vec<Option<Vec<u8>>> =
        seen.iter().map(|it| it.equal.map(|it| it.0.to_vec())).collect();
    let here: Vec<Option<String>> =
        seen.iter().map(|it| it.equal.map(|it| it.1.to_string())).collect();
    // Those that reach in from below begin before the stretch, and there is one of them at most.
    sqlx::query!(
        r#"
        delete from counterfoil.stretches as old
        using unnest($4::bigint[], $5::bigint[]) as new (made_from, made_to)
        where old.account = $1 and old.livemode = $2 and old.kind = $3
            and old.made_from <= new.made_to and old.made_to >= new.made_from
            and old.made_from >= coalesce(
                (select max(made_from) from counterfoil.stretches
                 where account = $1 and livemode = $2 and kind = $3
                    and made_from <= new.made_from),
                new.made_from)
        "#,
        scope.account,
        scope.livemode,
        kind,
        &from,
        &to,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        r#"
        insert into counterfoil.stretches
            (account, livemode, kind, made_from, made_to, objects, there, here, release)
        select $1, $2, $3, made_from, made_to, objects, there, here::numeric, $9
        from unnest($4::bigint[], $5::bigint[], $6::integer[], $7::bytea[], $8::text[])
            as t (made_from, made_to, objects, there, here)
        "#,
        scope.account,
        scope.livemode,
        kind,
        &from,
        &to,
        &objects,
        &there as &[Option<Vec<u8>>],
        &here as &[Option<String>],
        RELEASE,
    )
    .execute(connection)
    .await?;
    Ok(())
}
