// Version 2: event destinations, thin events, and what a notification leads to.

import {
  Receiver, Stripe, advance, all, drives, holds, ids, refused, run, same, sdk,
} from './stage.mjs';

const { core } = sdk.v2;
const destinations = core.eventDestinations;
const { StripeInvalidRequestError, StripeSignatureVerificationError } = Stripe.errors;

const destination = (url, kinds, params = {}) =>
  destinations.create({
    name: 'hook',
    type: 'webhook_endpoint',
    events_from: ['@self'],
    event_payload: 'thin',
    enabled_events: kinds,
    webhook_endpoint: { url },
    include: ['webhook_endpoint.signing_secret', 'webhook_endpoint.url'],
    ...params,
  });

drives(
  [
    'POST /v2/core/event_destinations',
    'GET /v2/core/event_destinations',
    'GET /v2/core/event_destinations/*',
    'POST /v2/core/event_destinations/*',
    'POST /v2/core/event_destinations/*/disable',
    'POST /v2/core/event_destinations/*/enable',
    'DELETE /v2/core/event_destinations/*',
  ],
  async function destinationsAreMadeChangedAndDeleted() {
    const url = 'http://127.0.0.1:9/hook';
    const made = await destination(url, ['v1.customer.created'], { metadata: { a: 'b' } });
    same([made.object, made.status], ['v2.core.event_destination', 'enabled']);
    same([made.event_payload, made.enabled_events], ['thin', ['v1.customer.created']]);
    same([made.webhook_endpoint.url, made.metadata], [url, { a: 'b' }]);
    same(made.webhook_endpoint.signing_secret.slice(0, 6), 'whsec_');
    holds(made.created.endsWith('Z'));
    const shown = await destinations.retrieve(made.id, { include: ['webhook_endpoint.url'] });
    same([shown.id, shown.webhook_endpoint.url], [made.id, url]);
    same(shown.webhook_endpoint.signing_secret, null);
    const changed = await destinations.update(made.id, {
      name: 'other',
      enabled_events: ['v1.invoice.paid'],
    });
    same([changed.name, changed.enabled_events], ['other', ['v1.invoice.paid']]);
    const off = await destinations.disable(made.id);
    same([off.status, off.status_details.disabled.reason], ['disabled', 'user']);
    same((await destinations.enable(made.id)).status, 'enabled');
    const more = [];
    for (const _ of '1234') more.unshift((await destination(url, ['v1.invoice.paid'])).id);
    same(ids(await all(destinations.list({ limit: 2 }))), [...more, made.id]);
    same((await destinations.del(made.id)).id, made.id);
    same(ids((await destinations.list()).data), more);
    const error = await refused(StripeInvalidRequestError, () => destinations.retrieve(made.id));
    same(error.statusCode, 404);
    for (const other of more) await destinations.del(other);
  },
);

drives(
  [
    'POST /v2/core/event_destinations',
    'GET /v2/core/events/*',
    'POST /v2/core/event_destinations/*/ping',
  ],
  async function notificationsAreGenuineAndLeadToTheirObjects() {
    const receiver = await Receiver.start();
    const made = await destination(receiver.url, ['v1.customer.created', 'v1.customer.updated']);
    const secret = made.webhook_endpoint.signing_secret;
    const owner = await sdk.customers.create({ name: 'Zoë' }, { idempotencyKey: 'zoe' });
    let { body, signature } = await receiver.next('v1.customer.created');
    let told = sdk.parseEventNotification(body, signature, secret);
    same([told.object, told.type, told.livemode], ['v2.core.event', 'v1.customer.created', false]);
    same(told.related_object, {
      id: owner.id,
      type: 'customer',
      url: `/v1/customers/${owner.id}`,
    });
    same(told.reason.request.idempotency_key, 'zoe');
    const event = await told.fetchEvent();
    same([event.id, event.type, event.created], [told.id, told.type, told.created]);
    const related = await told.fetchRelatedObject();
    same([related.object, related.id, related.name], ['customer', owner.id, 'Zoë']);
    const held = await core.events.retrieve(told.id);
    same([held.id, (await held.fetchRelatedObject()).id], [told.id, owner.id]);
    same((await sdk.parseEventNotificationAsync(body, signature, secret)).id, told.id);

    for (const wrong of [
      [Buffer.from(body.toString().replaceAll('customer', 'consumer')), signature, secret],
      [body, signature, 'whsec_wrong'],
      [body, undefined, secret],
    ]) {
      await refused(StripeSignatureVerificationError, () => sdk.parseEventNotification(...wrong));
    }
    // A thin notification is no event of version 1.
    const error = await refused(Error, () =>
      sdk.webhooks.constructEvent(body, signature, secret),
    );
    holds(error.message.includes('thin event notification'));

    const pinged = await destinations.ping(made.id);
    ({ body, signature } = await receiver.next('v2.core.event_destination.ping'));
    told = sdk.parseEventNotification(body, signature, secret);
    same([told.id, told.related_object.id], [pinged.id, made.id]);
    same((await told.fetchRelatedObject()).name, 'hook');
    await destinations.del(made.id);
  },
);

drives(
  ['POST /v2/core/event_destinations'],
  async function aDestinationCanTakeSnapshotsToo() {
    const receiver = await Receiver.start();
    const version = '2025-03-31.basil';
    const made = await destination(receiver.url, ['product.created'], {
      event_payload: 'snapshot',
      snapshot_api_version: version,
    });
    same(made.snapshot_api_version, version);
    await sdk.products.create({ name: 'Whole' });
    const { body, signature } = await receiver.next('product.created');
    const secret = made.webhook_endpoint.signing_secret;
    const event = sdk.webhooks.constructEvent(body, signature, secret);
    same([event.data.object.name, event.api_version], ['Whole', version]);
    await destinations.del(made.id);
  },
);

drives(['GET /v2/core/events'], async function thinEventsAreListed() {
  const created = { gte: '2026-02-01T00:00:00Z' };
  await advance(22 * 86_400);
  const owner = await sdk.customers.create();
  for (const name of 'abc') await sdk.customers.update(owner.id, { name });
  const found = await all(core.events.list({ created, limit: 2 }));
  const updated = 'v1.customer.updated';
  same(found.map((it) => it.type), [updated, updated, updated, 'v1.customer.created']);
  same(found.map((it) => it.related_object.id), found.map(() => owner.id));
  const made = await core.events.list({ created, types: ['v1.customer.created'] });
  same(ids(made.data), [found.at(-1).id]);
  const about = await core.events.list({ object_id: owner.id, limit: 100 });
  same(ids(about.data), ids(found));
});

await run();
