// Idempotency keys: what is repeated is answered again and done once.

import { DAY, Stripe, advance, drives, ids, refused, run, same, sdk } from './stage.mjs';

const { customers } = sdk;
const { StripeIdempotencyError, StripeInvalidRequestError } = Stripe.errors;

const under = (idempotencyKey, params = {}) => customers.create(params, { idempotencyKey });

drives(
  ['POST /v1/customers', 'GET /v1/customers'],
  async function aRepetitionIsAnsweredAgainAndDoneOnce() {
    const email = 'once@example.com';
    const [first, again] = [await under('one', { email }), await under('one', { email })];
    same(again, first);
    const headers = [first, again].map((it) => it.lastResponse.headers);
    same(headers.map((it) => it['idempotent-replayed']), [undefined, 'true']);
    same(headers.map((it) => it['idempotency-key']), ['one', 'one']);
    same(ids((await customers.list({ email })).data), [first.id]);
  },
);

drives(['POST /v1/customers'], async function everyPostThatMayBeTriedAgainHasAKeyOfItsOwn() {
  const made = [];
  for (const _ of [1, 2]) made.push(await customers.create({}, { maxNetworkRetries: 1 }));
  const keys = new Set(made.map((it) => it.lastResponse.headers['idempotency-key']));
  same([keys.size, made[0].id === made[1].id], [2, false]);
});

drives(['POST /v1/customers'], async function aKeyBelongsToOneRequest() {
  const first = await under('mine', { name: 'Ada' });
  const error = await refused(StripeIdempotencyError, () => under('mine', { name: 'Bob' }));
  same([error.statusCode, error.rawType], [400, 'idempotency_error']);
  await refused(StripeIdempotencyError, () =>
    sdk.products.create({ name: 'Ada' }, { idempotencyKey: 'mine' }),
  );
  same((await under('mine', { name: 'Ada' })).id, first.id);
});

drives(['POST /v1/customers'], async function whatWasRefusedBeforeItBeganIsDoneAnew() {
  await refused(StripeInvalidRequestError, () => under('again', { shoe_size: 46 }));
  const made = await under('again', { name: 'Ada' });
  same(made.lastResponse.headers['idempotent-replayed'], undefined);
});

drives(['POST /v1/customers'], async function aKeyIsForgottenAfterAWhile() {
  const first = await under('old');
  await advance(DAY - 1);
  same((await under('old')).id, first.id);
  await advance(2 * DAY);
  same((await under('old')).id === first.id, false);
});

await run();
