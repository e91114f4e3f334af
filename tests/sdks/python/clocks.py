"""Test clocks, and the customers that go by them."""

import stripe
from stage import DAY, START, drives, ids, monthly_price, refused, run, same, sdk

clocks = sdk.v1.test_helpers.test_clocks


def customer_of(clock):
    return sdk.v1.customers.create(
        params={
            "test_clock": clock,
            "payment_method": "pm_card_visa",
            "invoice_settings": {"default_payment_method": "pm_card_visa"},
        }
    )


@drives(
    "POST /v1/test_helpers/test_clocks",
    "GET /v1/test_helpers/test_clocks",
    "GET /v1/test_helpers/test_clocks/*",
)
def clocks_are_made_and_listed():
    made = clocks.create(params={"frozen_time": START, "name": "June"})
    same((made.object, made.status), ("test_helpers.test_clock", "ready"))
    same((made.frozen_time, made.name), (START, "June"))
    same(clocks.retrieve(made.id).to_dict(), made.to_dict())
    other = clocks.create(params={"frozen_time": START + DAY})
    same(ids(clocks.list().data), [other.id, made.id])


@drives("POST /v1/test_helpers/test_clocks/*/advance")
def time_passes_for_the_customers_of_a_clock_alone():
    clock = clocks.create(params={"frozen_time": START})
    owner, price = customer_of(clock.id), monthly_price()
    same(owner.test_clock, clock.id)
    made = sdk.v1.subscriptions.create(
        params={"customer": owner.id, "items": [{"price": price.id}]}
    )
    end = made["items"].data[0].current_period_end
    moved = clocks.advance(clock.id, params={"frozen_time": end + DAY})
    same((moved.id, moved.status), (clock.id, "advancing"))
    same(moved.status_details.advancing.target_frozen_time, end + DAY)
    there = clocks.retrieve(clock.id)
    same((there.status, there.frozen_time), ("ready", end + DAY))
    later = sdk.v1.subscriptions.retrieve(made.id)
    same((later["items"].data[0].current_period_start, later.test_clock), (end, clock.id))
    invoices = sdk.v1.invoices.list(params={"subscription": made.id})
    same([it.billing_reason for it in invoices.data], ["subscription_cycle", "subscription_create"])
    same(sdk.v1.customers.create().created, START)
    # Its objects are listed only when the clock is asked for.
    same(owner.id in ids(sdk.v1.customers.list(params={"limit": 100}).data), False)
    same(ids(sdk.v1.customers.list(params={"test_clock": clock.id}).data), [owner.id])
    error = refused(
        stripe.InvalidRequestError,
        lambda: clocks.advance(clock.id, params={"frozen_time": START}),
    )
    same((error.http_status, error.param), (400, "frozen_time"))


@drives("DELETE /v1/test_helpers/test_clocks/*")
def a_deleted_clock_takes_its_customers_along():
    clock = clocks.create(params={"frozen_time": START})
    owner = customer_of(clock.id)
    gone = clocks.delete(clock.id)
    same((gone.id, gone.deleted), (clock.id, True))
    same(sdk.v1.customers.retrieve(owner.id).deleted, True)
    error = refused(stripe.InvalidRequestError, lambda: clocks.retrieve(clock.id))
    same((error.http_status, error.code), (404, "resource_missing"))


run()
