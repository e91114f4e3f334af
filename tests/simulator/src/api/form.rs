//! Stripe's form encoding (STRIPE.md 7.1): `a[b]=1`, `items[0][price]=…`, `expand[]=…`, brackets
//! bare or percent-encoded.

use super::error::ApiError;
use super::percent::decode_form;
use crate::model::decimal::Decimal;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The integers that are taken: twelve digits hold every amount, and every second of the years that
/// a calendar has. What is larger could not be counted with.
pub(in crate::api) const INTEGERS: RangeInclusive<i64> = -999_999_999_999..=999_999_999_999;

/// The parameters of a request, in the order they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    fields: Vec<(Vec<String>, String)>,
    /// The name of the parameter that this form is inside of.
    within: String,
}

impl Form {
    pub(super) fn parse(text: &str) -> Self {
        let fields = text
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (path(&decode_form(name)), decode_form(value))
            })
            .collect();
        Self { fields, within: String::new() }
    }

    /// The whole name of a parameter of this form.
    pub(super) fn name(&self, name: &str) -> String {
        if self.within.is_empty() { name.to_owned() } else { format!("{}[{name}]", self.within) }
    }

    /// The same without these parameters.
    pub(super) fn without(&self, names: &[&str]) -> Self {
        let mut rest = self.clone();
        rest.fields
            .retain(|(path, _)| !path.first().is_some_and(|name| names.contains(&name.as_str())));
        rest
    }

    /// The same with one more parameter.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.push((vec![name.to_owned()], value.to_owned()));
        self
    }

    /// The same with one more entry under a parameter: `name[key]=value`.
    pub(super) fn with_entry(mut self, name: &str, key: &str, value: &str) -> Self {
        self.fields.push((vec![name.to_owned(), key.to_owned()], value.to_owned()));
        self
    }

    /// The parameters of a query and of a body together.
    pub(super) fn joined(mut self, other: Self) -> Self {
        self.fields.extend(other.fields);
        self
    }

    /// Refuses a parameter that is not among these.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), ApiError> {
        for (path, _) in &self.fields {
            let name = path.first().map_or("", String::as_str);
            let expands = name == "expand" && self.within.is_empty();
            if !expands && !known.contains(&name) {
                return Err(ApiError::unknown_parameter(&self.name(name)));
            }
        }
        Ok(())
    }

    /// The last value of a parameter.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .rev()
            .find(|(path, _)| matches!(path.as_slice(), [only] if only == name))
            .map(|(_, value)| value.as_str())
    }

    /// The same as an owned text, for changes.
    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    pub(super) fn required(&self, name: &'static str) -> Result<&str, ApiError> {
        self.text(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| ApiError::missing_parameter(&self.name(name)))
    }

    pub(super) fn integer(&self, name: &'static str) -> Result<Option<i64>, ApiError> {
        self.text(name)
            .filter(|value| !value.is_empty())
            .map(|value| {
                let number = value.parse().ok().filter(|it| INTEGERS.contains(it));
                number.ok_or_else(|| ApiError::invalid_integer(&self.name(name), value))
            })
            .transpose()
    }

    /// A whole number from 1 on.
    pub(super) fn positive(&self, name: &'static str) -> Result<Option<i64>, ApiError> {
        match self.integer(name)? {
            Some(number) if number < 1 => Err(ApiError::too_small_integer(&self.name(name))),
            number => Ok(number),
        }
    }

    /// A number with at most twelve decimal places.
    pub(super) fn decimal(&self, name: &'static str) -> Result<Option<Decimal>, ApiError> {
        self.text(name)
            .filter(|value| !value.is_empty())
            .map(|value| {
                Decimal::parse(value).ok_or_else(|| {
                    ApiError::invalid(&self.name(name), &format!("Invalid decimal: {value}"))
                })
            })
            .transpose()
    }

    pub(super) fn boolean(&self, name: &'static str) -> Result<Option<bool>, ApiError> {
        match self.text(name) {
            None | Some("") => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(value) => {
                Err(ApiError::invalid(&self.name(name), &format!("Invalid boolean: {value}")))
            }
        }
    }

    /// A parameter that takes one of some values; an empty one is none.
    pub(super) fn choice(
        &self,
        name: &'static str,
        values: &[&str],
    ) -> Result<Option<&str>, ApiError> {
        let Some(given) = self.text(name).filter(|given| !given.is_empty()) else {
            return Ok(None);
        };
        if values.contains(&given) {
            return Ok(Some(given));
        }
        let name = self.name(name);
        let message = format!("Invalid {name}: must be one of {}", values.join(", "));
        Err(ApiError::invalid(&name, &message))
    }

    /// Keys and values under a parameter: `metadata[key]=value`.
    pub(super) fn map(&self, name: &str) -> BTreeMap<String, String> {
        self.fields
            .iter()
            .filter_map(|(path, value)| match path.as_slice() {
                [first, key] if first == name => Some((key.clone(), value.clone())),
                _ => None,
            })
            .collect()
    }

    /// The form inside a parameter: `recurring[interval]=month`.
    pub(super) fn inner(&self, name: &str) -> Self {
        let fields = self
            .fields
            .iter()
            .filter(|(path, _)| path.len() > 1 && path.first().is_some_and(|it| it == name))
            .map(|(path, value)| (path.get(1..).unwrap_or_default().to_vec(), value.clone()))
            .collect();
        Self { fields, within: self.name(name) }
    }

    /// The values in an array: `expand[]=a&expand[]=b` or `expand[0]=a`, in the order they came.
    pub(super) fn values(&self, name: &str) -> Vec<&str> {
        self.fields
            .iter()
            .filter(|(path, _)| matches!(path.as_slice(), [first, _] if first == name))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// The forms in an array of forms: `items[0][price]=…`, in the order of their indices.
    pub(super) fn list(&self, name: &str) -> Vec<Self> {
        let inner = self.inner(name);
        let mut entries: BTreeMap<u64, Self> = BTreeMap::new();
        for (path, value) in inner.fields {
            let Some((Ok(index), rest)) = path.split_first().map(|(i, rest)| (i.parse(), rest))
            else {
                continue;
            };
            entries.entry(index).or_default().fields.push((rest.to_vec(), value));
        }
        let within = self.name(name);
        let named = |(index, entry)| Self { within: format!("{within}[{index}]"), ..entry };
        entries.into_iter().map(named).collect()
    }

    /// Every parameter with its whole name, in the order they came.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (String, &str)> {
        self.fields.iter().map(|(path, value)| (whole(path), value.as_str()))
    }

    /// Every parameter with its names one by one, in the order they came.
    pub(super) fn paths(&self) -> impl Iterator<Item = (&[String], &str)> {
        self.fields.iter().map(|(path, value)| (path.as_slice(), value.as_str()))
    }

    /// The names of its parameters, each once, in the order they first came.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.fields.iter().filter_map(|(path, _)| path.first()) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// Whether anything is said of a parameter.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(path, _)| path.first().is_some_and(|first| first == name))
    }

    /// Whether it is inside a parameter.
    pub(super) fn is_inner(&self) -> bool {
        !self.within.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// A path of names as it is written: `a[b][c]`.
fn whole(path: &[String]) -> String {
    let mut name = path.first().cloned().unwrap_or_default();
    for inner in path.iter().skip(1) {
        name.push('[');
        name.push_str(inner);
        name.push(']');
    }
    name
}

/// `a[b][]` as `a`, `b` and an empty name.
fn path(name: &str) -> Vec<String> {
    let (first, rest) = name.split_once('[').unwrap_or((name, ""));
    let mut path = vec![first.to_owned()];
    if !rest.is_empty() {
        let rest = rest.strip_suffix(']').unwrap_or(rest);
        path.extend(rest.split("][").map(str::to_owned));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::Form;
    use std::collections::BTreeMap;

    #[test]
    fn forms_nest_by_brackets() {
        let form = Form::parse(
            "customer=cus_1&items%5B0%5D%5Bprice%5D=price_a&items[1][price]=price_b\
             &items[1][quantity]=3&metadata[a+b]=c%20d&expand[]=x&flag=true&empty=",
        );
        assert_eq!(form.text("customer"), Some("cus_1"));
        let items = form.list("items");
        assert_eq!(items.len(), 2);
        assert_eq!(items[0].text("price"), Some("price_a"));
        assert_eq!(items[1].integer("quantity").unwrap(), Some(3));
        assert_eq!(form.map("metadata"), BTreeMap::from([("a b".into(), "c d".into())]));
        assert_eq!(form.boolean("flag").unwrap(), Some(true));
        assert_eq!(form.text("empty"), Some(""));
        assert_eq!(form.text("absent"), None);
        assert!(form.only(&["customer", "items", "metadata", "flag"]).is_err());
        assert!(form.only(&["customer", "items", "metadata", "flag", "empty"]).is_ok());
    }
}
