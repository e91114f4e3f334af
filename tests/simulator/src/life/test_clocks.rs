//! Test clocks (STRIPE.md section 8): what belongs to a customer of one happens in its time, and
//! what is due there waits until the clock is advanced. Events are stamped with the account's own
//! time all the same.

use super::LifeError;
use crate::agenda::{Agenda, Task};
use crate::calendar::{SECONDS_PER_DAY, add_months, next_boundary};
use crate::model::customer::Customer;
use crate::model::test_clock::{ClockStatus, TestClock};
use crate::world::World;

/// How far a clock without subscriptions can be advanced.
const MONTHS_MAX: i64 = 24;

impl World {
    /// The live clock that a customer, or something of a customer's, goes by; a clock goes by
    /// itself.
    pub(crate) fn clock_of(&self, id: &str) -> Option<&TestClock> {
        if self.test_clocks.rows().is_empty() {
            return None;
        }
        let subscription = self.subscriptions.get(id).map(|held| held.customer.as_str());
        let invoice = self.invoices.get(id).map(|held| held.customer.as_str());
        let item = self.invoice_items.get(id).map(|held| held.customer.as_str());
        let grant = || self.credit_grants.get(id).map(|held| held.customer.as_str());
        let checkout =
            || self.checkout_sessions.get(id).and_then(|held| held.offer.customer.as_deref());
        let portal = || self.portal_sessions.get(id).map(|held| held.customer.as_str());
        let schedule = || self.schedules.get(id).map(|held| held.customer.as_str());
        let customer = subscription.or(invoice).or(item).or_else(|| self.payer(id)).or_else(grant);
        let customer = customer.or_else(checkout).or_else(portal).or_else(schedule).unwrap_or(id);
        let named = self.customers.get(customer).and_then(|held| held.test_clock.as_deref());
        self.test_clocks.get(named.unwrap_or(id)).filter(|clock| !clock.deleted)
    }

    /// Does something in the time of the clock that an object goes by, if it goes by one.
    pub(crate) fn in_time_of<R>(&mut self, id: &str, work: impl FnOnce(&mut Self) -> R) -> R {
        let clock = self.clock_of(id).map(|clock| (clock.id.clone(), clock.frozen_time));
        let (Some((clock, frozen)), None) = (clock, self.outside_now) else {
            return work(self);
        };
        let agenda = self.clock_agendas.remove(&clock).unwrap_or_default();
        let outside = std::mem::replace(&mut self.agenda, agenda);
        self.outside_now = Some(std::mem::replace(&mut self.now, frozen));
        let result = work(self);
        self.now = self.outside_now.take().unwrap_or(self.now);
        let agenda: Agenda = std::mem::replace(&mut self.agenda, outside);
        self.clock_agendas.insert(clock, agenda);
        result
    }

    pub(crate) fn create_test_clock(&mut self, frozen_time: i64, name: Option<String>) -> String {
        let id = self.ids.long("clock_");
        let status = ClockStatus::Ready;
        let created = self.now;
        let deletes_after = created + self.rules.clocks.kept_days * SECONDS_PER_DAY;
        let clock = TestClock {
            id: id.clone(),
            created,
            deleted: false,
            deletes_after,
            frozen_time,
            name,
            status,
        };
        self.test_clocks.insert(&id, clock);
        if self.rules.clocks.expire {
            self.agenda.plan(deletes_after, Task::ClockExpires { clock: id.clone() });
        }
        self.emit::<TestClock>("test_helpers.test_clock.created", &id);
        id
    }

    /// A clock has room for a few customers only.
    pub(crate) fn check_clock_room(&self, id: &str) -> Result<(), LifeError> {
        let most = self.rules.clocks.customers_max;
        if most.is_some_and(|most| self.customers_of_clock(id).len() >= most) {
            return Err(LifeError::NotNow {
                code: None,
                message: "This test clock has reached its maximum number of customers.".to_owned(),
            });
        }
        Ok(())
    }

    /// Sets a clock on its way; unless it is set to take its time, it arrives before the next
    /// thing that is done to the account.
    pub(crate) fn advance_test_clock(&mut self, id: &str, to: i64) -> Result<(), LifeError> {
        let clock = self.live_clock(id, "id")?;
        let message = match clock.status {
            ClockStatus::Ready => None,
            ClockStatus::Advancing { .. } => {
                Some("Test clock advancement underway - cannot perform modifications.")
            }
            ClockStatus::InternalFailure => {
                Some("This test clock has failed and can no longer be advanced.")
            }
        };
        if let Some(message) = message {
            return Err(LifeError::NotNow { code: None, message: message.to_owned() });
        }
        let invalid = |message: &str| LifeError::Invalid {
            param: "frozen_time",
            message: message.to_owned(),
        };
        if to <= clock.frozen_time {
            return Err(invalid("A test clock can only be advanced to a later time."));
        }
        if to > self.furthest(clock) {
            return Err(invalid(
                "A test clock can be advanced by at most two intervals of its shortest \
                 subscription, or two years if it has none.",
            ));
        }
        let fails = std::mem::take(&mut self.clock_fails);
        self.edit::<TestClock>(id, |held| held.status = ClockStatus::Advancing { to, fails });
        self.emit::<TestClock>("test_helpers.test_clock.advancing", id);
        let arrives = self.now + self.rules.clocks.advancing_seconds;
        self.agenda.plan(arrives, Task::AdvanceClock { clock: id.to_owned() });
        Ok(())
    }

    /// The latest second that a clock can be advanced to at once.
    fn furthest(&self, clock: &TestClock) -> i64 {
        let frozen = clock.frozen_time;
        let customers = self.customers_of_clock(&clock.id);
        let subscriptions = customers.iter().filter_map(|id| self.subscriptions_of.get(id));
        let live = subscriptions
            .flatten()
            .filter_map(|id| self.subscriptions.get(id))
            .filter(|held| !held.status.has_ended());
        let prices = live.flat_map(|held| &held.items).filter_map(|item| {
            self.prices.get(&item.price).and_then(|price| price.recurring.as_ref())
        });
        let two_intervals = prices.map(|recurring| {
            next_boundary(frozen, recurring.interval, 2 * recurring.interval_count, frozen)
        });
        two_intervals.min().unwrap_or_else(|| add_months(frozen, MONTHS_MAX))
    }

    /// Lets everything happen that is due by the second a clock is on its way to.
    pub(crate) fn arrive(&mut self, id: &str) {
        let status = self.test_clocks.get(id).filter(|clock| !clock.deleted).map(|it| it.status);
        let Some(ClockStatus::Advancing { to, fails }) = status else {
            return;
        };
        if fails {
            self.edit::<TestClock>(id, |held| held.status = ClockStatus::InternalFailure);
            self.emit::<TestClock>("test_helpers.test_clock.internal_failure", id);
            return;
        }
        self.settle_usage_of(id);
        self.in_time_of(id, |world| world.perform_until(to));
        self.edit::<TestClock>(id, |held| {
            held.frozen_time = to;
            held.status = ClockStatus::Ready;
        });
        self.emit::<TestClock>("test_helpers.test_clock.ready", id);
    }

    /// A clock that has been kept long enough is deleted.
    pub(crate) fn expire_clock(&mut self, id: &str) {
        // One that is deleted already stays so.
        let _ = self.delete_test_clock(id);
    }

    /// Deletes a clock with its customers and all that was still to happen to them.
    pub(crate) fn delete_test_clock(&mut self, id: &str) -> Result<(), LifeError> {
        self.live_clock(id, "id")?;
        for customer in self.customers_of_clock(id) {
            self.in_time_of(id, |world| world.delete_customer(&customer))?;
        }
        self.edit::<TestClock>(id, |held| held.deleted = true);
        self.clock_agendas.remove(id);
        self.emit::<TestClock>("test_helpers.test_clock.deleted", id);
        Ok(())
    }

    pub(crate) fn live_clock(
        &self,
        id: &str,
        param: &'static str,
    ) -> Result<&TestClock, LifeError> {
        self.test_clocks.get(id).filter(|clock| !clock.deleted).ok_or_else(|| LifeError::Missing {
            kind: "test_helpers.test_clock",
            id: id.to_owned(),
            param,
        })
    }

    /// The customers of a clock that are not deleted.
    fn customers_of_clock(&self, clock: &str) -> Vec<String> {
        let goes_by = |held: &&Customer| !held.deleted && held.test_clock.as_deref() == Some(clock);
        self.customers.rows().iter().filter(goes_by).map(|held| held.id.clone()).collect()
    }
}
