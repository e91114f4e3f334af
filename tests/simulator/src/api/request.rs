//! A request as the routes see it.

use super::error::ApiError;
use super::form::Form;
use super::percent::decode;
use crate::version::ApiVersion;
use bytes::Bytes;
use http::{HeaderMap, Method, header};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A digest of a request's path and parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32]);

#[derive(Debug)]
pub(super) struct ApiRequest {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Form,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl ApiRequest {
    /// The parts of the path, without the empty one before its first slash, percent-decoded one
    /// by one: an escaped slash belongs to an id.
    pub(super) fn segments(&self) -> Vec<String> {
        self.path.trim_start_matches('/').split('/').map(decode).collect()
    }

    /// The method and the path, with `*` for each id.
    pub(super) fn route(&self) -> String {
        let mut route = format!("{} ", self.method);
        for (place, part) in self.segments().iter().enumerate() {
            route.push('/');
            route.push_str(if place > 0 && is_id(part) { "*" } else { part });
        }
        route
    }

    /// The first id in the path.
    pub(super) fn named(&self) -> Option<String> {
        self.segments().into_iter().skip(1).find(|part| is_id(part))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The credential that is given by `Bearer`.
    pub(super) fn bearer(&self) -> Option<&str> {
        let (scheme, rest) = self.header(header::AUTHORIZATION.as_str())?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim())
    }

    /// Every test key is good, by `Bearer` or as the user of `Basic`.
    pub(super) fn authenticate(&self) -> Result<(), ApiError> {
        let given = self.header(header::AUTHORIZATION.as_str()).ok_or_else(ApiError::no_key)?;
        let (scheme, rest) = given.split_once(' ').ok_or_else(ApiError::no_key)?;
        let key = if scheme.eq_ignore_ascii_case("bearer") {
            rest.trim().to_owned()
        } else if scheme.eq_ignore_ascii_case("basic") {
            let pair = decode_base64(rest.trim()).ok_or_else(ApiError::wrong_key)?;
            pair.split(':').next().unwrap_or_default().to_owned()
        } else {
            return Err(ApiError::no_key());
        };
        let test = key.strip_prefix("sk_test_").or_else(|| key.strip_prefix("rk_test_"));
        match test {
            Some(rest) if !rest.is_empty() => Ok(()),
            Some(_) | None => Err(ApiError::wrong_key()),
        }
    }

    /// The version that was asked for; none leaves it to the account.
    pub(super) fn version(&self) -> Result<Option<ApiVersion>, ApiError> {
        self.header("stripe-version")
            .map(|text| ApiVersion::parse(text).ok_or_else(|| ApiError::unknown_version(text)))
            .transpose()
    }

    pub(super) fn idempotency_key(&self) -> Option<String> {
        self.header("idempotency-key").map(str::to_owned)
    }

    /// What makes a repetition of a request the same request: its path and its parameters, and
    /// its method where more than one has keys.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let mut hash = Sha256::new();
        if super::v2::is_for(self) {
            let body = serde_json::from_slice::<Value>(&self.body).map(|body| body.to_string());
            let path = format!("{} {}", self.method, self.path);
            let query: Vec<String> =
                self.query.pairs().map(|(name, value)| format!("{name}={value}")).collect();
            for part in [path, query.join("&"), body.unwrap_or_default()] {
                hash.update(part.len().to_be_bytes());
                hash.update(part.as_bytes());
            }
            return Fingerprint(hash.finalize().into());
        }
        let form = self.form();
        let names = form.pairs().flat_map(|(name, value)| [name, value.to_owned()]);
        for part in self.segments().into_iter().chain([String::new()]).chain(names) {
            hash.update(part.len().to_be_bytes());
            hash.update(part.as_bytes());
        }
        Fingerprint(hash.finalize().into())
    }

    /// The parameters of the query and of the body.
    pub(super) fn form(&self) -> Form {
        self.query.clone().joined(Form::parse(&String::from_utf8_lossy(&self.body)))
    }
}

/// Whether a part of a path behind the version is an id: it has a capital letter or a digit, which
/// the words of paths have not, or names one of the test payment methods.
fn is_id(part: &str) -> bool {
    part.starts_with("pm_")
        || part.bytes().any(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Standard base64, padded or not, that holds UTF-8.
fn decode_base64(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let (mut word, mut bits) = (0u32, 0u32);
    for letter in text.trim_end_matches('=').bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        word = (word << 6) | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((word >> bits) & 0xff).ok()?);
            word &= (1 << bits) - 1;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{decode_base64, is_id};

    #[test]
    fn ids_are_told_from_words() {
        for id in ["cus_1", "cus_aBc", "pm_card_visa", "TENOFF"] {
            assert!(is_id(id), "{id}");
        }
        for word in ["customers", "payment_methods", "create_preview", "search", ""] {
            assert!(!is_id(word), "{word}");
        }
    }

    #[test]
    fn basic_credentials_are_base64() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(decode_base64(text).as_deref(), expected, "{text}");
        };
        check("c2tfdGVzdF8xOg==", Some("sk_test_1:"));
        check("c2tfdGVzdF8xOg", Some("sk_test_1:"));
        check("", Some(""));
        check("a b", None);
    }
}
