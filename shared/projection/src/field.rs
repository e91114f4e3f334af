//! Where the value of a column is found in Stripe's body, by version, and how it is read.

use counterfoil_domain::Timestamp;
use counterfoil_domain::mirror::{Column, Type, Value};
use counterfoil_stripe_wire::node::{Node, Step, WrongShape, is_decimal, numeral};

/// A column and where it lives. The first place that shows something counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) column: Column,
    /// Where it is found. Empty: at the top, under the column's own name.
    from: &'static [From],
    read: Read,
    /// Whether its value differs between two looks at the same state, as signed links do. Such a
    /// column says nothing about which sighting is the newer, and stays out of the digest.
    pub(crate) restless: bool,
    /// Whether Stripe changes it without an event, so that it is right after a sweep only.
    pub(crate) silent: bool,
    /// What older versions call a value, and what the newest calls it.
    renamed: &'static [(&'static str, &'static str)],
}

/// A place in a body.
#[derive(Debug, Clone, Copy)]
pub(crate) enum From {
    /// Keys joined by points.
    At(&'static str),
    /// In the object that shows this one as its child.
    Parent(&'static str),
    /// The earliest of the times that the entries of a list show under a key.
    Earliest(&'static str, &'static str),
    /// The latest of them.
    Latest(&'static str, &'static str),
    /// What the first entry of a list shows under a key.
    First(&'static str, &'static str),
    /// The ids that the entries of a list show under a key. An empty list shows none.
    Each(&'static str, &'static str),
    /// The one id that a list of them was before it was a list.
    Only(&'static str),
    /// The sum of the whole numbers that the entries of a list show under a key. An empty list
    /// shows none.
    Sum(&'static str, &'static str),
}

#[derive(Debug, Clone, Copy)]
enum Read {
    Plain,
    Reference,
    References,
}

const fn field(name: &'static str, of: Type, read: Read) -> Field {
    let column = Column { name, of, personal: false };
    Field { column, from: &[], read, restless: false, silent: false, renamed: &[] }
}

/// Text.
pub(crate) const fn text(name: &'static str) -> Field {
    field(name, Type::Text, Read::Plain)
}

/// The id of another object, expanded or not.
pub(crate) const fn reference(name: &'static str) -> Field {
    field(name, Type::Text, Read::Reference)
}

/// The ids of a list of other objects, as JSON.
pub(crate) const fn references(name: &'static str) -> Field {
    field(name, Type::Json, Read::References)
}

/// A whole number.
pub(crate) const fn integer(name: &'static str) -> Field {
    field(name, Type::Integer, Read::Plain)
}

/// Yes or no.
pub(crate) const fn flag(name: &'static str) -> Field {
    field(name, Type::Flag, Read::Plain)
}

/// A moment, in whole seconds.
pub(crate) const fn time(name: &'static str) -> Field {
    field(name, Type::Time, Read::Plain)
}

/// An exact decimal.
pub(crate) const fn decimal(name: &'static str) -> Field {
    field(name, Type::Decimal, Read::Plain)
}

/// Any JSON.
pub(crate) const fn json(name: &'static str) -> Field {
    field(name, Type::Json, Read::Plain)
}

/// The caller's own keys and values. They may hold anything their author wrote, so on whatever
/// belongs to a customer they count as personal.
pub(crate) const fn metadata() -> Field {
    field("metadata", Type::Metadata, Read::Plain)
}

impl Field {
    /// Where it is found, where that is not at the top under its own name.
    pub(crate) const fn from(mut self, places: &'static [From]) -> Self {
        self.from = places;
        self
    }

    /// It may hold personal data.
    pub(crate) const fn personal(mut self) -> Self {
        self.column.personal = true;
        self
    }

    /// Its value differs between two looks at the same state.
    pub(crate) const fn restless(mut self) -> Self {
        self.restless = true;
        self
    }

    /// Stripe changes it without an event.
    pub(crate) const fn silent(mut self) -> Self {
        self.silent = true;
        self
    }

    /// What older versions call its values.
    pub(crate) const fn renamed(mut self, names: &'static [(&'static str, &'static str)]) -> Self {
        self.renamed = names;
        self
    }

    /// Its value in an object that is `parent`'s child, if it is one.
    pub(crate) fn value(&self, here: &Here<'_, '_>) -> Result<Option<Value>, WrongShape> {
        if self.from.is_empty() {
            let found = here.node.at(self.column.name)?;
            return self.read(found, here, self.column.name);
        }
        for place in self.from {
            let found = match place {
                From::At(path) => self.read(here.node.at(path)?, here, path)?,
                From::Parent(path) => match here.parent {
                    Some(parent) => self.read(parent.at(path)?, here, path)?,
                    None => None,
                },
                From::Earliest(list, key) => {
                    times(here.node, list, key)?.into_iter().min().map(Value::Time)
                }
                From::Latest(list, key) => {
                    times(here.node, list, key)?.into_iter().max().map(Value::Time)
                }
                From::First(list, key) => match entries(here.node, list)?.first() {
                    Some(first) => self.read(first.at(key)?, here, key)?,
                    None => None,
                },
                From::Each(list, key) => {
                    let shown = under(entries(here.node, list)?, key)?;
                    ids(&shown.into_iter().map(Node::reference).collect::<Result<Vec<_>, _>>()?)?
                }
                From::Only(path) => match here.node.at(path)? {
                    Some(one) => ids(&[one.reference()?])?,
                    None => None,
                },
                From::Sum(list, key) => sum(&under(entries(here.node, list)?, key)?)?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(self.nothing())
    }

    fn nothing(&self) -> Option<Value> {
        (self.column.of == Type::Metadata).then(|| Value::Json("{}".to_owned()))
    }

    fn read(
        &self,
        found: Option<&Node<'_>>,
        here: &Here<'_, '_>,
        path: &str,
    ) -> Result<Option<Value>, WrongShape> {
        let Some(node) = found else {
            return Ok(if self.from.is_empty() { self.nothing() } else { None });
        };
        let value = match (self.column.of, self.read) {
            (Type::Text, Read::Reference) => Value::Text(node.reference()?),
            (Type::Text, _) => Value::Text(self.newest_name(node.text()?)),
            (Type::Integer, _) => Value::Integer(node.integer()?),
            (Type::Flag, _) => Value::Flag(node.flag()?),
            (Type::Time, _) => Value::Time(node.time()?),
            (Type::Decimal, _) => Value::Decimal(here.decimal(node, path)?),
            (Type::Json, Read::References) => Value::Json(node.references()?),
            (Type::Json, _) => Value::Json(node.json()?),
            (Type::Metadata, _) => Value::Json(node.metadata()?),
        };
        Ok(Some(value))
    }

    fn newest_name(&self, name: String) -> String {
        match self.renamed.iter().find(|it| it.0 == name) {
            Some((_, newest)) => (*newest).to_owned(),
            None => name,
        }
    }
}

/// What is being read.
pub(crate) struct Here<'n, 'a> {
    pub(crate) body: &'a str,
    pub(crate) node: &'n Node<'a>,
    /// The object that shows this one as its child.
    pub(crate) parent: Option<&'n Node<'a>>,
    /// Where in the body it stands.
    pub(crate) path: Vec<Step<'static>>,
}

impl Here<'_, '_> {
    fn decimal(&self, node: &Node<'_>, path: &str) -> Result<String, WrongShape> {
        match node {
            Node::Text(text) if is_decimal(text) => Ok(text.to_string()),
            Node::Integer(it) => Ok(it.to_string()),
            Node::Numeral(_) => {
                let steps: Vec<Step<'_>> =
                    self.path.iter().copied().chain(path.split('.').map(Step::Key)).collect();
                numeral(self.body, &steps).map(str::to_owned).ok_or(WrongShape)
            }
            Node::Text(_) | Node::Null | Node::Flag(_) | Node::List(_) | Node::Object(_) => {
                Err(WrongShape)
            }
        }
    }
}

/// The entries of a list; none where it is not shown.
fn entries<'n, 'a>(node: &'n Node<'a>, list: &str) -> Result<&'n [Node<'a>], WrongShape> {
    node.at(list)?.map_or(Ok(&[]), Node::list)
}

/// What the entries show under a key.
fn under<'n, 'a>(entries: &'n [Node<'a>], key: &str) -> Result<Vec<&'n Node<'a>>, WrongShape> {
    entries.iter().filter_map(|entry| entry.at(key).transpose()).collect()
}

fn times(node: &Node<'_>, list: &str, key: &str) -> Result<Vec<Timestamp>, WrongShape> {
    under(entries(node, list)?, key)?.into_iter().map(Node::time).collect()
}

fn ids(all: &[String]) -> Result<Option<Value>, WrongShape> {
    if all.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(all).map(|it| Some(Value::Json(it))).map_err(|_| WrongShape)
}

fn sum(all: &[&Node<'_>]) -> Result<Option<Value>, WrongShape> {
    if all.is_empty() {
        return Ok(None);
    }
    let mut sum = 0_i64;
    for one in all {
        sum = sum.checked_add(one.integer()?).ok_or(WrongShape)?;
    }
    Ok(Some(Value::Integer(sum)))
}
