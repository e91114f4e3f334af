use counterfoil_domain::mirror::Product;
use counterfoil_stripe_wire::object as wire;

pub(crate) fn row(id: String, it: wire::Product) -> Product {
    Product {
        id,
        created: it.created.map(|at| at.0),
        updated: it.updated.map(|at| at.0),
        active: it.active,
        name: it.name.map(|text| text.0),
        description: it.description.map(|text| text.0),
        default_price: it.default_price.map(|id| id.0.0),
        unit_label: it.unit_label.map(|text| text.0),
        tax_code: it.tax_code.map(|id| id.0.0),
        metadata: it.metadata.0,
    }
}
