//! Which request is answered by what.

use super::error::ApiError;
use super::expand::Expand;
use super::form::Form;
use super::request::ApiRequest;
use super::search::search;
use super::{reads, webhook_endpoints, writes};
use crate::delivery::courier::Courier;
use crate::model::customer::Customer;
use crate::model::invoice::Invoice;
use crate::model::price::Price;
use crate::model::product::Product;
use crate::model::subscription::Subscription;
use crate::model::test_clock::TestClock;
use crate::model::webhook_endpoint::WebhookEndpoint;
use crate::render::{Object, deleted};
use crate::version::ApiVersion;
use crate::world::World;
use http::Method;
use serde_json::Value;

/// Answers a request to Stripe's API. The courier knows of deliveries; `late_seconds` is how far behind a search is, if not as far as usual.
pub(super) fn route(
    request: &ApiRequest,
    world: &mut World,
    version: &ApiVersion,
    late_seconds: Option<u32>,
    courier: &Courier,
) -> Result<Value, ApiError> {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let Some(("v1", path)) = segments.split_first().map(|(first, rest)| (*first, rest)) else {
        return Err(unknown(request));
    };
    let form = request.form();
    let answered = answered(path, &request.method).ok_or_else(|| unknown(request))?;
    let expand = Expand::parse(&form, answered, version)?;
    let mut answer = match request.method {
        Method::GET => match path {
            [objects, "search"] => {
                let lag = late_seconds.map_or(world.rules.search_lag_seconds, i64::from);
                found(objects, world, &form, version, lag).unwrap_or_else(|| Err(unknown(request)))
            }
            _ => read(request, path, world, &form, version, |event| courier.pending(event)),
        },
        Method::POST => {
            let key = request.idempotency_key();
            let subject = subject(path, &form);
            world.on_request(key, |world| {
                world.in_time_of(&subject, |world| {
                    post(request, path, world, &form, version, courier)
                })
            })
        }
        Method::DELETE => {
            let subject = subject(path, &form);
            world.on_request(None, |world| {
                world.in_time_of(&subject, |world| {
                    delete(request, path, world, &form, version, courier)
                })
            })
        }
        _ => Err(unknown(request)),
    }?;
    expand.apply(&mut answer, world, version);
    Ok(answer)
}

/// The kind of object that a path answers with, and whether it answers with a list of them.
fn answered(path: &[&str], method: &Method) -> Option<(&'static str, bool)> {
    let kind = match *path.first()? {
        "customers" => Customer::KIND,
        "events" => "event",
        "invoices" if path.get(2) == Some(&"lines") => return Some(("line_item", true)),
        "invoices" => Invoice::KIND,
        "prices" => Price::KIND,
        "products" => Product::KIND,
        "subscription_items" => "subscription_item",
        "subscriptions" => Subscription::KIND,
        "webhook_endpoints" => WebhookEndpoint::KIND,
        "test_helpers" if path.get(1) == Some(&"test_clocks") => {
            return Some((TestClock::KIND, path.len() == 2 && method == Method::GET));
        }
        _ => return None,
    };
    let lists = path.len() == 1 || path.get(1) == Some(&"search");
    Some((kind, lists && method == Method::GET))
}

/// The object whose test clock a write goes by: the one its path names, the customer it is for, or
/// the clock a customer is made with. Writes of clocks themselves go by the account's time.
fn subject(path: &[&str], form: &Form) -> String {
    match path {
        ["test_helpers", ..] => String::new(),
        [_, id, ..] => (*id).to_owned(),
        _ => form.owned("customer").or_else(|| form.owned("test_clock")).unwrap_or_default(),
    }
}

/// What a search among objects finds; none where there is no search.
fn found(
    objects: &str,
    world: &World,
    form: &Form,
    v: &ApiVersion,
    lag: i64,
) -> Option<Result<Value, ApiError>> {
    Some(match objects {
        "customers" => search::<Customer>(world, form, v, lag),
        "invoices" => search::<Invoice>(world, form, v, lag),
        "prices" => search::<Price>(world, form, v, lag),
        "products" => search::<Product>(world, form, v, lag),
        "subscriptions" => search::<Subscription>(world, form, v, lag),
        _ => return None,
    })
}

fn unknown(request: &ApiRequest) -> ApiError {
    ApiError::unknown_path(request.method.as_str(), &request.path)
}

fn read(
    request: &ApiRequest,
    path: &[&str],
    world: &World,
    form: &Form,
    v: &ApiVersion,
    pending: impl Fn(&str) -> usize,
) -> Result<Value, ApiError> {
    match path {
        ["test_helpers", "test_clocks"] => return reads::test_clocks(world, form, v),
        ["test_helpers", "test_clocks", _] | [_, _] => form.only(&[])?,
        _ => {}
    }
    match path {
        ["customers"] => reads::customers(world, form, v),
        ["customers", id] => reads::retrieve::<Customer>(world, id, v),
        ["products"] => reads::products(world, form, v),
        ["products", id] => reads::retrieve::<Product>(world, id, v),
        ["prices"] => reads::prices(world, form, v),
        ["prices", id] => reads::retrieve::<Price>(world, id, v),
        ["subscriptions"] => reads::subscriptions(world, form, v),
        ["subscriptions", id] => reads::retrieve::<Subscription>(world, id, v),
        ["subscription_items"] => reads::items(world, form, v),
        ["invoices"] => reads::invoices(world, form, v),
        ["invoices", id] => reads::retrieve::<Invoice>(world, id, v),
        ["invoices", id, "lines"] => reads::lines(world, id, form, v),
        ["test_helpers", "test_clocks", id] => reads::retrieve::<TestClock>(world, id, v),
        ["webhook_endpoints"] => reads::webhook_endpoints(world, form, v),
        ["webhook_endpoints", id] => reads::retrieve::<WebhookEndpoint>(world, id, v),
        ["events"] => reads::events(world, form, pending),
        ["events", id] => reads::event(world, id, pending),
        _ => Err(unknown(request)),
    }
}

fn post(
    request: &ApiRequest,
    path: &[&str],
    world: &mut World,
    form: &Form,
    v: &ApiVersion,
    courier: &Courier,
) -> Result<Value, ApiError> {
    match path {
        ["customers"] => {
            let id = writes::create_customer(world, form)?;
            reads::retrieve::<Customer>(world, &id, v)
        }
        ["customers", id] => {
            writes::update_customer(world, id, form)?;
            reads::retrieve::<Customer>(world, id, v)
        }
        ["products"] => {
            let id = writes::create_product(world, form)?;
            reads::retrieve::<Product>(world, &id, v)
        }
        ["products", id] => {
            writes::update_product(world, id, form)?;
            reads::retrieve::<Product>(world, id, v)
        }
        ["prices"] => {
            let id = writes::create_price(world, form)?;
            reads::retrieve::<Price>(world, &id, v)
        }
        ["prices", id] => {
            writes::update_price(world, id, form)?;
            reads::retrieve::<Price>(world, id, v)
        }
        ["subscriptions"] => {
            let id = writes::subscribe(world, form)?;
            reads::retrieve::<Subscription>(world, &id, v)
        }
        ["subscriptions", id] => {
            writes::update_subscription(world, id, form)?;
            reads::retrieve::<Subscription>(world, id, v)
        }
        ["test_helpers", "test_clocks"] => {
            let id = writes::create_test_clock(world, form)?;
            reads::retrieve::<TestClock>(world, &id, v)
        }
        ["test_helpers", "test_clocks", id, "advance"] => {
            writes::advance_test_clock(world, id, form)?;
            reads::retrieve::<TestClock>(world, id, v)
        }
        ["webhook_endpoints"] => {
            let (id, secret) = webhook_endpoints::create(world, form, courier)?;
            let mut shown = reads::retrieve::<WebhookEndpoint>(world, &id, v)?;
            if let Value::Object(fields) = &mut shown {
                fields.insert("secret".to_owned(), Value::from(secret));
            }
            Ok(shown)
        }
        ["webhook_endpoints", id] => {
            webhook_endpoints::update(world, id, form, courier)?;
            reads::retrieve::<WebhookEndpoint>(world, id, v)
        }
        ["invoices", id, "pay"] => {
            writes::pay(world, id, form)?;
            reads::retrieve::<Invoice>(world, id, v)
        }
        _ => Err(unknown(request)),
    }
}

fn delete(
    request: &ApiRequest,
    path: &[&str],
    world: &mut World,
    form: &Form,
    v: &ApiVersion,
    courier: &Courier,
) -> Result<Value, ApiError> {
    match path {
        ["customers", id] => {
            form.only(&[])?;
            world.delete_customer(id)?;
            Ok(deleted(Customer::KIND, id))
        }
        ["test_helpers", "test_clocks", id] => {
            form.only(&[])?;
            world.delete_test_clock(id)?;
            Ok(deleted(TestClock::KIND, id))
        }
        ["webhook_endpoints", id] => {
            form.only(&[])?;
            webhook_endpoints::delete(world, id, courier)?;
            Ok(deleted(WebhookEndpoint::KIND, id))
        }
        ["products", id] => {
            form.only(&[])?;
            world.delete_product(id)?;
            Ok(deleted(Product::KIND, id))
        }
        ["subscriptions", id] => {
            writes::cancel(world, id, form)?;
            reads::retrieve::<Subscription>(world, id, v)
        }
        _ => Err(unknown(request)),
    }
}
