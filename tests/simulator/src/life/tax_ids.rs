//! Tax ids of customers: they are made and deleted, never changed.

use super::LifeError;
use crate::model::tax_id::TaxId;
use crate::world::World;
use serde_json::Value;

impl World {
    pub(crate) fn create_tax_id(
        &mut self,
        customer: &str,
        kind: &str,
        value: &str,
    ) -> Result<String, LifeError> {
        self.live_customer(customer, "customer")?;
        let id = self.ids.long("txi_");
        let tax_id = TaxId {
            id: id.clone(),
            created: self.now,
            country: country(kind, value),
            customer: customer.to_owned(),
            deleted: false,
            kind: kind.to_owned(),
            value: value.to_owned(),
        };
        self.tax_ids.insert(&id, tax_id);
        self.emit::<TaxId>("customer.tax_id.created", &id);
        Ok(id)
    }

    pub(crate) fn delete_tax_id(&mut self, customer: &str, id: &str) -> Result<(), LifeError> {
        self.tax_id(customer, id)?;
        self.edit::<TaxId>(id, |held| held.deleted = true);
        self.emit_by("customer.tax_id.deleted", |world, view| {
            world
                .tax_ids
                .get(id)
                .map_or(Value::Null, |held| crate::render::Object::render(held, world, view))
        });
        Ok(())
    }

    /// A tax id of this customer, and of no other.
    pub(crate) fn tax_id(&self, customer: &str, id: &str) -> Result<&TaxId, LifeError> {
        self.live_customer(customer, "customer")?;
        let held = self.tax_ids.get(id).filter(|held| held.customer == customer && !held.deleted);
        held.ok_or_else(|| LifeError::Missing { kind: "tax_id", id: id.to_owned(), param: "id" })
    }
}

/// The type begins with the country; that of the European Union leaves it to the value, where
/// Greece goes by another name.
fn country(kind: &str, value: &str) -> Option<String> {
    let prefix = match kind.split_once('_') {
        Some(("eu", "vat")) => value.get(..2)?.to_uppercase(),
        Some((prefix, _)) => prefix.to_uppercase(),
        None => return None,
    };
    match prefix.as_str() {
        "EL" => Some("GR".to_owned()),
        "EU" => None,
        letters => letters.bytes().all(|it| it.is_ascii_uppercase()).then_some(prefix),
    }
}

#[cfg(test)]
mod tests {
    use super::country;

    #[test]
    fn types_and_values_tell_countries() {
        for (kind, value, expected) in [
            ("eu_vat", "DE123456789", Some("DE")),
            ("eu_vat", "el123456789", Some("GR")),
            ("eu_vat", "1", None),
            ("eu_vat", "12", None),
            ("eu_vat", "ÄÖ1", None),
            ("eu_oss_vat", "EU123456789", None),
            ("gb_vat", "GB123456789", Some("GB")),
            ("us_ein", "12-3456789", Some("US")),
        ] {
            assert_eq!(country(kind, value).as_deref(), expected, "{kind} {value}");
        }
    }
}
