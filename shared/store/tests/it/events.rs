//! Events as the worker would hand them over.

use std::sync::LazyLock;

use counterfoil_domain::mirror::Table;
use counterfoil_domain::outcome::Outcome;
use counterfoil_domain::{EventKey, Scope, Timestamp};
use counterfoil_projection::{Meaning as Understood, meaning_of, witness_of};
use counterfoil_store::{Absorbing, Meaning, Received, Settled, Store};
use counterfoil_stripe_wire::event::Event;
use sqlx::PgPool;

pub(crate) static TABLES: LazyLock<Vec<&'static Table>> =
    LazyLock::new(|| counterfoil_projection::tables().collect());

/// What absorbing needs, at second 1000.
pub(crate) fn with() -> Absorbing<'static> {
    Absorbing { witness: &witness_of, tables: &TABLES, may_ask: true, now: second(1_000) }
}

pub(crate) fn second(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds).unwrap()
}

pub(crate) fn scope() -> Scope {
    Scope { account: "acct_1".to_owned(), livemode: false }
}

/// An event of this id, type and second, with this object and, after a `|`, what it was before.
pub(crate) fn event(id: &str, event_type: &str, created: i64, object: &str) -> Received {
    event_of(scope(), id, event_type, created, object)
}

pub(crate) fn event_of(
    scope: Scope,
    id: &str,
    event_type: &str,
    created: i64,
    object: &str,
) -> Received {
    let (object, previous) = object.split_once('|').unwrap_or((object, "null"));
    let body = format!(
        r#"{{"id":"{id}","type":"{event_type}","created":{created},
        "data":{{"object":{object},"previous_attributes":{previous}}}}}"#
    );
    let read = Event::read(body.as_bytes()).unwrap();
    let subject = read.subject();
    let meaning = match meaning_of(&read).unwrap() {
        Understood::Sighting(it) => Meaning::Sighting(it),
        Understood::Ask { kind, id } => Meaning::Ask { kind, id },
        Understood::Nothing(reason) => Meaning::Nothing(reason.to_owned()),
    };
    Received {
        key: EventKey { id: id.to_owned(), scope },
        endpoint: "stripe".to_owned(),
        event_type: event_type.to_owned(),
        api_version: None,
        object_id: subject.id,
        customer: subject.customer,
        created: second(created),
        received_at: second(created + 1),
        body: body.into_bytes(),
        meaning,
        replay: false,
        again: false,
        foreign: false,
    }
}

/// A subscription with this status and these items.
pub(crate) fn subscription(status: &str, items: &[&str]) -> String {
    let items: Vec<String> =
        items.iter().map(|id| format!(r#"{{"id":"{id}","quantity":1}}"#)).collect();
    format!(
        r#"{{"id":"sub_1","object":"subscription","customer":"cus_1","status":"{status}",
        "items":{{"data":[{}],"has_more":false}}}}"#,
        items.join(",")
    )
}

pub(crate) async fn store(pool: &PgPool) -> Store {
    let store = Store::over(pool.clone());
    store.migrate().await.unwrap();
    store
}

pub(crate) async fn absorb(store: &Store, batch: &[Received]) -> Vec<Settled> {
    store.absorb(batch, &with()).await.unwrap()
}

/// Absorbs events one by one, each in a batch of its own, and answers the outcomes.
pub(crate) async fn outcomes(store: &Store, events: &[Received]) -> Vec<Outcome> {
    let mut all = Vec::new();
    for event in events {
        all.extend(absorb(store, std::slice::from_ref(event)).await.iter().map(|it| it.outcome));
    }
    all
}

/// Every row of the mirror and every payload, as text: what must not change when nothing is new.
pub(crate) async fn everything_but_the_inbox(pool: &PgPool) -> String {
    sqlx::query_scalar(
        "select string_agg(row, E'\n' order by row) from (
            select 'customer ' || t::text as row from stripe.customers as t
            union all select 'product ' || t::text from stripe.products as t
            union all select 'price ' || t::text from stripe.prices as t
            union all select 'subscription ' || t::text from stripe.subscriptions as t
            union all select 'item ' || t::text from stripe.subscription_items as t
            union all select 'invoice ' || t::text from stripe.invoices as t
            union all select 'line ' || t::text from stripe.invoice_lines as t
            union all select 'payload ' || t::text from counterfoil.payloads as t
        ) as all_rows",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

pub(crate) async fn text(pool: &PgPool, sql: &'static str) -> Option<String> {
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}
