//! Invoices come into being as drafts, of a subscription or of a customer alone.

use crate::agenda::Task;
use crate::calendar::SECONDS_PER_DAY;
use crate::model::Metadata;
use crate::model::invoice::{BillingReason, CollectionMethod, Invoice, InvoiceStatus, Line};
use crate::model::subscription::{Status, Subscription};
use crate::model::terms::{Collection, UncollectedInvoices};
use crate::world::World;

/// An invoice to make. What is not said here is as on every new invoice.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) auto_advance: bool,
    /// When it is finalized by itself.
    pub(super) finalizes_at: Option<i64>,
    pub(super) billing_reason: BillingReason,
    pub(super) collection_method: CollectionMethod,
    pub(super) currency: String,
    pub(super) customer: String,
    pub(super) days_until_due: Option<i64>,
    pub(super) lines: Vec<Line>,
    pub(super) metadata: Metadata,
    pub(super) period_start: i64,
    pub(super) period_end: i64,
    /// The subscription and its metadata.
    pub(super) subscription: Option<(String, Metadata)>,
}

impl World {
    /// Makes an invoice of a subscription. A renewal invoice stays a draft for a while; the
    /// invoices of an unpaid subscription stay drafts for good.
    pub(super) fn make_invoice(
        &mut self,
        of: &Subscription,
        id: String,
        reason: BillingReason,
        lines: Vec<Line>,
        (period_start, period_end): (i64, i64),
    ) {
        let keeps = self.uncollected(&of.id) == Some(UncollectedInvoices::KeepAsDraft);
        let collects = of.status != Status::Unpaid && !keeps;
        let sends = of.collection != Collection::Automatic;
        let scheduled = of.schedule.is_some() && reason == BillingReason::Create;
        let draft_until = match reason {
            _ if sends || scheduled => Some(self.now + self.rules.draft_seconds),
            BillingReason::Cycle => Some(self.now + self.rules.draft_seconds),
            BillingReason::Create
            | BillingReason::Update
            | BillingReason::Manual
            | BillingReason::Upcoming => None,
        };
        self.insert_draft(Draft {
            id,
            auto_advance: collects,
            finalizes_at: draft_until.filter(|_| collects),
            billing_reason: reason,
            collection_method: if sends {
                CollectionMethod::SendInvoice
            } else {
                CollectionMethod::ChargeAutomatically
            },
            currency: of.currency.clone(),
            customer: of.customer.clone(),
            days_until_due: of.collection.days_until_due(),
            lines,
            metadata: Metadata::new(),
            period_start,
            period_end,
            subscription: Some((of.id.clone(), of.metadata.clone())),
        });
    }

    /// Keeps a new invoice, and the items on it as its own.
    pub(super) fn insert_draft(&mut self, draft: Draft) {
        self.insert_draft_with(draft, |_| {});
    }

    /// The same with more that is said of the invoice before anybody sees it.
    pub(super) fn insert_draft_with(&mut self, draft: Draft, say: impl FnOnce(&mut Invoice)) {
        let customer = self.customers.get(&draft.customer);
        let (email, name) =
            customer.map(|held| (held.email.clone(), held.name.clone())).unwrap_or_default();
        let charges = draft.collection_method == CollectionMethod::ChargeAutomatically;
        let due_date = draft.days_until_due.map(|days| self.now + days * SECONDS_PER_DAY);
        let (subscription, subscription_metadata) = draft.subscription.unzip();
        let held = subscription.as_ref().and_then(|id| self.subscriptions.get(id));
        let discounts = self.inherited_discounts(&draft.customer, held);
        let id = draft.id;
        let mut invoice = Invoice {
            id: id.clone(),
            created: self.now,
            amount_paid: 0,
            attempt_count: 0,
            attempted: false,
            auto_advance: draft.auto_advance,
            automatically_finalizes_at: draft.finalizes_at,
            billing_reason: draft.billing_reason,
            charge: None,
            collection_method: draft.collection_method,
            currency: draft.currency,
            customer: draft.customer,
            customer_email: email,
            customer_name: name,
            days_until_due: draft.days_until_due,
            default_payment_method: None,
            deleted_at: None,
            description: None,
            discounts,
            due_date,
            credited_after_payment: 0,
            credited_before_payment: 0,
            ending_balance: None,
            finalized_at: None,
            footer: None,
            lines: draft.lines,
            marked_uncollectible_at: None,
            metadata: draft.metadata,
            next_payment_attempt: draft.finalizes_at.filter(|_| charges),
            number: None,
            paid_at: None,
            paid_out_of_band: false,
            payment_intent: None,
            period_start: draft.period_start,
            period_end: draft.period_end,
            starting_balance: 0,
            statement_descriptor: None,
            status: InvoiceStatus::Draft,
            subscription: subscription.clone(),
            subscription_metadata: subscription_metadata.unwrap_or_default(),
            uncollectible_reason: None,
            voided_at: None,
        };
        say(&mut invoice);
        self.attach_items(&invoice);
        self.invoices.insert(&id, invoice);
        if let Some(subscription) = subscription {
            self.invoices_of.entry(subscription).or_default().push(id.clone());
        }
        self.discount_lines(&id);
        self.emit::<Invoice>("invoice.created", &id);
        if let Some(due) = draft.finalizes_at {
            self.agenda.plan(due, Task::Finalize { invoice: id });
        }
    }
}
