"""Payment methods, payment and setup intents, charges, refunds and disputes."""

import stripe
from stage import advance, control, drives, ids, now, refused, run, same, sdk, within

methods, intents, setups = sdk.v1.payment_methods, sdk.v1.payment_intents, sdk.v1.setup_intents
charges, refunds, disputes = sdk.v1.charges, sdk.v1.refunds, sdk.v1.disputes


def intent(amount=2_000, **params):
    return intents.create(
        params={
            "amount": amount,
            "currency": "usd",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            **params,
        }
    )


def paid(amount=2_000, method="pm_card_visa", **params):
    return intent(amount, payment_method=method, confirm=True, **params)


@drives(
    "POST /v1/payment_methods",
    "GET /v1/payment_methods",
    "GET /v1/payment_methods/*",
    "POST /v1/payment_methods/*",
    "POST /v1/payment_methods/*/attach",
    "POST /v1/payment_methods/*/detach",
)
def methods_belong_to_customers():
    owner = sdk.v1.customers.create().id
    made = methods.create(
        params={
            "type": "card",
            "card": {"token": "tok_visa"},
            "billing_details": {"name": "Ada"},
        }
    )
    same((made.object, made.type, made.customer), ("payment_method", "card", None))
    same((made.card.brand, made.card.last4), ("visa", "4242"))
    same(made.billing_details.name, "Ada")
    same(methods.retrieve(made.id).to_dict(), made.to_dict())
    held = methods.attach(made.id, params={"customer": owner})
    same((held.id, held.customer), (made.id, owner))
    changed = methods.update(made.id, params={"metadata": {"a": "b"}})
    same(changed.metadata.to_dict(), {"a": "b"})
    same(ids(methods.list(params={"customer": owner, "type": "card"}).data), [made.id])
    loose = methods.detach(made.id)
    same((loose.id, loose.customer), (made.id, None))
    same(methods.list(params={"customer": owner}).data, [])
    error = refused(
        stripe.CardError,
        lambda: methods.attach("pm_card_visa_chargeDeclined", params={"customer": owner}),
    )
    same((error.http_status, error.code), (402, "card_declined"))


@drives(
    "POST /v1/payment_intents",
    "GET /v1/payment_intents",
    "GET /v1/payment_intents/*",
    "POST /v1/payment_intents/*",
    "POST /v1/payment_intents/*/confirm",
)
def an_intent_is_confirmed():
    owner = sdk.v1.customers.create().id
    made = intent(1_500, customer=owner, metadata={"order": "7"})
    same((made.object, made.status), ("payment_intent", "requires_payment_method"))
    same((made.amount, made.amount_received, made.latest_charge), (1_500, 0, None))
    within("_secret_", made.client_secret)
    changed = intents.update(made.id, params={"amount": 1_700, "description": "tea"})
    same((changed.amount, changed.description), (1_700, "tea"))
    done = intents.confirm(made.id, params={"payment_method": "pm_card_visa"})
    same((done.id, done.status, done.amount_received), (made.id, "succeeded", 1_700))
    held = intents.retrieve(made.id, params={"expand": ["latest_charge"]})
    charge = held.latest_charge
    same((charge.status, charge.amount, charge.paid), ("succeeded", 1_700, True))
    same((charge.payment_intent, charge.customer), (made.id, owner))
    same(ids(intents.list(params={"customer": owner}).data), [made.id])
    error = refused(stripe.InvalidRequestError, lambda: intents.confirm(made.id))
    same((error.http_status, error.code), (400, "payment_intent_unexpected_state"))


@drives("POST /v1/payment_intents/*/confirm", "POST /v1/payment_intents")
def what_the_bank_says_is_told():
    made = intent()
    error = refused(
        stripe.CardError,
        lambda: intents.confirm(
            made.id, params={"payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds"}
        ),
    )
    same((error.code, error.error.decline_code), ("card_declined", "insufficient_funds"))
    same((error.error.payment_intent.id, error.error.charge[:3]), (made.id, "ch_"))
    held = intents.retrieve(made.id)
    same((held.status, held.last_payment_error.code), ("requires_payment_method", "card_declined"))
    asked = paid(method="pm_card_authenticationRequired")
    same((asked.status, asked.latest_charge), ("requires_action", None))
    same(asked.next_action is None, False)


@drives(
    "POST /v1/payment_intents/*/capture",
    "POST /v1/payment_intents/*/cancel",
    "GET /v1/payment_intents/search",
)
def an_intent_is_captured_or_canceled():
    held = paid(3_000, capture_method="manual", metadata={"find": "me"})
    same((held.status, held.amount_capturable), ("requires_capture", 3_000))
    taken = intents.capture(held.id, params={"amount_to_capture": 2_200})
    same((taken.status, taken.amount_received, taken.amount_capturable), ("succeeded", 2_200, 0))
    gone = intents.cancel(
        intent().id, params={"cancellation_reason": "requested_by_customer"}
    )
    same((gone.status, gone.canceled_at), ("canceled", now()))
    same(gone.cancellation_reason, "requested_by_customer")
    refused(stripe.InvalidRequestError, lambda: intents.cancel(held.id))
    advance(3_600)
    query = 'status:"succeeded" AND metadata["find"]:"me"'
    same(ids(intents.search(params={"query": query}).data), [held.id])


@drives(
    "POST /v1/setup_intents",
    "GET /v1/setup_intents",
    "GET /v1/setup_intents/*",
    "POST /v1/setup_intents/*",
    "POST /v1/setup_intents/*/confirm",
    "POST /v1/setup_intents/*/cancel",
)
def a_method_is_set_up_for_later():
    owner = sdk.v1.customers.create().id
    made = setups.create(
        params={
            "customer": owner,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    same((made.object, made.status), ("setup_intent", "requires_payment_method"))
    same((made.usage, made.customer), ("off_session", owner))
    changed = setups.update(made.id, params={"description": "card", "metadata": {"a": "b"}})
    same((changed.description, changed.metadata.to_dict()), ("card", {"a": "b"}))
    done = setups.confirm(made.id, params={"payment_method": "pm_card_visa"})
    same((done.id, done.status), (made.id, "succeeded"))
    method = methods.retrieve(done.payment_method)
    same((method.customer, method.card.last4), (owner, "4242"))
    other = setups.create(params={"customer": owner})
    gone = setups.cancel(other.id, params={"cancellation_reason": "abandoned"})
    same((gone.status, gone.cancellation_reason), ("canceled", "abandoned"))
    same(ids(setups.list(params={"customer": owner}).data), [other.id, made.id])
    same(setups.retrieve(made.id).to_dict(), done.to_dict())


@drives("GET /v1/charges", "GET /v1/charges/*", "GET /v1/charges/search")
def charges_are_read():
    owner = sdk.v1.customers.create().id
    one, other = (paid(amount, customer=owner) for amount in (4_321, 100))
    listed = charges.list(params={"customer": owner}).data
    same(ids(listed), [other.latest_charge, one.latest_charge])
    by_intent = charges.list(params={"payment_intent": one.id}).data
    same(ids(by_intent), [one.latest_charge])
    held = charges.retrieve(one.latest_charge, params={"expand": ["payment_intent"]})
    same((held.object, held.amount, held.amount_captured), ("charge", 4_321, 4_321))
    same((held.payment_intent.id, held.refunded, held.disputed), (one.id, False, False))
    same((held.payment_method_details.type, held.payment_method_details.card.last4),
         ("card", "4242"))
    same(held.outcome.type, "authorized")
    advance(3_600)
    query = f'amount:4321 AND customer:"{owner}"'
    same(ids(charges.search(params={"query": query}).data), [one.latest_charge])


@drives(
    "POST /v1/refunds",
    "GET /v1/refunds",
    "GET /v1/refunds/*",
    "POST /v1/refunds/*",
)
def money_is_given_back():
    made = paid(2_000)
    some = refunds.create(
        params={
            "payment_intent": made.id,
            "amount": 500,
            "reason": "requested_by_customer",
            "metadata": {"a": "b"},
        }
    )
    same((some.object, some.status, some.amount), ("refund", "succeeded", 500))
    same((some.charge, some.payment_intent), (made.latest_charge, made.id))
    held = charges.retrieve(made.latest_charge)
    same((held.amount_refunded, held.refunded), (500, False))
    rest = refunds.create(params={"charge": made.latest_charge})
    same((rest.amount, charges.retrieve(made.latest_charge).refunded), (1_500, True))
    error = refused(
        stripe.InvalidRequestError,
        lambda: refunds.create(params={"charge": made.latest_charge}),
    )
    same((error.http_status, error.code), (400, "charge_already_refunded"))
    same(ids(refunds.list(params={"charge": made.latest_charge}).data), [rest.id, some.id])
    changed = refunds.update(some.id, params={"metadata": {"a": "c"}})
    same(changed.metadata.to_dict(), {"a": "c"})
    same(refunds.retrieve(some.id).to_dict(), changed.to_dict())


@drives("POST /v1/refunds/*/cancel")
def a_refund_that_waits_for_the_customer_is_canceled():
    made = paid(method="pm_card_pendingRefund")
    held = refunds.create(params={"payment_intent": made.id, "amount": 700})
    same(held.status, "pending")
    refused(stripe.InvalidRequestError, lambda: refunds.cancel(held.id))
    other = refunds.create(params={"payment_intent": made.id, "amount": 900})
    control("POST", f"refunds/{other.id}/settle", {"end": "needs_action"})
    same(refunds.retrieve(other.id).status, "requires_action")
    gone = refunds.cancel(other.id)
    same((gone.id, gone.status), (other.id, "canceled"))
    same(charges.retrieve(made.latest_charge).amount_refunded, 700)


@drives(
    "GET /v1/disputes",
    "GET /v1/disputes/*",
    "POST /v1/disputes/*",
    "POST /v1/disputes/*/close",
)
def a_charge_is_disputed():
    made, other = (paid(method="pm_card_createDispute") for _ in range(2))
    # A bank takes some seconds to dispute.
    advance(5)
    found = disputes.list(params={"payment_intent": made.id}).data
    same(len(found), 1)
    held = disputes.retrieve(found[0].id)
    same((held.object, held.status, held.charge),
         ("dispute", "needs_response", made.latest_charge))
    same((held.amount, held.evidence_details.due_by > now()), (2_000, True))
    same(charges.retrieve(made.latest_charge).disputed, True)
    answered = disputes.update(
        held.id, params={"evidence": {"product_description": "tea"}, "submit": False}
    )
    same(answered.evidence.product_description, "tea")
    error = refused(
        stripe.InvalidRequestError,
        lambda: refunds.create(params={"charge": made.latest_charge}),
    )
    same((error.http_status, error.code), (400, "refund_disputed_payment"))
    same(disputes.close(held.id).status, "lost")
    open_still = disputes.list(params={"payment_intent": other.id}).data[0]
    sent = disputes.update(
        open_still.id,
        params={"evidence": {"uncategorized_text": "winning_evidence"}, "submit": True},
    )
    same(sent.status, "under_review")
    advance(5)
    same(disputes.retrieve(sent.id).status, "won")


run()
