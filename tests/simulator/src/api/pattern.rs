//! Which calls a fault is meant for: a method and a path.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A text that names no calls.
#[derive(Debug, Error)]
#[error("'{text}' names no calls; write a method and a path, such as 'POST /v1/invoices/*/pay'")]
pub struct InvalidPattern {
    text: String,
}

/// A pattern of calls: a method and a path, as in `POST /v1/subscriptions`. `*` stands for any
/// method or for any one part of the path, and `**` at its end for any rest of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    method: String,
    parts: Vec<String>,
    open: bool,
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let invalid = || InvalidPattern { text: text.to_owned() };
        let (method, path) = text.split_once(' ').ok_or_else(invalid)?;
        let known = ["*", "DELETE", "GET", "POST"].contains(&method);
        let path = path.strip_prefix('/').filter(|path| known && !path.is_empty());
        let mut parts: Vec<String> =
            path.ok_or_else(invalid)?.split('/').map(str::to_owned).collect();
        let open = parts.pop_if(|last| last == "**").is_some();
        if parts.iter().any(|part| part == "**") {
            return Err(invalid());
        }
        Ok(Self { method: method.to_owned(), parts, open })
    }
}

impl TryFrom<String> for Pattern {
    type Error = InvalidPattern;

    fn try_from(text: String) -> Result<Self, InvalidPattern> {
        text.parse()
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.to_string()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = if self.open { "/**" } else { "" };
        write!(f, "{} /{}{rest}", self.method, self.parts.join("/"))
    }
}

impl Pattern {
    /// Whether a call by its method and the parts of its path is meant.
    pub(super) fn fits(&self, method: &str, path: &[String]) -> bool {
        let long_enough =
            if self.open { path.len() >= self.parts.len() } else { path.len() == self.parts.len() };
        long_enough
            && (self.method == "*" || self.method == method)
            && self.parts.iter().zip(path).all(|(wanted, part)| wanted == "*" || wanted == part)
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns_mean_calls() {
        let check = |pattern: &str, method: &str, path: &str, expected: bool| {
            let parts: Vec<String> = path.split('/').map(str::to_owned).collect();
            let parsed: Pattern = pattern.parse().unwrap();
            assert_eq!(parsed.to_string(), pattern);
            assert_eq!(parsed.fits(method, &parts), expected, "{pattern}: {method} {path}");
        };
        check("POST /v1/invoices", "POST", "v1/invoices", true);
        check("POST /v1/invoices", "GET", "v1/invoices", false);
        check("POST /v1/invoices", "POST", "v1/invoices/in_1", false);
        check("POST /v1/invoices/*/pay", "POST", "v1/invoices/in_1/pay", true);
        check("POST /v1/invoices/*/pay", "POST", "v1/invoices/in_1/void", false);
        check("* /v1/**", "GET", "v1/invoices/in_1", true);
        check("* /v1/**", "GET", "v1", true);
        check("* /v1/**", "GET", "v2/core", false);
        for wrong in ["", "/v1", "POST", "POST v1", "PUT /v1", "GET /", "GET /v1/**/x"] {
            assert!(wrong.parse::<Pattern>().is_err(), "{wrong}");
        }
    }
}
