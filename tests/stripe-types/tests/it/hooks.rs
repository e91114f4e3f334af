//! Events and webhook endpoints.

use crate::walk::Walk;
use counterfoil_stripe_types::paths::Subject;

#[tokio::test]
async fn events_and_endpoints_are_read_by_async_stripe() {
    let mut walk = Walk::over(Subject::Hooks).await;
    // Nothing listens there; a delivery that fails is as good as any.
    let bare = "url=http://127.0.0.1:9/hook&enabled_events[]=*";
    let bare = walk.make("/v1/webhook_endpoints", bare).await;
    let full = "url=http://127.0.0.1:9/other&enabled_events[]=invoice.paid\
                &enabled_events[]=customer.created&description=d&metadata[a]=1\
                &api_version=2024-09-30.acacia";
    let full = walk.make("/v1/webhook_endpoints", full).await;
    walk.post(&format!("/v1/webhook_endpoints/{full}"), "disabled=true&metadata[b]=2").await;
    walk.list_each("/v1/webhook_endpoints").await;
    walk.make("/v1/customers", "name=x").await;
    walk.make("/v1/products", "name=x").await;
    walk.list_each("/v1/events").await;
    walk.list("/v1/events?type=customer.*").await;
    walk.list("/v1/events?types[]=customer.created&types[]=product.created").await;
    walk.list("/v1/events?delivery_success=false").await;
    walk.delete(&format!("/v1/webhook_endpoints/{bare}")).await;
    let missing = (404, Some("resource_missing"));
    walk.refused("GET", "/v1/events/evt_none", "", missing).await;
    walk.refused("GET", &format!("/v1/webhook_endpoints/{bare}"), "", missing).await;
    walk.finish().await;
}
