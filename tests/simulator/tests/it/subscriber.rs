//! A customer with a subscription, driven over HTTP, and how tests look at it.

use crate::caller::call;
use crate::stage::{Stage, events, kinds};
use counterfoil_simulator::{Card, Options, Rules};
use serde_json::Value;
use std::time::Duration;

pub(crate) struct Subscriber {
    pub(crate) stage: Stage,
    pub(crate) customer: String,
    pub(crate) id: String,
}

impl Subscriber {
    /// A customer without a subscription.
    pub(crate) async fn nobody(card: Card) -> Self {
        Self::under(Rules::default(), card).await
    }

    pub(crate) async fn under(rules: Rules, card: Card) -> Self {
        let stage = Stage::with(Options { rules, ..Options::default() }).await;
        let customer = stage.customer(card);
        Self { stage, customer, id: String::new() }
    }

    /// A customer with a monthly subscription for 2 × 10.00, and what else is asked for.
    pub(crate) async fn to_monthly(card: Card, more: &str) -> Self {
        let mut of = Self::nobody(card).await;
        of.subscribe(more).await;
        of
    }

    pub(crate) async fn subscribe(&mut self, more: &str) -> Value {
        let form = format!(
            "customer={}&items[0][price]={}&items[0][quantity]=2&{more}",
            self.customer, self.stage.monthly
        );
        let body = self.post("/v1/subscriptions", &form).await;
        self.id = text(&body["id"]);
        body
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, form: &str) -> Value {
        let answer = call(&self.stage, method, path, form).await;
        assert_eq!(answer.status.as_u16(), 200, "{method} {path} {form}: {}", answer.body);
        answer.body
    }

    pub(crate) async fn post(&self, path: &str, form: &str) -> Value {
        self.ask("POST", path, form).await
    }

    /// The error that a call is refused with, and its status.
    pub(crate) async fn refused(&self, method: &str, path: &str, form: &str) -> (u16, Value) {
        let answer = call(&self.stage, method, path, form).await;
        assert!(!answer.status.is_success(), "{method} {path} {form}: {}", answer.body);
        (answer.status.as_u16(), answer.body["error"].clone())
    }

    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/v1/subscriptions/{}{rest}", self.id)
    }

    /// Changes the subscription.
    pub(crate) async fn change(&self, form: &str) -> Value {
        self.post(&self.path(""), form).await
    }

    /// The subscription as it is.
    pub(crate) fn now(&self) -> Value {
        self.stage.truth("subscription", &self.id)
    }

    pub(crate) fn status(&self) -> String {
        text(&self.now()["status"])
    }

    pub(crate) fn item(&self) -> String {
        text(&self.now()["items"]["data"][0]["id"])
    }

    pub(crate) fn period(&self) -> (i64, i64) {
        let item = &self.now()["items"]["data"][0];
        let second = |name: &str| item[name].as_i64().unwrap();
        (second("current_period_start"), second("current_period_end"))
    }

    pub(crate) fn invoice_id(&self) -> String {
        text(&self.now()["latest_invoice"])
    }

    /// The latest invoice.
    pub(crate) fn invoice(&self) -> Value {
        self.stage.truth("invoice", &self.invoice_id())
    }

    pub(crate) async fn pay(&self) -> Value {
        self.post(&format!("/v1/invoices/{}/pay", self.invoice_id()), "").await
    }

    /// How the customer's bank answers from now on.
    pub(crate) fn bank(&self, card: Card) {
        self.stage.simulator.set_card(&self.customer, card).unwrap();
    }

    /// The types of the events that come of letting time pass.
    pub(crate) fn pass(&self, time: Duration) -> Vec<String> {
        self.stage.events_of(|| self.stage.simulator.advance(time)).0
    }

    /// How many events there are, to tell later ones by.
    pub(crate) fn mark(&self) -> usize {
        self.stage.simulator.history().len()
    }

    /// The events since a mark.
    pub(crate) fn since(&self, mark: usize) -> Vec<Value> {
        events(&self.stage.simulator).split_off(mark)
    }

    pub(crate) fn kinds_since(&self, mark: usize) -> Vec<String> {
        kinds(&self.since(mark))
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
