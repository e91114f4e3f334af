//! Changes to a running subscription: its items, its terms, its trial, its end, its metadata.
//! What a change owes at once is invoiced at once; a refused change leaves everything as it was.

use super::LifeError;
use super::changed_terms::set_terms;
use super::customers::set_text;
use super::next_state::{Next, TrialMove};
use super::orders::{CancelAt, PaymentBehavior, SubscriptionChange, TrialEnd};
use super::pending::Rest;
use super::subscribe::TRIAL_NOTICE_SECONDS;
use crate::agenda::Task;
use crate::model::invoice::{BillingReason, InvoiceStatus};
use crate::model::merge_metadata;
use crate::model::subscription::{Item, Status, Subscription};
use crate::model::terms::{Collection, CollectionChange, UncollectedInvoices};
use crate::world::World;

impl World {
    pub(crate) fn update_subscription(
        &mut self,
        id: &str,
        change: SubscriptionChange,
    ) -> Result<(), LifeError> {
        let held = self.known_subscription(id)?.clone();
        if held.status.has_ended() {
            return self.annotate_ended(&held, &change);
        }
        self.check_change(&held, &change)?;
        self.guard_quantities(&held, &change.items)?;
        let next = self.next_state(&held, &change);
        if next.invoices {
            self.guard_invoices(id)?;
        }
        let method = change.default_payment_method.as_deref().filter(|id| !id.is_empty());
        let method = method.or(held.default_payment_method.as_deref());
        let owes = next.invoices && self.owes_more(&held, &next, &change.add_invoice_items);
        let charges = owes && held.collection == Collection::Automatic;
        let failure = if charges { self.would_fail(&held.customer, method) } else { None };
        match (change.payment_behavior, failure) {
            (PaymentBehavior::ErrorIfIncomplete, Some(failure)) => return Err(failure),
            (PaymentBehavior::PendingIfIncomplete, Some(_)) => {
                self.add_extras(id, &change.add_invoice_items);
                self.hold_update(&held, &next);
                return Ok(());
            }
            (PaymentBehavior::AllowIncomplete | PaymentBehavior::DefaultIncomplete, _)
            | (_, None) => {}
        }
        self.note_quantities(&held, &next.items);
        self.apply(&held, &next, change);
        Ok(())
    }

    /// A subscription, ended or not.
    pub(crate) fn known_subscription(&self, id: &str) -> Result<&Subscription, LifeError> {
        self.subscriptions.get(id).ok_or_else(|| LifeError::Missing {
            kind: "subscription",
            id: id.to_owned(),
            param: "id",
        })
    }

    /// Of a subscription that has ended only words can be changed.
    fn annotate_ended(
        &mut self,
        held: &Subscription,
        change: &SubscriptionChange,
    ) -> Result<(), LifeError> {
        let words = SubscriptionChange {
            cancellation: change.cancellation.clone(),
            metadata: change.metadata.clone(),
            ..SubscriptionChange::default()
        };
        if words != *change {
            return Err(LifeError::NotNow {
                code: None,
                message: "A canceled subscription can only update its cancellation_details and \
                          metadata."
                    .to_owned(),
            });
        }
        self.update::<Subscription>("customer.subscription.updated", &held.id, |held| {
            merge_metadata(&mut held.metadata, &words.metadata);
            set_text(&mut held.cancellation_comment, words.cancellation.comment);
            set_text(&mut held.cancellation_feedback, words.cancellation.feedback);
        });
        Ok(())
    }

    fn check_change(
        &self,
        held: &Subscription,
        change: &SubscriptionChange,
    ) -> Result<(), LifeError> {
        let invalid = |param: &'static str, message: &str| {
            Err(LifeError::Invalid { param, message: message.to_owned() })
        };
        self.check_items(held, &change.items)?;
        self.check_redeem(held, change.discounts.as_deref().unwrap_or_default())?;
        self.check_extras(&change.add_invoice_items)?;
        let method = change.default_payment_method.as_deref().filter(|id| !id.is_empty());
        self.check_own_method(&held.customer, method)?;
        let (start, end) = held.period();
        if change.proration_date.is_some_and(|date| !(start..=end).contains(&date)) {
            return invalid(
                "proration_date",
                "`proration_date` must be within the current billing period.",
            );
        }
        if let Some(CancelAt::At(at)) = change.cancel_at
            && at <= self.now
        {
            return invalid("cancel_at", "`cancel_at` must be a timestamp in the future.");
        }
        if let Some(TrialEnd::At(end)) = change.trial_end
            && end <= self.now
        {
            return invalid(
                "trial_end",
                "Invalid timestamp: must be an integer Unix timestamp in the future.",
            );
        }
        if let Some(CollectionChange::Pause(pause)) = change.pause_collection
            && pause.resumes_at.is_some_and(|at| at <= self.now)
        {
            return invalid(
                "pause_collection[resumes_at]",
                "`resumes_at` must be a timestamp in the future.",
            );
        }
        Ok(())
    }

    fn apply(&mut self, held: &Subscription, next: &Next, mut change: SubscriptionChange) {
        let id = held.id.as_str();
        let now = self.now;
        let invoice = next.invoices.then(|| self.ids.long("in_"));
        let extras = std::mem::take(&mut change.add_invoice_items);
        let behavior = change.payment_behavior;
        let discounts = change.discounts.take();
        let before = self.portrait::<Subscription>(id);
        self.edit::<Subscription>(id, |held| {
            held.items.clone_from(&next.items);
            held.billing_cycle_anchor = next.anchor;
            match next.trial {
                TrialMove::Begins(_) => {
                    held.status = Status::Trialing;
                    held.trial_start = Some(now);
                }
                TrialMove::Ends => held.status = Status::Active,
                TrialMove::Moves(_) | TrialMove::Stays => {}
            }
            held.trial_end = next.trial_end;
            if let Some(invoice) = &invoice {
                held.latest_invoice = Some(invoice.clone());
            }
            set_terms(held, change, now);
        });
        let lacking = next.trial == TrialMove::Ends && self.lacking_method(id);
        if lacking {
            // What becomes of it is told by the events of that.
            let latest = held.latest_invoice.clone();
            self.edit::<Subscription>(id, |held| {
                held.latest_invoice = latest;
                held.status = Status::Trialing;
            });
        }
        self.emit_updated::<Subscription>("customer.subscription.updated", id, &before);
        if let Some(wishes) = &discounts {
            // They were checked before anything was changed.
            let _ = self.replace_discounts(id, wishes);
        }
        self.announce_moved_trial(held, next);
        self.plan_changed(id, held);
        if lacking {
            self.lacks_method(id);
            return;
        }
        self.add_extras(id, &extras);
        if next.prorates {
            self.prorate_change(held, next);
        }
        if let Some(invoice) = invoice {
            self.invoice_change(held, &invoice, next, behavior);
        }
    }

    /// Whether a trial cannot be followed by a paid period.
    fn lacking_method(&self, id: &str) -> bool {
        self.subscriptions.get(id).is_some_and(|held| {
            let method = held.default_payment_method.as_deref();
            held.trial_settings.missing_method != crate::model::terms::MissingMethod::CreateInvoice
                && held.collection == Collection::Automatic
                && !self.has_method(&held.customer, method)
        })
    }

    /// A trial that is cut short is announced at once.
    fn announce_moved_trial(&mut self, held: &Subscription, next: &Next) {
        let announces = match next.trial {
            TrialMove::Stays => return,
            TrialMove::Ends => true,
            TrialMove::Begins(end) => end - TRIAL_NOTICE_SECONDS <= self.now,
            TrialMove::Moves(end) => {
                held.trial_end.is_some_and(|before| end < before)
                    && end - TRIAL_NOTICE_SECONDS <= self.now
            }
        };
        let subscription = held.id.clone();
        if announces {
            self.emit::<Subscription>("customer.subscription.trial_will_end", &subscription);
        } else if let TrialMove::Begins(end) | TrialMove::Moves(end) = next.trial {
            let notice = (end - TRIAL_NOTICE_SECONDS).max(self.now);
            self.agenda.plan(notice, Task::TrialWillEnd { subscription });
        }
    }

    /// Plans what the changed times bring.
    fn plan_changed(&mut self, id: &str, before: &Subscription) {
        let Some(held) = self.subscriptions.get(id) else {
            return;
        };
        let ends = |of: &Subscription| of.items.iter().map(|item| item.current_period_end).min();
        let first_end = ends(held).filter(|end| ends(before) != Some(*end));
        let cancel_at = held.cancel_at.filter(|_| !held.cancel_at_period_end);
        let resumes_at = held.pause_collection.and_then(|pause| pause.resumes_at);
        let subscription = || id.to_owned();
        if let Some(end) = first_end {
            self.plan_period_end(id, end);
        }
        if let Some(at) = cancel_at {
            self.agenda.plan(at, Task::CancelAt { subscription: subscription() });
        }
        if let Some(at) = resumes_at {
            self.agenda.plan(at, Task::ResumeCollection { subscription: subscription() });
        }
    }

    /// Credits what is left of the items as they were, and charges the rest of the period for
    /// what they are now. Where a new period begins, lines of its own bill it.
    pub(super) fn prorate_change(&mut self, held: &Subscription, next: &Next) {
        if next.restarts {
            for item in &held.items {
                let rest = self.rest_of(item, held.billing_cycle_anchor, next.from);
                self.prorate(held, item, rest, -1);
            }
            return;
        }
        for swap in &next.swaps {
            for (item, sign) in [(&swap.before, -1), (&swap.after, 1)] {
                if let Some(item) = item {
                    let rest = self.rest_of(item, next.anchor, next.from);
                    self.prorate(held, item, rest, sign);
                }
            }
        }
    }

    /// What is left of an item's present period, of a whole period.
    pub(super) fn rest_of(&self, item: &Item, anchor: i64, from: i64) -> Rest {
        let (_, length) = self.part_of_period(item, anchor);
        Rest { start: from, end: item.current_period_end, length }
    }

    fn invoice_change(
        &mut self,
        before: &Subscription,
        invoice: &str,
        next: &Next,
        behavior: PaymentBehavior,
    ) {
        let Some(held) = self.subscriptions.get(&before.id).cloned() else {
            return;
        };
        self.make_change_invoice(before, &held, invoice, next);
        if held.collection != Collection::Automatic {
            return;
        }
        if self.uncollected(&held.id) == Some(UncollectedInvoices::KeepAsDraft) {
            return;
        }
        self.finalize(invoice);
        if self.passes_over(invoice) {
            return;
        }
        if behavior != PaymentBehavior::DefaultIncomplete {
            self.collect(invoice, true);
            return;
        }
        let open = self.invoices.get(invoice).is_some_and(|it| it.status == InvoiceStatus::Open);
        if open && held.status == Status::Active {
            self.update::<Subscription>("customer.subscription.updated", &held.id, |held| {
                held.status = Status::PastDue;
            });
        }
    }

    /// The invoice of a change: what waited, what was used until now, and the periods that begin.
    pub(super) fn make_change_invoice(
        &mut self,
        before: &Subscription,
        after: &Subscription,
        invoice: &str,
        next: &Next,
    ) {
        let now = self.now;
        let mut lines = self.take_pending_lines(after);
        if next.restarts {
            for item in &before.items {
                if before.status != Status::Trialing {
                    let used = (item.current_period_start, now);
                    lines.extend(self.usage_lines(before, item, used));
                }
            }
            let trial = after.status == Status::Trialing;
            for item in &after.items {
                let (part, whole) = self.part_of_period(item, next.anchor);
                if trial || part == whole {
                    lines.extend(self.advance_lines(after, item, trial));
                    continue;
                }
                let period = (item.current_period_start, item.current_period_end);
                let rest = Rest { start: period.0, end: period.1, length: whole };
                let amount = rest.share(self.cost(item, &after.currency));
                lines.extend(self.part_line(after, item, period, amount));
            }
        }
        let id = invoice.to_owned();
        self.make_invoice(after, id, BillingReason::Update, lines, (now, now));
    }
}
