//! Asking for one object, with all of its children.

use counterfoil_domain::Timestamp;
use counterfoil_domain::mirror::ObjectKind;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::client::{Reply, StripeClient};
use crate::error::StripeError;

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
}

/// What an id may hold that cannot stand in a path as it is: everything but RFC 3986's unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Pages of a hundred children that are followed; an invoice has at most 250 items of its own
/// (STRIPE.md section 5.4), and metered lines beside them.
const PAGES_MAX: usize = 50;

impl StripeClient {
    /// Asks for one object; `account` is set for an object of a connected account.
    ///
    /// Children beyond those the object shows inline are asked for page by page and put into its
    /// list. The date is that of the first answer, so what changed meanwhile counts as later.
    pub async fn fetch(
        &self,
        kind: ObjectKind,
        id: &str,
        account: Option<&str>,
    ) -> Result<Answer, StripeError> {
        let (operation, collection) = match kind {
            ObjectKind::Customer => ("GET /v1/customers/{id}", "customers"),
            ObjectKind::Product => ("GET /v1/products/{id}", "products"),
            ObjectKind::Price => ("GET /v1/prices/{id}", "prices"),
            ObjectKind::Subscription => ("GET /v1/subscriptions/{id}", "subscriptions"),
            ObjectKind::Invoice => ("GET /v1/invoices/{id}", "invoices"),
        };
        let encoded = utf8_percent_encode(id, RESERVED).to_string();
        let Reply { found, body, date } =
            self.get(operation, &format!("/v1/{collection}/{encoded}"), account).await?;
        if !found {
            // Any wrong address answers 404. Only Stripe's own word for it means that the object is
            // gone; taking the former for the latter would take away everyone's access.
            return if says_missing(&body) {
                Ok(Answer::Absent { date })
            } else {
                let what = "it is a 404, but does not say that the object is missing";
                Err(StripeError::Unreadable { operation, what })
            };
        }
        let body = match kind {
            ObjectKind::Customer | ObjectKind::Product | ObjectKind::Price => body,
            ObjectKind::Subscription => {
                let pages = format!("/v1/subscription_items?subscription={encoded}&limit=100");
                self.complete("GET /v1/subscription_items", body, "items", &pages, account).await?
            }
            ObjectKind::Invoice => {
                let pages = format!("/v1/invoices/{encoded}/lines?limit=100");
                self.complete("GET /v1/invoices/{id}/lines", body, "lines", &pages, account).await?
            }
        };
        Ok(Answer::Found { body, date })
    }

    /// Puts all children into the object's list, where it shows only some.
    async fn complete(
        &self,
        operation: &'static str,
        body: String,
        list: &str,
        pages: &str,
        account: Option<&str>,
    ) -> Result<String, StripeError> {
        let unreadable = |what| StripeError::Unreadable { operation, what };
        let mut object: Value =
            serde_json::from_str(&body).map_err(|_| unreadable("it is not JSON"))?;
        if object[list]["has_more"] != Value::Bool(true) {
            return Ok(body);
        }
        let mut children = Vec::new();
        let mut cursor = String::new();
        for _ in 0..PAGES_MAX {
            let reply = self.get(operation, &format!("{pages}{cursor}"), account).await?;
            if !reply.found {
                return Err(unreadable("the list is gone"));
            }
            let mut shown: Value =
                serde_json::from_str(&reply.body).map_err(|_| unreadable("a page is not JSON"))?;
            let Value::Array(data) = shown["data"].take() else {
                return Err(unreadable("a page has no data"));
            };
            children.extend(data);
            if shown["has_more"] != Value::Bool(true) {
                object[list]["data"] = Value::Array(children);
                object[list]["has_more"] = Value::Bool(false);
                return Ok(object.to_string());
            }
            let seen = children.last().and_then(|it| it["id"].as_str());
            let seen = seen.ok_or_else(|| unreadable("a page ends without an id"))?;
            cursor = format!("&starting_after={}", utf8_percent_encode(seen, RESERVED));
        }
        Err(unreadable("the list has more pages than any object's children"))
    }
}

/// `resource_missing` (STRIPE.md section 7.1).
fn says_missing(body: &str) -> bool {
    serde_json::from_str::<Value>(body).is_ok_and(|it| it["error"]["code"] == "resource_missing")
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
        let encoded = |id| utf8_percent_encode(id, RESERVED).to_string();
        assert_eq!(encoded("in_1SOMr4-KX.Bc~9"), "in_1SOMr4-KX.Bc~9");
        assert_eq!(encoded("gold plan/€?"), "gold%20plan%2F%E2%82%AC%3F");
    }
}
