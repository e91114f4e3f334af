//! Invoices in every status, their lines, items and payments.

use crate::walk::{DAY, DECLINING, GOOD, HOUR, START, Walk, text};
use counterfoil_stripe_types::paths::Subject;
use std::collections::BTreeSet;

#[tokio::test]
async fn invoices_are_read_by_async_stripe() {
    let mut walk = Walk::over(Subject::Invoices).await;
    let product = walk.make("/v1/products", "name=Plan").await;
    let form = format!("product={product}&currency=usd&unit_amount=1000&recurring[interval]=month");
    let monthly = walk.make("/v1/prices", &form).await;
    let good = walk.make("/v1/customers", &format!("{GOOD}&email=a@example.com")).await;
    let poor = walk.make("/v1/customers", DECLINING).await;
    let subscribe = |customer: &str, more: &str| {
        format!("customer={customer}&items[0][price]={monthly}&{more}")
    };
    let coupon = walk.make("/v1/coupons", "percent_off=25&duration=forever").await;
    let cheaper = format!("discounts[0][coupon]={coupon}");
    walk.make("/v1/subscriptions", &subscribe(&good, &cheaper)).await;
    let id = walk.make("/v1/subscriptions", &subscribe(&good, "")).await;
    let waiting = "payment_behavior=default_incomplete";
    let waiting = walk.post("/v1/subscriptions", &subscribe(&good, waiting)).await;
    let failed = walk.post("/v1/subscriptions", &subscribe(&poor, "")).await;
    walk.make("/v1/subscriptions", &subscribe(&good, "trial_period_days=7")).await;
    let waiting = text(&waiting, "/latest_invoice");
    walk.post(&format!("/v1/invoices/{waiting}/pay"), "").await;
    let failed = text(&failed, "/latest_invoice");
    let declined = (402, Some("card_declined"));
    walk.refused("POST", &format!("/v1/invoices/{failed}/pay"), "", declined).await;
    walk.post(&format!("/v1/invoices/{failed}/pay"), "paid_out_of_band=true").await;
    let item = walk.get(&format!("/v1/subscriptions/{id}")).await;
    let item = text(&item, "/items/data/0/id");
    walk.pass(DAY);
    let more = format!("items[0][id]={item}&items[0][quantity]=3");
    walk.post(&format!("/v1/subscriptions/{id}"), &more).await;
    walk.post(&format!("/v1/customers/{good}"), "balance=-700").await;
    by_request(&mut walk, &good, &product, &monthly).await;
    let mut seen = BTreeSet::new();
    for _ in 0..40 {
        walk.pass(DAY);
        for held in walk.list("/v1/invoices").await {
            seen.insert(text(&held, "/status"));
        }
        walk.pass(HOUR);
    }
    for status in ["draft", "open", "paid", "uncollectible", "void"] {
        assert!(seen.contains(status), "none was {status}: {seen:?}");
    }
    walk.list_each("/v1/invoice_payments").await;
    walk.list(&format!("/v1/invoice_payments?invoice={waiting}")).await;
    for held in walk.list_each("/v1/invoices").await {
        let id = text(&held, "/id");
        walk.list(&format!("/v1/invoices/{id}/lines")).await;
        for expand in ["customer", "payments"] {
            walk.get(&format!("/v1/invoices/{id}?expand[]={expand}")).await;
        }
    }
    walk.get("/v1/invoices/search?query=status:'paid'").await;
    walk.list(&format!("/v1/invoices?subscription={id}&status=paid")).await;
    walk.finish().await;
}

/// Invoices and their items as a caller makes them.
async fn by_request(walk: &mut Walk, customer: &str, product: &str, monthly: &str) {
    let items = "/v1/invoiceitems";
    let once = format!("product={product}&currency=usd&unit_amount=700");
    let once = walk.make("/v1/prices", &once).await;
    let bare = format!("customer={customer}&amount=500&currency=usd");
    let bare = walk.make(items, &bare).await;
    let full = format!(
        "customer={customer}&pricing[price]={once}&quantity=2&description=d&metadata[a]=1\
         &period[start]={START}&period[end]={}",
        START + 86_400
    );
    walk.make(items, &full).await;
    let decimal = format!(
        "customer={customer}&currency=usd&unit_amount_decimal=12.5&quantity_decimal=1.5\
         &discountable=false"
    );
    let decimal = walk.make(items, &decimal).await;
    let made = format!(
        "customer={customer}&price_data[currency]=usd&price_data[product]={product}\
         &price_data[unit_amount]=300"
    );
    let gone = walk.make(items, &made).await;
    walk.post(&format!("{items}/{bare}"), "amount=600&description=new&metadata[b]=2").await;
    walk.delete(&format!("{items}/{gone}")).await;
    walk.list_each(items).await;
    walk.list(&format!("{items}?customer={customer}&pending=true")).await;

    let invoices = "/v1/invoices";
    let draft = format!(
        "customer={customer}&pending_invoice_items_behavior=include&description=d&footer=f\
         &collection_method=send_invoice&days_until_due=14&metadata[a]=1&auto_advance=false"
    );
    let draft = walk.make(invoices, &draft).await;
    let path = format!("{invoices}/{draft}");
    walk.post(&path, "description=new&metadata[b]=2&statement_descriptor=DESC").await;
    let lines = format!(
        "lines[0][amount]=900&lines[0][description]=Extra&lines[1][pricing][price]={once}\
         &invoice_metadata[c]=3"
    );
    let held = walk.post(&format!("{path}/add_lines"), &lines).await;
    let line = text(&held, "/lines/data/0/id");
    let changed = format!("lines[0][id]={line}&lines[0][description]=Changed");
    walk.post(&format!("{path}/update_lines"), &changed).await;
    walk.post(&format!("{path}/lines/{line}"), "metadata[a]=1").await;
    let removed = format!("lines[0][id]={line}&lines[0][behavior]=delete");
    walk.post(&format!("{path}/remove_lines"), &removed).await;
    walk.post(&format!("{path}/finalize"), "auto_advance=false").await;
    walk.post(&format!("{path}/send"), "").await;
    walk.get(&format!("{items}/{decimal}")).await;
    walk.list(&format!("{path}/lines")).await;

    let mut open = Vec::new();
    for _ in 0..4 {
        let id = walk.make(invoices, &format!("customer={customer}&auto_advance=false")).await;
        let lines = format!("{invoices}/{id}/add_lines");
        walk.post(&lines, "lines[0][amount]=1000&lines[0][description]=x").await;
        walk.post(&format!("{invoices}/{id}/finalize"), "").await;
        open.push(id);
    }
    let [void, lost, paid, attached] = &open[..] else { panic!("{open:?}") };
    walk.post(&format!("{invoices}/{void}/void"), "").await;
    walk.post(&format!("{invoices}/{lost}/mark_uncollectible"), "").await;
    walk.post(&format!("{invoices}/{paid}/pay"), "").await;
    let intent = format!("customer={customer}&amount=400&currency=usd");
    let intent = walk.make("/v1/payment_intents", &intent).await;
    let attach = format!("payment_intent={intent}");
    walk.post(&format!("{invoices}/{attached}/attach_payment"), &attach).await;
    walk.get_expanded(&format!("{invoices}/{attached}")).await;
    let deleted = walk.make(invoices, &format!("customer={customer}")).await;
    walk.delete(&format!("{invoices}/{deleted}")).await;
    walk.make(invoices, &format!("customer={customer}&auto_advance=false")).await;

    let preview = format!("{invoices}/create_preview");
    let new = format!(
        "customer={customer}&subscription_details[items][0][price]={monthly}\
         &subscription_details[items][0][quantity]=3&invoice_items[0][amount]=100\
         &invoice_items[0][currency]=usd"
    );
    walk.post(&preview, &new).await;
    let wish = format!("customer={customer}&items[0][price]={monthly}");
    let held = walk.post("/v1/subscriptions", &wish).await;
    let (id, item) = (text(&held, "/id"), text(&held, "/items/data/0/id"));
    walk.post(&preview, &format!("subscription={id}")).await;
    let change = format!(
        "subscription={id}&subscription_details[items][0][id]={item}\
         &subscription_details[items][0][quantity]=5\
         &subscription_details[proration_behavior]=always_invoice"
    );
    walk.post(&preview, &change).await;
    let ending = format!(
        "subscription={id}&subscription_details[cancel_now]=true\
         &subscription_details[proration_behavior]=always_invoice"
    );
    let none = (404, Some("invoice_upcoming_none"));
    let nothing = format!("subscription={id}&subscription_details[cancel_now]=true");
    walk.refused("POST", &preview, &nothing, none).await;
    walk.pass(HOUR);
    walk.post(&preview, &ending).await;
}
