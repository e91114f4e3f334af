//! The offline Stripe: a stateful simulator that answers a part of Stripe's API and sends its
//! signed webhooks, with a simulated clock and faults that can be switched on.
//!
//! It is the other half of the tally: tests compare what the product holds with what this
//! simulator knows, so it shares no code with the product. Its model, its rendering of bodies and
//! its signatures are its own, written from Stripe's public documentation.
//!
//! What happens in it depends on nothing but its options, its seed and what it is asked to do:
//! two runs of one script make the same events with the same ids and the same bytes. Only the
//! delivery of the events depends on the machine, as it does with Stripe.
//!
//! Calls can be made to go wrong ([`Fault`]), to run into [`Limits`], and to be repeated under an
//! idempotency key; none of this changes the history of what did happen. What is made for a
//! customer of a test clock happens in the time of that clock.
//!
//! | folder | what it holds |
//! | --- | --- |
//! | `model` | the objects as the simulator keeps them |
//! | `life` | what happens to them: subscribing, renewing, paying, failing to pay, ending |
//! | `render` | the JSON of each object for an API version |
//! | `api` | the HTTP API, and the control API under `/_simulator/` |
//! | `delivery` | endpoints, signatures, attempts, retries and the faults of delivery |
//! | `play` | a script that fills the simulator with months of customers |

mod account;
mod agenda;
mod api;
mod bank;
mod calendar;
mod chance;
mod clock;
mod delivery;
mod destinations;
mod emit;
mod failures;
mod features;
mod finer;
mod ids;
mod life;
mod metering;
mod mishap;
mod model;
mod moment;
mod oddity;
mod options;
mod outages;
mod play;
mod render;
mod simulator;
mod thin;
mod truth;
mod version;
mod wall;
mod world;

pub use account::{Account, Told};
pub use api::fault::{CallFaults, Fault, FaultRate, Step};
pub use api::limits::{Limits, RateLimit, UsageAtOnce};
pub use api::pattern::{InvalidPattern, Pattern};
pub use api::seen::SeenCall;
pub use clock::ClockMode;
pub use delivery::endpoint::{Endpoint, EndpointId, InvalidUrl, Kinds, Payload};
pub use delivery::faults::Faults;
pub use delivery::record::{Counters, DeliveryRecord, DeliveryState};
pub use delivery::retry::Retries;
pub use delivery::signature::{sign, signature_header};
pub use life::checkout::visit::{CheckoutVisit, PayBy};
pub use life::payment_rules::PaymentRules;
pub use life::rules::{
    ClockRules, DeletedCustomerBody, DunningEnd, Rules, SubscriptionRules, UnsavedPortal,
};
pub use life::seed::Seeding;
pub use life::usage_rules::{AlertsFrom, Checked, LateUsage, MeterValues, UsageRules};
pub use life::{
    Cancel, CancelAt, CreditOrder, CreditRules, CustomerChange, DisputeOpening, FeatureChange,
    ItemChange, LifeError, NewCreditGrant, NewCustomer, NewFeature, NewItem, NewMeter, NewPrice,
    NewProduct, NewSubscription, Pause, PaymentBehavior, PriceChange, ProductChange,
    ProrationBehavior, Redeem, RefundEnd, Resume, Start, SubscriptionChange, TrialEnd,
    UnusedTimeFrom, UsageFaults, UsageReport,
};
pub use mishap::{EventFault, EventFaults, EventStep};
pub use model::card::{Card, Decline};
pub use model::credit::{CreditCategory, CreditScope};
pub use model::decimal::Decimal;
pub use model::meter::{Formula, Window};
pub use model::price::{
    Amounts, CurrencyOption, Interval, TaxBehavior, Tier, TiersMode, TransformQuantity,
};
pub use model::terms::{
    AnchorReset, BillingMode, Collection, CollectionChange, MissingMethod, PauseCollection,
    SubscriptionSettings, TrialSettings, UncollectedInvoices,
};
pub use model::usage::MeterError;
pub use options::Options;
pub use play::{Play, PlayError, Progress};
pub use render::previous::NestedHashes;
pub use simulator::{Simulator, StartError};
pub use truth::Truth;
pub use version::ApiVersion;
pub use wall::{MachineWall, Wall};
