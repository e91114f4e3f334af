"""Features of products, and who may use them."""

import stripe
from stage import drives, ids, paid_customer, refused, run, same, sdk

features = sdk.v1.entitlements.features
active = sdk.v1.entitlements.active_entitlements


@drives(
    "POST /v1/entitlements/features",
    "GET /v1/entitlements/features",
    "GET /v1/entitlements/features/*",
    "POST /v1/entitlements/features/*",
)
def features_are_made_and_archived():
    made = features.create(
        params={"name": "Exports", "lookup_key": "exports", "metadata": {"a": "b"}}
    )
    same((made.object, made.name), ("entitlements.feature", "Exports"))
    same((made.lookup_key, made.active), ("exports", True))
    same(features.retrieve(made.id).to_dict(), made.to_dict())
    same(ids(features.list(params={"lookup_key": "exports"}).data), [made.id])
    changed = features.update(made.id, params={"name": "Export", "active": False})
    same((changed.name, changed.active, changed.lookup_key), ("Export", False, "exports"))
    same(features.list().data, [])
    same(ids(features.list(params={"archived": True}).data), [made.id])
    error = refused(
        stripe.InvalidRequestError,
        lambda: features.update(made.id, params={"lookup_key": "other"}),
    )
    same((error.code, error.param), ("parameter_unknown", "lookup_key"))


@drives(
    "GET /v1/entitlements/active_entitlements",
    "GET /v1/entitlements/active_entitlements/*",
    "POST /v1/products/*/features",
)
def a_subscription_entitles():
    keys = [f"key-{number}" for number in range(12)]
    product = sdk.v1.products.create(params={"name": "Pro"})
    for key in keys:
        feature = features.create(params={"name": key, "lookup_key": key})
        sdk.v1.products.features.create(
            product.id, params={"entitlement_feature": feature.id}
        )
    price = sdk.v1.prices.create(
        params={
            "product": product.id,
            "currency": "usd",
            "unit_amount": 500,
            "recurring": {"interval": "month"},
        }
    )
    owner = paid_customer().id
    same(active.list(params={"customer": owner}).data, [])
    made = sdk.v1.subscriptions.create(
        params={"customer": owner, "items": [{"price": price.id}]}
    )
    listed = active.list(params={"customer": owner, "limit": 5})
    same((len(listed.data), listed.has_more), (5, True))
    everything = list(listed.auto_paging_iter())
    same(sorted(it.lookup_key for it in everything), sorted(keys))
    one = active.retrieve(everything[0].id, params={"expand": ["feature"]})
    same((one.object, one.livemode), ("entitlements.active_entitlement", False))
    same((one.feature.object, one.feature.lookup_key), ("entitlements.feature", one.lookup_key))
    kind = "entitlements.active_entitlement_summary.updated"
    told = sdk.v1.events.list(params={"type": kind}).data[0].data.object
    same((told.customer, len(told.entitlements.data), told.entitlements.has_more),
         (owner, 10, True))
    sdk.v1.subscriptions.cancel(made.id)
    same(active.list(params={"customer": owner}).data, [])
    error = refused(stripe.InvalidRequestError, lambda: active.list(params={}))
    same((error.code, error.param), ("parameter_missing", "customer"))


run()
