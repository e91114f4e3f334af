//! What the simulator knows, to be held against what somebody else believes.

use crate::model::alert::Alert;
use crate::model::balance_transaction::BalanceTransaction;
use crate::model::charge::Charge;
use crate::model::checkout::CheckoutSession;
use crate::model::coupon::{Coupon, Discount, PromotionCode};
use crate::model::credit::{CreditGrant, CreditTransaction};
use crate::model::credit_note::CreditNote;
use crate::model::customer::Customer;
use crate::model::customer_balance::CustomerBalanceTransaction;
use crate::model::dispute::Dispute;
use crate::model::entitlement::{ActiveEntitlement, Feature, ProductFeature};
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
use crate::render::{Object, View};
use crate::version::ApiVersion;
use crate::world::World;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The present state of every object, in one version of the API. Lists inside an object, which API
/// answers and events cut after ten entries, are whole here.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Truth {
    /// Ids of deleted objects, by kind.
    pub deleted: BTreeMap<String, BTreeSet<String>>,
    /// Objects by kind (`charge`, `customer`, `invoice`, `payment_intent` and so on) and id.
    pub objects: BTreeMap<String, BTreeMap<String, Value>>,
    /// What is left of each credit grant, in the minor unit.
    pub credits: BTreeMap<String, i64>,
    /// What counts by now of all usage there ever was, by meter and customer: exact decimals
    /// without zeros at their end.
    pub usage: BTreeMap<String, BTreeMap<String, String>>,
}

impl Truth {
    pub(crate) fn of(world: &World, version: &ApiVersion) -> Self {
        let mut truth = Self::default();
        truth.take::<Alert>(world, version);
        truth.take::<BalanceTransaction>(world, version);
        truth.take::<Charge>(world, version);
        truth.take::<Coupon>(world, version);
        truth.take::<CreditGrant>(world, version);
        truth.take::<CreditTransaction>(world, version);
        truth.take::<CheckoutSession>(world, version);
        truth.take::<CreditNote>(world, version);
        truth.take::<Customer>(world, version);
        truth.take::<CustomerBalanceTransaction>(world, version);
        truth.take::<TaxId>(world, version);
        truth.take::<Discount>(world, version);
        truth.take::<ActiveEntitlement>(world, version);
        truth.take::<Feature>(world, version);
        truth.take::<Dispute>(world, version);
        truth.take::<Invoice>(world, version);
        truth.take::<InvoiceItem>(world, version);
        truth.take::<InvoicePayment>(world, version);
        truth.take::<PaymentIntent>(world, version);
        truth.take::<PaymentMethod>(world, version);
        truth.take::<Meter>(world, version);
        truth.take::<Price>(world, version);
        truth.take::<Product>(world, version);
        truth.take::<ProductFeature>(world, version);
        truth.take::<PromotionCode>(world, version);
        truth.take::<Refund>(world, version);
        truth.take::<Schedule>(world, version);
        truth.take::<SetupIntent>(world, version);
        truth.take::<Subscription>(world, version);
        let left = world.credit_grants.rows().iter();
        truth.credits = left.map(|held| (held.id.clone(), held.remaining)).collect();
        for meter in world.meters.rows() {
            let sum = |customer: &str| world.usage.sum(meter, customer, i64::MIN, i64::MAX);
            let customers = world.usage.customers_of(&meter.id);
            let sums = customers.map(|customer| (customer.to_owned(), sum(customer).to_string()));
            truth.usage.insert(meter.id.clone(), sums.collect());
        }
        truth
    }

    fn take<T: Object>(&mut self, world: &World, version: &ApiVersion) {
        let view = View { version, whole_lists: true };
        let objects = self.objects.entry(T::KIND.to_owned()).or_default();
        let deleted = self.deleted.entry(T::KIND.to_owned()).or_default();
        for row in T::table(world).rows() {
            if row.is_deleted() {
                deleted.insert(row.id().to_owned());
            } else {
                objects.insert(row.id().to_owned(), row.render(world, view));
            }
        }
        // An id that was given again is no deleted object's any more.
        deleted.retain(|id| !objects.contains_key(id));
    }

    /// One object.
    #[must_use]
    pub fn object(&self, kind: &str, id: &str) -> Option<&Value> {
        self.objects.get(kind)?.get(id)
    }

    /// Whether an object was deleted.
    #[must_use]
    pub fn is_deleted(&self, kind: &str, id: &str) -> bool {
        self.deleted.get(kind).is_some_and(|ids| ids.contains(id))
    }
}
