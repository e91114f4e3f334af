// Features of products, and who may use them.

import {
  Stripe, all, drives, ids, paidCustomer, refused, run, same, sdk,
} from './stage.mjs';

const { activeEntitlements: active, features } = sdk.entitlements;
const { StripeInvalidRequestError } = Stripe.errors;

drives(
  [
    'POST /v1/entitlements/features',
    'GET /v1/entitlements/features',
    'GET /v1/entitlements/features/*',
    'POST /v1/entitlements/features/*',
  ],
  async function featuresAreMadeAndArchived() {
    const made = await features.create({
      name: 'Exports',
      lookup_key: 'exports',
      metadata: { a: 'b' },
    });
    same([made.object, made.name], ['entitlements.feature', 'Exports']);
    same([made.lookup_key, made.active], ['exports', true]);
    same(await features.retrieve(made.id), made);
    same(ids((await features.list({ lookup_key: 'exports' })).data), [made.id]);
    const changed = await features.update(made.id, { name: 'Export', active: false });
    same([changed.name, changed.active, changed.lookup_key], ['Export', false, 'exports']);
    same((await features.list()).data, []);
    same(ids((await features.list({ archived: true })).data), [made.id]);
    const error = await refused(StripeInvalidRequestError, () =>
      features.update(made.id, { lookup_key: 'other' }),
    );
    same([error.code, error.param], ['parameter_unknown', 'lookup_key']);
  },
);

drives(
  [
    'GET /v1/entitlements/active_entitlements',
    'GET /v1/entitlements/active_entitlements/*',
    'POST /v1/products/*/features',
  ],
  async function aSubscriptionEntitles() {
    const keys = Array.from({ length: 12 }, (_, number) => `key-${number}`).sort();
    const product = await sdk.products.create({ name: 'Pro' });
    for (const key of keys) {
      const { id } = await features.create({ name: key, lookup_key: key });
      await sdk.products.createFeature(product.id, { entitlement_feature: id });
    }
    const price = await sdk.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 500,
      recurring: { interval: 'month' },
    });
    const { id: customer } = await paidCustomer();
    same((await active.list({ customer })).data, []);
    const made = await sdk.subscriptions.create({ customer, items: [{ price: price.id }] });
    const listed = await active.list({ customer, limit: 5 });
    same([listed.data.length, listed.has_more], [5, true]);
    const everything = await all(active.list({ customer, limit: 5 }));
    same(everything.map((it) => it.lookup_key).sort(), keys);
    const one = await active.retrieve(everything[0].id, { expand: ['feature'] });
    same([one.object, one.livemode], ['entitlements.active_entitlement', false]);
    same([one.feature.object, one.feature.lookup_key], ['entitlements.feature', one.lookup_key]);
    const type = 'entitlements.active_entitlement_summary.updated';
    const { object: told } = (await sdk.events.list({ type })).data[0].data;
    same(
      [told.customer, told.entitlements.data.length, told.entitlements.has_more],
      [customer, 10, true],
    );
    await sdk.subscriptions.cancel(made.id);
    same((await active.list({ customer })).data, []);
    const error = await refused(StripeInvalidRequestError, () => active.list({}));
    same([error.code, error.param], ['parameter_missing', 'customer']);
  },
);

await run();
