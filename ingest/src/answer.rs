//! What a sender is told.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;

use counterfoil_bus::{Receipt, UnknownCause};
use counterfoil_stripe_wire::signature::Rejection;

use crate::body::BodyFault;

/// Why a request is not answered 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    UnknownPath,
    UnknownEndpoint,
    WrongMethod,
    NotAllowed,
    TooMany(Duration),
    Body(BodyFault),
    Signature(Rejection),
    Unpublished(Receipt),
    Draining,
}

/// How long a sender is asked to wait where nothing else is known, in seconds.
const RETRY_AFTER_SECONDS: u64 = 5;

impl Refusal {
    /// The cause's name in metrics, logs and answers; never changes.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::UnknownPath => "unknown_path",
            Self::UnknownEndpoint => "unknown_endpoint",
            Self::WrongMethod => "wrong_method",
            Self::NotAllowed => "address_not_allowed",
            Self::TooMany(_) => "too_many_requests",
            Self::Body(BodyFault::TooLong) => "body_too_long",
            Self::Body(BodyFault::TooSlow) => "body_too_slow",
            Self::Body(BodyFault::Broken) => "body_broken",
            Self::Signature(rejection) => rejection.code(),
            Self::Unpublished(receipt) => match receipt {
                Receipt::Confirmed => "bus_confirmed",
                Receipt::Returned => "bus_returned",
                Receipt::Nacked => "bus_nacked",
                Receipt::Unknown(UnknownCause::NotConnected) => "bus_not_connected",
                Receipt::Unknown(UnknownCause::Blocked) => "bus_blocked",
                Receipt::Unknown(UnknownCause::TooManyOutstanding) => "bus_too_many_outstanding",
                Receipt::Unknown(UnknownCause::ConnectionLost) => "bus_connection_lost",
                Receipt::Unknown(UnknownCause::NoConfirmInTime) => "bus_no_confirm_in_time",
            },
            Self::Draining => "draining",
        }
    }

    /// The status says whose turn it is: 4xx the sender's, 503 ours.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::UnknownPath | Self::UnknownEndpoint => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAllowed => StatusCode::FORBIDDEN,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Body(BodyFault::TooLong) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(BodyFault::TooSlow) => StatusCode::REQUEST_TIMEOUT,
            // The delivery may well be genuine: it is we who cannot tell.
            Self::Signature(Rejection::NoSecret) | Self::Unpublished(_) | Self::Draining => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Body(BodyFault::Broken)
            | Self::Signature(
                Rejection::NoHeader
                | Rejection::Malformed
                | Rejection::NoTime
                | Rejection::NoSignature
                | Rejection::NoMatch
                | Rejection::TooOld
                | Rejection::TooFarAhead,
            ) => StatusCode::BAD_REQUEST,
        }
    }

    fn explanation(self) -> String {
        match self {
            Self::UnknownPath => "webhooks are sent to /webhooks/stripe".to_owned(),
            Self::UnknownEndpoint => "no endpoint of this name is configured".to_owned(),
            Self::WrongMethod => "webhooks are sent with POST".to_owned(),
            Self::NotAllowed => "this address may not send webhooks".to_owned(),
            Self::TooMany(_) => "this address sends too much".to_owned(),
            Self::Body(BodyFault::TooLong) => "the body is longer than allowed".to_owned(),
            Self::Body(BodyFault::TooSlow) => "the body did not come in time".to_owned(),
            Self::Body(BodyFault::Broken) => "the body broke off or is framed wrongly".to_owned(),
            Self::Signature(rejection) => rejection.to_string(),
            Self::Unpublished(_) => "the event could not be stored; send it again".to_owned(),
            Self::Draining => "the service is about to end; send it again".to_owned(),
        }
    }

    fn retry_after_seconds(self) -> Option<u64> {
        match self {
            // A waiting time is rounded up: sending within it is refused again.
            Self::TooMany(wait) => Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)),
            _ if self.status() == StatusCode::SERVICE_UNAVAILABLE => Some(RETRY_AFTER_SECONDS),
            Self::UnknownPath
            | Self::UnknownEndpoint
            | Self::WrongMethod
            | Self::NotAllowed
            | Self::Body(_)
            | Self::Signature(_)
            | Self::Unpublished(_)
            | Self::Draining => None,
        }
    }

    /// The answer, with its cause in one line.
    pub(crate) fn response(self) -> Response<Full<Bytes>> {
        let line = format!("{}: {}\n", self.code(), self.explanation());
        let mut response = Response::new(Full::new(Bytes::from(line)));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if let Some(seconds) = self.retry_after_seconds() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self == Self::WrongMethod {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        if self.closes() {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// Whether the connection is at an end with this answer: the rest of the body is not worth
    /// reading, or there is no telling where the next request begins.
    fn closes(self) -> bool {
        match self {
            Self::Body(_) | Self::Draining | Self::NotAllowed => true,
            Self::UnknownPath
            | Self::UnknownEndpoint
            | Self::WrongMethod
            | Self::TooMany(_)
            | Self::Signature(_)
            | Self::Unpublished(_) => false,
        }
    }
}

/// The event is stored.
pub(crate) fn accepted() -> Response<Full<Bytes>> {
    Response::new(Full::new(Bytes::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(refusal: Refusal, status: u16, retry_after: Option<&str>) {
        let response = refusal.response();
        assert_eq!(response.status().as_u16(), status, "{refusal:?}");
        let header = response.headers().get(RETRY_AFTER).map(|it| it.to_str().unwrap());
        assert_eq!(header, retry_after, "{refusal:?}");
        assert_eq!(response.headers().contains_key(ALLOW), status == 405, "{refusal:?}");
    }

    #[test]
    fn the_status_says_whose_turn_it_is() {
        check(Refusal::UnknownPath, 404, None);
        check(Refusal::UnknownEndpoint, 404, None);
        check(Refusal::WrongMethod, 405, None);
        check(Refusal::NotAllowed, 403, None);
        check(Refusal::TooMany(Duration::from_millis(1)), 429, Some("1"));
        check(Refusal::TooMany(Duration::from_secs(2)), 429, Some("2"));
        check(Refusal::TooMany(Duration::from_millis(2_001)), 429, Some("3"));
        check(Refusal::Body(BodyFault::TooLong), 413, None);
        check(Refusal::Body(BodyFault::TooSlow), 408, None);
        check(Refusal::Body(BodyFault::Broken), 400, None);
        check(Refusal::Draining, 503, Some("5"));
        for rejection in Rejection::ALL {
            let ours = rejection == Rejection::NoSecret;
            let (status, retry) = if ours { (503, Some("5")) } else { (400, None) };
            check(Refusal::Signature(rejection), status, retry);
        }
        for receipt in [
            Receipt::Returned,
            Receipt::Nacked,
            Receipt::Unknown(UnknownCause::NotConnected),
            Receipt::Unknown(UnknownCause::Blocked),
            Receipt::Unknown(UnknownCause::TooManyOutstanding),
            Receipt::Unknown(UnknownCause::ConnectionLost),
            Receipt::Unknown(UnknownCause::NoConfirmInTime),
        ] {
            check(Refusal::Unpublished(receipt), 503, Some("5"));
        }
    }
}
