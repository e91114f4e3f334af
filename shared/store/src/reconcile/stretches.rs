//! What earlier passes saw of the parts of Stripe's lists, and whether our rows are still as they were
//! then.
//!
//! Rows are the same where Postgres has not written them since, whoever had it do so: each version of
//! a row names the transaction that wrote it (`xmin`). What is compared is the sum of a hash of these
//! over the rows of a stretch and their children. After a restore every row is another, and the next
//! pass compares all of them.

use counterfoil_domain::Scope;
use counterfoil_domain::mirror::Table;
use counterfoil_domain::reconcile::{Known, Stretch};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::connect::Store;
use crate::error::StoreError;
use crate::rows::PRINT;

/// The list to which stretches belong.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    /// Where its objects are held.
    pub table: &'static Table,
    /// Where their children are.
    pub children: &'static [Table],
    /// The column by which the list goes.
    pub made: &'static str,
    /// What the columns are into which objects are read.
    pub reading: u64,
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
    /// Where page and rows were found equal: the page's digest, and the sum of our rows' prints.
    pub equal: Option<([u8; 16], i128)>,
}

/// All rows are read, so none is looked up by itself, however few Postgres takes them for; and that is no
/// reason to keep others from their work.
const ALL_ROWS_ONCE: &str = "set local enable_nestloop = off; \
    set local max_parallel_workers_per_gather = 0";

/// This release, by which a page means what it was found to mean.
const RELEASE: &str = env!("CARGO_PKG_VERSION");

impl Store {
    /// Counts what is held of each known stretch of a list by now, up to the next newer one.
    pub async fn count_stretches(&self, list: List<'_>) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::raw_sql(ALL_ROWS_ONCE).execute(&mut *transaction).await?;
        sqlx::query(AssertSqlSafe(count(list)))
            .bind(&list.scope.account)
            .bind(list.scope.livemode)
            .bind(list.table.name)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// The newest stretches that are known of what is left of a list, from the newest to the oldest;
    /// with each the digest of its page, where our rows were counted to be as they were when it was
    /// found equal. A count that did not go as far as the stretch goes by now, since the next newer one
    /// is gone or is of another reading, says nothing.
    pub async fn known_stretches(
        &self,
        list: List<'_>,
        left: Stretch,
        limit: i64,
    ) -> Result<Vec<(Known, Option<Vec<u8>>)>, StoreError> {
        let rows = sqlx::query!(
            r#"
            select made_from, upto as "upto!", objects,
                case when here = counted and upto <= counted_to then there end as there
            from (
                select *,
                    coalesce(
                        lag(made_from) over (order by made_from desc) - 1, greatest(made_to, $4)
                    ) as upto
                from counterfoil.stretches
                where account = $1 and livemode = $2 and kind = $5 and made_from <= $4
                    and made_to >= $3 and reading = $6
                order by made_from desc
                limit $7
            ) as known
            order by made_from desc
            "#,
            list.scope.account,
            list.scope.livemode,
            left.from,
            left.to,
            list.table.name,
            reading(list.reading),
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        let known = rows.into_iter().map(|it| {
            let objects = u32::try_from(it.objects).unwrap_or(u32::MAX);
            (Known { stretch: Stretch { from: it.made_from, to: it.upto }, objects }, it.there)
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

/// By what bytes are read: this release and these columns.
fn reading(columns: u64) -> String {
    format!("{RELEASE} {columns:016x}")
}

/// Every row is put into the stretch in which it was made, by the first seconds of all stretches.
fn count(list: List<'_>) -> String {
    let (table, made) = (list.table.name, list.made);
    let mut prints = vec![format!(
        "select {made} as made, {PRINT} as print from stripe.{table} as held \
         where account = $1 and livemode = $2"
    )];
    for child in list.children {
        let Some(parent) = child.parent else { continue };
        prints.push(format!(
            "select parent.{made}, {PRINT} from stripe.{} as held \
             join stripe.{table} as parent on parent.id = held.{parent} \
             and parent.account = held.account and parent.livemode = held.livemode \
             where held.account = $1 and held.livemode = $2",
            child.name
        ));
    }
    format!(
        "with known as ( \
            select made_from, row_number() over (order by made_from) as place, \
                coalesce(lead(made_from) over (order by made_from) - 1, 9223372036854775807) as upto \
            from counterfoil.stretches \
            where account = $1 and livemode = $2 and kind = $3), \
         counted as ( \
            select width_bucket(made, \
                (select array_agg(to_timestamp(made_from) order by made_from) from known)) as place, \
                sum(print) as print \
            from ({}) as prints group by 1), \
         now as (select made_from, upto, coalesce(print, 0) as print from known left join counted using (place)) \
         update counterfoil.stretches as old set counted = now.print, counted_to = now.upto from now \
         where old.account = $1 and old.livemode = $2 and old.kind = $3 \
            and old.made_from = now.made_from \
            and (old.counted, old.counted_to) is distinct from (now.print, now.upto)",
        prints.join(" union all ")
    )
}

/// Notes what was seen, in place of what was known of these seconds.
pub(super) async fn note(
    connection: &mut PgConnection,
    kind: &str,
    scope: &Scope,
    (seen, of): (&[Seen], u64),
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
            (account, livemode, kind, made_from, made_to, objects, there, here, reading)
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
        reading(of),
    )
    .execute(connection)
    .await?;
    Ok(())
}
