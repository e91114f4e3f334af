//! Invoices. 2025-03-31.basil regrouped them: the subscription moved under `parent`, and a line's
//! price, item and proration under `pricing` and `parent` (STRIPE.md section 5.4).

use counterfoil_domain::mirror::{Invoice, InvoiceLine, ObjectKind};
use counterfoil_stripe_wire::object as wire;
use counterfoil_stripe_wire::tolerant::Ref;

use crate::project::{ProjectionError, id};

pub(crate) fn row(id: String, it: wire::Invoice) -> Result<Invoice, ProjectionError> {
    let mut lines = it
        .lines
        .and_then(|list| list.data)
        .unwrap_or_default()
        .into_iter()
        .map(line_row)
        .collect::<Result<Vec<_>, _>>()?;
    lines.sort_by(|a, b| a.id.cmp(&b.id));
    let parent = it.parent.and_then(|parent| parent.subscription_details);
    let (finalized_at, paid_at, voided_at, marked_uncollectible_at) =
        it.status_transitions.map_or((None, None, None, None), |it| {
            (it.finalized_at, it.paid_at, it.voided_at, it.marked_uncollectible_at)
        });
    Ok(Invoice {
        id,
        created: it.created.map(|at| at.0),
        customer: text(it.customer),
        subscription: text(parent.and_then(|details| details.subscription).or(it.subscription)),
        status: it.status.map(|text| text.0),
        billing_reason: it.billing_reason.map(|text| text.0),
        collection_method: it.collection_method.map(|text| text.0),
        currency: it.currency.map(|text| text.0),
        number: it.number.map(|text| text.0),
        amount_due: it.amount_due,
        amount_paid: it.amount_paid,
        amount_remaining: it.amount_remaining,
        subtotal: it.subtotal,
        total: it.total,
        starting_balance: it.starting_balance,
        ending_balance: it.ending_balance,
        attempt_count: it.attempt_count,
        attempted: it.attempted,
        auto_advance: it.auto_advance,
        next_payment_attempt: it.next_payment_attempt.map(|at| at.0),
        due_date: it.due_date.map(|at| at.0),
        period_start: it.period_start.map(|at| at.0),
        period_end: it.period_end.map(|at| at.0),
        status_transitions_finalized_at: finalized_at.map(|at| at.0),
        status_transitions_paid_at: paid_at.map(|at| at.0),
        status_transitions_voided_at: voided_at.map(|at| at.0),
        status_transitions_marked_uncollectible_at: marked_uncollectible_at.map(|at| at.0),
        default_payment_method: text(it.default_payment_method),
        hosted_invoice_url: it.hosted_invoice_url.map(|text| text.0),
        invoice_pdf: it.invoice_pdf.map(|text| text.0),
        test_clock: text(it.test_clock),
        metadata: it.metadata.0,
        lines,
    })
}

fn line_row(it: wire::InvoiceLine) -> Result<InvoiceLine, ProjectionError> {
    let details = it
        .parent
        .and_then(|parent| parent.subscription_item_details.or(parent.invoice_item_details));
    let (subscription, subscription_item, invoice_item, proration) = details
        .map_or((None, None, None, None), |it| {
            (it.subscription, it.subscription_item, it.invoice_item, it.proration)
        });
    let (price, product, unit_amount) = match (it.pricing, it.price.or(it.plan)) {
        (Some(pricing), _) => {
            let (price, product) =
                pricing.price_details.map_or((None, None), |it| (it.price, it.product));
            (text(price), text(product), pricing.unit_amount_decimal)
        }
        // A line of before basil names its price, whose amount need not be the line's (it is not
        // during a trial): what the line itself says of a unit is not shown.
        (None, Some(price)) => (price.id.map(|text| text.0), text(price.product), None),
        (None, None) => (None, None, None),
    };
    let (period_start, period_end) = it.period.map_or((None, None), |it| (it.start, it.end));
    Ok(InvoiceLine {
        id: id(ObjectKind::Invoice, it.id.as_ref())?,
        amount: it.amount,
        currency: it.currency.map(|text| text.0),
        description: it.description.map(|text| text.0),
        quantity: it.quantity,
        price,
        product,
        unit_amount_decimal: unit_amount.map(|decimal| decimal.0),
        subscription: text(subscription.or(it.subscription)),
        subscription_item: text(subscription_item.or(it.subscription_item)),
        invoice_item: text(invoice_item.or(it.invoice_item)),
        proration: proration.or(it.proration),
        period_start: period_start.map(|at| at.0),
        period_end: period_end.map(|at| at.0),
        metadata: it.metadata.0,
    })
}

fn text(reference: Option<Ref>) -> Option<String> {
    reference.map(|id| id.0.0)
}
