//! The one way from a body of Stripe's to rows of ours.

use counterfoil_domain::freshness::Digest;
use counterfoil_domain::mirror::{Change, ObjectKind, Projection, Row};
use counterfoil_stripe_wire::object as wire;
use counterfoil_stripe_wire::tolerant::{List, Text};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::{customer, invoice, price, product, subscription};

/// Why a body cannot be projected. Says where it lies, never what it held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// A field has a shape that no version of Stripe's API gives it.
    #[error("the {kind} cannot be read at column {column}")]
    Unreadable {
        /// What it should have been.
        kind: ObjectKind,
        /// The column in the object's body at which reading stopped.
        column: usize,
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
}

/// Projects one object. `deleted` says that the sighting is of its deletion, where the body itself
/// does not.
pub fn project(kind: ObjectKind, body: &str, deleted: bool) -> Result<Projection, ProjectionError> {
    let (id, row, stub, complete) = match kind {
        ObjectKind::Customer => {
            let it: wire::Customer = read(kind, body)?;
            let (id, stub) = (id(kind, it.id.as_ref())?, it.deleted == Some(true));
            (id.clone(), Row::Customer(Box::new(customer::row(id, it))), stub, true)
        }
        ObjectKind::Product => {
            let it: wire::Product = read(kind, body)?;
            let (id, stub) = (id(kind, it.id.as_ref())?, it.deleted == Some(true));
            (id.clone(), Row::Product(Box::new(product::row(id, it))), stub, true)
        }
        ObjectKind::Price => {
            let it: wire::Price = read(kind, body)?;
            let (id, stub) = (id(kind, it.id.as_ref())?, it.deleted == Some(true));
            (id.clone(), Row::Price(Box::new(price::row(id, it))), stub, true)
        }
        ObjectKind::Subscription => {
            let it: wire::Subscription = read(kind, body)?;
            let (id, stub) = (id(kind, it.id.as_ref())?, it.deleted == Some(true));
            let complete = stub || it.items.as_ref().is_some_and(List::is_whole);
            (id.clone(), Row::Subscription(Box::new(subscription::row(id, it)?)), stub, complete)
        }
        ObjectKind::Invoice => {
            let it: wire::Invoice = read(kind, body)?;
            let (id, stub) = (id(kind, it.id.as_ref())?, it.deleted == Some(true));
            let complete = stub || it.lines.as_ref().is_some_and(List::is_whole);
            (id.clone(), Row::Invoice(Box::new(invoice::row(id, it)?)), stub, complete)
        }
    };
    let change = match (stub, deleted) {
        (true, _) => Change::Gone,
        (false, true) => Change::DeletedAs(row),
        (false, false) => Change::Present(row),
    };
    Ok(Projection { kind, digest: digest(&change), id, change, complete })
}

/// What it means that Stripe does not know an object: a sighting of its absence.
#[must_use]
pub fn absent(kind: ObjectKind, id: String) -> Projection {
    let change = Change::Gone;
    Projection { kind, digest: digest(&change), id, change, complete: true }
}

fn read<T: DeserializeOwned>(kind: ObjectKind, body: &str) -> Result<T, ProjectionError> {
    serde_json::from_str(body)
        .map_err(|error| ProjectionError::Unreadable { kind, column: error.column() })
}

/// The id of an object or child.
pub(crate) fn id(kind: ObjectKind, id: Option<&Text>) -> Result<String, ProjectionError> {
    match id {
        Some(id) if id.0.len() > 255 => Err(ProjectionError::IdTooLong { kind }),
        Some(id) if !id.0.is_empty() => Ok(id.0.clone()),
        Some(_) | None => Err(ProjectionError::NoId { kind }),
    }
}

/// The digest of the rows in their canonical form: fields in the order of the struct, metadata in
/// the order of its keys.
fn digest(change: &Change) -> Digest {
    let mut hash = HashWriter(Sha256::new());
    hash.0.update([u8::from(change.is_deletion())]);
    let written = match change.row() {
        None => Ok(()),
        Some(Row::Customer(it)) => write(&mut hash, it),
        Some(Row::Product(it)) => write(&mut hash, it),
        Some(Row::Price(it)) => write(&mut hash, it),
        Some(Row::Subscription(it)) => write(&mut hash, it),
        Some(Row::Invoice(it)) => write(&mut hash, it),
    };
    debug_assert!(written.is_ok(), "rows hold nothing that JSON cannot");
    let mut half = [0; 16];
    half.copy_from_slice(&hash.0.finalize()[..16]);
    Digest::from_bytes(half)
}

struct HashWriter(Sha256);

impl std::io::Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn write<T: Serialize>(hash: &mut HashWriter, row: &T) -> serde_json::Result<()> {
    // Hashing many small writes costs more than one buffer.
    let mut buffered = std::io::BufWriter::with_capacity(4_096, hash);
    serde_json::to_writer(&mut buffered, row)
}
