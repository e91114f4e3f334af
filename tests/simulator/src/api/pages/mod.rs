//! The pages that sessions send a customer to: `/c/pay/{session}` and `/p/session/{session}`.
//!
//! They are plain HTML with forms, without scripts and without anything from elsewhere. What a
//! visitor does on them goes by the same functions as the library and the control API, and makes
//! events that name no request. Every answer is a page, also for a session that does not exist.

mod checkout;
mod html;
mod money;
mod portal;
mod portal_acts;
mod portal_parts;

use super::answer::Answer;
use super::form::Form;
use super::request::ApiRequest;
use crate::life::LifeError;
use crate::simulator::Simulator;
use bytes::Bytes;
use html::{Html, page, text, words};
use http::{Method, StatusCode};

/// What a page answers.
#[derive(Debug)]
enum Reply {
    Page(StatusCode, String),
    /// Sends the browser on.
    Redirect(String),
}

/// Whether a request is for a page.
pub(super) fn is_for(request: &ApiRequest) -> bool {
    request.path.starts_with("/c/pay/") || request.path.starts_with("/p/session/")
}

pub(super) fn answer(request: &ApiRequest, simulator: &Simulator) -> Answer {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let act = match request.method {
        Method::GET | Method::HEAD => None,
        Method::POST => Some(Form::parse(&String::from_utf8_lossy(&request.body))),
        _ => {
            return send(plain(
                StatusCode::METHOD_NOT_ALLOWED,
                "Not allowed",
                "Open the page with a browser.",
            ));
        }
    };
    let reply = match (path.as_slice(), act) {
        (["c", "pay", id], None) => simulator.with_world(|world| checkout::show(world, id, None)),
        (["c", "pay", id], Some(act)) => simulator
            .with_world(|world| world.in_time_of(id, |world| checkout::act(world, id, &act))),
        (["p", "session", id], None) => simulator.with_world(|world| {
            world.in_time_of(id, |world| portal::show(world, id, &request.query))
        }),
        (["p", "session", id], Some(act)) => simulator
            .with_world(|world| world.in_time_of(id, |world| portal_acts::act(world, id, &act))),
        _ => not_found(),
    };
    send(reply)
}

fn send(reply: Reply) -> Answer {
    let html = |status, body: String| Answer {
        status,
        body: Bytes::from(body),
        headers: vec![
            ("content-type", "text/html; charset=utf-8".to_owned()),
            ("cache-control", "no-store".to_owned()),
            (
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'".to_owned(),
            ),
        ],
        is_kept: false,
    };
    match reply {
        Reply::Page(status, body) => html(status, body),
        Reply::Redirect(url) => {
            let mut answer = html(StatusCode::SEE_OTHER, String::new());
            answer.headers.push(("location", url));
            answer
        }
    }
}

/// A page that only says something.
fn plain(status: StatusCode, title: &str, message: &str) -> Reply {
    Reply::Page(status, page(title, [html::tag("section", &[], [words("p", message)])]))
}

fn not_found() -> Reply {
    plain(StatusCode::NOT_FOUND, "Page not found", "There is no such session.")
}

/// What went wrong with what a visitor did.
fn alert(message: &str) -> Html {
    html::tag("section", &[("class", "alert"), ("role", "alert")], [text(message)])
}

/// A field of a form inside its label.
fn field(name: &'static str, label: &str, kind: &'static str, value: &str) -> Html {
    let attributes = [("name", name), ("type", kind), ("value", value), ("autocomplete", "off")];
    html::tag("label", &[], [text(label), html::open("input", &attributes)])
}

/// A choice of a form inside its label.
fn choice(name: &'static str, label: &str, options: &[(&str, &str)]) -> Html {
    let options = options
        .iter()
        .map(|(value, shown)| html::tag("option", &[("value", *value)], [text(shown)]));
    html::tag("label", &[], [text(label), html::tag("select", &[("name", name)], options)])
}

/// A button that says what a form is sent for.
fn button(deed: &str, label: &str, main: bool) -> Html {
    let class = if main { "main" } else { "side" };
    let attributes = [("type", "submit"), ("name", "do"), ("value", deed), ("class", class)];
    html::tag("button", &attributes, [text(label)])
}

/// A field that is sent but not shown.
fn hidden(name: &'static str, value: &str) -> Html {
    html::open("input", &[("type", "hidden"), ("name", name), ("value", value)])
}

fn link(url: &str, label: &str) -> Html {
    html::tag("a", &[("href", url), ("class", "button")], [text(label)])
}

/// Test cards that a visitor may choose from (STRIPE.md section 8).
const TEST_CARDS: &[(&str, &str)] = &[
    ("pm_card_visa", "4242 4242 4242 4242 – succeeds"),
    ("pm_card_chargeCustomerFail", "4000 0000 0000 0341 – attaches, then every charge fails"),
    ("pm_card_authenticationRequired", "4000 0027 6000 3184 – always asks for 3D Secure"),
    ("pm_card_authenticationRequiredOnSetup", "4000 0025 0000 3155 – 3D Secure at first only"),
    ("pm_card_chargeDeclinedInsufficientFunds", "4000 0000 0000 9995 – too little money"),
    ("pm_card_createDispute", "4000 0000 0000 0259 – succeeds and is disputed"),
    ("pm_usBankAccount_success", "Bank account – pays some days later"),
];

/// What a visitor reads of a refusal.
fn told(wrong: &LifeError) -> String {
    match wrong {
        LifeError::Missing { kind, .. } => format!("There is no such {kind}."),
        LifeError::Absent { param } => format!("There is no {param}."),
        LifeError::Invalid { message, .. }
        | LifeError::NotNow { message, .. }
        | LifeError::TooMany { message } => message.clone(),
        LifeError::Declined { decline, .. } => decline.message().to_owned(),
        LifeError::NeedsAction { .. } => "Your bank asks whether it is you.".to_owned(),
    }
}
