//! How far a run is through Stripe's lists.

use counterfoil_domain::mirror::ObjectKind;
use counterfoil_domain::reconcile::{Listed, Stretch};

use super::runs::{RunHandle, add, still_ours};
use super::stretches::{self, Seen};
use super::suspects::{self, Suspect};
use crate::connect::Store;
use crate::error::StoreError;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// What is listed.
    pub kind: ObjectKind,
    /// Its number among the parts of this list.
    pub part: i32,
    /// What is not yet compared.
    pub stretch: Stretch,
    /// The id behind which the list goes on.
    pub behind: Option<String>,
    /// Whether nothing is left.
    pub done: bool,
}

/// How a page brought a run on.
#[derive(Debug, Clone, Default)]
pub struct Progress<'a> {
    /// Pages that were read.
    pub pages: i64,
    /// Objects they showed.
    pub objects: i64,
    /// Shown objects that are held.
    pub known: i64,
    /// What is to be looked at more closely.
    pub suspects: Vec<Suspect>,
    /// Stretches of which every object was seen, and what the columns are into which they were read.
    pub seen: (Vec<Seen>, u64),
    /// A part that is split off, for another to walk.
    pub split: Option<&'a Walk>,
}

impl Store {
    /// Has the parts of a run be there that are not yet.
    pub async fn plan_walks(&self, run: &RunHandle, walks: &[Walk]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        still_ours(&mut transaction, run).await?;
        insert(&mut transaction, run, walks).await?;
        Ok(transaction.commit().await?)
    }

    /// The parts of a run.
    pub async fn walks(&self, run: &RunHandle) -> Result<Vec<Walk>, StoreError> {
        let rows = sqlx::query!(
            r#"
            select kind, part, made_from, made_to, behind, done
            from counterfoil.walks where run = $1 order by kind, part
            "#,
            run.id
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|it| {
                let kind = ObjectKind::parse(&it.kind)
                    .ok_or_else(|| StoreError::Schema(format!("a walk through {}", it.kind)))?;
                let stretch = Stretch { from: it.made_from, to: it.made_to };
                Ok(Walk { kind, part: it.part, stretch, behind: it.behind, done: it.done })
            })
            .collect()
    }

    /// Notes where a part is now, with what was found on the way, in one transaction: a kill in
    /// between repeats one page and loses nothing.
    pub async fn advance(
        &self,
        run: &RunHandle,
        walk: &Walk,
        progress: &Progress<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        still_ours(&mut transaction, run).await?;
        sqlx::query!(
            r#"
            update counterfoil.walks
            set made_from = $4, made_to = $5, behind = $6, done = $7, pages = pages + $8,
                objects = objects + $9, known = known + $10
            where run = $1 and kind = $2 and part = $3
            "#,
            run.id,
            walk.kind.as_str(),
            walk.part,
            walk.stretch.from,
            walk.stretch.to,
            walk.behind,
            walk.done,
            progress.pages,
            progress.objects,
            progress.known,
        )
        .execute(&mut *transaction)
        .await?;
        if let Some(split) = progress.split {
            insert(&mut transaction, run, std::slice::from_ref(split)).await?;
        }
        let seen = (progress.seen.0.as_slice(), progress.seen.1);
        stretches::note(&mut transaction, walk.kind.table(), &run.scope, seen).await?;
        suspects::insert(&mut transaction, &self.keys, run, &progress.suspects).await?;
        add(
            &mut transaction,
            run,
            &[
                ("pages", progress.pages),
                ("requests", progress.pages),
                ("objects", progress.objects),
                ("looked_at_closely", i64::try_from(progress.suspects.len()).unwrap_or(0)),
            ],
        )
        .await?;
        Ok(transaction.commit().await?)
    }

    /// What the lists of each kind showed, in numbers.
    pub async fn listed(&self, run: &RunHandle) -> Result<Vec<(String, Listed)>, StoreError> {
        let rows = sqlx::query!(
            r#"
            select walked.kind as "kind!", walked.known as "known!",
                (select count(*) from counterfoil.suspects
                 where run = $1 and kind = walked.kind and suspicion = 'unseen') as "unseen!"
            from (
                select kind, sum(known)::bigint as known
                from counterfoil.walks where run = $1 group by kind
            ) as walked
            order by walked.kind
            "#,
            run.id
        )
        .fetch_all(&self.pool)
        .await?;
        let count = |it: i64| u64::try_from(it).unwrap_or(0);
        Ok(rows
            .into_iter()
            .map(|it| (it.kind, Listed { known: count(it.known), unseen: count(it.unseen) }))
            .collect())
    }

    /// Pages read and objects compared by a run, by kind.
    pub async fn compared(&self, run: i64) -> Result<Vec<(String, i64, i64)>, StoreError> {
        let rows = sqlx::query!(
            r#"
            select kind, sum(pages)::bigint as "pages!", sum(objects)::bigint as "objects!"
            from counterfoil.walks where run = $1 group by kind order by kind
            "#,
            run
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|it| (it.kind, it.pages, it.objects)).collect())
    }
}

async fn insert(
    connection: &mut sqlx::PgConnection,
    run: &RunHandle,
    walks: &[Walk],
) -> Result<(), StoreError> {
    let kind: Vec<&str> = walks.iter().map(|it| it.kind.as_str()).collect();
    let part: Vec<i32> = walks.iter().map(|it| it.part).collect();
    let from: Vec<i64> = walks.iter().map(|it| it.stretch.from).collect();
    let to: Vec<i64> = walks.iter().map(|it| it.stretch.to).collect();
    sqlx::query!(
        r#"
        insert into counterfoil.walks (run, kind, part, made_from, made_to)
        select $1, kind, part, made_from, made_to
        from unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[])
            as t (kind, part, made_from, made_to)
        on conflict do nothing
        "#,
        run.id,
        &kind as &[&str],
        &part,
        &from,
        &to,
    )
    .execute(connection)
    .await?;
    Ok(())
}
