//! Meter events as they were received, and those of them that count, by meter, customer and time.

use super::Metadata;
use crate::model::decimal::Decimal;
use crate::model::meter::{Formula, Meter, Window};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Why a meter event does not count (STRIPE.md 6.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeterError {
    /// The meter is inactive.
    ArchivedMeter,
    /// The customer does not exist, or is deleted.
    #[serde(rename = "meter_event_customer_not_found")]
    CustomerNotFound,
    /// The value is no number that counts.
    #[default]
    #[serde(rename = "meter_event_invalid_value")]
    InvalidValue,
    /// The payload names no customer.
    #[serde(rename = "meter_event_no_customer_defined")]
    NoCustomerDefined,
    /// No meter has the event's name.
    NoMeter,
    /// The event is dated too far ahead.
    TimestampInFuture,
    /// The event is dated too far back.
    TimestampTooFarInPast,
    /// The payload has no value.
    #[serde(rename = "meter_event_value_not_found")]
    ValueNotFound,
    /// The value has too many digits.
    #[serde(rename = "meter_event_value_too_many_digits")]
    ValueTooManyDigits,
}

impl MeterError {
    /// The code as error reports have it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::ArchivedMeter => "archived_meter",
            Self::CustomerNotFound => "meter_event_customer_not_found",
            Self::InvalidValue => "meter_event_invalid_value",
            Self::NoCustomerDefined => "meter_event_no_customer_defined",
            Self::NoMeter => "no_meter",
            Self::TimestampInFuture => "timestamp_in_future",
            Self::TimestampTooFarInPast => "timestamp_too_far_in_past",
            Self::ValueNotFound => "meter_event_value_not_found",
            Self::ValueTooManyDigits => "meter_event_value_too_many_digits",
        }
    }
}

/// An event that does not count, as a report lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) error: MeterError,
    pub(crate) identifier: String,
    pub(crate) message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsageState {
    /// Received, but not looked at.
    Waiting,
    Counted,
    Canceled,
    Rejected,
}

#[derive(Clone, Debug)]
pub(crate) struct UsageEvent {
    pub(crate) event_name: String,
    pub(crate) identifier: String,
    pub(crate) payload: Metadata,
    /// The second of the account's own time in which it came.
    pub(crate) received: i64,
    pub(crate) timestamp: i64,
    pub(crate) state: UsageState,
    /// Whether it is to be taken back when it is looked at next.
    pub(crate) cancel_asked: bool,
    /// The meter and the customer it counts for, once it does.
    pub(crate) counts_for: Option<(String, String)>,
    pub(crate) value: Decimal,
}

/// What counts for one customer of one meter: places of events by their time.
type Counted = BTreeSet<(i64, usize)>;

/// Every meter event of the account.
#[derive(Debug, Default)]
pub(crate) struct UsageBook {
    /// In the order of receipt.
    events: Vec<UsageEvent>,
    latest_under: HashMap<String, usize>,
    waiting: BTreeSet<usize>,
    counted: BTreeMap<String, BTreeMap<String, Counted>>,
    /// When each session of an event stream ends, by its token.
    pub(crate) sessions: HashMap<String, i64>,
    /// What did not count, by the start of the window it was looked at in, and by meter.
    pub(crate) rejected: BTreeMap<i64, BTreeMap<Option<String>, Vec<Rejected>>>,
}

impl UsageBook {
    /// Keeps an event that was received, and tells its place.
    pub(crate) fn receive(&mut self, event: UsageEvent) -> usize {
        let place = self.events.len();
        self.latest_under.insert(event.identifier.clone(), place);
        self.waiting.insert(place);
        self.events.push(event);
        place
    }

    pub(crate) fn get(&self, place: usize) -> Option<&UsageEvent> {
        self.events.get(place)
    }

    /// The latest event under an identifier, and its place.
    pub(crate) fn under(&self, identifier: &str) -> Option<(usize, &UsageEvent)> {
        let place = *self.latest_under.get(identifier)?;
        self.events.get(place).map(|event| (place, event))
    }

    /// The places of events that are still to be looked at.
    pub(crate) fn waiting(&self) -> Vec<usize> {
        self.waiting.iter().copied().collect()
    }

    pub(crate) fn ask_to_cancel(&mut self, place: usize) {
        if let Some(event) = self.events.get_mut(place) {
            event.cancel_asked = true;
            self.waiting.insert(place);
        }
    }

    pub(crate) fn count(&mut self, place: usize, meter: &str, customer: &str, value: Decimal) {
        let Some(event) = self.events.get_mut(place) else {
            return;
        };
        event.state = UsageState::Counted;
        event.counts_for = Some((meter.to_owned(), customer.to_owned()));
        event.value = value;
        self.waiting.remove(&place);
        let of_meter = self.counted.entry(meter.to_owned()).or_default();
        of_meter.entry(customer.to_owned()).or_default().insert((event.timestamp, place));
    }

    /// Takes an event out of what counts, for good.
    pub(crate) fn drop_event(&mut self, place: usize, state: UsageState) {
        let Some(event) = self.events.get_mut(place) else {
            return;
        };
        event.state = state;
        self.waiting.remove(&place);
        if let Some((meter, customer)) = &event.counts_for
            && let Some(counted) =
                self.counted.get_mut(meter).and_then(|of_meter| of_meter.get_mut(customer))
        {
            counted.remove(&(event.timestamp, place));
        }
    }

    /// The customers that something was ever counted for, by meter.
    pub(crate) fn customers_of<'a>(&'a self, meter: &str) -> impl Iterator<Item = &'a str> {
        self.counted.get(meter).into_iter().flat_map(|counted| counted.keys().map(String::as_str))
    }

    /// Whether anything counts for a customer from one second to before another.
    pub(crate) fn has_any(&self, meter: &str, customer: &str, from: i64, to: i64) -> bool {
        let counted = self.counted.get(meter).and_then(|of| of.get(customer));
        from < to
            && counted.is_some_and(|counted| counted.range((from, 0)..(to, 0)).next().is_some())
    }

    /// What counts for a customer from one second to before another.
    pub(crate) fn sum(&self, meter: &Meter, customer: &str, from: i64, to: i64) -> Decimal {
        let Some(counted) = self.counted.get(&meter.id).and_then(|of| of.get(customer)) else {
            return Decimal::ZERO;
        };
        if from >= to {
            return Decimal::ZERO;
        }
        let mut inside = counted
            .range((from, 0)..(to, 0))
            .filter(|entry| {
                meter.event_time_window.is_none_or(|it| is_latest(counted, **entry, it))
            })
            .filter_map(|(_, place)| self.events.get(*place));
        match meter.formula {
            Formula::Sum => inside.fold(Decimal::ZERO, |sum, event| sum.plus(event.value)),
            Formula::Count => Decimal::whole(i64::try_from(inside.count()).unwrap_or(i64::MAX)),
            Formula::Last => inside.next_back().map_or(Decimal::ZERO, |event| event.value),
        }
    }
}

/// Whether an event is the latest of its window: of two of one second, the one that came later.
fn is_latest(counted: &Counted, entry: (i64, usize), window: Window) -> bool {
    let end = entry.0 - entry.0.rem_euclid(window.seconds()) + window.seconds();
    counted.range(..(end, 0)).next_back() == Some(&entry)
}

#[cfg(test)]
mod tests {
    use super::{UsageBook, UsageEvent, UsageState};
    use crate::model::Metadata;
    use crate::model::decimal::Decimal;
    use crate::model::meter::{Formula, Meter, Window};

    fn meter(formula: Formula, event_time_window: Option<Window>) -> Meter {
        Meter {
            id: "mtr".to_owned(),
            created: 0,
            customer_key: String::new(),
            deactivated_at: None,
            display_name: String::new(),
            event_name: String::new(),
            event_time_window,
            formula,
            updated: 0,
            value_key: String::new(),
        }
    }

    fn book(events: &[(i64, i64)]) -> UsageBook {
        let mut book = UsageBook::default();
        for (timestamp, value) in events {
            let place = book.receive(UsageEvent {
                event_name: String::new(),
                identifier: String::new(),
                payload: Metadata::new(),
                received: 0,
                timestamp: *timestamp,
                state: UsageState::Waiting,
                cancel_asked: false,
                counts_for: None,
                value: Decimal::ZERO,
            });
            book.count(place, "mtr", "cus", Decimal::whole(*value));
        }
        book
    }

    #[test]
    fn a_formula_makes_one_number_of_what_lies_in_a_range() {
        let events = [(100, 5), (7_300, 3), (200, 2), (7_300, 4), (3_600, 9)];
        let check = |formula, window, from, to, expected| {
            let sum = book(&events).sum(&meter(formula, window), "cus", from, to);
            assert_eq!(sum, Decimal::whole(expected), "{formula:?} {window:?} {from}..{to}");
        };
        check(Formula::Sum, None, 0, 10_000, 23);
        check(Formula::Sum, None, 100, 200, 5);
        check(Formula::Sum, None, 200, 200, 0);
        check(Formula::Sum, None, 300, 200, 0);
        check(Formula::Count, None, 0, 10_000, 5);
        check(Formula::Last, None, 0, 10_000, 4);
        check(Formula::Last, None, 0, 7_300, 9);
        check(Formula::Sum, Some(Window::Hour), 0, 10_000, 2 + 9 + 4);
        check(Formula::Sum, Some(Window::Hour), 0, 150, 0);
        check(Formula::Sum, Some(Window::Day), 0, 10_000, 4);
        check(Formula::Count, Some(Window::Hour), 0, 10_000, 3);
    }

    #[test]
    fn what_is_dropped_no_longer_counts() {
        let mut book = book(&[(100, 5), (200, 2)]);
        book.drop_event(0, UsageState::Canceled);
        let sum = book.sum(&meter(Formula::Sum, None), "cus", 0, 1_000);
        assert_eq!(sum, Decimal::whole(2));
        assert_eq!(book.customers_of("mtr").collect::<Vec<_>>(), ["cus"]);
    }
}
