//! Products.

use super::{Object, View, deleted, extend, remove};
use crate::model::product::Product;
use crate::model::table::Table;
use crate::version::since;
use crate::world::World;
use serde_json::{Value, json};

impl Object for Product {
    const KIND: &'static str = "product";
    const PLURAL: &'static str = "products";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn is_deleted(&self) -> bool {
        self.deleted
    }

    fn table(world: &World) -> &Table<Self> {
        &world.products
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.products
    }

    fn render(&self, _world: &World, view: View<'_>) -> Value {
        if self.deleted { deleted(Self::KIND, &self.id) } else { last_state(self, view) }
    }
}

/// The product with all its fields, deleted or not.
pub(crate) fn last_state(product: &Product, view: View<'_>) -> Value {
    let features: Vec<Value> =
        product.marketing_features.iter().map(|name| json!({ "name": name })).collect();
    let mut body = json!({
        "id": product.id,
        "object": "product",
        "active": product.active,
        "created": product.created,
        "default_price": product.default_price,
        "description": product.description,
        "images": product.images,
        "livemode": false,
        "marketing_features": features,
        "metadata": product.metadata,
        "name": product.name,
        "package_dimensions": null,
        "shippable": product.shippable,
        "statement_descriptor": product.statement_descriptor,
        "tax_code": product.tax_code,
        "tax_details": null,
        "type": "service",
        "unit_label": product.unit_label,
        "updated": product.updated,
        "url": product.url,
    });
    if !view.version.has(since::MARKETING_FEATURES) {
        remove(&mut body, &["marketing_features"]);
        extend(&mut body, json!({ "features": features }));
    }
    body
}
