//! The page of a portal session: what the customer has, and what may be done about it. A session
//! with a flow shows that flow alone.

use super::html::{Html, page, tag, text, words};
use super::portal_parts::{Desk, cancel, customer_data, invoices, method, pause, plans, update};
use super::{Reply, alert, button, hidden, link, not_found, plain};
use crate::api::form::Form;
use crate::model::invoice::Invoice;
use crate::model::portal::{AfterFlow, FlowKind};
use crate::world::World;
use http::StatusCode;

/// The page, which keeps the session alive. `said` is what was done before, for the visitor to
/// read.
pub(super) fn show(world: &mut World, id: &str, query: &Form) -> Reply {
    let said = query.text("done").and_then(said);
    open(world, id, said, None)
}

/// The page with what was done, or what went wrong.
pub(super) fn open(world: &mut World, id: &str, said: Option<&str>, wrong: Option<&str>) -> Reply {
    if world.portal_sessions.get(id).is_none() {
        return not_found();
    }
    if !world.visit_portal(id) {
        return dead();
    }
    let bill = wanted_change(world, id).and_then(|(subscription, price, quantity)| {
        world.portal_preview(id, &subscription, &price, quantity).ok()
    });
    let Some(desk) = Desk::at(world, id) else {
        return not_found();
    };
    let status = if wrong.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let mut content: Vec<Html> = wrong.map(alert).into_iter().collect();
    if let Some(said) = said {
        content.push(tag("section", &[("role", "status")], [text(said)]));
    }
    let title = if let Some(flow) = &desk.session.flow {
        content.push(of_flow(&desk, &flow.kind, bill.as_ref()));
        flow_title(&flow.kind)
    } else {
        content.extend(homepage(&desk));
        "Manage your billing"
    };
    if let Some(url) = &desk.session.return_url {
        content.push(link(url, "Back"));
    }
    Reply::Page(status, page(title, content))
}

pub(super) fn dead() -> Reply {
    plain(
        StatusCode::GONE,
        "This link has expired",
        "Links to the portal live for a short time. Ask for a new one.",
    )
}

/// What a deed is reported as.
fn said(deed: &str) -> Option<&'static str> {
    Some(match deed {
        "cancel" => "The plan was cancelled.",
        "customer" => "Your data was saved.",
        "keep" => "The plan goes on.",
        "method" => "The payment method was saved.",
        "pause" => "The plan is paused.",
        "resume" => "The plan was resumed.",
        "stay" => "You keep the plan, with the offer.",
        "update" => "The plan was changed.",
        _ => return None,
    })
}

fn homepage(desk: &Desk<'_>) -> Vec<Html> {
    let mut pieces = Vec::new();
    if let Some(headline) = &desk.configuration.headline {
        pieces.push(words("p", headline));
    }
    pieces.push(plans(desk));
    let features = &desk.configuration.features;
    if features.payment_method_update {
        pieces.push(method(desk));
    }
    if features.customer_update {
        pieces.push(customer_data(desk));
    }
    if features.invoice_history {
        pieces.push(invoices(desk));
    }
    pieces
}

fn flow_title(kind: &FlowKind) -> &'static str {
    match kind {
        FlowKind::CustomerUpdate => "Your data",
        FlowKind::PaymentMethodUpdate => "Your payment method",
        FlowKind::SubscriptionCancel { .. } => "Cancel your plan",
        FlowKind::SubscriptionPause { .. } => "Pause your plan",
        FlowKind::SubscriptionUpdate { .. } => "Change your plan",
        FlowKind::SubscriptionUpdateConfirm { .. } => "Confirm the change of your plan",
    }
}

fn of_flow(desk: &Desk<'_>, kind: &FlowKind, bill: Option<&Invoice>) -> Html {
    let gone = || tag("section", &[], [words("p", "There is nothing left to do here.")]);
    match kind {
        FlowKind::CustomerUpdate => customer_data(desk),
        FlowKind::PaymentMethodUpdate => method(desk),
        FlowKind::SubscriptionCancel { subscription, coupon_offer } => {
            let Some(held) = desk.subscription(subscription) else { return gone() };
            let offered = coupon_offer.as_ref().map(|_| {
                let stay = button("stay", "Stay, with the offer", true);
                tag("form", &[("method", "post")], [stay])
            });
            tag("section", &[], offered.into_iter().chain([cancel(desk, held)]))
        }
        FlowKind::SubscriptionPause { subscription } => {
            desk.subscription(subscription).map_or_else(gone, pause)
        }
        FlowKind::SubscriptionUpdate { subscription } => {
            desk.subscription(subscription).map_or_else(gone, |held| update(desk, held))
        }
        FlowKind::SubscriptionUpdateConfirm { subscription, .. } => {
            match wanted_change(desk.world, &desk.session.id) {
                None => gone(),
                Some((_, price, quantity)) => confirm(desk, subscription, &price, quantity, bill),
            }
        }
    }
}

/// The subscription, the price and the quantity that a session's customer is asked to confirm.
fn wanted_change(world: &World, id: &str) -> Option<(String, String, Option<i64>)> {
    let flow = world.portal_sessions.get(id)?.flow.as_ref()?;
    let FlowKind::SubscriptionUpdateConfirm { subscription, item, .. } = &flow.kind else {
        return None;
    };
    let held = world.subscriptions.get(subscription).filter(|held| !held.status.has_ended())?;
    let known = held.items.iter().find(|known| known.id == item.id)?;
    let price = item.price.clone().unwrap_or_else(|| known.price.clone());
    Some((subscription.clone(), price, item.quantity.or(known.quantity)))
}

/// What a change would cost, to be confirmed.
pub(super) fn confirm(
    desk: &Desk<'_>,
    subscription: &str,
    price: &str,
    quantity: Option<i64>,
    bill: Option<&Invoice>,
) -> Html {
    let mut pieces = desk.change_in_words(price, quantity, bill);
    let quantity = quantity.map(|quantity| quantity.to_string()).unwrap_or_default();
    pieces.push(tag(
        "form",
        &[("method", "post")],
        [
            hidden("subscription", subscription),
            hidden("price", price),
            hidden("quantity", &quantity),
            button("update", "Confirm", true),
        ],
    ));
    tag("section", &[], pieces)
}

/// Where a visitor goes after a deed: the flow's own end, or the page again.
pub(super) fn after(world: &World, id: &str, deed: &str) -> Reply {
    let again = || Reply::Redirect(format!("{}/p/session/{id}?done={deed}", world.base_url));
    let Some(flow) = world.portal_sessions.get(id).and_then(|held| held.flow.as_ref()) else {
        return again();
    };
    match &flow.after {
        AfterFlow::Redirect { url } => Reply::Redirect(url.clone()),
        AfterFlow::HostedConfirmation { message } => {
            let words = message.as_deref().unwrap_or("Thank you. You can close this page.");
            plain(StatusCode::OK, "Done", words)
        }
        AfterFlow::Homepage => again(),
    }
}
