// Customers, and what hangs on them: balance, tax ids, payment methods, a discount.

import {
  START, Stripe, advance, client, drives, ids, paidCustomer, refused, run, same, sdk,
  subscription,
} from './stage.mjs';

const { customers } = sdk;
const { StripeInvalidRequestError } = Stripe.errors;

drives(
  ['POST /v1/customers', 'GET /v1/customers/*', 'POST /v1/customers/*'],
  async function aCustomerKeepsWhatItIsGiven() {
    const made = await customers.create({
      email: 'ada@example.com',
      name: 'Ada',
      phone: '+15550100',
      description: 'first of all',
      address: { line1: '1 Main St', country: 'US' },
      metadata: { team: 'red', seat: '1' },
    });
    same([made.object, made.created], ['customer', START]);
    same([made.email, made.name, made.phone], ['ada@example.com', 'Ada', '+15550100']);
    same([made.address.line1, made.address.city], ['1 Main St', null]);
    same(made.metadata, { team: 'red', seat: '1' });
    same([made.balance, made.delinquent, made.livemode], [0, false, false]);
    same(await customers.retrieve(made.id), made);

    const changed = await customers.update(made.id, {
      name: 'Ada L.',
      description: '',
      metadata: { seat: '', row: '2' },
    });
    same([changed.id, changed.name, changed.description], [made.id, 'Ada L.', null]);
    same(changed.metadata, { team: 'red', row: '2' });
    same(changed.email, 'ada@example.com');
    same(changed.lastResponse.requestId.slice(0, 4), 'req_');
  },
);

drives(['GET /v1/customers'], async function customersAreListedNewestFirstAndByEmail() {
  const made = [];
  for (const name of 'abc') made.push(await customers.create({ email: `${name}@list.example` }));
  same(ids((await customers.list({ limit: 3 })).data), ids(made.toReversed()));
  const found = await customers.list({ email: 'b@list.example' });
  same([ids(found.data), found.has_more, found.url], [[made[1].id], false, '/v1/customers']);
});

drives(
  ['GET /v1/customers/search'],
  async function aSearchFindsACustomerOnceItsIndexHasCaughtUp() {
    const made = await customers.create({ email: 'late@search.example', metadata: { k: 'v' } });
    await advance(3_600);
    for (const query of ['email:"late@search.example"', 'metadata["k"]:"v"']) {
      const found = await customers.search({ query });
      same([found.object, ids(found.data)], ['search_result', [made.id]], query);
    }
    same((await customers.search({ query: 'email:"none@x.example"' })).data, []);
  },
);

drives(['DELETE /v1/customers/*'], async function aDeletedCustomerIsShownAsDeleted() {
  const made = await customers.create();
  same({ ...(await customers.del(made.id)) }, { id: made.id, object: 'customer', deleted: true });
  same((await customers.retrieve(made.id)).deleted, true);
  same(ids((await customers.list({ limit: 100 })).data).includes(made.id), false);
  const error = await refused(StripeInvalidRequestError, () => customers.update(made.id, {}));
  same([error.statusCode, error.code], [404, 'resource_missing']);
});

drives(
  [
    'POST /v1/customers/*/balance_transactions',
    'GET /v1/customers/*/balance_transactions',
    'GET /v1/customers/*/balance_transactions/*',
    'POST /v1/customers/*/balance_transactions/*',
  ],
  async function aBalanceIsTheSumOfItsTransactions() {
    const { id: owner } = await customers.create();
    const first = await customers.createBalanceTransaction(owner, {
      amount: -500,
      currency: 'usd',
    });
    same(first.object, 'customer_balance_transaction');
    same([first.amount, first.ending_balance, first.type], [-500, -500, 'adjustment']);
    const second = await customers.createBalanceTransaction(owner, {
      amount: 200,
      currency: 'usd',
      description: 'back',
    });
    same([second.ending_balance, second.description], [-300, 'back']);
    same((await customers.retrieve(owner)).balance, -300);
    same(ids((await customers.listBalanceTransactions(owner)).data), [second.id, first.id]);
    const changed = await customers.updateBalanceTransaction(owner, first.id, {
      metadata: { why: 'goodwill' },
    });
    same(changed.metadata, { why: 'goodwill' });
    same(await customers.retrieveBalanceTransaction(owner, first.id), changed);
  },
);

drives(
  [
    'POST /v1/customers/*/tax_ids',
    'GET /v1/customers/*/tax_ids',
    'GET /v1/customers/*/tax_ids/*',
    'DELETE /v1/customers/*/tax_ids/*',
  ],
  async function taxIdsComeAndGo() {
    const { id: owner } = await customers.create();
    const made = await customers.createTaxId(owner, { type: 'eu_vat', value: 'DE123456789' });
    same([made.object, made.type, made.value], ['tax_id', 'eu_vat', 'DE123456789']);
    same([made.customer, made.country], [owner, 'DE']);
    same(await customers.retrieveTaxId(owner, made.id), made);
    same(ids((await customers.listTaxIds(owner)).data), [made.id]);
    const gone = await customers.deleteTaxId(owner, made.id);
    same([gone.id, gone.deleted], [made.id, true]);
    same((await customers.listTaxIds(owner)).data, []);
  },
);

drives(
  ['GET /v1/customers/*/payment_methods', 'GET /v1/customers/*/payment_methods/*'],
  async function aCustomerHasPaymentMethods() {
    const { id: owner } = await customers.create();
    const method = await sdk.paymentMethods.attach('pm_card_visa', { customer: owner });
    const listed = await customers.listPaymentMethods(owner, { type: 'card' });
    same(ids(listed.data), [method.id]);
    const found = await customers.retrievePaymentMethod(owner, method.id);
    same([found.customer, found.type, found.card.last4], [owner, 'card', '4242']);
    const { id: other } = await customers.create();
    same((await customers.listPaymentMethods(other)).data, []);
    await refused(StripeInvalidRequestError, () =>
      customers.retrievePaymentMethod(other, method.id),
    );
  },
);

// Only older API versions give a customer a coupon; what it then has shows in all of them.
drives(
  ['DELETE /v1/customers/*/discount', 'POST /v1/coupons'],
  async function aDiscountIsTakenFromACustomer() {
    const coupon = await sdk.coupons.create({ percent_off: 25, duration: 'forever' });
    const { id: owner } = await paidCustomer();
    const older = client('sk_test_sdk', { apiVersion: '2024-09-30.acacia' });
    await older.customers.update(owner, { coupon: coupon.id });
    const held = (await customers.retrieve(owner)).discount;
    same([held.object, held.source.coupon, held.customer], ['discount', coupon.id, owner]);
    const first = await subscription({ customer: owner, expand: ['latest_invoice'] });
    same(first.latest_invoice.total, 750);
    const gone = await customers.deleteDiscount(owner);
    same([gone.object, gone.deleted, gone.id], ['discount', true, held.id]);
    same((await customers.retrieve(owner)).discount, null);
    const later = await subscription({ customer: owner, expand: ['latest_invoice'] });
    same(later.latest_invoice.total, 1_000);
  },
);

await run();
