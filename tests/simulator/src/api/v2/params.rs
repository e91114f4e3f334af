//! The parameters of a call: a JSON object in the body, or the same written as a query. A number,
//! and true or false, may stand as a text, as they do in a query.

use crate::api::error::ApiError;
use crate::api::form::{Form, INTEGERS};
use crate::moment::parse_rfc3339;
use bytes::Bytes;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::api) struct Params {
    fields: Map<String, Value>,
    /// The name of the parameter that these are inside of.
    within: String,
}

impl Params {
    /// The parameters of a query and of a body together.
    pub(in crate::api) fn parse(query: &Form, body: &Bytes) -> Result<Self, ApiError> {
        let mut fields = match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => fields,
            Ok(_) | Err(_) if body.trim_ascii().is_empty() => Map::new(),
            Ok(_) | Err(_) => return Err(ApiError::no_json()),
        };
        for (path, value) in query.paths() {
            insert(&mut fields, path, value);
        }
        Ok(Self { fields, within: String::new() })
    }

    /// Every parameter as a query writes it, for those that a query can hold.
    pub(in crate::api) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for (name, value) in &self.fields {
            flatten(name, value, &mut pairs);
        }
        pairs
    }

    fn name(&self, name: &str) -> String {
        if self.within.is_empty() { name.to_owned() } else { format!("{}.{name}", self.within) }
    }

    fn wrong(&self, name: &str, wanted: &str) -> ApiError {
        let name = self.name(name);
        ApiError::invalid(&name, &format!("Invalid value for {name}: it must be {wanted}."))
    }

    /// What is given; null is nothing.
    pub(in crate::api) fn value(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// Refuses a parameter that is not among these.
    pub(in crate::api) fn only(&self, known: &[&str]) -> Result<(), ApiError> {
        match self.fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(ApiError::unknown_parameter(&self.name(name))),
            None => Ok(()),
        }
    }

    pub(in crate::api) fn text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        let text = |value: &'_ Value| value.as_str().is_some();
        match self.value(name) {
            Some(value) if !text(value) => Err(self.wrong(name, "a string")),
            value => Ok(value.and_then(Value::as_str)),
        }
    }

    pub(in crate::api) fn required(&self, name: &str) -> Result<&str, ApiError> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| ApiError::missing_parameter(&self.name(name)))
    }

    pub(in crate::api) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let number = |value: &Value| match value {
            Value::String(text) => text.parse().ok(),
            other => other.as_i64(),
        };
        self.value(name)
            .map(|value| {
                let number = number(value).filter(|it| INTEGERS.contains(it));
                number.ok_or_else(|| self.wrong(name, "an integer"))
            })
            .transpose()
    }

    /// A Unix second, written as a number or as an RFC 3339 time.
    pub(in crate::api) fn second(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let second = |value: &Value| match value {
            Value::String(text) => parse_rfc3339(text).or_else(|| text.parse().ok()),
            other => other.as_i64(),
        };
        self.value(name)
            .map(|value| {
                let second = second(value).filter(|it| INTEGERS.contains(it));
                second.ok_or_else(|| self.wrong(name, "a timestamp"))
            })
            .transpose()
    }

    /// The texts of an array.
    pub(in crate::api) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let texts: Option<Vec<String>> =
            value.as_array().and_then(|list| list.iter().map(text).collect());
        texts.map(Some).ok_or_else(|| self.wrong(name, "an array of strings"))
    }

    /// The texts of an object, with null for those to be removed.
    pub(in crate::api) fn map(
        &self,
        name: &str,
    ) -> Result<BTreeMap<String, Option<String>>, ApiError> {
        let entry = |(key, value): (&String, &Value)| match value {
            Value::Null => Some((key.clone(), None)),
            Value::String(text) => Some((key.clone(), Some(text.clone()))),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let Some(value) = self.value(name) else {
            return Ok(BTreeMap::new());
        };
        let texts: Option<_> = value.as_object().and_then(|map| map.iter().map(entry).collect());
        texts.ok_or_else(|| self.wrong(name, "a map of strings"))
    }

    /// The parameters inside each entry of an array.
    pub(in crate::api) fn entries(&self, name: &str) -> Result<Option<Vec<Self>>, ApiError> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let wrong = || self.wrong(name, "an array of objects");
        let entries = value.as_array().ok_or_else(wrong)?.iter().enumerate();
        let entry = |(place, entry): (usize, &Value)| {
            let fields = entry.as_object().ok_or_else(wrong)?.clone();
            Ok(Self { fields, within: format!("{}[{place}]", self.name(name)) })
        };
        entries.map(entry).collect::<Result<_, _>>().map(Some)
    }

    /// The parameters inside a parameter; none where it is absent.
    pub(in crate::api) fn inner(&self, name: &str) -> Result<Option<Self>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => {
                Ok(Some(Self { fields: fields.clone(), within: self.name(name) }))
            }
            Some(_) => Err(self.wrong(name, "an object")),
        }
    }
}

/// Puts a value of a query where its path says: `a[b]=1`, `a[0]=x` or `a[]=x`.
fn insert(fields: &mut Map<String, Value>, path: &[String], value: &str) {
    let Some((first, rest)) = path.split_first() else { return };
    let Some(second) = rest.first() else {
        fields.insert(first.clone(), Value::from(value));
        return;
    };
    let is_place = second.is_empty() || second.bytes().all(|byte| byte.is_ascii_digit());
    let empty = || if is_place { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    match fields.entry(first.clone()).or_insert_with(empty) {
        Value::Array(list) => list.push(Value::from(value)),
        Value::Object(inner) => insert(inner, rest, value),
        // What is given as one value already is given wrongly, which its reader says.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The reverse of [`insert`].
fn flatten(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::String(text) => pairs.push((name.to_owned(), text.clone())),
        Value::Bool(_) | Value::Number(_) => pairs.push((name.to_owned(), value.to_string())),
        Value::Array(list) => {
            for (place, entry) in list.iter().enumerate() {
                flatten(&format!("{name}[{place}]"), entry, pairs);
            }
        }
        Value::Object(inner) => {
            for (key, entry) in inner {
                flatten(&format!("{name}[{key}]"), entry, pairs);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Params;
    use crate::api::form::Form;
    use bytes::Bytes;

    fn params(query: &str, body: &'static str) -> Params {
        Params::parse(&Form::parse(query), &Bytes::from_static(body.as_bytes())).unwrap()
    }

    #[test]
    fn a_query_says_the_same_as_a_body() {
        let query =
            params("limit=5&types[0]=a&types[1]=b&created[gte]=2026-01-10T00:00:00Z&page=x", "");
        let body = params(
            "page=x",
            r#"{"limit":5,"types":["a","b"],"created":{"gte":"2026-01-10T00:00:00Z"}}"#,
        );
        for one in [query, body] {
            assert_eq!(one.integer("limit").unwrap(), Some(5));
            assert_eq!(one.texts("types").unwrap().unwrap(), ["a", "b"]);
            assert_eq!(one.text("page").unwrap(), Some("x"));
            let created = one.inner("created").unwrap().unwrap();
            assert_eq!(created.second("gte").unwrap(), Some(1_768_003_200));
            assert!(one.only(&["created", "limit", "page", "types"]).is_ok());
            assert!(one.only(&["created", "limit", "types"]).is_err());
        }
    }

    #[test]
    fn what_has_the_wrong_type_is_refused() {
        let wrong = params(
            "",
            r#"{"text":1,"number":"x","list":"a","mixed":["a",1],"map":{"a":1},"inner":[],
                "time":"noon","nothing":null}"#,
        );
        assert!(wrong.text("text").is_err());
        assert!(wrong.integer("number").is_err());
        assert!(wrong.texts("list").is_err() && wrong.texts("mixed").is_err());
        assert!(wrong.map("map").is_err());
        assert!(wrong.inner("inner").is_err());
        assert!(wrong.second("time").is_err());
        assert_eq!(wrong.text("nothing").unwrap(), None);
        assert!(wrong.required("nothing").is_err());
        assert!(Params::parse(&Form::default(), &Bytes::from_static(b"[1]")).is_err());
        assert!(Params::parse(&Form::default(), &Bytes::from_static(b"a=1")).is_err());
    }
}
