// The customer portal: its configurations, its sessions, and what is done on its page.

import {
  Stripe, drives, holds, ids, monthlyPrice, refused, run, same, sdk, subscription,
} from './stage.mjs';

const { configurations, sessions } = sdk.billingPortal;
const { StripeInvalidRequestError } = Stripe.errors;
const return_url = 'http://127.0.0.1:9/back';

/** A configuration that lets customers change between prices, and leave. */
const configuration = (...prices) =>
  configurations.create({
    business_profile: { headline: 'Hello' },
    features: {
      invoice_history: { enabled: true },
      payment_method_update: { enabled: true },
      subscription_cancel: { enabled: true, mode: 'at_period_end' },
      subscription_update: {
        enabled: true,
        default_allowed_updates: ['price'],
        products: prices.map(({ id, product }) => ({ product, prices: [id] })),
      },
    },
  });

/** Sends the form of the portal's page. */
async function send(session, button, fields) {
  const answer = await fetch(session.url, {
    method: 'POST',
    body: new URLSearchParams({ do: button, ...fields }),
    redirect: 'manual',
  });
  holds(answer.status < 400, `${answer.status}`);
}

drives(
  [
    'POST /v1/billing_portal/configurations',
    'GET /v1/billing_portal/configurations',
    'GET /v1/billing_portal/configurations/*',
    'POST /v1/billing_portal/configurations/*',
  ],
  async function configurationsAreMadeAndChanged() {
    const small = await monthlyPrice();
    const made = await configuration(small);
    same([made.object, made.active], ['billing_portal.configuration', true]);
    same(made.business_profile.headline, 'Hello');
    const { features } = made;
    same(features.subscription_cancel.mode, 'at_period_end');
    same(features.customer_update.enabled, false);
    same(features.subscription_update.default_allowed_updates, ['price']);
    same((await configurations.retrieve(made.id)).features, features);
    const changed = await configurations.update(made.id, {
      active: false,
      default_return_url: return_url,
      features: { subscription_cancel: { enabled: true, mode: 'immediately' } },
    });
    same([changed.active, changed.default_return_url], [false, return_url]);
    same(changed.features.subscription_cancel.mode, 'immediately');
    same(changed.features.invoice_history.enabled, true);
    const other = await configuration(small);
    const active = ids((await configurations.list({ active: true })).data);
    same([active.includes(made.id), active.includes(other.id)], [false, true]);
    same(ids((await configurations.list({ active: false })).data), [made.id]);
  },
);

drives(
  ['POST /v1/billing_portal/sessions'],
  async function aCustomerChangesItsPlanAndLeaves() {
    const [small, big] = [await monthlyPrice(), await monthlyPrice(9_000)];
    const settings = await configuration(small, big);
    const held = await subscription({ price: small.id });
    const { customer } = held;
    const opened = await sessions.create({ customer, configuration: settings.id, return_url });
    same([opened.object, opened.customer], ['billing_portal.session', customer]);
    same([opened.configuration, opened.return_url], [settings.id, return_url]);
    same(opened.flow, null);
    await send(opened, 'update', { subscription: held.id, price: big.id });
    const changed = await sdk.subscriptions.retrieve(held.id);
    same(changed.items.data.map((it) => it.price.id), [big.id]);

    const leaving = await sessions.create({
      customer,
      configuration: settings.id,
      flow_data: {
        type: 'subscription_cancel',
        subscription_cancel: { subscription: held.id },
        after_completion: { type: 'redirect', redirect: { return_url } },
      },
    });
    same(leaving.flow.type, 'subscription_cancel');
    same(leaving.flow.subscription_cancel.subscription, held.id);
    same(leaving.flow.after_completion.redirect.return_url, return_url);
    const shown = await fetch(leaving.url);
    holds((await shown.text()).includes('value="cancel"'));
    await send(leaving, 'cancel', { subscription: held.id });
    const gone = await sdk.subscriptions.retrieve(held.id);
    same([gone.status, gone.cancel_at], ['active', gone.items.data[0].current_period_end]);
  },
);

drives(
  ['POST /v1/billing_portal/sessions'],
  async function aSessionNeedsACustomerThatIsThere() {
    const { id } = await configuration(await monthlyPrice());
    let error = await refused(StripeInvalidRequestError, () =>
      sessions.create({ customer: 'cus_none1', configuration: id }),
    );
    same([error.code, error.param], ['resource_missing', 'customer']);
    error = await refused(StripeInvalidRequestError, () => sessions.create({}));
    same(error.param, 'customer');
  },
);

await run();
