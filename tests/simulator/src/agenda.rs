//! What time will bring: tasks by the second they fall due, in the order they were planned.

use std::collections::BTreeMap;

/// Something that happens by itself. A task is checked against the state when it falls due, so
/// one that no longer applies does nothing, and none is ever taken off the agenda.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// The subscription's period ends: it renews, or ends.
    PeriodEnd { subscription: String },
    /// The time set in `cancel_at` has come.
    CancelAt { subscription: String },
    /// Three days before the end of a trial.
    TrialWillEnd { subscription: String },
    /// The first invoice was not paid in time.
    IncompleteExpires { subscription: String },
    /// The months of a discount are over.
    DiscountEnds { discount: String },
    /// The draft's hour is over.
    Finalize { invoice: String },
    /// The next automatic attempt to collect.
    Collect { invoice: String },
    /// The invoice payment is announced some seconds after the invoice is paid.
    AnnouncePayment { payment: String },
    /// The balance transaction of a charge is known.
    BalanceCharge { charge: String },
    /// The account cancels what a disputed charge paid for.
    CancelDisputed { charge: String },
    /// A bank decides a dispute that was answered.
    DecideDispute { dispute: String },
    /// The time for evidence is over.
    DisputeDue { dispute: String },
    /// The bank of a test card disputes its charge.
    OpenDispute { charge: String },
    /// A refund is confirmed by the bank, or comes back.
    SettleRefund { refund: String },
    /// A bank debit is carried out, or comes back.
    SettlePayment { intent: String },
    /// The time of a credit grant is over.
    ExpireCredits { grant: String },
    /// A meter event is counted, rejected or taken back.
    LookAtUsage { place: usize },
    /// What was rejected in a window is reported.
    ReportMeterErrors { start: i64, end: i64 },
    /// A checkout session was not completed in time.
    ExpireCheckout { session: String },
    /// A test clock arrives where it was sent.
    AdvanceClock { clock: String },
    /// An event that could not be made is told of.
    TellOfFailure { number: usize },
    /// A test clock has been kept long enough.
    ClockExpires { clock: String },
    /// The invoice that was sent is not paid by the day it was due.
    Overdue { invoice: String },
    /// The change that waits for a payment has waited long enough.
    PendingUpdateExpires { subscription: String },
    /// Collection goes on by itself.
    ResumeCollection { subscription: String },
    /// The resumption of a paused subscription was not paid in time.
    ResumptionExpires { subscription: String },
    /// Some days before the end of a schedule.
    ScheduleExpiring { schedule: String },
    /// A phase of a schedule begins, or its last one is over.
    SchedulePhase { schedule: String },
    /// Some days before a renewal.
    Upcoming { subscription: String },
}

#[derive(Debug, Default)]
pub(crate) struct Agenda {
    tasks: BTreeMap<(i64, u64), Task>,
    planned: u64,
}

impl Agenda {
    pub(crate) fn plan(&mut self, due: i64, task: Task) {
        self.planned += 1;
        self.tasks.insert((due, self.planned), task);
    }

    /// The next task that is due by `now`, with its second.
    pub(crate) fn take_due(&mut self, now: i64) -> Option<(i64, Task)> {
        let entry = self.tasks.first_entry()?;
        let (due, _) = *entry.key();
        (due <= now).then(|| (due, entry.remove()))
    }
}
