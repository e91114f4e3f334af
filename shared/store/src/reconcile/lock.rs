//! One process at a time runs a job.

use counterfoil_domain::Scope;
use sqlx::pool::PoolConnection;
use sqlx::postgres::Postgres;

use crate::connect::Store;
use crate::error::StoreError;

/// Held while a job runs. Dropping it, or losing its connection, lets others run the job.
pub struct JobLock {
    connection: PoolConnection<Postgres>,
    name: String,
}

impl Store {
    /// Takes the lock of a job. `None` while another process, or another run of this one, has it.
    pub async fn lock_job(&self, job: &str, scope: &Scope) -> Result<Option<JobLock>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        // The lock is the session's. Given back to the pool without its release, by a run that is
        // dropped or panics, the session would keep it, and nobody could run the job any more.
        connection.close_on_drop();
        let name = format!("counterfoil.job {job} {scope}");
        let taken = sqlx::query_scalar!(
            r#"select pg_try_advisory_lock(hashtextextended($1, 0)) as "taken!""#,
            name
        )
        .fetch_one(&mut *connection)
        .await?;
        Ok(taken.then_some(JobLock { connection, name }))
    }
}

impl JobLock {
    /// Lets others run the job.
    pub async fn release(mut self) -> Result<(), StoreError> {
        sqlx::query_scalar!(
            r#"select pg_advisory_unlock(hashtextextended($1, 0)) as "released!""#,
            self.name
        )
        .fetch_one(&mut *self.connection)
        .await?;
        Ok(())
    }
}
