//! Features, and which products have them.

use super::LifeError;
use crate::model::entitlement::{Feature, ProductFeature};
use crate::model::{Metadata, merge_metadata};
use crate::world::World;

/// A feature to make.
#[derive(Clone, Debug, Default)]
pub struct NewFeature {
    /// What the account knows it by; no other feature may have it, and it never changes.
    pub lookup_key: String,
    /// Metadata.
    pub metadata: Metadata,
    /// A name for people.
    pub name: String,
}

/// A change of a feature. What is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct FeatureChange {
    /// False archives it.
    pub active: Option<bool>,
    /// Keys to set; an empty value removes its key.
    pub metadata: Metadata,
    /// The new name.
    pub name: Option<String>,
}

/// How long a lookup key can be, in characters.
const LOOKUP_KEY_LENGTH_MAX: usize = 80;

impl World {
    /// Makes a feature. Its lookup key is its own for ever, archived or not.
    pub(crate) fn create_feature(&mut self, new: NewFeature) -> Result<String, LifeError> {
        let invalid = |message: String| LifeError::Invalid { param: "lookup_key", message };
        if new.lookup_key.chars().count() > LOOKUP_KEY_LENGTH_MAX {
            let most = LOOKUP_KEY_LENGTH_MAX;
            return Err(invalid(format!("lookup_key can be at most {most} characters long.")));
        }
        if self.features.rows().iter().any(|held| held.lookup_key == new.lookup_key) {
            let key = &new.lookup_key;
            return Err(LifeError::NotNow {
                code: Some("resource_already_exists"),
                message: format!("A feature with the lookup_key '{key}' already exists."),
            });
        }
        let id = self.ids.long("feat_test_");
        let feature = Feature {
            id: id.clone(),
            created: self.now,
            active: true,
            lookup_key: new.lookup_key,
            metadata: new.metadata,
            name: new.name,
        };
        self.features.insert(&id, feature);
        Ok(id)
    }

    /// Changes a feature, or archives it, which cannot be taken back. No event tells of it, and
    /// who is entitled to it stays so.
    pub(crate) fn update_feature(
        &mut self,
        id: &str,
        change: FeatureChange,
    ) -> Result<(), LifeError> {
        let held = self.known_feature(id, "id")?;
        if change.active == Some(true) && !held.active {
            return Err(LifeError::Invalid {
                param: "active",
                message: "An archived feature cannot be activated again.".to_owned(),
            });
        }
        self.edit::<Feature>(id, |held| {
            held.active = change.active.unwrap_or(held.active);
            merge_metadata(&mut held.metadata, &change.metadata);
            if let Some(name) = change.name {
                held.name = name;
            }
        });
        Ok(())
    }

    /// Gives a product a feature. Subscriptions that run have it from their next period on.
    pub(crate) fn attach_feature(
        &mut self,
        product: &str,
        feature: &str,
    ) -> Result<String, LifeError> {
        self.live_product(product, "product")?;
        let held = self.known_feature(feature, "entitlement_feature")?;
        if !held.active {
            return Err(LifeError::Invalid {
                param: "entitlement_feature",
                message: "An archived feature cannot be attached to a product.".to_owned(),
            });
        }
        if self.features_of(product).any(|held| held.feature == feature) {
            return Err(LifeError::NotNow {
                code: Some("resource_already_exists"),
                message: "The product has this feature already.".to_owned(),
            });
        }
        let id = self.ids.long("prodft_");
        self.attachments += 1;
        let attached = ProductFeature {
            id: id.clone(),
            created: self.now,
            attached: self.attachments,
            detached: None,
            feature: feature.to_owned(),
            product: product.to_owned(),
        };
        self.product_features.insert(&id, attached);
        Ok(id)
    }

    /// Takes a feature from a product. Assumed: subscriptions that run keep it until their next
    /// period, as they have a new one only from then on.
    pub(crate) fn detach_feature(&mut self, product: &str, id: &str) -> Result<(), LifeError> {
        self.product_feature(product, id)?;
        self.attachments += 1;
        let now = self.attachments;
        self.edit::<ProductFeature>(id, |held| held.detached = Some(now));
        Ok(())
    }

    /// What a product has now, oldest first.
    pub(crate) fn features_of(&self, product: &str) -> impl Iterator<Item = &ProductFeature> {
        let rows = self.product_features.rows().iter();
        rows.filter(move |held| held.product == product && held.detached.is_none())
    }

    pub(crate) fn product_feature(
        &self,
        product: &str,
        id: &str,
    ) -> Result<&ProductFeature, LifeError> {
        let held = self.product_features.get(id);
        held.filter(|held| held.product == product && held.detached.is_none()).ok_or_else(|| {
            LifeError::Missing { kind: "product_feature", id: id.to_owned(), param: "id" }
        })
    }

    fn known_feature(&self, id: &str, param: &'static str) -> Result<&Feature, LifeError> {
        self.features.get(id).ok_or_else(|| LifeError::Missing {
            kind: "entitlements.feature",
            id: id.to_owned(),
            param,
        })
    }
}
