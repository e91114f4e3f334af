//! Products, prices, coupons and promotion codes.

use crate::walk::{DAY, START, Walk};
use counterfoil_stripe_types::paths::Subject;

#[tokio::test]
async fn the_catalogue_is_read_by_async_stripe() {
    let mut walk = Walk::over(Subject::Catalogue).await;
    let bare = walk.make("/v1/products", "name=Bare").await;
    let full = "id=prod_full&name=Full&description=d&unit_label=seat&metadata[a]=1\
                &images[]=https://example.com/i.png&marketing_features[0][name]=Fast\
                &shippable=false&url=https://example.com&statement_descriptor=FULL";
    let full = walk.make("/v1/products", full).await;
    let with_price = "name=Priced&default_price_data[currency]=usd\
                      &default_price_data[unit_amount]=700\
                      &default_price_data[recurring][interval]=month";
    walk.make("/v1/products", with_price).await;
    let with_product = "currency=eur&unit_amount=5&product_data[name]=Made";
    walk.make("/v1/prices", with_product).await;
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
    ] {
        prices.push(walk.make("/v1/prices", &price(more)).await);
    }
    odd_prices(&mut walk, &full).await;
    let customer = walk.make("/v1/customers", "name=x").await;
    coupons(&mut walk, &full, &customer).await;
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

/// Prices that cost more than one amount.
async fn odd_prices(walk: &mut Walk, product: &str) {
    let meter = "display_name=Calls&event_name=calls&default_aggregation[formula]=sum";
    let meter = walk.make("/v1/billing/meters", meter).await;
    let metered =
        format!("recurring[interval]=month&recurring[usage_type]=metered&recurring[meter]={meter}");
    let metered = [
        format!("unit_amount=2&{metered}"),
        format!(
            "billing_scheme=tiered&tiers_mode=graduated&{metered}&tiers[0][up_to]=1000\
             &tiers[0][unit_amount]=0&tiers[1][up_to]=inf&tiers[1][unit_amount_decimal]=0.1"
        ),
    ];
    let price = |more: &str| format!("product={product}&currency=usd&{more}");
    let licensed = [
        "unit_amount_decimal=0.05&recurring[interval]=month",
        "unit_amount_decimal=100&recurring[interval]=month",
        "billing_scheme=tiered&tiers_mode=graduated&recurring[interval]=month\
         &tiers[0][up_to]=10&tiers[0][unit_amount]=100&tiers[1][up_to]=inf\
         &tiers[1][unit_amount_decimal]=0.5&tiers[1][flat_amount]=20",
        "billing_scheme=tiered&tiers_mode=volume&recurring[interval]=month\
         &tiers[0][up_to]=10&tiers[0][unit_amount]=100&tiers[1][up_to]=inf\
         &tiers[1][unit_amount]=50",
        "unit_amount=100&transform_quantity[divide_by]=10&transform_quantity[round]=up\
         &recurring[interval]=month",
        "unit_amount=100&tax_behavior=exclusive",
        "custom_unit_amount[enabled]=true&custom_unit_amount[minimum]=100",
        "unit_amount=100&currency_options[eur][unit_amount]=90",
    ];
    for more in licensed.into_iter().chain(metered.iter().map(String::as_str)) {
        let id = walk.make("/v1/prices", &price(more)).await;
        walk.get(&format!("/v1/prices/{id}?expand[]=tiers&expand[]=currency_options")).await;
    }
}

async fn coupons(walk: &mut Walk, product: &str, customer: &str) {
    let coupons = "/v1/coupons";
    let bare = walk.make(coupons, "percent_off=25.5&duration=once").await;
    let full = format!(
        "id=FULL&amount_off=500&currency=usd&duration=repeating&duration_in_months=3&name=Full\
         &max_redemptions=10&redeem_by={}&metadata[a]=1&applies_to[products][]={product}",
        START + 90 * 86_400
    );
    let full = walk.make(coupons, &full).await;
    let gone = walk.make(coupons, "percent_off=100&duration=forever").await;
    walk.post(&format!("{coupons}/{bare}"), "name=New&metadata[b]=2").await;
    walk.get(&format!("{coupons}/{full}?expand[]=applies_to")).await;
    walk.list_each(coupons).await;
    walk.delete(&format!("{coupons}/{gone}")).await;

    let codes = "/v1/promotion_codes";
    let of = |coupon: &str| format!("promotion[type]=coupon&promotion[coupon]={coupon}");
    walk.make(codes, &of(&bare)).await;
    let full = format!(
        "{}&code=HELLO&active=true&customer={customer}&max_redemptions=3&expires_at={}\
         &metadata[a]=1&restrictions[first_time_transaction]=true\
         &restrictions[minimum_amount]=1000&restrictions[minimum_amount_currency]=usd",
        of(&full),
        START + 30 * 86_400
    );
    let full = walk.make(codes, &full).await;
    walk.post(&format!("{codes}/{full}"), "active=false&metadata[b]=2").await;
    walk.list_each(codes).await;
    walk.list(&format!("{codes}?code=HELLO")).await;
    walk.get(&format!("{codes}/{full}?expand[]=promotion.coupon&expand[]=customer")).await;
}
