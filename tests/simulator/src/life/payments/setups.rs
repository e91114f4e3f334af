//! Setup intents: a method is made ready for later charges, with 3D Secure where its bank asks.

use crate::life::LifeError;
use crate::life::customers::set_text;
use crate::model::card::{Answer, Decline, Presence};
use crate::model::payment_intent::{AutomaticMethods, Refusal};
use crate::model::payment_method::PaymentMethod;
use crate::model::setup_intent::{SetupIntent, SetupStatus};
use crate::model::{Metadata, merge_metadata};
use crate::world::World;

/// A setup intent to make. Its method exists.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewSetup {
    pub(crate) allowed_types: Option<Vec<String>>,
    pub(crate) automatic_methods: Option<AutomaticMethods>,
    pub(crate) checkout_session: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) method: Option<String>,
    /// The types of methods that can be set up; cards when none is named.
    pub(crate) method_types: Vec<String>,
    pub(crate) return_url: Option<String>,
    /// `off_session` when nothing is said.
    pub(crate) usage: Option<String>,
}

/// A change to a setup intent.
#[derive(Clone, Debug, Default)]
pub(crate) struct SetupChange {
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) method: Option<String>,
}

impl World {
    /// Makes a setup intent.
    pub(crate) fn create_setup_intent(&mut self, new: NewSetup) -> String {
        let id = self.ids.long("seti_");
        let secret = self.ids.long("_secret_");
        let mut method_types = new.method_types;
        if method_types.is_empty() {
            method_types.push("card".to_owned());
        }
        let setup = SetupIntent {
            client_secret: format!("{id}{secret}"),
            id: id.clone(),
            created: self.now,
            allowed_types: new.allowed_types,
            automatic_methods: new.automatic_methods,
            cancellation_reason: None,
            checkout_session: new.checkout_session,
            customer: new.customer,
            description: new.description,
            last_error: None,
            metadata: new.metadata,
            method_types,
            return_url: new.return_url,
            status: match new.method {
                Some(_) => SetupStatus::RequiresConfirmation,
                None => SetupStatus::RequiresPaymentMethod,
            },
            method: new.method,
            usage: new.usage.unwrap_or_else(|| "off_session".to_owned()),
        };
        self.setup_intents.insert(&id, setup);
        self.emit::<SetupIntent>("setup_intent.created", &id);
        id
    }

    pub(crate) fn update_setup_intent(
        &mut self,
        id: &str,
        change: SetupChange,
    ) -> Result<(), LifeError> {
        if change.method.is_some() || change.customer.is_some() {
            self.open_setup(id, "update")?;
        }
        // No event tells of a changed intent.
        self.edit::<SetupIntent>(id, |held| {
            if let Some(method) = change.method {
                held.status = SetupStatus::RequiresConfirmation;
                held.method = Some(method);
            }
            set_text(&mut held.customer, change.customer);
            set_text(&mut held.description, change.description);
            merge_metadata(&mut held.metadata, &change.metadata);
        });
        Ok(())
    }

    /// Sets a method up. A refusal is an error, and changes the intent all the same.
    pub(crate) fn confirm_setup_intent(
        &mut self,
        id: &str,
        method: Option<String>,
        return_url: Option<String>,
    ) -> Result<(), LifeError> {
        let held = self.open_setup(id, "confirm")?;
        let Some(method) = method.or_else(|| held.method.clone()) else {
            return Err(unexpected(
                "You cannot confirm this SetupIntent because it's missing a payment method. \
                 Update the SetupIntent with a payment method and then confirm it again.",
            ));
        };
        let customer = held.customer.clone();
        let held = self.known_method(&method, "payment_method")?;
        if held.customer.is_some() && customer.is_some() && held.customer != customer {
            let message = "The PaymentMethod does not belong to the Customer you supplied. \
                           Please supply a PaymentMethod that is attached to this Customer.";
            return Err(LifeError::Invalid {
                param: "payment_method",
                message: message.to_owned(),
            });
        }
        let presence = Presence { set_up: held.set_up, ..Presence::default() };
        let answer = self.setup_answer(held, presence);
        self.edit::<SetupIntent>(id, |held| {
            held.method = Some(method.clone());
            held.last_error = None;
            if return_url.is_some() {
                held.return_url = return_url;
            }
        });
        match answer {
            Answer::Approved | Answer::Processing => self.finish_setup(id, &method),
            Answer::Authenticate => {
                self.edit::<SetupIntent>(id, |held| held.status = SetupStatus::RequiresAction);
                self.emit::<SetupIntent>("setup_intent.requires_action", id);
                Ok(())
            }
            Answer::Declined(decline) => Err(self.fail_setup(id, &method, decline)),
        }
    }

    /// A card that takes no charges can be set up all the same, unless customers refuse it.
    fn setup_answer(&self, method: &PaymentMethod, presence: Presence) -> Answer {
        match self.bank_of(method).answer(presence) {
            Answer::Declined(_) if !method.spent => Answer::Approved,
            answer => answer,
        }
    }

    /// The customer passes the 3D Secure of a setup, or fails it.
    pub(crate) fn authenticate_setup_intent(
        &mut self,
        id: &str,
        passes: bool,
    ) -> Result<(), LifeError> {
        let held = self.open_setup(id, "authenticate")?;
        let method = held.method.clone().filter(|_| held.status == SetupStatus::RequiresAction);
        let Some(method) = method else {
            return Err(unexpected("This SetupIntent does not wait for authentication."));
        };
        if passes {
            self.finish_setup(id, &method)
        } else {
            let _failed = self.fail_setup(id, &method, Decline::AuthenticationFailed);
            Ok(())
        }
    }

    fn finish_setup(&mut self, id: &str, method: &str) -> Result<(), LifeError> {
        let customer = self.setup_intents.get(id).and_then(|held| held.customer.clone());
        if let Some(customer) = customer {
            self.attach_method(method, &customer)?;
        }
        self.edit::<PaymentMethod>(method, |held| held.set_up = true);
        self.edit::<SetupIntent>(id, |held| held.status = SetupStatus::Succeeded);
        self.emit::<SetupIntent>("setup_intent.succeeded", id);
        Ok(())
    }

    fn fail_setup(&mut self, id: &str, method: &str, decline: Decline) -> LifeError {
        let refusal = Refusal { decline, charge: None, method: method.to_owned() };
        self.edit::<SetupIntent>(id, |held| {
            held.status = SetupStatus::RequiresPaymentMethod;
            held.last_error = Some(refusal);
            held.method = None;
        });
        self.emit::<SetupIntent>("setup_intent.setup_failed", id);
        LifeError::Declined { charge: None, decline, intent: Some(id.to_owned()) }
    }

    /// Cancels a setup that is not done.
    pub(crate) fn cancel_setup_intent(
        &mut self,
        id: &str,
        reason: Option<&str>,
    ) -> Result<(), LifeError> {
        self.open_setup(id, "cancel")?;
        self.edit::<SetupIntent>(id, |held| {
            held.status = SetupStatus::Canceled;
            held.cancellation_reason = reason.map(str::to_owned);
        });
        self.emit::<SetupIntent>("setup_intent.canceled", id);
        Ok(())
    }

    pub(crate) fn known_setup(&self, id: &str) -> Result<&SetupIntent, LifeError> {
        self.setup_intents.get(id).ok_or_else(|| LifeError::Missing {
            kind: "setup_intent",
            id: id.to_owned(),
            param: "intent",
        })
    }

    fn open_setup(&self, id: &str, what: &str) -> Result<&SetupIntent, LifeError> {
        let held = self.known_setup(id)?;
        match held.status {
            SetupStatus::RequiresPaymentMethod
            | SetupStatus::RequiresConfirmation
            | SetupStatus::RequiresAction => Ok(held),
            SetupStatus::Succeeded | SetupStatus::Canceled => Err(unexpected(&format!(
                "You cannot {what} this SetupIntent because it has a status of {}.",
                held.status.as_str()
            ))),
        }
    }
}

fn unexpected(message: &str) -> LifeError {
    LifeError::NotNow { code: Some("setup_intent_unexpected_state"), message: message.to_owned() }
}
