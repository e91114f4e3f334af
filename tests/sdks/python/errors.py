"""What goes wrong, as the SDK's error classes, and what the SDK tries again by itself."""

import stripe
from stage import (
    client,
    control,
    drives,
    fail_next,
    ids,
    monthly_price,
    paid_customer,
    refused,
    run,
    same,
    sdk,
    within,
)

customers = sdk.v1.customers
MAKE = "POST /v1/customers"


def failing_customer():
    return paid_customer(
        payment_method="pm_card_chargeCustomerFail",
        invoice_settings={"default_payment_method": "pm_card_chargeCustomerFail"},
    )


def answers(call):
    """How often each status was the answer to a call."""
    for seen in control("GET", "calls/seen"):
        if seen["call"] == call:
            return seen["answered"]
    return {}


def newly(call, work):
    """The answers to a call that some work adds, by status."""
    before = answers(call)
    work()
    after = answers(call)
    added = {status: count - before.get(status, 0) for status, count in after.items()}
    return {status: count for status, count in added.items() if count > 0}


@drives("GET /v1/customers")
def wrong_requests_are_invalid_requests():
    cases = [
        (lambda: customers.create(params={"shoe_size": 46}), 400, "parameter_unknown", "shoe_size"),
        (lambda: sdk.v1.products.create(params={}), 400, "parameter_missing", "name"),
        (lambda: customers.create(params={"metadata": {"k": "v" * 501}}), 400, None, "metadata"),
        (lambda: customers.retrieve("cus_none1"), 404, "resource_missing", "id"),
        (lambda: customers.list(params={"limit": "many"}), 400, "parameter_invalid_integer", "limit"),
        (lambda: sdk.raw_request("get", "/v1/nothing"), 404, None, None),
    ]
    for call, status, code, param in cases:
        error = refused(stripe.InvalidRequestError, call)
        same((error.http_status, error.code, error.param), (status, code, param), repr(error))
        same(error.request_id[:4], "req_")
        within(error.user_message, str(error))
        if code:
            within(code.replace("_", "-"), error.error.doc_url)
    error = refused(stripe.InvalidRequestError, lambda: customers.retrieve("cus_none1"))
    same(error.user_message, "No such customer: 'cus_none1'")
    same(customers.list().data, [])


@drives("GET /v1/customers")
def wrong_keys_are_no_authentication():
    for key in ("sk_live_1", "pk_test_1", "nonsense"):
        error = refused(
            stripe.AuthenticationError, lambda: client(key).v1.customers.list()
        )
        same(error.http_status, 401, key)
        same(key in error.user_message, False, "a key is never repeated")
    same(client("rk_test_1").v1.customers.list().data, [])


@drives("POST /v1/invoices/*/pay")
def a_declined_card_is_a_card_error():
    price, owner = monthly_price(), failing_customer()
    made = sdk.v1.subscriptions.create(
        params={
            "customer": owner.id,
            "items": [{"price": price.id}],
            "payment_behavior": "allow_incomplete",
        }
    )
    error = refused(stripe.CardError, lambda: sdk.v1.invoices.pay(made.latest_invoice))
    same((error.http_status, error.code), (402, "card_declined"))
    same(error.user_message, "Your card was declined.")
    same(error.error.type, "card_error")
    same((error.error.decline_code, error.error.charge[:3]), ("generic_decline", "ch_"))
    same(sdk.v1.invoices.retrieve(made.latest_invoice).status, "open")
    sdk.v1.customers.update(
        owner.id,
        params={
            "payment_method": "pm_card_visa",
            "invoice_settings": {"default_payment_method": "pm_card_visa"},
        },
    )
    same(sdk.v1.invoices.pay(made.latest_invoice).status, "paid")


@drives("POST /v1/customers")
def a_rate_limit_is_told_and_not_tried_again():
    for limit in ("global-rate", "endpoint-concurrency"):
        fail_next(MAKE, "rate_limited", limit=limit)
        eager = client(max_network_retries=2)

        def work():
            error = refused(stripe.RateLimitError, eager.v1.customers.create)
            same((error.http_status, error.error.code), (429, "rate_limit"))
            same(error.headers["stripe-rate-limited-reason"], limit)

        same(newly(MAKE, work), {"429": 1})


@drives("POST /v1/customers")
def other_failures_have_their_classes():
    fail_next(MAKE, "error_before_effect")
    error = refused(stripe.APIError, customers.create)
    same((error.http_status, error.error.type), (500, "api_error"))
    fail_next(MAKE, "cut_before_effect")
    refused(stripe.APIConnectionError, customers.create)
    fail_next(MAKE, "malformed_answer")
    error = refused(stripe.APIError, customers.create)
    same(error.http_status, 200)
    fail_next(MAKE, "key_in_use")
    options = {"idempotency_key": "busy"}
    error = refused(stripe.APIError, lambda: customers.create(options=options))
    same((error.http_status, error.error.type), (409, "idempotency_error"))
    same(error.error.code, "idempotency_key_in_use")
    fail_next(MAKE, "dependency_failed")
    refused(stripe.APIError, customers.create)


@drives("POST /v1/customers")
def what_may_pass_by_itself_is_tried_again():
    eager = client(max_network_retries=2)
    cases = [
        ("lock_timeout", 2, {"429": 2, "200": 1}),
        ("key_in_use", 1, {"409": 1, "200": 1}),
        ("error_before_effect", 1, {"500": 1, "200": 1}),
        ("cut_before_effect", 1, {"200": 1}),
        ("cut_after_effect", 1, {"200": 1}),
    ]
    for fault, times, expected in cases:
        before = len(ids(customers.list(params={"limit": 100}).data))
        fail_next(MAKE, fault, times)
        same(newly(MAKE, eager.v1.customers.create), expected, fault)
        after = len(ids(customers.list(params={"limit": 100}).data))
        same(after - before, 1, f"{fault}: tried again, made once")


@drives("POST /v1/customers")
def a_500_after_the_effect_is_not_tried_again():
    before = len(customers.list(params={"limit": 100}).data)
    fail_next(MAKE, "error_after_effect")
    eager = client(max_network_retries=2)
    same(newly(MAKE, lambda: refused(stripe.APIError, eager.v1.customers.create)), {"500": 1})
    same(len(customers.list(params={"limit": 100}).data) - before, 1)


run()
