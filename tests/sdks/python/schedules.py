"""Subscription schedules."""

import stripe
from stage import (
    DAY,
    advance,
    drives,
    ids,
    monthly_price,
    now,
    paid_customer,
    refused,
    run,
    same,
    sdk,
    subscription,
)

schedules, subscriptions = sdk.v1.subscription_schedules, sdk.v1.subscriptions


def phase(price, **params):
    return {"items": [{"price": price.id, "quantity": 1}], **params}


def month():
    return {"duration": {"interval": "month", "interval_count": 1}}


@drives(
    "POST /v1/subscription_schedules",
    "GET /v1/subscription_schedules",
    "GET /v1/subscription_schedules/*",
    "POST /v1/subscription_schedules/*",
)
def one_phase_follows_the_other():
    small, big = monthly_price(1_000), monthly_price(3_000)
    owner = paid_customer().id
    made = schedules.create(
        params={
            "customer": owner,
            "start_date": "now",
            "end_behavior": "release",
            "phases": [phase(small, **month()), phase(big, **month())],
            "metadata": {"a": "b"},
        }
    )
    same((made.object, made.status, made.customer), ("subscription_schedule", "active", owner))
    same([it["items"][0].price for it in made.phases], [small.id, big.id])
    same((made.current_phase.start_date, made.phases[0].start_date), (now(), now()))
    same(made.phases[0].end_date, made.phases[1].start_date)
    held = subscriptions.retrieve(made.subscription)
    same((held.schedule, held.status, held["items"].data[0].price.id),
         (made.id, "active", small.id))
    same(schedules.retrieve(made.id).to_dict(), made.to_dict())
    same(ids(schedules.list(params={"customer": owner}).data), [made.id])
    changed = schedules.update(made.id, params={"metadata": {"a": "c"}, "end_behavior": "cancel"})
    same((changed.metadata.to_dict(), changed.end_behavior), ({"a": "c"}, "cancel"))

    advance(made.phases[0].end_date - now() + DAY)
    held = subscriptions.retrieve(made.subscription)
    same(held["items"].data[0].price.id, big.id)
    same(schedules.retrieve(made.id).current_phase.start_date, made.phases[1].start_date)
    advance(32 * DAY)
    same(subscriptions.retrieve(made.subscription).status, "canceled")
    same(schedules.retrieve(made.id).status, "completed")


@drives("POST /v1/subscription_schedules/*/release")
def a_released_subscription_goes_on():
    running = subscription()
    made = schedules.create(params={"from_subscription": running.id})
    same((made.subscription, made.status), (running.id, "active"))
    same(subscriptions.retrieve(running.id).schedule, made.id)
    free = schedules.release(made.id)
    same((free.id, free.status, free.subscription), (made.id, "released", None))
    same((free.released_subscription, free.released_at), (running.id, now()))
    held = subscriptions.retrieve(running.id)
    same((held.schedule, held.status), (None, "active"))
    error = refused(stripe.InvalidRequestError, lambda: schedules.release(made.id))
    same(error.http_status, 400)


@drives("POST /v1/subscription_schedules/*/cancel")
def a_canceled_schedule_cancels_its_subscription():
    owner, price = paid_customer().id, monthly_price()
    later = now() + 10 * DAY
    made = schedules.create(
        params={"customer": owner, "start_date": later, "phases": [phase(price, **month())]}
    )
    same((made.status, made.subscription), ("not_started", None))
    same(ids(schedules.list(params={"customer": owner, "scheduled": True}).data), [made.id])
    gone = schedules.cancel(made.id)
    same((gone.id, gone.status, gone.canceled_at), (made.id, "canceled", now()))
    advance(11 * DAY)
    same(subscriptions.list(params={"customer": owner, "status": "all"}).data, [])
    running = schedules.create(
        params={"customer": owner, "start_date": "now", "phases": [phase(price, **month())]}
    )
    schedules.cancel(running.id)
    held = subscriptions.list(params={"customer": owner, "status": "all"}).data
    same([it.status for it in held], ["canceled"])


run()
