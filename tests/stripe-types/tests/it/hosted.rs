//! Checkout and the customer portal.

use crate::walk::{DAY, GOOD, START, Walk, text};
use counterfoil_simulator::{Card, CheckoutVisit};
use counterfoil_stripe_types::paths::Subject;

#[tokio::test]
async fn checkout_and_portal_are_read_by_async_stripe() {
    let mut walk = Walk::over(Subject::Hosted).await;
    let customer = format!("email=a@example.com&name=A&{GOOD}");
    let customer = walk.make("/v1/customers", &customer).await;
    let product = walk.make("/v1/products", "name=Plan").await;
    let price = |more: &str| format!("product={product}&currency=usd&{more}");
    let once = walk.make("/v1/prices", &price("unit_amount=500")).await;
    let monthly = price("unit_amount=1000&recurring[interval]=month");
    let monthly = walk.make("/v1/prices", &monthly).await;
    let yearly = price("unit_amount=9000&recurring[interval]=year");
    let yearly = walk.make("/v1/prices", &yearly).await;
    let line = |price: &str| format!("line_items[0][price]={price}&line_items[0][quantity]=1");
    let ends =
        "success_url=https://example.com/{CHECKOUT_SESSION_ID}&cancel_url=https://example.com";
    let sessions = "/v1/checkout/sessions";
    let subscribing = format!(
        "mode=subscription&customer={customer}&{}&{ends}&client_reference_id=r&metadata[a]=1\
         &subscription_data[metadata][b]=2&subscription_data[trial_period_days]=7\
         &allow_promotion_codes=true&payment_method_collection=always&locale=de",
        line(&monthly)
    );
    let first = walk.make(sessions, &subscribing).await;
    let guest = format!("mode=subscription&customer_email=b@example.com&{}&{ends}", line(&monthly));
    walk.make(sessions, &guest).await;
    let paying = format!("mode=payment&customer={customer}&{}&{ends}", line(&once));
    let left = walk.make(sessions, &paying).await;
    let named = format!(
        "mode=payment&{ends}&line_items[0][quantity]=2&line_items[0][price_data][currency]=usd\
         &line_items[0][price_data][unit_amount]=700\
         &line_items[0][price_data][product_data][name]=Thing&customer_creation=always\
         &expires_at={}",
        START + 7_200
    );
    walk.make(sessions, &named).await;
    let setup = format!("mode=setup&currency=usd&customer={customer}&{ends}");
    walk.make(sessions, &setup).await;
    completed(&mut walk, &[&subscribing, &guest, &paying, &named, &setup]).await;
    for mode in ["elements", "embedded_page"] {
        let embedded = format!(
            "mode=payment&ui_mode={mode}&return_url=https://example.com&{}\
             &phone_number_collection[enabled]=true&billing_address_collection=required\
             &tax_id_collection[enabled]=true&payment_intent_data[description]=d\
             &payment_intent_data[metadata][a]=1&submit_type=book",
            line(&once)
        );
        walk.make(sessions, &embedded).await;
    }
    let coupon = walk.make("/v1/coupons", "percent_off=10&duration=once").await;
    let cheaper = format!(
        "mode=payment&customer={customer}&{}&{ends}&discounts[0][coupon]={coupon}\
         &customer_update[address]=auto&automatic_tax[enabled]=true",
        line(&once)
    );
    let cheaper = walk.make(sessions, &cheaper).await;
    walk.simulator.complete_checkout(&cheaper, &CheckoutVisit::default()).unwrap();
    for held in walk.list_each(sessions).await {
        let id = text(&held, "/id");
        let lines = format!("{sessions}/{id}/line_items");
        walk.list(&lines).await;
        for expand in ["line_items", "customer"] {
            walk.get(&format!("{sessions}/{id}?expand[]={expand}")).await;
        }
    }
    walk.post(&format!("{sessions}/{first}"), "metadata[c]=3").await;
    walk.post(&format!("{sessions}/{left}/expire"), "").await;
    walk.refused("POST", &format!("{sessions}/{left}/expire"), "", (400, None)).await;
    walk.pass(10 * DAY);
    for held in walk.list_each(sessions).await {
        let id = text(&held, "/id");
        for expand in ["subscription", "invoice", "payment_intent", "setup_intent"] {
            walk.get(&format!("{sessions}/{id}?expand[]={expand}")).await;
        }
    }
    let missing = (404, Some("resource_missing"));
    walk.refused("GET", &format!("{sessions}/cs_none"), "", missing).await;
    portal(&mut walk, &customer, &product, [&monthly, &yearly]).await;
    walk.finish().await;
}

async fn portal(walk: &mut Walk, customer: &str, product: &str, prices: [&str; 2]) {
    let [monthly, yearly] = prices;
    let configurations = "/v1/billing_portal/configurations";
    let bare = "features[invoice_history][enabled]=true";
    let bare = walk.make(configurations, bare).await;
    let full = format!(
        "name=Full&default_return_url=https://example.com&metadata[a]=1\
         &business_profile[headline]=H&business_profile[privacy_policy_url]=https://example.com/p\
         &business_profile[terms_of_service_url]=https://example.com/t&login_page[enabled]=true\
         &features[customer_update][enabled]=true\
         &features[customer_update][allowed_updates][]=email\
         &features[invoice_history][enabled]=true&features[payment_method_update][enabled]=true\
         &features[subscription_cancel][enabled]=true\
         &features[subscription_cancel][mode]=at_period_end\
         &features[subscription_cancel][cancellation_reason][enabled]=true\
         &features[subscription_cancel][cancellation_reason][options][]=too_expensive\
         &features[subscription_update][enabled]=true\
         &features[subscription_update][default_allowed_updates][]=price\
         &features[subscription_update][proration_behavior]=create_prorations\
         &features[subscription_update][products][0][product]={product}\
         &features[subscription_update][products][0][prices][]={monthly}\
         &features[subscription_update][products][0][prices][]={yearly}"
    );
    let full = walk.make(configurations, &full).await;
    walk.post(&format!("{configurations}/{bare}"), "active=false&name=Old").await;
    walk.list_each(configurations).await;
    let wish = format!("customer={customer}&items[0][price]={monthly}");
    let held = walk.post("/v1/subscriptions", &wish).await;
    let (id, item) = (text(&held, "/id"), text(&held, "/items/data/0/id"));
    let portal = "/v1/billing_portal/sessions";
    let plain = format!("customer={customer}&configuration={full}&return_url=https://example.com");
    walk.make(portal, &plain).await;
    let flow = |kind: &str, more: &str| {
        format!("customer={customer}&configuration={full}&flow_data[type]={kind}{more}")
    };
    let of = |kind: &str| format!("&flow_data[{kind}][subscription]={id}");
    walk.make(portal, &flow("payment_method_update", "")).await;
    let after = "&flow_data[after_completion][type]=redirect\
                 &flow_data[after_completion][redirect][return_url]=https://example.com";
    let cancel = format!("{}{after}", of("subscription_cancel"));
    walk.make(portal, &flow("subscription_cancel", &cancel)).await;
    let after = "&flow_data[after_completion][type]=hosted_confirmation\
                 &flow_data[after_completion][hosted_confirmation][custom_message]=Bye";
    let update = format!("{}{after}", of("subscription_update"));
    walk.make(portal, &flow("subscription_update", &update)).await;
    let confirm = format!(
        "{}&flow_data[subscription_update_confirm][items][0][id]={item}\
         &flow_data[subscription_update_confirm][items][0][price]={yearly}",
        of("subscription_update_confirm")
    );
    walk.make(portal, &flow("subscription_update_confirm", &confirm)).await;
    let missing = (404, Some("resource_missing"));
    walk.refused("GET", &format!("{configurations}/bpc_none"), "", missing).await;
}

/// Sessions as visitors leave them, whose bank answers in all ways.
async fn completed(walk: &mut Walk, wishes: &[&str]) {
    for wish in wishes {
        let id = walk.make("/v1/checkout/sessions", wish).await;
        walk.simulator.complete_checkout(&id, &CheckoutVisit::default()).unwrap();
        for card in [Card::Good, Card::Declining, Card::DelayedSuccess, Card::DelayedFailure] {
            let id = walk.make("/v1/checkout/sessions", wish).await;
            // A card that is declined leaves the session open.
            let _ = walk.simulator.complete_checkout(&id, &CheckoutVisit::by(card));
        }
    }
    walk.list_each("/v1/checkout/sessions").await;
}
