//! What a caller asks for. In changes `None` leaves a field as it is and an empty text unsets it,
//! as in Stripe's forms.

use super::redeem::Redeem;
use crate::model::card::Card;
use crate::model::price::{Amounts, CurrencyOption, Interval, TaxBehavior, TransformQuantity};
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
#[derive(Clone, Debug, Default)]
pub struct NewItem {
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
}

/// What happens with the first payment of a subscription started by an API call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaymentBehavior {
    /// It is attempted at once; if it fails the subscription stays `incomplete`.
    #[default]
    AllowIncomplete,
    /// The subscription is `incomplete` until its first invoice is paid.
    DefaultIncomplete,
    /// It is attempted at once; if it would fail nothing is made.
    ErrorIfIncomplete,
}

/// A subscription to make.
#[derive(Clone, Debug, Default)]
pub struct NewSubscription {
    /// Whether it ends with its first period.
    pub cancel_at_period_end: bool,
    /// The customer.
    pub customer: String,
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
    /// How it is started.
    pub start: Start,
    /// Unix second at which a trial ends; none for no trial.
    pub trial_end: Option<i64>,
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

/// A change to one item; without an id it adds an item.
#[derive(Clone, Debug, Default)]
pub struct ItemChange {
    /// The item to change.
    pub id: Option<String>,
    /// Whether to remove it.
    pub deleted: bool,
    /// Its new price.
    pub price: Option<String>,
    /// Its new quantity.
    pub quantity: Option<i64>,
}

/// A change to a subscription.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionChange {
    /// Unix second at which it ends; zero takes that back.
    pub cancel_at: Option<i64>,
    /// Whether it ends with its period.
    pub cancel_at_period_end: Option<bool>,
    /// A note.
    pub description: Option<String>,
    /// What is redeemed for it instead of what was; an empty list takes all discounts away.
    pub discounts: Option<Vec<Redeem>>,
    /// Items to add, change or remove.
    pub items: Vec<ItemChange>,
    /// Merged over the held metadata.
    pub metadata: BTreeMap<String, String>,
    /// What becomes of the rest of the period.
    pub proration: ProrationBehavior,
}

/// How to cancel at once.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    /// The customer's own words.
    pub comment: Option<String>,
    /// The customer's reason, as one of Stripe's values.
    pub feedback: Option<String>,
}
