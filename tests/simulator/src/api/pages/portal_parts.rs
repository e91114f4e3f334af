//! The parts of the portal's page: plans, payment method, data, invoices.

use super::html::{Html, all, tag, text, words};
use super::money::{amount, day, price as price_in_words};
use super::{TEST_CARDS, button, choice, field, hidden};
use crate::model::customer::Customer;
use crate::model::invoice::{Invoice, InvoiceStatus};
use crate::model::portal::{PortalConfiguration, PortalSession};
use crate::model::subscription::{Item, Status, Subscription};
use crate::world::World;

/// How many invoices are shown, newest first.
const INVOICES_MAX: usize = 24;

/// What a page is made of: the session, whose it is, and what it allows.
pub(super) struct Desk<'a> {
    pub(super) world: &'a World,
    pub(super) session: &'a PortalSession,
    pub(super) configuration: &'a PortalConfiguration,
    pub(super) customer: &'a Customer,
}

impl<'a> Desk<'a> {
    pub(super) fn at(world: &'a World, id: &str) -> Option<Self> {
        let session = world.portal_sessions.get(id)?;
        let configuration = world.portal_configurations.get(&session.configuration)?;
        let customer = world.customers.get(&session.customer)?;
        Some(Self { world, session, configuration, customer })
    }

    /// A live subscription of the customer.
    pub(super) fn subscription(&self, id: &str) -> Option<&'a Subscription> {
        self.live().into_iter().find(|held| held.id == id)
    }

    fn live(&self) -> Vec<&'a Subscription> {
        let ids = self.world.subscriptions_of.get(&self.customer.id);
        ids.into_iter()
            .flatten()
            .filter_map(|id| self.world.subscriptions.get(id))
            .filter(|held| !held.status.has_ended())
            .collect()
    }

    /// A price with the name of what it sells.
    fn named(&self, price: &str) -> String {
        let Some(held) = self.world.prices.get(price) else {
            return String::new();
        };
        let product = self.world.products.get(&held.product);
        let name = product.map_or("", |product| product.name.as_str());
        format!("{name}, {}", price_in_words(held))
    }

    /// What a change of a plan comes to.
    pub(super) fn change_in_words(
        &self,
        price: &str,
        quantity: Option<i64>,
        bill: Option<&Invoice>,
    ) -> Vec<Html> {
        let how_many = quantity.map(|quantity| format!("{quantity} × ")).unwrap_or_default();
        let mut pieces =
            vec![words("h2", "New plan"), words("p", format!("{how_many}{}", self.named(price)))];
        if let Some(bill) = bill {
            let at_once = bill.created <= self.world.now;
            let when = if at_once { "Due now" } else { "Next invoice" };
            let due = amount(bill.amount_due(), &bill.currency);
            pieces.push(words("p", format!("{when}: {due}")));
        }
        pieces
    }
}

fn note(words: &str) -> Html {
    tag("p", &[("class", "mute")], [text(words)])
}

/// What the customer is subscribed to.
pub(super) fn plans(desk: &Desk<'_>) -> Html {
    let live = desk.live();
    if live.is_empty() {
        return tag("section", &[], [words("h2", "Plans"), note("You have no plan.")]);
    }
    all(live.into_iter().map(|held| plan(desk, held)))
}

fn plan(desk: &Desk<'_>, held: &Subscription) -> Html {
    let mut pieces = vec![words("h2", "Your plan")];
    pieces.extend(held.items.iter().map(|item| words("p", item_in_words(desk, item))));
    pieces.push(note(&standing(held)));
    let features = &desk.configuration.features;
    let paused = held.status == Status::Paused;
    if features.update.enabled && held.items.len() == 1 && !paused {
        pieces.push(update(desk, held));
    }
    if features.pause {
        pieces.push(pause_deed(held));
    }
    if held.cancel_at_period_end && features.cancel.enabled {
        pieces.push(deed(&held.id, "keep", "Keep the plan"));
    } else if features.cancel.enabled {
        pieces.push(cancel(desk, held));
    }
    tag("section", &[], pieces)
}

fn item_in_words(desk: &Desk<'_>, item: &Item) -> String {
    let how_many = item.quantity.map(|quantity| format!("{quantity} × ")).unwrap_or_default();
    format!("{how_many}{}", desk.named(&item.price))
}

/// How a subscription stands, in words.
fn standing(held: &Subscription) -> String {
    let end = day(held.period().1);
    if let Some(at) = held.cancel_at {
        return format!("Cancelled: ends on {}.", day(at));
    }
    match held.status {
        Status::Active => format!("Renews on {end}."),
        Status::Trialing => format!("Free until {end}."),
        Status::PastDue => "The last payment failed. Please change your payment method.".to_owned(),
        Status::Unpaid => "Unpaid. Please change your payment method.".to_owned(),
        Status::Paused => "Paused.".to_owned(),
        Status::Incomplete => "Waits for its first payment.".to_owned(),
        Status::Canceled | Status::IncompleteExpired => "Ended.".to_owned(),
    }
}

/// A form with one button about one subscription.
fn deed(subscription: &str, what: &str, label: &str) -> Html {
    let pieces = [hidden("subscription", subscription), button(what, label, false)];
    tag("form", &[("method", "post")], pieces)
}

/// The choice of another plan.
pub(super) fn update(desk: &Desk<'_>, held: &Subscription) -> Html {
    let feature = &desk.configuration.features.update;
    let allows = |what: &str| feature.allowed.iter().any(|allowed| allowed == what);
    let Some(item) = held.items.first() else {
        return note("There is nothing to change.");
    };
    let mut pieces = vec![hidden("subscription", &held.id)];
    if allows("price") {
        let prices = feature.products.iter().flat_map(|product| &product.prices);
        let offered: Vec<(String, String)> = prices
            .filter(|price| **price != item.price)
            .map(|price| (price.clone(), desk.named(price)))
            .collect();
        let mut options = vec![(item.price.as_str(), "As it is")];
        options.extend(offered.iter().map(|(price, name)| (price.as_str(), name.as_str())));
        pieces.push(choice("price", "Change to", &options));
    } else {
        pieces.push(hidden("price", &item.price));
    }
    let adjusts = feature.products.iter().any(|product| product.adjustable.enabled);
    if allows("quantity") && adjusts {
        let quantity = item.quantity.unwrap_or(1).to_string();
        pieces.push(field("quantity", "Quantity", "number", &quantity));
    }
    pieces.push(button("preview", "Change the plan", false));
    tag("form", &[("method", "post")], pieces)
}

/// The cancellation of a plan, with a reason where one is asked for.
pub(super) fn cancel(desk: &Desk<'_>, held: &Subscription) -> Html {
    let feature = &desk.configuration.features.cancel;
    let mut pieces = vec![hidden("subscription", &held.id)];
    if feature.reason_enabled {
        let spoken: Vec<(String, String)> = feature
            .reason_options
            .iter()
            .map(|reason| (reason.clone(), reason.replace('_', " ")))
            .collect();
        let mut options = vec![("", "Say nothing")];
        options.extend(spoken.iter().map(|(value, shown)| (value.as_str(), shown.as_str())));
        pieces.push(choice("feedback", "Why do you leave?", &options));
    }
    let label = if feature.at_period_end {
        format!("Cancel the plan on {}", day(held.period().1))
    } else {
        "Cancel the plan now".to_owned()
    };
    pieces.push(button("cancel", &label, false));
    tag("form", &[("method", "post")], pieces)
}

/// A pause, which lasts until the customer resumes.
pub(super) fn pause(held: &Subscription) -> Html {
    tag("section", &[], [pause_deed(held)])
}

fn pause_deed(held: &Subscription) -> Html {
    let (what, label) = if held.status == Status::Paused {
        ("resume", "Resume the plan")
    } else {
        ("pause", "Pause the plan")
    };
    deed(&held.id, what, label)
}

/// What the customer pays by.
pub(super) fn method(desk: &Desk<'_>) -> Html {
    let of_plan = desk.live().into_iter().find_map(|held| held.default_payment_method.as_deref());
    let held = of_plan.or(desk.customer.default_payment_method.as_deref());
    let held = held.and_then(|id| desk.world.payment_methods.get(id));
    let shown = held.map_or_else(
        || "You have no payment method.".to_owned(),
        |held| format!("Now: {} ending in {}", held.kind.as_str(), held.face.last_four),
    );
    let form = [
        choice("payment_method", "New payment method", TEST_CARDS),
        button("method", "Save the payment method", false),
    ];
    let pieces =
        [words("h2", "Payment method"), note(&shown), tag("form", &[("method", "post")], form)];
    tag("section", &[], pieces)
}

/// The customer's own data, as far as it may be changed.
pub(super) fn customer_data(desk: &Desk<'_>) -> Html {
    let allowed = &desk.configuration.features.customer_updates;
    let allows = |what: &str| allowed.iter().any(|field| field == what);
    let of = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut pieces = Vec::new();
    if allows("name") {
        pieces.push(field("name", "Name", "text", &of(&desk.customer.name)));
    }
    if allows("email") {
        pieces.push(field("email", "Email", "email", &of(&desk.customer.email)));
    }
    if allows("phone") {
        pieces.push(field("phone", "Telephone", "tel", &of(&desk.customer.phone)));
    }
    if allows("address") {
        let part = |name: &str| {
            let address = desk.customer.address.as_ref();
            let value = address.and_then(|address| address[name].as_str());
            value.unwrap_or_default().to_owned()
        };
        pieces.push(field("line1", "Street", "text", &part("line1")));
        pieces.push(field("postal_code", "Postal code", "text", &part("postal_code")));
        pieces.push(field("city", "City", "text", &part("city")));
        pieces.push(field("country", "Country", "text", &part("country")));
    }
    pieces.push(button("customer", "Save your data", false));
    tag("section", &[], [words("h2", "Your data"), tag("form", &[("method", "post")], pieces)])
}

/// What was billed, newest first.
pub(super) fn invoices(desk: &Desk<'_>) -> Html {
    let theirs = desk.world.invoices.rows().iter().rev();
    let theirs = theirs.filter(|held| held.customer == desk.customer.id);
    let shown = theirs.filter(|held| held.status != InvoiceStatus::Draft);
    let rows: Vec<Html> = shown.take(INVOICES_MAX).map(invoice).collect();
    if rows.is_empty() {
        return tag("section", &[], [words("h2", "Invoices"), note("There are none yet.")]);
    }
    tag("section", &[], [words("h2", "Invoices"), tag("table", &[], rows)])
}

fn invoice(held: &Invoice) -> Html {
    let number = held.number.as_deref().unwrap_or_default();
    let date = tag("th", &[("scope", "row")], [text(day(held.created)), note(number)]);
    let sum = amount(held.total(), &held.currency);
    tag(
        "tr",
        &[],
        [
            date,
            tag("td", &[], [text(held.status.as_str())]),
            tag("td", &[("class", "sum")], [text(sum)]),
        ],
    )
}
