// What goes wrong, as the SDK's error classes, and what the SDK tries again by itself.

import {
  Stripe, client, control, drives, failNext, holds, monthlyPrice, paidCustomer, refused, run, same,
  sdk,
} from './stage.mjs';

const { customers } = sdk;
const {
  StripeAPIError, StripeAuthenticationError, StripeCardError, StripeConnectionError,
  StripeInvalidRequestError, StripeRateLimitError,
} = Stripe.errors;
const MAKE = 'POST /v1/customers';

/** How often each status was the answer to a call. */
async function answers(call) {
  const seen = await control('GET', 'calls/seen');
  return seen.find((it) => it.call === call)?.answered ?? {};
}

/** The answers to a call that some work adds, by status. */
async function newly(call, work) {
  const before = await answers(call);
  await work();
  const added = {};
  for (const [status, count] of Object.entries(await answers(call))) {
    const more = count - (before[status] ?? 0);
    if (more > 0) added[status] = more;
  }
  return added;
}

async function count() {
  return (await customers.list({ limit: 100 })).data.length;
}

drives(['GET /v1/customers'], async function wrongRequestsAreInvalidRequests() {
  for (const [call, status, code, param] of [
    [() => customers.create({ shoe_size: 46 }), 400, 'parameter_unknown', 'shoe_size'],
    [() => sdk.products.create({}), 400, 'parameter_missing', 'name'],
    [() => customers.create({ metadata: { k: 'v'.repeat(501) } }), 400, undefined, 'metadata'],
    [() => customers.retrieve('cus_none1'), 404, 'resource_missing', 'id'],
    [() => customers.list({ limit: 'many' }), 400, 'parameter_invalid_integer', 'limit'],
    [() => sdk.rawRequest('GET', '/v1/nothing'), 404, undefined, undefined],
  ]) {
    const error = await refused(StripeInvalidRequestError, call);
    same([error.statusCode, error.code, error.param], [status, code, param]);
    same([error.requestId.slice(0, 4), error.type], ['req_', 'StripeInvalidRequestError']);
    if (code) holds(error.doc_url.includes(code.replaceAll('_', '-')));
  }
  const error = await refused(StripeInvalidRequestError, () => customers.retrieve('cus_none1'));
  same(error.message, "No such customer: 'cus_none1'");
  same((await customers.list()).data, []);
});

drives(['GET /v1/customers'], async function wrongKeysAreNoAuthentication() {
  for (const key of ['sk_live_1', 'pk_test_1', 'nonsense']) {
    const error = await refused(StripeAuthenticationError, () => client(key).customers.list());
    same(error.statusCode, 401);
    same(error.message.includes(key), false, 'a key is never repeated');
  }
  same((await client('rk_test_1').customers.list()).data, []);
});

drives(['POST /v1/invoices/*/pay'], async function aDeclinedCardIsACardError() {
  const owner = await paidCustomer({
    payment_method: 'pm_card_chargeCustomerFail',
    invoice_settings: { default_payment_method: 'pm_card_chargeCustomerFail' },
  });
  const made = await sdk.subscriptions.create({
    customer: owner.id,
    items: [{ price: (await monthlyPrice()).id }],
    payment_behavior: 'allow_incomplete',
  });
  const pay = () => sdk.invoices.pay(made.latest_invoice);
  const error = await refused(StripeCardError, pay);
  same([error.statusCode, error.code, error.rawType], [402, 'card_declined', 'card_error']);
  same([error.message, error.decline_code], ['Your card was declined.', 'generic_decline']);
  same(error.charge.slice(0, 3), 'ch_');
  same((await sdk.invoices.retrieve(made.latest_invoice)).status, 'open');
  await customers.update(owner.id, {
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  same((await pay()).status, 'paid');
});

drives(['POST /v1/customers'], async function aRateLimitIsToldAndNotTriedAgain() {
  for (const limit of ['global-rate', 'endpoint-concurrency']) {
    await failNext(MAKE, 'rate_limited', { limit });
    const added = await newly(MAKE, async () => {
      const eager = client('sk_test_sdk', { maxNetworkRetries: 2 });
      const error = await refused(StripeRateLimitError, () => eager.customers.create());
      same([error.statusCode, error.code], [429, 'rate_limit']);
      same(error.headers['stripe-rate-limited-reason'], limit);
    });
    same(added, { 429: 1 });
  }
});

drives(['POST /v1/customers'], async function otherFailuresHaveTheirClasses() {
  await failNext(MAKE, 'error_before_effect');
  const failed = await refused(StripeAPIError, () => customers.create());
  same([failed.statusCode, failed.rawType], [500, 'api_error']);
  // A connection that is closed is opened once more whatever the client was told.
  await failNext(MAKE, 'cut_before_effect', { times: 2 });
  await refused(StripeConnectionError, () => customers.create());
  await failNext(MAKE, 'malformed_answer');
  await refused(StripeAPIError, () => customers.create());
  await failNext(MAKE, 'key_in_use');
  const busy = await refused(StripeAPIError, () =>
    customers.create({}, { idempotencyKey: 'busy' }),
  );
  same([busy.statusCode, busy.rawType], [409, 'idempotency_error']);
  same(busy.code, 'idempotency_key_in_use');
  await failNext(MAKE, 'dependency_failed');
  await refused(StripeAPIError, () => customers.create());
});

drives(['POST /v1/customers'], async function whatMayPassByItselfIsTriedAgain() {
  const eager = client('sk_test_sdk', { maxNetworkRetries: 2 });
  for (const [fault, times, expected] of [
    ['lock_timeout', 2, { 200: 1, 429: 2 }],
    ['key_in_use', 1, { 200: 1, 409: 1 }],
    ['error_before_effect', 1, { 200: 1, 500: 1 }],
    ['cut_before_effect', 1, { 200: 1 }],
    ['cut_after_effect', 1, { 200: 1 }],
  ]) {
    const before = await count();
    await failNext(MAKE, fault, { times });
    same(await newly(MAKE, () => eager.customers.create()), expected, fault);
    same((await count()) - before, 1, `${fault}: tried again, made once`);
  }
});

drives(['POST /v1/customers'], async function a500AfterTheEffectIsNotTriedAgain() {
  const before = await count();
  await failNext(MAKE, 'error_after_effect');
  const eager = client('sk_test_sdk', { maxNetworkRetries: 2 });
  const added = await newly(MAKE, () => refused(StripeAPIError, () => eager.customers.create()));
  same(added, { 500: 1 });
  same((await count()) - before, 1);
});

await run();
