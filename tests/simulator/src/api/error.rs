//! Error objects as Stripe answers them (STRIPE.md 7.5).

use super::limits::RateLimit;
use crate::life::LifeError;
use crate::render::{Object as _, View};
use crate::world::World;
use http::StatusCode;
use serde_json::{Map, Value};

const REASON: &str = "stripe-rate-limited-reason";
const SHOULD_RETRY: &str = "stripe-should-retry";

/// An error answer: its status and the fields of its object.
#[derive(Clone, Debug)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    message: String,
    param: Option<String>,
    /// The attempt that failed.
    attempt: Option<Box<Attempt>>,
    /// Whether the request was refused by what it did, not by how it was put.
    executed: bool,
    /// Whether it is written as version 2 writes errors.
    in_v2: bool,
    /// Headers of its answer.
    pub(super) headers: &'static [(&'static str, &'static str)],
}

/// The failed attempt that an error tells of.
#[derive(Clone, Debug, Default)]
struct Attempt {
    charge: Option<String>,
    decline_code: Option<&'static str>,
    /// The payment intent or setup intent, until its answer shows it.
    intent: Option<String>,
    /// The objects that it shows.
    shown: Map<String, Value>,
}

impl ApiError {
    fn request(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            kind: "invalid_request_error",
            code: None,
            message: message.into(),
            param: None,
            attempt: None,
            executed: false,
            in_v2: false,
            headers: &[],
        }
    }

    fn coded(mut self, code: &'static str, param: &str) -> Self {
        self.code = Some(code);
        self.param = Some(param.to_owned());
        self
    }

    pub(super) fn no_key() -> Self {
        Self::request(
            StatusCode::UNAUTHORIZED,
            "You did not provide an API key. You need to provide your API key in the \
             Authorization header, using Bearer auth (e.g. 'Authorization: Bearer \
             YOUR_SECRET_KEY').",
        )
    }

    /// The key itself is never repeated, however short.
    pub(super) fn wrong_key() -> Self {
        Self::request(StatusCode::UNAUTHORIZED, "Invalid API Key provided")
    }

    pub(super) fn unknown_path(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::request(StatusCode::NOT_FOUND, message)
    }

    pub(super) fn not_found(message: &str) -> Self {
        Self { code: Some("resource_missing"), ..Self::request(StatusCode::NOT_FOUND, message) }
    }

    pub(super) fn missing(kind: &str, id: &str, param: &str) -> Self {
        let message = format!("No such {kind}: '{id}'");
        Self::request(StatusCode::NOT_FOUND, message).coded("resource_missing", param)
    }

    pub(super) fn unknown_parameter(name: &str) -> Self {
        let message = format!("Received unknown parameter: {name}");
        Self::request(StatusCode::BAD_REQUEST, message).coded("parameter_unknown", name)
    }

    pub(super) fn missing_parameter(name: &str) -> Self {
        let message = format!("Missing required param: {name}.");
        Self::request(StatusCode::BAD_REQUEST, message).coded("parameter_missing", name)
    }

    pub(super) fn invalid_integer(name: &str, value: &str) -> Self {
        let message = format!("Invalid integer: {value}");
        Self::request(StatusCode::BAD_REQUEST, message).coded("parameter_invalid_integer", name)
    }

    pub(super) fn invalid(name: &str, message: &str) -> Self {
        let mut error = Self::request(StatusCode::BAD_REQUEST, message);
        error.param = Some(name.to_owned());
        error
    }

    /// A value that is wrong for a reason with a code.
    pub(super) fn coded_invalid(code: &'static str, name: &str, message: &str) -> Self {
        let mut error = Self::invalid(name, message);
        error.code = Some(code);
        error
    }

    pub(super) fn empty(name: &str) -> Self {
        let message = format!(
            "You passed an empty string for '{name}'. We assume empty values are an attempt to \
             unset a parameter; however '{name}' cannot be unset. You should remove '{name}' from \
             your request or supply a non-empty value."
        );
        Self::request(StatusCode::BAD_REQUEST, message).coded("parameter_invalid_empty", name)
    }

    /// A meter event's identifier that another event has.
    pub(super) fn known_identifier(identifier: &str) -> Self {
        let message = format!("An event already exists with identifier {identifier}.");
        Self {
            executed: true,
            headers: &[(SHOULD_RETRY, "false")],
            ..Self::request(StatusCode::BAD_REQUEST, message)
        }
    }

    pub(super) fn invalid_url(name: &str) -> Self {
        Self::request(StatusCode::BAD_REQUEST, "Not a valid URL").coded("url_invalid", name)
    }

    /// What was asked for cannot be done as it was put.
    pub(super) fn refused(message: &str) -> Self {
        Self::request(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn too_small_integer(name: &str) -> Self {
        let message = "This value must be greater than or equal to 1.";
        Self::request(StatusCode::BAD_REQUEST, message).coded("parameter_invalid_integer", name)
    }

    pub(super) fn amount_too_small(smallest: &str) -> Self {
        let message = format!("Amount must be at least {smallest}");
        Self::request(StatusCode::BAD_REQUEST, message).coded("amount_too_small", "amount")
    }

    /// A method that is not the customer's, named where only the customer's own will do.
    pub(super) fn not_attached(message: &str, param: &str) -> Self {
        Self::request(StatusCode::BAD_REQUEST, message).coded("resource_missing", param)
    }

    /// A card that cannot be a card.
    pub(super) fn wrong_card(code: &'static str, param: &str) -> Self {
        let message = match code {
            "invalid_expiry_month" => "Your card's expiration month is invalid.",
            _ => "Your card number is incorrect.",
        };
        let error = Self::request(StatusCode::PAYMENT_REQUIRED, message).coded(code, param);
        Self { kind: "card_error", executed: true, ..error }
    }

    pub(super) fn wrong_card_number() -> Self {
        Self::wrong_card("incorrect_number", "number")
    }

    pub(super) fn unknown_version(version: &str) -> Self {
        let message = format!("Invalid Stripe API version: {version}");
        Self::request(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn body_too_large() -> Self {
        Self::request(StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large.")
    }

    pub(super) fn body_broken() -> Self {
        Self::request(StatusCode::BAD_REQUEST, "The request body could not be read.")
    }

    fn idempotency(status: StatusCode, message: String) -> Self {
        Self { kind: "idempotency_error", ..Self::request(status, message) }
    }

    pub(super) fn key_too_long(longest: usize) -> Self {
        let message = format!("Idempotency keys can be at most {longest} characters long.");
        Self::request(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn key_of_another(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were \
             first used with. Try using a key other than '{key}' if you meant to execute a \
             different request."
        );
        Self::idempotency(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn key_in_use(key: &str) -> Self {
        let message = format!(
            "There is currently another in-progress request using this Idempotent Key: {key}. \
             Please try again later."
        );
        let mut error = Self::idempotency(StatusCode::CONFLICT, message);
        error.code = Some("idempotency_key_in_use");
        error
    }

    pub(super) fn rate_limited(limit: RateLimit) -> Self {
        let message = "Request rate limit exceeded. Learn more about rate limits here \
                       https://stripe.com/docs/rate-limits.";
        let mut error = Self::request(StatusCode::TOO_MANY_REQUESTS, message);
        error.code = Some("rate_limit");
        error.headers = match limit {
            RateLimit::GlobalRate => &[(REASON, "global-rate")],
            RateLimit::GlobalConcurrency => &[(REASON, "global-concurrency")],
            RateLimit::EndpointRate => &[(REASON, "endpoint-rate")],
            RateLimit::EndpointConcurrency => &[(REASON, "endpoint-concurrency")],
            RateLimit::ResourceSpecific => &[(REASON, "resource-specific")],
        };
        error
    }

    pub(super) fn lock_timeout() -> Self {
        let message = "This object cannot be accessed right now because another API request or \
                       Stripe process is currently accessing it. If you see this error \
                       intermittently, retry the request.";
        let mut error = Self::request(StatusCode::TOO_MANY_REQUESTS, message);
        error.code = Some("lock_timeout");
        error.headers = &[(SHOULD_RETRY, "true")];
        error
    }

    /// What is answered when nothing took place.
    pub(super) fn before_effect() -> Self {
        Self {
            kind: "api_error",
            ..Self::request(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Sorry! There was an error while talking to one of our backends.",
            )
        }
    }

    /// What is answered for an effect that took place.
    pub(super) fn after_effect() -> Self {
        Self { executed: true, headers: &[(SHOULD_RETRY, "false")], ..Self::before_effect() }
    }

    pub(super) fn dependency_failed() -> Self {
        let message = "The request could not be completed because something it depends on failed.";
        Self {
            kind: "api_error",
            executed: true,
            ..Self::request(StatusCode::FAILED_DEPENDENCY, message)
        }
    }

    /// Whether an idempotency key keeps this answer: only what came of an execution is kept.
    pub(super) fn is_kept(&self) -> bool {
        self.executed
    }

    /// The same error as version 2 of the API answers it: what is wrong with a parameter has a
    /// code and no type, and no parameter of its own.
    pub(super) fn in_v2(mut self) -> Self {
        if self.in_v2 {
            return self;
        }
        self.in_v2 = true;
        if self.code == Some("resource_missing") {
            self.code = Some("not_found");
        } else if self.param.is_some() && self.kind == "invalid_request_error" {
            self.code = Some("invalid_fields");
            self.kind = "";
        } else if self.code == Some("rate_limit") {
            self.kind = "rate_limit";
        }
        self
    }

    /// An error of version 2 with a type and a code of its own.
    pub(super) fn of_v2(
        status: StatusCode,
        kind: &'static str,
        code: &'static str,
        message: &str,
    ) -> Self {
        let code = Some(code);
        Self { kind, code, in_v2: true, ..Self::request(status, message) }
    }

    /// Another call reports usage of the same customer and meter, in version 2.
    pub(super) fn too_many_at_once() -> Self {
        Self::of_v2(
            StatusCode::CONFLICT,
            "",
            "too_many_concurrent_requests",
            "Cannot create multiple usage events for the same customer, meter concurrently.",
        )
    }

    pub(super) fn no_json() -> Self {
        let mut error = Self::request(StatusCode::BAD_REQUEST, "The body is no JSON object.");
        error.code = Some("invalid_json");
        error
    }

    fn body_of_v2(&self) -> Value {
        let mut error = Map::new();
        let kind = Some(self.kind).filter(|kind| !kind.is_empty());
        let texts = [("type", kind), ("code", self.code), ("message", Some(&self.message))];
        for (name, text) in texts {
            if let Some(text) = text {
                error.insert(name.to_owned(), Value::from(text));
            }
        }
        Value::Object(Map::from_iter([("error".to_owned(), Value::Object(error))]))
    }

    /// The error object, without its address in the documentation.
    pub(super) fn body(&self) -> Value {
        if self.in_v2 {
            return self.body_of_v2();
        }
        let mut error = Map::new();
        let attempt = self.attempt.as_deref();
        let texts = [
            ("type", Some(self.kind)),
            ("code", self.code),
            ("message", Some(self.message.as_str())),
            ("param", self.param.as_deref()),
            ("charge", attempt.and_then(|of| of.charge.as_deref())),
            ("decline_code", attempt.and_then(|of| of.decline_code)),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                error.insert(name.to_owned(), Value::from(text));
            }
        }
        if let Some(code) = self.code {
            let page = format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-"));
            error.insert("doc_url".to_owned(), Value::from(page));
        }
        error.extend(attempt.map(|of| of.shown.clone()).unwrap_or_default());
        Value::Object(Map::from_iter([("error".to_owned(), Value::Object(error))]))
    }
}

impl From<LifeError> for ApiError {
    fn from(error: LifeError) -> Self {
        let executed = !matches!(error, LifeError::TooMany { .. });
        let mut answer = Self::of_life(error);
        answer.executed = executed;
        answer
    }
}

impl ApiError {
    fn of_life(error: LifeError) -> Self {
        match error {
            LifeError::Missing { kind, id, param } => Self::missing_in(kind, &id, param),
            LifeError::Absent { param } => Self::missing_parameter(param),
            LifeError::Invalid { param, message } => Self::invalid(param, &message),
            LifeError::NotNow { code, message } => {
                // What is not there yet is not found.
                let status = match code {
                    Some("invoice_upcoming_none") => StatusCode::NOT_FOUND,
                    Some(_) | None => StatusCode::BAD_REQUEST,
                };
                let mut error = Self::request(status, message);
                error.code = code;
                error
            }
            LifeError::TooMany { message } => {
                Self { message, ..Self::rate_limited(RateLimit::ResourceSpecific) }
            }
            LifeError::Declined { charge, decline, intent } => Self {
                kind: decline.kind(),
                code: Some(decline.code()),
                attempt: Some(Box::new(Attempt {
                    charge,
                    decline_code: decline.decline_code(),
                    intent,
                    shown: Map::new(),
                })),
                ..Self::request(StatusCode::PAYMENT_REQUIRED, decline.message())
            },
            LifeError::NeedsAction { intent } => Self {
                kind: "card_error",
                code: Some("invoice_payment_intent_requires_action"),
                attempt: Some(Box::new(Attempt { intent: Some(intent), ..Attempt::default() })),
                ..Self::request(
                    StatusCode::PAYMENT_REQUIRED,
                    "This payment requires additional user action before it can be completed \
                     successfully. Payment can be completed using the PaymentIntent associated \
                     with the invoice.",
                )
            },
        }
    }

    /// Shows the intent that it is about, and the method that was refused.
    pub(super) fn showing(mut self, world: &World, view: View<'_>) -> Self {
        let Some(attempt) = self.attempt.as_deref_mut() else { return self };
        let Some(id) = attempt.intent.take() else { return self };
        let payment = world.payment_intents.get(&id).map(|held| held.render(world, view));
        let setup = world.setup_intents.get(&id).map(|held| held.render(world, view));
        for (name, field, object) in [
            ("payment_intent", "last_payment_error", payment),
            ("setup_intent", "last_setup_error", setup),
        ] {
            let Some(object) = object else { continue };
            if let method @ Value::Object(_) = &object[field]["payment_method"] {
                attempt.shown.insert("payment_method".to_owned(), method.clone());
            }
            attempt.shown.insert(name.to_owned(), object);
        }
        self
    }
}

impl ApiError {
    /// A missing object is a 404 when the path named it, and a 400 when a parameter did.
    fn missing_in(kind: &str, id: &str, param: &str) -> Self {
        let mut error = Self::missing(kind, id, param);
        if !["id", "intent", "invoice"].contains(&param) {
            error.status = StatusCode::BAD_REQUEST;
        }
        error
    }
}
