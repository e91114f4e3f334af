//! Asking for one object, with all of its children.

use counterfoil_domain::Timestamp;
use counterfoil_domain::mirror::ObjectKind;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::client::{Reply, StripeClient};
use crate::error::StripeError;
use crate::paths::{
    Address, Children, DISCOUNTED_CUSTOMER, DISCOUNTED_SUBSCRIPTION, ENTITLEMENTS, Place,
    where_to_ask,
};

/// What is asked for. Stripe shows some objects only with the one they belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The kind of the object.
    pub kind: ObjectKind,
    /// Its id.
    pub id: &'a str,
    /// The customer it belongs to, where that is known.
    pub customer: Option<&'a str>,
    /// The subscription it belongs to, where that is known. A discount without one is taken to be
    /// its customer's.
    pub subscription: Option<&'a str>,
}

/// What Stripe says of an object, and when it said so by its own clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The object as it is. A deleted one may still be found, as a stub.
    Found {
        /// The object's JSON, with all of its children.
        body: String,
        /// The `Date` of the answer.
        date: Timestamp,
    },
    /// There is no such object.
    Absent {
        /// The `Date` of the answer.
        date: Timestamp,
    },
    /// Stripe cannot be asked for it, and was not.
    Unaskable {
        /// Why not.
        why: &'static str,
    },
}

/// What an id may hold that cannot stand in a path as it is: everything but RFC 3986's unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Pages of a hundred children that are followed; an invoice has at most 250 items of its own
/// (STRIPE.md section 5.4), and metered lines beside them.
const PAGES_MAX: usize = 50;

/// What an address answers.
enum Shown<T> {
    All { it: T, date: Timestamp },
    Missing { date: Timestamp },
}

impl StripeClient {
    /// Asks for one object; `account` is set for an object of a connected account.
    ///
    /// Children beyond those the object shows inline are asked for page by page and put into its
    /// list. The date is that of the first answer, so what changed meanwhile counts as later.
    pub async fn fetch(
        &self,
        asked: Asked<'_>,
        account: Option<&str>,
    ) -> Result<Answer, StripeError> {
        match where_to_ask(asked.kind) {
            Place::Itself(address) => {
                let Some(path) = filled(path_of(address.operation), asked) else {
                    let why = "Stripe shows it at its customer only, and none is known";
                    return Ok(Answer::Unaskable { why });
                };
                self.object(address, &path, asked.id, account).await
            }
            Place::Owner => self.discount(asked, account).await,
            Place::Entitlements => self.entitlements(asked.id, account).await,
            Place::Nowhere(why) => Ok(Answer::Unaskable { why }),
        }
    }

    /// The object at an address, with all of its children.
    async fn object(
        &self,
        address: Address,
        path: &str,
        id: &str,
        account: Option<&str>,
    ) -> Result<Answer, StripeError> {
        let operation = address.operation;
        let reply = self.get(operation, &with_query(path, address.query), account).await?;
        let (body, date) = match shown(operation, reply)? {
            Shown::All { it, date } => (it, date),
            Shown::Missing { date } => return Ok(Answer::Absent { date }),
        };
        let body = match address.children {
            None => body,
            Some(children) => self.complete(children, body, id, account).await?,
        };
        Ok(Answer::Found { body, date })
    }

    /// A discount, as whoever has it shows it. One that its owner does not show is not in use.
    async fn discount(
        &self,
        asked: Asked<'_>,
        account: Option<&str>,
    ) -> Result<Answer, StripeError> {
        let (address, owner) = match (asked.subscription, asked.customer) {
            (Some(subscription), _) => (DISCOUNTED_SUBSCRIPTION, subscription),
            (None, Some(customer)) => (DISCOUNTED_CUSTOMER, customer),
            (None, None) => {
                let why = "Stripe shows a discount with its owner only, and none is known";
                return Ok(Answer::Unaskable { why });
            }
        };
        let operation = address.operation;
        let path = path_of(operation).replace("{id}", &encoded(owner));
        match self.object(address, &path, owner, account).await? {
            Answer::Found { body, date } => {
                let owner: Value = serde_json::from_str(&body)
                    .map_err(|_| StripeError::Unreadable { operation, what: "it is not JSON" })?;
                let found = discount_in(&owner, asked.id)
                    .map_err(|what| StripeError::Unreadable { operation, what })?;
                Ok(match found {
                    Some(discount) => Answer::Found { body: discount.to_string(), date },
                    None => Answer::Absent { date },
                })
            }
            other @ (Answer::Absent { .. } | Answer::Unaskable { .. }) => Ok(other),
        }
    }

    /// A customer's entitlements, in the form in which events show them.
    async fn entitlements(
        &self,
        customer: &str,
        account: Option<&str>,
    ) -> Result<Answer, StripeError> {
        let operation = ENTITLEMENTS.operation;
        let query = ENTITLEMENTS.query.replace("{id}", &encoded(customer));
        let path = with_query(path_of(operation), &query);
        Ok(match self.pages(operation, &path, account).await? {
            Shown::Missing { date } => Answer::Absent { date },
            Shown::All { it, date } => {
                let body = json!({
                    "object": ObjectKind::ActiveEntitlementSummary.as_str(),
                    "customer": customer,
                    "entitlements": { "object": "list", "has_more": false, "data": it },
                });
                Answer::Found { body: body.to_string(), date }
            }
        })
    }

    /// Puts all children into the object's list, where it shows only some.
    async fn complete(
        &self,
        children: Children,
        body: String,
        id: &str,
        account: Option<&str>,
    ) -> Result<String, StripeError> {
        let operation = children.operation;
        let unreadable = |what| StripeError::Unreadable { operation, what };
        let mut object: Value =
            serde_json::from_str(&body).map_err(|_| unreadable("it is not JSON"))?;
        let list = children.list;
        if object[list]["has_more"] != Value::Bool(true) {
            return Ok(body);
        }
        let fill = |pattern: &str| pattern.replace("{id}", &encoded(id));
        let path = with_query(&fill(path_of(operation)), &fill(children.query));
        let Shown::All { it, .. } = self.pages(operation, &path, account).await? else {
            return Err(unreadable("the list is gone"));
        };
        object[list]["data"] = Value::Array(it);
        object[list]["has_more"] = Value::Bool(false);
        Ok(object.to_string())
    }

    /// All entries of a list, and the date of its first page.
    async fn pages(
        &self,
        operation: &'static str,
        path: &str,
        account: Option<&str>,
    ) -> Result<Shown<Vec<Value>>, StripeError> {
        let unreadable = |what| StripeError::Unreadable { operation, what };
        let mut all = Vec::new();
        let mut cursor = String::new();
        let mut first = None;
        for _ in 0..PAGES_MAX {
            let reply = self.get(operation, &format!("{path}{cursor}"), account).await?;
            let (text, date) = match shown(operation, reply)? {
                Shown::All { it, date } => (it, first.unwrap_or(date)),
                Shown::Missing { date } if first.is_none() => return Ok(Shown::Missing { date }),
                Shown::Missing { .. } => return Err(unreadable("the list is gone")),
            };
            first = Some(date);
            let mut page: Value =
                serde_json::from_str(&text).map_err(|_| unreadable("a page is not JSON"))?;
            let Value::Array(entries) = page["data"].take() else {
                return Err(unreadable("a page has no data"));
            };
            all.extend(entries);
            if page["has_more"] != Value::Bool(true) {
                return Ok(Shown::All { it: all, date });
            }
            let seen = all.last().and_then(|it| it["id"].as_str());
            let seen = seen.ok_or_else(|| unreadable("a page ends without an id"))?;
            cursor = format!("&starting_after={}", encoded(seen));
        }
        Err(unreadable("the list has more pages than any object's children"))
    }
}

/// What a reply shows. Any wrong address answers 404. Only Stripe's own word for it means that the
/// object is gone; taking the former for the latter would take away everyone's access.
fn shown(operation: &'static str, reply: Reply) -> Result<Shown<String>, StripeError> {
    let Reply { found, body, date } = reply;
    if found {
        Ok(Shown::All { it: body, date })
    } else if says_missing(&body) {
        Ok(Shown::Missing { date })
    } else {
        let what = "it is a 404, but does not say that the object is missing";
        Err(StripeError::Unreadable { operation, what })
    }
}

/// `resource_missing` (STRIPE.md section 7.1).
fn says_missing(body: &str) -> bool {
    serde_json::from_str::<Value>(body).is_ok_and(|it| it["error"]["code"] == "resource_missing")
}

/// The discount of this id among those of a customer, or of a subscription and its items. Before
/// there were several, a subscription had one under `discount`, as customers still do.
fn discount_in<'v>(owner: &'v Value, id: &str) -> Result<Option<&'v Value>, &'static str> {
    let list = |it: &'v Value| it.as_array().into_iter().flatten();
    let mut all = std::iter::once(&owner["discount"])
        .chain(list(&owner["discounts"]))
        .chain(list(&owner["items"]["data"]).flat_map(|item| list(&item["discounts"])));
    match all.find(|it| it["id"] == id || *it == id) {
        Some(Value::String(_)) => Err("it names the discount, and does not show it"),
        found => Ok(found),
    }
}

pub(crate) fn path_of(operation: &str) -> &str {
    operation.strip_prefix("GET ").unwrap_or(operation)
}

fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// A path with its ids. `None` where one is not known.
fn filled(pattern: &str, asked: Asked<'_>) -> Option<String> {
    let mut path = pattern.replace("{id}", &encoded(asked.id));
    if path.contains("{customer}") {
        path = path.replace("{customer}", &encoded(asked.customer?));
    }
    Some(path)
}

pub(crate) fn encoded(id: &str) -> String {
    utf8_percent_encode(id, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stripes_own_word_means_that_an_object_is_gone() {
        for (body, missing) in [
            (r#"{"error":{"code":"resource_missing","param":"id"}}"#, true),
            (r#"{"error":{"message":"Unrecognized request URL (GET: /v1/x)."}}"#, false),
            ("<html>404</html>", false),
            ("", false),
        ] {
            assert_eq!(says_missing(body), missing, "{body}");
        }
    }

    #[test]
    fn an_id_stays_what_it_is_in_a_path() {
        assert_eq!(encoded("in_1SOMr4-KX.Bc~9"), "in_1SOMr4-KX.Bc~9");
        assert_eq!(encoded("gold plan/€?"), "gold%20plan%2F%E2%82%AC%3F");
        let asked = |customer| Asked {
            kind: ObjectKind::TaxId,
            id: "{customer}",
            customer,
            subscription: None,
        };
        let pattern = "/v1/customers/{customer}/tax_ids/{id}";
        let path = filled(pattern, asked(Some("cus/1")));
        assert_eq!(path.as_deref(), Some("/v1/customers/cus%2F1/tax_ids/%7Bcustomer%7D"));
        assert_eq!(filled(pattern, asked(None)), None);
    }

    #[test]
    fn a_discount_is_found_wherever_its_owner_shows_it() {
        for (owner, found) in [
            (json!({ "discount": { "id": "di_1" } }), Ok(true)),
            (
                json!({ "discount": null, "discounts": [{ "id": "di_0" }, { "id": "di_1" }] }),
                Ok(true),
            ),
            (json!({ "items": { "data": [{}, { "discounts": [{ "id": "di_1" }] }] } }), Ok(true)),
            (json!({ "discounts": ["di_0"], "discount": { "id": "di_2" } }), Ok(false)),
            (json!({ "id": "cus_1", "deleted": true }), Ok(false)),
            (json!({ "discounts": ["di_1"] }), Err(())),
        ] {
            let answer = discount_in(&owner, "di_1").map(|it| it.is_some()).map_err(|_| ());
            assert_eq!(answer, found, "{owner}");
        }
    }
}
