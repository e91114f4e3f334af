//! Reading the inbox, and having events judged again.

use counterfoil_domain::outcome::Outcome;
use counterfoil_store::{Filter, Meaning, Received, Span, StoreError};
use sqlx::PgPool;

use crate::events::{absorb, event, second, store, text, with};

fn sample() -> Vec<Received> {
    let mut parked = event("evt_3", "widget.made", 12, "{}");
    parked.meaning = Meaning::Park("the body is no event".to_owned());
    vec![
        event("evt_1", "customer.created", 10, r#"{"id":"cus_1","object":"customer"}"#),
        event(
            "evt_2",
            "invoice.created",
            11,
            r#"{"id":"in_1","customer":"cus_1","lines":{"data":[]}}"#,
        ),
        parked,
        event("evt_4", "invoice_payment.paid", 13, r#"{"id":"inpay_1"}"#),
    ]
}

#[sqlx::test(migrations = false)]
async fn filters_find_what_they_name(pool: PgPool) {
    let store = store(&pool).await;
    absorb(&store, &sample()).await;
    let check = async |filter: Filter, expected: &[&str]| {
        let rows = store.inbox(&filter, None, 100).await.unwrap();
        let ids: Vec<&str> = rows.iter().map(|it| it.key.id.as_str()).collect();
        assert_eq!(ids, expected, "{filter:?}");
        let counted: i64 = store.inbox_counts(&filter).await.unwrap().iter().map(|it| it.1).sum();
        assert_eq!(usize::try_from(counted).unwrap(), expected.len(), "{filter:?}");
    };
    let none = Filter::default;
    check(none(), &["evt_4", "evt_3", "evt_2", "evt_1"]).await;
    check(Filter { id: Some("evt_2".into()), ..none() }, &["evt_2"]).await;
    check(Filter { event_type: Some("invoice.*".into()), ..none() }, &["evt_2"]).await;
    check(Filter { event_type: Some("invoice*".into()), ..none() }, &["evt_4", "evt_2"]).await;
    check(Filter { customer: Some("cus_1".into()), ..none() }, &["evt_2", "evt_1"]).await;
    check(Filter { object_id: Some("inpay_1".into()), ..none() }, &["evt_4"]).await;
    check(Filter { outcome: Some(Outcome::Parked), ..none() }, &["evt_3"]).await;
    let received = Span { from: Some(second(12)), before: Some(second(14)) };
    check(Filter { received, ..none() }, &["evt_3", "evt_2"]).await;
    check(Filter { id: Some("' or true --".into()), ..none() }, &[]).await;
}

#[sqlx::test(migrations = false)]
async fn pages_follow_one_another_without_gap_or_overlap(pool: PgPool) {
    let store = store(&pool).await;
    let events: Vec<Received> =
        (0..7).map(|at| event(&format!("evt_{at}"), "widget.made", 10 + at / 3, "{}")).collect();
    absorb(&store, &events).await;
    let mut seen = Vec::new();
    let mut last = None;
    loop {
        let page = store.inbox(&Filter::default(), last.as_ref(), 2).await.unwrap();
        seen.extend(page.iter().map(|it| it.key.id.clone()));
        let Some(row) = page.last() else { break };
        last = Some(row.clone());
    }
    assert_eq!(seen, ["evt_6", "evt_5", "evt_4", "evt_3", "evt_2", "evt_1", "evt_0"]);
}

#[sqlx::test(migrations = false)]
async fn bodies_come_back_byte_for_byte(pool: PgPool) {
    let store = store(&pool).await;
    let mut odd = event("evt_1", "widget.made", 10, "{}");
    odd.meaning = Meaning::Park("not UTF-8".to_owned());
    odd.body = vec![0, 255, 0, 10, 13];
    let long = event("evt_2", "widget.made", 10, &format!(r#"{{"a":"{}"}}"#, "x".repeat(9_000)));
    absorb(&store, &[odd.clone(), long.clone()]).await;
    let mut payloads = store.payloads(&[&odd.key, &long.key]).await.unwrap();
    payloads.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(
        payloads.iter().map(|it| &it.body).collect::<Vec<_>>(),
        [&Ok(odd.body.clone()), &Ok(long.body.clone())]
    );
}

#[sqlx::test(migrations = false)]
async fn a_replay_settles_what_was_parked_and_leaves_what_stands(pool: PgPool) {
    let store = store(&pool).await;
    let good = event("evt_1", "customer.created", 10, r#"{"id":"cus_1"}"#);
    let mut parked = event("evt_2", "product.created", 10, r#"{"id":"prod_1"}"#);
    let meaning = parked.meaning.clone();
    parked.meaning = Meaning::Park("a fault of ours".to_owned());
    absorb(&store, &[good.clone(), parked.clone()]).await;
    parked.meaning = meaning;
    let replayed: Vec<Received> =
        [good, parked].into_iter().map(|it| Received { replay: true, ..it }).collect();
    absorb(&store, &replayed).await;
    let rows = "select string_agg(event_id || ' ' || outcome || ' ' || repeats || ' ' \
                || (replayed_at is not null) || coalesce(' ' || reason, ''), ', ' order by event_id) \
                from counterfoil.inbox";
    assert_eq!(
        text(&pool, rows).await.as_deref(),
        Some("evt_1 applied 0 true, evt_2 applied 0 true")
    );
}

#[sqlx::test(migrations = false)]
async fn a_value_that_postgres_refuses_is_told_apart_and_nothing_is_written(pool: PgPool) {
    let store = store(&pool).await;
    let mut bad = event("evt_1", "widget.made", 10, "{}");
    // No text of Postgres holds it; the worker never lets one through.
    bad.customer = Some("cus_\0".to_owned());
    let good = event("evt_2", "customer.created", 10, r#"{"id":"cus_1"}"#);
    let refused = store.absorb(&[good, bad], &with()).await;
    assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
    let rows = text(&pool, "select count(*)::text from counterfoil.inbox").await;
    assert_eq!(rows.as_deref(), Some("0"));
}

#[sqlx::test(migrations = false)]
async fn a_replay_is_not_lost_behind_a_copy_in_the_same_batch(pool: PgPool) {
    let store = store(&pool).await;
    let one = event("evt_1", "customer.updated", 10, r#"{"id":"cus_1","name":"A"}"#);
    let unread = Received { meaning: Meaning::Park("not known yet".to_owned()), ..one.clone() };
    absorb(&store, &[unread]).await;
    let replay = Received { replay: true, ..one.clone() };
    let settled = absorb(&store, &[one, replay]).await;
    let outcomes: Vec<Outcome> = settled.iter().map(|it| it.outcome).collect();
    assert_eq!(outcomes, [Outcome::Applied, Outcome::Applied]);
}
