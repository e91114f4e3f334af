//! Features, product features, active entitlements, and the summary of a customer's.

use super::{INLINE_ENTRIES_MAX, Object, View};
use crate::model::entitlement::{ActiveEntitlement, Feature, ProductFeature};
use crate::model::table::Table;
use crate::world::World;
use serde_json::{Value, json};

impl Object for Feature {
    const KIND: &'static str = "entitlements.feature";
    const PLURAL: &'static str = "entitlements/features";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn table(world: &World) -> &Table<Self> {
        &world.features
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.features
    }

    fn render(&self, _world: &World, _view: View<'_>) -> Value {
        json!({
            "id": self.id,
            "object": Self::KIND,
            "active": self.active,
            "livemode": false,
            "lookup_key": self.lookup_key,
            "metadata": self.metadata,
            "name": self.name,
        })
    }
}

impl Object for ProductFeature {
    const KIND: &'static str = "product_feature";
    const PLURAL: &'static str = "products/features";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn is_deleted(&self) -> bool {
        self.detached.is_some()
    }

    fn table(world: &World) -> &Table<Self> {
        &world.product_features
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.product_features
    }

    fn render(&self, world: &World, view: View<'_>) -> Value {
        let feature = world.features.get(&self.feature);
        json!({
            "id": self.id,
            "object": Self::KIND,
            "entitlement_feature": feature.map(|feature| feature.render(world, view)),
            "livemode": false,
        })
    }
}

impl Object for ActiveEntitlement {
    const KIND: &'static str = "entitlements.active_entitlement";
    const PLURAL: &'static str = "entitlements/active_entitlements";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn is_deleted(&self) -> bool {
        self.ended
    }

    fn table(world: &World) -> &Table<Self> {
        &world.entitlements
    }

    fn table_mut(world: &mut World) -> &mut Table<Self> {
        &mut world.entitlements
    }

    fn render(&self, _world: &World, _view: View<'_>) -> Value {
        json!({
            "id": self.id,
            "object": Self::KIND,
            "feature": self.feature,
            "livemode": false,
            "lookup_key": self.lookup_key,
        })
    }
}

/// All that a customer is entitled to. Unlike other lists inside an object this one tells no
/// total, and names an address under the customer, as recorded.
pub(crate) fn summary(customer: &str, world: &World, view: View<'_>) -> Value {
    let all: Vec<&ActiveEntitlement> = world.entitled(customer).collect();
    let shown = if view.whole_lists { all.len() } else { INLINE_ENTRIES_MAX };
    let data: Vec<Value> =
        all.iter().rev().take(shown).map(|held| held.render(world, view)).collect();
    json!({
        "object": "entitlements.active_entitlement_summary",
        "customer": customer,
        "entitlements": {
            "object": "list",
            "data": data,
            "has_more": data.len() < all.len(),
            "url": format!("/v1/customer/{customer}/entitlements"),
        },
        "livemode": false,
    })
}
