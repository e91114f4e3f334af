// Meters, what is reported to them, alerts, and both streams of version 2.

import {
  DAY, HOUR, MINUTE, Receiver, START, Stripe, advance, all, client, drives, holds, ids,
  monthlyPrice, now, paidCustomer, refused, run, same, sdk,
} from './stage.mjs';

const { alerts, meterEventAdjustments, meterEvents, meters } = sdk.billing;
const {
  StripeAuthenticationError, StripeInvalidRequestError, TemporarySessionExpiredError,
} = Stripe.errors;
// Longer than usage takes to be counted.
const COUNTED = 10 * MINUTE;

const meter = (event_name, params = {}) =>
  meters.create({
    display_name: 'Calls',
    event_name,
    default_aggregation: { formula: 'sum' },
    ...params,
  });

const report = (event_name, customer, value, params = {}) =>
  meterEvents.create({
    event_name,
    payload: { stripe_customer_id: customer, value: String(value) },
    ...params,
  });

/** What a meter counts for a customer yesterday and today, page by page. */
async function counted(of, customer, params = {}) {
  const day = Math.floor((await now()) / DAY) * DAY;
  const range = { start_time: day - DAY, end_time: day + DAY };
  return all(meters.listEventSummaries(of.id, { customer, ...range, ...params }));
}

const values = async (of, customer) =>
  (await counted(of, customer)).map((it) => it.aggregated_value);

drives(
  [
    'POST /v1/billing/meters',
    'GET /v1/billing/meters',
    'GET /v1/billing/meters/*',
    'POST /v1/billing/meters/*',
    'POST /v1/billing/meters/*/deactivate',
    'POST /v1/billing/meters/*/reactivate',
  ],
  async function metersAreMadeAndPutToRest() {
    const made = await meter('rested', {
      customer_mapping: { type: 'by_id', event_payload_key: 'who' },
    });
    same([made.object, made.status, made.event_name], ['billing.meter', 'active', 'rested']);
    same(made.default_aggregation.formula, 'sum');
    same(made.customer_mapping.event_payload_key, 'who');
    same(made.value_settings.event_payload_key, 'value');
    same(await meters.retrieve(made.id), made);
    const renamed = await meters.update(made.id, { display_name: 'Requests' });
    same(renamed.display_name, 'Requests');
    same(ids((await meters.list({ status: 'active' })).data), [made.id]);
    const off = await meters.deactivate(made.id);
    same([off.status, off.status_transitions.deactivated_at], ['inactive', await now()]);
    same(ids((await meters.list({ status: 'inactive' })).data), [made.id]);
    const back = await meters.reactivate(made.id);
    same([back.status, back.status_transitions.deactivated_at], ['active', null]);
    const error = await refused(StripeInvalidRequestError, () => meter('rested'));
    same(error.statusCode, 400);
  },
);

drives(
  ['POST /v1/billing/meter_events', 'GET /v1/billing/meters/*/event_summaries'],
  async function usageIsSummedUp() {
    const of = await meter('calls');
    const { id: owner } = await paidCustomer();
    const told = await report('calls', owner, 25, { identifier: 'first' });
    same([told.object, told.identifier], ['billing.meter_event', 'first']);
    same([told.event_name, told.timestamp], ['calls', await now()]);
    same(told.payload, { stripe_customer_id: owner, value: '25' });
    await report('calls', owner, 17);
    await report('calls', owner, 8, { timestamp: (await now()) - 3 * HOUR });
    await report('calls', (await paidCustomer()).id, 1_000);
    await advance(COUNTED);
    const whole = await counted(of, owner);
    same(
      whole.map((it) => [it.object, it.aggregated_value, it.meter]),
      [['billing.meter_event_summary', 50, of.id]],
    );
    const byHour = await counted(of, owner, { value_grouping_window: 'hour' });
    same(byHour.map((it) => it.aggregated_value).filter((it) => it > 0), [42, 8]);
    const error = await refused(StripeInvalidRequestError, () =>
      meters.listEventSummaries(of.id, {
        customer: owner,
        start_time: START + 1,
        end_time: START + HOUR,
      }),
    );
    same([error.statusCode, error.param], [400, 'start_time']);
  },
);

drives(['POST /v1/billing/meter_event_adjustments'], async function usageIsTakenBack() {
  const of = await meter('mistaken');
  const { id: owner } = await paidCustomer();
  await report('mistaken', owner, 5, { identifier: 'wrong' });
  await report('mistaken', owner, 2, { identifier: 'right' });
  const taken = await meterEventAdjustments.create({
    type: 'cancel',
    event_name: 'mistaken',
    cancel: { identifier: 'wrong' },
  });
  same([taken.object, taken.type], ['billing.meter_event_adjustment', 'cancel']);
  same([taken.cancel.identifier, taken.event_name], ['wrong', 'mistaken']);
  holds(['pending', 'complete'].includes(taken.status));
  await advance(COUNTED);
  same(await values(of, owner), [2]);
});

drives(
  ['POST /v1/billing/meter_events', 'POST /v1/subscriptions', 'GET /v1/invoices'],
  async function usageIsBilledAtTheEndOfThePeriod() {
    const of = await meter('billed');
    const { id: owner } = await paidCustomer();
    const price = await monthlyPrice(3, {
      recurring: { interval: 'month', meter: of.id, usage_type: 'metered' },
    });
    const made = await sdk.subscriptions.create({
      customer: owner,
      items: [{ price: price.id }],
    });
    same(made.status, 'active');
    await report('billed', owner, 100);
    await advance(32 * DAY);
    const invoice = (await sdk.invoices.list({ subscription: made.id })).data[0];
    same(
      [invoice.billing_reason, invoice.total, invoice.status],
      ['subscription_cycle', 300, 'paid'],
    );
    same(invoice.lines.data.map((it) => [it.quantity, it.amount]), [[100, 300]]);
  },
);

drives(
  [
    'POST /v1/billing/alerts',
    'GET /v1/billing/alerts',
    'GET /v1/billing/alerts/*',
    'POST /v1/billing/alerts/*/deactivate',
    'POST /v1/billing/alerts/*/activate',
    'POST /v1/billing/alerts/*/archive',
  ],
  async function anAlertIsRaisedOnce() {
    const of = await meter('alerted');
    const { id: owner } = await paidCustomer();
    const made = await alerts.create({
      alert_type: 'usage_threshold',
      title: 'Much',
      usage_threshold: {
        meter: of.id,
        gte: 10,
        recurrence: 'one_time',
        filters: [{ type: 'customer', customer: owner }],
      },
    });
    same([made.object, made.status, made.title], ['billing.alert', 'active', 'Much']);
    same([made.usage_threshold.gte, made.usage_threshold.meter], [10, of.id]);
    same(await alerts.retrieve(made.id), made);
    same(ids((await alerts.list({ meter: of.id })).data), [made.id]);
    same((await alerts.deactivate(made.id)).status, 'inactive');
    same((await alerts.activate(made.id)).status, 'active');
    await report('alerted', owner, 9);
    await advance(COUNTED);
    await report('alerted', owner, 4);
    await advance(COUNTED);
    const told = (await sdk.events.list({ type: 'billing.alert.triggered' })).data;
    same(
      told.map(({ data: { object } }) => [object.alert.id, object.customer]),
      [[made.id, owner]],
    );
    same((await alerts.archive(made.id)).status, 'archived');
    same((await alerts.list({ meter: of.id })).data, []);
  },
);

drives(
  ['POST /v2/billing/meter_events', 'POST /v2/billing/meter_event_adjustments'],
  async function version2ChecksUsageAtOnce() {
    const v2 = sdk.v2.billing;
    const of = await meter('checked');
    const { id: owner } = await paidCustomer();
    const create = (identifier, value = '7') =>
      v2.meterEvents.create({
        event_name: 'checked',
        identifier,
        payload: { stripe_customer_id: owner, value },
      });
    const told = await create('v2-1');
    same([told.object, told.identifier], ['v2.billing.meter_event', 'v2-1']);
    same(told.payload, { stripe_customer_id: owner, value: '7' });
    const again = await refused(StripeInvalidRequestError, () => create('v2-1'));
    same([again.statusCode, again.code], [400, 'duplicate_meter_event']);
    const wrong = await refused(StripeInvalidRequestError, () => create('v2-2', 'much'));
    same(wrong.code, 'payload_invalid_value');
    await create('v2-3', '4');
    const taken = await v2.meterEventAdjustments.create({
      type: 'cancel',
      event_name: 'checked',
      cancel: { identifier: 'v2-3' },
    });
    same(taken.object, 'v2.billing.meter_event_adjustment');
    same(taken.cancel.identifier, 'v2-3');
    await advance(COUNTED);
    same(await values(of, owner), [7]);
  },
);

drives(
  ['POST /v2/billing/meter_event_session', 'POST /v2/billing/meter_event_stream'],
  async function aStreamGoesByTheTokenOfItsSession() {
    const of = await meter('streamed');
    const { id: owner } = await paidCustomer();
    const session = await sdk.v2.billing.meterEventSession.create();
    same(session.object, 'v2.billing.meter_event_session');
    const stream = client(session.authentication_token).v2.billing.meterEventStream;
    const event = (value) => ({
      event_name: 'streamed',
      identifier: `s${value}`,
      payload: { stripe_customer_id: owner, value: String(value) },
    });
    await stream.create({ events: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(event) });
    await stream.create({ events: [1, 11].map(event) });
    await advance(COUNTED);
    same(await values(of, owner), [66]);
    await advance(16 * MINUTE);
    const late = await refused(TemporarySessionExpiredError, () =>
      stream.create({ events: [event(12)] }),
    );
    same(late.code, 'billing_meter_event_session_expired');
    await refused(StripeAuthenticationError, () =>
      client('nonsense').v2.billing.meterEventStream.create({ events: [] }),
    );
  },
);

drives(
  ['POST /v1/billing/meter_events', 'GET /v2/core/events/*'],
  async function whatCannotBeCountedIsToldByAThinEvent() {
    const receiver = await Receiver.start();
    const destination = await sdk.v2.core.eventDestinations.create({
      name: 'errors',
      type: 'webhook_endpoint',
      events_from: ['@self'],
      event_payload: 'thin',
      enabled_events: [
        'v1.billing.meter.error_report_triggered',
        'v1.billing.meter.no_meter_found',
      ],
      webhook_endpoint: { url: receiver.url },
      include: ['webhook_endpoint.signing_secret'],
    });
    const secret = destination.webhook_endpoint.signing_secret;
    const of = await meter('erring');
    await report('erring', 'cus_none1', 5, { identifier: 'lost' });
    await advance(COUNTED);
    const { body, signature } = await receiver.next('v1.billing.meter.error_report_triggered');
    const told = sdk.parseEventNotification(body, signature, secret);
    same([told.related_object.id, told.related_object.type], [of.id, 'billing.meter']);
    same((await told.fetchRelatedObject()).event_name, 'erring');
    const { reason } = (await told.fetchEvent()).data;
    // The SDK makes no number of what JSON has as a text.
    same(String(reason.error_count), '1');
    const kind = reason.error_types[0];
    same([kind.code, String(kind.error_count)], ['meter_event_customer_not_found', '1']);
    same(kind.sample_errors.map((it) => it.request.identifier), ['lost']);
    await sdk.v2.core.eventDestinations.del(destination.id);
  },
);

await run();
