//! The phases of a subscription schedule: when each begins and ends, and how a subscription
//! becomes what a phase says.

use super::LifeError;
use super::orders::{
    ItemChange, NewItem, NewSubscription, PaymentBehavior, ProrationBehavior, Start,
    SubscriptionChange, TrialEnd,
};
use crate::calendar::next_boundary;
use crate::model::Metadata;
use crate::model::price::{Interval, Price};
use crate::model::schedule::{Phase, PhaseItem, Schedule, ScheduleStatus};
use crate::model::subscription::{Item, Subscription};
use crate::model::terms::{AnchorReset, Collection};
use crate::world::World;

/// A phase to come. Without an end of any kind it lasts one interval.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewPhase {
    pub(crate) add_invoice_items: Vec<NewItem>,
    pub(crate) anchors_cycle: Option<bool>,
    pub(crate) collection: Option<Collection>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) description: Option<String>,
    /// An interval and how many of it.
    pub(crate) duration: Option<(Interval, i64)>,
    pub(crate) end_date: Option<i64>,
    pub(crate) items: Vec<NewItem>,
    /// How many billing periods it lasts.
    pub(crate) iterations: Option<i64>,
    pub(crate) metadata: Metadata,
    pub(crate) proration: ProrationBehavior,
    pub(crate) start_date: Option<i64>,
    /// Whether all of it is a trial.
    pub(crate) trial: bool,
    pub(crate) trial_end: Option<i64>,
}

impl World {
    pub(super) fn phases(
        &self,
        customer: &str,
        new: &[NewPhase],
        start: i64,
    ) -> Result<Vec<Phase>, LifeError> {
        let invalid =
            |message: &str| LifeError::Invalid { param: "phases", message: message.to_owned() };
        if new.is_empty() {
            return Err(invalid("A schedule needs at least one phase."));
        }
        let mut phases: Vec<Phase> = Vec::new();
        let mut start_date = start;
        for phase in new {
            self.check_first_items(&phase.items)?;
            self.check_extras(&phase.add_invoice_items)?;
            self.check_own_method(customer, phase.default_payment_method.as_deref())?;
            if phase.start_date.is_some_and(|at| at != start_date) {
                return Err(invalid("A phase must begin where the one before it ends."));
            }
            let prices: Vec<&str> = phase.items.iter().map(|it| it.price.as_str()).collect();
            let end_date = match (phase.end_date, phase.duration, phase.iterations) {
                (Some(end), _, _) => end,
                (None, Some((interval, count)), _) => {
                    next_boundary(start_date, interval, count, start_date)
                }
                (None, None, iterations) => {
                    self.after_periods(&prices, start_date, iterations.unwrap_or(1))
                }
            };
            if end_date <= start_date {
                return Err(invalid("A phase must end after it begins."));
            }
            let currency = prices.first().and_then(|price| self.prices.get(price));
            phases.push(Phase {
                add_invoice_items: phase.add_invoice_items.iter().map(phase_item).collect(),
                anchors_cycle: phase.anchors_cycle,
                collection: phase.collection,
                currency: currency.map_or_else(String::new, |price| price.currency.clone()),
                default_payment_method: phase.default_payment_method.clone(),
                description: phase.description.clone(),
                end_date,
                items: phase.items.iter().map(|item| self.counted_item(item)).collect(),
                metadata: phase.metadata.clone(),
                proration: phase.proration,
                start_date,
                trial_end: if phase.trial { Some(end_date) } else { phase.trial_end },
            });
            start_date = end_date;
        }
        Ok(phases)
    }

    fn counted_item(&self, item: &NewItem) -> PhaseItem {
        let metered = self.prices.get(&item.price).is_some_and(Price::is_metered);
        PhaseItem {
            quantity: if metered { None } else { Some(item.quantity.unwrap_or(1)) },
            ..phase_item(item)
        }
    }

    /// The end of so many periods of the price that recurs most often.
    fn after_periods(&self, prices: &[&str], start: i64, periods: i64) -> i64 {
        let ends = prices.iter().map(|price| {
            let (interval, count) = self.rhythm(price);
            next_boundary(start, interval, count.saturating_mul(periods.max(1)), start)
        });
        ends.min().unwrap_or(start)
    }

    pub(super) fn begin_subscription(&mut self, schedule: &Schedule, number: usize) {
        let Some(phase) = schedule.phases.get(number) else {
            return;
        };
        let method = phase.default_payment_method.as_ref();
        let new = NewSubscription {
            add_invoice_items: phase.add_invoice_items.iter().map(new_item).collect(),
            backdate_start_date: Some(phase.start_date).filter(|start| *start < self.now),
            billing_mode: schedule.billing_mode,
            collection: phase.collection.unwrap_or(schedule.collection),
            customer: schedule.customer.clone(),
            default_payment_method: method.or(schedule.default_payment_method.as_ref()).cloned(),
            description: phase.description.clone().or_else(|| schedule.description.clone()),
            items: phase.items.iter().map(new_item).collect(),
            metadata: phase.metadata.clone(),
            payment_behavior: PaymentBehavior::AllowIncomplete,
            start: Start::Schedule,
            trial_end: phase.trial_end,
            ..NewSubscription::default()
        };
        // What was checked when the schedule was made may be gone by now: then nothing begins.
        let Ok(subscription) = self.subscribe_for(&new, &schedule.id) else {
            return;
        };
        self.edit::<Schedule>(&schedule.id, |held| {
            held.entered = Some(number);
            held.status = ScheduleStatus::Active;
            held.subscription = Some(subscription);
        });
    }

    /// Makes a subscription what a phase says.
    pub(super) fn follow_phase(
        &mut self,
        id: &str,
        subscription: &str,
        number: usize,
        proration: Option<ProrationBehavior>,
    ) {
        let phase = self.schedules.get(id).and_then(|held| held.phases.get(number)).cloned();
        let held = self.subscriptions.get(subscription).filter(|it| !it.status.has_ended());
        let (Some(phase), Some(held)) = (phase, held.cloned()) else {
            return;
        };
        let trial_end = phase.trial_end.filter(|end| *end > self.now);
        let change = SubscriptionChange {
            add_invoice_items: phase.add_invoice_items.iter().map(new_item).collect(),
            billing_cycle_anchor: phase
                .anchors_cycle
                .is_some_and(|anchors| anchors && phase.start_date == self.now)
                .then_some(AnchorReset::Now),
            collection: phase.collection,
            default_payment_method: phase.default_payment_method.clone(),
            description: phase.description.clone(),
            items: item_changes(&held, &phase.items),
            metadata: phase.metadata.clone(),
            proration: proration.unwrap_or(phase.proration),
            trial_end: trial_end.filter(|end| held.trial_end != Some(*end)).map(TrialEnd::At),
            ..SubscriptionChange::default()
        };
        // A phase that cannot be followed leaves the subscription as it is.
        let _ = self.update_subscription(subscription, change);
    }
}

fn phase_item(item: &NewItem) -> PhaseItem {
    let NewItem { metadata, price, quantity } = item.clone();
    PhaseItem { metadata, price, quantity }
}

fn new_item(item: &PhaseItem) -> NewItem {
    let PhaseItem { metadata, price, quantity } = item.clone();
    NewItem { metadata, price, quantity }
}

/// The changes that make the items of a subscription those of a phase. An item of the same price
/// stays; of the others, one takes the place of another.
fn item_changes(held: &Subscription, wanted: &[PhaseItem]) -> Vec<ItemChange> {
    let mut left: Vec<&Item> = held.items.iter().collect();
    let mut changes = Vec::new();
    let mut new = Vec::new();
    for item in wanted {
        match left.iter().position(|held| held.price == item.price) {
            Some(place) => {
                let held = left.remove(place);
                changes.push(ItemChange {
                    id: Some(held.id.clone()),
                    metadata: item.metadata.clone(),
                    quantity: item.quantity,
                    ..ItemChange::default()
                });
            }
            None => new.push(item),
        }
    }
    let mut left = left.into_iter();
    for item in new {
        changes.push(ItemChange {
            id: left.next().map(|held| held.id.clone()),
            deleted: false,
            metadata: item.metadata.clone(),
            price: Some(item.price.clone()),
            quantity: item.quantity,
        });
    }
    let removed = |held: &Item| ItemChange {
        id: Some(held.id.clone()),
        deleted: true,
        ..ItemChange::default()
    };
    changes.extend(left.map(removed));
    changes
}
