//! The lines of a new checkout session: prices that exist, or prices described on the spot, which
//! are made once every line is found good.

use super::prices::price_data;
use crate::api::error::ApiError;
use crate::api::form::Form;
use crate::life::checkout::LineWish;
use crate::life::{NewPrice, NewProduct};
use crate::model::Metadata;
use crate::model::checkout::{Adjustable, Mode};
use crate::world::World;
use http::StatusCode;

const RECURRING_MAX: usize = 20;
const ONE_TIME_MAX: usize = 20;
const PAYMENT_LINES_MAX: usize = 100;

/// A line as it is asked for.
pub(super) struct Asked {
    adjustable: Option<Adjustable>,
    metadata: Metadata,
    price: AskedPrice,
    quantity: Option<i64>,
}

enum AskedPrice {
    Named(String),
    /// Described by `price_data`.
    Described(Box<NewPrice>),
}

impl Asked {
    pub(super) fn currency(&self, world: &World) -> String {
        match &self.price {
            AskedPrice::Named(id) => {
                world.prices.get(id).map_or_else(String::new, |price| price.currency.clone())
            }
            AskedPrice::Described(new) => new.currency.clone(),
        }
    }

    fn recurs(&self, world: &World) -> bool {
        match &self.price {
            AskedPrice::Named(id) => {
                world.prices.get(id).is_some_and(|price| price.recurring.is_some())
            }
            AskedPrice::Described(new) => new.recurring.is_some(),
        }
    }
}

/// The lines that a form asks for, each checked.
pub(super) fn asked(form: &Form, world: &World, mode: Mode) -> Result<Vec<Asked>, ApiError> {
    let forms = form.list("line_items");
    if mode == Mode::Setup {
        if !forms.is_empty() {
            let message = "You can not pass `line_items` in `setup` mode.";
            return Err(ApiError::invalid("line_items", message));
        }
        return Ok(Vec::new());
    }
    if forms.is_empty() {
        return Err(ApiError::missing_parameter("line_items"));
    }
    let mut lines = Vec::new();
    for (place, form) in forms.iter().enumerate() {
        lines.push(line(form, world, place)?);
    }
    check_mode(&lines, world, mode)?;
    let first = lines.first().map(|line| line.currency(world));
    if lines.iter().any(|line| Some(line.currency(world)) != first) {
        let message = "All prices on a Checkout Session must have the same currency.";
        return Err(ApiError::invalid("line_items", message));
    }
    Ok(lines)
}

fn check_mode(lines: &[Asked], world: &World, mode: Mode) -> Result<(), ApiError> {
    let recurring = lines.iter().filter(|line| line.recurs(world)).count();
    let once = lines.len() - recurring;
    let message = match mode {
        Mode::Subscription if recurring == 0 => {
            "You must provide at least one recurring price in `subscription` mode when using \
             prices."
                .to_owned()
        }
        Mode::Payment if recurring > 0 => {
            "You specified `payment` mode but passed a recurring price. Either switch to \
             `subscription` mode or use only one-time prices."
                .to_owned()
        }
        Mode::Subscription if recurring > RECURRING_MAX || once > ONE_TIME_MAX => format!(
            "A Checkout Session in `subscription` mode can have at most {RECURRING_MAX} line items \
             with recurring prices and {ONE_TIME_MAX} with one-time prices."
        ),
        Mode::Payment if lines.len() > PAYMENT_LINES_MAX => format!(
            "A Checkout Session in `payment` mode can have at most {PAYMENT_LINES_MAX} line items."
        ),
        Mode::Payment | Mode::Setup | Mode::Subscription => return Ok(()),
    };
    Err(ApiError::invalid("line_items", &message))
}

fn line(form: &Form, world: &World, place: usize) -> Result<Asked, ApiError> {
    form.only(&["adjustable_quantity", "metadata", "price", "price_data", "quantity"])?;
    let data = form.inner("price_data");
    let named = form.text("price").filter(|id| !id.is_empty());
    let (price, metered) = match (named, data.is_empty()) {
        (Some(_), false) => {
            let message = "You may only specify one of these parameters: price, price_data.";
            return Err(ApiError::invalid(&format!("line_items[{place}]"), message));
        }
        (None, true) => {
            return Err(ApiError::missing_parameter(&format!("line_items[{place}][price]")));
        }
        (Some(id), true) => {
            let price = world.prices.get(id).ok_or_else(|| {
                let name = format!("line_items[{place}][price]");
                let mut error = ApiError::missing("price", id, &name);
                error.status = StatusCode::BAD_REQUEST;
                error
            })?;
            if !price.active {
                let name = format!("line_items[{place}][price]");
                let message = format!(
                    "The price specified is inactive. This field only accepts active prices: {id}."
                );
                return Err(ApiError::invalid(&name, &message));
            }
            (AskedPrice::Named(id.to_owned()), price.is_metered())
        }
        (None, false) => (described(&data, world, place)?, false),
    };
    let quantity = form.integer("quantity")?;
    check_quantity(quantity, metered, place)?;
    Ok(Asked { adjustable: adjustable(form)?, metadata: form.map("metadata"), price, quantity })
}

fn check_quantity(quantity: Option<i64>, metered: bool, place: usize) -> Result<(), ApiError> {
    let name = format!("line_items[{place}][quantity]");
    match (quantity, metered) {
        (Some(_), true) => Err(ApiError::invalid(
            &name,
            &format!(
                "Quantity should not be specified where usage_type is `metered`. Remove `quantity` \
                 from `line_items[{place}]`"
            ),
        )),
        (None, false) => Err(ApiError::invalid(
            &name,
            &format!("Quantity is required. Add `quantity` to `line_items[{place}]`"),
        )),
        (Some(quantity), false) if quantity < 0 => {
            Err(ApiError::invalid(&name, "This value must be greater than or equal to 0."))
        }
        (Some(_), false) | (None, true) => Ok(()),
    }
}

fn adjustable(form: &Form) -> Result<Option<Adjustable>, ApiError> {
    let limits = form.inner("adjustable_quantity");
    limits.only(&["enabled", "maximum", "minimum"])?;
    if limits.boolean("enabled")? != Some(true) {
        return Ok(None);
    }
    let minimum = limits.integer("minimum")?.or(Some(0));
    Ok(Some(Adjustable { maximum: limits.integer("maximum")?.or(Some(99)), minimum }))
}

fn described(data: &Form, world: &World, place: usize) -> Result<AskedPrice, ApiError> {
    data.only(&[
        "currency",
        "custom_unit_amount",
        "product",
        "product_data",
        "recurring",
        "tax_behavior",
        "unit_amount",
        "unit_amount_decimal",
    ])?;
    let name = |inner: &str| format!("line_items[{place}][price_data][{inner}]");
    data.required("currency")?;
    let described = data.inner("product_data");
    let product = match (data.text("product"), described.is_empty()) {
        (Some(_), false) => {
            let message = "You may only specify one of these parameters: product, product_data.";
            return Err(ApiError::invalid(&name("product_data"), message));
        }
        (None, true) => return Err(ApiError::missing_parameter(&name("product_data"))),
        (Some(id), true) => {
            world.products.get(id).filter(|held| !held.deleted).ok_or_else(|| {
                let mut error = ApiError::missing("product", id, &name("product"));
                error.status = StatusCode::BAD_REQUEST;
                error
            })?;
            None
        }
        (None, false) => Some(Box::new(product(&described)?)),
    };
    data.inner("recurring").only(&["interval", "interval_count"])?;
    let mut price = price_data(data)?;
    price.product = data.owned("product").unwrap_or_default();
    price.product_data = product;
    Ok(AskedPrice::Described(Box::new(price)))
}

/// A product that is made for a line.
fn product(form: &Form) -> Result<NewProduct, ApiError> {
    form.only(&["description", "images", "metadata", "name", "tax_code", "unit_label"])?;
    Ok(NewProduct {
        description: form.owned("description"),
        images: form.values("images").into_iter().map(str::to_owned).collect(),
        metadata: form.map("metadata"),
        name: form.required("name")?.to_owned(),
        tax_code: form.owned("tax_code"),
        unit_label: form.owned("unit_label"),
        ..NewProduct::default()
    })
}

/// What is bought, where every price exists already.
pub(super) fn amount(lines: &[Asked], world: &World) -> Option<i64> {
    let cost = |line: &Asked| match &line.price {
        AskedPrice::Named(id) => Some(world.period_cost(id, line.quantity.unwrap_or(0))),
        AskedPrice::Described(_) => None,
    };
    lines.iter().map(cost).sum()
}

/// Makes the prices that were described, and what describes them.
pub(super) fn made(lines: Vec<Asked>, world: &mut World) -> Result<Vec<LineWish>, ApiError> {
    let mut wishes = Vec::new();
    for Asked { adjustable, metadata, price, quantity } in lines {
        let price = match price {
            AskedPrice::Named(id) => id,
            AskedPrice::Described(price) => world.create_price(*price)?,
        };
        wishes.push(LineWish { adjustable, metadata, price, quantity });
    }
    Ok(wishes)
}
