//! Thin events (STRIPE.md 2.5): that something happened, to what, and where to read it. What they
//! say has no API version and never changes, so a body is written when it is wanted.

use super::event::Cause;
use crate::delivery::endpoint::EndpointId;
use crate::mishap::Mishap;
use serde_json::Value;

/// The object that an event is about. An object that is read by its place alone has no id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Related {
    pub(crate) id: Option<String>,
    /// The value of its `object` field.
    pub(crate) kind: String,
    /// Where it is read.
    pub(crate) url: String,
}

impl Related {
    /// An object of version 1 of the API, as its JSON shows it; none for what cannot be read back.
    pub(crate) fn of_shown(object: &Value) -> Option<Self> {
        let kind = object.get("object")?.as_str()?;
        if kind == "discount" {
            let customer = object.get("customer")?.as_str()?;
            let url = format!("/v1/customers/{customer}/discount");
            return Some(Self { id: None, kind: kind.to_owned(), url });
        }
        let (kind, id) = match kind {
            "billing.alert_triggered" => ("billing.alert", object.get("alert")?.get("id")?),
            kind => (kind, object.get("id")?),
        };
        let id = id.as_str()?;
        let url = format!("/v1/{}s/{id}", kind.replace('.', "/"));
        Some(Self { id: Some(id.to_owned()), kind: kind.to_owned(), url })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ThinEvent {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) kind: String,
    pub(crate) cause: Cause,
    /// What was decided about its delivery.
    pub(crate) mishap: Mishap,
    /// The one endpoint that is sent it, where it is for one alone.
    pub(crate) only_to: Option<EndpointId>,
    /// What is only told to who fetches the event.
    pub(crate) data: Option<Value>,
    pub(crate) related: Option<Related>,
    /// The snapshot event of the same change.
    pub(crate) snapshot: Option<String>,
    /// How many snapshot events there were when it was made: its place among them.
    pub(crate) snapshots_before: usize,
}

#[cfg(test)]
mod tests {
    use super::Related;
    use serde_json::{Value, json};

    #[test]
    fn objects_are_read_where_their_kind_lives() {
        let check = |object: Value, expected: Option<&str>| {
            let related = Related::of_shown(&object);
            assert_eq!(related.as_ref().map(|it| it.url.as_str()), expected, "{object}");
        };
        check(json!({"object": "customer", "id": "cus_1"}), Some("/v1/customers/cus_1"));
        check(
            json!({"object": "checkout.session", "id": "cs_1"}),
            Some("/v1/checkout/sessions/cs_1"),
        );
        check(json!({"object": "invoiceitem", "id": "ii_1"}), Some("/v1/invoiceitems/ii_1"));
        check(
            json!({"object": "discount", "id": "di_1", "customer": "cus_1"}),
            Some("/v1/customers/cus_1/discount"),
        );
        check(
            json!({"object": "billing.alert_triggered", "alert": {"id": "alrt_1"}}),
            Some("/v1/billing/alerts/alrt_1"),
        );
        check(json!({"object": "entitlements.active_entitlement_summary"}), None);
        check(json!({"id": "thing"}), None);
    }
}
