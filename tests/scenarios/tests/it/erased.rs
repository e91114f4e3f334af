//! What is personal of an erased customer is nowhere, and nothing brings it back.

use anyhow::Context;
use counterfoil_simulator::{
    CheckoutVisit, DisputeOpening, Faults, NewCustomer, NewItem, NewSubscription,
};
use counterfoil_support::{Stack, until};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::sent::{deliver, event, number, row, stripe, texts};
use crate::setup::{DEADLINE, monthly_price, settings};

/// What only this customer's data has in it, and must be nowhere.
const PERSONAL: [&str; 10] = [
    "Zelda",
    "zelda.quark",
    "+15550100777",
    "Elm Street 1313",
    "passport-99",
    "cart-of-zelda",
    "refunded-zelda",
    "note-on-zelda",
    "DE123456789",
    "ZELDAONLY",
];

/// The last digits of the customer's card, as a value of their own.
const LAST4: &str = "4242";

struct Life {
    customer: String,
    price: String,
    method: String,
    charge: String,
    refund: String,
    dispute: String,
}

/// A customer about whom every kind of object says something personal.
async fn live(stack: &Stack) -> anyhow::Result<Life> {
    let simulator = &stack.simulator;
    let price = monthly_price(simulator)?;
    let customer = simulator.create_customer(NewCustomer {
        name: Some("Zelda Quark".to_owned()),
        email: Some("zelda.quark@example.com".to_owned()),
        phone: Some("+15550100777".to_owned()),
        address: Some(json!({ "line1": "Elm Street 1313", "country": "US" })),
        metadata: [("passport".to_owned(), "passport-99".to_owned())].into(),
        ..NewCustomer::default()
    });
    let subscription = simulator.subscribe(&NewSubscription {
        customer: customer.clone(),
        items: vec![NewItem { price: price.clone(), ..NewItem::default() }],
        ..NewSubscription::default()
    })?;
    let post =
        async |path: &str, form: String| stripe(stack, &format!("POST /v1/{path}"), &form).await;
    let id = |it: &Value| it["id"].as_str().unwrap_or_default().to_owned();
    let words = "metadata[about]=note-on-zelda&description=note-on-zelda".to_owned();
    post(&format!("subscriptions/{subscription}"), words.clone()).await?;
    let item = format!("customer={customer}&amount=250&currency=usd&{words}");
    post("invoiceitems", item).await?;
    let invoice = post(
        "invoices",
        format!("customer={customer}&pending_invoice_items_behavior=include&{words}"),
    )
    .await?;
    post(&format!("invoices/{}/finalize", id(&invoice)), String::new()).await?;
    post(&format!("invoices/{}/pay", id(&invoice)), String::new()).await?;
    let tax_id = "type=eu_vat&value=DE123456789".to_owned();
    post(&format!("customers/{customer}/tax_ids"), tax_id).await?;
    let coupon = post("coupons", "percent_off=5&duration=once".to_owned()).await?;
    let code = format!(
        "promotion[type]=coupon&promotion[coupon]={}&customer={customer}&code=ZELDAONLY",
        id(&coupon)
    );
    post("promotion_codes", code).await?;
    let form = "type=card&card[token]=tok_visa&billing_details[name]=Zelda%20Quark\
                &billing_details[email]=zelda.quark@example.com&metadata[about]=note-on-zelda";
    let method = id(&post("payment_methods", form.to_owned()).await?);
    post(&format!("payment_methods/{method}/attach"), format!("customer={customer}")).await?;
    let form = format!(
        "mode=payment&success_url=http://localhost/&customer={customer}\
         &line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=700\
         &line_items[0][price_data][product_data][name]=Lamp&line_items[0][quantity]=1\
         &client_reference_id=cart-of-zelda&metadata[cart]=cart-of-zelda"
    );
    let session = id(&post("checkout/sessions", form).await?);
    simulator.complete_checkout(&session, &CheckoutVisit::default())?;
    let truth = simulator.truth();
    let charges: Vec<String> = truth.objects["charge"].keys().cloned().collect();
    anyhow::ensure!(charges.len() >= 3, "{charges:?}");
    let form = format!("charge={}&amount=100&metadata[why]=refunded-zelda", charges[0]);
    let refund = id(&post("refunds", form).await?);
    let reason = "fraudulent".to_owned();
    let opening = DisputeOpening { amount: None, inquiry: false, reason };
    let dispute = simulator.open_dispute(&charges[1], opening)?;
    post(&format!("disputes/{dispute}"), "metadata[why]=refunded-zelda".to_owned()).await?;
    post(&format!("payment_methods/{method}/detach"), String::new()).await?;
    stack.settled(DEADLINE).await?;
    Ok(Life { customer, price, method, charge: charges[0].clone(), refund, dispute })
}

/// Every place in both schemas, kept bodies included, that has something personal in it.
async fn traces(stack: &Stack) -> anyhow::Result<Vec<String>> {
    let tables = texts(
        stack,
        "select format('%I.%I', n.nspname, c.relname) from pg_class as c \
         join pg_namespace as n on n.oid = c.relnamespace \
         where n.nspname in ('stripe', 'counterfoil') and c.relkind = 'r' order by 1",
    )
    .await?;
    let mut found = Vec::new();
    for table in tables {
        let sql = format!(
            "select format('%s.%s: %s', '{table}', c.key, left(c.value, 80)) \
             from {table} as t, jsonb_each_text(to_jsonb(t)) as c \
             where c.value like any ($1) or c.value = $2 or c.value like '%\"{LAST4}\"%'"
        );
        let any: Vec<String> = PERSONAL.iter().map(|it| format!("%{it}%")).collect();
        let here: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(any)
            .bind(LAST4)
            .fetch_all(&stack.database.pool)
            .await?;
        found.extend(here);
    }
    let kept: Vec<(String, String, Vec<u8>)> = sqlx::query_as(
        "select event_id, codec, body from counterfoil.payloads where key_id is null",
    )
    .fetch_all(&stack.database.pool)
    .await?;
    let last4 = format!("\"last4\":\"{LAST4}\"");
    for (event, codec, body) in kept {
        let body = match codec.as_str() {
            "lz4" => lz4_flex::decompress_size_prepended(&body)?,
            _ => body,
        };
        let body: Value = serde_json::from_slice(&body)?;
        let (kind, body) = (body["type"].clone(), body.to_string());
        for word in PERSONAL.into_iter().chain([last4.as_str()]) {
            if body.contains(word) {
                found.push(format!("body of {event} ({kind}): {word}"));
            }
        }
    }
    Ok(found)
}

#[tokio::test]
async fn nothing_personal_of_an_erased_customer_is_left_or_comes_back() -> anyhow::Result<()> {
    let mut settings = settings(vec!["up"], Faults::default());
    let rate = ("COUNTERFOIL_STRIPE_CALLS_PER_SECOND".to_owned(), "1000".to_owned());
    settings.environment.push(rate);
    let stack = Stack::start(settings).await?;
    let life = live(&stack).await?;
    let before = traces(&stack).await?;
    for word in PERSONAL {
        assert!(before.iter().any(|it| it.contains(word)), "{word} was never held: {before:#?}");
    }
    for table in ["refunds", "disputes", "payment_methods", "charges", "checkout_sessions"] {
        let is_here = |it: &String| it.starts_with(&format!("stripe.{table}."));
        assert!(before.iter().any(is_here), "{table} held nothing personal: {before:#?}");
    }
    let amounts = amounts(&stack).await?;

    let erase = ["tenant", "erase", "--customer", &life.customer];
    let asked = stack.order(&erase).await?;
    assert!(!asked.ok && asked.err.contains("cannot be undone"), "{asked:?}");
    assert_eq!(traces(&stack).await?.len(), before.len(), "without --yes nothing happens");
    let said = stack.order(&[&erase[..], &["--yes"]].concat()).await?.well()?;
    assert!(said.contains("stripe.customers") && said.contains("bodies of events"), "{said}");
    let left = traces(&stack).await?;
    assert!(left.is_empty(), "{left:#?}");
    assert_eq!(self::amounts(&stack).await?, amounts, "the books stay");

    // A replay has nothing to read any more.
    stack.order(&["inbox", "replay", "--since", "1d", "--yes"]).await?.well()?;
    stack.queues.drained(DEADLINE).await?;
    // Stripe still shows it all, to whoever asks.
    until("another second has come", DEADLINE, async || {
        let newest = "select extract(epoch from max(sighted_at))::bigint from stripe.charges";
        Ok((stack.simulator.now() > number(&stack, newest).await? + 2).then_some(()))
    })
    .await?;
    stack.order(&["resync", "--customer", &life.customer]).await?.well()?;
    for id in [&life.method, &life.refund, &life.dispute, &life.charge] {
        stack.order(&["resync", id]).await?.well()?;
    }
    let back = traces(&stack).await?;
    assert!(back.is_empty(), "after a resync: {back:#?}");
    goes_on(&stack, &life).await?;
    let back = traces(&stack).await?;
    assert!(back.is_empty(), "after new events: {back:#?}");
    let name = row(&stack, "customers", &life.customer).await?["name"].clone();
    assert_eq!(name, Value::Null);
    stack.finish().await
}

/// Its life at Stripe goes on, and its events still come.
async fn goes_on(stack: &Stack, life: &Life) -> anyhow::Result<()> {
    let Life { customer, price, method, charge, refund, dispute } = life;
    for (path, form) in [
        (format!("customers/{customer}"), "metadata[more]=passport-99".to_owned()),
        (format!("refunds/{refund}"), "metadata[more]=refunded-zelda".to_owned()),
        (format!("disputes/{dispute}"), "metadata[more]=refunded-zelda".to_owned()),
        (format!("charges/{charge}"), "metadata[more]=note-on-zelda".to_owned()),
        (
            "subscriptions".to_owned(),
            format!("customer={customer}&items[0][price]={price}&metadata[a]=note-on-zelda"),
        ),
    ] {
        stripe(stack, &format!("POST /v1/{path}"), &form).await?;
    }
    // Of the method, which names nobody any more, there are none: one is told by hand.
    let truth = stack.simulator.truth();
    let shown = truth.object("payment_method", method).context("the method is gone")?;
    anyhow::ensure!(shown["customer"].is_null() && shown["card"]["last4"] == LAST4, "{shown}");
    let now = stack.simulator.now();
    deliver(stack, &[event("evt_by_hand", "payment_method.updated", now + 1, shown)]).await?;
    until("all of them are settled", DEADLINE, async || {
        let held = "select count(*) from counterfoil.inbox where event_id = 'evt_by_hand'";
        Ok((number(stack, held).await? == 1).then_some(()))
    })
    .await?;
    stack.settled(DEADLINE).await
}

/// Ids and amounts of the books.
async fn amounts(stack: &Stack) -> anyhow::Result<Vec<String>> {
    let sql = "select format('%s %s %s', id, amount_paid, status) from stripe.invoices \
               union all select format('%s %s %s', id, amount, status) from stripe.charges \
               union all select format('%s %s %s', id, amount, status) from stripe.refunds \
               union all select format('%s %s %s', id, amount, status) from stripe.disputes \
               union all select format('%s %s', id, status) from stripe.subscriptions \
               order by 1";
    texts(stack, sql).await
}
