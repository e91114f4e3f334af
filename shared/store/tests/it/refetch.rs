//! Answers of Stripe's, and the events that wait for them.

use counterfoil_domain::mirror::ObjectKind;
use counterfoil_domain::outcome::Outcome::{Applied, Refetching, Superseded};
use counterfoil_projection::{absent, project};
use counterfoil_store::{Fetched, FetchedOutcome, Received, Store};
use sqlx::PgPool;

use crate::events::{TABLES, absorb, event, outcomes, scope, second, store, subscription, text};

async fn fetched(store: &Store, at: i64, kind: ObjectKind, body: &str) -> FetchedOutcome {
    let projection = project(kind, body, false).unwrap();
    let fetched = Fetched { scope: scope(), second: second(at), projection };
    store.absorb_fetched(&fetched, &TABLES, second(1_000)).await.unwrap()
}

const INBOX: &str = "select string_agg(event_id || ' ' || outcome, ', ' order by event_id) \
                     from counterfoil.inbox";

#[sqlx::test(migrations = false)]
async fn an_answer_of_a_later_second_settles_a_tie(pool: PgPool) {
    let store = store(&pool).await;
    let one = event("evt_1", "customer.updated", 10, r#"{"id":"cus_1","name":"A"}"#);
    let other = event("evt_2", "customer.updated", 10, r#"{"id":"cus_1","name":"B"}"#);
    assert_eq!(outcomes(&store, &[one, other]).await, [Applied, Refetching]);
    let customer = ObjectKind::Customer;
    let too_soon = fetched(&store, 10, customer, r#"{"id":"cus_1","name":"B"}"#).await;
    assert_eq!(too_soon, FetchedOutcome::TooSoon);
    assert_eq!(text(&pool, INBOX).await.as_deref(), Some("evt_1 applied, evt_2 refetching"));
    let settled = fetched(&store, 11, customer, r#"{"id":"cus_1","name":"B"}"#).await;
    assert_eq!(settled, FetchedOutcome::Settled(1));
    assert_eq!(text(&pool, INBOX).await.as_deref(), Some("evt_1 applied, evt_2 superseded"));
    let name = text(&pool, "select name from stripe.customers").await;
    assert_eq!(name.as_deref(), Some("B"));
    let late = event("evt_3", "customer.updated", 10, r#"{"id":"cus_1","name":"C"}"#);
    assert_eq!(outcomes(&store, &[late]).await, [Superseded]);
}

#[sqlx::test(migrations = false)]
async fn children_that_were_not_all_shown_are_completed(pool: PgPool) {
    let store = store(&pool).await;
    let whole = subscription("active", &["si_1", "si_2"]);
    let part = whole.replace(r#""has_more":false"#, r#""has_more":true"#);
    let all = event("evt_1", "customer.subscription.created", 10, &whole);
    let some = event(
        "evt_2",
        "customer.subscription.updated",
        20,
        &part.replace("si_2", "si_3").replace("active", "past_due"),
    );
    assert_eq!(outcomes(&store, &[all, some]).await, [Applied, Refetching]);
    let status = text(&pool, "select status from stripe.subscriptions").await;
    assert_eq!(status.as_deref(), Some("past_due"), "the parent does not wait for its children");
    let items = "select string_agg(id, ', ' order by id) from stripe.subscription_items \
                 where not deleted";
    assert_eq!(
        text(&pool, items).await.as_deref(),
        Some("si_1, si_2, si_3"),
        "what was not shown may still be there"
    );
    let complete = subscription("past_due", &["si_1", "si_3"]);
    let settled = fetched(&store, 21, ObjectKind::Subscription, &complete).await;
    assert_eq!(settled, FetchedOutcome::Settled(1));
    assert_eq!(text(&pool, items).await.as_deref(), Some("si_1, si_3"));
}

#[sqlx::test(migrations = false)]
async fn absence_leaves_a_tombstone_even_of_what_was_never_held(pool: PgPool) {
    let store = store(&pool).await;
    let projection = absent(ObjectKind::Invoice, "in_1".to_owned());
    let fetched = Fetched { scope: scope(), second: second(20), projection };
    store.absorb_fetched(&fetched, &TABLES, second(1_000)).await.unwrap();
    let older = event(
        "evt_1",
        "invoice.updated",
        19,
        r#"{"id":"in_1","status":"draft","lines":{"data":[]}}"#,
    );
    assert_eq!(outcomes(&store, &[older]).await, [Superseded]);
    let row = text(&pool, "select id || ' ' || deleted from stripe.invoices").await;
    assert_eq!(row.as_deref(), Some("in_1 true"));
}

#[sqlx::test(migrations = false)]
async fn an_answer_older_than_what_is_held_changes_nothing_but_closes_what_waited(pool: PgPool) {
    let store = store(&pool).await;
    let tie = [
        event("evt_1", "customer.updated", 10, r#"{"id":"cus_1","name":"A"}"#),
        event("evt_2", "customer.updated", 10, r#"{"id":"cus_1","name":"B"}"#),
        event("evt_3", "customer.updated", 30, r#"{"id":"cus_1","name":"C"}"#),
    ];
    assert_eq!(outcomes(&store, &tie).await, [Applied, Refetching, Applied]);
    let settled = fetched(&store, 20, ObjectKind::Customer, r#"{"id":"cus_1","name":"B"}"#).await;
    assert_eq!(settled, FetchedOutcome::Settled(1));
    let name = text(&pool, "select name from stripe.customers").await;
    assert_eq!(name.as_deref(), Some("C"));
}

#[sqlx::test(migrations = false)]
async fn what_nobody_will_answer_is_parked_with_its_reason(pool: PgPool) {
    let store = store(&pool).await;
    let one = event("evt_1", "customer.updated", 10, r#"{"id":"cus_1","name":"A"}"#);
    let other = event("evt_2", "customer.updated", 10, r#"{"id":"cus_1","name":"B"}"#);
    let keys = [&one.key, &other.key];
    outcomes(&store, &[one.clone(), other.clone()]).await;
    store.park_open(&keys, "no key", second(1_000)).await.unwrap();
    assert_eq!(text(&pool, INBOX).await.as_deref(), Some("evt_1 applied, evt_2 parked"));
}

#[sqlx::test(migrations = false)]
async fn an_answer_about_a_price_leaves_the_product_of_the_same_id_open(pool: PgPool) {
    let store = store(&pool).await;
    let tie = [
        event("evt_1", "product.updated", 10, r#"{"id":"gold","name":"A"}"#),
        event("evt_2", "product.updated", 10, r#"{"id":"gold","name":"B"}"#),
        event("evt_3", "price.updated", 10, r#"{"id":"gold","nickname":"A"}"#),
        event("evt_4", "price.updated", 10, r#"{"id":"gold","nickname":"B"}"#),
    ];
    assert_eq!(outcomes(&store, &tie).await, [Applied, Refetching, Applied, Refetching]);
    let settled = fetched(&store, 11, ObjectKind::Price, r#"{"id":"gold","nickname":"B"}"#).await;
    assert_eq!(settled, FetchedOutcome::Settled(1));
    let open = "evt_1 applied, evt_2 refetching, evt_3 applied, evt_4 superseded";
    assert_eq!(text(&pool, INBOX).await.as_deref(), Some(open));
}

#[sqlx::test(migrations = false)]
async fn an_event_that_did_not_show_all_children_stays_open_when_it_is_judged_again(pool: PgPool) {
    let store = store(&pool).await;
    let kind = "customer.subscription.updated";
    let whole = subscription("active", &["si_1"]);
    let part = whole.replace(r#""has_more":false"#, r#""has_more":true"#);
    let first = event("evt_1", kind, 10, &part);
    let replay = Received { replay: true, ..first.clone() };
    let outcomes = outcomes(&store, &[first.clone(), replay.clone()]).await;
    assert_eq!(outcomes, [Refetching, Refetching]);
    // Parked while nobody could be asked, and judged again now that somebody can.
    store.park_open(&[&first.key], "no key", second(1_000)).await.unwrap();
    assert_eq!(absorb(&store, &[replay]).await[0].outcome, Refetching);
}

#[sqlx::test(migrations = false)]
async fn what_shows_the_same_but_says_that_there_is_more_is_no_duplicate(pool: PgPool) {
    let store = store(&pool).await;
    let kind = "customer.subscription.updated";
    let whole = subscription("active", &["si_1"]);
    let part = whole.replace(r#""has_more":false"#, r#""has_more":true"#);
    let events = [event("evt_1", kind, 10, &whole), event("evt_2", kind, 10, &part)];
    assert_eq!(outcomes(&store, &events).await, [Applied, Refetching]);
}
