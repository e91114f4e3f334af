//! All entitlements that a customer has now (STRIPE.md section 5.5). It has no id of its own, so
//! the customer's is taken; each sighting shows all entitlements, or says that there are more.

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::{reference, text};
use crate::object::{ChildList, Object};

pub(crate) static OBJECT: Object =
    Object::new(ObjectKind::ActiveEntitlementSummary, Owner::Itself, &[])
        .id(&["customer"])
        .children(&[ChildList {
            table: "active_entitlements",
            parent: "customer",
            list: "entitlements",
            on_request: false,
            fields: &[reference("feature"), text("lookup_key")],
        }]);
