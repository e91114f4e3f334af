//! Tax ids of customers.

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TaxId {
    pub(crate) id: String,
    pub(crate) created: i64,
    /// As two letters, where the type or the value tells it.
    pub(crate) country: Option<String>,
    pub(crate) customer: String,
    pub(crate) deleted: bool,
    /// Such as `eu_vat`.
    pub(crate) kind: String,
    pub(crate) value: String,
}

impl TaxId {
    /// Whether a government is asked about ids of this type.
    pub(crate) fn is_verified(&self) -> bool {
        ["au_abn", "eu_vat", "gb_vat"].contains(&self.kind.as_str())
    }
}
