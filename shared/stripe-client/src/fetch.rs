//! Asking for one object, with all of its children.

use counterfoil_domain::Timestamp;
use counterfoil_domain::mirror::ObjectKind;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
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
        let encoded = utf8_percent_encode(id, NON_ALPHANUMERIC).to_string();
        let Reply { found, body, date } =
            self.get(operation, &format!("/v1/{collection}/{encoded}"), account).await?;
        if !found {
            return Ok(Answer::Absent { date });
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
            let mut page: Value =
                serde_json::from_str(&reply.body).map_err(|_| unreadable("a page is not JSON"))?;
            let Value::Array(data) = page["data"].take() else {
                return Err(unreadable("a page has no data"));
            };
            children.extend(data);
            if page["has_more"] != Value::Bool(true) {
                object[list]["data"] = Value::Array(children);
                object[list]["has_more"] = Value::Bool(false);
                return Ok(object.to_string());
            }
            let last = children.last().and_then(|it| it["id"].as_str());
            let last = last.ok_or_else(|| unreadable("a page ends without an id"))?;
            cursor = format!("&starting_after={}", utf8_percent_encode(last, NON_ALPHANUMERIC));
        }
        Err(unreadable("the list has more pages than any object's children"))
    }
}
