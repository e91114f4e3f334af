// What the programs stand on: a client, a receiver of webhooks, and steps.
//
// A step says which paths it drives. It is run on its own, so that one failure hides no other; the
// paths of a step that passed are printed as `ok METHOD /path`. A step is passed over while one of
// its paths stands in NOT_YET. The program ends with 1 when a step failed.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

export const Stripe = createRequire(`${process.env.SDK_FOLDER}/`)('stripe');

export const URL = process.env.SIMULATOR_URL;
const NOT_YET = new Set((process.env.NOT_YET ?? '').split('\n').filter(Boolean));
// The second at which the simulator's clock stands when a program begins: 2026-01-10 00:00 UTC.
export const START = 1_768_003_200;
export const MINUTE = 60;
export const HOUR = 3_600;
export const DAY = 86_400;
// Longer than any delivery should take.
const PATIENCE_MILLIS = 30_000;

export const same = assert.deepEqual;
export const holds = assert.ok;

const steps = [];

export function client(key = 'sk_test_sdk', options = {}) {
  const { protocol, hostname, port } = new globalThis.URL(URL);
  return new Stripe(key, {
    protocol: protocol.slice(0, -1),
    host: hostname,
    port,
    maxNetworkRetries: 0,
    telemetry: false,
    ...options,
  });
}

export const sdk = client();

/** Declares a step by its name and the paths that it drives and checks. */
export function drives(paths, step) {
  steps.push([paths, step]);
}

/** Runs the steps of the program in their order. */
export async function run() {
  let failed = false;
  for (const [paths, step] of steps) {
    if (paths.some((path) => NOT_YET.has(path))) {
      console.log(`passed over: ${step.name}`);
      continue;
    }
    try {
      await step();
      for (const path of paths) console.log(`ok ${path}`);
    } catch (error) {
      failed = true;
      console.log(`FAILED ${step.name}\n${error.stack ?? error}`);
    }
  }
  // Receivers still listen, and timers of requests that were cut still run.
  process.exit(failed ? 1 : 0);
}

/** The error that a call ends with, which must be of this class exactly. */
export async function refused(kind, call) {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    same(error.constructor, kind, `${error.constructor.name}: ${error.message}`);
    return error;
  }
  throw new Error(`not refused: ${JSON.stringify(answer)}`);
}

/** Calls the simulator's own control API. */
export async function control(method, path, body) {
  const answer = await fetch(`${URL}/_simulator/${path}`, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert.equal(answer.status, 200, `${method} ${path}`);
  return answer.json();
}

/** Lets simulated time pass; answers the second that it is then. */
export async function advance(seconds) {
  return (await control('POST', 'clock/advance', { seconds })).now;
}

export async function now() {
  return (await control('GET', 'clock')).now;
}

/** Has the next calls go wrong that a pattern such as `POST /v1/customers` means. */
export async function failNext(on, kind, { times = 1, ...more } = {}) {
  await control('POST', 'calls/next', { on, fault: { kind, ...more }, times });
}

export function ids(objects) {
  return objects.map((it) => it.id);
}

/** Everything that a list has, page by page. */
export async function all(list) {
  const found = [];
  for await (const it of list) found.push(it);
  return found;
}

/** A customer whose card is good. */
export function paidCustomer(params = {}) {
  return sdk.customers.create({
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
    ...params,
  });
}

/** A price of a new product, by the month unless said otherwise. */
export async function monthlyPrice(amount = 1_000, params = {}) {
  const product = await sdk.products.create({ name: 'Plan' });
  return sdk.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: amount,
    recurring: { interval: 'month' },
    ...params,
  });
}

/** A subscription that is paid for. */
export async function subscription({ price, customer, ...params } = {}) {
  return sdk.subscriptions.create({
    customer: customer ?? (await paidCustomer()).id,
    items: [{ price: price ?? (await monthlyPrice()).id }],
    ...params,
  });
}

/** Listens for webhooks on a free port, keeps what came, and answers as it is told. */
export class Receiver {
  status = 200;
  #came = [];
  #waiting = [];

  static async start() {
    const receiver = new Receiver();
    receiver.server = createServer((request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        response.writeHead(receiver.status).end();
        receiver.#take({ body: Buffer.concat(parts), headers: request.headers });
      });
    });
    await new Promise((done) => receiver.server.listen(0, '127.0.0.1', done));
    receiver.url = `http://127.0.0.1:${receiver.server.address().port}/hook`;
    return receiver;
  }

  #take(delivery) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(delivery);
    else this.#came.push(delivery);
  }

  #one() {
    if (this.#came.length > 0) return this.#came.shift();
    return new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error('no delivery came')), PATIENCE_MILLIS);
      this.#waiting.push((delivery) => {
        clearTimeout(timer);
        done(delivery);
      });
    });
  }

  /** The next delivery of a type: its body and its `Stripe-Signature`. */
  async next(kind) {
    for (;;) {
      const { body, headers } = await this.#one();
      if (JSON.parse(body).type === kind) return { body, signature: headers['stripe-signature'] };
    }
  }
}
