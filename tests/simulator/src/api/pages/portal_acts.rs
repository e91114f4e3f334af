//! What a visitor of the portal does. A deed that is refused shows the page again with the
//! reason; one that is done leads on.

use super::html::page;
use super::portal::{after, confirm, dead, open};
use super::portal_parts::Desk;
use super::{Reply, not_found, told};
use crate::api::form::Form;
use crate::life::{CustomerChange, LifeError};
use crate::world::World;
use http::StatusCode;
use serde_json::json;

pub(super) fn act(world: &mut World, id: &str, form: &Form) -> Reply {
    if world.portal_sessions.get(id).is_none() {
        return not_found();
    }
    if !world.visit_portal(id) {
        return dead();
    }
    let deed = form.text("do").unwrap_or_default().to_owned();
    if deed == "preview" {
        return preview(world, id, form);
    }
    if let Err(wrong) = done(world, id, &deed, form) {
        return open(world, id, None, Some(&told(&wrong)));
    }
    let reply = after(world, id, &deed);
    world.end_portal_flow(id);
    reply
}

fn done(world: &mut World, id: &str, deed: &str, form: &Form) -> Result<(), LifeError> {
    let subscription = form.text("subscription").unwrap_or_default();
    let given = |name: &str| form.owned(name).filter(|value| !value.trim().is_empty());
    match deed {
        "cancel" => world.cancel_in_portal(id, subscription, given("feedback"), given("comment")),
        "stay" => world.stay_in_portal(id),
        "keep" => world.keep_in_portal(id, subscription),
        "update" => {
            let (price, quantity) = wanted(form)?;
            world.update_in_portal(id, subscription, &price, quantity)
        }
        "method" => {
            let method = given("payment_method").unwrap_or_default();
            world.save_method_in_portal(id, &method)
        }
        "pause" => world.pause_in_portal(id, subscription),
        "resume" => world.resume_in_portal(id, subscription),
        "customer" => world.change_customer_in_portal(id, customer(form)),
        _ => Err(LifeError::NotNow {
            code: None,
            message: "There is no such thing to do here.".to_owned(),
        }),
    }
}

/// The price and the quantity that are wanted.
fn wanted(form: &Form) -> Result<(String, Option<i64>), LifeError> {
    let quantity = form.integer("quantity").map_err(|_| LifeError::Invalid {
        param: "quantity",
        message: "The quantity is no whole number.".to_owned(),
    })?;
    Ok((form.owned("price").unwrap_or_default(), quantity))
}

/// The page that a change is confirmed on.
fn preview(world: &mut World, id: &str, form: &Form) -> Reply {
    let subscription = form.text("subscription").unwrap_or_default();
    let bill = wanted(form).and_then(|(price, quantity)| {
        let bill = world.portal_preview(id, subscription, &price, quantity)?;
        Ok((price, quantity, bill))
    });
    match bill {
        Err(wrong) => open(world, id, None, Some(&told(&wrong))),
        Ok((price, quantity, bill)) => match Desk::at(world, id) {
            None => not_found(),
            Some(desk) => {
                let held = desk.subscription(subscription);
                let item = held.and_then(|held| held.items.first());
                let quantity = quantity.or(item.and_then(|item| item.quantity));
                let part = confirm(&desk, subscription, &price, quantity, Some(&bill));
                Reply::Page(StatusCode::OK, page("Confirm the change of your plan", [part]))
            }
        },
    }
}

fn customer(form: &Form) -> CustomerChange {
    let part = |name: &str| form.text(name).filter(|value| !value.is_empty());
    let parts = ["line1", "postal_code", "city", "country"];
    let address = parts.iter().any(|name| form.text(name).is_some()).then(|| {
        json!({
            "city": part("city"),
            "country": part("country"),
            "line1": part("line1"),
            "line2": null,
            "postal_code": part("postal_code"),
            "state": null,
        })
    });
    CustomerChange {
        address,
        email: form.owned("email"),
        name: form.owned("name"),
        phone: form.owned("phone"),
        ..CustomerChange::default()
    }
}
