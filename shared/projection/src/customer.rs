use counterfoil_domain::mirror::Customer;
use counterfoil_stripe_wire::object as wire;

pub(crate) fn row(id: String, it: wire::Customer) -> Customer {
    Customer {
        id,
        created: it.created.map(|at| at.0),
        email: it.email.map(|text| text.0),
        name: it.name.map(|text| text.0),
        phone: it.phone.map(|text| text.0),
        address: it.address.map(|json| json.0),
        description: it.description.map(|text| text.0),
        balance: it.balance.or(it.account_balance),
        currency: it.currency.map(|text| text.0),
        delinquent: it.delinquent,
        default_source: it.default_source.map(|id| id.0.0),
        invoice_prefix: it.invoice_prefix.map(|text| text.0),
        invoice_settings_default_payment_method: it
            .invoice_settings
            .and_then(|settings| settings.default_payment_method)
            .map(|id| id.0.0),
        tax_exempt: it.tax_exempt.map(|text| text.0),
        test_clock: it.test_clock.map(|id| id.0.0),
        metadata: it.metadata.0,
    }
}
