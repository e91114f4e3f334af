//! The query language of searches: clauses such as `email:'a@example.com'`, `name~'ann'`,
//! `created>1700000000` and `metadata['tenant']:'7'`, joined by `AND` or all by `OR`. A minus
//! before a clause turns it round.

use serde_json::Value;

#[derive(Debug, PartialEq)]
pub(super) struct Query {
    clauses: Vec<Clause>,
    any: bool,
}

#[derive(Debug, PartialEq)]
struct Clause {
    field: String,
    key: Option<String>,
    is: Comparison,
    negated: bool,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Contains,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

const COMPARISONS: [(&str, Comparison); 6] = [
    (">=", Comparison::GreaterOrEqual),
    ("<=", Comparison::LessOrEqual),
    (">", Comparison::Greater),
    ("<", Comparison::Less),
    (":", Comparison::Equal),
    ("~", Comparison::Contains),
];

impl Query {
    /// Parses a query over these fields; the error says what is wrong, as an answer would.
    pub(super) fn parse(text: &str, fields: &[&str]) -> Result<Self, String> {
        let unclear = || {
            format!(
                "We were unable to parse your search query: {text}. See \
                     https://stripe.com/docs/search#search-query-language."
            )
        };
        let mut rest = text.trim();
        let (mut clauses, mut joins) = (Vec::new(), Vec::new());
        while !rest.is_empty() {
            let (clause, after) = clause(rest).ok_or_else(unclear)?;
            if !fields.contains(&clause.field.as_str()) {
                return Err(format!("Field `{}` is an unsupported search field.", clause.field));
            }
            if (clause.field == "metadata") != clause.key.is_some() {
                return Err(unclear());
            }
            clauses.push(clause);
            rest = after.trim_start();
            for join in ["AND ", "OR "] {
                if let Some(after) = rest.strip_prefix(join) {
                    joins.push(join);
                    rest = after.trim_start();
                    if rest.is_empty() {
                        return Err(unclear());
                    }
                }
            }
        }
        let any = joins.contains(&"OR ");
        if clauses.is_empty() || (any && joins.contains(&"AND ")) || joins.len() >= clauses.len() {
            return Err(unclear());
        }
        Ok(Self { clauses, any })
    }

    pub(super) fn finds(&self, document: &Value) -> bool {
        let holds = |clause: &Clause| clause.holds(document) != clause.negated;
        if self.any { self.clauses.iter().any(holds) } else { self.clauses.iter().all(holds) }
    }
}

/// The first clause of a text, and what follows it.
fn clause(text: &str) -> Option<(Clause, &str)> {
    let (negated, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let end = text.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))?;
    let (field, mut rest) = text.split_at_checked(end).filter(|(field, _)| !field.is_empty())?;
    let mut key = None;
    if let Some(inner) = rest.strip_prefix('[') {
        let (name, after) = quoted(inner)?;
        key = Some(name);
        rest = after.strip_prefix(']')?;
    }
    let (sign, is) = COMPARISONS.iter().find(|(sign, _)| rest.starts_with(sign))?;
    let rest = rest.get(sign.len()..)?;
    let (value, rest) = quoted(rest).or_else(|| bare(rest))?;
    Some((Clause { field: field.to_owned(), key, is: *is, negated, value }, rest))
}

/// A value between quotes, in which a backslash takes what follows as it is.
fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|first| ['\'', '"'].contains(first))?;
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((place, letter)) = letters.next() {
        match letter {
            '\\' => value.push(letters.next()?.1),
            end if end == quote => return Some((value, text.get(place + 1..)?)),
            other => value.push(other),
        }
    }
    None
}

/// A number, a boolean or null.
fn bare(text: &str) -> Option<(String, &str)> {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (value, rest) = text.split_at_checked(end)?;
    let known = value.parse::<i64>().is_ok() || ["true", "false", "null"].contains(&value);
    known.then(|| (value.to_owned(), rest))
}

impl Clause {
    fn holds(&self, document: &Value) -> bool {
        let held = &document[self.field.as_str()];
        let held = self.key.as_ref().map_or(held, |key| &held[key.as_str()]);
        let text = match held {
            Value::Null => return self.is == Comparison::Equal && self.value == "null",
            Value::String(text) => text.to_lowercase(),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                held.to_string()
            }
        };
        let wanted = self.value.to_lowercase();
        let number = held.as_i64().zip(wanted.parse::<i64>().ok());
        match self.is {
            Comparison::Equal => text == wanted,
            Comparison::Contains => text.contains(&wanted),
            Comparison::Greater => number.is_some_and(|(held, wanted)| held > wanted),
            Comparison::GreaterOrEqual => number.is_some_and(|(held, wanted)| held >= wanted),
            Comparison::Less => number.is_some_and(|(held, wanted)| held < wanted),
            Comparison::LessOrEqual => number.is_some_and(|(held, wanted)| held <= wanted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Query;
    use serde_json::json;

    #[test]
    fn queries_find_documents() {
        let document = json!({ "email": "Ann@example.com", "created": 50, "name": null,
                               "metadata": { "it's": "7" } });
        let check = |text: &str, expected: Option<bool>| {
            let query = Query::parse(text, &["email", "created", "name", "metadata"]);
            assert_eq!(query.ok().map(|query| query.finds(&document)), expected, "{text}");
        };
        check("email:'ann@example.com'", Some(true));
        check("email:\"bob@example.com\"", Some(false));
        check("email~'EXAMPLE'", Some(true));
        check("-email~'example'", Some(false));
        check("metadata['it\\'s']:'7'", Some(true));
        check("metadata[\"it's\"]:'8'", Some(false));
        check("metadata['absent']:null", Some(true));
        check("name:null", Some(true));
        check("created>49 AND created<51", Some(true));
        check("created>=50 created<=49", Some(false));
        check("created:50 OR email:'x'", Some(true));
        for wrong in [
            "",
            "email",
            "email:ann",
            "email:'ann",
            "shoe:'46'",
            "metadata:'7'",
            "email['a']:'b'",
            "email:'a' AND",
            "AND email:'a'",
            "email:'a' AND name:'b' OR created:1",
            "東:'a'",
        ] {
            check(wrong, None);
        }
    }
}
