//! Calls by chance, thousands of them from fixed seeds: whatever is asked, an answer comes, it is
//! no failure of the simulator, and what the simulator holds adds up afterwards.
//!
//! What is called stands in `random.calls`: the paths, their parameters and what kind of value
//! each takes. Most values fit, so that something comes of the calls; some are as far off as a
//! number, a time, an id or a text can be.

mod chance;
mod invariants;

use crate::stage::{START, Stage};
use bytes::Bytes;
use chance::Chance;
use counterfoil_simulator::{ApiVersion, Endpoint, Options, Simulator};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const CALLS: &str = include_str!("random.calls");
/// Bodies for the control API, most of them nonsense.
const CONTROL: &[(&str, &str)] = &[
    ("clock/advance", r#"{"seconds":-1}"#),
    ("clock/advance", r#"{"seconds":18446744073709551615}"#),
    ("clock/advance", r#"{"seconds":9223372036854775807}"#),
    ("clock/advance", r#"{"seconds":99999999999999999999}"#),
    ("clock/advance", r#"{"seconds":1e300}"#),
    ("clock/advance", "null"),
    ("clock/advance", "[[[[[[[[[["),
    ("endpoints", r#"{"url":"x","secrets":[]}"#),
    ("endpoints", r#"{"url":"http://127.0.0.1:9/","secrets":[],"api_version":"1"}"#),
    ("endpoints/99999999999999999999/disable", ""),
    ("endpoints/7/enable", ""),
    ("faults", r#"{"duplicates":1e308}"#),
    ("faults", r#"{"no":1}"#),
    ("retries", r#"{"waits":[18446744073709551615]}"#),
    ("events/next", r#"{"on":"x","fault":"y","times":-1}"#),
    ("events/evt_none/resend", r#"{"endpoint":0}"#),
    ("calls/next", r#"{"on":"\u0000","fault":{}}"#),
    ("calls/script", "{}"),
    ("calls/rates", r#"[{"on":"a","fault":"cut_before_effect","rate":2}]"#),
    ("limits", r#"{"x":1}"#),
    ("rules", "[]"),
    ("rules", r#"{"no_such_rule":1}"#),
    ("checkout/cs_none/complete", "{}"),
    ("checkout/cs_none/none", "{"),
    ("portal", ""),
    ("seed", r#"{"subscriptions":4294967295,"price":"p","made_within_seconds":4294967295}"#),
    ("credits/expire", r#"{"customer":"\ud800"}"#),
    ("usage/faults", r#"{"rate":-1}"#),
    ("intents/pi_none/authenticate", r#"{"passes":true}"#),
    ("charges/ch_none/dispute", r#"{"amount":-9223372036854775808}"#),
    ("disputes/dp_none/decide", r#"{"won":1}"#),
    ("refunds/re_none/settle", r#"{"end":"failed"}"#),
    ("none/such", "\u{0}"),
];

/// What there is always enough of, for the other calls to name.
const FIRST: &[&str] = &[
    "POST /v1/customers payment_method!=$card invoice_settings[default_payment_method]!=$card",
    "POST /v1/subscriptions customer!=$customer items[0][price]!=$price items[0][quantity]!=$quantity",
    "POST /v1/prices currency!=usd product!=$product unit_amount!=$amount recurring[interval]!=week|month|year",
];

/// The kinds of objects that the kinds of values in `random.calls` name.
const KINDS: &[(&str, &str)] = &[
    ("alert", "billing.alert"),
    ("cbtxn", "customer_balance_transaction"),
    ("charge", "charge"),
    ("checkout", "checkout.session"),
    ("clock", "test_helpers.test_clock"),
    ("coupon", "coupon"),
    ("customer", "customer"),
    ("dispute", "dispute"),
    ("endpoint", "webhook_endpoint"),
    ("ent", "entitlements.active_entitlement"),
    ("event", "event"),
    ("feat", "entitlements.feature"),
    ("grant", "billing.credit_grant"),
    ("inpay", "invoice_payment"),
    ("intent", "payment_intent"),
    ("invoice", "invoice"),
    ("invoiceitem", "invoiceitem"),
    ("item", "subscription_item"),
    ("line", "line_item"),
    ("meter", "billing.meter"),
    ("pm", "payment_method"),
    ("portal", "billing_portal.session"),
    ("portalconf", "billing_portal.configuration"),
    ("price", "price"),
    ("prodft", "product_feature"),
    ("product", "product"),
    ("promo", "promotion_code"),
    ("refund", "refund"),
    ("schedule", "subscription_schedule"),
    ("seti", "setup_intent"),
    ("subscription", "subscription"),
    ("txi", "tax_id"),
];

/// What was heard of so far: ids by kind, and the names of meters' events.
#[derive(Default)]
struct Heard {
    ids: BTreeMap<String, Vec<String>>,
    event_names: Vec<String>,
}

impl Heard {
    fn take(&mut self, value: &Value) {
        match value {
            Value::Array(entries) => entries.iter().for_each(|entry| self.take(entry)),
            Value::Object(fields) => {
                if let (Some(kind), Some(id)) = (value["object"].as_str(), value["id"].as_str()) {
                    let ids = self.ids.entry(kind.to_owned()).or_default();
                    if !ids.iter().any(|held| held == id) {
                        ids.push(id.to_owned());
                    }
                    if let Some(name) = value["event_name"].as_str() {
                        self.event_names.push(name.to_owned());
                    }
                }
                fields.values().for_each(|field| self.take(field));
            }
            _ => {}
        }
    }

    /// What is there now, instead of what was heard of.
    fn refresh(&mut self, simulator: &Simulator) {
        for (kind, objects) in simulator.truth().objects {
            self.ids.insert(kind, Vec::new());
            for object in objects.values() {
                self.take(object);
            }
        }
    }

    /// Mostly one of the newest.
    fn one(&self, chance: &mut Chance, kind: &str) -> Option<String> {
        let ids = self.ids.get(kind).filter(|ids| !ids.is_empty())?;
        let from = if chance.in_ten(8) { ids.len().saturating_sub(12) } else { 0 };
        Some(chance.of(&ids[from..]).clone())
    }
}

struct Run {
    stage: Stage,
    client: Client<HttpConnector, Full<Bytes>>,
    chance: Chance,
    heard: Heard,
    answers: Vec<(String, u16, Bytes)>,
    /// Calls that were answered by the simulator with what they wanted.
    fulfilled: usize,
    wild: u64,
    wrong: Vec<String>,
}

impl Run {
    async fn start(seed: u64, wild: u64) -> Self {
        // Ports are not the same twice.
        let public_url = Some("http://127.0.0.1:1".to_owned());
        let stage = Stage::with(Options { seed, public_url, ..Options::default() }).await;
        let endpoint = Endpoint::new("http://127.0.0.1:9/", "whsec_1").unwrap();
        let _id = stage.simulator.add_endpoint(endpoint.with_version(ApiVersion::before_basil()));
        let mut heard = Heard::default();
        let prices = [&stage.monthly, &stage.bigger, &stage.yearly].map(Clone::clone);
        heard.ids.insert("price".to_owned(), prices.to_vec());
        let client = Client::builder(TokioExecutor::new()).build_http();
        let chance = Chance::from(seed);
        Self {
            stage,
            client,
            chance,
            heard,
            answers: Vec::new(),
            fulfilled: 0,
            wild,
            wrong: Vec::new(),
        }
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        body: String,
        headers: &[(&str, &str)],
    ) -> Option<(StatusCode, Bytes)> {
        let url = format!("{}{path}", self.stage.simulator.base_url());
        let mut request = Request::builder().method(method).uri(url);
        request = request.header("authorization", "Bearer sk_test_1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        // What the client itself cannot write is never sent.
        let request = request.body(Full::new(Bytes::from(body.clone()))).ok()?;
        let asked = format!("{method} {path} {}", body.chars().take(1_500).collect::<String>());
        let answered = self.client.request(request).await;
        let Ok(answered) = answered else {
            self.wrong.push(format!("no answer: {asked}"));
            return None;
        };
        let (parts, body) = answered.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        self.answers.push((asked, parts.status.as_u16(), bytes.clone()));
        Some((parts.status, bytes))
    }

    /// One call of the API or of a page.
    async fn call(&mut self, line: &str) {
        let (method, path, form) = chance::filled(
            line,
            &mut self.chance,
            &self.heard,
            self.stage.simulator.now(),
            self.wild,
        );
        let (path, body) =
            if method == "POST" { (path, form) } else { (format!("{path}?{form}"), String::new()) };
        let version = if self.chance.in_ten(1) {
            Some(*self.chance.of(&[
                "2024-06-20",
                "2025-03-31.basil",
                "2020-08-27",
                "",
                "x",
                "9999-99-99.zzz",
                "2026-06-24.dahlia ",
            ]))
        } else {
            None
        };
        let headers: Vec<(&str, &str)> =
            version.map(|version| ("stripe-version", version)).into_iter().collect();
        let Some((status, bytes)) = self.send(&method, &path, body, &headers).await else { return };
        let asked = self.answers.last().unwrap().0.clone();
        if status.as_u16() >= 500 {
            self.wrong.push(format!("{status} for {asked}"));
        }
        if path.starts_with("/v1") {
            let Ok(body) = serde_json::from_slice::<Value>(&bytes) else {
                self.wrong.push(format!("no JSON for {asked}: {bytes:?}"));
                return;
            };
            if status.as_u16() >= 400 {
                let error = &body["error"];
                if !(error["type"].is_string() && error["message"].is_string()) {
                    self.wrong.push(format!("no error object for {asked}: {body}"));
                }
            } else {
                self.fulfilled += 1;
                self.heard.take(&body);
            }
        }
    }

    async fn control(&mut self) {
        let (path, body) = *self.chance.of(CONTROL);
        let sent = self.send("POST", &format!("/_simulator/{path}"), body.to_owned(), &[]).await;
        if let Some((status, _)) = sent.filter(|(status, _)| status.as_u16() >= 500) {
            self.wrong.push(format!("{status} for {path} {body}"));
        }
    }

    async fn go(&mut self, calls: usize) {
        let lines: Vec<&str> =
            CALLS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        // Every call is made at least once, what makes objects more often than the rest.
        let makes: Vec<&str> =
            lines.iter().copied().filter(|line| line.starts_with("POST")).collect();
        for line in &lines {
            self.call(line).await;
            for line in FIRST {
                if line.starts_with("POST /v1/customers") || self.chance.below(20) == 0 {
                    self.call(line).await;
                }
            }
        }
        for number in 0..calls {
            let line = *self.chance.of(if number % 3 == 0 { &lines } else { &makes });
            self.call(line).await;
            if number % 12 == 0 {
                let hours = *self.chance.of(&[1, 1, 1, 5, 24, 24, 72, 24 * 8]);
                let body = json!({ "seconds": hours * 3_600 + 7 }).to_string();
                self.send("POST", "/_simulator/clock/advance", body, &[]).await;
            }
            if number % 40 == 0 {
                if self.chance.in_ten(8) {
                    self.heard.refresh(&self.stage.simulator);
                }
                self.control().await;
                let _alive =
                    self.send("GET", "/v1/customers?limit=1", String::new(), &[]).await.unwrap();
            }
        }
        self.send(
            "POST",
            "/_simulator/clock/advance",
            json!({ "seconds": 2_678_400 }).to_string(),
            &[],
        )
        .await;
    }
}

#[tokio::test]
async fn whatever_is_asked_is_answered_and_adds_up() {
    let mut wrong = Vec::new();
    for (seed, wild) in [(3, 2), (5, 3), (22, 6)] {
        let mut run = Run::start(seed, wild).await;
        run.go(300).await;
        assert!(run.fulfilled > 150, "seed {seed}: too little comes of the calls");
        let broken = invariants::broken(&run.stage.simulator);
        wrong.extend(run.wrong.into_iter().chain(broken).map(|it| format!("seed {seed}: {it}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn chance_from_one_seed_runs_the_same_twice() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let mut run = Run::start(11, 2).await;
        run.go(100).await;
        assert!(run.stage.simulator.now() > START);
        runs.push((run.answers, run.stage.simulator.history()));
    }
    assert_eq!(runs[0].0, runs[1].0);
    assert_eq!(runs[0].1, runs[1].1);
}

/// Calls that could not be answered before: each is refused or done, and the next one answered.
const HARD: &[&str] = &[
    "POST /v1/subscription_schedules customer!=$customer start_date!=-9223372036854775808 phases[0][items][0][price]!=$price",
    "POST /v1/subscription_schedules customer!=$customer start_date!=-900000000000 phases[0][items][0][price]!=$price",
    "POST /v1/subscriptions customer!=$customer items[0][price]!=$price backdate_start_date!=-62167219200",
    "POST /v1/subscriptions customer!=$customer items[0][price]!=$price billing_cycle_anchor!=999999999999",
    "POST /v1/subscriptions customer!=$customer items[0][price]!=$price items[0][quantity]!=999999999999",
    "POST /v1/invoiceitems customer!=$customer currency!=usd unit_amount_decimal!=9223372036854775807 quantity!=999999999999",
    "POST /v1/invoiceitems customer!=$customer currency!=usd amount!=9223372036854775807",
    "POST /v1/customers/$customer/balance_transactions amount!=-9223372036854775808 currency!=usd",
    "POST /v1/invoices customer!=$customer due_date!=999999999999 pending_invoice_items_behavior!=include",
];

#[tokio::test]
async fn numbers_and_times_without_measure_are_answered() {
    let mut run = Run::start(1, 0).await;
    for line in FIRST {
        run.call(line).await;
    }
    for line in HARD {
        run.call(line).await;
    }
    run.send("POST", "/_simulator/clock/advance", r#"{"seconds":2678400}"#.to_owned(), &[]).await;
    assert!(run.wrong.is_empty(), "{}", run.wrong.join("\n"));
}

#[tokio::test]
async fn the_clock_ends_with_a_year_that_calendars_have() {
    let mut run = Run::start(1, 0).await;
    let ten_years = run
        .send("POST", "/_simulator/clock/advance", r#"{"seconds":315619201}"#.to_owned(), &[])
        .await;
    assert_eq!(ten_years.unwrap().0, StatusCode::BAD_REQUEST);
    run.stage.simulator.advance(Duration::MAX);
    // 9000-01-01 00:00 UTC.
    assert_eq!(run.stage.simulator.now(), 221_845_392_000);
    for line in &FIRST[..2] {
        run.call(line).await;
    }
    assert!(run.wrong.is_empty() && run.fulfilled == 2, "{:?}", run.wrong);
}
