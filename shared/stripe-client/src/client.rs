//! The connection to Stripe: keep-alive, deadlines, headers.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use counterfoil_domain::Timestamp;
use http::header::{AUTHORIZATION, DATE};
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
    version: Option<HeaderValue>,
    timeout: Duration,
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
        Ok(Self { http, base, authorization, version, timeout: options.timeout })
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
                return Err(StripeError::Unavailable { operation });
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
    fn the_key_is_never_shown() {
        let options = ClientOptions {
            base: "http://127.0.0.1:1/".to_owned(),
            key: "sk_test_hunter2".into(),
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
