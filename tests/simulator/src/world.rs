//! The simulated account: every object, what time will bring to it, and every event it made.
//!
//! A world does nothing by itself and reads no clock: it is told the time and what to do, and the
//! same telling gives the same events, byte for byte. It never fails on outside input; a request
//! it cannot fulfil is an error value and leaves the world as it was.

use crate::agenda::{Agenda, Task};
use crate::delivery::endpoint::Kinds;
use crate::failures::Failure;
use crate::ids::Ids;
use crate::life::UsageFaultBook;
use crate::life::billed_usage::BilledUsage;
use crate::life::hold_up::HoldUp;
use crate::life::rules::Rules;
use crate::model::alert::Alert;
use crate::model::balance_transaction::BalanceTransaction;
use crate::model::charge::Charge;
use crate::model::checkout::CheckoutSession;
use crate::model::coupon::{Coupon, Discount, PromotionCode};
use crate::model::credit::{CreditGrant, CreditTransaction};
use crate::model::credit_note::CreditNote;
use crate::model::customer::Customer;
use crate::model::customer_balance::CustomerBalanceTransaction;
use crate::model::dispute::Dispute;
use crate::model::entitlement::{ActiveEntitlement, Feature, Grant, ProductFeature};
use crate::model::event::{Cause, Event};
use crate::model::invoice::{Invoice, InvoiceItem};
use crate::model::invoice_payment::InvoicePayment;
use crate::model::meter::Meter;
use crate::model::payment_intent::PaymentIntent;
use crate::model::payment_method::PaymentMethod;
use crate::model::portal::{PortalConfiguration, PortalSession};
use crate::model::price::Price;
use crate::model::product::Product;
use crate::model::refund::Refund;
use crate::model::schedule::Schedule;
use crate::model::setup_intent::SetupIntent;
use crate::model::subscription::Subscription;
use crate::model::table::Table;
use crate::model::tax_id::TaxId;
use crate::model::test_clock::TestClock;
use crate::model::thin_event::ThinEvent;
use crate::model::usage::UsageBook;
use crate::model::webhook_endpoint::WebhookEndpoint;
use crate::oddity::Oddities;
use crate::version::ApiVersion;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Somebody who is sent events.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    pub(crate) version: ApiVersion,
    pub(crate) kinds: Kinds,
}

#[derive(Debug)]
pub(crate) struct World {
    /// The simulated second.
    pub(crate) now: i64,
    pub(crate) rules: Rules,
    pub(crate) ids: Ids,
    pub(crate) agenda: Agenda,
    pub(crate) balance_transactions: Table<BalanceTransaction>,
    pub(crate) charges: Table<Charge>,
    pub(crate) alerts: Table<Alert>,
    pub(crate) coupons: Table<Coupon>,
    pub(crate) credit_grants: Table<CreditGrant>,
    pub(crate) credit_transactions: Table<CreditTransaction>,
    /// Where its pages are, without a slash at its end.
    pub(crate) base_url: String,
    pub(crate) checkout_sessions: Table<CheckoutSession>,
    pub(crate) credit_notes: Table<CreditNote>,
    /// The credit notes of an invoice.
    pub(crate) credit_notes_of: HashMap<String, Vec<String>>,
    pub(crate) customer_balance_transactions: Table<CustomerBalanceTransaction>,
    pub(crate) customers: Table<Customer>,
    pub(crate) discounts: Table<Discount>,
    pub(crate) entitlements: Table<ActiveEntitlement>,
    pub(crate) features: Table<Feature>,
    pub(crate) disputes: Table<Dispute>,
    pub(crate) invoice_items: Table<InvoiceItem>,
    pub(crate) invoice_payments: Table<InvoicePayment>,
    pub(crate) invoices: Table<Invoice>,
    pub(crate) payment_intents: Table<PaymentIntent>,
    pub(crate) meters: Table<Meter>,
    pub(crate) payment_methods: Table<PaymentMethod>,
    pub(crate) portal_configurations: Table<PortalConfiguration>,
    pub(crate) portal_sessions: Table<PortalSession>,
    pub(crate) prices: Table<Price>,
    pub(crate) product_features: Table<ProductFeature>,
    pub(crate) products: Table<Product>,
    pub(crate) refunds: Table<Refund>,
    pub(crate) schedules: Table<Schedule>,
    pub(crate) setup_intents: Table<SetupIntent>,
    pub(crate) promotion_codes: Table<PromotionCode>,
    pub(crate) subscriptions: Table<Subscription>,
    pub(crate) tax_ids: Table<TaxId>,
    pub(crate) test_clocks: Table<TestClock>,
    pub(crate) usage: UsageBook,
    pub(crate) usage_faults: UsageFaultBook,
    pub(crate) webhook_endpoints: Table<WebhookEndpoint>,
    /// What test clocks will bring, by clock.
    pub(crate) clock_agendas: HashMap<String, Agenda>,
    /// Whether the next clock that is advanced fails on its way.
    pub(crate) clock_fails: bool,
    /// Whether this is a copy in which something is only tried.
    pub(crate) is_rehearsal: bool,
    /// The latest previews of invoices, for their lines to be read.
    pub(crate) previews: VecDeque<Invoice>,
    /// How many rehearsals there were.
    pub(crate) rehearsals: u64,
    /// The account's own second while something is done in the time of a test clock.
    pub(crate) outside_now: Option<i64>,
    /// Subscriptions and payment methods by customer, invoices and pending invoice items by
    /// subscription, invoice payments by invoice.
    /// What was billed of metered items, where late usage is to be billed too.
    pub(crate) billed_usage: HashMap<String, Vec<BilledUsage>>,
    /// Credit grants by customer.
    pub(crate) grants_of: HashMap<String, Vec<String>>,
    pub(crate) subscriptions_of: HashMap<String, Vec<String>>,
    pub(crate) invoices_of: HashMap<String, Vec<String>>,
    pub(crate) methods_of: HashMap<String, Vec<String>>,
    /// The dispute and the refunds of a charge.
    pub(crate) disputes_of: HashMap<String, String>,
    pub(crate) refunds_of: HashMap<String, Vec<String>>,
    pub(crate) payments_of: HashMap<String, Vec<String>>,
    pub(crate) pending_of: HashMap<String, Vec<String>>,
    /// When quantities of a subscription changed within the last hour.
    pub(crate) quantity_changes: HashMap<String, Vec<i64>>,
    pub(crate) events: Vec<Event>,
    pub(crate) event_places: HashMap<String, usize>,
    /// How many features were attached to products and detached from them.
    pub(crate) attachments: u64,
    /// What each item of a live subscription grants from.
    pub(crate) grants: HashMap<String, Grant>,
    /// Entitlements by customer, oldest first, those that ended included.
    pub(crate) entitlements_of: HashMap<String, Vec<String>>,
    /// Invoices that wait, or waited, for answers to the event that told of them.
    pub(crate) held_up: BTreeMap<String, HoldUp>,
    /// The events that could not be made.
    pub(crate) failures: Vec<Failure>,
    /// The thin forms of the events, and the events that are thin only.
    pub(crate) thin_events: Vec<ThinEvent>,
    pub(crate) thin_places: HashMap<String, usize>,
    /// What is odd about events on purpose.
    pub(crate) oddities: Oddities,
    /// The request that was done last, until it is answered.
    answered: Option<String>,
    pub(crate) cause: Cause,
    pub(crate) listeners: Vec<Listener>,
    /// The versions that events are rendered for; the account's own comes first.
    pub(crate) versions: Vec<ApiVersion>,
}

impl World {
    pub(crate) fn new(seed: u64, now: i64, version: ApiVersion, rules: Rules) -> Self {
        Self {
            now,
            rules,
            ids: Ids::new(seed),
            agenda: Agenda::default(),
            balance_transactions: Table::default(),
            charges: Table::default(),
            alerts: Table::default(),
            coupons: Table::default(),
            credit_grants: Table::default(),
            credit_transactions: Table::default(),
            base_url: String::new(),
            checkout_sessions: Table::default(),
            credit_notes: Table::default(),
            credit_notes_of: HashMap::new(),
            customer_balance_transactions: Table::default(),
            customers: Table::default(),
            discounts: Table::default(),
            entitlements: Table::default(),
            features: Table::default(),
            disputes: Table::default(),
            invoice_items: Table::default(),
            invoice_payments: Table::default(),
            invoices: Table::default(),
            payment_intents: Table::default(),
            meters: Table::default(),
            payment_methods: Table::default(),
            portal_configurations: Table::default(),
            portal_sessions: Table::default(),
            prices: Table::default(),
            product_features: Table::default(),
            products: Table::default(),
            refunds: Table::default(),
            schedules: Table::default(),
            setup_intents: Table::default(),
            promotion_codes: Table::default(),
            subscriptions: Table::default(),
            tax_ids: Table::default(),
            test_clocks: Table::default(),
            usage: UsageBook::default(),
            usage_faults: UsageFaultBook::new(seed),
            webhook_endpoints: Table::default(),
            clock_agendas: HashMap::new(),
            clock_fails: false,
            is_rehearsal: false,
            previews: VecDeque::new(),
            rehearsals: 0,
            outside_now: None,
            billed_usage: HashMap::new(),
            grants_of: HashMap::new(),
            subscriptions_of: HashMap::new(),
            invoices_of: HashMap::new(),
            methods_of: HashMap::new(),
            disputes_of: HashMap::new(),
            refunds_of: HashMap::new(),
            payments_of: HashMap::new(),
            pending_of: HashMap::new(),
            quantity_changes: HashMap::new(),
            events: Vec::new(),
            event_places: HashMap::new(),
            attachments: 0,
            grants: HashMap::new(),
            entitlements_of: HashMap::new(),
            held_up: BTreeMap::new(),
            failures: Vec::new(),
            thin_events: Vec::new(),
            thin_places: HashMap::new(),
            oddities: Oddities::new(seed),
            answered: None,
            cause: Cause::default(),
            listeners: Vec::new(),
            versions: vec![version],
        }
    }

    /// Whether nothing has happened yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The version that the account renders for whoever asks for none.
    pub(crate) fn account_version(&self) -> ApiVersion {
        self.versions.first().cloned().unwrap_or_else(ApiVersion::newest)
    }

    /// Who will be sent the events from now on.
    pub(crate) fn listen(&mut self, listeners: Vec<Listener>) {
        self.listeners = listeners;
        self.choose_versions();
    }

    /// Changes what goes wrong with events.
    pub(crate) fn change_oddities(&mut self, change: impl FnOnce(&mut Oddities)) {
        change(&mut self.oddities);
        self.choose_versions();
    }

    /// The versions that events are rendered for from now on.
    fn choose_versions(&mut self) {
        self.versions.truncate(1);
        let heard = self.listeners.iter().map(|listener| listener.version.clone());
        for version in heard.chain(self.oddities.versions()) {
            if !self.versions.contains(&version) {
                self.versions.push(version);
            }
        }
    }

    /// Lets time pass: everything due by then happens, each thing in its own second.
    pub(crate) fn advance_to(&mut self, second: i64) {
        self.perform_until(second);
    }

    /// The same, by whichever clock is being gone by.
    pub(crate) fn perform_until(&mut self, second: i64) {
        while let Some((due, task)) = self.agenda.take_due(second) {
            self.now = self.now.max(due);
            self.perform(task);
        }
        self.now = self.now.max(second);
    }

    fn perform(&mut self, task: Task) {
        match task {
            Task::PeriodEnd { subscription } => self.end_period(&subscription),
            Task::CancelAt { subscription } => self.cancel_at_its_time(&subscription),
            Task::TrialWillEnd { subscription } => self.announce_trial_end(&subscription),
            Task::IncompleteExpires { subscription } => self.expire_incomplete(&subscription),
            Task::DiscountEnds { discount } => self.end_discount_in_time(&discount),
            Task::Finalize { invoice } => self.finalize_when_due(&invoice),
            Task::Collect { invoice } => self.collect_when_due(&invoice),
            Task::AnnouncePayment { payment } => self.announce_payment(&payment),
            Task::BalanceCharge { charge } => self.balance_charge_late(&charge),
            Task::CancelDisputed { charge } => self.cancel_disputed(&charge),
            Task::DecideDispute { dispute } => self.decide_reviewed_dispute(&dispute),
            Task::DisputeDue { dispute } => self.end_unanswered_dispute(&dispute),
            Task::OpenDispute { charge } => self.open_planned_dispute(&charge),
            Task::SettleRefund { refund } => self.settle_refund_when_due(&refund),
            Task::SettlePayment { intent } => self.settle_delayed_when_due(&intent),
            Task::ExpireCredits { grant } => self.expire_when_due(&grant),
            Task::LookAtUsage { place } => self.look_at_usage(place),
            Task::ReportMeterErrors { start, end } => self.report_meter_errors(start, end),
            Task::ExpireCheckout { session } => self.expire_checkout_when_due(&session),
            Task::AdvanceClock { clock } => self.arrive(&clock),
            Task::TellOfFailure { number } => self.tell_of_failure(number),
            Task::ClockExpires { clock } => self.expire_clock(&clock),
            Task::Overdue { invoice } => self.become_overdue(&invoice),
            Task::PendingUpdateExpires { subscription } => {
                self.expire_pending_update(&subscription);
            }
            Task::ResumeCollection { subscription } => self.resume_collection(&subscription),
            Task::ResumptionExpires { subscription } => self.expire_resumption(&subscription),
            Task::ScheduleExpiring { schedule } => self.announce_schedule_end(&schedule),
            Task::SchedulePhase { schedule } => self.move_schedule(&schedule),
            Task::Upcoming { subscription } => self.announce_renewal(&subscription),
        }
    }

    /// Does something on behalf of an API request, which its events will name.
    pub(crate) fn on_request<R>(
        &mut self,
        idempotency_key: Option<String>,
        work: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let request = Some(self.ids.short("req_"));
        self.answered.clone_from(&request);
        self.cause = Cause { request, idempotency_key };
        let result = work(self);
        self.cause = Cause::default();
        result
    }

    /// The id of the request that is being answered. A request that could change nothing takes
    /// its id from another count, so that reading leaves no trace in the history.
    pub(crate) fn answered_request(&mut self) -> String {
        self.answered.take().unwrap_or_else(|| self.ids.short("req_0"))
    }

    /// Leaves the last request without an answer.
    pub(crate) fn forget_answer(&mut self) {
        self.answered = None;
    }
}
