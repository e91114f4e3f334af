// Events, webhook endpoints, and deliveries whose signatures are checked.

import {
  DAY, Receiver, Stripe, advance, all, client, control, drives, ids, monthlyPrice, refused, run,
  same, sdk, subscription,
} from './stage.mjs';

const { events, webhookEndpoints: endpoints, webhooks } = sdk;
const { StripeInvalidRequestError, StripeSignatureVerificationError } = Stripe.errors;

drives(
  [
    'POST /v1/webhook_endpoints',
    'GET /v1/webhook_endpoints',
    'GET /v1/webhook_endpoints/*',
    'POST /v1/webhook_endpoints/*',
    'DELETE /v1/webhook_endpoints/*',
  ],
  async function endpointsAreMadeChangedAndDeleted() {
    const made = await endpoints.create({
      url: 'http://127.0.0.1:9/hook',
      enabled_events: ['invoice.paid'],
      description: 'first',
      metadata: { a: 'b' },
    });
    same([made.object, made.status], ['webhook_endpoint', 'enabled']);
    same([made.enabled_events, made.secret.slice(0, 6)], [['invoice.paid'], 'whsec_']);
    const shown = await endpoints.retrieve(made.id);
    same([shown.id, shown.secret], [made.id, undefined], 'shown once');
    const changed = await endpoints.update(made.id, {
      disabled: true,
      enabled_events: ['*'],
      description: '',
    });
    same([changed.status, changed.enabled_events], ['disabled', ['*']]);
    same(changed.description, null);
    same(ids((await endpoints.list()).data), [made.id]);
    const gone = await endpoints.del(made.id);
    same([gone.id, gone.deleted], [made.id, true]);
    same((await endpoints.list()).data, []);
    const error = await refused(StripeInvalidRequestError, () => endpoints.retrieve(made.id));
    same([error.statusCode, error.code], [404, 'resource_missing']);
  },
);

drives(['POST /v1/webhook_endpoints', 'GET /v1/events/*'], async function deliveriesAreGenuine() {
  const receiver = await Receiver.start();
  const endpoint = await endpoints.create({
    url: receiver.url,
    enabled_events: ['customer.created', 'invoice.paid'],
  });
  const owner = await sdk.customers.create({ name: 'Zoë 東京' }, { idempotencyKey: 'zoe' });
  const { body, signature } = await receiver.next('customer.created');
  const event = webhooks.constructEvent(body, signature, endpoint.secret);
  same([event.object, event.type], ['event', 'customer.created']);
  same([event.data.object.id, event.data.object.name], [owner.id, 'Zoë 東京']);
  same([event.request.idempotency_key, event.livemode], ['zoe', false]);
  same(event.api_version.split('.')[1], Stripe.API_VERSION.split('.')[1]);
  same((await webhooks.constructEventAsync(body, signature, endpoint.secret)).id, event.id);

  const held = await events.retrieve(event.id);
  same([held.data, held.type, held.created], [event.data, event.type, event.created]);
  same(held.request, event.request);

  const tampered = Buffer.from(body.toString().replace('Zoë', 'Bob'));
  for (const wrong of [
    [tampered, signature, endpoint.secret],
    [body, signature, 'whsec_wrong'],
    [body, signature.replace('v1=', 'v0='), endpoint.secret],
    [body, 't=1,v1=00', endpoint.secret],
    [body, 'nonsense', endpoint.secret],
    [body, undefined, endpoint.secret],
  ]) {
    await refused(StripeSignatureVerificationError, () => webhooks.constructEvent(...wrong));
  }
  await endpoints.del(endpoint.id);
});

drives(
  ['POST /v1/webhook_endpoints/*'],
  async function aRotatedSecretIsGoodBesideTheOldOne() {
    const receiver = await Receiver.start();
    const endpoint = await endpoints.create({ url: receiver.url, enabled_events: ['*'] });
    const { id } = (await control('GET', 'endpoints')).find((it) => it.url === receiver.url);
    const secrets = [endpoint.secret, 'whsec_next'];
    await control('POST', `endpoints/${id}/secrets`, { secrets });
    await sdk.products.create({ name: 'Rotated' });
    const { body, signature } = await receiver.next('product.created');
    for (const secret of secrets) {
      same(webhooks.constructEvent(body, signature, secret).data.object.name, 'Rotated');
    }
    await endpoints.del(endpoint.id);
  },
);

drives(['POST /v1/webhook_endpoints'], async function anEndpointHasAVersionOfItsOwn() {
  const receiver = await Receiver.start();
  const version = '2024-09-30.acacia';
  const old = await endpoints.create({
    url: receiver.url,
    enabled_events: ['customer.subscription.created'],
    api_version: version,
  });
  same(old.api_version, version);
  const made = await subscription();
  const { body, signature } = await receiver.next('customer.subscription.created');
  const event = webhooks.constructEvent(body, signature, old.secret);
  same(event.api_version, version);
  const end = made.items.data[0].current_period_end;
  same([made.current_period_end, event.data.object.current_period_end], [undefined, end]);
  const older = client('sk_test_sdk', { apiVersion: version });
  same((await older.subscriptions.retrieve(made.id)).current_period_end, end);
  await endpoints.del(old.id);
});

drives(
  ['GET /v1/events', 'GET /v1/events/*'],
  async function eventsAreListedByTypeAndByTime() {
    const created = { gte: await advance(60) };
    const made = await subscription({ price: (await monthlyPrice(100)).id });
    const paid = await events.list({ type: 'invoice.paid', created });
    same(paid.data.map((it) => it.data.object.id), [made.latest_invoice]);
    const types = ['customer.created', 'customer.subscription.created'];
    const found = await events.list({ types, created });
    same(found.data.map((it) => it.type).sort(), types);
    for (const event of await all(events.list({ type: 'invoice.*', limit: 5 }))) {
      same(event.type.split('.')[0], 'invoice');
    }
    const everything = ids(await all(events.list({ limit: 100 })));
    const back = await all(events.list({ limit: 3, ending_before: everything.at(-1) }));
    same(ids(back), everything.slice(0, -1).reverse());
    const error = await refused(StripeInvalidRequestError, () =>
      events.list({ type: 'invoice.paid', types }),
    );
    same(error.param, 'types');
  },
);

drives(['GET /v1/events'], async function aChangeTellsWhatWasThereBefore() {
  const owner = await sdk.customers.create({ name: 'Ada', metadata: { a: '1' } });
  await sdk.customers.update(owner.id, { name: 'Eve' });
  const event = (await events.list({ type: 'customer.updated', limit: 1 })).data[0];
  same([event.data.object.id, event.data.object.name], [owner.id, 'Eve']);
  same(event.data.previous_attributes, { name: 'Ada' });
});

drives(['GET /v1/events'], async function eventsThatWereNotTakenCanBeAskedFor() {
  const receiver = await Receiver.start();
  receiver.status = 500;
  const endpoint = await endpoints.create({
    url: receiver.url,
    enabled_events: ['coupon.created', 'product.created'],
  });
  const product = await sdk.products.create({ name: 'Unheard' });
  await receiver.next('product.created');
  const found = await events.list({ delivery_success: false });
  same(found.data.map((it) => it.data.object.id), [product.id]);
  same(found.data[0].pending_webhooks, 1);
  await endpoints.del(endpoint.id);
});

drives(['GET /v1/events'], async function eventsAreKeptForThirtyDays() {
  const old = (await events.list({ limit: 1 })).data[0].id;
  await advance(31 * DAY);
  await refused(StripeInvalidRequestError, () => events.retrieve(old));
  same(ids(await all(events.list({ limit: 100 }))).includes(old), false);
});

await run();
