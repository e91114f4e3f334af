//! Bodies of the simulator, in versions from each side of every change that moved a field: those of
//! the events of a script that touches every kind, and those of its lists.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use counterfoil_domain::mirror::ObjectKind;
use counterfoil_fields::Version;
use counterfoil_projection::coverage::{Handling, handling_of};
use counterfoil_simulator::{ApiVersion, Card, CheckoutVisit, ClockMode, Options, Simulator};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::caller::Caller;
use crate::judge::faults;

/// A line is a wait (`+ 3600`, in seconds) or a call (`POST /path form`), whose answer's `id` may be
/// kept under a name (`> name`) and used as `{name}` from there on. `pay {name}` is a buyer who
/// completes the checkout of that session, `warn {name}` a card network's warning of the charge of
/// that payment intent.
const SCRIPT: &str = include_str!("simulated.script");

const NEWEST: &str = "2026-10-28.endive";
const VERSIONS: [&str; 9] = [
    "2020-08-27",
    "2022-08-01",
    "2022-11-15",
    "2024-04-10",
    "2025-03-31.basil",
    "2025-09-30.clover",
    "2026-03-25.dahlia",
    "2026-09-30.endive",
    NEWEST,
];

/// The lists that show a kind, with what the simulator demands to be asked.
const LISTS: &[&str] = &[
    "/v1/customers?limit=100",
    "/v1/customers/{ann}/tax_ids",
    "/v1/products?limit=100",
    "/v1/prices?limit=100",
    "/v1/coupons?limit=100",
    "/v1/promotion_codes?limit=100",
    "/v1/subscriptions?limit=100&status=all",
    "/v1/subscription_schedules?limit=100",
    "/v1/invoices?limit=100",
    "/v1/invoiceitems?limit=100",
    "/v1/invoice_payments?limit=100",
    "/v1/credit_notes?limit=100",
    "/v1/payment_intents?limit=100",
    "/v1/setup_intents?limit=100",
    "/v1/charges?limit=100",
    "/v1/refunds?limit=100",
    "/v1/disputes?limit=100",
    "/v1/customers/{ann}/payment_methods?limit=100",
    "/v1/checkout/sessions?limit=100&expand[]=data.line_items",
    "/v1/entitlements/features?limit=100",
    "/v1/billing/meters?limit=100",
    "/v1/billing/credit_grants?limit=100",
    "/v1/billing/credit_balance_transactions?customer={ann}&limit=100",
    "/v1/billing/alerts?limit=100",
];

/// Kinds that the simulator does not have.
const UNSEEN: [ObjectKind; 2] = [ObjectKind::Review, ObjectKind::Quote];

/// What was found, and what was looked at.
#[derive(Default)]
struct Tally {
    faults: BTreeSet<String>,
    kinds: BTreeSet<ObjectKind>,
}

impl Tally {
    fn take(&mut self, kind: ObjectKind, version: &str, body: &Value) {
        let of = Version::parse(version).unwrap();
        let found = faults(kind, &of, &body.to_string());
        self.faults.extend(found);
        self.kinds.insert(kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn simulated_bodies_lose_nothing_in_any_version() {
    let mut runs = JoinSet::new();
    for version in VERSIONS {
        runs.spawn(run(version));
    }
    let mut faults = Vec::new();
    for (version, tally) in runs.join_all().await {
        for kind in ObjectKind::ALL.into_iter().filter(|it| !UNSEEN.contains(it)) {
            assert!(tally.kinds.contains(&kind), "{version}: no {kind} was looked at");
        }
        faults.extend(tally.faults.into_iter().map(|it| format!("{version}: {it}")));
    }
    faults.sort();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The script in an account of that version.
async fn run(version: &'static str) -> (&'static str, Tally) {
    let options = Options {
        api_version: ApiVersion::parse(version).unwrap(),
        clock: ClockMode::Manual(1_768_003_200),
        ..Options::default()
    };
    let simulator = Simulator::start(options).await.unwrap();
    let caller = Caller::new(simulator.base_url());
    let names = play(&simulator, &caller).await;
    let mut tally = Tally::default();
    for event in simulator.history() {
        let event: Value = serde_json::from_slice(&event).unwrap();
        if let Handling::Mirrored(kind) = handling_of(event["type"].as_str().unwrap()) {
            assert_eq!(event["api_version"], version);
            tally.take(kind, version, &event["data"]["object"]);
        }
    }
    for path in LISTS {
        let answer = caller.call(version, "GET", &filled(path, &names), "").await;
        for object in answer["data"].as_array().unwrap() {
            let kind = ObjectKind::parse(object["object"].as_str().unwrap()).unwrap();
            tally.take(kind, version, object);
        }
    }
    simulator.stop().await;
    (version, tally)
}

/// Does what the script says. Answers the ids it kept, by their names.
async fn play(simulator: &Simulator, caller: &Caller) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for line in SCRIPT.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(seconds) = line.strip_prefix("+ ") {
            simulator.advance(Duration::from_secs(seconds.parse().unwrap()));
            continue;
        }
        if let Some(session) = line.strip_prefix("pay ") {
            let visit = CheckoutVisit::by(Card::Good);
            simulator.complete_checkout(&filled(session, &names), &visit).unwrap();
            continue;
        }
        if let Some(intent) = line.strip_prefix("warn ") {
            let intent = filled(intent, &names);
            let charges = &simulator.truth().objects["charge"];
            let charge = charges.values().find(|it| it["payment_intent"] == *intent).unwrap();
            let _id = simulator.warn_of_fraud(charge["id"].as_str().unwrap()).unwrap();
            continue;
        }
        let (line, name) = line.split_once(" > ").map_or((line, None), |it| (it.0, Some(it.1)));
        let line = filled(line, &names);
        let (method, rest) = line.split_once(' ').unwrap();
        let (path, form) = rest.split_once(' ').unwrap_or((rest, ""));
        let answer = caller.call(NEWEST, method, path, form).await;
        if let Some(name) = name {
            names.insert(name.to_owned(), answer["id"].as_str().unwrap().to_owned());
        }
    }
    names
}

fn filled(text: &str, names: &BTreeMap<String, String>) -> String {
    names.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
}
