//! Events out of order, of one second, and again after days.

use counterfoil_simulator::Faults;
use counterfoil_support::Stack;
use serde_json::{Value, json};

use crate::sent::{
    asked, changed, deliver, event, number, outcomes, row, settled, subscription, texts,
};
use crate::setup::settings;

/// The orders in which three events can come.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

async fn start() -> anyhow::Result<(Stack, i64)> {
    let stack = Stack::start(settings(vec!["up"], Faults::default())).await?;
    let second = stack.simulator.now() - 1_000;
    Ok((stack, second))
}

/// Made incomplete, then active, then past due within one second, in whatever order it comes, in
/// one batch or in several.
#[tokio::test]
async fn peers_01_a_subscription_never_stays_at_what_it_was_earlier_in_its_second()
-> anyhow::Result<()> {
    let (stack, second) = start().await?;
    let mut sent = 0;
    for (apart, round) in [(true, "a"), (false, "b")] {
        for order in ORDERS {
            let name = format!("{round}{}{}{}", order[0], order[1], order[2]);
            let id = format!("sub_{name}");
            let of = |status| subscription(&id, status, &["si_1"]);
            let kind = "customer.subscription.updated";
            let evt = |number: usize| format!("evt_{name}_{number}");
            let was = |status: &str| json!({ "status": status });
            let lived = [
                event(&evt(0), "customer.subscription.created", second, &of("incomplete")),
                changed(&evt(1), kind, second, &of("active"), &was("incomplete")),
                changed(&evt(2), kind, second, &of("past_due"), &was("active")),
            ];
            for place in order {
                deliver(&stack, &lived[place..=place]).await?;
                sent += 1;
                if apart {
                    settled(&stack, sent).await?;
                }
            }
        }
    }
    settled(&stack, sent).await?;
    let states =
        texts(&stack, "select distinct status || deleted from stripe.subscriptions").await?;
    assert_eq!(states, ["past_duefalse"]);
    assert_eq!(number(&stack, "select count(*) from stripe.subscriptions").await?, 12);
    assert_eq!(asked(&stack, "GET /v1/subscriptions/*"), 0, "the events told enough");
    stack.finish().await
}

#[tokio::test]
async fn peers_02_an_old_update_without_an_item_never_takes_the_item_away() -> anyhow::Result<()> {
    let (stack, second) = start().await?;
    let kind = "customer.subscription.updated";
    let of = |items: &[&str]| subscription("sub_1", "active", items);
    deliver(&stack, &[event("evt_2", kind, second + 20, &of(&["si_a", "si_b"]))]).await?;
    settled(&stack, 1).await?;
    deliver(&stack, &[event("evt_1", kind, second + 10, &of(&["si_a"]))]).await?;
    settled(&stack, 2).await?;
    assert_eq!(row(&stack, "subscription_items", "si_b").await?["deleted"], json!(false));
    // What is newer does take it away, and what is older does not bring it back.
    deliver(&stack, &[event("evt_3", kind, second + 30, &of(&["si_a"]))]).await?;
    settled(&stack, 3).await?;
    deliver(&stack, &[event("evt_2b", kind, second + 21, &of(&["si_a", "si_b"]))]).await?;
    settled(&stack, 4).await?;
    assert_eq!(row(&stack, "subscription_items", "si_b").await?["deleted"], json!(true));
    assert_eq!(row(&stack, "subscription_items", "si_a").await?["deleted"], json!(false));
    assert_eq!(outcomes(&stack).await?, ["2 applied", "2 superseded"]);
    stack.finish().await
}

#[tokio::test]
async fn peers_03_an_older_update_never_brings_a_deleted_product_back() -> anyhow::Result<()> {
    let (stack, second) = start().await?;
    let told = |id: &str, kind: &str, at: i64, of: &str| {
        let (object, _) = kind.split_once('.').unwrap_or_default();
        let shown = json!({ "id": of, "object": object, "name": "Gold" });
        event(id, kind, second + at, &shown)
    };
    // One after the other; of the second product, and of the customer, everything falls into one
    // second. The id of a product may be given again within it, so its creation is left out there.
    let events = [
        told("evt_1", "product.deleted", 20, "prod_1"),
        told("evt_2", "product.updated", 10, "prod_1"),
        told("evt_3", "product.created", 5, "prod_1"),
        told("evt_4", "product.deleted", 20, "prod_2"),
        told("evt_5", "product.updated", 20, "prod_2"),
        told("evt_6", "customer.deleted", 20, "cus_1"),
        told("evt_7", "customer.updated", 20, "cus_1"),
        told("evt_8", "customer.created", 20, "cus_1"),
    ];
    for (at, event) in events.iter().enumerate() {
        deliver(&stack, std::slice::from_ref(event)).await?;
        settled(&stack, i64::try_from(at)? + 1).await?;
    }
    // And all at once.
    let at_once = [
        told("evt_9", "product.deleted", 20, "prod_3"),
        told("evt_10", "product.updated", 20, "prod_3"),
        told("evt_11", "product.updated", 10, "prod_3"),
    ];
    deliver(&stack, &at_once).await?;
    settled(&stack, 11).await?;
    for (table, id) in [
        ("products", "prod_1"),
        ("products", "prod_2"),
        ("products", "prod_3"),
        ("customers", "cus_1"),
    ] {
        assert_eq!(row(&stack, table, id).await?["deleted"], json!(true), "{id}");
    }
    assert!(stack.simulator.calls_seen().is_empty(), "the events told enough");
    stack.finish().await
}

#[tokio::test]
async fn peers_04_an_old_entitlement_summary_never_takes_a_feature_away() -> anyhow::Result<()> {
    let (stack, second) = start().await?;
    let summary = |id: &str, at: i64, features: &[&str]| {
        let entitlement = |name: &&str| {
            json!({
                "id": format!("ent_{name}"), "object": "entitlements.active_entitlement",
                "feature": format!("feat_{name}"), "livemode": false, "lookup_key": name,
            })
        };
        let object = json!({
            "object": "entitlements.active_entitlement_summary", "customer": "cus_1",
            "livemode": false,
            "entitlements": {
                "object": "list", "has_more": false, "url": "/v1/x",
                "data": features.iter().map(entitlement).collect::<Vec<_>>(),
            },
        });
        event(id, "entitlements.active_entitlement_summary.updated", second + at, &object)
    };
    let held = "select lookup_key from stripe.active_entitlements where not deleted order by 1";
    deliver(&stack, &[summary("evt_2", 20, &["a", "b"])]).await?;
    settled(&stack, 1).await?;
    deliver(&stack, &[summary("evt_1", 10, &["a"])]).await?;
    settled(&stack, 2).await?;
    assert_eq!(texts(&stack, held).await?, ["a", "b"]);
    deliver(&stack, &[summary("evt_3", 30, &["b"])]).await?;
    settled(&stack, 3).await?;
    assert_eq!(texts(&stack, held).await?, ["b"], "a newer one does");
    stack.finish().await
}

/// Long after a day, in another batch, at another worker, many times at once.
#[tokio::test]
async fn peers_11_an_event_that_comes_again_after_days_never_counts_twice() -> anyhow::Result<()> {
    let mut stack = Stack::start(settings(vec!["ingest", "worker"], Faults::default())).await?;
    let days_ago = stack.simulator.now() - 5 * 86_400;
    let balance = |id: &str, at: i64, amount: i64| {
        let object = json!({ "id": "cus_1", "object": "customer", "balance": amount });
        event(id, "customer.updated", days_ago + at, &object)
    };
    let (first, second) = (balance("evt_1", 0, -500), balance("evt_2", 60, -900));
    let ignored = event("evt_3", "invoice.upcoming", days_ago, &json!({ "object": "invoice" }));
    deliver(&stack, &[first.clone(), second.clone(), ignored.clone()]).await?;
    settled(&stack, 3).await?;
    // As if it had been received then.
    sqlx::query(
        "update counterfoil.inbox set received_at = received_at - interval '5 days', \
         settled_at = settled_at - interval '5 days'",
    )
    .execute(&stack.database.pool)
    .await?;
    let before = everything(&stack).await?;
    if let Some(mut worker) = stack.programs.pop() {
        worker.terminate(crate::setup::DEADLINE).await?;
    }
    for _ in 0..2 {
        stack.serve("worker").await?;
    }
    let again: Vec<Value> = std::iter::repeat_n([first, ignored, second], 10).flatten().collect();
    let sending = again.iter().map(|it| deliver(&stack, std::slice::from_ref(it)));
    futures_util::future::try_join_all(sending).await?;
    settled(&stack, 33).await?;
    assert_eq!(everything(&stack).await?, before);
    assert_eq!(number(&stack, "select min(repeats)::bigint from counterfoil.inbox").await?, 10);
    stack.finish().await
}

/// All that is held of events and customers, but for the count of repeats.
async fn everything(stack: &Stack) -> anyhow::Result<Vec<String>> {
    let sql = "select (to_jsonb(t) - 'repeats')::text from counterfoil.inbox as t \
               union all select to_jsonb(t)::text from stripe.customers as t \
               union all select to_jsonb(t)::text from counterfoil.payloads as t \
               union all select to_jsonb(t)::text from counterfoil.attempts as t order by 1";
    texts(stack, sql).await
}
