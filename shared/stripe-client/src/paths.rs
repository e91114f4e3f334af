//! Where Stripe is asked for an object of each kind (STRIPE.md section 11).

use counterfoil_domain::mirror::ObjectKind;

/// Where an object is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// At an address of its own.
    Itself(Address),
    /// As the discount of its subscription, or else of its customer.
    Owner,
    /// As the whole list of a customer's entitlements.
    Entitlements,
    /// Nowhere.
    Nowhere(&'static str),
}

/// An object's own address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    /// The method and the path, with names in the place of ids.
    pub(crate) operation: &'static str,
    pub(crate) query: &'static str,
    pub(crate) children: Option<Children>,
}

/// A list in the object that may show only some of its children, and where all of them are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Children {
    pub(crate) list: &'static str,
    /// The method and the path, with names in the place of ids.
    pub(crate) operation: &'static str,
    /// Likewise.
    pub(crate) query: &'static str,
}

/// The items of a subscription.
pub(crate) const ITEMS: Children = Children {
    list: "items",
    operation: "GET /v1/subscription_items",
    query: "subscription={id}&limit=100",
};

/// A customer, whose one discount it shows unasked.
pub(crate) const DISCOUNTED_CUSTOMER: Address = at("GET /v1/customers/{id}");

/// A subscription with its discounts and those of its items.
pub(crate) const DISCOUNTED_SUBSCRIPTION: Address = Address {
    operation: "GET /v1/subscriptions/{id}",
    query: "expand%5B%5D=discounts&expand%5B%5D=items.data.discounts",
    children: Some(Children {
        query: "subscription={id}&expand%5B%5D=data.discounts&limit=100",
        ..ITEMS
    }),
};

/// The entitlements that a customer has now.
pub(crate) const ENTITLEMENTS: Address = Address {
    operation: "GET /v1/entitlements/active_entitlements",
    query: "customer={id}&limit=100",
    children: None,
};

const fn at(operation: &'static str) -> Address {
    Address { operation, query: "", children: None }
}

const fn with(operation: &'static str, query: &'static str, children: Children) -> Address {
    Address { operation, query, children: Some(children) }
}

/// Where an object of a kind is asked for.
pub(crate) const fn where_to_ask(kind: ObjectKind) -> Place {
    let address = match kind {
        ObjectKind::Customer => at("GET /v1/customers/{id}"),
        ObjectKind::TaxId => at("GET /v1/customers/{customer}/tax_ids/{id}"),
        ObjectKind::Product => at("GET /v1/products/{id}"),
        ObjectKind::Price => at("GET /v1/prices/{id}"),
        ObjectKind::Coupon => at("GET /v1/coupons/{id}"),
        ObjectKind::PromotionCode => at("GET /v1/promotion_codes/{id}"),
        ObjectKind::Discount => return Place::Owner,
        ObjectKind::Subscription => with("GET /v1/subscriptions/{id}", "", ITEMS),
        ObjectKind::SubscriptionSchedule => at("GET /v1/subscription_schedules/{id}"),
        ObjectKind::Invoice => {
            with("GET /v1/invoices/{id}", "", lines("lines", "GET /v1/invoices/{id}/lines"))
        }
        ObjectKind::InvoiceItem => at("GET /v1/invoiceitems/{id}"),
        ObjectKind::InvoicePayment => at("GET /v1/invoice_payments/{id}"),
        ObjectKind::CreditNote => {
            with("GET /v1/credit_notes/{id}", "", lines("lines", "GET /v1/credit_notes/{id}/lines"))
        }
        ObjectKind::PaymentIntent => at("GET /v1/payment_intents/{id}"),
        ObjectKind::SetupIntent => at("GET /v1/setup_intents/{id}"),
        ObjectKind::Charge => at("GET /v1/charges/{id}"),
        ObjectKind::Refund => at("GET /v1/refunds/{id}"),
        ObjectKind::Dispute => at("GET /v1/disputes/{id}"),
        ObjectKind::EarlyFraudWarning => at("GET /v1/radar/early_fraud_warnings/{id}"),
        ObjectKind::Review => at("GET /v1/reviews/{id}"),
        ObjectKind::PaymentMethod => at("GET /v1/payment_methods/{id}"),
        // Its lines are shown on request only.
        ObjectKind::CheckoutSession => with(
            "GET /v1/checkout/sessions/{id}",
            "expand%5B%5D=line_items",
            lines("line_items", "GET /v1/checkout/sessions/{id}/line_items"),
        ),
        ObjectKind::EntitlementFeature => at("GET /v1/entitlements/features/{id}"),
        ObjectKind::ActiveEntitlementSummary => return Place::Entitlements,
        ObjectKind::Meter => at("GET /v1/billing/meters/{id}"),
        ObjectKind::CreditGrant => at("GET /v1/billing/credit_grants/{id}"),
        ObjectKind::CreditBalanceTransaction => {
            at("GET /v1/billing/credit_balance_transactions/{id}")
        }
        ObjectKind::BillingAlert => at("GET /v1/billing/alerts/{id}"),
        ObjectKind::BillingAlertTriggered => {
            return Place::Nowhere("Stripe tells that an alert was set off once, and never again");
        }
        ObjectKind::Quote => at("GET /v1/quotes/{id}"),
    };
    Place::Itself(address)
}

const fn lines(list: &'static str, operation: &'static str) -> Children {
    Children { list, operation, query: "limit=100" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_an_answer() {
        let mut addresses = vec![DISCOUNTED_CUSTOMER, DISCOUNTED_SUBSCRIPTION, ENTITLEMENTS];
        let mut elsewhere = Vec::new();
        for kind in ObjectKind::ALL {
            match where_to_ask(kind) {
                Place::Itself(address) => {
                    assert!(address.operation.ends_with("/{id}"), "{kind}");
                    addresses.push(address);
                }
                Place::Owner | Place::Entitlements => elsewhere.push(kind),
                Place::Nowhere(why) => {
                    assert!(why.len() > 10, "{kind}");
                    elsewhere.push(kind);
                }
            }
        }
        assert_eq!(
            elsewhere,
            [
                ObjectKind::Discount,
                ObjectKind::ActiveEntitlementSummary,
                ObjectKind::BillingAlertTriggered
            ]
        );
        for Address { operation, query, children } in addresses {
            assert!(
                operation.starts_with("GET /v1/") && !query.contains(['[', '?']),
                "{operation}"
            );
            if let Some(children) = children {
                assert!(children.operation.starts_with("GET /v1/"), "{operation}");
                assert!(children.query.ends_with("limit=100"), "{operation}");
            }
        }
    }

    #[test]
    fn no_two_kinds_share_an_address() {
        let mut operations: Vec<&str> = ObjectKind::ALL
            .into_iter()
            .filter_map(|kind| match where_to_ask(kind) {
                Place::Itself(address) => Some(address.operation),
                Place::Owner | Place::Entitlements | Place::Nowhere(_) => None,
            })
            .collect();
        let count = operations.len();
        operations.sort_unstable();
        operations.dedup();
        assert_eq!(operations.len(), count);
    }
}
