// Lists page by page, in both directions, and what is expanded in them.

import {
  Stripe, advance, all, drives, ids, monthlyPrice, refused, run, same, sdk, subscription,
} from './stage.mjs';

const { customers } = sdk;
const { StripeInvalidRequestError } = Stripe.errors;
const MANY = 23;

drives(['GET /v1/customers'], async function allPagesComeForwardsAndBackwards() {
  const made = [];
  for (let number = 0; number < MANY; number += 1) {
    made.push((await customers.create({ name: `n${number}` })).id);
  }
  const newestFirst = made.toReversed();
  for (const limit of [1, 7, 10, 23, 100]) {
    same(ids(await all(customers.list({ limit }))), newestFirst, `limit ${limit}`);
  }
  // Backwards the SDK gives the oldest first.
  for (const limit of [1, 7, 100]) {
    const found = await all(customers.list({ limit, ending_before: made[2] }));
    same(ids(found), made.slice(3), `limit ${limit}`);
  }
  const before = await customers.list({ limit: 5, starting_after: made[10] });
  same([ids(before.data), before.has_more], [made.slice(5, 10).reverse(), true]);
  const after = await customers.list({ limit: 5, ending_before: made[10] });
  same([ids(after.data), after.has_more], [made.slice(11, 16).reverse(), true]);
  same((await customers.list()).data.length, 10);
  const few = await customers.list({ limit: 4 }).autoPagingToArray({ limit: 9 });
  same(ids(few), newestFirst.slice(0, 9));
});

drives(['GET /v1/customers'], async function whatIsMadeDuringAWalkMovesNoCursor() {
  const expected = ids((await customers.list({ limit: 100 })).data);
  const seen = [];
  for await (const it of customers.list({ limit: 2 })) {
    if (seen.length === 0) await customers.create();
    seen.push(it.id);
  }
  same(seen, expected);
});

drives(['GET /v1/customers'], async function wrongCursorsAndLimitsAreRefused() {
  for (const [params, param] of [
    [{ starting_after: 'cus_none1' }, 'starting_after'],
    [{ ending_before: 'cus_none1' }, 'ending_before'],
    [{ limit: 0 }, 'limit'],
    [{ limit: 101 }, 'limit'],
  ]) {
    const error = await refused(StripeInvalidRequestError, () => customers.list(params));
    same([error.statusCode, error.param], [400, param]);
  }
});

drives(['GET /v1/customers'], async function listsAreCutByWhenTheirObjectsWereMade() {
  const before = await customers.create();
  const now = await advance(10);
  const after = await customers.create();
  same(ids((await customers.list({ created: { gte: now } })).data), [after.id]);
  const created = { gt: before.created - 1, lt: now };
  same(ids((await customers.list({ created, limit: 1 })).data), [before.id]);
  same(ids((await customers.list({ created: now })).data), [after.id]);
});

drives(['GET /v1/customers/search'], async function aSearchIsPagedToo() {
  const made = [];
  for (const _ of '12345') made.push((await customers.create({ phone: '+15550199' })).id);
  await advance(3_600);
  const params = { query: 'phone:"+15550199"', limit: 2 };
  const first = await customers.search(params);
  same([first.has_more, typeof first.next_page], [true, 'string']);
  same(ids(await all(customers.search(params))).sort(), made.sort());
});

drives(
  ['GET /v1/subscriptions', 'GET /v1/invoices/*'],
  async function objectsAreExpandedDownToFourLevels() {
    const made = await subscription({ price: (await monthlyPrice(700)).id });
    same(typeof made.latest_invoice, 'string');
    const listed = (
      await sdk.subscriptions.list({ expand: ['data.customer', 'data.latest_invoice'] })
    ).data[0];
    same([listed.customer.object, listed.latest_invoice.total], ['customer', 700]);
    const deep = await sdk.invoices.retrieve(made.latest_invoice, {
      expand: [
        'customer',
        'parent.subscription_details.subscription.default_payment_method',
        'payments.data.payment.payment_intent',
      ],
    });
    same(deep.customer.id, listed.customer.id);
    same(deep.parent.subscription_details.subscription.id, made.id);
    same(deep.payments.data[0].payment.payment_intent.amount, 700);
    for (const expand of [['customer.a.b.c.d'], ['nothing'], ['status']]) {
      const error = await refused(StripeInvalidRequestError, () =>
        sdk.subscriptions.retrieve(made.id, { expand }),
      );
      same(error.statusCode, 400);
    }
  },
);

await run();
