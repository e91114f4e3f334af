//! Credit grants, what they pay for, and what is left of them.

use crate::walk::{DAY, GOOD, HOUR, START, Walk};
use counterfoil_stripe_types::paths::Subject;

#[tokio::test]
async fn credits_are_read_by_async_stripe() {
    let mut walk = Walk::over(Subject::Credits).await;
    let customer = walk.make("/v1/customers", GOOD).await;
    let meter = "display_name=Calls&event_name=calls&default_aggregation[formula]=sum";
    let meter = walk.make("/v1/billing/meters", meter).await;
    let product = walk.make("/v1/products", "name=Calls").await;
    let price = format!(
        "product={product}&currency=usd&unit_amount=100&recurring[interval]=month\
         &recurring[usage_type]=metered&recurring[meter]={meter}"
    );
    let price = walk.make("/v1/prices", &price).await;
    let grant = |more: &str| {
        format!(
            "customer={customer}&category=paid&amount[type]=monetary\
             &amount[monetary][currency]=usd&amount[monetary][value]=1000{more}"
        )
    };
    let metered = "&applicability_config[scope][price_type]=metered";
    let later = START + 50 * i64::try_from(DAY).unwrap();
    let bare = walk.make("/v1/billing/credit_grants", &grant(metered)).await;
    let full = format!(
        "&applicability_config[scope][prices][0][id]={price}&name=Pack&priority=10\
         &metadata[a]=1&expires_at={later}&effective_at={START}"
    );
    let full = walk.make("/v1/billing/credit_grants", &grant(&full)).await;
    let spare = walk.make("/v1/billing/credit_grants", &grant(metered)).await;
    let unused = walk.make("/v1/billing/credit_grants", &grant(metered)).await;
    walk.post(&format!("/v1/billing/credit_grants/{bare}"), "metadata[b]=2").await;
    walk.post(&format!("/v1/billing/credit_grants/{spare}/expire"), "").await;
    walk.post(&format!("/v1/billing/credit_grants/{unused}/void"), "").await;

    let wish = format!("customer={customer}&items[0][price]={price}");
    walk.make("/v1/subscriptions", &wish).await;
    let used = format!(
        "event_name=calls&payload[stripe_customer_id]={customer}&payload[value]=13&identifier=a"
    );
    walk.post("/v1/billing/meter_events", &used).await;
    walk.pass(32 * DAY);
    walk.pass(2 * HOUR);
    walk.list_each(&format!("/v1/billing/credit_grants?customer={customer}")).await;
    walk.list_each(&format!("/v1/billing/credit_balance_transactions?customer={customer}")).await;
    let of_one = format!("customer={customer}&credit_grant={full}");
    walk.list(&format!("/v1/billing/credit_balance_transactions?{of_one}")).await;
    for filter in [
        "filter[type]=applicability_scope&filter[applicability_scope][price_type]=metered"
            .to_owned(),
        format!("filter[type]=credit_grant&filter[credit_grant]={full}"),
    ] {
        let path = format!("/v1/billing/credit_balance_summary?customer={customer}&{filter}");
        walk.get(&path).await;
    }
    walk.pass(30 * DAY);
    walk.list_each(&format!("/v1/billing/credit_balance_transactions?customer={customer}")).await;
    walk.list_each("/v1/invoices").await;
    let missing = (404, Some("resource_missing"));
    walk.refused("GET", "/v1/billing/credit_grants/credgr_none", "", missing).await;
    walk.finish().await;
}
