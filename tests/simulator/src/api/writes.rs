//! What can be changed, from forms.

use super::error::ApiError;
use super::form::Form;
use crate::life::{
    Cancel, CustomerChange, ItemChange, NewCustomer, NewItem, NewPrice, NewProduct,
    NewSubscription, PaymentBehavior, PriceChange, ProductChange, ProrationBehavior, Start,
    SubscriptionChange,
};
use crate::model::payment::Card;
use crate::model::price::Interval;
use crate::world::World;
use serde_json::{Map, Value};

const CUSTOMER: &[&str] = &[
    "address",
    "balance",
    "description",
    "email",
    "invoice_settings",
    "metadata",
    "name",
    "payment_method",
    "phone",
];
/// What only a new customer can be given.
const TEST_CLOCK: &str = "test_clock";

pub(super) fn create_customer(world: &mut World, form: &Form) -> Result<String, ApiError> {
    customer_only(form, &[TEST_CLOCK])?;
    if let Some(clock) = form.text(TEST_CLOCK) {
        world.live_clock(clock, TEST_CLOCK)?;
    }
    Ok(world.create_customer(NewCustomer {
        address: address(form),
        card: card(form)?.unwrap_or(Card::Missing),
        description: form.owned("description"),
        email: form.owned("email"),
        metadata: form.map("metadata"),
        name: form.owned("name"),
        phone: form.owned("phone"),
        test_clock: form.owned(TEST_CLOCK),
    }))
}

pub(super) fn update_customer(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    customer_only(form, &[])?;
    let card = card(form)?;
    world.update_customer(
        id,
        CustomerChange {
            address: address(form),
            balance: form.integer("balance")?,
            description: form.owned("description"),
            email: form.owned("email"),
            metadata: form.map("metadata"),
            name: form.owned("name"),
            phone: form.owned("phone"),
        },
    )?;
    if let Some(card) = card {
        world.attach_method(id, card);
    }
    Ok(())
}

const ADDRESS: &[&str] = &["city", "country", "line1", "line2", "postal_code", "state"];

/// Refuses what is unknown inside a customer's parameters.
fn customer_only(form: &Form, more: &[&str]) -> Result<(), ApiError> {
    form.only(&[CUSTOMER, more].concat())?;
    form.inner("address").only(ADDRESS)?;
    form.inner("invoice_settings").only(&["default_payment_method"])
}

fn address(form: &Form) -> Option<Value> {
    let given = form.map("address");
    if given.is_empty() {
        return form.text("address").map(|_| Value::Null);
    }
    let fields = ADDRESS.iter().map(|name| {
        let value = given.get(*name).filter(|value| !value.is_empty());
        ((*name).to_owned(), value.map_or(Value::Null, |value| Value::from(value.as_str())))
    });
    Some(Value::Object(fields.collect::<Map<_, _>>()))
}

/// The test payment methods stand for how the bank will answer (STRIPE.md section 8).
fn card(form: &Form) -> Result<Option<Card>, ApiError> {
    let settings = form.inner("invoice_settings");
    let given = form.text("payment_method").or_else(|| settings.text("default_payment_method"));
    match given {
        None => Ok(None),
        Some("pm_card_visa") => Ok(Some(Card::Good)),
        Some("pm_card_chargeCustomerFail") => Ok(Some(Card::Declining)),
        Some(other) => Err(ApiError::missing("PaymentMethod", other, "payment_method")),
    }
}

pub(super) fn create_product(world: &mut World, form: &Form) -> Result<String, ApiError> {
    form.only(&["description", "id", "metadata", "name", "unit_label"])?;
    Ok(world.create_product(NewProduct {
        id: form.owned("id"),
        description: form.owned("description"),
        metadata: form.map("metadata"),
        name: form.required("name")?.to_owned(),
        unit_label: form.owned("unit_label"),
    })?)
}

pub(super) fn update_product(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["active", "default_price", "description", "metadata", "name"])?;
    Ok(world.update_product(
        id,
        ProductChange {
            active: form.boolean("active")?,
            default_price: form.owned("default_price"),
            description: form.owned("description"),
            metadata: form.map("metadata"),
            name: form.owned("name"),
        },
    )?)
}

pub(super) fn create_price(world: &mut World, form: &Form) -> Result<String, ApiError> {
    form.only(&[
        "currency",
        "lookup_key",
        "metadata",
        "nickname",
        "product",
        "recurring",
        "unit_amount",
    ])?;
    let recurring = form.inner("recurring");
    recurring.only(&["interval", "interval_count", "meter", "usage_type"])?;
    let rhythm = if recurring.is_empty() {
        None
    } else {
        let interval = recurring.required("interval")?;
        let interval = Interval::parse(interval)
            .ok_or_else(|| ApiError::invalid("recurring[interval]", "Invalid interval"))?;
        Some((interval, recurring.integer("interval_count")?.unwrap_or(1)))
    };
    let unit_amount =
        form.integer("unit_amount")?.ok_or_else(|| ApiError::missing_parameter("unit_amount"))?;
    Ok(world.create_price(NewPrice {
        currency: form.required("currency")?.to_lowercase(),
        recurring: rhythm,
        lookup_key: form.owned("lookup_key"),
        metadata: form.map("metadata"),
        meter: recurring.owned("meter"),
        nickname: form.owned("nickname"),
        product: form.required("product")?.to_owned(),
        unit_amount,
    })?)
}

pub(super) fn update_price(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["active", "lookup_key", "metadata", "nickname"])?;
    Ok(world.update_price(
        id,
        PriceChange {
            active: form.boolean("active")?,
            lookup_key: form.owned("lookup_key"),
            metadata: form.map("metadata"),
            nickname: form.owned("nickname"),
        },
    )?)
}

pub(super) fn subscribe(world: &mut World, form: &Form) -> Result<String, ApiError> {
    form.only(&[
        "cancel_at_period_end",
        "customer",
        "description",
        "items",
        "metadata",
        "payment_behavior",
        "trial_end",
        "trial_period_days",
    ])?;
    let payment_behavior = match form.text("payment_behavior") {
        None | Some("allow_incomplete") => PaymentBehavior::AllowIncomplete,
        Some("default_incomplete") => PaymentBehavior::DefaultIncomplete,
        Some("error_if_incomplete") => PaymentBehavior::ErrorIfIncomplete,
        Some(_) => return Err(ApiError::invalid("payment_behavior", "Invalid payment_behavior")),
    };
    form.required("customer")?;
    let days = form.integer("trial_period_days")?.filter(|days| *days > 0);
    let trial_end = match days {
        Some(days) => Some(world.now.saturating_add(days.saturating_mul(86_400))),
        None => form.integer("trial_end")?,
    };
    let items: Vec<NewItem> = form.list("items").iter().map(new_item).collect::<Result<_, _>>()?;
    if items.is_empty() {
        return Err(ApiError::missing_parameter("items"));
    }
    Ok(world.subscribe(&NewSubscription {
        cancel_at_period_end: form.boolean("cancel_at_period_end")?.unwrap_or(false),
        customer: form.required("customer")?.to_owned(),
        description: form.owned("description"),
        items,
        metadata: form.map("metadata"),
        payment_behavior,
        start: Start::Api,
        trial_end,
    })?)
}

fn new_item(form: &Form) -> Result<NewItem, ApiError> {
    form.only(&["price", "quantity"])?;
    Ok(NewItem { price: form.required("price")?.to_owned(), quantity: form.integer("quantity")? })
}

pub(super) fn update_subscription(
    world: &mut World,
    id: &str,
    form: &Form,
) -> Result<(), ApiError> {
    form.only(&[
        "cancel_at",
        "cancel_at_period_end",
        "description",
        "items",
        "metadata",
        "proration_behavior",
    ])?;
    let proration = match form.text("proration_behavior") {
        None | Some("create_prorations") => ProrationBehavior::CreateProrations,
        Some("always_invoice") => ProrationBehavior::AlwaysInvoice,
        Some("none") => ProrationBehavior::None,
        Some(_) => {
            return Err(ApiError::invalid("proration_behavior", "Invalid proration_behavior"));
        }
    };
    let cancel_at = match form.text("cancel_at") {
        Some("") => Some(0),
        Some(_) | None => form.integer("cancel_at")?,
    };
    let items = form.list("items").iter().map(item_change).collect::<Result<_, _>>()?;
    Ok(world.update_subscription(
        id,
        SubscriptionChange {
            cancel_at,
            cancel_at_period_end: form.boolean("cancel_at_period_end")?,
            description: form.owned("description"),
            items,
            metadata: form.map("metadata"),
            proration,
        },
    )?)
}

fn item_change(form: &Form) -> Result<ItemChange, ApiError> {
    form.only(&["deleted", "id", "price", "quantity"])?;
    Ok(ItemChange {
        id: form.owned("id"),
        deleted: form.boolean("deleted")?.unwrap_or(false),
        price: form.owned("price"),
        quantity: form.integer("quantity")?,
    })
}

pub(super) fn cancel(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["cancellation_details", "invoice_now", "prorate"])?;
    let details = form.inner("cancellation_details");
    details.only(&["comment", "feedback"])?;
    let how = Cancel { comment: details.owned("comment"), feedback: details.owned("feedback") };
    Ok(world.cancel_subscription(id, how)?)
}

pub(super) fn pay(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["forgive", "off_session", "paid_out_of_band"])?;
    Ok(world.pay_invoice(id, form.boolean("paid_out_of_band")?.unwrap_or(false))?)
}

pub(super) fn create_test_clock(world: &mut World, form: &Form) -> Result<String, ApiError> {
    form.only(&["frozen_time", "name"])?;
    let frozen_time =
        form.integer("frozen_time")?.ok_or_else(|| ApiError::missing_parameter("frozen_time"))?;
    Ok(world.create_test_clock(frozen_time, form.owned("name")))
}

pub(super) fn advance_test_clock(world: &mut World, id: &str, form: &Form) -> Result<(), ApiError> {
    form.only(&["frozen_time"])?;
    let to =
        form.integer("frozen_time")?.ok_or_else(|| ApiError::missing_parameter("frozen_time"))?;
    Ok(world.advance_test_clock(id, to)?)
}
