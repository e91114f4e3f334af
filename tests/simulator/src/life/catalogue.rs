//! Products and prices.

use super::LifeError;
use super::customers::set_text;
use super::orders::{NewPrice, NewProduct, PriceChange, ProductChange};
use crate::model::merge_metadata;
use crate::model::price::{Price, Recurring};
use crate::model::product::Product;
use crate::render::{self, View};
use crate::world::World;
use serde_json::Value;

impl World {
    pub(crate) fn create_product(&mut self, new: NewProduct) -> Result<String, LifeError> {
        if let Some(id) = &new.id
            && self.products.get(id).is_some()
        {
            return Err(LifeError::NotNow {
                code: Some("resource_already_exists"),
                message: "Product already exists.".to_owned(),
            });
        }
        let id = new.id.unwrap_or_else(|| self.ids.short("prod_"));
        let product = Product {
            id: id.clone(),
            created: self.now,
            updated: self.now,
            active: true,
            default_price: None,
            deleted: false,
            description: new.description,
            marketing_features: Vec::new(),
            metadata: new.metadata,
            name: new.name,
            unit_label: new.unit_label,
        };
        self.products.insert(&id, product);
        self.emit::<Product>("product.created", &id);
        Ok(id)
    }

    pub(crate) fn update_product(
        &mut self,
        id: &str,
        change: ProductChange,
    ) -> Result<(), LifeError> {
        self.live_product(id, "id")?;
        if let Some(price) = change.default_price.as_deref().filter(|price| !price.is_empty()) {
            self.known_price(price, "default_price")?;
        }
        let now = self.now;
        self.update::<Product>("product.updated", id, |held| {
            held.active = change.active.unwrap_or(held.active);
            set_text(&mut held.default_price, change.default_price);
            set_text(&mut held.description, change.description);
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
        self.live_product(&new.product, "product")?;
        let id = self.ids.long("price_");
        let meter = new.meter;
        let price = Price {
            id: id.clone(),
            created: self.now,
            active: true,
            currency: new.currency,
            lookup_key: new.lookup_key,
            metadata: new.metadata,
            nickname: new.nickname,
            product: new.product,
            recurring: new.recurring.map(|(interval, interval_count)| Recurring {
                interval,
                interval_count,
                meter,
            }),
            unit_amount: new.unit_amount,
        };
        self.prices.insert(&id, price);
        self.emit::<Price>("price.created", &id);
        if self.has_plan(&id) {
            self.emit_by("plan.created", |world, view| plan(world, &id, view));
        }
        Ok(id)
    }

    pub(crate) fn update_price(&mut self, id: &str, change: PriceChange) -> Result<(), LifeError> {
        self.known_price(id, "id")?;
        let plan_before = self.shown_by(|world, view| plan(world, id, view));
        self.update::<Price>("price.updated", id, |held| {
            held.active = change.active.unwrap_or(held.active);
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

    fn live_product(&self, id: &str, param: &'static str) -> Result<(), LifeError> {
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
