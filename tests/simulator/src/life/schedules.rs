//! Subscription schedules: a subscription changes by itself from phase to phase, and ends or goes
//! on alone after the last. Phases follow one another without a gap.

use super::LifeError;
use super::orders::{Cancel, ProrationBehavior};
pub(crate) use super::phases::NewPhase;
use crate::agenda::Task;
use crate::calendar::SECONDS_PER_DAY;
use crate::model::schedule::{Phase, PhaseItem, Schedule, ScheduleEnd, ScheduleStatus};
use crate::model::subscription::{Item, Subscription};
use crate::model::terms::{BillingMode, Collection};
use crate::model::{Metadata, merge_metadata};
use crate::world::World;

/// How long before its end a schedule tells of it.
const NOTICE_SECONDS: i64 = 7 * SECONDS_PER_DAY;
const UPDATED: &str = "subscription_schedule.updated";

/// A schedule to make.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewSchedule {
    pub(crate) billing_mode: BillingMode,
    pub(crate) collection: Collection,
    pub(crate) customer: String,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) end_behavior: ScheduleEnd,
    pub(crate) metadata: Metadata,
    pub(crate) phases: Vec<NewPhase>,
    /// None for now.
    pub(crate) start_date: Option<i64>,
}

/// A change to a schedule.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScheduleChange {
    pub(crate) collection: Option<Collection>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) end_behavior: Option<ScheduleEnd>,
    pub(crate) metadata: Metadata,
    pub(crate) phases: Option<Vec<NewPhase>>,
    /// What becomes of the rest of a period, where the present phase changes.
    pub(crate) proration: ProrationBehavior,
}

impl World {
    pub(crate) fn create_schedule(&mut self, new: NewSchedule) -> Result<String, LifeError> {
        self.live_customer(&new.customer, "customer")?;
        self.check_own_method(&new.customer, new.default_payment_method.as_deref())?;
        let start = new.start_date.unwrap_or(self.now);
        let phases = self.phases(&new.customer, &new.phases, start)?;
        let schedule = Schedule {
            id: String::new(),
            created: self.now,
            billing_mode: new.billing_mode,
            canceled_at: None,
            collection: new.collection,
            completed_at: None,
            customer: new.customer,
            default_payment_method: new.default_payment_method,
            description: new.description,
            end_behavior: new.end_behavior,
            entered: None,
            metadata: new.metadata,
            phases,
            released_at: None,
            released_subscription: None,
            status: ScheduleStatus::NotStarted,
            subscription: None,
        };
        let id = self.insert_schedule(schedule);
        self.emit::<Schedule>("subscription_schedule.created", &id);
        self.move_schedule(&id);
        Ok(id)
    }

    fn insert_schedule(&mut self, mut schedule: Schedule) -> String {
        let id = self.ids.long("sub_sched_");
        schedule.id.clone_from(&id);
        self.schedules.insert(&id, schedule);
        self.plan_schedule(&id);
        id
    }

    /// Has a schedule manage a subscription that exists: its first phase is the present period.
    pub(crate) fn schedule_subscription(&mut self, id: &str) -> Result<String, LifeError> {
        let param = "from_subscription";
        let missing = || LifeError::Missing { kind: "subscription", id: id.to_owned(), param };
        let held = self.subscriptions.get(id).cloned().ok_or_else(missing)?;
        if held.status.has_ended() || held.schedule.is_some() {
            return Err(LifeError::NotNow {
                code: None,
                message: "You cannot migrate a subscription that has ended or is already \
                          attached to a schedule."
                    .to_owned(),
            });
        }
        let (start_date, end_date) = held.period();
        let item = |item: &Item| PhaseItem {
            metadata: item.metadata.clone(),
            price: item.price.clone(),
            quantity: item.quantity,
        };
        let phase = Phase {
            add_invoice_items: Vec::new(),
            anchors_cycle: None,
            collection: None,
            currency: held.currency.clone(),
            default_payment_method: None,
            description: None,
            end_date,
            items: held.items.iter().map(item).collect(),
            metadata: Metadata::new(),
            proration: ProrationBehavior::CreateProrations,
            start_date,
            trial_end: held.trial_end.filter(|end| *end > self.now),
        };
        let schedule = Schedule {
            id: String::new(),
            created: self.now,
            billing_mode: held.billing_mode,
            canceled_at: None,
            collection: held.collection,
            completed_at: None,
            customer: held.customer.clone(),
            default_payment_method: held.default_payment_method.clone(),
            description: None,
            end_behavior: ScheduleEnd::Release,
            entered: Some(0),
            metadata: Metadata::new(),
            phases: vec![phase],
            released_at: None,
            released_subscription: None,
            status: ScheduleStatus::Active,
            subscription: Some(id.to_owned()),
        };
        let schedule = self.insert_schedule(schedule);
        self.emit::<Schedule>("subscription_schedule.created", &schedule);
        self.update::<Subscription>("customer.subscription.updated", id, |held| {
            held.schedule = Some(schedule.clone());
        });
        Ok(schedule)
    }

    pub(crate) fn update_schedule(
        &mut self,
        id: &str,
        change: ScheduleChange,
    ) -> Result<(), LifeError> {
        let held = self.live_schedule(id)?.clone();
        let start = held.phases.first().map_or(self.now, |phase| phase.start_date);
        let start = match (held.status, &change.phases) {
            // Of what has begun, the phases that are over may be left out.
            (ScheduleStatus::Active, Some(phases)) => {
                phases.first().and_then(|phase| phase.start_date).unwrap_or_else(|| {
                    let now = held.phase_at(self.now).and_then(|at| held.phases.get(at));
                    now.map_or(start, |phase| phase.start_date)
                })
            }
            (_, Some(phases)) => phases.first().and_then(|phase| phase.start_date).unwrap_or(start),
            (_, None) => start,
        };
        let phases = match &change.phases {
            Some(phases) => Some(self.phases(&held.customer, phases, start)?),
            None => None,
        };
        self.update::<Schedule>(UPDATED, id, |held| {
            merge_metadata(&mut held.metadata, &change.metadata);
            held.end_behavior = change.end_behavior.unwrap_or(held.end_behavior);
            held.collection = change.collection.unwrap_or(held.collection);
            super::customers::set_text(
                &mut held.default_payment_method,
                change.default_payment_method,
            );
            if let Some(phases) = phases {
                held.phases = phases;
            }
        });
        self.plan_schedule(id);
        if change.phases.is_none() {
            return Ok(());
        }
        let now = self.now;
        let present = self.schedules.get(id).and_then(|held| held.phase_at(now));
        self.edit::<Schedule>(id, |held| {
            held.entered = present.filter(|_| held.status == ScheduleStatus::Active);
        });
        if let (Some(subscription), Some(number)) = (&held.subscription, present) {
            self.follow_phase(id, subscription, number, Some(change.proration));
        }
        self.move_schedule(id);
        Ok(())
    }

    pub(crate) fn cancel_schedule(&mut self, id: &str, how: Cancel) -> Result<(), LifeError> {
        let held = self.live_schedule(id)?.clone();
        self.close_schedule(id, ScheduleStatus::Canceled, "subscription_schedule.canceled");
        if let Some(subscription) = held.subscription {
            self.end_now(&subscription, Some("cancellation_requested"), how);
        }
        Ok(())
    }

    pub(crate) fn release_schedule(&mut self, id: &str, keeps_end: bool) -> Result<(), LifeError> {
        self.live_schedule(id)?;
        self.release(id, keeps_end);
        Ok(())
    }

    fn release(&mut self, id: &str, keeps_end: bool) {
        let now = self.now;
        let managed = self.schedules.get(id).and_then(|held| held.subscription.clone());
        let completes = self.rules.subscriptions.schedule_release_completes;
        self.edit::<Schedule>(id, |held| {
            held.status = ScheduleStatus::Released;
            held.released_at = Some(now);
            held.released_subscription = held.subscription.take();
            held.completed_at = completes.then_some(now);
        });
        self.emit::<Schedule>("subscription_schedule.released", id);
        if completes {
            self.emit::<Schedule>("subscription_schedule.completed", id);
        }
        let Some(subscription) = managed else { return };
        self.update::<Subscription>("customer.subscription.updated", &subscription, |held| {
            held.schedule = None;
            if !keeps_end && !held.cancel_at_period_end {
                held.cancel_at = None;
                held.canceled_at = None;
                held.cancellation_reason = None;
            }
        });
    }

    /// The end of a schedule that ends its subscription too.
    fn close_schedule(&mut self, id: &str, status: ScheduleStatus, kind: &str) {
        let now = self.now;
        self.edit::<Schedule>(id, |held| {
            held.status = status;
            match status {
                ScheduleStatus::Completed => held.completed_at = Some(now),
                ScheduleStatus::Canceled => held.canceled_at = Some(now),
                ScheduleStatus::NotStarted | ScheduleStatus::Active | ScheduleStatus::Released => {}
            }
        });
        self.emit::<Schedule>(kind, id);
    }

    /// A subscription that is cancelled by request takes its schedule along.
    pub(super) fn abort_schedule_of_canceled(&mut self, subscription: &str) {
        if let Some(id) = self.schedule_of(subscription) {
            self.close_schedule(&id, ScheduleStatus::Canceled, "subscription_schedule.canceled");
        }
    }

    /// So does one that is given up because it was not paid.
    pub(super) fn abort_schedule(&mut self, subscription: &str) {
        let ends = match self.rules.dunning_end {
            super::rules::DunningEnd::Cancel | super::rules::DunningEnd::Pause => true,
            super::rules::DunningEnd::Unpaid | super::rules::DunningEnd::PastDue => false,
        };
        if let Some(id) = self.schedule_of(subscription).filter(|_| ends) {
            self.close_schedule(&id, ScheduleStatus::Canceled, "subscription_schedule.aborted");
        }
    }

    fn schedule_of(&self, subscription: &str) -> Option<String> {
        let id = self.subscriptions.get(subscription)?.schedule.as_ref()?;
        self.schedules.get(id).filter(|held| held.status.is_live()).map(|held| held.id.clone())
    }

    fn live_schedule(&self, id: &str) -> Result<&Schedule, LifeError> {
        let held = self.schedules.get(id).ok_or_else(|| LifeError::Missing {
            kind: "subscription schedule",
            id: id.to_owned(),
            param: "id",
        })?;
        if held.status.is_live() {
            return Ok(held);
        }
        Err(LifeError::NotNow {
            code: None,
            message: format!(
                "You cannot update a subscription schedule that is currently in the `{}` status. \
                 It must be in the `not_started` or `active` status.",
                held.status.as_str()
            ),
        })
    }

    /// Plans every moment at which a schedule has something to do.
    fn plan_schedule(&mut self, id: &str) {
        let Some(held) = self.schedules.get(id) else {
            return;
        };
        let starts = held.phases.iter().map(|phase| phase.start_date);
        let notice = held.ends_at().map(|end| end - NOTICE_SECONDS);
        let moves: Vec<i64> = starts.chain(held.ends_at()).collect();
        for at in moves.into_iter().filter(|at| *at > self.now) {
            self.agenda.plan(at, Task::SchedulePhase { schedule: id.to_owned() });
        }
        if let Some(at) = notice.filter(|at| *at > self.now) {
            self.agenda.plan(at, Task::ScheduleExpiring { schedule: id.to_owned() });
        }
    }

    pub(crate) fn announce_schedule_end(&mut self, id: &str) {
        let due = self.schedules.get(id).is_some_and(|held| {
            held.status == ScheduleStatus::Active
                && held.ends_at().is_some_and(|end| end - NOTICE_SECONDS == self.now)
        });
        if due {
            self.emit::<Schedule>("subscription_schedule.expiring", id);
        }
    }

    /// Enters the phase that a subscription's schedule is due to be in.
    pub(super) fn enter_due_phase(&mut self, subscription: &str) {
        if let Some(schedule) = self.schedule_of(subscription) {
            self.move_schedule(&schedule);
        }
    }

    /// Does what a schedule has to do by now.
    pub(crate) fn move_schedule(&mut self, id: &str) {
        let Some(held) = self.schedules.get(id).filter(|held| held.status.is_live()).cloned()
        else {
            return;
        };
        if held.ends_at().is_some_and(|end| end <= self.now) && held.subscription.is_some() {
            match held.end_behavior {
                ScheduleEnd::Release => self.release(id, true),
                ScheduleEnd::Cancel => {
                    self.close_schedule(
                        id,
                        ScheduleStatus::Completed,
                        "subscription_schedule.completed",
                    );
                    if let Some(subscription) = &held.subscription {
                        self.end_at_its_time(subscription);
                    }
                }
            }
            return;
        }
        let Some(number) = held.phase_at(self.now).filter(|it| held.entered != Some(*it)) else {
            return;
        };
        let before = self.portrait::<Schedule>(id);
        match &held.subscription {
            None => self.begin_subscription(&held, number),
            Some(subscription) => {
                self.edit::<Schedule>(id, |held| held.entered = Some(number));
                self.follow_phase(id, subscription, number, None);
            }
        }
        self.emit_updated::<Schedule>(UPDATED, id, &before);
    }
}
