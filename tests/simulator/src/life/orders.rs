//! What a caller asks for. In changes `None` leaves a field as it is and an empty text unsets it,
//! as in Stripe's forms.

use super::redeem::Redeem;
use crate::model::card::Card;
use crate::model::price::{Amounts, CurrencyOption, Interval, TaxBehavior, TransformQuantity};
use crate::model::terms::{
    AnchorReset, BillingMode, Collection, CollectionChange, SubscriptionSettings, TrialSettings,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// A customer to make.
#[derive(Clone, Debug, Default)]
pub struct NewCustomer {
    /// The address as Stripe's address hash.
    pub address: Option<Value>,
    /// How the customer's bank will answer; with a card, a payment method is attached.
    pub card: Card,
    /// A note.
    pub description: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The caller's own keys and values.
    pub metadata: BTreeMap<String, String>,
    /// The name.
    pub name: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// The test clock that the customer's life goes by; one that does not exist is none.
    pub test_clock: Option<String>,
}

/// A change to a customer.
#[derive(Clone, Debug, Default)]
pub struct CustomerChange {
    /// The address as Stripe's address hash; null unsets it.
    pub address: Option<Value>,
    /// The balance, negative for credit, in the minor unit.
    pub balance: Option<i64>,
    /// The payment method that invoices are paid by, one of the customer's own.
    pub default_payment_method: Option<String>,
    /// A note.
    pub description: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// Merged over the held metadata; an empty value removes its key.
    pub metadata: BTreeMap<String, String>,
    /// The name.
    pub name: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
}

/// A product to make.
#[derive(Clone, Debug, Default)]
pub struct NewProduct {
    /// An id of the caller's choice.
    pub id: Option<String>,
    /// A note.
    pub description: Option<String>,
    /// A price to make with it, which becomes its default; its product is not read.
    pub default_price: Option<Box<NewPrice>>,
    /// Addresses of pictures.
    pub images: Vec<String>,
    /// Whether it cannot be sold yet.
    pub inactive: bool,
    /// What it is advertised with, by name.
    pub marketing_features: Vec<String>,
    /// The caller's own keys and values.
    pub metadata: BTreeMap<String, String>,
    /// The name.
    pub name: String,
    /// Whether it is sent by post.
    pub shippable: Option<bool>,
    /// What a bank statement says.
    pub statement_descriptor: Option<String>,
    /// The code of its tax category.
    pub tax_code: Option<String>,
    /// What one unit is called.
    pub unit_label: Option<String>,
    /// Its page.
    pub url: Option<String>,
}

/// A change to a product.
#[derive(Clone, Debug, Default)]
pub struct ProductChange {
    /// Whether it can be sold.
    pub active: Option<bool>,
    /// The price used where only the product is named.
    pub default_price: Option<String>,
    /// A note.
    pub description: Option<String>,
    /// Addresses of pictures, in place of those held.
    pub images: Option<Vec<String>>,
    /// What it is advertised with, in place of what is held.
    pub marketing_features: Option<Vec<String>>,
    /// Merged over the held metadata.
    pub metadata: BTreeMap<String, String>,
    /// The name.
    pub name: Option<String>,
    /// Whether it is sent by post.
    pub shippable: Option<bool>,
    /// What a bank statement says.
    pub statement_descriptor: Option<String>,
    /// The code of its tax category.
    pub tax_code: Option<String>,
    /// What one unit is called.
    pub unit_label: Option<String>,
    /// Its page.
    pub url: Option<String>,
}

/// A price to make.
#[derive(Clone, Debug, Default)]
pub struct NewPrice {
    /// What it charges, in place of `unit_amount`: a decimal amount, tiers, or what the customer
    /// chooses.
    pub amounts: Option<Amounts>,
    /// The currency, in three small letters.
    pub currency: String,
    /// What it charges in other currencies.
    pub currency_options: BTreeMap<String, CurrencyOption>,
    /// Whether it cannot be sold yet.
    pub inactive: bool,
    /// How often it recurs: an interval and how many of it; none for a one-time price.
    pub recurring: Option<(Interval, i64)>,
    /// A name to find it by.
    pub lookup_key: Option<String>,
    /// The caller's own keys and values.
    pub metadata: BTreeMap<String, String>,
    /// The meter of a metered price.
    pub meter: Option<String>,
    /// Whether it is metered although it names no meter, as versions before 2025-03-31.basil
    /// allowed.
    pub metered: bool,
    /// A note.
    pub nickname: Option<String>,
    /// The product it sells.
    pub product: String,
    /// A product to make for it, in place of `product`.
    pub product_data: Option<Box<NewProduct>>,
    /// Whether tax is part of the amount.
    pub tax_behavior: TaxBehavior,
    /// Whether the lookup key is taken from the price that has it.
    pub transfer_lookup_key: bool,
    /// Units are counted in packages.
    pub transform_quantity: Option<TransformQuantity>,
    /// Days of trial that it proposes.
    pub trial_period_days: Option<i64>,
    /// The amount for one unit, in the minor unit.
    pub unit_amount: i64,
}

/// A change to a price; amount, currency and interval can never change.
#[derive(Clone, Debug, Default)]
pub struct PriceChange {
    /// Whether it can be sold.
    pub active: Option<bool>,
    /// What it charges in other currencies, over what is held; none for a currency takes it away.
    pub currency_options: BTreeMap<String, Option<CurrencyOption>>,
    /// A name to find it by.
    pub lookup_key: Option<String>,
    /// Merged over the held metadata.
    pub metadata: BTreeMap<String, String>,
    /// A note.
    pub nickname: Option<String>,
    /// Whether tax is part of the amount; unspecified leaves it as it is.
    pub tax_behavior: TaxBehavior,
    /// Whether the lookup key is taken from the price that has it.
    pub transfer_lookup_key: bool,
}

/// An item of a subscription to make.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewItem {
    /// The caller's own keys and values.
    pub metadata: BTreeMap<String, String>,
    /// The price.
    pub price: String,
    /// How many; one if not said. Ignored for a metered price.
    pub quantity: Option<i64>,
}

/// How a subscription is started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// By an API call: the subscription comes first, its payment follows.
    #[default]
    Api,
    /// By a checkout session: the subscription is made once it is paid, and is active at once.
    Checkout,
    /// By a schedule: it is active at once, and its first invoice is a draft for a while.
    Schedule,
}

/// What happens with the first payment of a subscription started by an API call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaymentBehavior {
    /// It is attempted at once; if it fails the subscription stays `incomplete`.
    #[default]
    AllowIncomplete,
    /// The subscription is `incomplete` until its first invoice is paid.
    DefaultIncomplete,
    /// It is attempted at once; if it would fail nothing is made, or changed.
    ErrorIfIncomplete,
    /// Of a change: it waits until its invoice is paid. Of a new subscription it is the same as
    /// [`PaymentBehavior::AllowIncomplete`].
    PendingIfIncomplete,
}

/// When a subscription ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelAt {
    /// At this Unix second.
    At(i64),
    /// With the first of its items' periods to end.
    MinPeriodEnd,
    /// With the last of its items' periods to end.
    MaxPeriodEnd,
    /// Not at all.
    Never,
}

/// When a trial ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrialEnd {
    /// At this Unix second.
    At(i64),
    /// At once.
    Now,
}

/// A subscription to make.
#[derive(Clone, Debug, Default)]
pub struct NewSubscription {
    /// What is charged once, with its first invoice.
    pub add_invoice_items: Vec<NewItem>,
    /// Unix second, not after now, at which it is taken to have begun.
    pub backdate_start_date: Option<i64>,
    /// Unix second after now that its billing cycle goes by; now if not said.
    pub billing_cycle_anchor: Option<i64>,
    /// How its prorations and invoices are worked out.
    pub billing_mode: BillingMode,
    /// When it ends.
    pub cancel_at: Option<CancelAt>,
    /// Whether it ends with its first period.
    pub cancel_at_period_end: bool,
    /// How its invoices are collected.
    pub collection: Collection,
    /// The customer.
    pub customer: String,
    /// The payment method to use before the customer's own.
    pub default_payment_method: Option<String>,
    /// A note.
    pub description: Option<String>,
    /// What is redeemed for it.
    pub discounts: Vec<Redeem>,
    /// What is subscribed to.
    pub items: Vec<NewItem>,
    /// The caller's own keys and values.
    pub metadata: BTreeMap<String, String>,
    /// What happens with the first payment.
    pub payment_behavior: PaymentBehavior,
    /// What becomes of the time before the first whole period.
    pub proration: ProrationBehavior,
    /// What is only kept and shown.
    pub settings: SubscriptionSettings,
    /// How it is started.
    pub start: Start,
    /// Unix second at which a trial ends; none for no trial.
    pub trial_end: Option<i64>,
    /// How a trial ends.
    pub trial_settings: TrialSettings,
}

/// What becomes of the part of a period that a change leaves over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProrationBehavior {
    /// Credit and charge wait for the next invoice.
    #[default]
    CreateProrations,
    /// They are invoiced at once.
    AlwaysInvoice,
    /// Nothing is credited or charged.
    None,
}

impl ProrationBehavior {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::CreateProrations => "create_prorations",
            Self::AlwaysInvoice => "always_invoice",
            Self::None => "none",
        }
    }
}

/// A change to one item; without an id it adds an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemChange {
    /// The item to change.
    pub id: Option<String>,
    /// Whether to remove it.
    pub deleted: bool,
    /// Merged over the held metadata.
    pub metadata: BTreeMap<String, String>,
    /// Its new price.
    pub price: Option<String>,
    /// Its new quantity.
    pub quantity: Option<i64>,
}

/// A change to a subscription.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SubscriptionChange {
    /// What is charged once, with the next invoice.
    pub add_invoice_items: Vec<NewItem>,
    /// What becomes of the billing cycle's anchor.
    pub billing_cycle_anchor: Option<AnchorReset>,
    /// When it ends.
    pub cancel_at: Option<CancelAt>,
    /// Whether it ends with its period.
    pub cancel_at_period_end: Option<bool>,
    /// The customer's words on its end.
    pub cancellation: Cancel,
    /// How its invoices are collected.
    pub collection: Option<Collection>,
    /// The payment method to use before the customer's own.
    pub default_payment_method: Option<String>,
    /// A note.
    pub description: Option<String>,
    /// What is redeemed for it instead of what was; an empty list takes all discounts away.
    pub discounts: Option<Vec<Redeem>>,
    /// Items to add, change or remove.
    pub items: Vec<ItemChange>,
    /// Merged over the held metadata.
    pub metadata: BTreeMap<String, String>,
    /// Begins, changes or ends a pause of collection.
    pub pause_collection: Option<CollectionChange>,
    /// What happens where the change needs a payment.
    pub payment_behavior: PaymentBehavior,
    /// What becomes of the rest of the period.
    pub proration: ProrationBehavior,
    /// Unix second that the rest of the period is counted from; now if not said.
    pub proration_date: Option<i64>,
    /// What is only kept and shown: what is given takes the place of what was; null unsets it.
    pub settings: SubscriptionSettings,
    /// Begins, moves or ends a trial.
    pub trial_end: Option<TrialEnd>,
    /// How a trial ends.
    pub trial_settings: Option<TrialSettings>,
}

/// How to cancel at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cancel {
    /// The customer's own words.
    pub comment: Option<String>,
    /// The customer's reason, as one of Stripe's values.
    pub feedback: Option<String>,
    /// Whether a last invoice bills what is still open.
    pub invoice_now: bool,
    /// Whether the rest of the period is credited.
    pub prorate: bool,
}

/// Where the time begins that a pause credits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnusedTimeFrom {
    /// Now.
    #[default]
    Now,
    /// With the period of each item.
    ItemPeriodStart,
    /// Nothing is credited.
    Nowhere,
}

/// How to pause a subscription.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pause {
    /// Whether credits, and usage so far, are invoiced at once instead of with the next invoice.
    pub invoice_now: bool,
    /// Whether usage so far is not billed.
    pub skips_usage: bool,
    /// What is credited.
    pub unused_time_from: UnusedTimeFrom,
}

/// How to resume a paused subscription.
#[derive(Clone, Copy, Debug, Default)]
pub struct Resume {
    /// What becomes of the anchor; if not said, a period begins now.
    pub billing_cycle_anchor: Option<AnchorReset>,
    /// Whether it stays paused until the payment succeeds, which is attempted at once. If not, the
    /// payment is left to a later call, and failing it makes the subscription `past_due`.
    pub on_success_only: bool,
    /// What becomes of the rest of the period, where the anchor stays.
    pub proration: ProrationBehavior,
    /// Unix second that the rest of the period is counted from; now if not said.
    pub proration_date: Option<i64>,
}
