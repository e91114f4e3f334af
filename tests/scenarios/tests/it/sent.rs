//! Events that a test makes, signs and posts by itself, and what became of them.

use anyhow::Context;
use counterfoil_simulator::signature_header;
use counterfoil_support::http::{Answer, request};
use counterfoil_support::{Stack, stack, until};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::setup::DEADLINE;

/// A snapshot event.
pub(crate) fn event(id: &str, kind: &str, created: i64, object: &Value) -> Value {
    json!({
        "id": id, "object": "event", "api_version": "2026-09-30.endive", "created": created,
        "livemode": false, "type": kind, "data": { "object": object },
    })
}

/// The same with what the object was before.
pub(crate) fn changed(
    id: &str,
    kind: &str,
    created: i64,
    object: &Value,
    previous: &Value,
) -> Value {
    let mut event = event(id, kind, created, object);
    event["data"]["previous_attributes"] = previous.clone();
    event
}

/// A subscription with these items, as the newest version shows it.
pub(crate) fn subscription(id: &str, status: &str, items: &[&str]) -> Value {
    let item = |item: &&str| {
        json!({
            "id": item, "object": "subscription_item", "subscription": id, "quantity": 1,
            "created": 1_700_000_000, "metadata": {},
            "price": { "id": "price_1", "object": "price", "product": "prod_1" },
        })
    };
    json!({
        "id": id, "object": "subscription", "customer": "cus_1", "status": status,
        "created": 1_700_000_000, "currency": "usd", "livemode": false, "metadata": {},
        "items": {
            "object": "list", "has_more": false, "total_count": items.len(),
            "data": items.iter().map(item).collect::<Vec<_>>(),
        },
    })
}

/// Posts these bytes under this `Stripe-Signature`.
pub(crate) async fn post(stack: &Stack, body: &[u8], signature: &str) -> anyhow::Result<Answer> {
    let headers =
        [("content-type", "application/json; charset=utf-8"), ("stripe-signature", signature)];
    request(&stack.ingest, "POST /webhooks/stripe", &headers, body).await
}

/// Signs these bytes and posts them.
pub(crate) async fn post_signed(stack: &Stack, body: &[u8]) -> anyhow::Result<Answer> {
    let secrets = [stack::SECRET.to_owned()];
    post(stack, body, &signature_header(&secrets, stack.simulator.now(), body)).await
}

/// Delivers events one after the other; each must be answered 200.
pub(crate) async fn deliver(stack: &Stack, events: &[Value]) -> anyhow::Result<()> {
    for event in events {
        let answer = post_signed(stack, event.to_string().as_bytes()).await?;
        anyhow::ensure!(answer.status == 200, "{}: {answer:?}", event["id"]);
    }
    Ok(())
}

/// Waits until so many deliveries, repeats included, are settled and nothing waits anywhere.
pub(crate) async fn settled(stack: &Stack, deliveries: i64) -> anyhow::Result<()> {
    until("the deliveries are settled", DEADLINE, async || {
        let (copies, open): (i64, i64) = sqlx::query_as(
            "select coalesce(sum(repeats + 1), 0)::bigint, \
             count(*) filter (where outcome = 'refetching') from counterfoil.inbox",
        )
        .fetch_one(&stack.database.pool)
        .await?;
        anyhow::ensure!(copies >= deliveries && open == 0, "{copies} came, {open} are open");
        Ok(Some(()))
    })
    .await?;
    stack.queues.drained(DEADLINE).await
}

/// A row of the mirror as JSON.
pub(crate) async fn row(stack: &Stack, table: &str, id: &str) -> anyhow::Result<Value> {
    let sql = format!("select to_jsonb(t) from stripe.{table} as t where id = $1");
    let row: Option<Value> = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(id)
        .fetch_optional(&stack.database.pool)
        .await?;
    row.with_context(|| format!("stripe.{table} has no row {id}"))
}

/// What the query answers, one text a row.
pub(crate) async fn texts(stack: &Stack, sql: &'static str) -> anyhow::Result<Vec<String>> {
    Ok(sqlx::query_scalar(sql).fetch_all(&stack.database.pool).await?)
}

/// What the query answers: one number.
pub(crate) async fn number(stack: &Stack, sql: &'static str) -> anyhow::Result<i64> {
    Ok(sqlx::query_scalar(sql).fetch_one(&stack.database.pool).await?)
}

/// How often each outcome, with its reason, stands in the inbox.
pub(crate) async fn outcomes(stack: &Stack) -> anyhow::Result<Vec<String>> {
    let sql = "select count(*) || ' ' || outcome || coalesce(': ' || reason, '') \
               from counterfoil.inbox group by outcome, reason order by outcome, reason";
    texts(stack, sql).await
}

/// How often Stripe has answered a call such as `GET /v1/customers/*`.
pub(crate) fn asked(stack: &Stack, call: &str) -> u64 {
    let seen = stack.simulator.calls_seen();
    seen.iter().filter(|it| it.call == call).flat_map(|it| it.answered.values()).sum()
}

/// A call of the simulated Stripe's API, as the account's owner.
pub(crate) async fn stripe(stack: &Stack, call: &str, form: &str) -> anyhow::Result<Value> {
    let headers = [
        ("authorization", "Bearer sk_test_owner"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let address = stack.simulator.address().to_string();
    let answer = request(&address, call, &headers, form.as_bytes()).await?;
    anyhow::ensure!(answer.status == 200, "{call}: {answer:?}");
    Ok(serde_json::from_str(&answer.body)?)
}

/// Updates of one second that show a customer under these names and prove no order, delivered at
/// once. The object is as Stripe has it but for its name.
pub(crate) async fn ambiguous(
    stack: &Stack,
    customer: &str,
    second: i64,
    names: std::ops::Range<u32>,
) -> anyhow::Result<()> {
    let truth = stack.simulator.truth();
    let mut object = truth
        .object("customer", customer)
        .cloned()
        .unwrap_or_else(|| json!({ "id": customer, "object": "customer" }));
    let mut events = Vec::new();
    for number in names {
        object["name"] = json!(format!("name {number}"));
        let id = format!("evt_{customer}_{second}_{number}");
        events.push(event(&id, "customer.updated", second, &object));
    }
    let sending = events.iter().map(|it| deliver(stack, std::slice::from_ref(it)));
    futures_util::future::try_join_all(sending).await?;
    Ok(())
}

/// How many events wait for an answer of Stripe's.
pub(crate) async fn open(stack: &Stack) -> anyhow::Result<i64> {
    number(stack, "select count(*) from counterfoil.inbox where outcome = 'refetching'").await
}
