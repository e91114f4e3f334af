//! The pages of sessions as a browser sees them: get a page, send its form, follow where it leads.

use crate::caller::{Answer, call};
use crate::stage::{DAY, Stage};
use counterfoil_simulator::Card;
use serde_json::{Value, json};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

/// A page, which has to be whole, self-contained and a simulator's.
async fn get(stage: &Stage, path: &str) -> (u16, String) {
    read(&call(stage, "GET", path, "").await)
}

fn read(answer: &Answer) -> (u16, String) {
    let page = String::from_utf8(answer.bytes.to_vec()).unwrap();
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    if answer.status != 303 {
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>"), "{page}");
        assert!(page.contains("This is a simulator: no money moves."), "{page}");
        for outside in ["<script", "<link", "<img", "src=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside} in {page}");
        }
    }
    (answer.status.as_u16(), page)
}

async fn post(stage: &Stage, path: &str, form: &str) -> Answer {
    call(stage, "POST", path, form).await
}

/// Where a form leads to.
fn leads_to(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{:?}", read(answer));
    answer.header("location").unwrap().to_owned()
}

fn shows(page: &str, wanted: &[&str]) {
    for text in wanted {
        assert!(page.contains(text), "{text} is not in {page}");
    }
}

async fn checkout(stage: &Stage, more: &str) -> (String, String) {
    let form = format!(
        "mode=subscription&line_items[0][price]={}&line_items[0][quantity]=2\
         &success_url=https://example.com/done?session={{CHECKOUT_SESSION_ID}}\
         &cancel_url=https://example.com/plans&{more}",
        stage.monthly
    );
    let answer = call(stage, "POST", "/v1/checkout/sessions", &form).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let url = answer.body["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(&stage.simulator.base_url()).unwrap().to_owned();
    (answer.id(), path)
}

fn session(stage: &Stage, id: &str) -> Value {
    stage.truth("checkout.session", id)
}

#[tokio::test]
async fn a_visitor_pays_and_is_sent_on() {
    let stage = Stage::start().await;
    let (id, path) = checkout(&stage, "customer_email=ann@example.com").await;
    let (status, page) = get(&stage, &path).await;
    assert_eq!(status, 200);
    shows(
        &page,
        &[
            "Plan",
            "2 × 10.00 USD per month",
            "Total due now",
            "20.00 USD",
            "ann@example.com",
            "Pay and subscribe",
            "Fail payment (card declined)",
            "Pay later: will succeed",
            "Pay later: will fail",
            "href=\"https://example.com/plans\"",
        ],
    );
    let declined = post(&stage, &path, "do=decline").await;
    let (status, page) = read(&declined);
    assert_eq!(status, 402);
    shows(&page, &["Your card was declined.", "role=\"alert\"", "Pay and subscribe"]);
    assert_eq!(session(&stage, &id)["status"], "open");
    let form = "do=pay&name=Ann&payment_method=pm_card_visa";
    let paid = post(&stage, &path, form).await;
    assert_eq!(leads_to(&paid), format!("https://example.com/done?session={id}"));
    let held = session(&stage, &id);
    assert_eq!((&held["status"], &held["payment_status"]), (&json!("complete"), &json!("paid")));
    assert_eq!(held["customer_details"]["name"], "Ann");
    let (status, page) = get(&stage, &path).await;
    assert_eq!(status, 200);
    shows(&page, &["This session is complete."]);
    let again = post(&stage, &path, form).await;
    assert_eq!(again.status, 200, "a form that is sent twice pays once");
    assert_eq!(stage.simulator.truth().objects["subscription"].len(), 1);
}

#[tokio::test]
async fn a_visitor_pays_later_or_passes_3d_secure() {
    let stage = Stage::start().await;
    let (id, path) = checkout(&stage, "customer_email=ann@example.com").await;
    leads_to(&post(&stage, &path, "do=later_fails").await);
    assert_eq!(session(&stage, &id)["payment_status"], "unpaid");
    let (id, path) = checkout(&stage, "customer_email=ann@example.com").await;
    let form = "do=pay&payment_method=pm_card_authenticationRequired";
    let (status, page) = read(&post(&stage, &path, form).await);
    assert_eq!(status, 200);
    shows(&page, &["Your bank asks whether it is you", "Complete authentication"]);
    leads_to(&post(&stage, &path, "do=authenticate").await);
    assert_eq!(session(&stage, &id)["payment_status"], "paid");
}

#[tokio::test]
async fn a_promotion_code_is_applied_before_paying() {
    let stage = Stage::start().await;
    call(&stage, "POST", "/v1/coupons", "id=half&percent_off=50&duration=once").await;
    let promo = "promotion[type]=coupon&promotion[coupon]=half&code=SPRING";
    call(&stage, "POST", "/v1/promotion_codes", promo).await;
    let (_, path) = checkout(&stage, "customer_email=a@example.com").await;
    assert!(!get(&stage, &path).await.1.contains("Promotion code"));
    let (id, path) =
        checkout(&stage, "customer_email=a@example.com&allow_promotion_codes=true").await;
    let (status, page) = read(&post(&stage, &path, "do=apply&promotion_code=NONE").await);
    assert_eq!(status, 402);
    shows(&page, &["The promotion code NONE is not valid."]);
    let (_, page) = read(&post(&stage, &path, "do=apply&promotion_code=SPRING").await);
    shows(&page, &["Discount", "-10.00 USD", "10.00 USD"]);
    leads_to(&post(&stage, &path, "do=pay").await);
    assert_eq!(session(&stage, &id)["amount_total"], 1_000);
}

#[tokio::test]
async fn a_trial_is_said_and_an_expired_session_too() {
    let stage = Stage::start().await;
    let more = "customer_email=a@example.com&subscription_data[trial_period_days]=7";
    let (_, path) = checkout(&stage, more).await;
    let (_, page) = get(&stage, &path).await;
    shows(&page, &["Free until 17 January 2026, then 20.00 USD per month.", "Start for free"]);
    stage.simulator.advance(2 * DAY);
    let (status, page) = get(&stage, &path).await;
    assert_eq!(status, 410);
    shows(&page, &["This session has expired"]);
    assert_eq!(post(&stage, &path, "do=pay").await.status, 410);
}

#[tokio::test]
async fn what_callers_write_is_text_on_a_page() {
    let stage = Stage::start().await;
    let evil = "<script>alert(\"1\")</script>";
    let sent = "%3Cscript%3Ealert(%221%22)%3C/script%3E";
    let form = format!(
        "mode=payment&success_url=https://example.com&customer_email={sent}@example.com\
         &line_items[0][quantity]=1&line_items[0][price_data][currency]=usd\
         &line_items[0][price_data][unit_amount]=5\
         &line_items[0][price_data][product_data][name]={sent}\
         &line_items[0][price_data][product_data][description]={sent}"
    );
    let answer = call(&stage, "POST", "/v1/checkout/sessions", &form).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let path = format!("/c/pay/{}", answer.id());
    let (_, page) = get(&stage, &path).await;
    assert!(!page.contains(evil), "{page}");
    shows(&page, &["&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"]);
    let (status, page) = get(&stage, &format!("/c/pay/{sent}")).await;
    assert_eq!((status, page.contains("<script")), (404, false));
    let name = format!("name={sent}&email=a@example.com");
    let customer = call(&stage, "POST", "/v1/customers", &name).await.id();
    stage.simulator.save_portal_settings();
    let path = portal(&stage, &format!("customer={customer}")).await;
    let (status, page) = get(&stage, &path).await;
    assert_eq!((status, page.contains("<script")), (200, false));
}

#[tokio::test]
async fn every_request_for_a_page_is_answered_with_one() {
    let stage = Stage::start().await;
    for path in ["/c/pay/cs_none", "/c/pay/", "/c/pay/a/b", "/p/session/bps_none", "/p/session/%FF"]
    {
        assert_eq!(get(&stage, path).await.0, 404, "{path}");
        assert_eq!(post(&stage, path, "do=pay&quantity=%ZZ").await.status, 404, "{path}");
    }
    assert_eq!(call(&stage, "DELETE", "/c/pay/cs_none", "").await.status, 405);
    let (_, path) = checkout(&stage, "").await;
    for form in ["", "do=", "do=dance&payment_method=pm_none", "=&&=", "do=authenticate"] {
        let status = post(&stage, &path, form).await.status.as_u16();
        assert!([303, 402, 200].contains(&status), "{form}: {status}");
    }
}

async fn portal(stage: &Stage, form: &str) -> String {
    let answer = call(stage, "POST", "/v1/billing_portal/sessions", form).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let url = answer.body["url"].as_str().unwrap().to_owned();
    url.strip_prefix(&stage.simulator.base_url()).unwrap().to_owned()
}

/// A configuration that lets customers change to the bigger plan.
async fn configure(stage: &Stage) -> String {
    let product = stage.truth("price", &stage.bigger)["product"].clone();
    let update = "features[subscription_update]";
    let form = format!(
        "{update}[enabled]=true&{update}[default_allowed_updates][0]=price\
         &{update}[proration_behavior]=always_invoice&{update}[products][0][product]={}\
         &{update}[products][0][prices][0]={}&features[subscription_cancel][enabled]=true\
         &features[subscription_cancel][mode]=immediately\
         &features[payment_method_update][enabled]=true\
         &features[customer_update][enabled]=true\
         &features[customer_update][allowed_updates][0]=name\
         &features[invoice_history][enabled]=true",
        product.as_str().unwrap(),
        stage.bigger
    );
    call(stage, "POST", "/v1/billing_portal/configurations", &form).await.id()
}

#[tokio::test]
async fn a_customer_changes_plan_method_and_data_in_the_portal() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let configuration = configure(&stage).await;
    let form = format!(
        "customer={customer}&configuration={configuration}&return_url=https://example.com/account"
    );
    let path = portal(&stage, &form).await;
    let (status, page) = get(&stage, &path).await;
    assert_eq!(status, 200);
    let invoice = stage.truth("subscription", &subscription)["latest_invoice"].clone();
    let number = stage.truth("invoice", invoice.as_str().unwrap())["number"].clone();
    shows(
        &page,
        &[
            "2 × Plan, 10.00 USD per month",
            "Renews on 10 February 2026.",
            "Plan, 30.00 USD per month",
            "Cancel the plan now",
            "ending in 4242",
            "href=\"https://example.com/account\"",
            number.as_str().unwrap(),
            "paid",
        ],
    );
    let about = format!("subscription={subscription}&price={}", stage.bigger);
    let (status, page) = read(&post(&stage, &path, &format!("do=preview&{about}")).await);
    assert_eq!(status, 200);
    // The whole month is left: two of the bigger plan for two of the smaller.
    shows(&page, &["2 × Plan, 30.00 USD per month", "Due now: 40.00 USD", "Confirm"]);
    let changed = post(&stage, &path, &format!("do=update&{about}")).await;
    let again = leads_to(&changed);
    let again = again.strip_prefix(&stage.simulator.base_url()).unwrap().to_owned();
    shows(&get(&stage, &again).await.1, &["The plan was changed.", "2 × Plan, 30.00 USD"]);
    let held = stage.truth("subscription", &subscription);
    assert_eq!(held["items"]["data"][0]["price"]["id"], stage.bigger.as_str());
    let invoice = stage.truth("invoice", held["latest_invoice"].as_str().unwrap());
    assert_eq!(invoice["billing_reason"], "subscription_update");
    assert_eq!(invoice["amount_paid"], 4_000, "as it was shown before");
    leads_to(&post(&stage, &path, "do=method&payment_method=pm_card_mastercard").await);
    let default = &stage.truth("customer", &customer)["invoice_settings"]["default_payment_method"];
    let method = stage.truth("payment_method", default.as_str().unwrap());
    assert_eq!(method["card"]["brand"], "mastercard");
    leads_to(&post(&stage, &path, "do=customer&name=Ann&email=ann@example.com").await);
    let held = stage.truth("customer", &customer);
    assert_eq!((&held["name"], &held["email"]), (&json!("Ann"), &Value::Null), "only the name");
    leads_to(&post(&stage, &path, &format!("do=cancel&subscription={subscription}")).await);
    assert_eq!(stage.truth("subscription", &subscription)["status"], "canceled");
    shows(&get(&stage, &path).await.1, &["You have no plan."]);
}

#[tokio::test]
async fn the_portal_does_what_it_allows_and_nothing_else() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let other = stage.customer(Card::Good);
    let foreign = stage.simulator.subscribe(&stage.wish(&other)).unwrap();
    let configuration = configure(&stage).await;
    let path = portal(&stage, &format!("customer={customer}&configuration={configuration}")).await;
    let yearly = &stage.yearly;
    for form in [
        format!("do=update&subscription={subscription}&price={yearly}"),
        format!("do=update&subscription={subscription}&price={}&quantity=9", stage.monthly),
        format!("do=preview&subscription={subscription}&price={}&quantity=x", stage.bigger),
        format!("do=update&subscription={foreign}&price={}", stage.bigger),
        format!("do=cancel&subscription={foreign}"),
        format!("do=pause&subscription={subscription}"),
        "do=method&payment_method=pm_none".to_owned(),
        "do=method&payment_method=pm_card_visa_chargeDeclined".to_owned(),
        "do=dance".to_owned(),
        String::new(),
    ] {
        let before = stage.simulator.history().len();
        let (status, page) = read(&post(&stage, &path, &form).await);
        assert_eq!(status, 400, "{form}");
        shows(&page, &["role=\"alert\""]);
        assert_eq!(stage.simulator.history().len(), before, "{form}");
    }
}

#[tokio::test]
async fn a_portal_link_dies_when_it_is_not_visited() {
    let stage = Stage::start().await;
    stage.simulator.save_portal_settings();
    let form = format!("customer={}", stage.customer(Card::Good));
    let unvisited = portal(&stage, &form).await;
    let visited = portal(&stage, &form).await;
    assert_eq!(get(&stage, &visited).await.0, 200);
    stage.simulator.advance(6 * MINUTE);
    let (status, page) = get(&stage, &unvisited).await;
    assert_eq!(status, 410);
    shows(&page, &["This link has expired"]);
    assert_eq!(get(&stage, &visited).await.0, 200, "a visit keeps it alive");
    stage.simulator.advance(61 * MINUTE);
    assert_eq!(get(&stage, &visited).await.0, 410);
    assert_eq!(post(&stage, &visited, "do=method").await.status, 410);
}

#[tokio::test]
async fn a_flow_opens_at_its_own_page_and_ends_as_asked() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let item = stage.truth("subscription", &subscription)["items"]["data"][0]["id"].clone();
    let configuration = configure(&stage).await;
    let base = format!("customer={customer}&configuration={configuration}&flow_data[type]=");
    let about = |kind: &str| format!("{kind}&flow_data[{kind}][subscription]={subscription}");
    let confirm = format!(
        "{base}{}&flow_data[subscription_update_confirm][items][0][id]={}\
         &flow_data[subscription_update_confirm][items][0][price]={}\
         &flow_data[after_completion][type]=redirect\
         &flow_data[after_completion][redirect][return_url]=https://example.com/changed",
        about("subscription_update_confirm"),
        item.as_str().unwrap(),
        stage.bigger
    );
    let path = portal(&stage, &confirm).await;
    let (_, page) = get(&stage, &path).await;
    shows(&page, &["Confirm the change of your plan", "2 × Plan, 30.00 USD per month"]);
    shows(&page, &["Due now: 40.00 USD"]);
    let form = format!("do=update&subscription={subscription}&price={}&quantity=2", stage.bigger);
    assert_eq!(leads_to(&post(&stage, &path, &form).await), "https://example.com/changed");
    let thanks = format!(
        "{base}payment_method_update&flow_data[after_completion][type]=hosted_confirmation\
         &flow_data[after_completion][hosted_confirmation][custom_message]=Thanks a lot"
    );
    let path = portal(&stage, &thanks).await;
    shows(&get(&stage, &path).await.1, &["Your payment method", "Save the payment method"]);
    let done = post(&stage, &path, "do=method&payment_method=pm_card_visa").await;
    shows(&read(&done).1, &["Thanks a lot"]);
    for (kind, title) in
        [("subscription_update", "Change your plan"), ("subscription_cancel", "Cancel your plan")]
    {
        let path = portal(&stage, &format!("{base}{}", about(kind))).await;
        let (_, page) = get(&stage, &path).await;
        shows(&page, &[title]);
        assert!(!page.contains("Invoices"), "a flow shows nothing else: {page}");
    }
    let path = portal(&stage, &format!("{base}customer_update")).await;
    shows(&get(&stage, &path).await.1, &["Your data"]);
    leads_to(&post(&stage, &path, "do=customer&name=Bea").await);
    shows(&get(&stage, &path).await.1, &["Manage your billing", "value=\"Bea\""]);
}

#[tokio::test]
async fn a_flow_redeems_what_it_offers() {
    let stage = Stage::start().await;
    let customer = stage.customer(Card::Good);
    let subscription = stage.simulator.subscribe(&stage.wish(&customer)).unwrap();
    let configuration = configure(&stage).await;
    call(&stage, "POST", "/v1/coupons", "id=stay&percent_off=20&duration=forever").await;
    let base = format!("customer={customer}&configuration={configuration}&flow_data[type]=");
    let cancel = "flow_data[subscription_cancel]";
    let offer = |coupon: &str| {
        format!(
            "{base}subscription_cancel&{cancel}[subscription]={subscription}\
             &{cancel}[retention][type]=coupon_offer\
             &{cancel}[retention][coupon_offer][coupon]={coupon}"
        )
    };
    let wrong = call(&stage, "POST", "/v1/billing_portal/sessions", &offer("none")).await;
    assert_eq!(wrong.status, 400, "{}", wrong.body);
    let path = portal(&stage, &offer("stay")).await;
    shows(&get(&stage, &path).await.1, &["Stay, with the offer", "Cancel the plan now"]);
    leads_to(&post(&stage, &path, "do=stay").await);
    let held = stage.truth("subscription", &subscription);
    assert_eq!((&held["status"], &held["cancel_at"]), (&json!("active"), &Value::Null));
    assert_eq!(held["discounts"].as_array().unwrap().len(), 1);

    call(&stage, "POST", "/v1/coupons", "id=more&percent_off=50&duration=forever").await;
    let confirm = "flow_data[subscription_update_confirm]";
    let item = held["items"]["data"][0]["id"].as_str().unwrap();
    let form = format!(
        "{base}subscription_update_confirm&{confirm}[subscription]={subscription}\
         &{confirm}[items][0][id]={item}&{confirm}[items][0][price]={}\
         &{confirm}[discounts][0][coupon]=more",
        stage.bigger
    );
    let path = portal(&stage, &form).await;
    let form = format!("do=update&subscription={subscription}&price={}", stage.bigger);
    leads_to(&post(&stage, &path, &form).await);
    let held = stage.truth("subscription", &subscription);
    assert_eq!(held["items"]["data"][0]["price"]["id"], stage.bigger.as_str());
    let discount = held["discounts"][0].as_str().unwrap();
    assert_eq!(stage.truth("discount", discount)["source"]["coupon"], "more");
}
