//! Meter events: received, looked at after a while, counted or rejected, taken back
//! (STRIPE.md section 6).
//!
//! That a call is answered means that its event was received. Whether it counts is found out
//! later: it is counted exactly once, or it is in exactly one error report. Receipt, identifiers
//! and error reports go by the account's own time; how an event may be dated goes by the time of
//! its customer.

use super::LifeError;
use super::usage_rules::{Checked, MeterValues};
use crate::agenda::Task;
use crate::calendar::SECONDS_PER_DAY;
use crate::model::Metadata;
use crate::model::decimal::Decimal;
use crate::model::meter::Formula;
use crate::model::usage::{MeterError, UsageEvent, UsageState};
use crate::world::World;

const OLDEST_SECONDS: i64 = 35 * SECONDS_PER_DAY;
const AHEAD_SECONDS_MAX: i64 = 300;
/// How long after its receipt an event can be taken back.
const CANCELABLE_SECONDS: i64 = SECONDS_PER_DAY;
const CUSTOMER_KEY: &str = "stripe_customer_id";

/// Usage to report, as a meter event has it.
#[derive(Clone, Debug, Default)]
pub struct UsageReport {
    /// The event name of the meter.
    pub event_name: String,
    /// What makes the event the same event; made up where there is none.
    pub identifier: Option<String>,
    /// The customer and the value, under the keys that the meter reads.
    pub payload: Metadata,
    /// Unix second; now where there is none.
    pub timestamp: Option<i64>,
}

/// What is checked before an event is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsageChecks {
    /// What the account's rules say.
    ByRules,
    /// Everything but whether there is such a customer.
    AtOnce,
    /// Nothing.
    Later,
}

/// Why a meter event was not received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UsageRefusal {
    Duplicate { identifier: String },
    IdentifierTooLong { longest: usize },
    Wrong { error: MeterError, message: String },
}

/// What an event counts as.
struct Counts {
    meter: String,
    customer: String,
    value: Decimal,
}

impl World {
    /// Receives a meter event and tells its place among all events.
    pub(crate) fn receive_usage(
        &mut self,
        report: UsageReport,
        checks: UsageChecks,
    ) -> Result<usize, UsageRefusal> {
        let identifier = match report.identifier {
            Some(given) => self.fresh_identifier(given)?,
            None => self.ids.long("mtrev_"),
        };
        let customer_now = self.now_of_usage(&report.event_name, &report.payload);
        let event = UsageEvent {
            event_name: report.event_name,
            identifier,
            payload: report.payload,
            received: self.account_now(),
            timestamp: report.timestamp.unwrap_or(customer_now),
            state: UsageState::Waiting,
            cancel_asked: false,
            counts_for: None,
            value: Decimal::ZERO,
        };
        self.check_before(&event, checks)?;
        let place = self.usage.receive(event);
        self.look_later(place);
        Ok(place)
    }

    fn check_before(&self, event: &UsageEvent, checks: UsageChecks) -> Result<(), UsageRefusal> {
        let rules = &self.rules.usage;
        let (dated, filled) = match checks {
            UsageChecks::ByRules => (rules.timestamps_checked, rules.contents_checked),
            UsageChecks::AtOnce => (Checked::AtOnce, Checked::AtOnce),
            UsageChecks::Later => (Checked::Later, Checked::Later),
        };
        if dated == Checked::AtOnce {
            self.check_timestamp(event)?;
        }
        if filled == Checked::Later {
            return Ok(());
        }
        match self.check_contents(event) {
            Err(UsageRefusal::Wrong { error: MeterError::CustomerNotFound, .. })
                if checks == UsageChecks::AtOnce =>
            {
                Ok(())
            }
            checked => checked.map(|_| ()),
        }
    }

    fn fresh_identifier(&self, identifier: String) -> Result<String, UsageRefusal> {
        let rules = &self.rules.usage;
        if identifier.chars().count() > rules.identifier_length_max {
            return Err(UsageRefusal::IdentifierTooLong { longest: rules.identifier_length_max });
        }
        let known = self.usage.under(&identifier).is_some_and(|(_, event)| {
            self.account_now() - event.received < rules.identifier_seconds
        });
        if known { Err(UsageRefusal::Duplicate { identifier }) } else { Ok(identifier) }
    }

    /// The account's own second, also while something is done in the time of a test clock.
    pub(crate) fn account_now(&self) -> i64 {
        self.outside_now.unwrap_or(self.now)
    }

    /// The customer that usage is reported for, if its payload names one.
    pub(crate) fn customer_of_usage<'a>(
        &self,
        event_name: &str,
        payload: &'a Metadata,
    ) -> Option<&'a str> {
        let meter = self.meter_named(event_name);
        let key = meter.map_or(CUSTOMER_KEY, |meter| meter.customer_key.as_str());
        payload.get(key).map(String::as_str).filter(|customer| !customer.is_empty())
    }

    /// The present second of the customer that usage is reported for.
    fn now_of_usage(&self, event_name: &str, payload: &Metadata) -> i64 {
        let customer = self.customer_of_usage(event_name, payload).unwrap_or_default();
        self.clock_of(customer).map_or_else(|| self.account_now(), |clock| clock.frozen_time)
    }

    /// Has an event looked at after the account's while; at once where there is none.
    fn look_later(&mut self, place: usize) {
        let wait = self.rules.usage.counted_after_seconds.max(0);
        if wait == 0 {
            self.look_at_usage(place);
            return;
        }
        let due = self.account_now() + wait;
        self.agenda.plan(due, Task::LookAtUsage { place });
    }

    /// Counts an event, rejects it, or takes it back, whichever it is due for.
    pub(crate) fn look_at_usage(&mut self, place: usize) {
        let Some(event) = self.usage.get(place) else {
            return;
        };
        match event.state {
            UsageState::Waiting | UsageState::Counted if event.cancel_asked => {
                self.usage.drop_event(place, UsageState::Canceled);
            }
            UsageState::Counted | UsageState::Canceled | UsageState::Rejected => {}
            UsageState::Waiting => self.judge_usage(place),
        }
    }

    fn judge_usage(&mut self, place: usize) {
        let Some(event) = self.usage.get(place) else {
            return;
        };
        let judged = match self.usage_faults.strike() {
            Some(error) => {
                let message = message_of(error, &event.event_name);
                Err(UsageRefusal::Wrong { error, message })
            }
            None => self.check_received(event).and_then(|()| self.check_contents(event)),
        };
        match judged {
            Ok(counts) => {
                self.usage.count(place, &counts.meter, &counts.customer, counts.value);
                self.watch_usage(&counts.meter, &counts.customer);
            }
            Err(refusal) => self.reject_usage(place, refusal),
        }
    }

    /// The bounds of an event's timestamp as they were when it came.
    fn check_received(&self, event: &UsageEvent) -> Result<(), UsageRefusal> {
        // A customer of a test clock was in another time then, which is not known any more.
        let customer = self.customer_of_usage(&event.event_name, &event.payload);
        if self.clock_of(customer.unwrap_or_default()).is_some() {
            return Ok(());
        }
        check_bounds(event.timestamp, event.received, &event.event_name)
    }

    fn check_timestamp(&self, event: &UsageEvent) -> Result<(), UsageRefusal> {
        let now = self.now_of_usage(&event.event_name, &event.payload);
        check_bounds(event.timestamp, now, &event.event_name)
    }

    fn check_contents(&self, event: &UsageEvent) -> Result<Counts, UsageRefusal> {
        let wrong = |error| {
            let message = message_of(error, &event.event_name);
            UsageRefusal::Wrong { error, message }
        };
        let meter =
            self.meter_named(&event.event_name).ok_or_else(|| wrong(MeterError::NoMeter))?;
        if meter.deactivated_at.is_some() {
            return Err(wrong(MeterError::ArchivedMeter));
        }
        let given = |key: &str| event.payload.get(key).filter(|text| !text.is_empty());
        let customer = given(&meter.customer_key).ok_or_else(|| UsageRefusal::Wrong {
            error: MeterError::NoCustomerDefined,
            message: format!("Customer mapping key {} not found in payload.", meter.customer_key),
        })?;
        if self.customers.get(customer).is_none_or(|held| held.deleted) {
            return Err(wrong(MeterError::CustomerNotFound));
        }
        let value = match (meter.formula, given(&meter.value_key)) {
            (Formula::Count, _) => Decimal::whole(1),
            (Formula::Sum | Formula::Last, None) => {
                return Err(UsageRefusal::Wrong {
                    error: MeterError::ValueNotFound,
                    message: format!("Value key {} not found in payload.", meter.value_key),
                });
            }
            (Formula::Sum | Formula::Last, Some(text)) => self.value(text).map_err(wrong)?,
        };
        Ok(Counts { meter: meter.id.clone(), customer: customer.clone(), value })
    }

    fn value(&self, text: &str) -> Result<Decimal, MeterError> {
        let rules = &self.rules.usage;
        let value = quantity(text, rules.value_digits_max)?;
        let is_whole = value.as_whole().is_some();
        let counts = match rules.values {
            MeterValues::PositiveWhole => value > Decimal::ZERO && is_whole,
            MeterValues::Whole => value >= Decimal::ZERO && is_whole,
            MeterValues::Decimal => value >= Decimal::ZERO,
            MeterValues::SignedDecimal => true,
        };
        counts.then_some(value).ok_or(MeterError::InvalidValue)
    }

    /// Has an event taken back, which takes as long as counting does; whether it is already.
    pub(crate) fn cancel_usage(
        &mut self,
        event_name: &str,
        identifier: &str,
    ) -> Result<bool, LifeError> {
        let now = self.account_now();
        let invalid = |message: String| LifeError::Invalid { param: "cancel[identifier]", message };
        let (place, event) = self
            .usage
            .under(identifier)
            .filter(|(_, event)| event.event_name == event_name)
            .ok_or_else(|| invalid(format!("No event was found with identifier {identifier}.")))?;
        if now - event.received >= CANCELABLE_SECONDS {
            return Err(invalid(
                "You can only cancel events within 24 hours of Stripe receiving them.".to_owned(),
            ));
        }
        if event.cancel_asked {
            return Err(invalid(format!(
                "The event with identifier {identifier} is already canceled."
            )));
        }
        self.usage.ask_to_cancel(place);
        self.look_later(place);
        Ok(self.usage.get(place).is_some_and(|event| event.state == UsageState::Canceled))
    }

    /// Looks at what waits of the customers of a test clock: its advance takes longer than that.
    pub(super) fn settle_usage_of(&mut self, clock: &str) {
        for place in self.usage.waiting() {
            let of_clock = self.usage.get(place).is_some_and(|event| {
                let customer = self.customer_of_usage(&event.event_name, &event.payload);
                let held = self.customers.get(customer.unwrap_or_default());
                held.is_some_and(|held| held.test_clock.as_deref() == Some(clock))
            });
            if of_clock {
                self.look_at_usage(place);
            }
        }
    }

    /// What counts for a customer of a meter from one second to before another.
    pub(crate) fn usage_between(&self, meter: &str, customer: &str, from: i64, to: i64) -> Decimal {
        self.meters
            .get(meter)
            .map_or(Decimal::ZERO, |meter| self.usage.sum(meter, customer, from, to))
    }
}

/// The value of an event: a decimal without exponent, blanks or plus, of at most so many digits.
/// Zeros that tell nothing are not counted.
fn quantity(text: &str, digits_max: usize) -> Result<Decimal, MeterError> {
    let number = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if !is_digits(whole) || !is_digits(part) {
        return Err(MeterError::InvalidValue);
    }
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    let digits = whole.len() + part.len();
    let sign = if number == text { "" } else { "-" };
    let whole = if whole.is_empty() { "0" } else { whole };
    Decimal::parse(&format!("{sign}{whole}.{part}"))
        .filter(|_| digits <= digits_max)
        .ok_or(MeterError::ValueTooManyDigits)
}

fn check_bounds(timestamp: i64, now: i64, event_name: &str) -> Result<(), UsageRefusal> {
    let error = if timestamp > now + AHEAD_SECONDS_MAX {
        MeterError::TimestampInFuture
    } else if timestamp < now - OLDEST_SECONDS {
        MeterError::TimestampTooFarInPast
    } else {
        return Ok(());
    };
    Err(UsageRefusal::Wrong { error, message: message_of(error, event_name) })
}

/// What is said of an error where nothing closer is known.
fn message_of(error: MeterError, event_name: &str) -> String {
    match error {
        MeterError::ArchivedMeter => {
            format!("The meter matching event_name {event_name} is not active.")
        }
        MeterError::CustomerNotFound => "The customer was not found.".to_owned(),
        MeterError::InvalidValue => "The value is invalid.".to_owned(),
        MeterError::NoCustomerDefined => "No customer was found in payload.".to_owned(),
        MeterError::NoMeter => format!("No meter was found matching event_name {event_name}."),
        MeterError::TimestampInFuture => {
            "The timestamp is more than 5 minutes in the future.".to_owned()
        }
        MeterError::TimestampTooFarInPast => {
            "The timestamp is more than 35 days in the past.".to_owned()
        }
        MeterError::ValueNotFound => "No value was found in payload.".to_owned(),
        MeterError::ValueTooManyDigits => "The value has too many digits.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::quantity;
    use crate::model::usage::MeterError;

    #[test]
    fn values_are_decimals_of_some_digits() {
        let check = |text: &str, expected: Result<&str, MeterError>| {
            let read = quantity(text, 15).map(|quantity| quantity.to_string());
            assert_eq!(read, expected.map(str::to_owned), "{text}");
        };
        check("0", Ok("0"));
        check("25", Ok("25"));
        check("007", Ok("7"));
        check("-0", Ok("0"));
        check("-2.50", Ok("-2.5"));
        check("0.00000000001", Ok("0.00000000001"));
        check("123456789012.345", Ok("123456789012.345"));
        check("123456789012345", Ok("123456789012345"));
        check("1234567890123456", Err(MeterError::ValueTooManyDigits));
        check("0.0000000000001", Err(MeterError::ValueTooManyDigits));
        for wrong in ["", "-", ".", "1.", ".5", "+1", "1e3", " 1", "1 ", "0x1", "१", "NaN", "--1"]
        {
            check(wrong, Err(MeterError::InvalidValue));
        }
    }
}
