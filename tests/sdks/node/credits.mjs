// Billing credits: granted, used up by metered lines, expired, voided.

import {
  DAY, Stripe, advance, drives, ids, monthlyPrice, now, paidCustomer, refused, run, same, sdk,
} from './stage.mjs';

const { creditBalanceSummaries, creditBalanceTransactions, creditGrants: grants } = sdk.billing;
const { StripeInvalidRequestError } = Stripe.errors;

const grant = (customer, value, params = {}) =>
  grants.create({
    customer,
    amount: { type: 'monetary', monetary: { currency: 'usd', value } },
    applicability_config: { scope: { price_type: 'metered' } },
    ...params,
  });

async function available(customer, filter) {
  const summary = await creditBalanceSummaries.retrieve({
    customer,
    filter: filter ?? {
      type: 'applicability_scope',
      applicability_scope: { price_type: 'metered' },
    },
  });
  same([summary.object, summary.customer], ['billing.credit_balance_summary', customer]);
  return summary.balances.map(({ available_balance: { monetary } }) => [
    monetary.currency,
    monetary.value,
  ]);
}

async function nothingIsLeft(customer) {
  for (const [, value] of await available(customer)) same(value, 0);
}

drives(
  [
    'POST /v1/billing/credit_grants',
    'GET /v1/billing/credit_grants',
    'GET /v1/billing/credit_grants/*',
    'POST /v1/billing/credit_grants/*',
    'GET /v1/billing/credit_balance_summary',
  ],
  async function aGrantIsThereToBeUsed() {
    const { id: owner } = await paidCustomer();
    const made = await grant(owner, 5_000, {
      name: 'Welcome',
      category: 'promotional',
      metadata: { a: 'b' },
    });
    same([made.object, made.name], ['billing.credit_grant', 'Welcome']);
    same([made.category, made.amount.monetary.value], ['promotional', 5_000]);
    same([made.priority, made.expires_at, made.voided_at], [50, null, null]);
    same(made.applicability_config.scope.price_type, 'metered');
    same(await grants.retrieve(made.id), made);
    const end = (await now()) + 90 * DAY;
    const changed = await grants.update(made.id, { expires_at: end, metadata: { a: 'c' } });
    same([changed.expires_at, changed.metadata], [end, { a: 'c' }]);
    const other = await grant(owner, 200, { category: 'paid' });
    same(ids((await grants.list({ customer: owner })).data), [other.id, made.id]);
    same(await available(owner), [['usd', 5_200]]);
    same(await available(owner, { type: 'credit_grant', credit_grant: other.id }), [['usd', 200]]);
    const error = await refused(StripeInvalidRequestError, () =>
      creditBalanceSummaries.retrieve({ customer: owner }),
    );
    same([error.code, error.param], ['parameter_missing', 'filter']);
  },
);

drives(
  ['POST /v1/billing/credit_grants/*/expire', 'POST /v1/billing/credit_grants/*/void'],
  async function grantsEnd() {
    const { id: owner } = await paidCustomer();
    const [expired, voided] = [await grant(owner, 100), await grant(owner, 300)];
    same(await available(owner), [['usd', 400]]);
    let gone = await grants.expire(expired.id);
    same([gone.id, gone.expires_at], [expired.id, await now()]);
    same(await available(owner), [['usd', 300]]);
    gone = await grants.voidGrant(voided.id);
    same([gone.id, gone.voided_at], [voided.id, await now()]);
    await nothingIsLeft(owner);
  },
);

drives(
  [
    'GET /v1/billing/credit_balance_transactions',
    'GET /v1/billing/credit_balance_transactions/*',
    'POST /v1/billing/meters',
    'POST /v1/billing/meter_events',
  ],
  async function creditsPayForUsage() {
    const { id: owner } = await paidCustomer();
    const meter = await sdk.billing.meters.create({
      display_name: 'Calls',
      event_name: 'calls',
      default_aggregation: { formula: 'sum' },
    });
    const price = await monthlyPrice(10, {
      recurring: { interval: 'month', meter: meter.id, usage_type: 'metered' },
    });
    const held = await grant(owner, 700);
    const made = await sdk.subscriptions.create({
      customer: owner,
      items: [{ price: price.id }],
    });
    await sdk.billing.meterEvents.create({
      event_name: 'calls',
      payload: { stripe_customer_id: owner, value: '100' },
    });
    await advance(32 * DAY);
    const invoice = (await sdk.invoices.list({ subscription: made.id })).data[0];
    same([invoice.subtotal, invoice.total, invoice.status], [1_000, 300, 'paid']);
    same(
      invoice.total_pretax_credit_amounts.map((it) => [it.type, it.amount]),
      [['credit_balance_transaction', 700]],
    );

    const listed = await creditBalanceTransactions.list({
      customer: owner,
      credit_grant: held.id,
    });
    same(listed.data.map((it) => it.type), ['debit', 'credit']);
    const [used, granted] = listed.data;
    same([used.debit.type, used.debit.amount.monetary.value], ['credits_applied', 700]);
    same(used.debit.credits_applied.invoice, invoice.id);
    same([granted.credit.type, granted.credit.amount.monetary.value], ['credits_granted', 700]);
    same((await creditBalanceTransactions.retrieve(used.id)).debit, used.debit);
    same(used.credit_grant, held.id);
    await nothingIsLeft(owner);
    await refused(StripeInvalidRequestError, () => grants.voidGrant(held.id));
  },
);

await run();
