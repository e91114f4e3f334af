//! What went wrong in Postgres, by what the caller can do about it.

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Postgres is away, starting, or out of connections. Nothing is known to be written; wait and
    /// ask again.
    #[error("Postgres cannot be reached or takes no work at the moment")]
    Unavailable(#[source] sqlx::Error),
    /// Another transaction was in the way. Nothing was written; ask again.
    #[error("another transaction was in the way and nothing was written; ask again")]
    Conflict,
    /// Postgres refuses these values for good.
    #[error("Postgres refuses the values (SQLSTATE {code})")]
    Refused {
        /// The five characters that name the cause.
        code: String,
    },
    /// The database is not the one this program knows.
    #[error("the database does not fit this version: {0}")]
    Schema(String),
    /// Anything else, which is a fault of ours or of the server.
    #[error("Postgres failed in an unforeseen way")]
    Unforeseen(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(refusal) => match class_of(refusal.code().as_deref()) {
                Class::Unavailable => Self::Unavailable(error),
                Class::Conflict => Self::Conflict,
                Class::Refused(code) => Self::Refused { code },
                Class::Unforeseen => Self::Unforeseen(error),
            },
            _ => Self::Unforeseen(error),
        }
    }
}

enum Class {
    Unavailable,
    Conflict,
    Refused(String),
    Unforeseen,
}

/// Classes of SQLSTATE as Postgres' manual lists them in appendix A.
fn class_of(code: Option<&str>) -> Class {
    match code {
        Some("40001" | "40P01" | "55P03") => Class::Conflict,
        // Connection, resources, operator intervention (shutdown, starting up), system errors, and
        // a standby that takes no writes.
        Some(code)
            if ["08", "53", "57", "58"].contains(&code.get(..2).unwrap_or_default())
                || code == "25006" =>
        {
            Class::Unavailable
        }
        // Data exceptions, integrity constraints, and values too large for an index or a row.
        Some(code) if ["22", "23", "54"].contains(&code.get(..2).unwrap_or_default()) => {
            Class::Refused(code.to_owned())
        }
        _ => Class::Unforeseen,
    }
}
