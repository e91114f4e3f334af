"""Billing credits: granted, used up by metered lines, expired, voided."""

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
)

billing = sdk.v1.billing
grants = billing.credit_grants


def grant(customer, value, **params):
    return grants.create(
        params={
            "customer": customer,
            "amount": {"type": "monetary", "monetary": {"currency": "usd", "value": value}},
            "applicability_config": {"scope": {"price_type": "metered"}},
            **params,
        }
    )


def available(customer, **filter):
    filter = filter or {
        "type": "applicability_scope",
        "applicability_scope": {"price_type": "metered"},
    }
    summary = billing.credit_balance_summary.retrieve(
        params={"customer": customer, "filter": filter}
    )
    same((summary.object, summary.customer), ("billing.credit_balance_summary", customer))
    return [
        (it.available_balance.monetary.currency, it.available_balance.monetary.value)
        for it in summary.balances
    ]


@drives(
    "POST /v1/billing/credit_grants",
    "GET /v1/billing/credit_grants",
    "GET /v1/billing/credit_grants/*",
    "POST /v1/billing/credit_grants/*",
    "GET /v1/billing/credit_balance_summary",
)
def a_grant_is_there_to_be_used():
    owner = paid_customer().id
    made = grant(owner, 5_000, name="Welcome", category="promotional", metadata={"a": "b"})
    same((made.object, made.name, made.category), ("billing.credit_grant", "Welcome", "promotional"))
    same((made.amount.monetary.value, made.amount.monetary.currency), (5_000, "usd"))
    same((made.priority, made.expires_at, made.voided_at), (50, None, None))
    same(made.applicability_config.scope.price_type, "metered")
    same(grants.retrieve(made.id).to_dict(), made.to_dict())
    end = now() + 90 * DAY
    changed = grants.update(made.id, params={"expires_at": end, "metadata": {"a": "c"}})
    same((changed.expires_at, changed.metadata.to_dict()), (end, {"a": "c"}))
    other = grant(owner, 200, category="paid")
    same(ids(grants.list(params={"customer": owner}).data), [other.id, made.id])
    same(available(owner), [("usd", 5_200)])
    same(available(owner, type="credit_grant", credit_grant=other.id), [("usd", 200)])
    error = refused(
        stripe.InvalidRequestError,
        lambda: billing.credit_balance_summary.retrieve(params={"customer": owner}),
    )
    same((error.code, error.param), ("parameter_missing", "filter"))


@drives("POST /v1/billing/credit_grants/*/expire", "POST /v1/billing/credit_grants/*/void")
def grants_end():
    owner = paid_customer().id
    expired, voided = grant(owner, 100), grant(owner, 300)
    same(available(owner), [("usd", 400)])
    gone = grants.expire(expired.id)
    same((gone.id, gone.expires_at), (expired.id, now()))
    same(available(owner), [("usd", 300)])
    gone = grants.void_grant(voided.id)
    same((gone.id, gone.voided_at), (voided.id, now()))
    same(sum(value for _, value in available(owner)), 0)


@drives(
    "GET /v1/billing/credit_balance_transactions",
    "GET /v1/billing/credit_balance_transactions/*",
    "POST /v1/billing/meters",
    "POST /v1/billing/meter_events",
)
def credits_pay_for_usage():
    owner = paid_customer().id
    meter = billing.meters.create(
        params={
            "display_name": "Calls",
            "event_name": "calls",
            "default_aggregation": {"formula": "sum"},
        }
    )
    price = monthly_price(
        10, recurring={"interval": "month", "meter": meter.id, "usage_type": "metered"}
    )
    held = grant(owner, 700)
    made = sdk.v1.subscriptions.create(
        params={"customer": owner, "items": [{"price": price.id}]}
    )
    billing.meter_events.create(
        params={
            "event_name": "calls",
            "payload": {"stripe_customer_id": owner, "value": "100"},
        }
    )
    advance(32 * DAY)
    invoice = sdk.v1.invoices.list(params={"subscription": made.id}).data[0]
    same((invoice.subtotal, invoice.total, invoice.status), (1_000, 300, "paid"))
    applied = invoice.total_pretax_credit_amounts
    same([(it.type, it.amount) for it in applied], [("credit_balance_transaction", 700)])

    transactions = billing.credit_balance_transactions
    listed = transactions.list(params={"customer": owner, "credit_grant": held.id})
    same([it.type for it in listed.data], ["debit", "credit"])
    used, granted = listed.data
    same((used.debit.type, used.debit.amount.monetary.value), ("credits_applied", 700))
    same(used.debit.credits_applied.invoice, invoice.id)
    same((granted.credit.type, granted.credit.amount.monetary.value), ("credits_granted", 700))
    same(transactions.retrieve(used.id).to_dict(), used.to_dict())
    same(used.credit_grant, held.id)
    same(sum(value for _, value in available(owner)), 0)
    refused(stripe.InvalidRequestError, lambda: grants.void_grant(held.id))


run()
