//! Answers: their status, their headers, and the simulated clock in their `Date`.

use super::error::ApiError;
use super::router::Shown;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;

const IMF_FIXDATE: StaticFormatDescription = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// What a request is answered.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
    pub(super) headers: Vec<(&'static str, String)>,
    /// Whether an idempotency key keeps it.
    pub(super) is_kept: bool,
}

impl Answer {
    pub(super) fn of(result: Result<Shown, ApiError>) -> Self {
        match result {
            Ok(Shown::Value(body)) => Self::json(StatusCode::OK, &body),
            Ok(Shown::Written(body)) => Self::written(StatusCode::OK, body),
            Err(error) => {
                let headers = error.headers.iter();
                Self {
                    is_kept: error.is_kept(),
                    headers: headers.map(|(name, value)| (*name, (*value).to_owned())).collect(),
                    ..Self::json(error.status, &error.body())
                }
            }
        }
    }

    /// An answer of JSON, to be kept.
    pub(super) fn json(status: StatusCode, body: &Value) -> Self {
        Self::written(status, Bytes::from(body.to_string()))
    }

    fn written(status: StatusCode, body: Bytes) -> Self {
        Self { status, body, headers: Vec::new(), is_kept: true }
    }

    /// The HTTP answer, dated with a simulated second.
    pub(super) fn into_response(self, now: i64) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        for (name, value) in self.headers.into_iter().chain([("date", imf_fixdate(now))]) {
            // A value that is no header, such as one with a line break, is left out.
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// A second as HTTP's `Date` has it.
fn imf_fixdate(second: i64) -> String {
    OffsetDateTime::from_unix_timestamp(second)
        .ok()
        .and_then(|moment| moment.format(IMF_FIXDATE).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_are_as_http_writes_them() {
        assert_eq!(super::imf_fixdate(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
