"""Invoices from draft to their end, their items, lines and payments, and credit notes."""

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

invoices, items = sdk.v1.invoices, sdk.v1.invoice_items
payments, notes = sdk.v1.invoice_payments, sdk.v1.credit_notes


def draft(customer=None, **params):
    """An invoice over 25.00 that is still a draft."""
    customer = customer or paid_customer().id
    made = invoices.create(
        params={"customer": customer, "auto_advance": False, "currency": "usd", **params}
    )
    item(customer, 2_500, invoice=made.id)
    return made


def item(customer, amount, **params):
    return items.create(
        params={"customer": customer, "amount": amount, "currency": "usd", **params}
    )


def open_invoice(**params):
    return invoices.finalize_invoice(draft(**params).id)


@drives("POST /v1/invoices", "GET /v1/invoices/*", "POST /v1/invoices/*")
def a_draft_can_be_changed():
    owner = paid_customer().id
    made = draft(owner, description="May", metadata={"a": "b"})
    same((made.object, made.status, made.billing_reason), ("invoice", "draft", "manual"))
    same((made.customer, made.number, made.hosted_invoice_url), (owner, None, None))
    held = invoices.retrieve(made.id)
    same((held.total, held.amount_due, held.amount_paid), (2_500, 2_500, 0))
    same([(it.amount, it.parent.type) for it in held.lines.data],
         [(2_500, "invoice_item_details")])
    changed = invoices.update(made.id, params={"description": "June", "metadata": {"c": "d"}})
    same((changed.description, changed.metadata.to_dict()), ("June", {"a": "b", "c": "d"}))


@drives("POST /v1/invoices/*/finalize", "POST /v1/invoices/*/pay")
def an_invoice_is_finalized_and_paid():
    made = draft()
    ready = invoices.finalize_invoice(made.id)
    same((ready.id, ready.status, ready.amount_remaining), (made.id, "open", 2_500))
    same((ready.number is None, ready.hosted_invoice_url is None), (False, False))
    same(ready.status_transitions.finalized_at, now())
    paid = invoices.pay(made.id)
    same((paid.status, paid.amount_paid, paid.amount_remaining), ("paid", 2_500, 0))
    same(paid.status_transitions.paid_at, now())
    for again in (invoices.finalize_invoice, invoices.pay):
        error = refused(stripe.InvalidRequestError, lambda: again(made.id))
        same(error.http_status, 400)
    elsewhere = invoices.pay(open_invoice().id, params={"paid_out_of_band": True})
    same((elsewhere.status, elsewhere.amount_remaining), ("paid", 0))


@drives("GET /v1/invoices")
def invoices_are_listed_by_status_and_by_customer():
    owner = paid_customer().id
    kept, other = draft(owner), open_invoice(customer=owner)
    same(ids(invoices.list(params={"customer": owner}).data), [other.id, kept.id])
    for status, expected in (("draft", kept), ("open", other)):
        found = invoices.list(params={"customer": owner, "status": status})
        same(ids(found.data), [expected.id])
    made = subscription(customer=owner)
    found = invoices.list(params={"subscription": made.id})
    same(ids(found.data), [made.latest_invoice])
    sent = draft(owner, collection_method="send_invoice", days_until_due=10)
    same(sent.due_date, now() + 10 * DAY)
    found = invoices.list(params={"customer": owner, "collection_method": "send_invoice"})
    same(ids(found.data), [sent.id])


@drives("GET /v1/invoices/search")
def invoices_are_searched():
    made = draft(metadata={"find": "me"})
    advance(3_600)
    query = 'status:"draft" AND metadata["find"]:"me"'
    same(ids(invoices.search(params={"query": query}).data), [made.id])


@drives("DELETE /v1/invoices/*")
def a_draft_can_be_deleted():
    made = draft()
    gone = invoices.delete(made.id)
    same((gone.id, gone.deleted), (made.id, True))
    error = refused(stripe.InvalidRequestError, lambda: invoices.retrieve(made.id))
    same((error.http_status, error.code), (404, "resource_missing"))
    kept = open_invoice()
    refused(stripe.InvalidRequestError, lambda: invoices.delete(kept.id))


@drives(
    "POST /v1/invoices/*/void",
    "POST /v1/invoices/*/mark_uncollectible",
    "POST /v1/invoices/*/send",
)
def an_open_invoice_is_voided_or_given_up_or_sent():
    voided = invoices.void_invoice(open_invoice().id)
    same((voided.status, voided.status_transitions.voided_at), ("void", now()))
    refused(stripe.InvalidRequestError, lambda: invoices.pay(voided.id))
    lost = invoices.mark_uncollectible(open_invoice().id)
    same((lost.status, lost.status_transitions.marked_uncollectible_at), ("uncollectible", now()))
    same(invoices.pay(lost.id).status, "paid")
    bill = draft(collection_method="send_invoice", days_until_due=7)
    sent = invoices.send_invoice(bill.id)
    same((sent.id, sent.status), (bill.id, "open"))
    told = sdk.v1.events.list(params={"type": "invoice.sent"}).data
    same([it.data.object.id for it in told], [bill.id])
    refused(stripe.InvalidRequestError, lambda: invoices.void_invoice(draft().id))


@drives(
    "POST /v1/invoices/*/add_lines",
    "POST /v1/invoices/*/update_lines",
    "POST /v1/invoices/*/remove_lines",
    "GET /v1/invoices/*/lines",
)
def lines_come_and_go():
    owner = paid_customer().id
    made = draft(owner)
    loose = item(owner, 70)
    grown = invoices.add_lines(
        made.id,
        params={
            "lines": [{"amount": 500, "description": "more"}, {"invoice_item": loose.id}]
        },
    )
    same((grown.id, grown.total), (made.id, 3_070))
    lines = {it.amount: it.id for it in invoices.line_items.list(made.id).auto_paging_iter()}
    same(sorted(lines), [70, 500, 2_500])
    changed = invoices.update_lines(
        made.id, params={"lines": [{"id": lines[500], "amount": 600, "description": "most"}]}
    )
    same(changed.total, 3_170)
    shrunk = invoices.remove_lines(
        made.id,
        params={
            "lines": [
                {"id": lines[500], "behavior": "delete"},
                {"id": lines[70], "behavior": "unassign"},
            ]
        },
    )
    same((shrunk.total, len(shrunk.lines.data)), (2_500, 1))
    same(items.retrieve(loose.id).invoice, None)
    walk = invoices.line_items.list(made.id, params={"limit": 1}).auto_paging_iter()
    same([it.amount for it in walk], [2_500])


@drives("POST /v1/invoices/create_preview")
def an_invoice_is_previewed_and_not_made():
    made = subscription()
    before = ids(invoices.list(params={"customer": made.customer}).data)
    shown = invoices.create_preview(params={"subscription": made.id})
    same((shown.object, shown.status, shown.total), ("invoice", "draft", 1_000))
    same(shown.period_end, made["items"].data[0].current_period_end)
    advance(10 * DAY)
    big = monthly_price(9_000)
    change = {
        "items": [{"id": made["items"].data[0].id, "price": big.id}],
        "proration_behavior": "create_prorations",
    }
    shown = invoices.create_preview(
        params={"subscription": made.id, "subscription_details": change}
    )
    amounts = [it.amount for it in shown.lines.data]
    same((len(amounts), sum(amounts), max(amounts)), (3, shown.total, 9_000))
    same(sum(1 for it in amounts if it < 0), 1)
    same(ids(invoices.list(params={"customer": made.customer}).data), before)
    same(sdk.v1.subscriptions.retrieve(made.id)["items"].data[0].price.unit_amount, 1_000)


@drives(
    "POST /v1/invoiceitems",
    "GET /v1/invoiceitems",
    "GET /v1/invoiceitems/*",
    "POST /v1/invoiceitems/*",
    "DELETE /v1/invoiceitems/*",
)
def items_wait_for_an_invoice():
    owner = paid_customer().id
    made = item(owner, 400, description="hours", metadata={"a": "b"})
    same((made.object, made.amount, made.invoice), ("invoiceitem", 400, None))
    same((made.customer, made.description, made.date), (owner, "hours", now()))
    same(items.retrieve(made.id).to_dict(), made.to_dict())
    same(items.update(made.id, params={"amount": 450}).amount, 450)
    other = item(owner, 50)
    same(ids(items.list(params={"customer": owner, "pending": True}).data), [other.id, made.id])
    gone = items.delete(other.id)
    same((gone.id, gone.deleted), (other.id, True))
    bill = invoices.create(
        params={"customer": owner, "pending_invoice_items_behavior": "include"}
    )
    same((bill.total, items.retrieve(made.id).invoice), (450, bill.id))
    same(items.list(params={"customer": owner, "pending": True}).data, [])
    same(ids(items.list(params={"invoice": bill.id}).data), [made.id])


@drives("GET /v1/invoice_payments", "GET /v1/invoice_payments/*")
def payments_link_invoices_to_intents():
    paid = invoices.pay(open_invoice().id)
    found = payments.list(params={"invoice": paid.id}).data
    same([(it.object, it.status) for it in found], [("invoice_payment", "paid")])
    same((found[0].amount_paid, found[0].amount_requested, found[0].is_default),
         (2_500, 2_500, True))
    same(payments.retrieve(found[0].id).to_dict(), found[0].to_dict())
    intent = found[0].payment.payment_intent
    by_intent = payments.list(
        params={"payment": {"type": "payment_intent", "payment_intent": intent}}
    )
    same(ids(by_intent.data), ids(found))


@drives("POST /v1/invoices/*/attach_payment", "POST /v1/payment_intents")
def a_payment_made_elsewhere_is_attached():
    made = open_invoice()
    intent = sdk.v1.payment_intents.create(
        params={
            "amount": 2_500,
            "currency": "usd",
            "customer": made.customer,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    same(intent.status, "succeeded")
    same(invoices.attach_payment(made.id, params={"payment_intent": intent.id}).id, made.id)
    paid = invoices.retrieve(made.id)
    same((paid.status, paid.amount_paid), ("paid", 2_500))
    found = payments.list(params={"invoice": made.id, "status": "paid"}).data
    same([it.payment.payment_intent for it in found], [intent.id])


@drives(
    "GET /v1/credit_notes/preview",
    "POST /v1/credit_notes",
    "GET /v1/credit_notes",
    "GET /v1/credit_notes/*",
    "POST /v1/credit_notes/*",
    "POST /v1/credit_notes/*/void",
)
def credit_notes_reduce_what_is_owed():
    owed = open_invoice()
    shown = notes.preview(params={"invoice": owed.id, "amount": 500})
    same((shown.amount, notes.list(params={"invoice": owed.id}).data), (500, []))
    made = notes.create(
        params={"invoice": owed.id, "amount": 500, "reason": "duplicate", "memo": "sorry"}
    )
    same((made.object, made.status, made.amount), ("credit_note", "issued", 500))
    same((made.type, made.reason, made.memo), ("pre_payment", "duplicate", "sorry"))
    less = invoices.retrieve(owed.id)
    same((less.pre_payment_credit_notes_amount, less.amount_remaining), (500, 2_000))
    same(notes.retrieve(made.id).to_dict(), made.to_dict())
    same(notes.update(made.id, params={"memo": "again"}).memo, "again")
    same(ids(notes.list(params={"invoice": owed.id}).data), [made.id])
    voided = notes.void_credit_note(made.id)
    same((voided.id, voided.status), (made.id, "void"))
    same(invoices.retrieve(owed.id).amount_remaining, 2_500)

    paid = invoices.pay(open_invoice().id)
    after = notes.create(params={"invoice": paid.id, "amount": 300, "credit_amount": 300})
    same((after.type, after.amount), ("post_payment", 300))
    same(sdk.v1.customers.retrieve(paid.customer).balance, -300)


run()
