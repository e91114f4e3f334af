//! What each path of the API does: one file per resource, and the table of them.
//!
//! A route answers with a value or an error; it leaves the world as it was where it refuses. A
//! path that no resource knows is answered as Stripe answers an unrecognized one.

mod active_entitlements;
mod alerts;
mod charges;
mod checkout_lines;
mod checkout_offer;
mod checkout_sessions;
mod coupons;
mod credit_balances;
mod credit_grants;
mod credit_notes;
mod customer_balance;
mod customers;
mod discounts;
mod disputes;
mod events;
mod features;
mod invoice_items;
mod invoice_lines;
mod invoice_payments;
mod invoice_previews;
mod invoices;
mod meter_event_adjustments;
mod meter_events;
mod meter_summaries;
mod meters;
mod payment_intents;
mod payment_methods;
mod portal_configurations;
mod portal_sessions;
mod prices;
mod product_features;
mod products;
mod promotion_codes;
mod refunds;
mod setup_intents;
mod subscription_end_terms;
mod subscription_item_terms;
mod subscription_items;
mod subscription_schedules;
mod subscription_settings;
mod subscription_terms;
mod subscriptions;
mod tax_ids;
mod test_clocks;
mod webhook_endpoints;

use super::error::ApiError;
use super::form::Form;
use super::list::{PAGING, Page, Rows, Within, cut, page};
use super::search::{is_searched, search};
use crate::delivery::courier::Courier;
use crate::model::customer::Customer;
use crate::render::price::PriceBook;
use crate::render::{Object, View};
use crate::version::ApiVersion;
use crate::world::World;
use bytes::Bytes;
use http::Method;
use serde_json::Value;

/// What is wanted of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Delete,
}

impl Verb {
    pub(super) fn of(method: &Method) -> Option<Self> {
        match *method {
            Method::GET => Some(Self::Get),
            Method::POST => Some(Self::Post),
            Method::DELETE => Some(Self::Delete),
            _ => None,
        }
    }
}

/// A call as a route sees it.
pub(super) struct Call<'a> {
    pub(super) verb: Verb,
    pub(super) form: Form,
    pub(super) version: &'a ApiVersion,
    /// Who knows of deliveries.
    pub(super) courier: &'a Courier,
    /// How many simulated seconds searches are behind.
    pub(super) search_lag: i64,
}

pub(super) type Answered = Result<Value, ApiError>;

/// The paths that begin with the same words.
pub(super) struct Resource {
    /// The words behind the version.
    prefix: &'static [&'static str],
    /// The kind of object that is answered.
    kind: &'static str,
    /// The lists inside one object, by the word behind its id, and the kind of their entries.
    inner: &'static [(&'static str, &'static str)],
    /// Answers what is behind the prefix; none where there is no such path.
    pub(super) route: fn(&Call<'_>, &mut World, &[&str]) -> Option<Answered>,
}

/// Every resource of version 1 of the API, in the order of the prefixes.
const RESOURCES: &[Resource] = &[
    alerts::RESOURCE,
    credit_balances::SUMMARY,
    credit_balances::TRANSACTIONS,
    credit_grants::RESOURCE,
    meter_event_adjustments::RESOURCE,
    meter_events::RESOURCE,
    meters::RESOURCE,
    coupons::RESOURCE,
    portal_configurations::RESOURCE,
    portal_sessions::RESOURCE,
    checkout_sessions::RESOURCE,
    customers::RESOURCE,
    active_entitlements::RESOURCE,
    features::RESOURCE,
    charges::RESOURCE,
    credit_notes::RESOURCE,
    disputes::RESOURCE,
    events::RESOURCE,
    invoice_payments::RESOURCE,
    invoice_items::RESOURCE,
    invoices::RESOURCE,
    payment_intents::RESOURCE,
    payment_methods::RESOURCE,
    prices::RESOURCE,
    products::RESOURCE,
    promotion_codes::RESOURCE,
    refunds::RESOURCE,
    setup_intents::RESOURCE,
    subscription_items::RESOURCE,
    subscription_schedules::RESOURCE,
    subscriptions::RESOURCE,
    test_clocks::RESOURCE,
    webhook_endpoints::RESOURCE,
];

/// Writes a list to bytes, without a value in between.
type Writes = fn(&Call<'_>, &World) -> Result<Bytes, ApiError>;

/// Lists that are read by the million.
const IN_BULK: &[(&[&str], Writes)] = &[(&["subscriptions"], subscriptions::written_list)];

/// How a list is written in bulk, where it is.
pub(super) fn in_bulk(path: &[&str]) -> Option<Writes> {
    IN_BULK.iter().find(|(bulk, _)| *bulk == path).map(|(_, writes)| *writes)
}

impl Resource {
    /// The resource of a path, and the rest of the path behind its prefix.
    pub(super) fn of<'p, 'w>(path: &'p [&'w str]) -> Option<(&'static Self, &'p [&'w str])> {
        let fits = |resource: &'static Self| Some((resource, path.strip_prefix(resource.prefix)?));
        // Where nothing is searched, `search` is no object's id either.
        let known =
            |(resource, rest): &(&Self, &[&str])| *rest != ["search"] || is_searched(resource.kind);
        RESOURCES.iter().find_map(fits).filter(known)
    }

    /// The kind of object that a path answers with, and whether it answers with a list of them.
    pub(super) fn answers(&self, verb: Verb, rest: &[&str]) -> (&'static str, bool) {
        let reads = verb == Verb::Get;
        match rest {
            // There is one summary, and no list of them.
            [] if self.kind == credit_balances::SUMMARY.kind => (self.kind, false),
            [] | ["search"] => (self.kind, reads),
            [_, word, more @ ..] => self
                .inner
                .iter()
                .find(|(name, _)| name == word)
                .map_or((self.kind, false), |(_, kind)| (*kind, reads && more.is_empty())),
            [_] => (self.kind, false),
        }
    }
}

impl Call<'_> {
    pub(super) fn view(&self) -> View<'_> {
        View::of(self.version)
    }

    /// One object, which takes no parameters. A deleted customer is shown as deleted; anything
    /// else that is deleted is gone.
    fn retrieve<T: Object>(&self, world: &World, id: &str) -> Answered {
        self.form.only(&[])?;
        self.show::<T>(world, id)
    }

    /// One object as the answer to what was done with it.
    fn show<T: Object>(&self, world: &World, id: &str) -> Answered {
        T::table(world)
            .get(id)
            .filter(|held| !held.is_deleted() || T::KIND == Customer::KIND)
            .map(|held| held.render(world, self.view()))
            .ok_or_else(|| ApiError::missing(T::KIND, id, "id"))
    }

    /// Refuses parameters that a list with `created` and these filters does not take.
    fn filters(&self, filters: &[&str]) -> Result<(), ApiError> {
        self.form.only(&[PAGING, &["created"], filters].concat())
    }

    /// A list of objects, with filters of its own beside paging and `created`.
    fn list<T: Object>(&self, world: &World, keep: impl Fn(&T) -> bool) -> Answered {
        self.list_among::<T>(world, None, keep)
    }

    /// The same list, where it is known which objects alone can be on it.
    fn list_among<T: Object>(
        &self,
        world: &World,
        ids: Option<&[String]>,
        keep: impl Fn(&T) -> bool,
    ) -> Answered {
        let created = Within::parse(&self.form, "created")?;
        let place = |id: &str| T::table(world).place(id);
        page(
            &rows::<T>(world, &place, created, ids),
            &self.form,
            &format!("/v1/{}", T::PLURAL),
            |held| !held.is_deleted() && created.holds(held.created()) && keep(held),
            |held| held.render(world, self.view()),
        )
    }

    /// A list of those objects that something else keeps the ids of, oldest first.
    fn list_of<T: Object>(
        &self,
        world: &World,
        ids: &[String],
        url: &str,
        keep: impl Fn(&T) -> bool,
    ) -> Answered {
        let created = Within::parse(&self.form, "created")?;
        let held: Vec<&T> = ids.iter().filter_map(|id| T::table(world).get(id)).collect();
        let place = |id: &str| held.iter().position(|held| held.id() == id);
        page(
            &Rows::new(&held, &place, T::KIND),
            &self.form,
            url,
            |held| !held.is_deleted() && created.holds(held.created()) && keep(held),
            |held| held.render(world, self.view()),
        )
    }

    /// The same list, written straight to bytes.
    fn written_list<T: Object>(
        &self,
        world: &World,
        ids: Option<&[String]>,
        keep: impl Fn(&T) -> bool,
    ) -> Result<Bytes, ApiError> {
        let created = Within::parse(&self.form, "created")?;
        let place = |id: &str| T::table(world).place(id);
        let rows = rows::<T>(world, &place, created, ids);
        let keep = |held: &T| !held.is_deleted() && created.holds(held.created()) && keep(held);
        let Page { rows, has_more } = cut(&rows, &self.form, keep)?;
        let mut out = Vec::with_capacity(OBJECT_BYTES * (rows.len() + 1));
        out.extend_from_slice(br#"{"object":"list","data":["#);
        let mut prices = PriceBook::default();
        for (place, held) in rows.into_iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            held.write(world, self.view(), &mut prices, &mut out);
        }
        let rest = format!(r#"],"has_more":{has_more},"url":"/v1/{}"}}"#, T::PLURAL);
        out.extend_from_slice(rest.as_bytes());
        Ok(Bytes::from(out))
    }

    /// What a search finds.
    fn search<T: Object>(&self, world: &World) -> Answered {
        search::<T>(world, &self.form, self.version, self.search_lag)
    }
}

/// About how long a written object is.
const OBJECT_BYTES: usize = 4_096;

/// The rows of a kind that were made within a range. The order of making is the order of
/// `created`, until something is made in the time of a test clock.
fn rows<'a, T: Object>(
    world: &'a World,
    place: &'a dyn Fn(&str) -> Option<usize>,
    created: Within,
    ids: Option<&[String]>,
) -> Rows<'a, T> {
    let rows = Rows::new(T::table(world).rows(), place, T::KIND);
    let in_order = world.test_clocks.rows().is_empty();
    let rows = if in_order { rows.made_within(created, T::created) } else { rows };
    match ids {
        Some(ids) => rows.among(ids.iter().filter_map(|id| place(id))),
        None => rows,
    }
}

/// The test clock of a customer. What goes by one is left out of lists, unless the clock or what
/// it belongs to is asked for.
fn clock_of<'a>(world: &'a World, customer: &str) -> Option<&'a str> {
    world.clock_of(customer).map(|clock| clock.id.as_str())
}

/// Whether a filter is absent or names this value.
fn fits(filter: Option<&str>, value: &str) -> bool {
    filter.is_none_or(|wanted| wanted == value)
}
