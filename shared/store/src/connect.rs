//! Connecting, and bringing the schema up to date.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use crate::error::StoreError;
use crate::seal::PayloadKeys;

/// A handle on the database; cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pool: PgPool,
    /// What bodies are encrypted with.
    pub(crate) keys: Arc<PayloadKeys>,
}

/// How to connect.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// Connections at most.
    pub connections_max: u32,
    /// How long a caller waits for a connection before the store counts as unavailable.
    pub acquire_timeout: Duration,
    /// The name shown in `pg_stat_activity`.
    pub application_name: &'static str,
}

/// The record of migrations lies in our own schema under its full name: found through the search
/// path, it would be looked for elsewhere once a schema of the role's own name exists.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("./migrations");
    migrations.create_schema("counterfoil");
    migrations.dangerous_set_table_name("counterfoil.migrations");
    // A newer version may have been here while this one still runs.
    migrations.set_ignore_missing(true);
    migrations
});

impl Store {
    /// Prepares a pool for a database URL. Connects when first used, so that a database that is
    /// away at start is waited for like one that goes away later.
    pub fn open(url: &str, options: &ConnectOptions) -> Result<Self, StoreError> {
        let connect: PgConnectOptions = url
            .parse()
            // The parser's own words may hold the password.
            .map_err(|_| StoreError::Schema("DATABASE_URL is no postgres:// address".to_owned()))?;
        let pool = PgPoolOptions::new()
            .max_connections(options.connections_max)
            .acquire_timeout(options.acquire_timeout)
            .connect_lazy_with(connect.application_name(options.application_name));
        Ok(Self { pool, keys: Arc::new(PayloadKeys::none()) })
    }

    /// A handle on a database that somebody else has connected to.
    #[must_use]
    pub fn over(pool: PgPool) -> Self {
        Self { pool, keys: Arc::new(PayloadKeys::none()) }
    }

    /// The same, with keys for the bodies of events.
    #[must_use]
    pub fn with_keys(self, keys: PayloadKeys) -> Self {
        Self { keys: Arc::new(keys), ..self }
    }

    /// Brings the schema up to date. Safe while several processes start at once: an advisory lock
    /// lets one do it while the others wait. Answers how many migrations are in place.
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        match MIGRATIONS.run(&self.pool).await {
            Ok(()) => Ok(MIGRATIONS.iter().count()),
            Err(MigrateError::Execute(error)) => Err(error.into()),
            Err(other) => Err(StoreError::Schema(other.to_string())),
        }
    }

    /// Whether the schema is at least as new as this program needs.
    pub async fn is_migrated(&self) -> Result<bool, StoreError> {
        let newest = MIGRATIONS.iter().map(|it| it.version).max().unwrap_or_default();
        // Not a checked query: the table is made by the migrator, not by a migration.
        let applied: Result<Option<i64>, sqlx::Error> =
            sqlx::query_scalar("select max(version) from counterfoil.migrations where success")
                .fetch_one(&self.pool)
                .await;
        match applied {
            Ok(version) => Ok(version.is_some_and(|it| it >= newest)),
            Err(sqlx::Error::Database(error))
                if matches!(error.code().as_deref(), Some("42P01" | "3F000")) =>
            {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Asks Postgres for nothing but an answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query_scalar!("select 1 as \"one!\"").fetch_one(&self.pool).await?;
        Ok(())
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
