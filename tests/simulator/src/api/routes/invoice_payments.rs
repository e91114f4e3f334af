//! `/v1/invoice_payments`.

use super::{Answered, Call, Resource, Verb, clock_of, fits};
use crate::api::error::ApiError;
use crate::model::invoice_payment::InvoicePayment;
use crate::render::Object;
use crate::world::World;

pub(super) const RESOURCE: Resource =
    Resource { prefix: &["invoice_payments"], kind: InvoicePayment::KIND, inner: &[], route };

fn route(call: &Call<'_>, world: &mut World, path: &[&str]) -> Option<Answered> {
    Some(match (call.verb, path) {
        (Verb::Get, []) => list(call, world),
        (Verb::Get, [id]) => call.retrieve::<InvoicePayment>(world, id),
        _ => return None,
    })
}

fn list(call: &Call<'_>, world: &World) -> Answered {
    let form = &call.form;
    call.filters(&["invoice", "payment", "status"])?;
    let payment = form.inner("payment");
    payment.only(&["payment_intent", "payment_record", "type"])?;
    if !payment.is_empty() {
        payment.required("type")?;
    }
    if payment
        .text("type")
        .is_some_and(|kind| !["payment_intent", "payment_record"].contains(&kind))
    {
        return Err(ApiError::invalid("payment[type]", "Invalid payment[type]"));
    }
    let (intent, status) = (payment.text("payment_intent"), form.text("status"));
    // Nothing here is paid by a payment record.
    let by_intent = payment.text("type") != Some("payment_record");
    let keep = |held: &InvoicePayment| {
        by_intent && fits(intent, &held.intent) && fits(status, held.status.as_str())
    };
    if let Some(invoice) = form.text("invoice") {
        let ids = world.payments_of.get(invoice).map_or(&[][..], Vec::as_slice);
        return call.list_of::<InvoicePayment>(world, ids, "/v1/invoice_payments", keep);
    }
    call.list::<InvoicePayment>(world, |held| {
        (intent.is_some() || clock_of(world, &held.invoice).is_none()) && keep(held)
    })
}
