// Subscriptions, from the first payment to the end.

import {
  DAY, START, Stripe, advance, drives, holds, ids, monthlyPrice, paidCustomer, refused, run, same,
  sdk, subscription,
} from './stage.mjs';

const { subscriptions, subscriptionItems: items } = sdk;
const { StripeCardError, StripeInvalidRequestError } = Stripe.errors;

drives(
  ['POST /v1/subscriptions', 'GET /v1/subscriptions/*'],
  async function aPaidSubscriptionIsActiveAndRenews() {
    const [price, owner] = [await monthlyPrice(1_500), await paidCustomer()];
    const made = await subscriptions.create({
      customer: owner.id,
      items: [{ price: price.id, quantity: 2 }],
      metadata: { plan: 'small' },
      expand: ['latest_invoice.payments', 'customer'],
    });
    same([made.object, made.status, made.currency], ['subscription', 'active', 'usd']);
    same([made.customer.id, made.cancel_at_period_end], [owner.id, false]);
    const item = made.items.data[0];
    same([item.price.id, item.quantity, item.current_period_start], [price.id, 2, START]);
    const invoice = made.latest_invoice;
    same([invoice.status, invoice.total, invoice.amount_paid], ['paid', 3_000, 3_000]);
    same(invoice.billing_reason, 'subscription_create');
    same(invoice.parent.subscription_details.subscription, made.id);
    same(invoice.parent.subscription_details.metadata, { plan: 'small' });
    same(invoice.payments.data.map((it) => it.status), ['paid']);

    await advance(item.current_period_end - START + DAY);
    const later = await subscriptions.retrieve(made.id, { expand: ['latest_invoice'] });
    same(later.items.data[0].current_period_start, item.current_period_end);
    same(later.latest_invoice.billing_reason, 'subscription_cycle');
    same([later.status, later.latest_invoice.status], ['active', 'paid']);
  },
);

drives(['POST /v1/subscriptions'], async function whatIsNotPaidIsIncompleteOrRefused() {
  const price = await monthlyPrice();
  const poor = await paidCustomer({
    payment_method: 'pm_card_chargeCustomerFail',
    invoice_settings: { default_payment_method: 'pm_card_chargeCustomerFail' },
  });
  const params = { customer: poor.id, items: [{ price: price.id }] };
  const made = await subscriptions.create({ ...params, payment_behavior: 'allow_incomplete' });
  same(made.status, 'incomplete');
  const error = await refused(StripeCardError, () =>
    subscriptions.create({ ...params, payment_behavior: 'error_if_incomplete' }),
  );
  same([error.statusCode, error.code], [402, 'card_declined']);
  same(ids((await subscriptions.list({ customer: poor.id })).data), [made.id]);
  const waiting = await subscription({ payment_behavior: 'default_incomplete' });
  same(waiting.status, 'incomplete');
  await sdk.invoices.pay(waiting.latest_invoice);
  same((await subscriptions.retrieve(waiting.id)).status, 'active');
});

drives(['POST /v1/subscriptions'], async function aTrialCostsNothingAndEndsInAPayment() {
  const made = await subscription({ trial_period_days: 7, expand: ['latest_invoice'] });
  same([made.status, made.trial_start], ['trialing', made.start_date]);
  same([made.trial_end - made.trial_start, made.latest_invoice.total], [7 * DAY, 0]);
  await advance(7 * DAY + 7_200);
  const later = await subscriptions.retrieve(made.id, { expand: ['latest_invoice'] });
  same([later.status, later.latest_invoice.total], ['active', 1_000]);
});

drives(['POST /v1/subscriptions/*'], async function anUpgradeIsProrated() {
  const [big, made] = [await monthlyPrice(9_000), await subscription()];
  const item = made.items.data[0].id;
  await advance(3 * DAY);
  const changed = await subscriptions.update(made.id, {
    items: [{ id: item, price: big.id }],
    proration_behavior: 'always_invoice',
    metadata: { moved: 'up' },
    expand: ['latest_invoice'],
  });
  same(changed.items.data.map((it) => [it.id, it.price.id]), [[item, big.id]]);
  same(changed.metadata, { moved: 'up' });
  const invoice = changed.latest_invoice;
  same([invoice.billing_reason, invoice.status], ['subscription_update', 'paid']);
  const [credit, charge] = invoice.lines.data.map((it) => it.amount).sort((a, b) => a - b);
  holds(credit < 0 && charge > 0);
  same(invoice.total, credit + charge);
  same(invoice.lines.data[0].parent.subscription_item_details.proration, true);
});

drives(
  ['GET /v1/subscriptions'],
  async function canceledSubscriptionsAreListedOnlyWhenAskedFor() {
    const { id: customer } = await paidCustomer();
    const [kept, ended] = [await subscription({ customer }), await subscription({ customer })];
    await subscriptions.cancel(ended.id);
    same(ids((await subscriptions.list({ customer })).data), [kept.id]);
    const everything = await subscriptions.list({ customer, status: 'all' });
    same(ids(everything.data), [ended.id, kept.id]);
    const found = await subscriptions.list({ customer, status: 'canceled' });
    same(ids(found.data), [ended.id]);
  },
);

drives(['GET /v1/subscriptions/search'], async function subscriptionsAreSearched() {
  const made = await subscription({ metadata: { find: 'me' } });
  await advance(3_600);
  const query = 'status:"active" AND metadata["find"]:"me"';
  same(ids((await subscriptions.search({ query })).data), [made.id]);
});

drives(['DELETE /v1/subscriptions/*'], async function aCanceledSubscriptionHasEnded() {
  const made = await subscription();
  const gone = await subscriptions.cancel(made.id, {
    cancellation_details: { comment: 'too dear', feedback: 'too_expensive' },
  });
  same([gone.id, gone.status, gone.ended_at], [made.id, 'canceled', gone.canceled_at]);
  const { comment, feedback, reason } = gone.cancellation_details;
  same([comment, feedback, reason], ['too dear', 'too_expensive', 'cancellation_requested']);
  const error = await refused(StripeInvalidRequestError, () => subscriptions.cancel(made.id));
  same([error.statusCode, error.code], [404, 'resource_missing']);
});

drives(
  ['POST /v1/subscriptions/*'],
  async function aCancellationAtTheEndOfThePeriodCanBeUndone() {
    const made = await subscription();
    const end = made.items.data[0].current_period_end;
    const leaving = await subscriptions.update(made.id, { cancel_at_period_end: true });
    same([leaving.status, leaving.cancel_at], ['active', end]);
    const staying = await subscriptions.update(made.id, { cancel_at_period_end: false });
    same([staying.cancel_at, staying.canceled_at], [null, null]);
    await subscriptions.update(made.id, { cancel_at_period_end: true });
    await advance(32 * DAY);
    same((await subscriptions.retrieve(made.id)).status, 'canceled');
  },
);

drives(['GET /v1/subscription_items'], async function itemsAreListedByTheirSubscription() {
  const made = await subscription();
  same(ids((await items.list({ subscription: made.id })).data), ids(made.items.data));
  const error = await refused(StripeInvalidRequestError, () => items.list({}));
  same([error.code, error.param], ['parameter_missing', 'subscription']);
});

drives(
  [
    'POST /v1/subscription_items',
    'GET /v1/subscription_items/*',
    'POST /v1/subscription_items/*',
    'DELETE /v1/subscription_items/*',
  ],
  async function itemsAreAddedChangedAndTakenAway() {
    const [made, more] = [await subscription(), await monthlyPrice(300)];
    const added = await items.create({ subscription: made.id, price: more.id, quantity: 4 });
    same([added.object, added.subscription, added.quantity], ['subscription_item', made.id, 4]);
    same(await items.retrieve(added.id), added);
    const changed = await items.update(added.id, { quantity: 5, metadata: { a: 'b' } });
    same([changed.quantity, changed.metadata], [5, { a: 'b' }]);
    same((await subscriptions.retrieve(made.id)).items.data.length, 2);
    const gone = await items.del(added.id);
    same([gone.id, gone.deleted], [added.id, true]);
    same(ids((await items.list({ subscription: made.id })).data), ids(made.items.data));
  },
);

drives(
  ['POST /v1/subscriptions/*/pause', 'POST /v1/subscriptions/*/resume'],
  async function aPausedSubscriptionIsResumed() {
    const made = await subscription();
    const paused = await subscriptions.pause(made.id, { type: 'subscription' });
    same([paused.id, paused.status], [made.id, 'paused']);
    same(paused.status_details.paused.subscription.type, 'pause_requested');
    await advance(40 * DAY);
    same((await subscriptions.retrieve(made.id)).status, 'paused');
    const back = await subscriptions.resume(made.id, { billing_cycle_anchor: { type: 'now' } });
    same([back.id, back.status], [made.id, 'active']);
  },
);

drives(['POST /v1/subscriptions/*/migrate'], async function aClassicSubscriptionIsMigrated() {
  const made = await subscription({ billing_mode: { type: 'classic' } });
  same(made.billing_mode.type, 'classic');
  const moved = await subscriptions.migrate(made.id, { billing_mode: { type: 'flexible' } });
  same([moved.id, moved.billing_mode.type], [made.id, 'flexible']);
});

drives(
  ['DELETE /v1/subscriptions/*/discount', 'POST /v1/coupons'],
  async function aDiscountIsTakenFromASubscription() {
    const coupon = await sdk.coupons.create({ percent_off: 40, duration: 'forever' });
    const made = await subscription({
      discounts: [{ coupon: coupon.id }],
      expand: ['latest_invoice', 'discounts'],
    });
    same(made.latest_invoice.total, 600);
    same(made.discounts[0].source.coupon, coupon.id);
    const gone = await subscriptions.deleteDiscount(made.id);
    same([gone.object, gone.deleted, gone.id], ['discount', true, made.discounts[0].id]);
    same((await subscriptions.retrieve(made.id)).discounts, []);
  },
);

await run();
