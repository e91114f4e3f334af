//! Why Stripe did not give what was asked for, by what the caller can do.

/// Why a call brought no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StripeError {
    /// Stripe was not reached, or did not answer in time. Ask again later.
    #[error("Stripe gave no usable answer to {operation}; ask again later")]
    Unavailable {
        /// The method and the path without ids.
        operation: &'static str,
    },
    /// Stripe failed (5xx, 424), perhaps for this call alone. Ask again later.
    #[error("Stripe failed at {operation} (HTTP {status}); ask again later")]
    Failed {
        /// The method and the path without ids.
        operation: &'static str,
        /// The status of the answer.
        status: u16,
    },
    /// Stripe asks for fewer or fewer simultaneous calls (429; STRIPE.md section 7.4). Ask again
    /// later.
    #[error("Stripe limits the rate of {operation}; ask again later")]
    Limited {
        /// The method and the path without ids.
        operation: &'static str,
    },
    /// The key is wrong or lacks a permission (401, 403). A person must mend it.
    #[error("Stripe refuses the key for {operation} (HTTP {status}); look at STRIPE_SECRET_KEY")]
    Unauthorized {
        /// The method and the path without ids.
        operation: &'static str,
        /// 401 or 403.
        status: u16,
    },
    /// Stripe refuses the call itself. Asking again changes nothing.
    #[error("Stripe refuses {operation} (HTTP {status})")]
    Refused {
        /// The method and the path without ids.
        operation: &'static str,
        /// The status of the answer.
        status: u16,
    },
    /// The answer is not what this path of Stripe's gives.
    #[error("the answer to {operation} cannot be read: {what}")]
    Unreadable {
        /// The method and the path without ids.
        operation: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
}
