// Subscription schedules.

import {
  DAY, Stripe, advance, drives, ids, monthlyPrice, now, paidCustomer, refused, run, same, sdk,
  subscription,
} from './stage.mjs';

const { subscriptionSchedules: schedules, subscriptions } = sdk;
const { StripeInvalidRequestError } = Stripe.errors;

/** A phase of one month. */
const phase = (price) => ({
  items: [{ price: price.id, quantity: 1 }],
  duration: { interval: 'month', interval_count: 1 },
});

drives(
  [
    'POST /v1/subscription_schedules',
    'GET /v1/subscription_schedules',
    'GET /v1/subscription_schedules/*',
    'POST /v1/subscription_schedules/*',
  ],
  async function onePhaseFollowsTheOther() {
    const [small, big] = [await monthlyPrice(1_000), await monthlyPrice(3_000)];
    const { id: customer } = await paidCustomer();
    const made = await schedules.create({
      customer,
      start_date: 'now',
      end_behavior: 'release',
      phases: [phase(small), phase(big)],
      metadata: { a: 'b' },
    });
    same([made.object, made.status], ['subscription_schedule', 'active']);
    same(made.phases.map((it) => it.items[0].price), [small.id, big.id]);
    const [first, second] = made.phases;
    same([made.current_phase.start_date, first.start_date], [await now(), await now()]);
    same(first.end_date, second.start_date);
    let held = await subscriptions.retrieve(made.subscription);
    same([held.schedule, held.status], [made.id, 'active']);
    same(held.items.data[0].price.id, small.id);
    same(await schedules.retrieve(made.id), made);
    same(ids((await schedules.list({ customer })).data), [made.id]);
    const changed = await schedules.update(made.id, {
      metadata: { a: 'c' },
      end_behavior: 'cancel',
    });
    same([changed.metadata, changed.end_behavior], [{ a: 'c' }, 'cancel']);

    await advance(first.end_date - (await now()) + DAY);
    held = await subscriptions.retrieve(made.subscription);
    same(held.items.data[0].price.id, big.id);
    same((await schedules.retrieve(made.id)).current_phase.start_date, second.start_date);
    await advance(32 * DAY);
    same((await subscriptions.retrieve(made.subscription)).status, 'canceled');
    same((await schedules.retrieve(made.id)).status, 'completed');
  },
);

drives(
  ['POST /v1/subscription_schedules/*/release'],
  async function aReleasedSubscriptionGoesOn() {
    const running = await subscription();
    const made = await schedules.create({ from_subscription: running.id });
    same([made.subscription, made.status], [running.id, 'active']);
    same((await subscriptions.retrieve(running.id)).schedule, made.id);
    const free = await schedules.release(made.id);
    same([free.id, free.status, free.subscription], [made.id, 'released', null]);
    same([free.released_subscription, free.released_at], [running.id, await now()]);
    const held = await subscriptions.retrieve(running.id);
    same([held.schedule, held.status], [null, 'active']);
    const error = await refused(StripeInvalidRequestError, () => schedules.release(made.id));
    same(error.statusCode, 400);
  },
);

drives(
  ['POST /v1/subscription_schedules/*/cancel'],
  async function aCanceledScheduleCancelsItsSubscription() {
    const { id: customer } = await paidCustomer();
    const phases = [phase(await monthlyPrice())];
    const start_date = (await now()) + 10 * DAY;
    const made = await schedules.create({ customer, start_date, phases });
    same([made.status, made.subscription], ['not_started', null]);
    same(ids((await schedules.list({ customer, scheduled: true })).data), [made.id]);
    const gone = await schedules.cancel(made.id);
    same([gone.id, gone.status, gone.canceled_at], [made.id, 'canceled', await now()]);
    await advance(11 * DAY);
    same((await subscriptions.list({ customer, status: 'all' })).data, []);
    const running = await schedules.create({ customer, start_date: 'now', phases });
    await schedules.cancel(running.id);
    const held = (await subscriptions.list({ customer, status: 'all' })).data;
    same(held.map((it) => it.status), ['canceled']);
  },
);

await run();
