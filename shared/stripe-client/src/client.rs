//! The connection to Stripe: keep-alive, deadlines, headers.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use counterfoil_domain::{Scope, Timestamp};
use http::header::{AUTHORIZATION, CONTENT_TYPE, DATE};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::error::StripeError;

/// The longest answer that is read, in bytes. A page of a hundred invoices is about 1 MiB.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long an unused connection is kept.
const IDLE_MAX: Duration = Duration::from_mins(1);

/// How to reach Stripe.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// `https://api.stripe.com`, or a simulator's address; without a path.
    pub base: String,
    /// `sk_…` or `rk_…`
    pub key: SecretString,
    /// The account the key belongs to, where it is configured.
    pub account: Option<String>,
    /// The version to ask for; `None` leaves it to the account's default.
    pub version: Option<String>,
    /// How long a call may take in all.
    pub timeout: Duration,
}

/// A client; cheap to clone, and its clones share connections.
#[derive(Clone)]
pub struct StripeClient {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
    authorization: HeaderValue,
    account: Option<String>,
    /// The mode of the key; `None` where its prefix does not say.
    livemode: Option<bool>,
    version: Option<HeaderValue>,
    timeout: Duration,
}

/// Why the key cannot be used to ask for an object: another account's or mode's objects are
/// answered like objects that are gone, and must never be taken for such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    /// The object is of the other mode.
    #[error("Stripe must be asked, and STRIPE_SECRET_KEY is of the other mode")]
    Mode,
    /// The object is of an account that is not known to be the key's.
    #[error(
        "Stripe must be asked, and stripe.account does not say that STRIPE_SECRET_KEY is this account's"
    )]
    Account,
}

/// A 200 or a 404, whole.
pub(crate) struct Reply {
    pub(crate) found: bool,
    pub(crate) body: String,
    pub(crate) date: Timestamp,
}

impl StripeClient {
    /// Prepares a client; nothing is sent yet. Answers what is wrong with the options, if anything.
    pub fn new(options: ClientOptions) -> Result<Self, &'static str> {
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|_| "this machine has no root certificates; install ca-certificates")?
            .https_or_http()
            .enable_http1()
            .build();
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", options.key.expose_secret()))
                .map_err(|_| "STRIPE_SECRET_KEY holds characters that no key has")?;
        authorization.set_sensitive(true);
        let livemode = mode_of(options.key.expose_secret());
        let version = options
            .version
            .map(|it| HeaderValue::from_str(&it))
            .transpose()
            .map_err(|_| "the API version holds characters that no version has")?;
        let http = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_timer(TokioTimer::new())
            .build(connector);
        let base = options.base.trim_end_matches('/').to_owned();
        let (account, timeout) = (options.account, options.timeout);
        Ok(Self { http, base, authorization, account, livemode, version, timeout })
    }

    /// The account to name when an object of this scope is asked for, if any. `foreign` says that
    /// the account was named by an event of Connect, and so is one that the key may speak for.
    pub fn account_for<'a>(
        &self,
        scope: &'a Scope,
        foreign: bool,
    ) -> Result<Option<&'a str>, NotOurs> {
        if self.livemode.is_some_and(|it| it != scope.livemode) {
            return Err(NotOurs::Mode);
        }
        match scope.account.as_str() {
            Scope::OWN => Ok(None),
            account if self.account.as_deref() == Some(account) => Ok(None),
            account if foreign => Ok(Some(account)),
            _ => Err(NotOurs::Account),
        }
    }

    /// One GET, one attempt.
    pub(crate) async fn get(
        &self,
        operation: &'static str,
        path: &str,
        account: Option<&str>,
    ) -> Result<Reply, StripeError> {
        let unavailable = StripeError::Unavailable { operation };
        match tokio::time::timeout(self.timeout, self.attempt(operation, path, account)).await {
            Ok(reply) => reply,
            Err(_) => Err(unavailable),
        }
    }

    async fn attempt(
        &self,
        operation: &'static str,
        path: &str,
        account: Option<&str>,
    ) -> Result<Reply, StripeError> {
        let request = self.request(path, account).ok_or(StripeError::Unreadable {
            operation,
            what: "no address can be made of the base and the id",
        })?;
        self.answered(operation, request).await
    }

    /// One POST of a form, one attempt.
    pub(crate) async fn post(
        &self,
        operation: &'static str,
        path: &str,
        form: String,
    ) -> Result<Reply, StripeError> {
        let unreadable = StripeError::Unreadable {
            operation,
            what: "no address can be made of the base and the id",
        };
        let mut request = self.request(path, None).ok_or(unreadable)?;
        *request.method_mut() = Method::POST;
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form_type);
        *request.body_mut() = Full::new(Bytes::from(form));
        let unavailable = StripeError::Unavailable { operation };
        match tokio::time::timeout(self.timeout, self.answered(operation, request)).await {
            Ok(reply) => reply,
            Err(_) => Err(unavailable),
        }
    }

    async fn answered(
        &self,
        operation: &'static str,
        request: Request<Full<Bytes>>,
    ) -> Result<Reply, StripeError> {
        let response =
            self.http.request(request).await.map_err(|_| StripeError::Unavailable { operation })?;
        let status = response.status();
        let date = response.headers().get(DATE).and_then(date_of);
        let found = match status {
            StatusCode::OK => true,
            StatusCode::NOT_FOUND => false,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::CONFLICT => {
                return Err(StripeError::Limited { operation });
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(StripeError::Unauthorized { operation, status: status.as_u16() });
            }
            status if status.is_server_error() || status == StatusCode::FAILED_DEPENDENCY => {
                return Err(StripeError::Failed { operation, status: status.as_u16() });
            }
            status => return Err(StripeError::Refused { operation, status: status.as_u16() }),
        };
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(|_| StripeError::Unavailable { operation })?
            .to_bytes();
        let body = String::from_utf8(body.into())
            .map_err(|_| StripeError::Unreadable { operation, what: "it is not UTF-8" })?;
        let date = date.ok_or(StripeError::Unreadable {
            operation,
            what: "it has no Date that can be read",
        })?;
        Ok(Reply { found, body, date })
    }

    fn request(&self, path: &str, account: Option<&str>) -> Option<Request<Full<Bytes>>> {
        let uri: Uri = format!("{}{path}", self.base).parse().ok()?;
        let mut request = Request::builder()
            .method(Method::GET)
            .uri(uri)
            .header(AUTHORIZATION, self.authorization.clone());
        if let Some(version) = &self.version {
            request = request.header("stripe-version", version.clone());
        }
        if let Some(account) = account {
            request = request.header("stripe-account", HeaderValue::from_str(account).ok()?);
        }
        request.body(Full::default()).ok()
    }
}

impl fmt::Debug for StripeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StripeClient").field("base", &self.base).finish_non_exhaustive()
    }
}

/// The mode of a key by its prefix (STRIPE.md section 8).
fn mode_of(key: &str) -> Option<bool> {
    let of =
        |mode: &str| ["sk", "rk"].iter().any(|kind| key.starts_with(&format!("{kind}_{mode}_")));
    if of("live") { Some(true) } else { of("test").then_some(false) }
}

fn date_of(header: &HeaderValue) -> Option<Timestamp> {
    let date = OffsetDateTime::parse(header.to_str().ok()?, &Rfc2822).ok()?;
    Timestamp::try_from(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_answer_is_read() {
        let date = date_of(&HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert_eq!(date.map(Timestamp::unix_seconds), Some(784_111_777));
        assert_eq!(date_of(&HeaderValue::from_static("yesterday")), None);
    }

    #[test]
    fn only_what_the_key_can_see_is_asked_for() {
        let check = |key: &str, own: Option<&str>, scope: (&str, bool), foreign, expected| {
            let options = ClientOptions {
                base: "http://127.0.0.1:1".to_owned(),
                key: key.into(),
                account: own.map(str::to_owned),
                version: None,
                timeout: Duration::from_secs(1),
            };
            let client = StripeClient::new(options).unwrap();
            let scope = Scope { account: scope.0.to_owned(), livemode: scope.1 };
            assert_eq!(client.account_for(&scope, foreign), expected, "{key} {own:?} {scope}");
        };
        let ours = Some("acct_1");
        check("sk_test_1", None, (Scope::OWN, false), false, Ok(None));
        check("rk_live_1", None, (Scope::OWN, true), false, Ok(None));
        check("sk_test_1", None, (Scope::OWN, true), false, Err(NotOurs::Mode));
        check("sk_live_1", ours, ("acct_1", false), false, Err(NotOurs::Mode));
        check("another", None, (Scope::OWN, true), false, Ok(None));
        check("sk_test_1", ours, ("acct_1", false), false, Ok(None));
        check("sk_test_1", ours, ("acct_1", false), true, Ok(None));
        check("sk_test_1", ours, ("acct_2", false), true, Ok(Some("acct_2")));
        check("sk_test_1", ours, ("acct_2", false), false, Err(NotOurs::Account));
        check("sk_test_1", None, ("acct_2", false), false, Err(NotOurs::Account));
    }

    #[test]
    fn the_key_is_never_shown() {
        let options = ClientOptions {
            base: "http://127.0.0.1:1/".to_owned(),
            key: "sk_test_hunter2".into(),
            account: None,
            version: None,
            timeout: Duration::from_secs(1),
        };
        let client = StripeClient::new(options.clone()).unwrap();
        assert!(!format!("{client:?} {options:?}").contains("hunter2"));
        let request = client.request("/v1/customers/cus_1", Some("acct_1")).unwrap();
        assert!(!format!("{request:?}").contains("hunter2"));
        assert_eq!(request.uri(), "http://127.0.0.1:1/v1/customers/cus_1");
        assert_eq!(request.headers()["stripe-account"], "acct_1");
    }
}
