//! Products, prices, coupons and promotion codes.

use crate::walk::{DAY, Walk};
use counterfoil_stripe_types::paths::Subject;

#[tokio::test]
async fn the_catalogue_is_read_by_async_stripe() {
    let mut walk = Walk::over(Subject::Catalogue).await;
    let bare = walk.make("/v1/products", "name=Bare").await;
    let full = "id=prod_full&name=Full&description=d&unit_label=seat&metadata[a]=1";
    let full = walk.make("/v1/products", full).await;
    let price = |more: &str| format!("product={full}&currency=usd&{more}");
    let mut prices = Vec::new();
    for more in [
        "unit_amount=500",
        "unit_amount=0&recurring[interval]=month",
        "unit_amount=1000&recurring[interval]=month&recurring[interval_count]=3&nickname=n\
         &lookup_key=k&metadata[a]=1",
        "unit_amount=9000&recurring[interval]=year",
        "unit_amount=90&recurring[interval]=week",
        "unit_amount=9&recurring[interval]=day",
        "unit_amount=2&recurring[interval]=month&recurring[usage_type]=metered",
    ] {
        prices.push(walk.make("/v1/prices", &price(more)).await);
    }
    let first = &prices[0];
    walk.post(&format!("/v1/products/{full}"), &format!("default_price={first}&active=true")).await;
    walk.post(&format!("/v1/products/{bare}"), "description=new&metadata[b]=2&name=x").await;
    walk.post(&format!("/v1/prices/{}", prices[1]), "active=false&nickname=x&metadata[b]=2").await;
    walk.list_each("/v1/products").await;
    walk.list("/v1/products?active=true").await;
    walk.list_each("/v1/prices").await;
    walk.list("/v1/prices?lookup_keys[]=k").await;
    walk.list("/v1/prices?type=recurring").await;
    walk.pass(DAY);
    walk.get("/v1/products/search?query=active:'true'").await;
    walk.get("/v1/prices/search?query=active:'true'&limit=1").await;
    walk.get(&format!("/v1/products/{full}?expand[]=default_price")).await;
    walk.get(&format!("/v1/prices/{first}?expand[]=product")).await;
    walk.delete(&format!("/v1/products/{bare}")).await;
    walk.refused("GET", &format!("/v1/products/{bare}"), "", (404, Some("resource_missing"))).await;
    walk.finish().await;
}
