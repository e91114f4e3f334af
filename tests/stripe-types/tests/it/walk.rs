//! A walk over the paths of one subject: every answer on the way, and in the end every event, is
//! held against its type.

use crate::caller::Caller;
use counterfoil_simulator::{ClockMode, Options, Rules, Simulator};
use counterfoil_stripe_types::paths::{self, Path, Subject};
use counterfoil_stripe_types::{Fault, Shape, kinds};
use http::header::{AUTHORIZATION, HeaderName};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

/// 2026-01-10 00:00 UTC.
pub(crate) const START: i64 = 1_768_003_200;
pub(crate) const HOUR: u64 = 3_600;
pub(crate) const DAY: u64 = 24 * HOUR;
const STRIPE_VERSION: HeaderName = HeaderName::from_static("stripe-version");
/// A customer who pays.
pub(crate) const GOOD: &str =
    "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
/// A customer whose bank declines every payment.
pub(crate) const DECLINING: &str = "payment_method=pm_card_chargeCustomerFail\
     &invoice_settings[default_payment_method]=pm_card_chargeCustomerFail";
/// As deep as Stripe expands.
const EXPAND_LEVELS_MAX: usize = 4;
pub(crate) const KEY: &str = "Bearer sk_test_1";

/// Paths that the simulator does not serve yet, with the reason: a row of the table, or all rows
/// whose pattern begins so.
const NOT_YET: &[(&str, &str)] = &[];

/// The reason why a path need not be answered yet.
pub(crate) fn excuse(row: &Path) -> Option<&'static str> {
    let row_text = row.to_string();
    let excused = |entry: &str| row_text == entry || row.pattern.starts_with(entry);
    NOT_YET.iter().find(|(entry, _)| excused(entry)).map(|(_, why)| *why)
}

pub(crate) struct Walk {
    pub(crate) simulator: Simulator,
    caller: Caller,
    subject: Subject,
    answered: BTreeSet<String>,
    expanded: BTreeSet<String>,
    /// The faults that were seen, by what was judged.
    faults: BTreeMap<String, BTreeSet<Fault>>,
}

impl Walk {
    pub(crate) async fn over(subject: Subject) -> Self {
        Self::with(subject, Rules::default()).await
    }

    pub(crate) async fn with(subject: Subject, rules: Rules) -> Self {
        let options = Options { clock: ClockMode::Manual(START), rules, ..Options::default() };
        let simulator = Simulator::start(options).await.unwrap();
        Self {
            caller: Caller::new(simulator.base_url()),
            simulator,
            subject,
            answered: BTreeSet::new(),
            expanded: BTreeSet::new(),
            faults: BTreeMap::new(),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Value {
        self.good("GET", path, "").await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &str) -> Value {
        self.good("POST", path, form).await
    }

    pub(crate) async fn delete(&mut self, path: &str) -> Value {
        self.good("DELETE", path, "").await
    }

    /// Posts, for the id of what that makes.
    pub(crate) async fn make(&mut self, path: &str, form: &str) -> String {
        let made = self.post(path, form).await;
        made["id"].as_str().unwrap_or_else(|| panic!("POST {path}: no id in {made}")).to_owned()
    }

    /// Reads a list whole, one by one, and from both sides, and each entry by its own path.
    pub(crate) async fn list(&mut self, path: &str) -> Vec<Value> {
        let glue = if path.contains('?') { '&' } else { '?' };
        let all = self.get(&format!("{path}{glue}limit=100")).await;
        let all = all["data"].as_array().unwrap().clone();
        self.get(&format!("{path}{glue}limit=1")).await;
        for (side, entry) in [("starting_after", all.first()), ("ending_before", all.last())] {
            if let Some(id) = entry.and_then(|entry| entry["id"].as_str()) {
                self.get(&format!("{path}{glue}{side}={id}")).await;
            }
        }
        all
    }

    /// A list, and each of its entries by its own path, with everything expanded that can be.
    pub(crate) async fn list_each(&mut self, path: &str) -> Vec<Value> {
        let all = self.list(path).await;
        let bare = path.split('?').next().unwrap_or(path);
        for entry in &all {
            let id = entry["id"].as_str().unwrap();
            self.get_expanded(&format!("{bare}/{id}")).await;
        }
        all
    }

    /// An object, and the same with each field expanded of which a walk has not seen that yet.
    pub(crate) async fn get_expanded(&mut self, path: &str) {
        let body = self.get(path).await;
        let row = row("GET", path);
        let shape = kinds::shape_of(&body).unwrap_or(row.shape);
        for place in shape.expandable(&body) {
            let levels = place.split('.').count();
            if levels <= EXPAND_LEVELS_MAX && self.expanded.insert(format!("{row} {place}")) {
                let body = self.get(&format!("{path}?expand[]={place}")).await;
                assert!(holds_object(&body, &place), "{path}: {place} is not expanded: {body}");
            }
        }
    }

    async fn good(&mut self, method: &str, path: &str, form: &str) -> Value {
        let row = row(method, path);
        let (status, body) = self.caller.call(method, path, form, &[(AUTHORIZATION, KEY)]).await;
        assert!(status == 200, "{method} {path} {form}: {status} {body}");
        self.answered.insert(row.to_string());
        self.judge(&row.to_string(), row.shape, &body);
        // A path that answers with one of several types says less than the one it is.
        if let Some(shape) = kinds::shape_of(&body).filter(|it| it.name() != row.shape.name()) {
            self.judge(&row.to_string(), shape, &body);
        }
        body
    }

    /// A payment that the bank declines, for whatever reason.
    pub(crate) async fn refused_by_bank(&mut self, path: &str, form: &str) -> Value {
        let row = row("POST", path);
        let (status, body) = self.caller.call("POST", path, form, &[(AUTHORIZATION, KEY)]).await;
        assert_eq!((status, &body["error"]["type"]), (402, &Value::from("card_error")), "{body}");
        self.judge(&format!("{row}, refused"), Shape::of::<stripe_shared::Error>(), &body);
        body
    }

    /// Has the simulator do what nobody asks Stripe for.
    pub(crate) async fn control(&self, path: &str, body: &str) {
        let path = format!("/_simulator/{path}");
        let (status, answer) = self.caller.call("POST", &path, body, &[]).await;
        assert!(status == 200, "POST {path} {body}: {status} {answer}");
    }

    /// A call that is answered with an error of this status and code.
    pub(crate) async fn refused(
        &mut self,
        method: &str,
        path: &str,
        form: &str,
        expected: (u16, Option<&str>),
    ) -> Value {
        let row = row(method, path);
        let (status, body) = self.caller.call(method, path, form, &[(AUTHORIZATION, KEY)]).await;
        let code = body["error"]["code"].as_str();
        assert_eq!((status, code), expected, "{method} {path} {form}: {body}");
        self.judge(&format!("{row}, refused"), Shape::of::<stripe_shared::Error>(), &body);
        body
    }

    /// Posts as a client of an older version, whose answers these types do not fit.
    pub(crate) async fn post_as_of(&self, version: &str, path: &str, form: &str) {
        let headers = [(AUTHORIZATION, KEY), (STRIPE_VERSION, version)];
        let (status, body) = self.caller.call("POST", path, form, &headers).await;
        assert!(status == 200, "POST {path} {form} ({version}): {status} {body}");
    }

    pub(crate) fn judge(&mut self, what: &str, shape: Shape, body: &Value) {
        for fault in shape.faults(body) {
            let of = self.faults.entry(format!("{what} as {}", shape.name())).or_default();
            of.insert(fault);
        }
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.simulator.advance(Duration::from_secs(seconds));
    }

    /// Judges the events too, and that every path of the subject was answered.
    pub(crate) async fn finish(self) {
        let mut unanswered = String::new();
        for row in self.subject.paths() {
            match (self.answered.contains(&row.to_string()), excuse(row)) {
                (false, None) => writeln!(unanswered, "{row}: no good answer").unwrap(),
                (true, Some(_)) => {
                    writeln!(unanswered, "{row}: is served; take it out of NOT_YET").unwrap();
                }
                _ => {}
            }
        }
        let subject = self.subject;
        self.judged().await;
        assert!(unanswered.is_empty(), "{subject:?}:\n{unanswered}");
    }

    /// Judges the events too.
    pub(crate) async fn judged(mut self) {
        self.pass(2);
        for event in self.simulator.history() {
            let event: Value = serde_json::from_slice(&event).unwrap();
            let kind = event["type"].as_str().unwrap();
            self.judge(&format!("event {kind}"), Shape::of::<stripe_shared::Event>(), &event);
            let object = &event["data"]["object"];
            let shape = kinds::shape_of(object);
            let shape = shape.unwrap_or_else(|| panic!("no type for the object of {event}"));
            self.judge(&format!("object of {kind}"), shape, object);
        }
        let mut report = String::new();
        // What is wrong with an object is wrong wherever it is shown: it is told once.
        let mut by_faults: BTreeMap<Vec<&Fault>, Vec<&str>> = BTreeMap::new();
        for (what, faults) in &self.faults {
            by_faults.entry(faults.iter().collect()).or_default().push(what);
        }
        for (faults, whats) in by_faults {
            writeln!(report, "{}:", whats.join("\n")).unwrap();
            for fault in faults {
                writeln!(report, "    {fault}").unwrap();
            }
        }
        self.simulator.stop().await;
        assert!(report.is_empty(), "{:?} is not as async-stripe reads it:\n{report}", self.subject);
    }
}

fn row(method: &str, path: &str) -> &'static Path {
    let bare = path.split('?').next().unwrap_or(path);
    paths::find(method, bare).unwrap_or_else(|| panic!("{method} {bare} is not in the table"))
}

/// Whether an object stands at this place, or in a list on the way.
fn holds_object(body: &Value, place: &str) -> bool {
    match (body, place) {
        (Value::Array(values), _) => values.iter().any(|value| holds_object(value, place)),
        (_, "") => body.is_object(),
        _ => {
            let (field, rest) = place.split_once('.').unwrap_or((place, ""));
            body.get(field).is_some_and(|inner| holds_object(inner, rest))
        }
    }
}

pub(crate) fn text(body: &Value, pointer: &str) -> String {
    let found = body.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no {pointer} in {body}")).to_owned()
}
