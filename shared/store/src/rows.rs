//! Reading rows of the mirror as they stand, for people and for comparisons.

use counterfoil_domain::mirror::{Column, ObjectKind, Owner, Row, Table, Type, Value};
use counterfoil_domain::reconcile::Stretch;
use counterfoil_domain::{Scope, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::types::time::OffsetDateTime;
use sqlx::{AssertSqlSafe, Row as _};

use crate::connect::Store;
use crate::error::StoreError;
use crate::fetched::ObjectRef;

/// A row of the mirror as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRow {
    /// Whether it is gone.
    pub deleted: bool,
    /// The second of its sighting.
    pub sighted_at: Timestamp,
    /// Of a child: its parent's id.
    pub parent: Option<String>,
    /// A hash of the row's id and of the transaction that wrote it: another one whenever anybody writes
    /// the row.
    pub print: i64,
    /// Its id and its columns. JSON is as Postgres writes it.
    pub row: Row,
}

/// Which rows of a table.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// All of them; for tables of which an account has few.
    All,
    /// The objects of these ids.
    Ids(&'a [&'a str]),
    /// The children of these objects.
    ChildrenOf(&'a [&'a str]),
    /// Those made in a stretch of seconds, by a column that says so.
    Made(&'static str, Stretch),
    /// Those of a customer.
    OfCustomer(&'a str),
}

impl Store {
    /// Rows of a table, deleted ones included, in the order of their ids.
    pub async fn rows(
        &self,
        table: &'static Table,
        which: Which<'_>,
        scope: &Scope,
    ) -> Result<Vec<HeldRow>, StoreError> {
        let Some(condition) = condition_of(table, which) else { return Ok(Vec::new()) };
        let parent = table.parent.unwrap_or("null::text");
        let of_all = ["id", "deleted", "sighted_at", parent, PRINT].map(str::to_owned);
        let columns: Vec<String> =
            of_all.into_iter().chain(table.columns.iter().map(as_read)).collect();
        let sql = format!(
            "select {} from stripe.{} as held \
             where account = $1 and livemode = $2 and {condition} order by id",
            columns.join(", "),
            table.name,
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(&scope.account).bind(scope.livemode);
        let query = match which {
            Which::All => query,
            Which::Ids(ids) | Which::ChildrenOf(ids) => query.bind(ids),
            Which::Made(_, stretch) => query.bind(stretch.from).bind(stretch.to),
            Which::OfCustomer(customer) => query.bind(customer),
        };
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|it| held_of(table, it)).collect()
    }

    /// An object's row with all its columns. `None` where there is none.
    pub async fn object(
        &self,
        table: &'static Table,
        object: ObjectRef<'_>,
    ) -> Result<Option<HeldRow>, StoreError> {
        Ok(self.rows(table, Which::Ids(&[object.id]), object.scope).await?.pop())
    }

    /// Which kinds of object of this id are held in a scope.
    pub async fn kinds_of(&self, id: &str, scope: &Scope) -> Result<Vec<ObjectKind>, StoreError> {
        let each: Vec<String> = ObjectKind::ALL
            .into_iter()
            .map(|kind| {
                format!(
                    "select '{kind}' from stripe.{} \
                     where id = $1 and account = $2 and livemode = $3",
                    kind.table()
                )
            })
            .collect();
        let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(each.join(" union all ")))
            .bind(id)
            .bind(&scope.account)
            .bind(scope.livemode)
            .fetch_all(&self.pool)
            .await?;
        Ok(found.iter().filter_map(|it| ObjectKind::parse(it)).collect())
    }

    /// The ids of a customer's objects in one table, deleted ones included.
    pub async fn ids_of_customer(
        &self,
        table: &'static Table,
        column: &'static str,
        customer: &str,
        scope: &Scope,
    ) -> Result<Vec<String>, StoreError> {
        let sql = format!(
            "select id from stripe.{} \
             where {column} = $1 and account = $2 and livemode = $3 order by id",
            table.name
        );
        let ids: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(customer)
            .bind(&scope.account)
            .bind(scope.livemode)
            .fetch_all(&self.pool)
            .await?;
        Ok(ids)
    }
}

/// `None` where there can be no such rows. Names of columns are the mirror's own.
fn condition_of(table: &Table, which: Which<'_>) -> Option<String> {
    Some(match which {
        Which::All => "true".to_owned(),
        Which::Ids(_) => "id = any ($3)".to_owned(),
        Which::ChildrenOf(_) => format!("{} = any ($3)", table.parent?),
        Which::Made(made, _) => made_within(made),
        Which::OfCustomer(_) => match table.owner {
            Owner::Itself => "id = $3".to_owned(),
            Owner::Column(column) | Owner::Formerly(column) => format!("{column} = $3"),
            Owner::Through { column, table } => format!(
                "{column} in (select id from stripe.{table} \
                 where customer = $3 and account = $1 and livemode = $2)"
            ),
            Owner::Nobody => return None,
        },
    })
}

/// Made in the seconds from `$3` to `$4`.
pub(crate) fn made_within(made: &str) -> String {
    format!("{made} >= to_timestamp($3) and {made} <= to_timestamp($4)")
}

/// The print of a row that goes by the name of `held`.
pub(crate) const PRINT: &str = "hash_record_extended(row(held.id, held.xmin), 0)";

/// What has no form of its own in the rows' types travels as text.
fn as_read(column: &Column) -> String {
    match column.of {
        Type::Text | Type::Integer | Type::Flag | Type::Time => column.name.to_owned(),
        Type::Decimal | Type::Json | Type::Metadata => format!("{}::text", column.name),
    }
}

/// The columns before a table's own.
const OF_ALL: usize = 5;

fn held_of(table: &'static Table, row: &PgRow) -> Result<HeldRow, StoreError> {
    let time = |it: OffsetDateTime| {
        Timestamp::try_from(it).map_err(|error| StoreError::Schema(error.to_string()))
    };
    let mut values = Vec::with_capacity(table.columns.len());
    for (place, column) in (OF_ALL..).zip(&table.columns) {
        values.push(match column.of {
            Type::Text => row.try_get::<Option<String>, _>(place)?.map(Value::Text),
            Type::Integer => row.try_get::<Option<i64>, _>(place)?.map(Value::Integer),
            Type::Flag => row.try_get::<Option<bool>, _>(place)?.map(Value::Flag),
            Type::Time => match row.try_get::<Option<OffsetDateTime>, _>(place)? {
                Some(it) => Some(Value::Time(time(it)?)),
                None => None,
            },
            Type::Decimal => row.try_get::<Option<String>, _>(place)?.map(Value::Decimal),
            Type::Json | Type::Metadata => {
                row.try_get::<Option<String>, _>(place)?.map(Value::Json)
            }
        });
    }
    Ok(HeldRow {
        deleted: row.try_get(1)?,
        sighted_at: time(row.try_get(2)?)?,
        parent: row.try_get(3)?,
        print: row.try_get(4)?,
        row: Row { table, id: row.try_get(0)?, values },
    })
}
