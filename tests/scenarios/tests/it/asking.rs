//! When events alone do not say what an object is, Stripe is asked: once for each object.

use counterfoil_simulator::{
    CheckoutVisit, Endpoint, Fault, Faults, NewCustomer, NewPrice, NewProduct, Play,
};
use counterfoil_support::{Stack, stack};
use serde_json::json;

use crate::sent::{ambiguous, asked, number, outcomes, row, settled, stripe, texts};
use crate::setup::{DEADLINE, settings};

/// More calls than any test makes, so that none waits for the budget.
fn freely(services: Vec<&'static str>) -> counterfoil_support::Settings {
    let mut settings = settings(services, Faults::default());
    let rate = ("COUNTERFOIL_STRIPE_CALLS_PER_SECOND".to_owned(), "1000".to_owned());
    settings.environment.push(rate);
    settings
}

fn customers(stack: &Stack, count: usize) -> Vec<String> {
    (0..count)
        .map(|at| {
            let name = Some(format!("Stripe's own {at}"));
            stack.simulator.create_customer(NewCustomer { name, ..NewCustomer::default() })
        })
        .collect()
}

async fn ten_of_each_cost_one_question(services: Vec<&'static str>) -> anyhow::Result<()> {
    let mut stack = Stack::start(freely(vec![])).await?;
    // Made before anything listens, so that only the test's own events arrive.
    let customers = customers(&stack, 4);
    for service in services {
        stack.serve(service).await?;
    }
    // While one answer is on its way, more events come.
    stack.simulator.fail_times("GET /v1/customers/*", 4, Fault::SlowAnswer { millis: 700 })?;
    let second = stack.simulator.now() - 60;
    for customer in &customers {
        ambiguous(&stack, customer, second, 0..5).await?;
    }
    for customer in &customers {
        ambiguous(&stack, customer, second, 5..10).await?;
    }
    settled(&stack, 40).await?;
    assert_eq!(asked(&stack, "GET /v1/customers/*"), 4, "{:?}", outcomes(&stack).await?);
    let names = texts(&stack, "select distinct left(name, 12) from stripe.customers").await?;
    assert_eq!(names, ["Stripe's own"]);
    stack.finish().await
}

#[tokio::test]
async fn ten_ambiguous_events_of_one_object_cost_one_question() -> anyhow::Result<()> {
    ten_of_each_cost_one_question(vec!["up"]).await
}

#[tokio::test]
async fn several_processes_share_one_question() -> anyhow::Result<()> {
    ten_of_each_cost_one_question(vec!["ingest", "worker", "worker"]).await
}

#[tokio::test]
async fn what_stripe_does_not_know_leaves_a_tombstone() -> anyhow::Result<()> {
    let stack = Stack::start(freely(vec!["up"])).await?;
    ambiguous(&stack, "cus_Ghost123456789", stack.simulator.now() - 60, 0..2).await?;
    settled(&stack, 2).await?;
    assert_eq!(asked(&stack, "GET /v1/customers/*"), 1);
    assert_eq!(row(&stack, "customers", "cus_Ghost123456789").await?["deleted"], json!(true));
    // An update that is older than the answer does not bring it back.
    ambiguous(&stack, "cus_Ghost123456789", stack.simulator.now() - 30, 0..1).await?;
    settled(&stack, 3).await?;
    assert_eq!(row(&stack, "customers", "cus_Ghost123456789").await?["deleted"], json!(true));
    stack.finish().await
}

#[tokio::test]
async fn thin_events_end_in_the_same_rows() -> anyhow::Result<()> {
    let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("thin.toml");
    let config = format!(
        "[[endpoints]]\nname = \"thin\"\nsecrets = [\"{}\"]\npayload = \"thin\"\n",
        stack::SECRET
    );
    std::fs::write(&file, config)?;
    let mut stack = Stack::start(freely(vec![])).await?;
    stack.set("COUNTERFOIL_CONFIG", &file.to_string_lossy());
    stack.serve("ingest").await?;
    stack.serve("worker").await?;
    let url = format!("http://{}/webhooks/stripe/thin", stack.ingest);
    let _id = stack.simulator.add_endpoint(Endpoint::thin(&url, stack::SECRET)?);
    stack.simulator.play(Play { customers: 8, months: 2, seed: 5 }, |_| ()).await?;
    stack.settled(DEADLINE).await?;
    let parked = number(&stack, "select count(*) from counterfoil.inbox where outcome = 'parked'");
    assert_eq!(parked.await?, 0, "{:?}", outcomes(&stack).await?);
    let told =
        "select count(*) from counterfoil.inbox where type like 'v1.customer.subscription.%'";
    assert!(number(&stack, told).await? > 8);
    let tally = stack.tally().await?;
    assert!(tally.is_equal(), "{:#?}", tally.differences);
    stack.finish().await
}

#[tokio::test]
async fn the_lines_of_a_checkout_session_come_by_asking() -> anyhow::Result<()> {
    let stack = Stack::start(freely(vec!["up"])).await?;
    let product = NewProduct { name: "Gold".to_owned(), ..NewProduct::default() };
    let price = stack.simulator.create_price(NewPrice {
        product: stack.simulator.create_product(product)?,
        currency: "usd".to_owned(),
        unit_amount: 1_250,
        ..NewPrice::default()
    })?;
    let form = format!(
        "mode=payment&success_url=http://localhost/&line_items[0][price]={price}\
         &line_items[0][quantity]=3&metadata[cart]=c_1"
    );
    let session = stripe(&stack, "POST /v1/checkout/sessions", &form).await?;
    let id = session["id"].as_str().unwrap_or_default().to_owned();
    stack.simulator.complete_checkout(&id, &CheckoutVisit::default())?;
    stack.settled(DEADLINE).await?;
    assert_eq!(row(&stack, "checkout_sessions", &id).await?["status"], json!("complete"));
    let lines = "select format('%s %s %s %s', checkout_session, price, quantity, amount_total) \
                 from stripe.checkout_session_lines where not deleted";
    assert_eq!(texts(&stack, lines).await?, [format!("{id} {price} 3 3750")]);
    assert!(asked(&stack, "GET /v1/checkout/sessions/*") > 0);
    let tally = stack.tally().await?;
    assert!(tally.is_equal(), "{:#?}", tally.differences);
    stack.finish().await
}

#[tokio::test]
async fn kinds_that_are_always_asked_for_are_never_taken_from_an_event() -> anyhow::Result<()> {
    let mut cautious = freely(vec!["up"]);
    let always = ("COUNTERFOIL_WORKER_ALWAYS_ASK".to_owned(), "subscription".to_owned());
    cautious.environment.push(always);
    let stack = Stack::start(cautious).await?;
    stack.simulator.play(Play { customers: 6, months: 2, seed: 3 }, |_| ()).await?;
    stack.settled(DEADLINE).await?;
    let from_events = "select count(*) from stripe.subscriptions where sighted_event is not null";
    assert_eq!(number(&stack, from_events).await?, 0);
    assert!(number(&stack, "select count(*) from stripe.subscriptions").await? > 0);
    assert!(asked(&stack, "GET /v1/subscriptions/*") > 0);
    assert_eq!(asked(&stack, "GET /v1/customers/*"), 0, "and no other kind");
    let tally = stack.tally().await?;
    assert!(tally.is_equal(), "{:#?}", tally.differences);
    stack.finish().await
}
