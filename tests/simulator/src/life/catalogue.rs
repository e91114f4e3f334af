//! Products and prices.

use super::LifeError;
use super::customers::set_text;
use super::orders::{NewPrice, NewProduct, PriceChange, ProductChange};
use crate::model::decimal::Decimal;
use crate::model::merge_metadata;
use crate::model::price::{Amounts, Price, Recurring, TaxBehavior, Tier};
use crate::model::product::Product;
use crate::render::{self, Object as _, View};
use crate::world::World;
use serde_json::Value;

impl World {
    pub(crate) fn create_product(&mut self, new: NewProduct) -> Result<String, LifeError> {
        let id = self.insert_product(&new)?;
        self.emit::<Product>("product.created", &id);
        if let Some(price) = new.default_price {
            let price = self.create_price(NewPrice { product: id.clone(), ..*price })?;
            self.update::<Product>("product.updated", &id, |held| held.default_price = Some(price));
        }
        Ok(id)
    }

    fn insert_product(&mut self, new: &NewProduct) -> Result<String, LifeError> {
        // The id of a deleted one may be given again (STRIPE.md 5.1).
        if let Some(id) = &new.id
            && self.products.get(id).is_some_and(|held| !held.is_deleted())
        {
            return Err(LifeError::NotNow {
                code: Some("resource_already_exists"),
                message: "Product already exists.".to_owned(),
            });
        }
        if let Some(price) = &new.default_price {
            self.check_price(price)?;
        }
        let id = new.id.clone().unwrap_or_else(|| self.ids.short("prod_"));
        let product = Product {
            id: id.clone(),
            created: self.now,
            updated: self.now,
            active: !new.inactive,
            default_price: None,
            deleted: false,
            description: new.description.clone(),
            images: new.images.clone(),
            marketing_features: new.marketing_features.clone(),
            metadata: new.metadata.clone(),
            name: new.name.clone(),
            shippable: new.shippable,
            statement_descriptor: new.statement_descriptor.clone(),
            tax_code: new.tax_code.clone(),
            unit_label: new.unit_label.clone(),
            url: new.url.clone(),
        };
        self.products.insert(&id, product);
        Ok(id)
    }

    pub(crate) fn update_product(
        &mut self,
        id: &str,
        change: ProductChange,
    ) -> Result<(), LifeError> {
        self.live_product(id, "id")?;
        if let Some(price) = change.default_price.as_deref().filter(|price| !price.is_empty()) {
            let price = self.known_price(price, "default_price")?;
            if price.product != id {
                return Err(LifeError::Invalid {
                    param: "default_price",
                    message: format!("The price {} does not belong to this product.", price.id),
                });
            }
        }
        let now = self.now;
        self.update::<Product>("product.updated", id, |held| {
            held.active = change.active.unwrap_or(held.active);
            set_text(&mut held.default_price, change.default_price);
            set_text(&mut held.description, change.description);
            set_text(&mut held.statement_descriptor, change.statement_descriptor);
            set_text(&mut held.tax_code, change.tax_code);
            set_text(&mut held.unit_label, change.unit_label);
            set_text(&mut held.url, change.url);
            held.shippable = change.shippable.or(held.shippable);
            if let Some(images) = change.images {
                held.images = images;
            }
            if let Some(features) = change.marketing_features {
                held.marketing_features = features;
            }
            merge_metadata(&mut held.metadata, &change.metadata);
            if let Some(name) = change.name {
                held.name = name;
            }
            held.updated = now;
        });
        Ok(())
    }

    /// Deletes a product, which Stripe allows only while it has no prices.
    pub(crate) fn delete_product(&mut self, id: &str) -> Result<(), LifeError> {
        self.live_product(id, "id")?;
        if self.prices.rows().iter().any(|price| price.product == id) {
            return Err(LifeError::NotNow {
                code: None,
                message: "This product cannot be deleted because it has one or more \
                          user-created prices."
                    .to_owned(),
            });
        }
        let now = self.now;
        self.edit::<Product>(id, |held| {
            held.active = false;
            held.updated = now;
        });
        self.emit_by("product.deleted", |world, view| {
            let held = world.products.get(id);
            held.map_or(Value::Null, |held| render::product::last_state(held, view))
        });
        self.edit::<Product>(id, |held| held.deleted = true);
        Ok(())
    }

    pub(crate) fn create_price(&mut self, new: NewPrice) -> Result<String, LifeError> {
        self.check_price(&new)?;
        let product = if let Some(product) = new.product_data {
            self.create_product(*product)?
        } else {
            self.live_product(&new.product, "product")?;
            new.product
        };
        if let Some(key) = &new.lookup_key {
            self.claim_lookup_key(key, new.transfer_lookup_key)?;
        }
        let id = self.ids.long("price_");
        let metered = new.metered || new.meter.is_some();
        let (meter, trial_period_days) = (new.meter, new.trial_period_days);
        let whole = Amounts::PerUnit(Decimal::whole(new.unit_amount));
        let price = Price {
            id: id.clone(),
            created: self.now,
            active: !new.inactive,
            amounts: new.amounts.unwrap_or(whole),
            currency: new.currency,
            currency_options: new.currency_options,
            lookup_key: new.lookup_key,
            metadata: new.metadata,
            nickname: new.nickname,
            product,
            recurring: new.recurring.map(|(interval, interval_count)| Recurring {
                interval,
                interval_count,
                metered,
                meter,
                trial_period_days,
            }),
            tax_behavior: new.tax_behavior,
            transform_quantity: new.transform_quantity,
        };
        self.prices.insert(&id, price);
        self.emit::<Price>("price.created", &id);
        if self.has_plan(&id) {
            self.emit_by("plan.created", |world, view| plan(world, &id, view));
        }
        Ok(id)
    }

    /// What must hold of a price before anything is made for it.
    fn check_price(&self, new: &NewPrice) -> Result<(), LifeError> {
        let whole = Amounts::PerUnit(Decimal::whole(new.unit_amount));
        let own = new.amounts.as_ref().unwrap_or(&whole);
        if let Some(meter) = &new.meter {
            self.check_meter_of_price(meter)?;
        }
        let other = new.currency_options.values().map(|option| &option.amounts);
        for amounts in std::iter::once(own).chain(other) {
            check_amounts(amounts, new.recurring.is_some())?;
        }
        if let Some(how) = new.transform_quantity {
            if matches!(own, Amounts::Tiered { .. }) {
                let message = "`transform_quantity` cannot be combined with `tiers`.";
                return Err(invalid("transform_quantity", message));
            }
            if how.divide_by < 1 {
                let message = "This value must be greater than or equal to 1.";
                return Err(invalid("transform_quantity[divide_by]", message));
            }
        }
        match &new.lookup_key {
            Some(key) if !new.transfer_lookup_key => self.free_lookup_key(key),
            Some(_) | None => Ok(()),
        }
    }

    /// A lookup key that no price has.
    fn free_lookup_key(&self, key: &str) -> Result<(), LifeError> {
        match self.prices.rows().iter().find(|price| price.lookup_key.as_deref() == Some(key)) {
            None => Ok(()),
            Some(price) => {
                let message = format!("A price (`{}`) already uses that lookup key.", price.id);
                Err(invalid("lookup_key", &message))
            }
        }
    }

    /// Makes a lookup key free for another price, if it may be taken from the one that has it.
    fn claim_lookup_key(&mut self, key: &str, may_take: bool) -> Result<(), LifeError> {
        let holder = self.prices.rows().iter().find(|held| held.lookup_key.as_deref() == Some(key));
        let Some(holder) = holder.map(|held| held.id.clone()) else {
            return Ok(());
        };
        if !may_take {
            return self.free_lookup_key(key);
        }
        self.update::<Price>("price.updated", &holder, |held| held.lookup_key = None);
        Ok(())
    }

    pub(crate) fn update_price(&mut self, id: &str, change: PriceChange) -> Result<(), LifeError> {
        let held = self.known_price(id, "id")?;
        let asked = change.tax_behavior;
        let said = |behavior| behavior != TaxBehavior::Unspecified;
        if said(asked) && said(held.tax_behavior) && asked != held.tax_behavior {
            let message = "You cannot change `tax_behavior` once it has been set to `exclusive` \
                           or `inclusive`.";
            return Err(invalid("tax_behavior", message));
        }
        for option in change.currency_options.values().flatten() {
            check_amounts(&option.amounts, held.recurring.is_some())?;
        }
        let wanted = change.lookup_key.as_deref().filter(|key| !key.is_empty());
        if let Some(key) = wanted.filter(|key| held.lookup_key.as_deref() != Some(*key)) {
            self.claim_lookup_key(key, change.transfer_lookup_key)?;
        }
        let plan_before = self.shown_by(|world, view| plan(world, id, view));
        self.update::<Price>("price.updated", id, |held| {
            held.active = change.active.unwrap_or(held.active);
            for (currency, option) in change.currency_options {
                match option {
                    Some(option) => held.currency_options.insert(currency, option),
                    None => held.currency_options.remove(&currency),
                };
            }
            if said(asked) {
                held.tax_behavior = asked;
            }
            set_text(&mut held.lookup_key, change.lookup_key);
            set_text(&mut held.nickname, change.nickname);
            merge_metadata(&mut held.metadata, &change.metadata);
        });
        if self.has_plan(id) {
            self.emit_updated_by("plan.updated", &plan_before, |world, view| plan(world, id, view));
        }
        Ok(())
    }

    fn has_plan(&self, price: &str) -> bool {
        let recurs = self.prices.get(price).is_some_and(|price| price.recurring.is_some());
        self.rules.plan_events && recurs
    }

    pub(super) fn live_product(&self, id: &str, param: &'static str) -> Result<(), LifeError> {
        match self.products.get(id) {
            Some(product) if !product.deleted => Ok(()),
            Some(_) | None => Err(LifeError::Missing { kind: "product", id: id.to_owned(), param }),
        }
    }

    pub(crate) fn known_price(&self, id: &str, param: &'static str) -> Result<&Price, LifeError> {
        self.prices.get(id).ok_or_else(|| LifeError::Missing {
            kind: "price",
            id: id.to_owned(),
            param,
        })
    }
}

fn plan(world: &World, price: &str, view: View<'_>) -> Value {
    world.prices.get(price).map_or(Value::Null, |price| render::price::plan(price, view))
}

fn invalid(param: &'static str, message: &str) -> LifeError {
    LifeError::Invalid { param, message: message.to_owned() }
}

fn check_amounts(amounts: &Amounts, recurs: bool) -> Result<(), LifeError> {
    match amounts {
        Amounts::Tiered { tiers, .. } => check_tiers(tiers),
        Amounts::PerUnit(unit) if *unit < Decimal::ZERO => {
            Err(invalid("unit_amount", "This value must be greater than or equal to 0."))
        }
        Amounts::Custom { .. } if recurs => {
            let message = "`custom_unit_amount` is only supported for one-time prices.";
            Err(invalid("custom_unit_amount", message))
        }
        Amounts::PerUnit(_) | Amounts::Custom { .. } => Ok(()),
    }
}

/// Tiers rise, each costs something, and the last has no end.
fn check_tiers(tiers: &[Tier]) -> Result<(), LifeError> {
    let refuse = |message: &str| Err(invalid("tiers", message));
    let Some((last, before)) = tiers.split_last() else {
        return refuse("At least one tier is needed.");
    };
    if last.up_to.is_some() {
        return refuse("The last tier must have `up_to` set to `inf`.");
    }
    let mut end = 0;
    for tier in before {
        match tier.up_to {
            Some(up_to) if up_to > end => end = up_to,
            Some(_) | None => return refuse("Each tier must end above the one before it."),
        }
    }
    if tiers.iter().any(|tier| tier.flat.is_none() && tier.unit.is_none()) {
        return refuse("Each tier must have a `unit_amount` or a `flat_amount`.");
    }
    Ok(())
}
