"""Idempotency keys: what is repeated is answered again and done once."""

import stripe
from stage import DAY, advance, drives, ids, refused, run, same, sdk

customers = sdk.v1.customers


def under(key, **params):
    return customers.create(params=params, options={"idempotency_key": key})


@drives("POST /v1/customers", "GET /v1/customers")
def a_repetition_is_answered_again_and_done_once():
    first = under("one", email="once@example.com")
    again = under("one", email="once@example.com")
    same(again.to_dict(), first.to_dict())
    headers = [it.last_response.headers for it in (first, again)]
    same([it.get("idempotent-replayed") for it in headers], [None, "true"])
    same([it["idempotency-key"] for it in headers], ["one", "one"])
    same(ids(customers.list(params={"email": "once@example.com"}).data), [first.id])


@drives("POST /v1/customers")
def every_post_has_a_key_of_its_own():
    one, other = customers.create(), customers.create()
    keys = {it.last_response.headers["idempotency-key"] for it in (one, other)}
    same((len(keys), one.id == other.id), (2, False))


@drives("POST /v1/customers")
def a_key_belongs_to_one_request():
    first = under("mine", name="Ada")
    error = refused(stripe.IdempotencyError, lambda: under("mine", name="Bob"))
    same((error.http_status, error.error.type), (400, "idempotency_error"))
    refused(
        stripe.IdempotencyError,
        lambda: sdk.v1.products.create(
            params={"name": "Ada"}, options={"idempotency_key": "mine"}
        ),
    )
    same(under("mine", name="Ada").id, first.id)


@drives("POST /v1/customers")
def what_was_refused_before_it_began_is_done_anew():
    refused(stripe.InvalidRequestError, lambda: under("again", shoe_size=46))
    made = under("again", name="Ada")
    same(made.last_response.headers.get("idempotent-replayed"), None)


@drives("POST /v1/customers")
def a_key_is_forgotten_after_a_while():
    first = under("old")
    advance(DAY - 1)
    same(under("old").id, first.id)
    advance(2 * DAY)
    same(under("old").id == first.id, False)


run()
