//! Asking for a page of a list.

use counterfoil_domain::Timestamp;
use counterfoil_domain::reconcile::Stretch;

use crate::client::{Reply, StripeClient};
use crate::error::StripeError;
use crate::fetch::{encoded, path_of};
use crate::listing::Listing;

/// Which page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PageAsked<'a> {
    /// Of whom, for lists of one customer.
    pub customer: Option<&'a str>,
    /// Made in these seconds.
    pub created: Option<Stretch>,
    /// Behind the object of this id.
    pub after: Option<&'a str>,
}

/// A page, unread, and when Stripe showed it by its own clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The JSON of the page.
    pub body: String,
    /// The `Date` of the answer.
    pub date: Timestamp,
}

/// All events of API v1, of at most the last 30 days (STRIPE.md section 3).
pub const EVENTS: &str = "GET /v1/events";
/// All thin events (STRIPE.md section 3).
pub const THIN_EVENTS: &str = "GET /v2/core/events";
/// All destinations of webhooks.
pub const WEBHOOK_ENDPOINTS: &str = "GET /v1/webhook_endpoints";

impl StripeClient {
    /// A page of the objects of a kind; a hundred at most. One attempt.
    pub async fn page_of(
        &self,
        listing: Listing,
        asked: PageAsked<'_>,
        account: Option<&str>,
    ) -> Result<Listed, StripeError> {
        let customer = encoded(asked.customer.unwrap_or_default());
        let path = path_of(listing.operation).replace("{customer}", &customer);
        let fixed = listing.query.replace("{customer}", &customer);
        self.page(listing.operation, &path, &fixed, asked, account).await
    }

    /// A page of one of the lists named in this module; a hundred entries at most. One attempt.
    pub async fn page_at(
        &self,
        operation: &'static str,
        asked: PageAsked<'_>,
        account: Option<&str>,
    ) -> Result<Listed, StripeError> {
        self.page(operation, path_of(operation), "", asked, account).await
    }

    /// The page that a page of version 2 names as the next.
    pub async fn page_behind(
        &self,
        operation: &'static str,
        path_and_query: &str,
        account: Option<&str>,
    ) -> Result<Listed, StripeError> {
        if !path_and_query.starts_with("/v2/") {
            let what = "it names a next page that is none of Stripe's";
            return Err(StripeError::Unreadable { operation, what });
        }
        listed(operation, self.get(operation, path_and_query, account).await?)
    }

    /// Has a webhook endpoint be enabled and be sent events of these types. Its version cannot be
    /// changed (STRIPE.md section 2.4). Saying it twice changes nothing, so no key is needed.
    pub async fn mend_endpoint(&self, id: &str, types: &[&str]) -> Result<(), StripeError> {
        let operation = "POST /v1/webhook_endpoints/{id}";
        let path = path_of("GET /v1/webhook_endpoints/{id}").replace("{id}", &encoded(id));
        let mut form = vec!["disabled=false".to_owned()];
        let each = |(at, it): (usize, &&str)| format!("enabled_events%5B{at}%5D={}", encoded(it));
        form.extend(types.iter().enumerate().map(each));
        let reply = self.post(operation, &path, form.join("&")).await?;
        if reply.found { Ok(()) } else { Err(StripeError::Refused { operation, status: 404 }) }
    }

    async fn page(
        &self,
        operation: &'static str,
        path: &str,
        fixed: &str,
        asked: PageAsked<'_>,
        account: Option<&str>,
    ) -> Result<Listed, StripeError> {
        let query = query_of(path, fixed, asked);
        listed(operation, self.get(operation, &format!("{path}?{query}"), account).await?)
    }
}

/// Version 2 filters by times in words, and pages by addresses of its own.
fn query_of(path: &str, fixed: &str, asked: PageAsked<'_>) -> String {
    let mut parts = vec!["limit=100".to_owned()];
    if !fixed.is_empty() {
        parts.push(fixed.to_owned());
    }
    if let Some(Stretch { from, to }) = asked.created {
        let thin = path.starts_with("/v2/");
        let second = |it: i64| {
            let time = Timestamp::from_unix_seconds(it).map(|it| it.to_string());
            if thin { encoded(&time.unwrap_or_default()) } else { it.to_string() }
        };
        parts.push(format!("created%5Bgte%5D={}", second(from)));
        parts.push(format!("created%5Blte%5D={}", second(to)));
    }
    if let Some(id) = asked.after {
        parts.push(format!("starting_after={}", encoded(id)));
    }
    parts.join("&")
}

/// A list is never missing: a 404 says that the address is wrong, and not that nothing is left.
fn listed(operation: &'static str, reply: Reply) -> Result<Listed, StripeError> {
    let Reply { found, body, date } = reply;
    if found {
        Ok(Listed { body, date })
    } else {
        Err(StripeError::Refused { operation, status: 404 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_stands_in_the_query() {
        let check =
            |path, fixed, asked, expected| assert_eq!(query_of(path, fixed, asked), expected);
        let created = Some(Stretch { from: 5, to: 90 });
        check("/v1/x", "", PageAsked::default(), "limit=100");
        check(
            "/v1/x",
            "status=all",
            PageAsked { created, after: Some("a&b"), customer: None },
            "limit=100&status=all&created%5Bgte%5D=5&created%5Blte%5D=90&starting_after=a%26b",
        );
        check(
            "/v2/core/events",
            "",
            PageAsked { created, ..PageAsked::default() },
            "limit=100&created%5Bgte%5D=1970-01-01T00%3A00%3A05Z&\
             created%5Blte%5D=1970-01-01T00%3A01%3A30Z",
        );
    }
}
