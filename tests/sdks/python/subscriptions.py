"""Subscriptions, from the first payment to the end."""

import stripe
from stage import (
    DAY,
    START,
    advance,
    drives,
    holds,
    ids,
    monthly_price,
    paid_customer,
    refused,
    run,
    same,
    sdk,
    subscription,
)

subscriptions, items = sdk.v1.subscriptions, sdk.v1.subscription_items


@drives("POST /v1/subscriptions", "GET /v1/subscriptions/*")
def a_paid_subscription_is_active_and_renews():
    price, owner = monthly_price(1_500), paid_customer()
    made = subscriptions.create(
        params={
            "customer": owner.id,
            "items": [{"price": price.id, "quantity": 2}],
            "metadata": {"plan": "small"},
            "expand": ["latest_invoice.payments", "customer"],
        }
    )
    same((made.object, made.status, made.currency), ("subscription", "active", "usd"))
    same((made.customer.id, made.cancel_at_period_end), (owner.id, False))
    item = made["items"].data[0]
    same((item.price.id, item.quantity, item.current_period_start), (price.id, 2, START))
    invoice = made.latest_invoice
    same((invoice.status, invoice.total, invoice.amount_paid), ("paid", 3_000, 3_000))
    same(invoice.billing_reason, "subscription_create")
    same(invoice.parent.subscription_details.subscription, made.id)
    same(invoice.parent.subscription_details.metadata.to_dict(), {"plan": "small"})
    same([it.status for it in invoice.payments.data], ["paid"])

    advance(item.current_period_end - START + DAY)
    later = subscriptions.retrieve(made.id, params={"expand": ["latest_invoice"]})
    same(later["items"].data[0].current_period_start, item.current_period_end)
    same(later.latest_invoice.billing_reason, "subscription_cycle")
    same((later.status, later.latest_invoice.status), ("active", "paid"))


@drives("POST /v1/subscriptions")
def what_is_not_paid_is_incomplete_or_refused():
    price = monthly_price()
    poor = paid_customer(
        payment_method="pm_card_chargeCustomerFail",
        invoice_settings={"default_payment_method": "pm_card_chargeCustomerFail"},
    )
    params = {"customer": poor.id, "items": [{"price": price.id}]}
    made = subscriptions.create(params={**params, "payment_behavior": "allow_incomplete"})
    same(made.status, "incomplete")
    error = refused(
        stripe.CardError,
        lambda: subscriptions.create(params={**params, "payment_behavior": "error_if_incomplete"}),
    )
    same((error.http_status, error.code), (402, "card_declined"))
    same(ids(subscriptions.list(params={"customer": poor.id}).data), [made.id])
    waiting = subscriptions.create(
        params={"customer": paid_customer().id, "items": [{"price": price.id}],
                "payment_behavior": "default_incomplete"}
    )
    same(waiting.status, "incomplete")
    sdk.v1.invoices.pay(waiting.latest_invoice)
    same(subscriptions.retrieve(waiting.id).status, "active")


@drives("POST /v1/subscriptions")
def a_trial_costs_nothing_and_ends_in_a_payment():
    made = subscription(trial_period_days=7, expand=["latest_invoice"])
    same((made.status, made.trial_start), ("trialing", made.start_date))
    same((made.trial_end - made.trial_start, made.latest_invoice.total), (7 * DAY, 0))
    advance(7 * DAY + 7_200)
    later = subscriptions.retrieve(made.id, params={"expand": ["latest_invoice"]})
    same((later.status, later.latest_invoice.total), ("active", 1_000))


@drives("POST /v1/subscriptions/*")
def an_upgrade_is_prorated():
    big = monthly_price(9_000)
    made = subscription()
    item = made["items"].data[0].id
    advance(3 * DAY)
    changed = subscriptions.update(
        made.id,
        params={
            "items": [{"id": item, "price": big.id}],
            "proration_behavior": "always_invoice",
            "metadata": {"moved": "up"},
            "expand": ["latest_invoice"],
        },
    )
    same([(it.id, it.price.id) for it in changed["items"].data], [(item, big.id)])
    same(changed.metadata.to_dict(), {"moved": "up"})
    invoice = changed.latest_invoice
    same((invoice.billing_reason, invoice.status), ("subscription_update", "paid"))
    credit, charge = sorted(it.amount for it in invoice.lines.data)
    holds(credit < 0 < charge)
    same(invoice.total, credit + charge)
    same(invoice.lines.data[0].parent.subscription_item_details.proration, True)


@drives("GET /v1/subscriptions")
def canceled_subscriptions_are_listed_only_when_asked_for():
    owner = paid_customer().id
    kept = subscription(customer=owner)
    ended = subscription(customer=owner)
    subscriptions.cancel(ended.id)
    same(ids(subscriptions.list(params={"customer": owner}).data), [kept.id])
    everything = subscriptions.list(params={"customer": owner, "status": "all"})
    same(ids(everything.data), [ended.id, kept.id])
    found = subscriptions.list(params={"customer": owner, "status": "canceled"})
    same(ids(found.data), [ended.id])


@drives("GET /v1/subscriptions/search")
def subscriptions_are_searched():
    made = subscription(metadata={"find": "me"})
    advance(3_600)
    query = 'status:"active" AND metadata["find"]:"me"'
    same(ids(subscriptions.search(params={"query": query}).data), [made.id])


@drives("DELETE /v1/subscriptions/*")
def a_canceled_subscription_has_ended():
    made = subscription()
    gone = subscriptions.cancel(
        made.id, params={"cancellation_details": {"comment": "too dear", "feedback": "too_expensive"}}
    )
    same((gone.id, gone.status, gone.ended_at), (made.id, "canceled", gone.canceled_at))
    same(gone.cancellation_details.comment, "too dear")
    same(gone.cancellation_details.feedback, "too_expensive")
    same(gone.cancellation_details.reason, "cancellation_requested")
    error = refused(stripe.InvalidRequestError, lambda: subscriptions.cancel(made.id))
    same((error.http_status, error.code), (404, "resource_missing"))


@drives("POST /v1/subscriptions/*")
def a_cancellation_at_the_end_of_the_period_can_be_undone():
    made = subscription()
    end = made["items"].data[0].current_period_end
    leaving = subscriptions.update(made.id, params={"cancel_at_period_end": True})
    same((leaving.status, leaving.cancel_at), ("active", end))
    staying = subscriptions.update(made.id, params={"cancel_at_period_end": False})
    same((staying.cancel_at, staying.canceled_at), (None, None))
    subscriptions.update(made.id, params={"cancel_at_period_end": True})
    advance(32 * DAY)
    same(subscriptions.retrieve(made.id).status, "canceled")


@drives("GET /v1/subscription_items")
def items_are_listed_by_their_subscription():
    made = subscription()
    listed = items.list(params={"subscription": made.id})
    same(ids(listed.data), ids(made["items"].data))
    error = refused(stripe.InvalidRequestError, lambda: items.list(params={}))
    same((error.code, error.param), ("parameter_missing", "subscription"))


@drives(
    "POST /v1/subscription_items",
    "GET /v1/subscription_items/*",
    "POST /v1/subscription_items/*",
    "DELETE /v1/subscription_items/*",
)
def items_are_added_changed_and_taken_away():
    made, more = subscription(), monthly_price(300)
    added = items.create(params={"subscription": made.id, "price": more.id, "quantity": 4})
    same((added.object, added.subscription, added.quantity), ("subscription_item", made.id, 4))
    same(items.retrieve(added.id).to_dict(), added.to_dict())
    changed = items.update(added.id, params={"quantity": 5, "metadata": {"a": "b"}})
    same((changed.quantity, changed.metadata.to_dict()), (5, {"a": "b"}))
    same(len(subscriptions.retrieve(made.id)["items"].data), 2)
    gone = items.delete(added.id)
    same((gone.id, gone.deleted), (added.id, True))
    same(ids(items.list(params={"subscription": made.id}).data), ids(made["items"].data))


@drives("POST /v1/subscriptions/*/pause", "POST /v1/subscriptions/*/resume")
def a_paused_subscription_is_resumed():
    made = subscription()
    paused = subscriptions.pause(made.id, params={"type": "subscription"})
    same((paused.id, paused.status), (made.id, "paused"))
    same(paused.status_details.paused.subscription.type, "pause_requested")
    advance(40 * DAY)
    same(subscriptions.retrieve(made.id).status, "paused")
    back = subscriptions.resume(made.id, params={"billing_cycle_anchor": {"type": "now"}})
    same((back.id, back.status), (made.id, "active"))


@drives("POST /v1/subscriptions/*/migrate")
def a_classic_subscription_is_migrated():
    made = subscription(billing_mode={"type": "classic"})
    same(made.billing_mode.type, "classic")
    moved = subscriptions.migrate(made.id, params={"billing_mode": {"type": "flexible"}})
    same((moved.id, moved.billing_mode.type), (made.id, "flexible"))


@drives("DELETE /v1/subscriptions/*/discount", "POST /v1/coupons")
def a_discount_is_taken_from_a_subscription():
    coupon = sdk.v1.coupons.create(params={"percent_off": 40, "duration": "forever"})
    made = subscription(discounts=[{"coupon": coupon.id}], expand=["latest_invoice", "discounts"])
    same(made.latest_invoice.total, 600)
    same(made.discounts[0].source.coupon, coupon.id)
    gone = subscriptions.delete_discount(made.id)
    same((gone.object, gone.deleted, gone.id), ("discount", True, made.discounts[0].id))
    same(subscriptions.retrieve(made.id).discounts, [])


run()
