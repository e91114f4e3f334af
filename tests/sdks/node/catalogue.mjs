// Products, prices, coupons and promotion codes.

import {
  Stripe, advance, drives, ids, monthlyPrice, refused, run, same, sdk, subscription,
} from './stage.mjs';

const { coupons, prices, products, promotionCodes } = sdk;
const { StripeInvalidRequestError } = Stripe.errors;

drives(
  ['POST /v1/products', 'GET /v1/products/*', 'POST /v1/products/*'],
  async function aProductKeepsWhatItIsGiven() {
    const made = await products.create({
      name: 'Tea',
      description: 'green',
      metadata: { leaf: 'whole' },
    });
    same([made.object, made.name, made.active], ['product', 'Tea', true]);
    same([made.description, made.default_price], ['green', null]);
    same(await products.retrieve(made.id), made);
    const price = await prices.create({ product: made.id, currency: 'usd', unit_amount: 900 });
    const changed = await products.update(made.id, {
      name: 'Black tea',
      active: false,
      default_price: price.id,
    });
    same([changed.name, changed.active], ['Black tea', false]);
    same([changed.default_price, changed.metadata], [price.id, { leaf: 'whole' }]);
    const expanded = await products.retrieve(made.id, { expand: ['default_price'] });
    same(expanded.default_price.unit_amount, 900);
  },
);

drives(['GET /v1/products'], async function productsAreListedByIdsAndByWhetherTheyAreActive() {
  const made = [];
  for (const name of 'xyz') made.push((await products.create({ name })).id);
  const wanted = [made[0], made[2]];
  same(ids((await products.list({ ids: wanted })).data), wanted.toReversed());
  await products.update(made[2], { active: false });
  same(ids((await products.list({ ids: wanted, active: true })).data), [made[0]]);
});

drives(['DELETE /v1/products/*'], async function aProductWithoutPricesCanBeDeleted() {
  const made = await products.create({ name: 'short-lived' });
  const gone = await products.del(made.id);
  same([gone.id, gone.deleted], [made.id, true]);
  const error = await refused(StripeInvalidRequestError, () => products.retrieve(made.id));
  same([error.statusCode, error.code, error.param], [404, 'resource_missing', 'id']);
  const { product: kept } = await monthlyPrice();
  await refused(StripeInvalidRequestError, () => products.del(kept));
  same((await products.retrieve(kept)).id, kept);
});

drives(
  ['GET /v1/products/search', 'GET /v1/prices/search'],
  async function theCatalogueIsSearched() {
    const metadata = { find: 'me' };
    const product = await products.create({ name: 'Sought', metadata });
    const price = await prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 7,
      metadata,
    });
    await advance(3_600);
    const query = 'metadata["find"]:"me" AND active:"true"';
    same(ids((await products.search({ query })).data), [product.id]);
    same(ids((await prices.search({ query })).data), [price.id]);
  },
);

drives(
  [
    'POST /v1/products/*/features',
    'GET /v1/products/*/features',
    'GET /v1/products/*/features/*',
    'DELETE /v1/products/*/features/*',
    'POST /v1/entitlements/features',
  ],
  async function featuresHangOnProducts() {
    const { id: product } = await products.create({ name: 'Pro' });
    const feature = await sdk.entitlements.features.create({
      name: 'Exports',
      lookup_key: 'exports',
    });
    const made = await products.createFeature(product, { entitlement_feature: feature.id });
    same([made.object, made.livemode], ['product_feature', false]);
    same(made.entitlement_feature.id, feature.id);
    same(made.entitlement_feature.lookup_key, 'exports');
    same(await products.retrieveFeature(product, made.id), made);
    same(ids((await products.listFeatures(product)).data), [made.id]);
    const gone = await products.deleteFeature(product, made.id);
    same([gone.id, gone.deleted], [made.id, true]);
    same((await products.listFeatures(product)).data, []);
  },
);

drives(
  ['POST /v1/prices', 'GET /v1/prices/*', 'POST /v1/prices/*'],
  async function aPriceKeepsItsAmountForEver() {
    const price = await monthlyPrice(1_234, { lookup_key: 'plan_1', nickname: 'small' });
    same([price.object, price.type, price.unit_amount], ['price', 'recurring', 1_234]);
    same([price.recurring.interval, price.recurring.interval_count], ['month', 1]);
    same([price.recurring.usage_type, price.billing_scheme], ['licensed', 'per_unit']);
    same(String(price.unit_amount_decimal), '1234');
    same((await prices.retrieve(price.id)).lookup_key, 'plan_1');
    const changed = await prices.update(price.id, {
      nickname: 'old',
      active: false,
      metadata: { a: 'b' },
    });
    same([changed.nickname, changed.active, changed.unit_amount], ['old', false, 1_234]);
    const error = await refused(StripeInvalidRequestError, () =>
      prices.update(price.id, { unit_amount: 1 }),
    );
    same([error.code, error.param], ['parameter_unknown', 'unit_amount']);
  },
);

drives(['GET /v1/prices'], async function pricesAreListedByProductAndByLookupKey() {
  const price = await monthlyPrice(1_000, { lookup_key: 'sought_1' });
  const once = await prices.create({
    product: price.product,
    currency: 'eur',
    unit_amount: 5_000,
  });
  same([once.type, once.recurring], ['one_time', null]);
  const { product } = price;
  same(ids((await prices.list({ product })).data), [once.id, price.id]);
  for (const filter of [{ type: 'one_time' }, { currency: 'eur' }]) {
    same(ids((await prices.list({ product, ...filter })).data), [once.id]);
  }
  const found = await prices.list({ lookup_keys: ['sought_1'], expand: ['data.product'] });
  same(found.data.map((it) => it.product.name), ['Plan']);
});

drives(['POST /v1/prices'], async function pricesHaveDecimalsAndTiers() {
  const { id: product } = await products.create({ name: 'Calls' });
  const fine = await prices.create({
    product,
    currency: 'usd',
    unit_amount_decimal: '0.05',
    recurring: { interval: 'month' },
  });
  same([fine.unit_amount, String(fine.unit_amount_decimal)], [null, '0.05']);
  const tiered = await prices.create({
    product,
    currency: 'usd',
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: [
      { up_to: 10, unit_amount: 100 },
      { up_to: 'inf', unit_amount: 50 },
    ],
    recurring: { interval: 'month' },
    expand: ['tiers'],
  });
  same([tiered.billing_scheme, tiered.tiers_mode], ['tiered', 'graduated']);
  same(tiered.tiers.map((it) => [it.up_to, it.unit_amount]), [[10, 100], [null, 50]]);
});

drives(
  [
    'POST /v1/coupons',
    'GET /v1/coupons',
    'GET /v1/coupons/*',
    'POST /v1/coupons/*',
    'DELETE /v1/coupons/*',
  ],
  async function couponsAreMadeChangedAndDeleted() {
    const made = await coupons.create({
      id: 'TEN1',
      percent_off: 10,
      duration: 'repeating',
      duration_in_months: 3,
    });
    same([made.id, made.object, made.valid, made.times_redeemed], ['TEN1', 'coupon', true, 0]);
    same([made.percent_off, made.amount_off, made.duration], [10, null, 'repeating']);
    const flat = await coupons.create({ amount_off: 300, currency: 'usd', duration: 'once' });
    same([flat.amount_off, flat.currency, flat.percent_off], [300, 'usd', null]);
    same(ids((await coupons.list()).data), [flat.id, 'TEN1']);
    same(await coupons.retrieve('TEN1'), made);
    same((await coupons.update('TEN1', { name: 'Ten off' })).name, 'Ten off');
    const gone = await coupons.del('TEN1');
    same([gone.id, gone.deleted], ['TEN1', true]);
    same(ids((await coupons.list()).data), [flat.id]);
    const error = await refused(StripeInvalidRequestError, () => coupons.retrieve('TEN1'));
    same([error.statusCode, error.code], [404, 'resource_missing']);
  },
);

drives(
  [
    'POST /v1/promotion_codes',
    'GET /v1/promotion_codes',
    'GET /v1/promotion_codes/*',
    'POST /v1/promotion_codes/*',
  ],
  async function promotionCodesLeadToCoupons() {
    const coupon = await coupons.create({ percent_off: 50, duration: 'forever' });
    const made = await promotionCodes.create({
      promotion: { type: 'coupon', coupon: coupon.id },
      code: 'HALF1',
    });
    same([made.object, made.code, made.active], ['promotion_code', 'HALF1', true]);
    same([made.promotion.type, made.promotion.coupon], ['coupon', coupon.id]);
    same([made.times_redeemed, made.max_redemptions], [0, null]);
    const expanded = await promotionCodes.retrieve(made.id, { expand: ['promotion.coupon'] });
    same(expanded.promotion.coupon.percent_off, 50);
    same(ids((await promotionCodes.list({ code: 'HALF1' })).data), [made.id]);
    const bought = await subscription({
      discounts: [{ promotion_code: made.id }],
      expand: ['latest_invoice', 'discounts'],
    });
    same(bought.latest_invoice.total, 500);
    same(bought.discounts[0].promotion_code, made.id);
    same((await promotionCodes.retrieve(made.id)).times_redeemed, 1);
    same((await promotionCodes.update(made.id, { active: false })).active, false);
    same((await promotionCodes.list({ active: true })).data, []);
  },
);

await run();
