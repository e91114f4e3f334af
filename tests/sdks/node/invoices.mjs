// Invoices from draft to their end, their items, lines and payments, and credit notes.

import {
  DAY, Stripe, advance, all, drives, ids, monthlyPrice, now, paidCustomer, refused, run, same, sdk,
  subscription,
} from './stage.mjs';

const { creditNotes: notes, invoiceItems: items, invoicePayments: payments, invoices } = sdk;
const { StripeInvalidRequestError } = Stripe.errors;

const item = (customer, amount, params = {}) =>
  items.create({ customer, amount, currency: 'usd', ...params });

/** An invoice over 25.00 that is still a draft. */
async function draft({ customer, ...params } = {}) {
  const owner = customer ?? (await paidCustomer()).id;
  const made = await invoices.create({
    customer: owner,
    auto_advance: false,
    currency: 'usd',
    ...params,
  });
  await item(owner, 2_500, { invoice: made.id });
  return made;
}

const openInvoice = async (params) => invoices.finalizeInvoice((await draft(params)).id);

drives(
  ['POST /v1/invoices', 'GET /v1/invoices/*', 'POST /v1/invoices/*'],
  async function aDraftCanBeChanged() {
    const { id: customer } = await paidCustomer();
    const made = await draft({ customer, description: 'May', metadata: { a: 'b' } });
    same([made.object, made.status, made.billing_reason], ['invoice', 'draft', 'manual']);
    same([made.customer, made.number, made.hosted_invoice_url], [customer, null, null]);
    const held = await invoices.retrieve(made.id);
    same([held.total, held.amount_due, held.amount_paid], [2_500, 2_500, 0]);
    same(
      held.lines.data.map((it) => [it.amount, it.parent.type]),
      [[2_500, 'invoice_item_details']],
    );
    const changed = await invoices.update(made.id, { description: 'June', metadata: { c: 'd' } });
    same([changed.description, changed.metadata], ['June', { a: 'b', c: 'd' }]);
  },
);

drives(
  ['POST /v1/invoices/*/finalize', 'POST /v1/invoices/*/pay'],
  async function anInvoiceIsFinalizedAndPaid() {
    const made = await draft();
    const ready = await invoices.finalizeInvoice(made.id);
    same([ready.id, ready.status, ready.amount_remaining], [made.id, 'open', 2_500]);
    same([typeof ready.number, typeof ready.hosted_invoice_url], ['string', 'string']);
    same(ready.status_transitions.finalized_at, await now());
    const paid = await invoices.pay(made.id);
    same([paid.status, paid.amount_paid, paid.amount_remaining], ['paid', 2_500, 0]);
    same(paid.status_transitions.paid_at, await now());
    for (const again of [() => invoices.finalizeInvoice(made.id), () => invoices.pay(made.id)]) {
      same((await refused(StripeInvalidRequestError, again)).statusCode, 400);
    }
    const elsewhere = await invoices.pay((await openInvoice()).id, { paid_out_of_band: true });
    same([elsewhere.status, elsewhere.amount_remaining], ['paid', 0]);
  },
);

drives(['GET /v1/invoices'], async function invoicesAreListedByStatusAndByCustomer() {
  const { id: customer } = await paidCustomer();
  const [kept, other] = [await draft({ customer }), await openInvoice({ customer })];
  same(ids((await invoices.list({ customer })).data), [other.id, kept.id]);
  for (const [status, expected] of [['draft', kept], ['open', other]]) {
    same(ids((await invoices.list({ customer, status })).data), [expected.id]);
  }
  const made = await subscription({ customer });
  same(ids((await invoices.list({ subscription: made.id })).data), [made.latest_invoice]);
  const sent = await draft({
    customer,
    collection_method: 'send_invoice',
    days_until_due: 10,
  });
  same(sent.due_date, (await now()) + 10 * DAY);
  const found = await invoices.list({ customer, collection_method: 'send_invoice' });
  same(ids(found.data), [sent.id]);
});

drives(['GET /v1/invoices/search'], async function invoicesAreSearched() {
  const made = await draft({ metadata: { find: 'me' } });
  await advance(3_600);
  const query = 'status:"draft" AND metadata["find"]:"me"';
  same(ids((await invoices.search({ query })).data), [made.id]);
});

drives(['DELETE /v1/invoices/*'], async function aDraftCanBeDeleted() {
  const made = await draft();
  const gone = await invoices.del(made.id);
  same([gone.id, gone.deleted], [made.id, true]);
  const error = await refused(StripeInvalidRequestError, () => invoices.retrieve(made.id));
  same([error.statusCode, error.code], [404, 'resource_missing']);
  const kept = await openInvoice();
  await refused(StripeInvalidRequestError, () => invoices.del(kept.id));
});

drives(
  [
    'POST /v1/invoices/*/void',
    'POST /v1/invoices/*/mark_uncollectible',
    'POST /v1/invoices/*/send',
  ],
  async function anOpenInvoiceIsVoidedOrGivenUpOrSent() {
    const voided = await invoices.voidInvoice((await openInvoice()).id);
    same([voided.status, voided.status_transitions.voided_at], ['void', await now()]);
    await refused(StripeInvalidRequestError, () => invoices.pay(voided.id));
    const lost = await invoices.markUncollectible((await openInvoice()).id);
    same(lost.status, 'uncollectible');
    same(lost.status_transitions.marked_uncollectible_at, await now());
    same((await invoices.pay(lost.id)).status, 'paid');
    const bill = await draft({ collection_method: 'send_invoice', days_until_due: 7 });
    const sent = await invoices.sendInvoice(bill.id);
    same([sent.id, sent.status], [bill.id, 'open']);
    const told = (await sdk.events.list({ type: 'invoice.sent' })).data;
    same(told.map((it) => it.data.object.id), [bill.id]);
    const { id } = await draft();
    await refused(StripeInvalidRequestError, () => invoices.voidInvoice(id));
  },
);

drives(
  [
    'POST /v1/invoices/*/add_lines',
    'POST /v1/invoices/*/update_lines',
    'POST /v1/invoices/*/remove_lines',
    'GET /v1/invoices/*/lines',
  ],
  async function linesComeAndGo() {
    const { id: customer } = await paidCustomer();
    const made = await draft({ customer });
    const loose = await item(customer, 70);
    const grown = await invoices.addLines(made.id, {
      lines: [{ amount: 500, description: 'more' }, { invoice_item: loose.id }],
    });
    same([grown.id, grown.total], [made.id, 3_070]);
    const lines = {};
    for (const it of await all(invoices.listLineItems(made.id))) lines[it.amount] = it.id;
    same(Object.keys(lines), ['70', '500', '2500']);
    const changed = await invoices.updateLines(made.id, {
      lines: [{ id: lines[500], amount: 600, description: 'most' }],
    });
    same(changed.total, 3_170);
    const shrunk = await invoices.removeLines(made.id, {
      lines: [
        { id: lines[500], behavior: 'delete' },
        { id: lines[70], behavior: 'unassign' },
      ],
    });
    same([shrunk.total, shrunk.lines.data.length], [2_500, 1]);
    same((await items.retrieve(loose.id)).invoice, null);
    const walk = await all(invoices.listLineItems(made.id, { limit: 1 }));
    same(walk.map((it) => it.amount), [2_500]);
  },
);

drives(['POST /v1/invoices/create_preview'], async function anInvoiceIsPreviewedAndNotMade() {
  const made = await subscription();
  const { customer } = made;
  const held = made.items.data[0];
  const before = ids((await invoices.list({ customer })).data);
  let shown = await invoices.createPreview({ subscription: made.id });
  same([shown.object, shown.status, shown.total], ['invoice', 'draft', 1_000]);
  same(shown.period_end, held.current_period_end);
  await advance(10 * DAY);
  const big = await monthlyPrice(9_000);
  shown = await invoices.createPreview({
    subscription: made.id,
    subscription_details: {
      items: [{ id: held.id, price: big.id }],
      proration_behavior: 'create_prorations',
    },
  });
  const amounts = shown.lines.data.map((it) => it.amount);
  same([amounts.length, Math.max(...amounts)], [3, 9_000]);
  same(amounts.reduce((a, b) => a + b), shown.total);
  same(amounts.filter((it) => it < 0).length, 1);
  same(ids((await invoices.list({ customer })).data), before);
  same((await sdk.subscriptions.retrieve(made.id)).items.data[0].price.unit_amount, 1_000);
});

drives(
  [
    'POST /v1/invoiceitems',
    'GET /v1/invoiceitems',
    'GET /v1/invoiceitems/*',
    'POST /v1/invoiceitems/*',
    'DELETE /v1/invoiceitems/*',
  ],
  async function itemsWaitForAnInvoice() {
    const { id: customer } = await paidCustomer();
    const made = await item(customer, 400, { description: 'hours', metadata: { a: 'b' } });
    same([made.object, made.amount, made.invoice], ['invoiceitem', 400, null]);
    same([made.customer, made.description, made.date], [customer, 'hours', await now()]);
    same((await items.retrieve(made.id)).metadata, { a: 'b' });
    same((await items.update(made.id, { amount: 450 })).amount, 450);
    const other = await item(customer, 50);
    same(ids((await items.list({ customer, pending: true })).data), [other.id, made.id]);
    const gone = await items.del(other.id);
    same([gone.id, gone.deleted], [other.id, true]);
    const bill = await invoices.create({ customer, pending_invoice_items_behavior: 'include' });
    same([bill.total, (await items.retrieve(made.id)).invoice], [450, bill.id]);
    same((await items.list({ customer, pending: true })).data, []);
    same(ids((await items.list({ invoice: bill.id })).data), [made.id]);
  },
);

drives(
  ['GET /v1/invoice_payments', 'GET /v1/invoice_payments/*'],
  async function paymentsLinkInvoicesToIntents() {
    const { id: invoice } = await invoices.pay((await openInvoice()).id);
    const found = (await payments.list({ invoice })).data;
    same(found.map((it) => [it.object, it.status]), [['invoice_payment', 'paid']]);
    const [made] = found;
    same([made.amount_paid, made.amount_requested, made.is_default], [2_500, 2_500, true]);
    same(await payments.retrieve(made.id).then((it) => it.payment), made.payment);
    const { payment_intent } = made.payment;
    const byIntent = await payments.list({ payment: { type: 'payment_intent', payment_intent } });
    same(ids(byIntent.data), [made.id]);
  },
);

drives(
  ['POST /v1/invoices/*/attach_payment', 'POST /v1/payment_intents'],
  async function aPaymentMadeElsewhereIsAttached() {
    const made = await openInvoice();
    const intent = await sdk.paymentIntents.create({
      amount: 2_500,
      currency: 'usd',
      customer: made.customer,
      payment_method: 'pm_card_visa',
      confirm: true,
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    });
    same(intent.status, 'succeeded');
    const attached = await invoices.attachPayment(made.id, { payment_intent: intent.id });
    same(attached.id, made.id);
    const paid = await invoices.retrieve(made.id);
    same([paid.status, paid.amount_paid], ['paid', 2_500]);
    const found = (await payments.list({ invoice: made.id, status: 'paid' })).data;
    same(found.map((it) => it.payment.payment_intent), [intent.id]);
  },
);

drives(
  [
    'GET /v1/credit_notes/preview',
    'POST /v1/credit_notes',
    'GET /v1/credit_notes',
    'GET /v1/credit_notes/*',
    'POST /v1/credit_notes/*',
    'POST /v1/credit_notes/*/void',
  ],
  async function creditNotesReduceWhatIsOwed() {
    const { id: invoice } = await openInvoice();
    const shown = await notes.preview({ invoice, amount: 500 });
    same([shown.amount, (await notes.list({ invoice })).data], [500, []]);
    const made = await notes.create({
      invoice,
      amount: 500,
      reason: 'duplicate',
      memo: 'sorry',
    });
    same([made.object, made.status, made.amount], ['credit_note', 'issued', 500]);
    same([made.type, made.reason, made.memo], ['pre_payment', 'duplicate', 'sorry']);
    const less = await invoices.retrieve(invoice);
    same([less.pre_payment_credit_notes_amount, less.amount_remaining], [500, 2_000]);
    same((await notes.retrieve(made.id)).number, made.number);
    same((await notes.update(made.id, { memo: 'again' })).memo, 'again');
    same(ids((await notes.list({ invoice })).data), [made.id]);
    const voided = await notes.voidCreditNote(made.id);
    same([voided.id, voided.status], [made.id, 'void']);
    same((await invoices.retrieve(invoice)).amount_remaining, 2_500);

    const paid = await invoices.pay((await openInvoice()).id);
    const after = await notes.create({ invoice: paid.id, amount: 300, credit_amount: 300 });
    same([after.type, after.amount], ['post_payment', 300]);
    same((await sdk.customers.retrieve(paid.customer)).balance, -300);
  },
);

await run();
