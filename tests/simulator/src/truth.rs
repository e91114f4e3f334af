//! What the simulator knows, to be held against what somebody else believes.

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

/// The present state of every object, in the newest version. Lists inside an object, which API
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
    pub(crate) fn of(world: &World) -> Self {
        let mut truth = Self::default();
        truth.take::<BalanceTransaction>(world);
        truth.take::<Charge>(world);
        truth.take::<Coupon>(world);
        truth.take::<CreditGrant>(world);
        truth.take::<CreditTransaction>(world);
        truth.take::<CheckoutSession>(world);
        truth.take::<CreditNote>(world);
        truth.take::<Customer>(world);
        truth.take::<CustomerBalanceTransaction>(world);
        truth.take::<TaxId>(world);
        truth.take::<Discount>(world);
        truth.take::<ActiveEntitlement>(world);
        truth.take::<Feature>(world);
        truth.take::<Dispute>(world);
        truth.take::<Invoice>(world);
        truth.take::<InvoiceItem>(world);
        truth.take::<InvoicePayment>(world);
        truth.take::<PaymentIntent>(world);
        truth.take::<PaymentMethod>(world);
        truth.take::<Meter>(world);
        truth.take::<Price>(world);
        truth.take::<Product>(world);
        truth.take::<ProductFeature>(world);
        truth.take::<PromotionCode>(world);
        truth.take::<Refund>(world);
        truth.take::<Schedule>(world);
        truth.take::<SetupIntent>(world);
        truth.take::<Subscription>(world);
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

    fn take<T: Object>(&mut self, world: &World) {
        let version = ApiVersion::newest();
        let view = View { version: &version, whole_lists: true };
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
