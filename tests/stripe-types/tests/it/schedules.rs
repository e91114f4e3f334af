//! Schedules of subscriptions.

use crate::walk::{DAY, GOOD, START, Walk, text};
use counterfoil_stripe_types::paths::Subject;
use std::collections::BTreeSet;

#[tokio::test]
async fn schedules_are_read_by_async_stripe() {
    let mut walk = Walk::over(Subject::Schedules).await;
    let customer = walk.make("/v1/customers", GOOD).await;
    let product = walk.make("/v1/products", "name=Plan").await;
    let price = |amount: u32| {
        format!("product={product}&currency=usd&unit_amount={amount}&recurring[interval]=month")
    };
    let small = walk.make("/v1/prices", &price(1_000)).await;
    let big = walk.make("/v1/prices", &price(3_000)).await;
    let schedules = "/v1/subscription_schedules";
    let day = i64::try_from(DAY).unwrap();
    let two = format!(
        "customer={customer}&start_date=now&end_behavior=cancel&metadata[a]=1\
         &phases[0][items][0][price]={small}&phases[0][items][0][quantity]=1\
         &phases[0][end_date]={}&phases[1][items][0][price]={big}\
         &phases[1][end_date]={}&phases[1][metadata][b]=2",
        START + 20 * day,
        START + 60 * day
    );
    let now = walk.make(schedules, &two).await;
    let later = format!(
        "customer={customer}&start_date={}&end_behavior=release\
         &phases[0][items][0][price]={small}&phases[0][end_date]={}",
        START + 5 * day,
        START + 40 * day
    );
    let later = walk.make(schedules, &later).await;
    let wish = format!("customer={customer}&items[0][price]={small}");
    let subscription = walk.make("/v1/subscriptions", &wish).await;
    let from = walk.make(schedules, &format!("from_subscription={subscription}")).await;
    let another = walk.make("/v1/subscriptions", &wish).await;
    let given_up = walk.make(schedules, &format!("from_subscription={another}")).await;
    walk.post(&format!("{schedules}/{now}"), "metadata[c]=3&end_behavior=release").await;
    walk.list_each(schedules).await;
    walk.list(&format!("{schedules}?customer={customer}")).await;
    walk.post(&format!("{schedules}/{from}/release"), "").await;
    walk.post(&format!("{schedules}/{given_up}/cancel"), "").await;
    let mut seen = BTreeSet::new();
    for _ in 0..10 {
        for held in walk.list_each(schedules).await {
            seen.insert(text(&held, "/status"));
        }
        walk.pass(7 * DAY);
    }
    for status in ["active", "canceled", "not_started", "released"] {
        assert!(seen.contains(status), "none was {status}: {seen:?}");
    }
    for id in [&now, &later, &from, &given_up] {
        for expand in ["customer", "subscription"] {
            walk.get(&format!("{schedules}/{id}?expand[]={expand}")).await;
        }
    }
    walk.get(&format!("/v1/subscriptions/{another}?expand[]=schedule")).await;
    let missing = (404, Some("resource_missing"));
    walk.refused("GET", &format!("{schedules}/sub_sched_none"), "", missing).await;
    walk.finish().await;
}
