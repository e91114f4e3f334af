"""The customer portal: its configurations, its sessions, and what is done on its page."""

import requests
import stripe
from stage import (
    PATIENCE_SECONDS,
    drives,
    holds,
    ids,
    monthly_price,
    refused,
    run,
    same,
    sdk,
    subscription,
    within,
)

configurations = sdk.v1.billing_portal.configurations
sessions = sdk.v1.billing_portal.sessions
BACK = "http://127.0.0.1:9/back"


def configuration(*prices):
    """A configuration that lets customers change between prices, and leave."""
    products = [{"product": it.product, "prices": [it.id]} for it in prices]
    return configurations.create(
        params={
            "business_profile": {"headline": "Hello"},
            "features": {
                "invoice_history": {"enabled": True},
                "payment_method_update": {"enabled": True},
                "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
                "subscription_update": {
                    "enabled": True,
                    "default_allowed_updates": ["price"],
                    "products": products,
                },
            },
        }
    )


def send(session, button, **fields):
    """Sends the form of the portal's page."""
    answer = requests.post(
        session.url,
        {"do": button, **fields},
        allow_redirects=False,
        timeout=PATIENCE_SECONDS,
    )
    holds(answer.status_code < 400, answer.text)


@drives(
    "POST /v1/billing_portal/configurations",
    "GET /v1/billing_portal/configurations",
    "GET /v1/billing_portal/configurations/*",
    "POST /v1/billing_portal/configurations/*",
)
def configurations_are_made_and_changed():
    small = monthly_price()
    made = configuration(small)
    same((made.object, made.active), ("billing_portal.configuration", True))
    same(made.business_profile.headline, "Hello")
    features = made.features
    same((features.subscription_cancel.mode, features.customer_update.enabled),
         ("at_period_end", False))
    same(features.subscription_update.default_allowed_updates, ["price"])
    same(configurations.retrieve(made.id).features.to_dict(), features.to_dict())
    changed = configurations.update(
        made.id,
        params={
            "active": False,
            "default_return_url": BACK,
            "features": {"subscription_cancel": {"enabled": True, "mode": "immediately"}},
        },
    )
    same((changed.active, changed.default_return_url), (False, BACK))
    same(changed.features.subscription_cancel.mode, "immediately")
    same(changed.features.invoice_history.enabled, True)
    other = configuration(small)
    same(made.id in ids(configurations.list(params={"active": True}).data), False)
    same(other.id in ids(configurations.list(params={"active": True}).data), True)
    same(ids(configurations.list(params={"active": False}).data), [made.id])


@drives("POST /v1/billing_portal/sessions")
def a_customer_changes_its_plan_and_leaves():
    small, big = monthly_price(), monthly_price(9_000)
    settings = configuration(small, big)
    held = subscription(small.id)
    opened = sessions.create(
        params={
            "customer": held.customer,
            "configuration": settings.id,
            "return_url": BACK,
        }
    )
    same((opened.object, opened.customer), ("billing_portal.session", held.customer))
    same((opened.configuration, opened.return_url, opened.flow), (settings.id, BACK, None))
    send(opened, "update", subscription=held.id, price=big.id)
    changed = sdk.v1.subscriptions.retrieve(held.id)
    same([it.price.id for it in changed["items"].data], [big.id])

    leaving = sessions.create(
        params={
            "customer": held.customer,
            "configuration": settings.id,
            "flow_data": {
                "type": "subscription_cancel",
                "subscription_cancel": {"subscription": held.id},
                "after_completion": {"type": "redirect", "redirect": {"return_url": BACK}},
            },
        }
    )
    same(leaving.flow.type, "subscription_cancel")
    same(leaving.flow.subscription_cancel.subscription, held.id)
    same(leaving.flow.after_completion.redirect.return_url, BACK)
    within('value="cancel"', requests.get(leaving.url, timeout=PATIENCE_SECONDS).text)
    send(leaving, "cancel", subscription=held.id)
    gone = sdk.v1.subscriptions.retrieve(held.id)
    same((gone.status, gone.cancel_at), ("active", gone["items"].data[0].current_period_end))


@drives("POST /v1/billing_portal/sessions")
def a_session_needs_a_customer_that_is_there():
    settings = configuration(monthly_price())
    error = refused(
        stripe.InvalidRequestError,
        lambda: sessions.create(
            params={"customer": "cus_none1", "configuration": settings.id}
        ),
    )
    same((error.code, error.param), ("resource_missing", "customer"))
    error = refused(stripe.InvalidRequestError, lambda: sessions.create(params={}))
    same(error.param, "customer")


run()
