"""Checkout sessions, and what a visitor of their pages does."""

import requests
import stripe
from stage import (
    DAY,
    HOUR,
    PATIENCE_SECONDS,
    advance,
    drives,
    holds,
    ids,
    monthly_price,
    now,
    refused,
    run,
    same,
    sdk,
    within,
)

sessions = sdk.v1.checkout.sessions
BACK = "http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}"


def subscribe(**params):
    return sessions.create(
        params={
            "mode": "subscription",
            "line_items": [{"price": monthly_price().id, "quantity": 2}],
            "success_url": BACK,
            **params,
        }
    )


def press(session, button, **fields):
    """Presses a button of a session's page; answers where the browser is sent, or the page."""
    shown = requests.get(session.url, timeout=PATIENCE_SECONDS)
    same(shown.status_code, 200)
    within(f'value="{button}"', shown.text)
    within("simulator", shown.text.lower())
    answer = requests.post(
        session.url,
        {"do": button, **fields},
        allow_redirects=False,
        timeout=PATIENCE_SECONDS,
    )
    return answer.headers.get("location") or answer.text


@drives(
    "POST /v1/checkout/sessions",
    "GET /v1/checkout/sessions/*",
    "GET /v1/checkout/sessions/*/line_items",
)
def a_visitor_subscribes():
    made = subscribe(
        client_reference_id="user 7",
        metadata={"from": "page"},
        subscription_data={"metadata": {"team": "red"}},
    )
    same((made.object, made.mode, made.ui_mode), ("checkout.session", "subscription", "hosted_page"))
    same((made.status, made.payment_status), ("open", "unpaid"))
    same((made.amount_total, made.currency, made.customer), (2_000, "usd", None))
    same((made.client_reference_id, made.expires_at), ("user 7", now() + DAY))
    same((made.subscription, made.invoice), (None, None))
    lines = sessions.line_items.list(made.id).data
    same([(it.object, it.quantity, it.amount_total) for it in lines], [("item", 2, 2_000)])

    where = press(made, "pay", email="eve@example.com", payment_method="pm_card_visa")
    same(where, BACK.replace("{CHECKOUT_SESSION_ID}", made.id))
    done = sessions.retrieve(made.id, params={"expand": ["subscription.latest_invoice", "customer"]})
    same((done.status, done.payment_status, done.url), ("complete", "paid", None))
    same((done.customer.email, done.customer_details.email), ("eve@example.com",) * 2)
    held = done.subscription
    same((held.status, held.metadata.to_dict()), ("active", {"team": "red"}))
    same((held.latest_invoice.status, held.latest_invoice.amount_paid), ("paid", 2_000))
    same(done.metadata.to_dict(), {"from": "page"})
    told = sdk.v1.events.list(params={"type": "checkout.session.completed"}).data
    same([it.data.object.id for it in told], [made.id])
    same(told[0].request.id, None, "a visitor makes no API call")


@drives("POST /v1/checkout/sessions")
def a_visitor_pays_once():
    product = sdk.v1.products.create(params={"name": "Book"}).id
    made = sessions.create(
        params={
            "mode": "payment",
            "line_items": [
                {
                    "price_data": {
                        "currency": "usd",
                        "product": product,
                        "unit_amount": 1_250,
                    },
                    "quantity": 3,
                }
            ],
            "customer_email": "eve@example.com",
            "success_url": BACK,
        }
    )
    same(made.amount_total, 3_750)
    page = press(made, "decline")
    within("declined", page.lower())
    same(sessions.retrieve(made.id).status, "open")
    press(made, "pay", payment_method="pm_card_visa")
    done = sessions.retrieve(made.id, params={"expand": ["payment_intent", "line_items"]})
    same((done.status, done.payment_status), ("complete", "paid"))
    same((done.payment_intent.status, done.payment_intent.amount), ("succeeded", 3_750))
    same([it.price.unit_amount for it in done.line_items.data], [1_250])


@drives("POST /v1/checkout/sessions", "GET /v1/customers/*/payment_methods")
def a_visitor_saves_a_method():
    owner = sdk.v1.customers.create(params={"email": "eve@example.com"}).id
    made = sessions.create(
        params={"mode": "setup", "currency": "usd", "customer": owner, "success_url": BACK}
    )
    same((made.payment_status, made.amount_total), ("no_payment_required", None))
    press(made, "pay", payment_method="pm_card_visa")
    done = sessions.retrieve(made.id, params={"expand": ["setup_intent"]})
    same((done.status, done.setup_intent.status), ("complete", "succeeded"))
    methods = sdk.v1.customers.payment_methods.list(owner).data
    same(ids(methods), [done.setup_intent.payment_method])


@drives("POST /v1/checkout/sessions")
def a_delayed_payment_arrives_later():
    for button, outcome in (
        ("later", "checkout.session.async_payment_succeeded"),
        ("later_fails", "checkout.session.async_payment_failed"),
    ):
        made = subscribe(customer_email="slow@example.com")
        press(made, button)
        done = sessions.retrieve(made.id)
        same((done.status, done.payment_status), ("complete", "unpaid"))
        advance(14 * DAY)
        told = sdk.v1.events.list(params={"type": outcome}).data
        same([it.data.object.id for it in told], [made.id])


@drives(
    "GET /v1/checkout/sessions",
    "POST /v1/checkout/sessions/*",
    "POST /v1/checkout/sessions/*/expire",
)
def sessions_are_listed_changed_and_expire():
    owner = sdk.v1.customers.create(params={"email": "eve@example.com"}).id
    first, second, third = (subscribe(customer=owner) for _ in range(3))
    changed = sessions.update(first.id, params={"metadata": {"a": "b"}})
    same((changed.id, changed.metadata.to_dict()), (first.id, {"a": "b"}))
    gone = sessions.expire(second.id)
    same((gone.id, gone.status, gone.url), (second.id, "expired", None))
    error = refused(stripe.InvalidRequestError, lambda: sessions.expire(second.id))
    same(error.http_status, 400)
    press(third, "pay", payment_method="pm_card_visa", name="Eve")
    for status, expected in (("open", first), ("expired", second), ("complete", third)):
        found = sessions.list(params={"customer": owner, "status": status})
        same(ids(found.data), [expected.id], status)
    by_subscription = sessions.list(
        params={"subscription": sessions.retrieve(third.id).subscription}
    )
    same(ids(by_subscription.data), [third.id])
    walk = sessions.list(params={"customer": owner, "limit": 1}).auto_paging_iter()
    same(ids(walk), [third.id, second.id, first.id])
    advance(DAY + HOUR)
    same(sessions.retrieve(first.id).status, "expired")
    holds(requests.get(first.url, timeout=PATIENCE_SECONDS).status_code != 200)


run()
