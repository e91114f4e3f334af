//! The list `fields.txt`, read.

use std::sync::LazyLock;

use counterfoil_domain::mirror::ObjectKind;

use crate::version::Version;

const LIST: &str = include_str!("../fields.txt");

/// A table, and where its columns come from.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The kind of object whose body shows it.
    pub kind: ObjectKind,
    /// Where in the body its rows stand; none where the body is the row.
    pub rows: Option<&'static str>,
    /// Its columns.
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Where its value comes from.
    pub from: Where,
}

/// Where the value of a column comes from.
#[derive(Debug)]
pub enum Where {
    /// The first of these places that shows something.
    Places(Vec<Place>),
    /// Worked out from other things; the reason why it is not in the list.
    Derived(&'static str),
}

/// A place in a body.
#[derive(Debug)]
pub struct Place {
    /// The first version that has it.
    pub since: Option<Version>,
    /// The first version that no longer has it.
    pub until: Option<Version>,
    /// How it is read.
    pub read: Read,
    /// Where it is.
    pub pointer: String,
    /// What its versions call some values, and what the newest calls them.
    pub renamed: Vec<(&'static str, &'static str)>,
}

/// How a place is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// As it is; of an expanded object its id.
    Plain,
    /// As JSON, whatever it is.
    Json,
    /// The ids of a list.
    Ids,
    /// As it is, in the object that shows this one in its list.
    Parent,
    /// The least of a list, at what follows `*` in each entry.
    Least,
    /// The greatest.
    Greatest,
    /// The sum of them.
    Sum,
    /// The ids that stand at what follows `*` in each entry of a list.
    Each,
    /// One object, whose id is kept as a list of one.
    Only,
}

/// All tables of the list.
pub fn tables() -> Result<&'static [Table], Unreadable> {
    static TABLES: LazyLock<Result<Vec<Table>, &str>> = LazyLock::new(|| read(LIST));
    match TABLES.as_deref() {
        Ok(tables) => Ok(tables),
        Err(line) => Err(Unreadable(line)),
    }
}

/// A line of the list that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("fields.txt: this line cannot be read: {0}")]
pub struct Unreadable(&'static str);

fn read(list: &'static str) -> Result<Vec<Table>, &'static str> {
    let mut tables: Vec<Table> = Vec::new();
    for line in list.lines() {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if line.starts_with(' ') {
            let columns = &mut tables.last_mut().ok_or(line)?.columns;
            match text.split_once(": ") {
                Some(("top", names)) => columns.extend(at_the_top(Read::Plain, names)),
                Some(("top json", names)) => columns.extend(at_the_top(Read::Json, names)),
                Some(("top ids", names)) => columns.extend(at_the_top(Read::Ids, names)),
                _ => columns.push(column(text).ok_or(line)?),
            }
        } else {
            tables.push(table(text).ok_or(line)?);
        }
    }
    Ok(tables)
}

/// `subscription_items subscription /items/data`
fn table(text: &'static str) -> Option<Table> {
    let mut words = text.split_whitespace();
    let (name, kind) = (words.next()?, ObjectKind::parse(words.next()?)?);
    Some(Table { name, kind, rows: words.next(), columns: Vec::new() })
}

/// `created customer`: columns that lie at the top under their own names, in every version.
fn at_the_top(read: Read, names: &'static str) -> impl Iterator<Item = Column> {
    names.split_whitespace().map(move |name| {
        let pointer = format!("/{name}");
        let place = Place { since: None, until: None, read, pointer, renamed: Vec::new() };
        Column { name, from: Where::Places(vec![place]) }
    })
}

/// `balance /balance 2019-10-17.. | /account_balance ..2019-10-17`; a value that was renamed is
/// `old=new` beside the place.
pub(crate) fn column(text: &'static str) -> Option<Column> {
    let (name, rest) = text.split_once(char::is_whitespace)?;
    let rest = rest.trim();
    let from = match rest.strip_prefix("derived: ") {
        Some(reason) => Where::Derived(reason),
        None => Where::Places(rest.split(" | ").map(place).collect::<Option<_>>()?),
    };
    Some(Column { name, from })
}

fn place(text: &'static str) -> Option<Place> {
    let mut place = Place {
        since: None,
        until: None,
        read: Read::Plain,
        pointer: String::new(),
        renamed: Vec::new(),
    };
    for word in text.split_whitespace() {
        match word {
            "json" => place.read = Read::Json,
            "ids" => place.read = Read::Ids,
            "parent" => place.read = Read::Parent,
            "least" => place.read = Read::Least,
            "greatest" => place.read = Read::Greatest,
            "sum" => place.read = Read::Sum,
            "each" => place.read = Read::Each,
            "only" => place.read = Read::Only,
            pointer if pointer.starts_with('/') => pointer.clone_into(&mut place.pointer),
            names if names.contains('=') => place.renamed.push(names.split_once('=')?),
            span => {
                let (since, until) = span.split_once("..")?;
                let version = |it: &str| match it {
                    "" => Some(None),
                    it => Version::parse(it).map(Some),
                };
                place.since = version(since)?;
                place.until = version(until)?;
            }
        }
    }
    (!place.pointer.is_empty()).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read() {
        let tables =
            read("customers customer\n  balance /balance 2019-10-17.. | /old\n  b derived: c\n")
                .unwrap();
        let [table] = tables.as_slice() else { panic!("{tables:?}") };
        assert_eq!((table.name, table.kind, table.rows), ("customers", ObjectKind::Customer, None));
        let [balance, other] = table.columns.as_slice() else { panic!("{table:?}") };
        let Where::Places(places) = &balance.from else { panic!("{balance:?}") };
        assert_eq!(places.len(), 2);
        assert_eq!(places[0].since, Version::parse("2019-10-17"));
        assert_eq!(places[0].pointer, "/balance");
        assert!(matches!(other.from, Where::Derived("c")));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for list in
            ["widgets widget", "  a /a", "customers customer\n  a", "customers customer\n  a b"]
        {
            assert!(read(list).is_err(), "{list}");
        }
    }
}
