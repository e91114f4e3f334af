//! Which sighting stands, through the database. Several of these have gone wrong in widely used
//! mirrors.

use counterfoil_domain::Scope;
use counterfoil_domain::outcome::Outcome::{Applied, Duplicate, Ignored, Refetching, Superseded};
use sqlx::PgPool;

use crate::events::{
    absorb, event, event_of, everything_but_the_inbox, outcomes, store, subscription, text,
};

const STATUS: &str = "select status from stripe.subscriptions";
const ITEMS: &str = "select string_agg(id || case when deleted then ' gone' else '' end, ', ' \
                     order by id) from stripe.subscription_items";

#[sqlx::test(migrations = false)]
async fn created_and_updated_in_one_second_end_as_updated_in_either_order(pool: PgPool) {
    let store = store(&pool).await;
    let created =
        event("evt_1", "customer.subscription.created", 10, &subscription("incomplete", &["si_1"]));
    let updated = event(
        "evt_2",
        "customer.subscription.updated",
        10,
        &(subscription("active", &["si_1"]) + r#"|{"status":"incomplete"}"#),
    );
    assert_eq!(outcomes(&store, &[created.clone(), updated.clone()]).await, [Applied, Applied]);
    assert_eq!(text(&pool, STATUS).await.as_deref(), Some("active"));
    sqlx::query("truncate counterfoil.inbox, counterfoil.payloads, stripe.subscriptions")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(outcomes(&store, &[updated, created]).await, [Applied, Superseded]);
    assert_eq!(text(&pool, STATUS).await.as_deref(), Some("active"));
}

#[sqlx::test(migrations = false)]
async fn an_old_update_without_an_item_does_not_remove_it(pool: PgPool) {
    let store = store(&pool).await;
    let kind = "customer.subscription.updated";
    let newer = event("evt_2", kind, 20, &subscription("active", &["si_a", "si_b"]));
    let older = event("evt_1", kind, 10, &subscription("active", &["si_a"]));
    let newest = event("evt_3", kind, 30, &subscription("active", &["si_b", "si_c"]));
    let back = event("evt_4", kind, 40, &subscription("active", &["si_a", "si_b", "si_c"]));
    assert_eq!(outcomes(&store, &[newer, older]).await, [Applied, Superseded]);
    assert_eq!(text(&pool, ITEMS).await.as_deref(), Some("si_a, si_b"));
    absorb(&store, &[newest]).await;
    assert_eq!(text(&pool, ITEMS).await.as_deref(), Some("si_a gone, si_b, si_c"));
    absorb(&store, &[back]).await;
    assert_eq!(text(&pool, ITEMS).await.as_deref(), Some("si_a, si_b, si_c"));
}

#[sqlx::test(migrations = false)]
async fn an_older_update_never_brings_back_what_was_deleted(pool: PgPool) {
    let store = store(&pool).await;
    let deleted = event("evt_2", "product.deleted", 20, r#"{"id":"prod_1","name":"Gold"}"#);
    let updated = event("evt_1", "product.updated", 10, r#"{"id":"prod_1","name":"Silver"}"#);
    let stub = event("evt_3", "customer.deleted", 20, r#"{"id":"cus_1","deleted":true}"#);
    let late = event("evt_4", "customer.updated", 19, r#"{"id":"cus_1","object":"customer"}"#);
    let outcomes = outcomes(&store, &[deleted, updated, stub, late]).await;
    assert_eq!(outcomes, [Applied, Superseded, Applied, Superseded]);
    let gone = "select name || ' ' || deleted from stripe.products";
    assert_eq!(text(&pool, gone).await.as_deref(), Some("Gold true"));
    let gone = "select id || ' ' || deleted from stripe.customers";
    assert_eq!(text(&pool, gone).await.as_deref(), Some("cus_1 true"));
}

#[sqlx::test(migrations = false)]
async fn deletion_by_a_stub_keeps_what_is_known(pool: PgPool) {
    let store = store(&pool).await;
    let made = event("evt_1", "customer.created", 10, r#"{"id":"cus_1","currency":"eur"}"#);
    let gone = event("evt_2", "customer.deleted", 20, r#"{"id":"cus_1","deleted":true}"#);
    assert_eq!(outcomes(&store, &[made, gone]).await, [Applied, Applied]);
    let row = "select currency || ' ' || deleted from stripe.customers";
    assert_eq!(text(&pool, row).await.as_deref(), Some("eur true"));
}

#[sqlx::test(migrations = false)]
async fn two_event_ids_for_one_change_write_once(pool: PgPool) {
    let store = store(&pool).await;
    let object = subscription("active", &["si_1"]) + r#"|{"status":"incomplete"}"#;
    let one = event("evt_1", "customer.subscription.updated", 10, &object);
    let other = event("evt_2", "customer.subscription.updated", 10, &object);
    assert_eq!(outcomes(&store, &[one, other]).await, [Applied, Duplicate]);
    let from = text(&pool, "select sighted_event from stripe.subscriptions").await;
    assert_eq!(from.as_deref(), Some("evt_1"));
}

#[sqlx::test(migrations = false)]
async fn a_tie_that_proves_nothing_is_left_open_and_changes_nothing(pool: PgPool) {
    let store = store(&pool).await;
    let one = event("evt_1", "customer.updated", 10, r#"{"id":"cus_1","name":"A"}"#);
    let other = event("evt_2", "customer.updated", 10, r#"{"id":"cus_1","name":"B"}"#);
    assert_eq!(outcomes(&store, &[one, other]).await, [Applied, Refetching]);
    let name = text(&pool, "select name from stripe.customers").await;
    assert_eq!(name.as_deref(), Some("A"));
}

#[sqlx::test(migrations = false)]
async fn a_chain_within_one_second_is_followed_across_batches(pool: PgPool) {
    let store = store(&pool).await;
    let step = |id: &str, name: &str, before: &str| {
        let object = format!(r#"{{"id":"cus_1","name":"{name}"}}|{{"name":"{before}"}}"#);
        event(id, "customer.updated", 10, &object)
    };
    let (ab, bc) = (step("evt_1", "B", "A"), step("evt_2", "C", "B"));
    let there_and_back = step("evt_3", "B", "C");
    assert_eq!(outcomes(&store, &[bc, ab]).await, [Applied, Superseded]);
    let name = text(&pool, "select name from stripe.customers").await;
    assert_eq!(name.as_deref(), Some("C"));
    assert_eq!(outcomes(&store, &[there_and_back]).await, [Refetching]);
}

#[sqlx::test(migrations = false)]
async fn one_account_and_mode_never_writes_anothers_rows(pool: PgPool) {
    let store = store(&pool).await;
    let gold = |account: &str, livemode: bool, name: &str| {
        let scope = Scope { account: account.to_owned(), livemode };
        let object = format!(r#"{{"id":"gold","name":"{name}"}}"#);
        event_of(scope, "evt_1", "product.created", 10, &object)
    };
    let batch = [gold("acct_1", false, "A"), gold("acct_2", false, "B"), gold("acct_1", true, "C")];
    let settled = absorb(&store, &batch).await;
    assert!(settled.iter().all(|it| it.outcome == Applied && !it.repeat), "{settled:?}");
    let names = "select string_agg(name, '' order by name) from stripe.products";
    assert_eq!(text(&pool, names).await.as_deref(), Some("ABC"));
}

#[sqlx::test(migrations = false)]
async fn what_comes_again_changes_nothing_but_its_count(pool: PgPool) {
    let store = store(&pool).await;
    let batch = [
        event("evt_1", "customer.created", 10, r#"{"id":"cus_1","name":"A"}"#),
        event("evt_1", "customer.created", 10, r#"{"id":"cus_1","name":"A"}"#),
        event("evt_2", "widget.made", 10, "{}"),
        event(
            "evt_3",
            "customer.subscription.created",
            11,
            &subscription("active", &["si_1", "si_2"]),
        ),
    ];
    let first = absorb(&store, &batch).await;
    let repeats: Vec<bool> = first.iter().map(|it| it.repeat).collect();
    assert_eq!(repeats, [false, true, false, false]);
    assert_eq!(first[2].outcome, Ignored);
    let before = everything_but_the_inbox(&pool).await;
    let again = absorb(&store, &batch).await;
    assert!(again.iter().all(|it| it.repeat), "{again:?}");
    assert_eq!(
        again.iter().map(|it| it.outcome).collect::<Vec<_>>(),
        [Applied, Applied, Ignored, Applied]
    );
    assert_eq!(everything_but_the_inbox(&pool).await, before);
    let counts = "select string_agg(event_id || ' ' || repeats, ', ' order by event_id) \
                  from counterfoil.inbox";
    assert_eq!(text(&pool, counts).await.as_deref(), Some("evt_1 3, evt_2 1, evt_3 1"));
}

#[sqlx::test(migrations = false)]
async fn our_own_redeliveries_are_no_repeats_of_the_senders(pool: PgPool) {
    let store = store(&pool).await;
    let mut again = event("evt_1", "customer.created", 10, r#"{"id":"cus_1"}"#);
    absorb(&store, std::slice::from_ref(&again)).await;
    again.again = true;
    absorb(&store, &[again]).await;
    let count = text(&pool, "select repeats::text from counterfoil.inbox").await;
    assert_eq!(count.as_deref(), Some("0"));
}

#[sqlx::test(migrations = false)]
async fn objects_of_one_id_and_second_each_have_their_own_witnesses(pool: PgPool) {
    let store = store(&pool).await;
    let product = |id: &str, name: &str, before: &str| {
        let object = format!(r#"{{"id":"gold","name":"{name}"}}|{{"name":"{before}"}}"#);
        event(id, "product.updated", 10, &object)
    };
    let price = |id: &str, name: &str| {
        event(id, "price.updated", 10, &format!(r#"{{"id":"gold","nickname":"{name}"}}"#))
    };
    let customer = |id: &str, name: &str| {
        event(id, "customer.updated", 10, &format!(r#"{{"id":"gold","name":"{name}"}}"#))
    };
    // Created as a, then c, b, and a again: once both are known, a proves nothing.
    let known = [product("evt_1", "b", "c"), product("evt_2", "a", "b"), price("evt_3", "x")];
    assert_eq!(outcomes(&store, &known).await, [Applied, Applied, Applied]);
    absorb(&store, &[customer("evt_4", "x")]).await;
    let created = event("evt_5", "product.created", 10, r#"{"id":"gold","name":"a"}"#);
    let batch = [customer("evt_6", "y"), created, product("evt_7", "c", "a"), price("evt_8", "y")];
    let settled = absorb(&store, &batch).await;
    assert_eq!(settled[2].outcome, Refetching);
}
