//! The page of a checkout session: what is bought, and what a visitor can do about it.

use super::html::{Html, page, tag, text, words};
use super::money::{amount, day, price, rhythm};
use super::{Reply, TEST_CARDS, alert, button, choice, field, link, not_found, plain, told};
use crate::api::form::Form;
use crate::life::LifeError;
use crate::life::checkout::visit::{CheckoutVisit, PayBy};
use crate::model::card::Card;
use crate::model::checkout::{CheckoutLine, CheckoutSession, Mode, SessionStatus};
use crate::world::World;
use http::StatusCode;

/// The page as it is now, with what went wrong before.
pub(super) fn show(world: &World, id: &str, wrong: Option<&LifeError>) -> Reply {
    let Some(held) = world.checkout_sessions.get(id) else {
        return not_found();
    };
    match held.status {
        SessionStatus::Open => {}
        SessionStatus::Complete => return completed(held),
        SessionStatus::Expired => {
            return plain(
                StatusCode::GONE,
                "This session has expired",
                "It was not completed in time. Nothing was charged.",
            );
        }
    }
    let status = if wrong.is_some() { StatusCode::PAYMENT_REQUIRED } else { StatusCode::OK };
    let mut content = Vec::new();
    if let Some(wrong) = wrong {
        content.push(alert(&told(wrong)));
    }
    if held.offer.mode != Mode::Setup {
        content.push(bought(world, held));
    }
    content.push(if world.checkout_asks(held) { prove() } else { form(world, held) });
    Reply::Page(status, page(title(held), content))
}

fn title(held: &CheckoutSession) -> &'static str {
    match held.offer.mode {
        Mode::Payment => "Pay",
        Mode::Setup => "Save a payment method",
        Mode::Subscription => "Subscribe",
    }
}

/// A page that has done its work; it says so and shows the way back.
fn completed(held: &CheckoutSession) -> Reply {
    let mut content = vec![tag(
        "section",
        &[],
        [words("p", "This session is complete. You can close this page.")],
    )];
    if let Some(url) = held.after_url() {
        content.push(link(&url, "Go back"));
    }
    Reply::Page(StatusCode::OK, page("All done", content))
}

/// What is bought: a row for each line, and the sums.
fn bought(world: &World, held: &CheckoutSession) -> Html {
    let currency = held.offer.currency.as_deref().unwrap_or_default();
    let mut rows: Vec<Html> = held.lines.iter().map(|line| row(world, line)).collect();
    if held.discount() > 0 {
        rows.push(sum("Discount", &amount(-held.discount(), currency)));
    }
    rows.push(sum("Total due now", &amount(held.total(), currency)));
    let mut pieces = vec![words("h2", "Your order"), tag("table", &[], rows)];
    if let Some(later) = later(world, held) {
        pieces.push(note(&later));
    }
    tag("section", &[], pieces)
}

fn note(words: &str) -> Html {
    tag("p", &[("class", "mute")], [text(words)])
}

fn sum(label: &str, value: &str) -> Html {
    let head = tag("th", &[("scope", "row")], [text(label)]);
    tag("tr", &[], [head, tag("td", &[("class", "sum")], [words("strong", value)])])
}

fn row(world: &World, line: &CheckoutLine) -> Html {
    let sold = world.prices.get(&line.price);
    let product = sold.and_then(|sold| world.products.get(&sold.product));
    let name = product.map_or("", |product| product.name.as_str());
    let how_many = match (sold, line.quantity) {
        (Some(sold), Some(quantity)) => format!("{quantity} × {}", price(sold)),
        (Some(sold), None) => format!("{}, billed by what is used", price(sold)),
        (None, _) => String::new(),
    };
    let currency = sold.map_or("", |sold| sold.currency.as_str());
    let mut what = vec![text(name), note(&how_many)];
    if let Some(description) = product.and_then(|product| product.description.as_deref()) {
        what.push(note(description));
    }
    let head = tag("th", &[("scope", "row")], what);
    tag("tr", &[], [head, tag("td", &[("class", "sum")], [text(amount(line.subtotal, currency))])])
}

/// What will be due after the first payment, or after the trial.
fn later(world: &World, held: &CheckoutSession) -> Option<String> {
    let recurring = held.lines.iter().filter_map(|line| {
        let sold = world.prices.get(&line.price)?;
        sold.recurring.as_ref()?;
        if sold.is_metered() {
            return Some(format!("what is used, billed {}", rhythm(sold)));
        }
        let sum = world.period_cost(&line.price, line.quantity.unwrap_or(0));
        Some(format!("{} {}", amount(sum, &sold.currency), rhythm(sold)))
    });
    let then = recurring.collect::<Vec<_>>().join(" and ");
    if then.is_empty() {
        return None;
    }
    Some(match world.trial_end_of(held) {
        Some(end) => format!("Free until {}, then {then}.", day(end)),
        None => format!("Then {then}, until cancelled."),
    })
}

/// What a visitor fills in and chooses from.
fn form(world: &World, held: &CheckoutSession) -> Html {
    let customer = held.offer.customer.as_deref().and_then(|id| world.customers.get(id));
    let email = customer
        .and_then(|customer| customer.email.as_deref())
        .or(held.offer.customer_email.as_deref());
    let mut pieces = vec![match email {
        Some(email) => note(&format!("Paying as {email}")),
        None => field("email", "Email", "email", ""),
    }];
    if customer.is_none_or(|customer| customer.name.is_none()) {
        pieces.push(field("name", "Name", "text", ""));
    }
    if held.offer.allow_promotion_codes == Some(true) {
        pieces.push(field("promotion_code", "Promotion code", "text", ""));
        pieces.push(button("apply", "Apply the code", false));
    }
    let free = held.total() == 0 && held.offer.mode != Mode::Setup;
    let collects = !free || (held.offer.mode == Mode::Subscription && held.always_collects());
    if collects {
        let saved = customer.and_then(|customer| world.paying_method(&customer.id, None));
        let mut cards: Vec<(&str, &str)> = Vec::new();
        if saved.is_some() && held.offer.mode != Mode::Setup {
            cards.push(("", "The saved payment method"));
        }
        cards.extend(TEST_CARDS);
        pieces.push(choice("payment_method", "Pay by", &cards));
    }
    pieces.push(button("pay", main_label(held, free), true));
    if collects {
        pieces.push(button("decline", "Fail payment (card declined)", false));
    }
    if collects && !free && held.offer.mode != Mode::Setup {
        pieces.push(tag(
            "div",
            &[("class", "pair")],
            [
                button("later", "Pay later: will succeed", false),
                button("later_fails", "Pay later: will fail", false),
            ],
        ));
    }
    if let Some(url) = &held.offer.cancel_url {
        pieces.push(link(url, "Cancel"));
    }
    tag("section", &[], [tag("form", &[("method", "post")], pieces)])
}

fn main_label(held: &CheckoutSession, free: bool) -> &'static str {
    match held.offer.mode {
        Mode::Setup => "Save",
        Mode::Payment => "Pay",
        Mode::Subscription if free => "Start for free",
        Mode::Subscription => "Pay and subscribe",
    }
}

/// The bank's question.
fn prove() -> Html {
    let pieces = [
        words("h2", "Your bank asks whether it is you"),
        button("authenticate", "Complete authentication", true),
        button("fail_authentication", "Fail authentication", false),
    ];
    tag("section", &[], [tag("form", &[("method", "post")], pieces)])
}

/// What a visitor does: the page again if it went wrong, else the way back.
pub(super) fn act(world: &mut World, id: &str, form: &Form) -> Reply {
    if world.checkout_sessions.get(id).is_none_or(|held| held.status != SessionStatus::Open) {
        return show(world, id, None);
    }
    let given = |name: &str| form.owned(name).filter(|value| !value.trim().is_empty());
    let promotion_code = given("promotion_code");
    let done = match form.text("do") {
        Some("authenticate") => world.authenticate_checkout(id, true),
        Some("fail_authentication") => world.authenticate_checkout(id, false),
        Some("apply") => {
            let applied =
                world.redeem_at_checkout(id, promotion_code.as_deref().unwrap_or_default());
            return show(world, id, applied.err().as_ref());
        }
        deed => {
            let by = match deed {
                Some("decline") => PayBy::Card(Card::Declining),
                Some("later") => PayBy::Card(Card::DelayedSuccess),
                Some("later_fails") => PayBy::Card(Card::DelayedFailure),
                Some(_) | None => given("payment_method").map_or(PayBy::Saved, PayBy::Method),
            };
            let visit =
                CheckoutVisit { by, email: given("email"), name: given("name"), promotion_code };
            world.complete_checkout(id, &visit)
        }
    };
    match done {
        Err(LifeError::NeedsAction { .. }) => show(world, id, None),
        Err(wrong) => show(world, id, Some(&wrong)),
        Ok(()) => {
            let url = world.checkout_sessions.get(id).and_then(CheckoutSession::after_url);
            url.map_or_else(|| show(world, id, None), Reply::Redirect)
        }
    }
}
