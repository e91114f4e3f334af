"""Customers, and what hangs on them: balance, tax ids, payment methods, a discount."""

import stripe
from stage import (
    START,
    advance,
    client,
    drives,
    ids,
    paid_customer,
    refused,
    run,
    same,
    sdk,
    subscription,
    within,
)

customers = sdk.v1.customers


@drives("POST /v1/customers", "GET /v1/customers/*", "POST /v1/customers/*")
def a_customer_keeps_what_it_is_given():
    made = customers.create(
        params={
            "email": "ada@example.com",
            "name": "Ada",
            "phone": "+15550100",
            "description": "first of all",
            "address": {"line1": "1 Main St", "country": "US"},
            "metadata": {"team": "red", "seat": "1"},
        }
    )
    same(made.object, "customer")
    same(made.created, START)
    same((made.email, made.name, made.phone), ("ada@example.com", "Ada", "+15550100"))
    same((made.address.line1, made.address.city), ("1 Main St", None))
    same(made.metadata.to_dict(), {"team": "red", "seat": "1"})
    same((made.balance, made.delinquent, made.livemode), (0, False, False))
    same(customers.retrieve(made.id).to_dict(), made.to_dict())

    changed = customers.update(
        made.id,
        params={"name": "Ada L.", "description": "", "metadata": {"seat": "", "row": "2"}},
    )
    same(changed.id, made.id)
    same((changed.name, changed.description), ("Ada L.", None))
    same(changed.metadata.to_dict(), {"team": "red", "row": "2"})
    same(changed.email, "ada@example.com")
    within("Ada L.", repr(changed))
    within(f"<Customer customer id={made.id} at ", repr(changed))


@drives("GET /v1/customers")
def customers_are_listed_newest_first_and_by_email():
    made = [customers.create(params={"email": f"{name}@list.example"}) for name in "abc"]
    same(ids(customers.list(params={"limit": 3}).data), ids(reversed(made)))
    found = customers.list(params={"email": "b@list.example"})
    same((ids(found.data), found.has_more, found.url), ([made[1].id], False, "/v1/customers"))


@drives("GET /v1/customers/search")
def a_search_finds_a_customer_once_its_index_has_caught_up():
    made = customers.create(params={"email": "late@search.example", "metadata": {"k": "v"}})
    advance(3_600)
    for query in ['email:"late@search.example"', 'metadata["k"]:"v"']:
        found = customers.search(params={"query": query})
        same((found.object, ids(found.data)), ("search_result", [made.id]), query)
    same(ids(customers.search(params={"query": 'email:"none@x.example"'}).data), [])


@drives("DELETE /v1/customers/*")
def a_deleted_customer_is_shown_as_deleted():
    made = customers.create()
    gone = customers.delete(made.id)
    same((gone.id, gone.deleted, gone.object), (made.id, True, "customer"))
    same(customers.retrieve(made.id).deleted, True)
    same(made.id in ids(customers.list(params={"limit": 100}).data), False)
    error = refused(stripe.InvalidRequestError, lambda: customers.update(made.id))
    same((error.http_status, error.code), (404, "resource_missing"))


@drives(
    "POST /v1/customers/*/balance_transactions",
    "GET /v1/customers/*/balance_transactions",
    "GET /v1/customers/*/balance_transactions/*",
    "POST /v1/customers/*/balance_transactions/*",
)
def a_balance_is_the_sum_of_its_transactions():
    owner = customers.create().id
    balance = customers.balance_transactions
    first = balance.create(owner, params={"amount": -500, "currency": "usd"})
    same(first.object, "customer_balance_transaction")
    same((first.amount, first.ending_balance, first.type), (-500, -500, "adjustment"))
    second = balance.create(
        owner, params={"amount": 200, "currency": "usd", "description": "back"}
    )
    same((second.ending_balance, second.description), (-300, "back"))
    same(customers.retrieve(owner).balance, -300)
    same(ids(balance.list(owner).data), [second.id, first.id])
    changed = balance.update(owner, first.id, params={"metadata": {"why": "goodwill"}})
    same(changed.metadata.to_dict(), {"why": "goodwill"})
    same(balance.retrieve(owner, first.id).to_dict(), changed.to_dict())


@drives(
    "POST /v1/customers/*/tax_ids",
    "GET /v1/customers/*/tax_ids",
    "GET /v1/customers/*/tax_ids/*",
    "DELETE /v1/customers/*/tax_ids/*",
)
def tax_ids_come_and_go():
    owner = customers.create().id
    taxes = customers.tax_ids
    made = taxes.create(owner, params={"type": "eu_vat", "value": "DE123456789"})
    same((made.object, made.type, made.value), ("tax_id", "eu_vat", "DE123456789"))
    same((made.customer, made.country), (owner, "DE"))
    same(taxes.retrieve(owner, made.id).to_dict(), made.to_dict())
    same(ids(taxes.list(owner).data), [made.id])
    gone = taxes.delete(owner, made.id)
    same((gone.id, gone.deleted), (made.id, True))
    same(taxes.list(owner).data, [])


@drives("GET /v1/customers/*/payment_methods", "GET /v1/customers/*/payment_methods/*")
def a_customer_has_payment_methods():
    owner = customers.create().id
    method = sdk.v1.payment_methods.attach("pm_card_visa", params={"customer": owner})
    listed = customers.payment_methods.list(owner, params={"type": "card"})
    same(ids(listed.data), [method.id])
    found = customers.payment_methods.retrieve(owner, method.id)
    same((found.customer, found.type, found.card.last4), (owner, "card", "4242"))
    other = customers.create().id
    same(customers.payment_methods.list(other).data, [])
    refused(
        stripe.InvalidRequestError,
        lambda: customers.payment_methods.retrieve(other, method.id),
    )


# Only older API versions give a customer a coupon; what it then has shows in all of them.
@drives("DELETE /v1/customers/*/discount", "POST /v1/coupons")
def a_discount_is_taken_from_a_customer():
    coupon = sdk.v1.coupons.create(params={"percent_off": 25, "duration": "forever"})
    owner = paid_customer().id
    older = client(stripe_version="2024-09-30.acacia")
    older.v1.customers.update(owner, params={"coupon": coupon.id})
    held = customers.retrieve(owner).discount
    same((held.object, held.source.coupon, held.customer), ("discount", coupon.id, owner))
    params = {"customer": owner, "expand": ["latest_invoice"]}
    same(subscription(**params).latest_invoice.total, 750)
    gone = customers.delete_discount(owner)
    same((gone.object, gone.deleted, gone.id), ("discount", True, held.id))
    same(customers.retrieve(owner).discount, None)
    same(subscription(**params).latest_invoice.total, 1_000)


run()
