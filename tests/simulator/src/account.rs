//! A simulated account alone: no server, no deliveries, no clock but the second it is told. What is
//! asked of it and what it tells follow from its seed and the calls, byte for byte, so whoever
//! drives it decides when each event arrives, how often, and in which version.

use crate::api::direct;
use crate::delivery::courier::Courier;
use crate::delivery::endpoint::Kinds;
use crate::delivery::faults::Faults;
use crate::delivery::retry::Retries;
use crate::life::LifeError;
use crate::life::checkout::visit::CheckoutVisit;
use crate::life::rules::Rules;
use crate::model::alert::Alert;
use crate::model::charge::Charge;
use crate::model::checkout::CheckoutSession;
use crate::model::coupon::{Coupon, Discount, PromotionCode};
use crate::model::credit::{CreditGrant, CreditTransaction};
use crate::model::credit_note::CreditNote;
use crate::model::customer::Customer;
use crate::model::dispute::Dispute;
use crate::model::entitlement::Feature;
use crate::model::invoice::{Invoice, InvoiceItem};
use crate::model::invoice_payment::InvoicePayment;
use crate::model::meter::Meter;
use crate::model::payment_intent::PaymentIntent;
use crate::model::payment_method::PaymentMethod;
use crate::model::price::Price;
use crate::model::product::Product;
use crate::model::refund::Refund;
use crate::model::schedule::Schedule;
use crate::model::setup_intent::SetupIntent;
use crate::model::subscription::Subscription;
use crate::model::tax_id::TaxId;
use crate::render::{Object, View, checkout, entitlement, thin_event};
use crate::simulator::Simulator;
use crate::truth::Truth;
use crate::version::ApiVersion;
use crate::world::{Listener, World};
use bytes::Bytes;
use http::Method;
use serde_json::Value;
use std::fmt;

/// An account without a server.
pub struct Account {
    courier: Courier,
    world: World,
}

/// An event that the account told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its id.
    pub id: String,
    /// Its second.
    pub created: i64,
    /// Its type.
    pub kind: String,
    /// Its body in each version that is listened with, in their order; a thin event has one.
    pub bodies: Vec<Bytes>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("now", &self.world.now).finish_non_exhaustive()
    }
}

impl Account {
    /// An empty account at a second (Unix time), whose events are told in these versions.
    #[must_use]
    pub fn begin(seed: u64, second: i64, versions: &[ApiVersion]) -> Self {
        let mut world = World::new(seed, second, ApiVersion::newest(), Rules::default());
        let listener =
            |version: &ApiVersion| Listener { version: version.clone(), kinds: Kinds::All };
        world.listen(versions.iter().map(listener).collect());
        "https://offline.test".clone_into(&mut world.base_url);
        let courier = Courier::new(seed, Faults::default(), Retries::default(), 1);
        Self { courier, world }
    }

    /// Its second, Unix time.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.world.now
    }

    /// Lets time pass up to a second: everything that falls due happens. Time never goes back.
    pub fn pass_until(&mut self, second: i64) {
        self.world.advance_to(second);
    }

    /// Sets what goes wrong in the making of events; what is said of their delivery is nothing here.
    pub fn set_faults(&mut self, faults: Faults) {
        self.world.change_oddities(|oddities| oddities.faults = faults);
    }

    /// Calls its API; the status and the answer's JSON. The method is one of Stripe's three.
    pub fn call(&mut self, method: &str, target: &str, form: &str) -> (u16, Value) {
        let method = method.parse().unwrap_or(Method::GET);
        let (status, body) = direct::call(method, target, form, &mut self.world, &self.courier);
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// Completes a checkout session as a visitor of its page would.
    ///
    /// # Errors
    ///
    /// When the session is not open, or the bank declines or asks for more.
    pub fn complete_checkout(
        &mut self,
        session: &str,
        by: &CheckoutVisit,
    ) -> Result<(), LifeError> {
        self.world.complete_checkout(session, by)
    }

    /// The events that have a snapshot, from a place in their order on.
    pub fn told(&self, from: usize, versions: &[ApiVersion]) -> Vec<Told> {
        let events = self.world.events.get(from..).unwrap_or_default();
        let told = events.iter().map(|event| Told {
            id: event.id.clone(),
            created: event.created,
            kind: event.kind.clone(),
            bodies: versions.iter().filter_map(|version| event.body(version).cloned()).collect(),
        });
        told.collect()
    }

    /// The thin events, as they are sent, from a place in their order on.
    #[must_use]
    pub fn told_thinly(&self, from: usize) -> Vec<Told> {
        let events = self.world.thin_events.get(from..).unwrap_or_default();
        let told = events.iter().map(|event| Told {
            id: event.id.clone(),
            created: event.created,
            kind: event.kind.clone(),
            bodies: vec![Bytes::from(thin_event::notification(event).to_string())],
        });
        told.collect()
    }

    /// The present state of every object.
    #[must_use]
    pub fn truth(&self) -> Truth {
        Truth::of(&self.world, &ApiVersion::newest())
    }

    /// An object as it is now, in a version, with all of its children; `None` where it is deleted,
    /// was never there, or is of a kind that cannot be asked for.
    #[must_use]
    pub fn shown(&self, kind: &str, id: &str, version: &ApiVersion) -> Option<Value> {
        let (world, view) = (&self.world, View { version, whole_lists: true });
        match kind {
            Alert::KIND => row::<Alert>(world, id, view),
            Charge::KIND => row::<Charge>(world, id, view),
            CheckoutSession::KIND => {
                let session = world.checkout_sessions.get(id)?;
                let mut shown = session.render(world, view);
                if let Value::Object(fields) = &mut shown {
                    let lines = checkout::line_items(session, world, view);
                    fields.insert("line_items".to_owned(), lines);
                }
                Some(shown)
            }
            Coupon::KIND => row::<Coupon>(world, id, view),
            CreditGrant::KIND => row::<CreditGrant>(world, id, view),
            CreditNote::KIND => row::<CreditNote>(world, id, view),
            CreditTransaction::KIND => row::<CreditTransaction>(world, id, view),
            Customer::KIND => row::<Customer>(world, id, view),
            Discount::KIND => row::<Discount>(world, id, view),
            Dispute::KIND => row::<Dispute>(world, id, view),
            Feature::KIND => row::<Feature>(world, id, view),
            Invoice::KIND => row::<Invoice>(world, id, view),
            InvoiceItem::KIND => row::<InvoiceItem>(world, id, view),
            InvoicePayment::KIND => row::<InvoicePayment>(world, id, view),
            Meter::KIND => row::<Meter>(world, id, view),
            PaymentIntent::KIND => row::<PaymentIntent>(world, id, view),
            PaymentMethod::KIND => row::<PaymentMethod>(world, id, view),
            Price::KIND => row::<Price>(world, id, view),
            Product::KIND => row::<Product>(world, id, view),
            PromotionCode::KIND => row::<PromotionCode>(world, id, view),
            Refund::KIND => row::<Refund>(world, id, view),
            Schedule::KIND => row::<Schedule>(world, id, view),
            SetupIntent::KIND => row::<SetupIntent>(world, id, view),
            Subscription::KIND => row::<Subscription>(world, id, view),
            TaxId::KIND => row::<TaxId>(world, id, view),
            // Who is deleted is entitled to nothing, and that is what the last event shows.
            "entitlements.active_entitlement_summary" => {
                world.customers.get(id).map(|_| entitlement::summary(id, world, view))
            }
            _ => None,
        }
    }
}

impl Simulator {
    /// Calls its API from inside the program: no credential, no limits, no faults of calls. The
    /// status and the answer's JSON. The method is one of Stripe's three.
    #[must_use]
    pub fn call(&self, method: &str, target: &str, form: &str) -> (u16, Value) {
        let method = method.parse().unwrap_or(Method::GET);
        let (status, body) =
            self.with_world(|world| direct::call(method, target, form, world, self.courier()));
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }
}

fn row<T: Object>(world: &World, id: &str, view: View<'_>) -> Option<Value> {
    T::table(world).get(id).filter(|it| !it.is_deleted()).map(|it| it.render(world, view))
}
