//! What went wrong in Postgres, by what the caller can do about it.

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Postgres is away, starting, out of connections, or lets us in no longer. Nothing is known to be written; wait and
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
    /// Another process went on with the run of a job that this one held. Nothing was written.
    #[error("another process has taken this run over, and nothing was written; it goes on there")]
    TakenOver,
    /// The operating system gives no random numbers, so nothing can be encrypted.
    #[error("the system gives no random numbers, so bodies cannot be encrypted")]
    NoRandomness,
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
                Class::Schema(code) => Self::Schema(format!("SQLSTATE {code}")),
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
    Schema(String),
    Conflict,
    Refused(String),
    Unforeseen,
}

/// Classes of SQLSTATE as Postgres' manual lists them in appendix A.
fn class_of(code: Option<&str>) -> Class {
    match code {
        Some("40001" | "40P01" | "55P03") => Class::Conflict,
        // Connection, resources, operator intervention (shutdown, starting up), system errors, a
        // role or a database that is not there or not let in, and a standby that takes no writes.
        Some(code)
            if ["08", "28", "3D", "53", "57", "58"]
                .contains(&code.get(..2).unwrap_or_default())
                || code == "25006" =>
        {
            Class::Unavailable
        }
        // A table, a column or a right that is missing: no statement of ours depends on a value.
        Some(code) if ["3F", "42"].contains(&code.get(..2).unwrap_or_default()) => {
            Class::Schema(code.to_owned())
        }
        // Data exceptions, integrity constraints, and values too large for an index or a row.
        Some(code) if ["22", "23", "54"].contains(&code.get(..2).unwrap_or_default()) => {
            Class::Refused(code.to_owned())
        }
        _ => Class::Unforeseen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_fault_of_a_value_is_told_apart_from_what_is() {
        for (code, class) in [
            ("40P01", "conflict"),
            ("57P01", "unavailable"),
            ("53300", "unavailable"),
            ("25006", "unavailable"),
            // A password that was changed, and a database that is not made yet.
            ("28P01", "unavailable"),
            ("3D000", "unavailable"),
            // A migration that has yet to run, and a right that was never granted.
            ("42P01", "schema"),
            ("42501", "schema"),
            ("3F000", "schema"),
            ("22P02", "refused"),
            ("54000", "refused"),
            ("23514", "refused"),
            ("XX000", "unforeseen"),
        ] {
            let found = match class_of(Some(code)) {
                Class::Unavailable => "unavailable",
                Class::Schema(_) => "schema",
                Class::Conflict => "conflict",
                Class::Refused(_) => "refused",
                Class::Unforeseen => "unforeseen",
            };
            assert_eq!(found, class, "{code}");
        }
    }
}
