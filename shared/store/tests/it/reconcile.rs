//! What the reconciler remembers.

use counterfoil_domain::Scope;
use counterfoil_domain::mirror::ObjectKind;
use counterfoil_domain::reconcile::{FindingType, Severity, Stretch, Suspicion};
use counterfoil_projection::{child_tables_of, table_of};
use counterfoil_store::{
    List, NewFinding, Progress, Run, RunState, Seen, Store, Suspect, Walk, Which,
};
use serde_json::json;
use sqlx::PgPool;

use crate::events::{TABLES, absorb, event, scope, second, store, text};

const KIND: ObjectKind = ObjectKind::Subscription;

async fn begun(store: &Store) -> Run {
    let run = store.begin_run("objects", &scope(), false, second(0), second(100)).await.unwrap();
    store.plan_walks(&run.handle(), &[walk()]).await.unwrap();
    run
}

fn walk() -> Walk {
    let stretch = Stretch { from: 0, to: 100 };
    Walk { kind: KIND, part: 0, stretch, behind: None, done: false }
}

async fn advanced(store: &Store, run: &Run, progress: Progress<'_>) {
    store.advance(&run.handle(), &walk(), &progress).await.unwrap();
}

fn stretch(from: i64, to: i64) -> Stretch {
    Stretch { from, to }
}

/// Where the stretches are that are known, how many objects are in each, and whether nothing was
/// written there since.
async fn known(store: &Store) -> Vec<(i64, i64, u32, bool)> {
    store.count_stretches(list(&scope())).await.unwrap();
    looked_up(store).await
}

fn list(scope: &Scope) -> List<'_> {
    let children = child_tables_of(KIND);
    List { table: table_of(KIND), children, made: "created", reading: 1, scope }
}

/// The same by the last count.
async fn looked_up(store: &Store) -> Vec<(i64, i64, u32, bool)> {
    let scope = scope();
    let list = list(&scope);
    let known = store.known_stretches(list, stretch(0, 100), 10).await.unwrap();
    let line = known.iter().map(|(it, there)| {
        (it.stretch.from, it.stretch.to, it.objects, there.as_deref() == Some(&[7; 16]))
    });
    line.collect()
}

/// The sum of what is held of a stretch, as who compares it counts.
async fn here(store: &Store, of: Stretch) -> i128 {
    let rows = store.rows(table_of(KIND), Which::Made("created", of), &scope()).await.unwrap();
    let ids: Vec<&str> = rows.iter().map(|it| it.row.id.as_str()).collect();
    let mut sum: i128 = rows.iter().map(|it| i128::from(it.print)).sum();
    for table in child_tables_of(KIND) {
        let children = store.rows(table, Which::ChildrenOf(&ids), &scope()).await.unwrap();
        sum += children.iter().map(|it| i128::from(it.print)).sum::<i128>();
    }
    sum
}

fn subscription(id: &str, created: i64) -> String {
    format!(
        r#"{{"id":"{id}","object":"subscription","customer":"cus_1","status":"active",
        "created":{created},"items":{{"data":[{{"id":"si_{id}","quantity":1}}],"has_more":false}}}}"#
    )
}

#[sqlx::test(migrations = false)]
async fn the_rows_of_every_table_can_be_read_in_every_way(pool: PgPool) {
    let store = store(&pool).await;
    let scope = scope();
    for table in TABLES.iter() {
        for which in [
            Which::All,
            Which::Ids(&["it"]),
            Which::ChildrenOf(&["it"]),
            Which::OfCustomer("cus_1"),
            Which::Made("sighted_at", stretch(0, 10)),
        ] {
            let rows = store.rows(table, which, &scope).await;
            assert_eq!(rows.unwrap(), [], "{} {which:?}", table.name);
        }
    }
    for kind in ObjectKind::ALL {
        let (table, children) = (table_of(kind), child_tables_of(kind));
        let list = List { table, children, made: "sighted_at", reading: 1, scope: &scope };
        store.count_stretches(list).await.unwrap();
    }
}

#[sqlx::test(migrations = false)]
async fn whoever_writes_a_row_makes_its_stretch_another(pool: PgPool) {
    let store = store(&pool).await;
    let events = [("sub_1", 10), ("sub_2", 15), ("sub_3", 50)].map(|(id, at)| {
        event(&format!("evt_{id}"), "customer.subscription.created", at, &subscription(id, at))
    });
    absorb(&store, &events).await;
    let run = begun(&store).await;
    let noted = async |of: Stretch, objects: u32| {
        let equal = Some(([7; 16], here(&store, of).await));
        let seen = vec![Seen { stretch: of, objects, equal }];
        advanced(&store, &run, Progress { seen: (seen, 1), ..Progress::default() }).await;
    };
    noted(stretch(5, 20), 2).await;
    noted(stretch(40, 60), 1).await;
    // A stretch takes in the seconds up to the next, in which something may turn up.
    assert_eq!(known(&store).await, [(40, 100, 1, true), (5, 39, 2, true)]);
    for (change, of) in [
        ("update stripe.subscriptions set status = 'past_due' where id = 'sub_1'", stretch(5, 20)),
        ("update stripe.subscription_items set quantity = 2 where id = 'si_sub_2'", stretch(5, 20)),
        ("delete from stripe.subscription_items where id = 'si_sub_1'", stretch(5, 20)),
        ("delete from stripe.subscriptions where id = 'sub_2'", stretch(5, 20)),
        (
            "update stripe.subscriptions set created = to_timestamp(30) where id = 'sub_1'",
            stretch(5, 35),
        ),
        ("update stripe.subscriptions set status = status where id = 'sub_1'", stretch(5, 35)),
    ] {
        sqlx::query(change).execute(&pool).await.unwrap();
        let now = known(&store).await;
        assert!(now[0].3 && !now[1].3, "{change}: {now:?}");
        noted(of, 2).await;
        assert!(known(&store).await[1].3, "{change}, and compared again");
    }
}

#[sqlx::test(migrations = false)]
async fn a_count_says_nothing_of_seconds_that_it_had_elsewhere(pool: PgPool) {
    let store = store(&pool).await;
    let run = begun(&store).await;
    let noted = async |from: i64, to: i64, reading: u64| {
        let equal = Some(([7; 16], 0));
        let seen = vec![Seen { stretch: stretch(from, to), objects: 0, equal }];
        advanced(&store, &run, Progress { seen: (seen, reading), ..Progress::default() }).await;
    };
    noted(5, 20, 1).await;
    noted(40, 60, 2).await;
    // The seconds of a stretch of another reading were counted there.
    assert_eq!(known(&store).await, [(5, 100, 0, false)]);
    noted(40, 60, 1).await;
    assert_eq!(known(&store).await, [(40, 100, 0, true), (5, 39, 0, true)]);
    // So were those of a stretch that has gone since.
    let gone = "delete from counterfoil.stretches where made_from = 40";
    sqlx::query(gone).execute(&pool).await.unwrap();
    assert_eq!(looked_up(&store).await, [(5, 100, 0, false)]);
    assert_eq!(known(&store).await, [(5, 100, 0, true)], "and it is counted anew");
}

#[sqlx::test(migrations = false)]
async fn what_is_seen_stands_in_place_of_what_was_known(pool: PgPool) {
    let store = store(&pool).await;
    let run = begun(&store).await;
    let noted = async |all: &[(i64, i64)]| {
        let seen =
            all.iter().map(|it| Seen { stretch: stretch(it.0, it.1), objects: 1, equal: None });
        advanced(&store, &run, Progress { seen: (seen.collect(), 1), ..Progress::default() }).await;
        let kept = "select string_agg(made_from || '-' || made_to, ' ' order by made_from) \
                    from counterfoil.stretches";
        text(&pool, kept).await.unwrap()
    };
    assert_eq!(noted(&[(0, 9), (10, 19), (20, 29), (40, 49)]).await, "0-9 10-19 20-29 40-49");
    assert_eq!(noted(&[(10, 19)]).await, "0-9 10-19 20-29 40-49");
    assert_eq!(noted(&[(15, 22)]).await, "0-9 15-22 40-49", "both that it reaches into");
    assert_eq!(noted(&[(5, 5)]).await, "5-5 15-22 40-49", "one that it lies within");
    assert_eq!(noted(&[(41, 60), (0, 39)]).await, "0-39 41-60");
    let bound = async |at| store.known_bound(table_of(KIND), &scope(), at).await.unwrap();
    assert_eq!((bound(20).await, bound(40).await, bound(60).await), (Some(0), None, Some(41)));
}

#[sqlx::test(migrations = false)]
async fn a_later_run_takes_no_finding_from_an_older_ones_report(pool: PgPool) {
    let store = store(&pool).await;
    let found = NewFinding {
        found: FindingType::FieldDiffers,
        severity: Severity::Critical,
        kind: "subscription".to_owned(),
        id: "sub_1".to_owned(),
        differences: json!({}),
    };
    let mut runs = Vec::new();
    for at in [100, 200] {
        let run = begun(&store).await;
        let (handle, now) = (run.handle(), second(at));
        store
            .record_findings(&scope(), run.id, std::slice::from_ref(&found), now, now)
            .await
            .unwrap();
        store.end_run(&handle, RunState::Completed, None, now).await.unwrap();
        runs.push(run.id);
    }
    for run in runs {
        let expected = [("field_differs".to_owned(), 1)];
        assert_eq!(store.findings_of_run(run).await.unwrap(), expected, "run {run}");
    }
    assert_eq!(store.forget_runs(second(150)).await.unwrap(), 1);
}

#[sqlx::test(migrations = false)]
async fn an_erasure_leaves_nothing_of_what_a_run_at_work_was_shown(pool: PgPool) {
    let store = store(&pool).await;
    let run = begun(&store).await;
    let suspect = |id: &str, body: Option<&str>| Suspect {
        kind: KIND,
        id: id.to_owned(),
        suspicion: Suspicion::Shown,
        shown_at: Some(second(90)),
        body: body.map(str::to_owned),
    };
    let suspects = vec![suspect("sub_1", Some("{}")), suspect("sub_gone", None)];
    advanced(&store, &run, Progress { suspects, ..Progress::default() }).await;
    let erased = store.erase_customer(&TABLES, "cus_1", &scope(), second(95)).await.unwrap();
    assert_eq!(erased.bodies, 1);
    let left = "select string_agg(concat_ws(' ', id, verdict, body::text), ', ' order by id) \
                from counterfoil.suspects";
    let left = text(&pool, left).await;
    assert_eq!(left.as_deref(), Some("sub_1 unreadable, sub_gone"), "and it is not taken for gone");
    let weighed = store.suspects_to_weigh(&run.handle(), ("", ""), 10).await.unwrap();
    assert_eq!(weighed.len(), 1);
}
