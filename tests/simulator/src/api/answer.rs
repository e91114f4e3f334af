//! Answers: their status, their headers, and the simulated clock in their `Date`.

use super::error::ApiError;
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

/// What a route answers.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

impl Answer {
    pub(super) fn of(result: Result<Value, ApiError>) -> Self {
        match result {
            Ok(body) => Self { status: StatusCode::OK, body },
            Err(error) => Self { status: error.status, body: error.body() },
        }
    }

    /// The HTTP answer, dated with a simulated second.
    pub(super) fn into_response(
        self,
        now: i64,
        headers: Vec<(&'static str, String)>,
    ) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(self.body.to_string())));
        *response.status_mut() = self.status;
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        let more = headers.into_iter().chain([("date", imf_fixdate(now))]);
        for (name, value) in more {
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
