// Test clocks, and the customers that go by them.

import {
  DAY, START, Stripe, drives, ids, monthlyPrice, paidCustomer, refused, run, same, sdk,
} from './stage.mjs';

const clocks = sdk.testHelpers.testClocks;
const { StripeInvalidRequestError } = Stripe.errors;

drives(
  [
    'POST /v1/test_helpers/test_clocks',
    'GET /v1/test_helpers/test_clocks',
    'GET /v1/test_helpers/test_clocks/*',
  ],
  async function clocksAreMadeAndListed() {
    const made = await clocks.create({ frozen_time: START, name: 'June' });
    same([made.object, made.status], ['test_helpers.test_clock', 'ready']);
    same([made.frozen_time, made.name], [START, 'June']);
    same(await clocks.retrieve(made.id), made);
    const other = await clocks.create({ frozen_time: START + DAY });
    same(ids((await clocks.list()).data), [other.id, made.id]);
  },
);

drives(
  ['POST /v1/test_helpers/test_clocks/*/advance'],
  async function timePassesForTheCustomersOfAClockAlone() {
    const clock = await clocks.create({ frozen_time: START });
    const owner = await paidCustomer({ test_clock: clock.id });
    same(owner.test_clock, clock.id);
    const made = await sdk.subscriptions.create({
      customer: owner.id,
      items: [{ price: (await monthlyPrice()).id }],
    });
    const end = made.items.data[0].current_period_end;
    const moved = await clocks.advance(clock.id, { frozen_time: end + DAY });
    same([moved.id, moved.status], [clock.id, 'advancing']);
    same(moved.status_details.advancing.target_frozen_time, end + DAY);
    const there = await clocks.retrieve(clock.id);
    same([there.status, there.frozen_time], ['ready', end + DAY]);
    const later = await sdk.subscriptions.retrieve(made.id);
    same([later.items.data[0].current_period_start, later.test_clock], [end, clock.id]);
    const invoices = await sdk.invoices.list({ subscription: made.id });
    same(
      invoices.data.map((it) => it.billing_reason),
      ['subscription_cycle', 'subscription_create'],
    );
    same((await sdk.customers.create()).created, START);
    // Its objects are listed only when the clock is asked for.
    same(ids((await sdk.customers.list({ limit: 100 })).data).includes(owner.id), false);
    same(ids((await sdk.customers.list({ test_clock: clock.id })).data), [owner.id]);
    const error = await refused(StripeInvalidRequestError, () =>
      clocks.advance(clock.id, { frozen_time: START }),
    );
    same([error.statusCode, error.param], [400, 'frozen_time']);
  },
);

drives(
  ['DELETE /v1/test_helpers/test_clocks/*'],
  async function aDeletedClockTakesItsCustomersAlong() {
    const clock = await clocks.create({ frozen_time: START });
    const owner = await paidCustomer({ test_clock: clock.id });
    const gone = await clocks.del(clock.id);
    same([gone.id, gone.deleted], [clock.id, true]);
    same((await sdk.customers.retrieve(owner.id)).deleted, true);
    const error = await refused(StripeInvalidRequestError, () => clocks.retrieve(clock.id));
    same([error.statusCode, error.code], [404, 'resource_missing']);
  },
);

await run();
