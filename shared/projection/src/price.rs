use counterfoil_domain::mirror::Price;
use counterfoil_stripe_wire::object as wire;

pub(crate) fn row(id: String, it: wire::Price) -> Price {
    let (interval, interval_count, usage_type, meter) = match it.recurring {
        Some(it) => (it.interval, it.interval_count, it.usage_type, it.meter),
        None => (None, None, None, None),
    };
    let (divide_by, round) =
        it.transform_quantity.map_or((None, None), |it| (it.divide_by, it.round));
    Price {
        id,
        created: it.created.map(|at| at.0),
        active: it.active,
        product: it.product.map(|id| id.0.0),
        currency: it.currency.map(|text| text.0),
        r#type: it.r#type.map(|text| text.0),
        billing_scheme: it.billing_scheme.map(|text| text.0),
        unit_amount: it.unit_amount,
        unit_amount_decimal: it.unit_amount_decimal.map(|decimal| decimal.0),
        recurring_interval: interval.map(|text| text.0),
        recurring_interval_count: interval_count,
        recurring_usage_type: usage_type.map(|text| text.0),
        recurring_meter: meter.map(|id| id.0.0),
        tiers_mode: it.tiers_mode.map(|text| text.0),
        lookup_key: it.lookup_key.map(|text| text.0),
        nickname: it.nickname.map(|text| text.0),
        tax_behavior: it.tax_behavior.map(|text| text.0),
        transform_quantity_divide_by: divide_by,
        transform_quantity_round: round.map(|text| text.0),
        metadata: it.metadata.0,
    }
}
