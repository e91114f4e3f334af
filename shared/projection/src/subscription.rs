//! Subscriptions. Since 2025-03-31.basil the billing period is on each item and may differ between
//! them; before, it was on the subscription alone. Both ways give both: the subscription spans its
//! items, and an item without a period of its own has the subscription's.

use counterfoil_domain::Timestamp;
use counterfoil_domain::mirror::{ObjectKind, Subscription, SubscriptionItem};
use counterfoil_stripe_wire::object as wire;

use crate::project::{ProjectionError, id};

pub(crate) fn row(id: String, it: wire::Subscription) -> Result<Subscription, ProjectionError> {
    let own_start = it.current_period_start.map(|at| at.0);
    let own_end = it.current_period_end.map(|at| at.0);
    let mut items = it
        .items
        .and_then(|list| list.data)
        .unwrap_or_default()
        .into_iter()
        .map(|item| item_row(item, own_start, own_end))
        .collect::<Result<Vec<_>, _>>()?;
    items.sort_by(|a, b| a.id.cmp(&b.id));
    let (behavior, resumes_at) =
        it.pause_collection.map_or((None, None), |it| (it.behavior, it.resumes_at));
    Ok(Subscription {
        id,
        created: it.created.map(|at| at.0),
        customer: it.customer.map(|id| id.0.0),
        status: it.status.map(|text| text.0),
        currency: it.currency.map(|text| text.0),
        collection_method: it.collection_method.map(|text| text.0),
        current_period_start: own_start
            .or_else(|| items.iter().filter_map(|it| it.current_period_start).min()),
        current_period_end: own_end
            .or_else(|| items.iter().filter_map(|it| it.current_period_end).max()),
        start_date: it.start_date.map(|at| at.0),
        billing_cycle_anchor: it.billing_cycle_anchor.map(|at| at.0),
        trial_start: it.trial_start.map(|at| at.0),
        trial_end: it.trial_end.map(|at| at.0),
        cancel_at: it.cancel_at.map(|at| at.0),
        cancel_at_period_end: it.cancel_at_period_end,
        canceled_at: it.canceled_at.map(|at| at.0),
        cancellation_details_reason: it
            .cancellation_details
            .and_then(|details| details.reason)
            .map(|text| text.0),
        ended_at: it.ended_at.map(|at| at.0),
        days_until_due: it.days_until_due,
        default_payment_method: it.default_payment_method.map(|id| id.0.0),
        latest_invoice: it.latest_invoice.map(|id| id.0.0),
        pause_collection_behavior: behavior.map(|text| text.0),
        pause_collection_resumes_at: resumes_at.map(|at| at.0),
        schedule: it.schedule.map(|id| id.0.0),
        billing_mode_type: it.billing_mode.and_then(|mode| mode.r#type).map(|text| text.0),
        test_clock: it.test_clock.map(|id| id.0.0),
        metadata: it.metadata.0,
        items,
    })
}

fn item_row(
    it: wire::SubscriptionItem,
    own_start: Option<Timestamp>,
    own_end: Option<Timestamp>,
) -> Result<SubscriptionItem, ProjectionError> {
    let price = it.price.or(it.plan);
    let (price, product) = price.map_or((None, None), |it| (it.id, it.product));
    Ok(SubscriptionItem {
        id: id(ObjectKind::Subscription, it.id.as_ref())?,
        created: it.created.map(|at| at.0),
        price: price.map(|text| text.0),
        product: product.map(|id| id.0.0),
        quantity: it.quantity,
        current_period_start: it.current_period_start.map(|at| at.0).or(own_start),
        current_period_end: it.current_period_end.map(|at| at.0).or(own_end),
        metadata: it.metadata.0,
    })
}
