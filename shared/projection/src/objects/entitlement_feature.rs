//! Features that products entitle to (STRIPE.md section 5.5).

use counterfoil_domain::mirror::{ObjectKind, Owner};

use crate::field::{flag, metadata, text};
use crate::object::Object;

pub(crate) static OBJECT: Object = Object::new(
    ObjectKind::EntitlementFeature,
    Owner::Nobody,
    &[flag("active"), text("lookup_key"), text("name"), metadata()],
);
