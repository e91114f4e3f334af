//! Rows turned into one array for each column, as the statements take them.

use counterfoil_domain::Scope;
use counterfoil_domain::freshness::Digest;
use counterfoil_domain::mirror::{Row, Table, Type, Value};
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::types::time::OffsetDateTime;
use sqlx::{Arguments as _, Encode, Type as SqlType};

use super::Winner;

/// Arguments that are gathered in the order of a statement's places.
#[derive(Default)]
pub(crate) struct Gathered {
    arguments: PgArguments,
}

impl Gathered {
    pub(crate) fn add<'a, T: Encode<'a, Postgres> + SqlType<Postgres>>(
        &mut self,
        values: T,
    ) -> Result<(), sqlx::Error> {
        self.arguments.add(values).map_err(sqlx::Error::Encode)
    }

    pub(crate) fn done(self) -> PgArguments {
        self.arguments
    }

    pub(crate) fn scopes<'a>(
        &mut self,
        scopes: impl Iterator<Item = &'a Scope> + Clone,
    ) -> Result<(), sqlx::Error> {
        self.add(scopes.clone().map(|it| it.account.as_str()).collect::<Vec<_>>())?;
        self.add(scopes.map(|it| it.livemode).collect::<Vec<_>>())
    }

    /// What every object has: id, scope, whether it is gone, and its sighting.
    pub(crate) fn objects(&mut self, winners: &[&Winner<'_>]) -> Result<(), sqlx::Error> {
        self.add(winners.iter().map(|it| it.projection.id.as_str()).collect::<Vec<_>>())?;
        self.scopes(winners.iter().map(|it| it.scope))?;
        self.add(winners.iter().map(|it| it.projection.change.is_deletion()).collect::<Vec<_>>())?;
        self.add(winners.iter().map(|it| it.second.into()).collect::<Vec<OffsetDateTime>>())?;
        self.add(winners.iter().map(|it| it.event).collect::<Vec<Option<&str>>>())?;
        let digest = |it: &&Winner<'_>| -> Vec<u8> { digest_of(&it.projection.digest) };
        self.add(winners.iter().map(digest).collect::<Vec<_>>())
    }

    /// The columns of a table. A row that is erased gives none of its personal values.
    pub(crate) fn columns(
        &mut self,
        table: &Table,
        rows: &[(&Row, bool)],
    ) -> Result<(), sqlx::Error> {
        for (place, column) in table.columns.iter().enumerate() {
            let values = rows.iter().map(|(row, erased)| {
                let value = row.values.get(place).and_then(Option::as_ref);
                if *erased && column.personal { None } else { value }
            });
            match column.of {
                Type::Text | Type::Decimal | Type::Json => {
                    self.add(values.map(text_of).collect::<Vec<Option<&str>>>())?;
                }
                Type::Metadata => {
                    let text = |it| text_of(it).unwrap_or("{}");
                    self.add(values.map(text).collect::<Vec<&str>>())?;
                }
                Type::Integer => {
                    let integer = |it: Option<&Value>| match it {
                        Some(Value::Integer(it)) => Some(*it),
                        _ => None,
                    };
                    self.add(values.map(integer).collect::<Vec<Option<i64>>>())?;
                }
                Type::Flag => {
                    let flag = |it: Option<&Value>| match it {
                        Some(Value::Flag(it)) => Some(*it),
                        _ => None,
                    };
                    self.add(values.map(flag).collect::<Vec<Option<bool>>>())?;
                }
                Type::Time => {
                    let time = |it: Option<&Value>| match it {
                        Some(Value::Time(it)) => Some(OffsetDateTime::from(*it)),
                        _ => None,
                    };
                    self.add(values.map(time).collect::<Vec<Option<OffsetDateTime>>>())?;
                }
            }
        }
        Ok(())
    }
}

fn text_of(value: Option<&Value>) -> Option<&str> {
    match value? {
        Value::Text(it) | Value::Decimal(it) | Value::Json(it) => Some(it),
        Value::Integer(_) | Value::Flag(_) | Value::Time(_) => None,
    }
}

fn digest_of(digest: &Digest) -> Vec<u8> {
    digest.as_bytes().to_vec()
}
