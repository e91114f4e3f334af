//! Features, the products that have them, and the customers who may use them.

use crate::walk::{GOOD, Walk};
use counterfoil_stripe_types::paths::Subject;

#[tokio::test]
async fn entitlements_are_read_by_async_stripe() {
    let mut walk = Walk::over(Subject::Entitlements).await;
    let bare = walk.make("/v1/entitlements/features", "name=Export&lookup_key=export").await;
    let full = "name=Audit&lookup_key=audit&metadata[a]=1";
    let full = walk.make("/v1/entitlements/features", full).await;
    let spare = walk.make("/v1/entitlements/features", "name=Old&lookup_key=old").await;
    walk.post(&format!("/v1/entitlements/features/{full}"), "name=Audits&metadata[b]=2").await;
    walk.list_each("/v1/entitlements/features").await;
    walk.list("/v1/entitlements/features?lookup_key=audit").await;

    let product = walk.make("/v1/products", "name=Plan").await;
    let features = format!("/v1/products/{product}/features");
    for feature in [&bare, &full, &spare] {
        walk.make(&features, &format!("entitlement_feature={feature}")).await;
    }
    let attached = walk.list_each(&features).await;
    let last = attached[0]["id"].as_str().unwrap();
    walk.delete(&format!("{features}/{last}")).await;
    walk.post(&format!("/v1/entitlements/features/{spare}"), "active=false").await;
    walk.list("/v1/entitlements/features?archived=true").await;

    let price =
        format!("product={product}&currency=usd&unit_amount=1000&recurring[interval]=month");
    let price = walk.make("/v1/prices", &price).await;
    let customer = walk.make("/v1/customers", GOOD).await;
    let wish = format!("customer={customer}&items[0][price]={price}");
    let subscription = walk.make("/v1/subscriptions", &wish).await;
    walk.pass(60);
    let active = format!("/v1/entitlements/active_entitlements?customer={customer}");
    assert_eq!(walk.list_each(&active).await.len(), 2);
    walk.get(&format!("{active}&expand[]=data.feature")).await;
    walk.delete(&format!("/v1/subscriptions/{subscription}")).await;
    walk.pass(60);
    walk.list(&active).await;
    let missing = (404, Some("resource_missing"));
    walk.refused("GET", "/v1/entitlements/features/feat_none", "", missing).await;
    walk.refused("GET", &format!("{features}/{last}"), "", missing).await;
    walk.finish().await;
}
