//! Products.

use super::Metadata;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) active: bool,
    pub(crate) default_price: Option<String>,
    pub(crate) deleted: bool,
    pub(crate) description: Option<String>,
    pub(crate) images: Vec<String>,
    pub(crate) marketing_features: Vec<String>,
    pub(crate) metadata: Metadata,
    pub(crate) name: String,
    pub(crate) shippable: Option<bool>,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) tax_code: Option<String>,
    pub(crate) unit_label: Option<String>,
    pub(crate) url: Option<String>,
}
