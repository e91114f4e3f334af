//! Runs of jobs.

use std::collections::BTreeMap;

use counterfoil_domain::{Scope, Timestamp};
use sqlx::PgConnection;
use sqlx::types::time::OffsetDateTime;

use crate::connect::Store;
use crate::error::StoreError;

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// It is at work, or its process was killed and it is to be gone on with.
    Running,
    /// It came to its end.
    Completed,
    /// It could not go on; the next tick begins anew.
    Failed,
    /// It stopped rather than change too much. Nothing was changed.
    Braked,
}

impl RunState {
    /// The name in the column, in metrics and on the screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Braked => "braked",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Running, Self::Completed, Self::Failed, Self::Braked]
            .into_iter()
            .find(|it| it.as_str() == name)
    }
}

/// One run of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub id: i64,
    /// The job.
    pub job: String,
    /// Whose objects.
    pub scope: Scope,
    /// Whether it only makes a plan.
    pub dry_run: bool,
    /// How it stands.
    pub state: RunState,
    /// What it does at the moment, or did last.
    pub phase: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it ended before its end.
    pub cause: Option<String>,
    /// What was done, by name.
    pub tally: BTreeMap<String, i64>,
    takeovers: i32,
}

/// A run that this process works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunHandle {
    /// The run's number.
    pub id: i64,
    /// Whose objects.
    pub scope: Scope,
    takeovers: i32,
}

/// Since when all objects of a kind are proven: a complete pass over them began then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The kind, as Stripe's `object` field names it.
    pub kind: String,
    /// When the last complete pass began.
    pub since: Timestamp,
}

impl Run {
    /// The handle to work on it.
    #[must_use]
    pub fn handle(&self) -> RunHandle {
        RunHandle { id: self.id, scope: self.scope.clone(), takeovers: self.takeovers }
    }
}

struct RunRow {
    id: i64,
    job: String,
    account: String,
    livemode: bool,
    dry_run: bool,
    state: String,
    phase: String,
    takeovers: i32,
    started_at: OffsetDateTime,
    ended_at: Option<OffsetDateTime>,
    cause: Option<String>,
    tally: serde_json::Value,
}

impl TryFrom<RunRow> for Run {
    type Error = StoreError;

    fn try_from(row: RunRow) -> Result<Self, StoreError> {
        let schema = |what: &str| StoreError::Schema(format!("{what} of a run cannot be read"));
        let time = |it: OffsetDateTime| Timestamp::try_from(it).map_err(|_| schema("a time"));
        let tally = row.tally.as_object().into_iter().flatten();
        Ok(Self {
            id: row.id,
            job: row.job,
            scope: Scope { account: row.account, livemode: row.livemode },
            dry_run: row.dry_run,
            state: RunState::parse(&row.state).ok_or_else(|| schema("the state"))?,
            phase: row.phase,
            started_at: time(row.started_at)?,
            ended_at: row.ended_at.map(time).transpose()?,
            cause: row.cause,
            tally: tally.map(|(name, it)| (name.clone(), it.as_i64().unwrap_or(0))).collect(),
            takeovers: row.takeovers,
        })
    }
}

impl Store {
    /// Begins a run, or takes over the one of the same sort that was left behind. Only for whoever
    /// holds the job's lock. A run that was begun before `stale` is given up instead: what it had
    /// listed is too old. So is one that looks at a part only, which is a person's to begin again, and
    /// a dry one where the new run is none. A dry run leaves the run alone that it found.
    pub async fn begin_run(
        &self,
        job: &str,
        scope: &Scope,
        dry_run: bool,
        stale: Timestamp,
        now: Timestamp,
    ) -> Result<Run, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let given_up = sqlx::query!(
            r#"
            update counterfoil.runs
            set state = 'failed', ended_at = $5, cause = 'its process ended, and another run began'
            where job = $1 and account = $2 and livemode = $3 and state = 'running'
                and case when dry_run = $6
                    then started_at < $4 or coalesce((tally ->> 'partial')::bigint, 0) > 0
                    else dry_run
                end
            returning id
            "#,
            job,
            scope.account,
            scope.livemode,
            OffsetDateTime::from(stale),
            OffsetDateTime::from(now),
            dry_run,
        )
        .fetch_all(&mut *transaction)
        .await?;
        let given_up: Vec<i64> = given_up.into_iter().map(|it| it.id).collect();
        forget(&mut transaction, &given_up).await?;
        let row = sqlx::query_as!(
            RunRow,
            r#"
            with taken_over as (
                update counterfoil.runs set takeovers = takeovers + 1
                where job = $1 and account = $2 and livemode = $3 and state = 'running'
                    and dry_run = $4
                returning id, job, account, livemode, dry_run, state, phase, takeovers,
                    started_at, ended_at, cause, tally
            ),
            begun as (
                insert into counterfoil.runs
                    (job, account, livemode, dry_run, state, phase, started_at)
                select $1, $2, $3, $4, 'running', 'beginning', $5
                where not exists (select from taken_over)
                returning id, job, account, livemode, dry_run, state, phase, takeovers,
                    started_at, ended_at, cause, tally
            )
            select id as "id!", job as "job!", account as "account!", livemode as "livemode!",
                dry_run as "dry_run!", state as "state!", phase as "phase!",
                takeovers as "takeovers!", started_at as "started_at!", ended_at, cause,
                tally as "tally!"
            from (select * from taken_over union all select * from begun) as one
            "#,
            job,
            scope.account,
            scope.livemode,
            dry_run,
            OffsetDateTime::from(now),
        )
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
        row.try_into()
    }

    /// Says what the run does now.
    pub async fn enter_phase(&self, run: &RunHandle, phase: &str) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        still_ours(&mut transaction, run).await?;
        sqlx::query!("update counterfoil.runs set phase = $2 where id = $1", run.id, phase)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Adds to the run's tally.
    pub async fn tally(&self, run: &RunHandle, done: &[(&str, i64)]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        still_ours(&mut transaction, run).await?;
        add(&mut transaction, run, done).await?;
        Ok(transaction.commit().await?)
    }

    /// Ends a run. What it looked at more closely is forgotten, but for a dry run's, whose plan can
    /// be read until the next one.
    pub async fn end_run(
        &self,
        run: &RunHandle,
        state: RunState,
        cause: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        still_ours(&mut transaction, run).await?;
        sqlx::query!(
            "update counterfoil.runs set state = $2, cause = $3, ended_at = $4 where id = $1",
            run.id,
            state.as_str(),
            cause,
            OffsetDateTime::from(now),
        )
        .execute(&mut *transaction)
        .await?;
        forget(&mut transaction, &[run.id]).await?;
        Ok(transaction.commit().await?)
    }

    /// The last runs, newest first; of one job, and of one account and mode, where they are named.
    pub async fn runs(
        &self,
        job: Option<&str>,
        scope: Option<&Scope>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError> {
        let rows = sqlx::query_as!(
            RunRow,
            r#"
            select id, job, account, livemode, dry_run, state, phase, takeovers, started_at,
                ended_at, cause, tally
            from counterfoil.runs
            where ($1::text is null or job = $1)
                and ($2::text is null or (account = $2 and livemode = $3))
            order by id desc
            limit $4
            "#,
            job,
            scope.map(|it| it.account.as_str()),
            scope.map(|it| it.livemode),
            i64::from(limit),
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Run::try_from).collect()
    }

    /// One run. `None` where there is none of that number.
    pub async fn run(&self, id: i64) -> Result<Option<Run>, StoreError> {
        let row = sqlx::query_as!(
            RunRow,
            r#"
            select id, job, account, livemode, dry_run, state, phase, takeovers, started_at,
                ended_at, cause, tally
            from counterfoil.runs
            where id = $1
            "#,
            id,
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(Run::try_from).transpose()
    }

    /// When the last completed run of a job, dry runs and those of a part aside, began and ended.
    pub async fn last_completed(
        &self,
        job: &str,
        scope: &Scope,
    ) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
        let row = sqlx::query!(
            r#"
            select started_at, ended_at as "ended_at!"
            from counterfoil.runs
            where job = $1 and account = $2 and livemode = $3 and state = 'completed'
                and not dry_run and coalesce((tally ->> 'partial')::bigint, 0) = 0
            order by id desc
            limit 1
            "#,
            job,
            scope.account,
            scope.livemode,
        )
        .fetch_optional(&self.pool)
        .await?;
        let time =
            |it| Timestamp::try_from(it).map_err(|_| StoreError::Schema("a time".to_owned()));
        row.map(|it| Ok((time(it.started_at)?, time(it.ended_at)?))).transpose()
    }

    /// Since when the objects of each kind are proven, the oldest first.
    pub async fn proofs(&self, scope: &Scope) -> Result<Vec<Proof>, StoreError> {
        let rows = sqlx::query!(
            r#"
            select walks.kind, max(runs.started_at) as "since!"
            from counterfoil.walks
            join counterfoil.runs on runs.id = walks.run
            where runs.account = $1 and runs.livemode = $2 and runs.state = 'completed'
                and not coalesce((runs.tally ->> 'partial')::bigint > 0, false)
                and not runs.tally ? ('left_out_' || walks.kind)
            group by walks.kind
            order by 2, 1
            "#,
            scope.account,
            scope.livemode,
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|it| {
                let since = Timestamp::try_from(it.since);
                let since = since.map_err(|_| StoreError::Schema("a time".to_owned()))?;
                Ok(Proof { kind: it.kind, since })
            })
            .collect()
    }

    /// Forgets runs that ended before `before`, but for the last completed one of each job, whose
    /// figures say since when things are proven.
    pub async fn forget_runs(&self, before: Timestamp) -> Result<u64, StoreError> {
        let gone = sqlx::query!(
            r#"
            delete from counterfoil.runs as old
            where old.ended_at < $1
                and exists (
                    select from counterfoil.runs as later
                    where later.job = old.job and later.account = old.account
                        and later.livemode = old.livemode and later.id > old.id
                        and later.state = 'completed' and not later.dry_run
                )
            "#,
            OffsetDateTime::from(before),
        )
        .execute(&self.pool)
        .await?;
        Ok(gone.rows_affected())
    }
}

/// Locks the run, and refuses to go on where another process has taken it over.
pub(super) async fn still_ours(
    connection: &mut PgConnection,
    run: &RunHandle,
) -> Result<(), StoreError> {
    let ours = sqlx::query_scalar!(
        r#"
        select (takeovers = $2 and state = 'running') as "ours!"
        from counterfoil.runs where id = $1 for update
        "#,
        run.id,
        run.takeovers,
    )
    .fetch_optional(connection)
    .await?;
    if ours == Some(true) { Ok(()) } else { Err(StoreError::TakenOver) }
}

/// Adds to the run's tally, which [`still_ours`] has locked.
pub(super) async fn add(
    connection: &mut PgConnection,
    run: &RunHandle,
    done: &[(&str, i64)],
) -> Result<(), StoreError> {
    let names: Vec<&str> = done.iter().map(|it| it.0).collect();
    let counts: Vec<i64> = done.iter().map(|it| it.1).collect();
    sqlx::query!(
        r#"
        update counterfoil.runs
        set tally = tally || (
            select coalesce(jsonb_object_agg(
                name, coalesce((tally ->> name)::bigint, 0) + count
            ), '{}')
            from unnest($2::text[], $3::bigint[]) as done (name, count)
        )
        where id = $1
        "#,
        run.id,
        &names as &[&str],
        &counts,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn forget(connection: &mut PgConnection, runs: &[i64]) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        delete from counterfoil.suspects using counterfoil.runs
        where suspects.run = any ($1) and runs.id = suspects.run and not runs.dry_run
        "#,
        runs,
    )
    .execute(&mut *connection)
    .await?;
    // A plan stays readable, without what Stripe showed.
    sqlx::query!(
        r#"
        update counterfoil.suspects set body = null where run = any ($1) and body is not null
        "#,
        runs,
    )
    .execute(connection)
    .await?;
    Ok(())
}
