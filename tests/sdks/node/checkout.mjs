// Checkout sessions, and what a visitor of their pages does.

import {
  DAY, HOUR, Stripe, advance, all, drives, holds, ids, monthlyPrice, now, refused, run, same, sdk,
} from './stage.mjs';

const { sessions } = sdk.checkout;
const { StripeInvalidRequestError } = Stripe.errors;
const success_url = 'http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}';

const subscribe = async (params = {}) =>
  sessions.create({
    mode: 'subscription',
    line_items: [{ price: (await monthlyPrice()).id, quantity: 2 }],
    success_url,
    ...params,
  });

/** Presses a button of a session's page; answers where the browser is sent, or the page. */
async function press(session, button, fields = {}) {
  const shown = await fetch(session.url);
  same(shown.status, 200);
  const text = await shown.text();
  holds(text.includes(`value="${button}"`) && text.toLowerCase().includes('simulator'));
  const answer = await fetch(session.url, {
    method: 'POST',
    body: new URLSearchParams({ do: button, ...fields }),
    redirect: 'manual',
  });
  return answer.headers.get('location') ?? answer.text();
}

drives(
  [
    'POST /v1/checkout/sessions',
    'GET /v1/checkout/sessions/*',
    'GET /v1/checkout/sessions/*/line_items',
  ],
  async function aVisitorSubscribes() {
    const made = await subscribe({
      client_reference_id: 'user 7',
      metadata: { from: 'page' },
      subscription_data: { metadata: { team: 'red' } },
    });
    same([made.object, made.mode], ['checkout.session', 'subscription']);
    same([made.ui_mode, made.status, made.payment_status], ['hosted_page', 'open', 'unpaid']);
    same([made.amount_total, made.currency, made.customer], [2_000, 'usd', null]);
    same([made.client_reference_id, made.expires_at], ['user 7', (await now()) + DAY]);
    same([made.subscription, made.invoice], [null, null]);
    const lines = (await sessions.listLineItems(made.id)).data;
    same(lines.map((it) => [it.object, it.quantity, it.amount_total]), [['item', 2, 2_000]]);

    const email = 'eve@example.com';
    const where = await press(made, 'pay', { email, payment_method: 'pm_card_visa' });
    same(where, success_url.replace('{CHECKOUT_SESSION_ID}', made.id));
    const done = await sessions.retrieve(made.id, {
      expand: ['subscription.latest_invoice', 'customer'],
    });
    same([done.status, done.payment_status, done.url], ['complete', 'paid', null]);
    same([done.customer.email, done.customer_details.email], [email, email]);
    const held = done.subscription;
    same([held.status, held.metadata], ['active', { team: 'red' }]);
    same([held.latest_invoice.status, held.latest_invoice.amount_paid], ['paid', 2_000]);
    same(done.metadata, { from: 'page' });
    const told = (await sdk.events.list({ type: 'checkout.session.completed' })).data;
    same(told.map((it) => it.data.object.id), [made.id]);
    same(told[0].request.id, null, 'a visitor makes no API call');
  },
);

drives(
  ['POST /v1/checkout/sessions'],
  async function aVisitorPaysOnce() {
    const { id: product } = await sdk.products.create({ name: 'Book' });
    const made = await sessions.create({
      mode: 'payment',
      line_items: [{ price_data: { currency: 'usd', product, unit_amount: 1_250 }, quantity: 3 }],
      customer_email: 'eve@example.com',
      success_url,
    });
    same(made.amount_total, 3_750);
    holds((await press(made, 'decline')).toLowerCase().includes('declined'));
    same((await sessions.retrieve(made.id)).status, 'open');
    await press(made, 'pay', { payment_method: 'pm_card_visa' });
    const done = await sessions.retrieve(made.id, { expand: ['payment_intent', 'line_items'] });
    same([done.status, done.payment_status], ['complete', 'paid']);
    same([done.payment_intent.status, done.payment_intent.amount], ['succeeded', 3_750]);
    same(done.line_items.data.map((it) => it.price.unit_amount), [1_250]);
  },
);

drives(
  ['POST /v1/checkout/sessions', 'GET /v1/customers/*/payment_methods'],
  async function aVisitorSavesAMethod() {
    const { id: customer } = await sdk.customers.create({ email: 'eve@example.com' });
    const made = await sessions.create({ mode: 'setup', currency: 'usd', customer, success_url });
    same([made.payment_status, made.amount_total], ['no_payment_required', null]);
    await press(made, 'pay', { payment_method: 'pm_card_visa' });
    const done = await sessions.retrieve(made.id, { expand: ['setup_intent'] });
    same([done.status, done.setup_intent.status], ['complete', 'succeeded']);
    const methods = (await sdk.customers.listPaymentMethods(customer)).data;
    same(ids(methods), [done.setup_intent.payment_method]);
  },
);

drives(['POST /v1/checkout/sessions'], async function aDelayedPaymentArrivesLater() {
  for (const [button, type] of [
    ['later', 'checkout.session.async_payment_succeeded'],
    ['later_fails', 'checkout.session.async_payment_failed'],
  ]) {
    const made = await subscribe({ customer_email: 'slow@example.com' });
    await press(made, button);
    const done = await sessions.retrieve(made.id);
    same([done.status, done.payment_status], ['complete', 'unpaid']);
    await advance(14 * DAY);
    const told = (await sdk.events.list({ type })).data;
    same(told.map((it) => it.data.object.id), [made.id]);
  }
});

drives(
  [
    'GET /v1/checkout/sessions',
    'POST /v1/checkout/sessions/*',
    'POST /v1/checkout/sessions/*/expire',
  ],
  async function sessionsAreListedChangedAndExpire() {
    const { id: customer } = await sdk.customers.create({ email: 'eve@example.com' });
    const first = await subscribe({ customer });
    const second = await subscribe({ customer });
    const third = await subscribe({ customer });
    const changed = await sessions.update(first.id, { metadata: { a: 'b' } });
    same([changed.id, changed.metadata], [first.id, { a: 'b' }]);
    const gone = await sessions.expire(second.id);
    same([gone.id, gone.status, gone.url], [second.id, 'expired', null]);
    const error = await refused(StripeInvalidRequestError, () => sessions.expire(second.id));
    same(error.statusCode, 400);
    await press(third, 'pay', { payment_method: 'pm_card_visa', name: 'Eve' });
    for (const [status, expected] of [
      ['open', first],
      ['expired', second],
      ['complete', third],
    ]) {
      same(ids((await sessions.list({ customer, status })).data), [expected.id], status);
    }
    const { subscription } = await sessions.retrieve(third.id);
    same(ids((await sessions.list({ subscription })).data), [third.id]);
    const walk = await all(sessions.list({ customer, limit: 1 }));
    same(ids(walk), [third.id, second.id, first.id]);
    await advance(DAY + HOUR);
    same((await sessions.retrieve(first.id)).status, 'expired');
    holds(!(await fetch(first.url)).ok);
  },
);

await run();
