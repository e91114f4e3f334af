//! What a simulator's handle does with features.

use crate::life::{FeatureChange, LifeError, NewFeature};
use crate::simulator::Simulator;

impl Simulator {
    /// Makes a feature that products can have.
    pub fn create_feature(&self, new: NewFeature) -> Result<String, LifeError> {
        self.on_request(|world| world.create_feature(new))
    }

    /// Changes a feature, or archives it.
    pub fn update_feature(&self, id: &str, change: FeatureChange) -> Result<(), LifeError> {
        self.on_request(|world| world.update_feature(id, change))
    }

    /// Gives a product a feature. Who subscribes to it from then on is entitled to the feature;
    /// subscriptions that run are from their next period on. Answers the id of the attachment.
    pub fn attach_feature(&self, product: &str, feature: &str) -> Result<String, LifeError> {
        self.on_request(|world| world.attach_feature(product, feature))
    }

    /// Takes a feature from a product by the id of the attachment.
    pub fn detach_feature(&self, product: &str, attachment: &str) -> Result<(), LifeError> {
        self.on_request(|world| world.detach_feature(product, attachment))
    }
}
