//! How banks answer: what a payment method is good for, and the reasons of a decline.

/// How a payment method's bank answers charges. What Stripe's test cards and test accounts do
/// (STRIPE.md section 8) is one of these each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Card {
    /// Every charge succeeds.
    #[default]
    Good,
    /// Every charge is declined, without a reason.
    Declining,
    /// There is no payment method.
    Missing,
    /// A bank debit that succeeds some days after it was begun.
    DelayedSuccess,
    /// A bank debit that fails some days after it was begun.
    DelayedFailure,
    /// Every charge succeeds and is disputed as fraudulent at once.
    Disputed,
    /// Every charge succeeds and is disputed as not received at once.
    DisputedAsNotReceived,
    /// Every charge succeeds, and the bank inquires about it at once.
    Inquired,
    /// Every charge is declined: the card has expired.
    Expired,
    /// Every charge is blocked as fraud before the bank is asked.
    Fraudulent,
    /// Every charge is declined: the security code is wrong.
    IncorrectCvc,
    /// Every charge is declined for want of money.
    InsufficientFunds,
    /// Every charge is declined: the card was lost.
    Lost,
    /// Every charge needs 3D Secure. Off session it is declined for that.
    NeedsAuthentication,
    /// Charges need 3D Secure until the card is set up for later use.
    NeedsAuthenticationOnce,
    /// Every charge is declined: the card could not be processed.
    ProcessingError,
    /// Every charge succeeds; its refunds succeed and fail afterwards.
    RefundFails,
    /// Every charge succeeds; its refunds are pending at first.
    RefundPending,
    /// Every charge is declined: the card was stolen.
    Stolen,
}

/// What a bank says to one charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Approved,
    /// The customer has to prove who they are first.
    Authenticate,
    Declined(Decline),
    /// Known only days later.
    Processing,
}

/// What is known of the customer when a charge is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Presence {
    /// The customer has just passed 3D Secure.
    pub(crate) authenticated: bool,
    /// The customer is not there to be asked.
    pub(crate) off_session: bool,
    /// The method was set up for later use, with whatever that took.
    pub(crate) set_up: bool,
}

impl Card {
    /// What the bank says to a charge.
    pub(crate) fn answer(self, presence: Presence) -> Answer {
        match self {
            Self::Good
            | Self::Disputed
            | Self::DisputedAsNotReceived
            | Self::Inquired
            | Self::RefundFails
            | Self::RefundPending => Answer::Approved,
            Self::DelayedSuccess | Self::DelayedFailure => Answer::Processing,
            Self::NeedsAuthentication | Self::NeedsAuthenticationOnce
                if presence.authenticated
                    || (presence.set_up && self == Self::NeedsAuthenticationOnce) =>
            {
                Answer::Approved
            }
            Self::NeedsAuthentication | Self::NeedsAuthenticationOnce if presence.off_session => {
                Answer::Declined(Decline::AuthenticationRequired)
            }
            Self::NeedsAuthentication | Self::NeedsAuthenticationOnce => Answer::Authenticate,
            Self::Declining | Self::Missing => Answer::Declined(Decline::Generic),
            Self::Expired => Answer::Declined(Decline::ExpiredCard),
            Self::Fraudulent => Answer::Declined(Decline::Fraudulent),
            Self::IncorrectCvc => Answer::Declined(Decline::IncorrectCvc),
            Self::InsufficientFunds => Answer::Declined(Decline::InsufficientFunds),
            Self::Lost => Answer::Declined(Decline::LostCard),
            Self::ProcessingError => Answer::Declined(Decline::ProcessingError),
            Self::Stolen => Answer::Declined(Decline::StolenCard),
        }
    }

    /// Whether it is a bank debit, whose end is known only days later.
    pub(crate) fn is_delayed(self) -> bool {
        self.answer(Presence::default()) == Answer::Processing
    }
}

/// Why a charge was declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decline {
    /// The bank asks for 3D Secure and the customer is not there.
    AuthenticationRequired,
    /// The customer failed 3D Secure.
    AuthenticationFailed,
    /// A bank debit came back for want of money.
    DebitReturned,
    /// The card has expired.
    ExpiredCard,
    /// The charge was blocked as fraud.
    Fraudulent,
    /// The bank gave no reason.
    Generic,
    /// The security code is wrong.
    IncorrectCvc,
    /// There is too little money.
    InsufficientFunds,
    /// The card was lost.
    LostCard,
    /// The card could not be processed.
    ProcessingError,
    /// The card was stolen.
    StolenCard,
}

impl Decline {
    /// The error's code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AuthenticationRequired => "authentication_required",
            Self::AuthenticationFailed => "payment_intent_authentication_failure",
            Self::DebitReturned => "insufficient_funds",
            Self::ExpiredCard => "expired_card",
            Self::IncorrectCvc => "incorrect_cvc",
            Self::ProcessingError => "processing_error",
            Self::Fraudulent
            | Self::Generic
            | Self::InsufficientFunds
            | Self::LostCard
            | Self::StolenCard => "card_declined",
        }
    }

    /// The bank's own reason, where there is one.
    #[must_use]
    pub fn decline_code(self) -> Option<&'static str> {
        match self {
            Self::AuthenticationRequired => Some("authentication_required"),
            Self::AuthenticationFailed | Self::DebitReturned => None,
            Self::ExpiredCard => Some("expired_card"),
            Self::Fraudulent => Some("fraudulent"),
            Self::Generic => Some("generic_decline"),
            Self::IncorrectCvc => Some("incorrect_cvc"),
            Self::InsufficientFunds => Some("insufficient_funds"),
            Self::LostCard => Some("lost_card"),
            Self::ProcessingError => Some("processing_error"),
            Self::StolenCard => Some("stolen_card"),
        }
    }

    /// What an answer says.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::AuthenticationRequired => {
                "Your card was declined. This transaction requires authentication."
            }
            Self::AuthenticationFailed => {
                "The provided PaymentMethod has failed authentication. You can provide \
                 payment_method_data or a new PaymentMethod to attempt to fulfill this \
                 PaymentIntent again."
            }
            Self::DebitReturned => {
                "The customer's account has insufficient funds to cover this payment."
            }
            Self::ExpiredCard => "Your card has expired.",
            Self::IncorrectCvc => "Your card's security code is incorrect.",
            Self::InsufficientFunds => "Your card has insufficient funds.",
            Self::ProcessingError => {
                "An error occurred while processing your card. Try again in a little bit."
            }
            Self::Fraudulent | Self::Generic | Self::LostCard | Self::StolenCard => {
                "Your card was declined."
            }
        }
    }

    /// The type of the error.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::AuthenticationFailed | Self::DebitReturned => "invalid_request_error",
            Self::AuthenticationRequired
            | Self::ExpiredCard
            | Self::Fraudulent
            | Self::Generic
            | Self::IncorrectCvc
            | Self::InsufficientFunds
            | Self::LostCard
            | Self::ProcessingError
            | Self::StolenCard => "card_error",
        }
    }

    /// Whether trying the same method again is pointless, so that automatic retries do not
    /// (STRIPE.md 5.4).
    pub(crate) fn is_hard(self) -> bool {
        match self {
            Self::AuthenticationRequired | Self::LostCard | Self::StolenCard | Self::Fraudulent => {
                true
            }
            Self::AuthenticationFailed
            | Self::DebitReturned
            | Self::ExpiredCard
            | Self::Generic
            | Self::IncorrectCvc
            | Self::InsufficientFunds
            | Self::ProcessingError => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Card, Decline, Presence};

    #[test]
    fn a_card_that_asks_for_3d_secure_depends_on_who_is_there() {
        let check = |card: Card, off_session: bool, authenticated: bool, set_up: bool, expected| {
            let presence = Presence { authenticated, off_session, set_up };
            assert_eq!(card.answer(presence), expected, "{card:?} {presence:?}");
        };
        let asked = Answer::Declined(Decline::AuthenticationRequired);
        check(Card::NeedsAuthentication, false, false, false, Answer::Authenticate);
        check(Card::NeedsAuthentication, true, false, false, asked);
        check(Card::NeedsAuthentication, true, false, true, asked);
        check(Card::NeedsAuthentication, false, true, false, Answer::Approved);
        check(Card::NeedsAuthenticationOnce, true, false, true, Answer::Approved);
        check(Card::NeedsAuthenticationOnce, true, false, false, asked);
        check(Card::Good, true, false, false, Answer::Approved);
        check(Card::Declining, false, true, true, Answer::Declined(Decline::Generic));
    }
}
