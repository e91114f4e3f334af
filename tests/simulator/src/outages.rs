//! What a simulator's handle sets of the faults of calls and of events, and of the limits of calls.

use crate::api::fault::{CallFaults, Fault, FaultRate, Step};
use crate::api::limits::Limits;
use crate::api::pattern::InvalidPattern;
use crate::mishap::{EventFault, EventFaults, EventStep};
use crate::simulator::Simulator;

impl Simulator {
    /// Has the next call that a pattern such as `POST /v1/subscriptions` means go wrong.
    ///
    /// # Errors
    ///
    /// When the text is no [`Pattern`](crate::Pattern).
    pub fn fail_next(&self, on: &str, fault: Fault) -> Result<(), InvalidPattern> {
        self.fail_times(on, 1, fault)
    }

    /// Has the next so many calls that a pattern means go wrong.
    ///
    /// # Errors
    ///
    /// When the text is no [`Pattern`](crate::Pattern).
    pub fn fail_times(&self, on: &str, times: u32, fault: Fault) -> Result<(), InvalidPattern> {
        self.add_step(Step { on: on.parse()?, fault: Some(fault), times });
        Ok(())
    }

    pub(crate) fn add_step(&self, step: Step) {
        if step.times > 0 {
            self.call_fault_book().change(|faults| faults.next.push(step));
        }
    }

    /// Sets the script of calls, in place of what was left of the last one.
    pub fn set_call_script(&self, script: Vec<Step>) {
        let script = script.into_iter().filter(|step| step.times > 0).collect();
        self.call_fault_book().change(|faults| faults.script = script);
    }

    /// Sets which calls go wrong by chance; false, and nothing set, when a rate is no probability.
    #[must_use]
    pub fn set_call_fault_rates(&self, rates: Vec<FaultRate>) -> bool {
        let are_rates = rates.iter().all(|it| (0.0..=1.0).contains(&it.rate));
        if are_rates {
            self.call_fault_book().change(|faults| faults.rates = rates);
        }
        are_rates
    }

    /// The faults of calls that are still to come.
    #[must_use]
    pub fn call_faults(&self) -> CallFaults {
        self.call_fault_book().faults()
    }

    /// Forgets every fault of calls that is still to come.
    pub fn clear_call_faults(&self) {
        self.call_fault_book().change(|faults| *faults = CallFaults::default());
    }

    /// The limits on calls as they are set.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limit_book().limits()
    }

    /// Sets the limits for every call from now on.
    pub fn set_limits(&self, limits: Limits) {
        self.limit_book().set(limits);
    }

    /// Has the next event of a type go wrong; a `*` at the end of the type stands for any rest.
    pub fn fail_next_event(&self, on: &str, fault: EventFault) {
        self.fail_events(on, 1, fault);
    }

    /// Has the next so many events of a type go wrong.
    pub fn fail_events(&self, on: &str, times: u32, fault: EventFault) {
        self.add_event_step(EventStep { on: on.to_owned(), fault: Some(fault), times });
    }

    pub(crate) fn add_event_step(&self, step: EventStep) {
        if step.times > 0 {
            self.change_event_faults(|faults| faults.next.push(step));
        }
    }

    /// Sets the script of events, in place of what was left of the last one.
    pub fn set_event_script(&self, script: Vec<EventStep>) {
        let script = script.into_iter().filter(|step| step.times > 0).collect();
        self.change_event_faults(|faults| faults.script = script);
    }

    /// The faults of events that are still to come.
    #[must_use]
    pub fn event_faults(&self) -> EventFaults {
        let mut faults = EventFaults::default();
        self.change_event_faults(|held| faults = held.clone());
        faults
    }

    /// Forgets every fault of events that is still to come, but those by chance.
    pub fn clear_event_faults(&self) {
        self.change_event_faults(|faults| *faults = EventFaults::default());
    }
}
