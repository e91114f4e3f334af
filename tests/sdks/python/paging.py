"""Lists page by page, in both directions, and what is expanded in them."""

import stripe
from stage import advance, drives, ids, monthly_price, refused, run, same, sdk, subscription

customers = sdk.v1.customers
MANY = 23


@drives("GET /v1/customers")
def all_pages_come_forwards_and_backwards():
    made = [customers.create(params={"name": f"n{number}"}).id for number in range(MANY)]
    newest_first = made[::-1]
    for limit in (1, 7, 10, 23, 100):
        found = customers.list(params={"limit": limit}).auto_paging_iter()
        same(ids(found), newest_first, f"limit {limit}")
    # Backwards the SDK gives the oldest first.
    for limit in (1, 7, 100):
        found = customers.list(params={"limit": limit, "ending_before": made[2]})
        same(ids(found.auto_paging_iter()), made[3:], f"limit {limit}")
    page = customers.list(params={"limit": 5, "starting_after": made[10]})
    same((ids(page.data), page.has_more), (made[5:10][::-1], True))
    page = customers.list(params={"limit": 5, "ending_before": made[10]})
    same((ids(page.data), page.has_more), (made[11:16][::-1], True))
    same(len(customers.list().data), 10)
    same(ids(customers.list(params={"limit": 5}).next_page().data), newest_first[5:10])


@drives("GET /v1/customers")
def what_is_made_during_a_walk_moves_no_cursor():
    walk = customers.list(params={"limit": 2}).auto_paging_iter()
    expected = ids(customers.list(params={"limit": 100}).data)
    seen = [next(walk).id]
    customers.create()
    seen += ids(walk)
    same(seen, expected)


@drives("GET /v1/customers")
def wrong_cursors_and_limits_are_refused():
    for params, param in [
        ({"starting_after": "cus_none1"}, "starting_after"),
        ({"ending_before": "cus_none1"}, "ending_before"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
    ]:
        error = refused(stripe.InvalidRequestError, lambda: customers.list(params=params))
        same((error.http_status, error.param), (400, param), params)


@drives("GET /v1/customers")
def lists_are_cut_by_when_their_objects_were_made():
    before = customers.create()
    now = advance(10)
    after = customers.create()
    found = customers.list(params={"created": {"gte": now}})
    same(ids(found.data), [after.id])
    found = customers.list(params={"created": {"gt": before.created - 1, "lt": now}, "limit": 1})
    same(ids(found.data), [before.id])
    same(ids(customers.list(params={"created": now}).data), [after.id])


@drives("GET /v1/customers/search")
def a_search_is_paged_too():
    made = [customers.create(params={"phone": "+15550199"}).id for _ in range(5)]
    advance(3_600)
    found = customers.search(params={"query": 'phone:"+15550199"', "limit": 2})
    same((found.has_more, found.next_page is None), (True, False))
    same(sorted(ids(found.auto_paging_iter())), sorted(made))


@drives("GET /v1/subscriptions", "GET /v1/invoices/*")
def objects_are_expanded_down_to_four_levels():
    made = subscription(monthly_price(700).id)
    same(isinstance(made.latest_invoice, str), True)
    listed = sdk.v1.subscriptions.list(
        params={"expand": ["data.customer", "data.latest_invoice"]}
    ).data[0]
    same((listed.customer.object, listed.latest_invoice.total), ("customer", 700))
    deep = sdk.v1.invoices.retrieve(
        made.latest_invoice,
        params={
            "expand": [
                "customer",
                "parent.subscription_details.subscription.default_payment_method",
                "payments.data.payment.payment_intent",
            ]
        },
    )
    same(deep.customer.id, listed.customer.id)
    same(deep.parent.subscription_details.subscription.id, made.id)
    same(deep.payments.data[0].payment.payment_intent.amount, 700)
    for expand in (["customer.a.b.c.d"], ["nothing"], ["status"]):
        error = refused(
            stripe.InvalidRequestError,
            lambda: sdk.v1.subscriptions.retrieve(made.id, params={"expand": expand}),
        )
        same(error.http_status, 400, expand)


run()
