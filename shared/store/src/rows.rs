//! Reading rows of the mirror as they stand, for people and for comparisons.

use std::collections::BTreeMap;

use counterfoil_domain::mirror::{ObjectKind, Table};
use counterfoil_domain::{Scope, Timestamp};
use sqlx::AssertSqlSafe;
use sqlx::types::time::OffsetDateTime;

use crate::connect::Store;
use crate::error::StoreError;
use crate::fetched::ObjectRef;

/// A row of the mirror as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRow {
    /// Its id.
    pub id: String,
    /// Whether it is gone.
    pub deleted: bool,
    /// The second of its sighting.
    pub sighted_at: Timestamp,
    /// Every column as Postgres writes it in text.
    pub columns: BTreeMap<String, Option<String>>,
}

impl Store {
    /// An object's row with all its columns. `None` where there is none.
    pub async fn object(&self, object: ObjectRef<'_>) -> Result<Option<HeldRow>, StoreError> {
        Ok(self.rows(object.kind.table(), "id", object).await?.pop())
    }

    /// An object's children in one of its tables, in the order of their ids.
    pub async fn children(
        &self,
        object: ObjectRef<'_>,
        table: &'static Table,
    ) -> Result<Vec<HeldRow>, StoreError> {
        let Some(parent) = table.parent else { return Ok(Vec::new()) };
        self.rows(table.name, parent, object).await
    }

    async fn rows(
        &self,
        table: &str,
        column: &str,
        object: ObjectRef<'_>,
    ) -> Result<Vec<HeldRow>, StoreError> {
        let sql = format!(
            "select held.id, held.deleted, held.sighted_at, each.key, each.value \
             from stripe.{table} as held, jsonb_each_text(to_jsonb(held)) as each \
             where held.{column} = $1 and held.account = $2 and held.livemode = $3 \
             order by held.id"
        );
        let cells: Vec<(String, bool, OffsetDateTime, String, Option<String>)> =
            sqlx::query_as(AssertSqlSafe(sql))
                .bind(object.id)
                .bind(&object.scope.account)
                .bind(object.scope.livemode)
                .fetch_all(&self.pool)
                .await?;
        let mut rows: Vec<HeldRow> = Vec::new();
        for (id, deleted, sighted_at, column, value) in cells {
            if rows.last().is_none_or(|it| it.id != id) {
                let sighted_at = Timestamp::try_from(sighted_at)
                    .map_err(|error| StoreError::Schema(error.to_string()))?;
                rows.push(HeldRow { id, deleted, sighted_at, columns: BTreeMap::new() });
            }
            if let Some(row) = rows.last_mut() {
                row.columns.insert(column, value);
            }
        }
        Ok(rows)
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
