//! Reading rows of the mirror as they stand, for people and for comparisons.

use counterfoil_domain::mirror::Table;
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::connect::Store;
use crate::error::StoreError;
use crate::fetched::ObjectRef;

impl Store {
    /// An object's row with all its columns, as JSON. `None` where there is none.
    pub async fn object(&self, object: ObjectRef<'_>) -> Result<Option<Value>, StoreError> {
        let sql = format!(
            "select to_jsonb(held) from stripe.{} as held \
             where id = $1 and account = $2 and livemode = $3",
            object.kind.table()
        );
        let row: Option<Value> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(object.id)
            .bind(&object.scope.account)
            .bind(object.scope.livemode)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row)
    }

    /// An object's children in one of its tables, in the order of their ids, as JSON.
    pub async fn children(
        &self,
        object: ObjectRef<'_>,
        table: &'static Table,
    ) -> Result<Vec<Value>, StoreError> {
        let Some(parent) = table.parent else { return Ok(Vec::new()) };
        let sql = format!(
            "select to_jsonb(held) from stripe.{} as held \
             where {parent} = $1 and account = $2 and livemode = $3 order by id",
            table.name
        );
        let rows: Vec<Value> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(object.id)
            .bind(&object.scope.account)
            .bind(object.scope.livemode)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows)
    }

    /// The ids of a customer's objects in one table, deleted ones included.
    pub async fn ids_of_customer(
        &self,
        table: &'static Table,
        column: &'static str,
        customer: &str,
        scope: &counterfoil_domain::Scope,
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
