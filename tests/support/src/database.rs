//! A database of one's own.

use std::time::Duration;

use anyhow::Context;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use crate::queues::unique;
use crate::until::until;

/// A fresh, empty database on the server that `DATABASE_URL` names. Remove it with
/// [`Database::remove`].
#[derive(Debug, Clone)]
pub struct Database {
    server: PgConnectOptions,
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// A pool of connections to it, for looking at it beside the program under test.
    pub pool: PgPool,
}

impl Database {
    /// Creates it. Fails where `DATABASE_URL` is not set: `make test` sets it.
    pub async fn create() -> anyhow::Result<Self> {
        let server_url = setting("DATABASE_URL")?;
        let server: PgConnectOptions = server_url.parse().context("DATABASE_URL is no address")?;
        let name = unique();
        let mut connection =
            server.connect().await.context("the server of DATABASE_URL cannot be reached")?;
        connection
            .execute(AssertSqlSafe(format!("create database {name}")))
            .await
            .context("the role of DATABASE_URL may not create databases; grant it CREATEDB")?;
        connection.close().await?;
        let options = server.clone().database(&name);
        let pool = PgPoolOptions::new().max_connections(4).connect_lazy_with(options);
        let url = with_database(&server_url, &name);
        Ok(Self { server, name, url, pool })
    }

    /// The version of the server, without creating anything on it.
    pub async fn server_version() -> anyhow::Result<String> {
        let server: PgConnectOptions = setting("DATABASE_URL")?.parse()?;
        let mut connection = server.connect().await?;
        let version = sqlx::query_scalar("show server_version").fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(version)
    }

    /// Removes it, whoever is still connected.
    pub async fn remove(&self) -> anyhow::Result<()> {
        self.pool.close().await;
        let mut connection = self.server.connect().await?;
        let name = &self.name;
        // An autovacuum in it cannot be ended by its owner, but ends by itself.
        until("the database is removed", REMOVE, async || {
            let sql = format!("drop database if exists {name} with (force)");
            match connection.execute(AssertSqlSafe(sql)).await {
                Ok(_) => Ok(Some(())),
                Err(error) if is_refused(&error) => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
        .await?;
        connection.close().await?;
        Ok(())
    }
}

/// How long an autovacuum may hold up the removal of a database.
const REMOVE: Duration = Duration::from_mins(10);

/// Whether the server refuses because somebody else's process is at work.
fn is_refused(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("42501" | "55006"))
}

/// The same server, another database: the path changes, parameters stay.
fn with_database(url: &str, name: &str) -> String {
    let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
    let start = address.find("://").map_or(0, |at| at + 3);
    let server = address[start..].find('/').map_or(address, |at| &address[..start + at]);
    if parameters.is_empty() {
        format!("{server}/{name}")
    } else {
        format!("{server}/{name}?{parameters}")
    }
}

/// A variable of the environment that tests cannot do without.
#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment where servers are"
)]
pub fn setting(name: &str) -> anyhow::Result<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty()).with_context(|| {
        format!("{name} is not set; run `make test`, or `eval \"$(make -s services)\"` first")
    })
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn only_the_database_changes() {
        for (url, expected) in [
            ("postgres://u:p@h:5/a", "postgres://u:p@h:5/b"),
            ("postgres://u:p@h:5", "postgres://u:p@h:5/b"),
            ("postgres://u:p@h/a?sslmode=off", "postgres://u:p@h/b?sslmode=off"),
        ] {
            assert_eq!(with_database(url, "b"), expected);
        }
    }
}
