// Payment methods, payment and setup intents, charges, refunds and disputes.

import {
  Stripe, advance, control, drives, holds, ids, now, refused, run, same, sdk,
} from './stage.mjs';

const {
  charges, customers, disputes, paymentIntents: intents, paymentMethods: methods, refunds,
  setupIntents: setups,
} = sdk;
const { StripeCardError, StripeInvalidRequestError } = Stripe.errors;
const automatic_payment_methods = { enabled: true, allow_redirects: 'never' };

const intent = (params = {}) =>
  intents.create({ amount: 2_000, currency: 'usd', automatic_payment_methods, ...params });

const paid = (params = {}) => intent({ payment_method: 'pm_card_visa', confirm: true, ...params });

drives(
  [
    'POST /v1/payment_methods',
    'GET /v1/payment_methods',
    'GET /v1/payment_methods/*',
    'POST /v1/payment_methods/*',
    'POST /v1/payment_methods/*/attach',
    'POST /v1/payment_methods/*/detach',
  ],
  async function methodsBelongToCustomers() {
    const { id: customer } = await customers.create();
    const made = await methods.create({
      type: 'card',
      card: { token: 'tok_visa' },
      billing_details: { name: 'Ada' },
    });
    same([made.object, made.type, made.customer], ['payment_method', 'card', null]);
    same([made.card.brand, made.card.last4], ['visa', '4242']);
    same(made.billing_details.name, 'Ada');
    same(await methods.retrieve(made.id), made);
    const held = await methods.attach(made.id, { customer });
    same([held.id, held.customer], [made.id, customer]);
    same((await methods.update(made.id, { metadata: { a: 'b' } })).metadata, { a: 'b' });
    same(ids((await methods.list({ customer, type: 'card' })).data), [made.id]);
    const loose = await methods.detach(made.id);
    same([loose.id, loose.customer], [made.id, null]);
    same((await methods.list({ customer })).data, []);
    const error = await refused(StripeCardError, () =>
      methods.attach('pm_card_visa_chargeDeclined', { customer }),
    );
    same([error.statusCode, error.code], [402, 'card_declined']);
  },
);

drives(
  [
    'POST /v1/payment_intents',
    'GET /v1/payment_intents',
    'GET /v1/payment_intents/*',
    'POST /v1/payment_intents/*',
    'POST /v1/payment_intents/*/confirm',
  ],
  async function anIntentIsConfirmed() {
    const { id: customer } = await customers.create();
    const made = await intent({ amount: 1_500, customer, metadata: { order: '7' } });
    same([made.object, made.status], ['payment_intent', 'requires_payment_method']);
    same([made.amount, made.amount_received, made.latest_charge], [1_500, 0, null]);
    holds(made.client_secret.includes('_secret_'));
    const changed = await intents.update(made.id, { amount: 1_700, description: 'tea' });
    same([changed.amount, changed.description], [1_700, 'tea']);
    const done = await intents.confirm(made.id, { payment_method: 'pm_card_visa' });
    same([done.id, done.status, done.amount_received], [made.id, 'succeeded', 1_700]);
    const held = await intents.retrieve(made.id, { expand: ['latest_charge'] });
    const charge = held.latest_charge;
    same([charge.status, charge.amount, charge.paid], ['succeeded', 1_700, true]);
    same([charge.payment_intent, charge.customer], [made.id, customer]);
    same(ids((await intents.list({ customer })).data), [made.id]);
    const error = await refused(StripeInvalidRequestError, () => intents.confirm(made.id));
    same([error.statusCode, error.code], [400, 'payment_intent_unexpected_state']);
  },
);

drives(
  ['POST /v1/payment_intents/*/confirm', 'POST /v1/payment_intents'],
  async function whatTheBankSaysIsTold() {
    const made = await intent();
    const error = await refused(StripeCardError, () =>
      intents.confirm(made.id, {
        payment_method: 'pm_card_visa_chargeDeclinedInsufficientFunds',
      }),
    );
    same([error.code, error.decline_code], ['card_declined', 'insufficient_funds']);
    same([error.payment_intent.id, error.charge.slice(0, 3)], [made.id, 'ch_']);
    const held = await intents.retrieve(made.id);
    same([held.status, held.last_payment_error.code], ['requires_payment_method', 'card_declined']);
    const asked = await paid({ payment_method: 'pm_card_authenticationRequired' });
    same([asked.status, asked.latest_charge], ['requires_action', null]);
    holds(asked.next_action);
  },
);

drives(
  [
    'POST /v1/payment_intents/*/capture',
    'POST /v1/payment_intents/*/cancel',
    'GET /v1/payment_intents/search',
  ],
  async function anIntentIsCapturedOrCanceled() {
    const held = await paid({
      amount: 3_000,
      capture_method: 'manual',
      metadata: { find: 'me' },
    });
    same([held.status, held.amount_capturable], ['requires_capture', 3_000]);
    const taken = await intents.capture(held.id, { amount_to_capture: 2_200 });
    same([taken.status, taken.amount_received, taken.amount_capturable], ['succeeded', 2_200, 0]);
    const cancellation_reason = 'requested_by_customer';
    const gone = await intents.cancel((await intent()).id, { cancellation_reason });
    same([gone.status, gone.canceled_at], ['canceled', await now()]);
    same(gone.cancellation_reason, cancellation_reason);
    await refused(StripeInvalidRequestError, () => intents.cancel(held.id));
    await advance(3_600);
    const query = 'status:"succeeded" AND metadata["find"]:"me"';
    same(ids((await intents.search({ query })).data), [held.id]);
  },
);

drives(
  [
    'POST /v1/setup_intents',
    'GET /v1/setup_intents',
    'GET /v1/setup_intents/*',
    'POST /v1/setup_intents/*',
    'POST /v1/setup_intents/*/confirm',
    'POST /v1/setup_intents/*/cancel',
  ],
  async function aMethodIsSetUpForLater() {
    const { id: customer } = await customers.create();
    const made = await setups.create({ customer, automatic_payment_methods });
    same([made.object, made.status], ['setup_intent', 'requires_payment_method']);
    same([made.usage, made.customer], ['off_session', customer]);
    const changed = await setups.update(made.id, {
      description: 'card',
      metadata: { a: 'b' },
    });
    same([changed.description, changed.metadata], ['card', { a: 'b' }]);
    const done = await setups.confirm(made.id, { payment_method: 'pm_card_visa' });
    same([done.id, done.status], [made.id, 'succeeded']);
    const method = await methods.retrieve(done.payment_method);
    same([method.customer, method.card.last4], [customer, '4242']);
    const other = await setups.create({ customer });
    const gone = await setups.cancel(other.id, { cancellation_reason: 'abandoned' });
    same([gone.status, gone.cancellation_reason], ['canceled', 'abandoned']);
    same(ids((await setups.list({ customer })).data), [other.id, made.id]);
    same(await setups.retrieve(made.id), done);
  },
);

drives(
  ['GET /v1/charges', 'GET /v1/charges/*', 'GET /v1/charges/search'],
  async function chargesAreRead() {
    const { id: customer } = await customers.create();
    const [one, other] = [
      await paid({ amount: 4_321, customer }),
      await paid({ amount: 100, customer }),
    ];
    const listed = (await charges.list({ customer })).data;
    same(ids(listed), [other.latest_charge, one.latest_charge]);
    const byIntent = await charges.list({ payment_intent: one.id });
    same(ids(byIntent.data), [one.latest_charge]);
    const held = await charges.retrieve(one.latest_charge, { expand: ['payment_intent'] });
    same([held.object, held.amount, held.amount_captured], ['charge', 4_321, 4_321]);
    same([held.payment_intent.id, held.refunded, held.disputed], [one.id, false, false]);
    const { card, type } = held.payment_method_details;
    same([type, card.last4, held.outcome.type], ['card', '4242', 'authorized']);
    await advance(3_600);
    const query = `amount:4321 AND customer:"${customer}"`;
    same(ids((await charges.search({ query })).data), [one.latest_charge]);
  },
);

drives(
  [
    'POST /v1/refunds',
    'GET /v1/refunds',
    'GET /v1/refunds/*',
    'POST /v1/refunds/*',
  ],
  async function moneyIsGivenBack() {
    const made = await paid();
    const charge = made.latest_charge;
    const some = await refunds.create({
      payment_intent: made.id,
      amount: 500,
      reason: 'requested_by_customer',
      metadata: { a: 'b' },
    });
    same([some.object, some.status, some.amount], ['refund', 'succeeded', 500]);
    same([some.charge, some.payment_intent], [charge, made.id]);
    const held = await charges.retrieve(charge);
    same([held.amount_refunded, held.refunded], [500, false]);
    const rest = await refunds.create({ charge });
    same([rest.amount, (await charges.retrieve(charge)).refunded], [1_500, true]);
    const error = await refused(StripeInvalidRequestError, () => refunds.create({ charge }));
    same([error.statusCode, error.code], [400, 'charge_already_refunded']);
    same(ids((await refunds.list({ charge })).data), [rest.id, some.id]);
    const changed = await refunds.update(some.id, { metadata: { a: 'c' } });
    same(changed.metadata, { a: 'c' });
    same(await refunds.retrieve(some.id), changed);
  },
);

drives(
  ['POST /v1/refunds/*/cancel'],
  async function aRefundThatWaitsForTheCustomerIsCanceled() {
    const made = await paid({ payment_method: 'pm_card_pendingRefund' });
    const { id: payment_intent, latest_charge } = made;
    const held = await refunds.create({ payment_intent, amount: 700 });
    same(held.status, 'pending');
    await refused(StripeInvalidRequestError, () => refunds.cancel(held.id));
    const other = await refunds.create({ payment_intent, amount: 900 });
    await control('POST', `refunds/${other.id}/settle`, { end: 'needs_action' });
    same((await refunds.retrieve(other.id)).status, 'requires_action');
    const gone = await refunds.cancel(other.id);
    same([gone.id, gone.status], [other.id, 'canceled']);
    same((await charges.retrieve(latest_charge)).amount_refunded, 700);
  },
);

drives(
  [
    'GET /v1/disputes',
    'GET /v1/disputes/*',
    'POST /v1/disputes/*',
    'POST /v1/disputes/*/close',
  ],
  async function aChargeIsDisputed() {
    const disputed = () => paid({ payment_method: 'pm_card_createDispute' });
    const { id: payment_intent, latest_charge: charge } = await disputed();
    const other = await disputed();
    // A bank takes some seconds to dispute.
    await advance(5);
    const found = (await disputes.list({ payment_intent })).data;
    same(found.length, 1);
    const held = await disputes.retrieve(found[0].id);
    same([held.object, held.status, held.charge], ['dispute', 'needs_response', charge]);
    same(held.amount, 2_000);
    holds(held.evidence_details.due_by > (await now()));
    same((await charges.retrieve(charge)).disputed, true);
    const answered = await disputes.update(held.id, {
      evidence: { product_description: 'tea' },
      submit: false,
    });
    same(answered.evidence.product_description, 'tea');
    const error = await refused(StripeInvalidRequestError, () => refunds.create({ charge }));
    same([error.statusCode, error.code], [400, 'refund_disputed_payment']);
    same((await disputes.close(held.id)).status, 'lost');
    const openStill = (await disputes.list({ payment_intent: other.id })).data[0];
    const sent = await disputes.update(openStill.id, {
      evidence: { uncategorized_text: 'winning_evidence' },
      submit: true,
    });
    same(sent.status, 'under_review');
    await advance(5);
    same((await disputes.retrieve(sent.id)).status, 'won');
  },
);

await run();
