//! A stage with a meter, and how tests report and read usage over HTTP.

use crate::caller::{Answer, call};
use crate::stage::{START, Stage};
use counterfoil_simulator::{Card, Options, Rules, UsageRules};
use serde_json::Value;
use std::time::Duration;

pub(crate) const METERS: &str = "/v1/billing/meters";
pub(crate) const EVENTS: &str = "/v1/billing/meter_events";
/// Longer than usage takes to be counted.
pub(crate) const COUNTED: Duration = Duration::from_secs(10);

pub(crate) struct Metered {
    pub(crate) stage: Stage,
    pub(crate) meter: String,
    pub(crate) customer: String,
}

impl Metered {
    pub(crate) async fn start() -> Self {
        Self::with(UsageRules::default(), "").await
    }

    /// With rules, and parameters of the meter beside its name and its sum.
    pub(crate) async fn with(usage: UsageRules, meter: &str) -> Self {
        let rules = Rules { usage, ..Rules::default() };
        let stage = Stage::with(Options { rules, ..Options::default() }).await;
        let customer = stage.customer(Card::Good);
        let formula =
            if meter.contains("formula") { "" } else { "&default_aggregation[formula]=sum" };
        let form = format!("display_name=Calls&event_name=calls{formula}{meter}");
        let meter = ask(&stage, "POST", METERS, &form).await["id"].as_str().unwrap().to_owned();
        Self { stage, meter, customer }
    }

    /// Reports usage; `more` are further parameters.
    pub(crate) async fn report(&self, value: &str, more: &str) -> Answer {
        let customer = &self.customer;
        let form = format!(
            "event_name=calls&payload[stripe_customer_id]={customer}&payload[value]={value}{more}"
        );
        call(&self.stage, "POST", EVENTS, &form).await
    }

    /// Reports usage that is received.
    pub(crate) async fn received(&self, value: &str, more: &str) -> Value {
        let answer = self.report(value, more).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
        answer.body
    }

    /// Everything that counts by now.
    pub(crate) fn sum(&self) -> String {
        self.stage.simulator.usage_sum(&self.meter, &self.customer, 0, START * 2)
    }
}

/// What a call that succeeds is answered.
pub(crate) async fn ask(stage: &Stage, method: &str, path: &str, form: &str) -> Value {
    let answer = call(stage, method, path, form).await;
    assert_eq!(answer.status.as_u16(), 200, "{method} {path} {form}: {}", answer.body);
    answer.body
}

/// The status and the error of a call that is refused.
pub(crate) async fn refused(stage: &Stage, method: &str, path: &str, form: &str) -> (u16, Value) {
    let answer = call(stage, method, path, form).await;
    (answer.status.as_u16(), answer.body["error"].clone())
}
