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
        Self::by(Rules { usage, ..Rules::default() }, meter).await
    }

    pub(crate) async fn by(rules: Rules, meter: &str) -> Self {
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

/// The end of the first monthly period of what began at the start.
pub(crate) const PERIOD_END: i64 = START + 31 * 86_400;

impl Metered {
    /// A monthly price of the meter, with these parameters beside.
    pub(crate) async fn price(&self, amounts: &str) -> String {
        let product = ask(&self.stage, "POST", "/v1/products", "name=Calls").await;
        let form = format!(
            "currency=usd&product={}&recurring[interval]=month&recurring[usage_type]=metered\
             &recurring[meter]={}&{amounts}",
            product["id"].as_str().unwrap(),
            self.meter
        );
        id(&ask(&self.stage, "POST", "/v1/prices", &form).await)
    }

    /// A subscription of the customer to a price.
    pub(crate) async fn subscribe(&self, price: &str) -> String {
        let form = format!("customer={}&items[0][price]={price}", self.customer);
        id(&ask(&self.stage, "POST", "/v1/subscriptions", &form).await)
    }

    /// Lets time pass until so many seconds after the first period.
    pub(crate) fn to_period_end(&self, after: i64) {
        let seconds = PERIOD_END + after - self.stage.simulator.now();
        self.stage.simulator.advance(Duration::from_secs(u64::try_from(seconds).unwrap()));
    }

    /// The latest invoice of a subscription.
    pub(crate) async fn latest_invoice(&self, subscription: &str) -> Value {
        let path = format!("/v1/subscriptions/{subscription}?expand[]=latest_invoice");
        ask(&self.stage, "GET", &path, "").await["latest_invoice"].clone()
    }
}

pub(crate) fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
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
