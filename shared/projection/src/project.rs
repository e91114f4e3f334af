//! The one way from a body of Stripe's to rows of ours.

use counterfoil_domain::freshness::Digest;
use counterfoil_domain::mirror::{Change, Children, ObjectKind, Projection, Row, Table, Value};
use counterfoil_stripe_wire::node::{Node, Step};
use sha2::{Digest as _, Sha256};

use crate::field::{Field, Here};
use crate::object::{ChildList, Known, know};

/// Why a body cannot be projected. Says where it lies, never what it held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// The body is no JSON.
    #[error("the {kind} is no JSON from column {column} on")]
    NoJson {
        /// What it should have been.
        kind: ObjectKind,
        /// The column in the object's body at which reading stopped.
        column: usize,
    },
    /// A field has a shape that no version of Stripe's API gives it.
    #[error("the {kind} shows {field} in a form that no version of Stripe's API has")]
    Unreadable {
        /// What it should have been.
        kind: ObjectKind,
        /// The column that the field would have filled, or the list of children.
        field: &'static str,
    },
    /// The object, or one of its children, has no id to keep it under.
    #[error("the {kind} or one of its children has no id")]
    NoId {
        /// What it should have been.
        kind: ObjectKind,
    },
    /// The id is longer than any of Stripe's (255 bytes, STRIPE.md section 5.1).
    #[error("the id of the {kind} is longer than 255 bytes")]
    IdTooLong {
        /// What it should have been.
        kind: ObjectKind,
    },
    /// The event says that something happened to an object of this kind, and names one of another.
    #[error("the event names an object that is no {kind}")]
    OtherKind {
        /// What it should have been.
        kind: ObjectKind,
    },
}

/// The longest id (STRIPE.md section 5.1).
pub(crate) const ID_BYTES_MAX: usize = 255;

/// Projects one object. `deleted` says that the sighting is of its deletion, where the body itself
/// does not.
pub fn project(kind: ObjectKind, body: &str, deleted: bool) -> Result<Projection, ProjectionError> {
    let node = Node::read(body)
        .map_err(|error| ProjectionError::NoJson { kind, column: error.column() })?;
    let known = know(kind);
    let id = id(known, &node)?;
    // The stub that stands for an object that is gone.
    if node.get("deleted") == Some(&Node::Flag(true)) {
        return Ok(absent(kind, id));
    }
    let here = Here { body, node: &node, parent: None, path: Vec::new() };
    let row = row(kind, &known.table, known.object.fields, id.clone(), &here)?;
    let mut children = Vec::new();
    for (list, table) in known.object.children.iter().zip(&known.children) {
        children.extend(children_of(kind, list, table, &here)?);
    }
    let change = if deleted { Change::DeletedAs(row) } else { Change::Present(row) };
    let digest = digest(known, &change, &children);
    let hidden = hides(known, &change, &children);
    Ok(Projection { kind, id, change, children, hidden, digest })
}

/// What it means that Stripe does not know an object: a sighting of its absence.
#[must_use]
pub fn absent(kind: ObjectKind, id: String) -> Projection {
    let known = know(kind);
    let change = Change::Gone;
    // Where nothing is left, no child is left either.
    let children: Vec<Children> = known
        .children
        .iter()
        .map(|table| Children { table, rows: Vec::new(), whole: true })
        .collect();
    let digest = digest(known, &change, &[]);
    Projection { kind, id, change, children, hidden: false, digest }
}

fn id(known: &Known, node: &Node<'_>) -> Result<String, ProjectionError> {
    let kind = known.object.kind;
    let mut parts = Vec::with_capacity(known.object.id.len());
    for field in known.object.id {
        let part = match node.get(field) {
            None | Some(Node::Null) => return Err(ProjectionError::NoId { kind }),
            Some(Node::Integer(it)) if known.object.id.len() > 1 => it.to_string(),
            Some(it) => {
                it.reference().map_err(|_| ProjectionError::Unreadable { kind, field: "id" })?
            }
        };
        if part.is_empty() {
            return Err(ProjectionError::NoId { kind });
        }
        parts.push(part);
    }
    let id = parts.join(":");
    if id.len() > ID_BYTES_MAX { Err(ProjectionError::IdTooLong { kind }) } else { Ok(id) }
}

/// Whether a list that is shown on request only is wanted and was not shown: once the object has
/// come to the state in which it matters, as a checkout that is complete.
fn hides(known: &Known, change: &Change, children: &[Children]) -> bool {
    let Change::Present(row) = change else { return false };
    known.object.children.iter().any(|list| {
        list.on_request
            && row.text("status") == Some("complete")
            && !children.iter().any(|it| it.table.name == list.table)
    })
}

fn row(
    kind: ObjectKind,
    table: &'static Table,
    fields: &'static [Field],
    id: String,
    here: &Here<'_, '_>,
) -> Result<Row, ProjectionError> {
    let mut values = Vec::with_capacity(fields.len());
    for field in fields {
        let value = field
            .value(here)
            .map_err(|_| ProjectionError::Unreadable { kind, field: field.column.name })?;
        values.push(value);
    }
    Ok(Row { table, id, values })
}

/// The children that a list shows. A list that is not there shows none of them, which is not the
/// same as to have none.
fn children_of(
    kind: ObjectKind,
    list: &'static ChildList,
    table: &'static Table,
    parent: &Here<'_, '_>,
) -> Result<Option<Children>, ProjectionError> {
    let unreadable = |_| ProjectionError::Unreadable { kind, field: list.list };
    let shown = parent.node.at(list.list).map_err(unreadable)?;
    let data = match shown {
        Some(it) => it.at("data").map_err(unreadable)?,
        None => None,
    };
    let (Some(shown), Some(data)) = (shown, data) else {
        let nothing = Children { table, rows: Vec::new(), whole: false };
        return Ok((!list.on_request).then_some(nothing));
    };
    let mut rows = Vec::new();
    for (place, node) in data.list().map_err(unreadable)?.iter().enumerate() {
        let id = match node.get("id") {
            Some(Node::Text(id)) if id.len() > ID_BYTES_MAX => {
                return Err(ProjectionError::IdTooLong { kind });
            }
            Some(it @ Node::Text(id)) if !id.is_empty() => it.text().map_err(unreadable)?,
            _ => return Err(ProjectionError::NoId { kind }),
        };
        let path = vec![Step::Key(list.list), Step::Key("data"), Step::Place(place)];
        let here = Here { body: parent.body, node, parent: Some(parent.node), path };
        rows.push(row(kind, table, list.fields, id, &here)?);
    }
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    let has_more = match shown.at("has_more").map_err(unreadable)? {
        Some(it) => it.flag().map_err(unreadable)?,
        None => false,
    };
    Ok(Some(Children { table, rows, whole: !has_more }))
}

/// The digest of the rows in their canonical form.
fn digest(known: &Known, change: &Change, children: &[Children]) -> Digest {
    let mut canonical = Vec::with_capacity(1_024);
    canonical.push(u8::from(change.is_deletion()));
    if let Some(row) = change.row() {
        write_row(&mut canonical, row, known.object.fields);
    }
    for list in known.object.children.iter().filter(|it| !it.on_request) {
        for shown in children.iter().filter(|it| it.table.name == list.table) {
            for row in &shown.rows {
                write_row(&mut canonical, row, list.fields);
            }
        }
    }
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(&canonical)[..16]);
    Digest::from_bytes(half)
}

/// Each value as its kind, its length and itself, so that no two rows are written alike.
fn write_row(out: &mut Vec<u8>, row: &Row, fields: &[Field]) {
    write_bytes(out, b'#', row.id.as_bytes());
    for (value, field) in row.values.iter().zip(fields) {
        match value {
            _ if field.restless => {}
            None => out.push(b'-'),
            Some(Value::Text(it)) => write_bytes(out, b't', it.as_bytes()),
            Some(Value::Decimal(it)) => write_bytes(out, b'd', it.as_bytes()),
            Some(Value::Json(it)) => write_bytes(out, b'j', it.as_bytes()),
            Some(Value::Flag(it)) => out.extend([b'f', u8::from(*it)]),
            Some(Value::Integer(it)) => {
                out.push(b'i');
                out.extend(it.to_be_bytes());
            }
            Some(Value::Time(it)) => {
                out.push(b'@');
                out.extend(it.unix_micros().to_be_bytes());
            }
        }
    }
}

fn write_bytes(out: &mut Vec<u8>, of: u8, bytes: &[u8]) {
    out.push(of);
    out.extend(bytes.len().to_be_bytes());
    out.extend(bytes);
}
