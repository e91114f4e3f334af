//! How the objects of each kind are listed, with the traps of each list (STRIPE.md section 7.6,
//! PEERS.md 16).

use counterfoil_domain::mirror::ObjectKind;

/// How the objects of a kind are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// The method and the path, with the customer's name in the place of its id.
    pub operation: &'static str,
    /// What is always asked with it: without it the list leaves things out.
    pub query: &'static str,
    /// How one gets through it.
    pub walk: Walk,
}

/// How one gets through a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// By ranges of `created`, newest first: in parts, from any place, whatever is deleted meanwhile.
    /// The column that holds it is named.
    ByCreated(&'static str),
    /// By the id of the last object seen, newest first: the list cannot be asked for a range.
    ByCursor(&'static str),
    /// Short, and without a time: read to its end and compared as one.
    AsOne,
    /// For one customer at a time: there is no list of all.
    OfEachCustomer,
}

/// Why the objects of a kind are in no list.
pub const NOT_LISTED: &[(ObjectKind, &str)] = &[
    (ObjectKind::Discount, "Stripe shows a discount with its owner only"),
    (ObjectKind::BillingAlertTriggered, "Stripe tells of it once, and never again"),
];

const fn by_created(operation: &'static str) -> Listing {
    Listing { operation, query: "", walk: Walk::ByCreated("created") }
}

/// How the objects of a kind are listed. `None` for those of [`NOT_LISTED`].
#[must_use]
pub const fn listing_of(kind: ObjectKind) -> Option<Listing> {
    let listing = match kind {
        // What is deleted is in none of the lists; it is found by not being seen.
        ObjectKind::Customer => by_created("GET /v1/customers"),
        // Without `active` both the active and the inactive are listed.
        ObjectKind::Product => by_created("GET /v1/products"),
        ObjectKind::Price => by_created("GET /v1/prices"),
        ObjectKind::Coupon => by_created("GET /v1/coupons"),
        ObjectKind::PromotionCode => by_created("GET /v1/promotion_codes"),
        // Without `status=all` the canceled ones are left out.
        ObjectKind::Subscription => {
            Listing { query: "status=all", ..by_created("GET /v1/subscriptions") }
        }
        ObjectKind::SubscriptionSchedule => by_created("GET /v1/subscription_schedules"),
        ObjectKind::Invoice => by_created("GET /v1/invoices"),
        // It has no `created`; the filter of that name goes by its `date`.
        ObjectKind::InvoiceItem => {
            Listing { walk: Walk::ByCreated("date"), ..by_created("GET /v1/invoiceitems") }
        }
        ObjectKind::InvoicePayment => by_created("GET /v1/invoice_payments"),
        ObjectKind::CreditNote => by_created("GET /v1/credit_notes"),
        ObjectKind::PaymentIntent => by_created("GET /v1/payment_intents"),
        ObjectKind::SetupIntent => by_created("GET /v1/setup_intents"),
        ObjectKind::Charge => by_created("GET /v1/charges"),
        ObjectKind::Refund => by_created("GET /v1/refunds"),
        ObjectKind::Dispute => by_created("GET /v1/disputes"),
        ObjectKind::EarlyFraudWarning => by_created("GET /v1/radar/early_fraud_warnings"),
        ObjectKind::Review => by_created("GET /v1/reviews"),
        // Their lines are shown on request only.
        ObjectKind::CheckoutSession => Listing {
            query: "expand%5B%5D=data.line_items",
            ..by_created("GET /v1/checkout/sessions")
        },
        ObjectKind::CreditGrant => Listing {
            walk: Walk::ByCursor("created"),
            ..by_created("GET /v1/billing/credit_grants")
        },
        ObjectKind::Quote => {
            Listing { walk: Walk::ByCursor("created"), ..by_created("GET /v1/quotes") }
        }
        // Archived ones are listed too, as long as `archived` is not said.
        ObjectKind::EntitlementFeature => {
            Listing { walk: Walk::AsOne, ..by_created("GET /v1/entitlements/features") }
        }
        ObjectKind::Meter => Listing { walk: Walk::AsOne, ..by_created("GET /v1/billing/meters") },
        ObjectKind::BillingAlert => {
            Listing { walk: Walk::AsOne, ..by_created("GET /v1/billing/alerts") }
        }
        ObjectKind::TaxId => Listing {
            walk: Walk::OfEachCustomer,
            ..by_created("GET /v1/customers/{customer}/tax_ids")
        },
        // Without a customer the list is of those that belong to nobody.
        ObjectKind::PaymentMethod => Listing {
            walk: Walk::OfEachCustomer,
            ..by_created("GET /v1/customers/{customer}/payment_methods")
        },
        ObjectKind::CreditBalanceTransaction => Listing {
            walk: Walk::OfEachCustomer,
            query: "customer={customer}",
            ..by_created("GET /v1/billing/credit_balance_transactions")
        },
        // The list is the object: what the customer has now.
        ObjectKind::ActiveEntitlementSummary => Listing {
            walk: Walk::OfEachCustomer,
            query: "customer={customer}",
            ..by_created("GET /v1/entitlements/active_entitlements")
        },
        ObjectKind::Discount | ObjectKind::BillingAlertTriggered => return None,
    };
    Some(listing)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_is_listed_or_says_why_not() {
        let mut operations = BTreeSet::new();
        for kind in ObjectKind::ALL {
            let unlisted = NOT_LISTED.iter().find(|it| it.0 == kind);
            match (listing_of(kind), unlisted) {
                (Some(listing), None) => {
                    assert!(listing.operation.starts_with("GET /v1/"), "{kind}");
                    assert!(operations.insert(listing.operation), "{kind}");
                    let each = matches!(listing.walk, Walk::OfEachCustomer);
                    let named = listing.operation.contains("{customer}")
                        || listing.query.contains("{customer}");
                    assert_eq!(each, named, "{kind}");
                }
                (None, Some((_, why))) => assert!(why.len() > 10, "{kind}"),
                (listing, why) => panic!("{kind}: {listing:?} {why:?}"),
            }
        }
    }

    #[test]
    fn canceled_subscriptions_are_asked_for() {
        let listing = listing_of(ObjectKind::Subscription).unwrap();
        assert_eq!(listing.query, "status=all");
    }
}
