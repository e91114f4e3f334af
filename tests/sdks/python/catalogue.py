"""Products, prices, coupons and promotion codes."""

import stripe
from stage import advance, drives, ids, monthly_price, paid_customer, refused, run, same, sdk

products, prices = sdk.v1.products, sdk.v1.prices
coupons, codes = sdk.v1.coupons, sdk.v1.promotion_codes


@drives("POST /v1/products", "GET /v1/products/*", "POST /v1/products/*")
def a_product_keeps_what_it_is_given():
    made = products.create(
        params={"name": "Tea", "description": "green", "metadata": {"leaf": "whole"}}
    )
    same((made.object, made.name, made.active), ("product", "Tea", True))
    same((made.description, made.default_price), ("green", None))
    same(products.retrieve(made.id).to_dict(), made.to_dict())
    price = prices.create(params={"product": made.id, "currency": "usd", "unit_amount": 900})
    changed = products.update(
        made.id,
        params={"name": "Black tea", "active": False, "default_price": price.id},
    )
    same((changed.name, changed.active, changed.default_price), ("Black tea", False, price.id))
    same(changed.metadata.to_dict(), {"leaf": "whole"})
    expanded = products.retrieve(made.id, params={"expand": ["default_price"]})
    same(expanded.default_price.unit_amount, 900)


@drives("GET /v1/products")
def products_are_listed_by_ids_and_by_whether_they_are_active():
    made = [products.create(params={"name": name}) for name in ("x", "y", "z")]
    wanted = [made[0].id, made[2].id]
    same(ids(products.list(params={"ids": wanted}).data), wanted[::-1])
    products.update(made[2].id, params={"active": False})
    same(ids(products.list(params={"ids": wanted, "active": True}).data), [made[0].id])


@drives("DELETE /v1/products/*")
def a_product_without_prices_can_be_deleted():
    made = products.create(params={"name": "short-lived"})
    gone = products.delete(made.id)
    same((gone.id, gone.deleted), (made.id, True))
    error = refused(stripe.InvalidRequestError, lambda: products.retrieve(made.id))
    same((error.http_status, error.code, error.param), (404, "resource_missing", "id"))
    kept = monthly_price().product
    refused(stripe.InvalidRequestError, lambda: products.delete(kept))
    same(products.retrieve(kept).id, kept)


@drives("GET /v1/products/search", "GET /v1/prices/search")
def the_catalogue_is_searched():
    product = products.create(params={"name": "Sought", "metadata": {"find": "me"}})
    price = prices.create(
        params={
            "product": product.id,
            "currency": "usd",
            "unit_amount": 7,
            "metadata": {"find": "me"},
        }
    )
    advance(3_600)
    query = {"query": 'metadata["find"]:"me" AND active:"true"'}
    same(ids(products.search(params=query).data), [product.id])
    same(ids(prices.search(params=query).data), [price.id])


@drives(
    "POST /v1/products/*/features",
    "GET /v1/products/*/features",
    "GET /v1/products/*/features/*",
    "DELETE /v1/products/*/features/*",
    "POST /v1/entitlements/features",
)
def features_hang_on_products():
    product = products.create(params={"name": "Pro"}).id
    feature = sdk.v1.entitlements.features.create(
        params={"name": "Exports", "lookup_key": "exports"}
    )
    made = products.features.create(product, params={"entitlement_feature": feature.id})
    same((made.object, made.livemode), ("product_feature", False))
    same((made.entitlement_feature.id, made.entitlement_feature.lookup_key), (feature.id, "exports"))
    same(products.features.retrieve(product, made.id).to_dict(), made.to_dict())
    same(ids(products.features.list(product).data), [made.id])
    gone = products.features.delete(product, made.id)
    same((gone.id, gone.deleted), (made.id, True))
    same(products.features.list(product).data, [])


@drives("POST /v1/prices", "GET /v1/prices/*", "POST /v1/prices/*")
def a_price_keeps_its_amount_for_ever():
    price = monthly_price(1_234, lookup_key="plan_1", nickname="small")
    same((price.object, price.type, price.unit_amount), ("price", "recurring", 1_234))
    same((price.recurring.interval, price.recurring.interval_count), ("month", 1))
    same((price.recurring.usage_type, price.billing_scheme), ("licensed", "per_unit"))
    same(str(price.unit_amount_decimal), "1234")
    same(prices.retrieve(price.id).to_dict(), price.to_dict())
    changed = prices.update(
        price.id, params={"nickname": "old", "active": False, "metadata": {"a": "b"}}
    )
    same((changed.nickname, changed.active, changed.unit_amount), ("old", False, 1_234))
    error = refused(
        stripe.InvalidRequestError, lambda: prices.update(price.id, params={"unit_amount": 1})
    )
    same((error.code, error.param), ("parameter_unknown", "unit_amount"))


@drives("GET /v1/prices")
def prices_are_listed_by_product_and_by_lookup_key():
    price = monthly_price(lookup_key="sought_1")
    once = prices.create(
        params={"product": price.product, "currency": "eur", "unit_amount": 5_000}
    )
    same(once.type, "one_time")
    same(once.recurring, None)
    listed = prices.list(params={"product": price.product})
    same(ids(listed.data), [once.id, price.id])
    for params in ({"type": "one_time"}, {"currency": "eur"}):
        found = prices.list(params={"product": price.product, **params})
        same(ids(found.data), [once.id], params)
    found = prices.list(params={"lookup_keys": ["sought_1"], "expand": ["data.product"]})
    same([it.product.name for it in found.data], ["Plan"])


@drives("POST /v1/prices")
def prices_have_decimals_and_tiers():
    product = products.create(params={"name": "Calls"}).id
    fine = prices.create(
        params={
            "product": product,
            "currency": "usd",
            "unit_amount_decimal": "0.05",
            "recurring": {"interval": "month"},
        }
    )
    same((fine.unit_amount, str(fine.unit_amount_decimal)), (None, "0.05"))
    tiered = prices.create(
        params={
            "product": product,
            "currency": "usd",
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "tiers": [{"up_to": 10, "unit_amount": 100}, {"up_to": "inf", "unit_amount": 50}],
            "recurring": {"interval": "month"},
            "expand": ["tiers"],
        }
    )
    same((tiered.billing_scheme, tiered.tiers_mode), ("tiered", "graduated"))
    same([(it.up_to, it.unit_amount) for it in tiered.tiers], [(10, 100), (None, 50)])


@drives(
    "POST /v1/coupons",
    "GET /v1/coupons",
    "GET /v1/coupons/*",
    "POST /v1/coupons/*",
    "DELETE /v1/coupons/*",
)
def coupons_are_made_changed_and_deleted():
    made = coupons.create(
        params={"id": "TEN1", "percent_off": 10, "duration": "repeating", "duration_in_months": 3}
    )
    same((made.id, made.object, made.valid, made.times_redeemed), ("TEN1", "coupon", True, 0))
    same((made.percent_off, made.amount_off, made.duration), (10, None, "repeating"))
    flat = coupons.create(params={"amount_off": 300, "currency": "usd", "duration": "once"})
    same((flat.amount_off, flat.currency, flat.percent_off), (300, "usd", None))
    same(ids(coupons.list().data), [flat.id, "TEN1"])
    same(coupons.retrieve("TEN1").to_dict(), made.to_dict())
    same(coupons.update("TEN1", params={"name": "Ten off"}).name, "Ten off")
    gone = coupons.delete("TEN1")
    same((gone.id, gone.deleted), ("TEN1", True))
    same(ids(coupons.list().data), [flat.id])
    error = refused(stripe.InvalidRequestError, lambda: coupons.retrieve("TEN1"))
    same((error.http_status, error.code), (404, "resource_missing"))


@drives(
    "POST /v1/promotion_codes",
    "GET /v1/promotion_codes",
    "GET /v1/promotion_codes/*",
    "POST /v1/promotion_codes/*",
)
def promotion_codes_lead_to_coupons():
    coupon = coupons.create(params={"percent_off": 50, "duration": "forever"})
    made = codes.create(
        params={"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "HALF1"}
    )
    same((made.object, made.code, made.active), ("promotion_code", "HALF1", True))
    same((made.promotion.type, made.promotion.coupon), ("coupon", coupon.id))
    same((made.times_redeemed, made.max_redemptions), (0, None))
    expanded = codes.retrieve(made.id, params={"expand": ["promotion.coupon"]})
    same(expanded.promotion.coupon.percent_off, 50)
    same(ids(codes.list(params={"code": "HALF1"}).data), [made.id])
    price, owner = monthly_price(1_000), paid_customer()
    bought = sdk.v1.subscriptions.create(
        params={
            "customer": owner.id,
            "items": [{"price": price.id}],
            "discounts": [{"promotion_code": made.id}],
            "expand": ["latest_invoice", "discounts"],
        }
    )
    same(bought.latest_invoice.total, 500)
    same(bought.discounts[0].promotion_code, made.id)
    same(codes.retrieve(made.id).times_redeemed, 1)
    same(codes.update(made.id, params={"active": False}).active, False)
    same(ids(codes.list(params={"active": True}).data), [])


run()
