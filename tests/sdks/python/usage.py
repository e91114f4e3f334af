"""Meters, what is reported to them, alerts, and both streams of version 2."""

import stripe
from stage import (
    DAY,
    HOUR,
    MINUTE,
    START,
    Receiver,
    advance,
    client,
    drives,
    ids,
    monthly_price,
    now,
    paid_customer,
    refused,
    run,
    same,
    sdk,
    within,
)

billing = sdk.v1.billing
meters, meter_events = billing.meters, billing.meter_events
# Longer than usage takes to be counted.
COUNTED = 10 * MINUTE


def meter(event_name, **params):
    return meters.create(
        params={
            "display_name": "Calls",
            "event_name": event_name,
            "default_aggregation": {"formula": "sum"},
            **params,
        }
    )


def report(event_name, customer, value, **params):
    return meter_events.create(
        params={
            "event_name": event_name,
            "payload": {"stripe_customer_id": customer, "value": str(value)},
            **params,
        }
    )


def counted(of, customer, **params):
    """What a meter counts for a customer yesterday and today, page by page."""
    day = now() // DAY * DAY
    found = meters.event_summaries.list(
        of.id,
        params={
            "customer": customer,
            "start_time": day - DAY,
            "end_time": day + DAY,
            **params,
        },
    )
    return list(found.auto_paging_iter())


@drives(
    "POST /v1/billing/meters",
    "GET /v1/billing/meters",
    "GET /v1/billing/meters/*",
    "POST /v1/billing/meters/*",
    "POST /v1/billing/meters/*/deactivate",
    "POST /v1/billing/meters/*/reactivate",
)
def meters_are_made_and_put_to_rest():
    made = meter("rested", customer_mapping={"type": "by_id", "event_payload_key": "who"})
    same((made.object, made.status, made.event_name), ("billing.meter", "active", "rested"))
    same(made.default_aggregation.formula, "sum")
    same((made.customer_mapping.event_payload_key, made.value_settings.event_payload_key),
         ("who", "value"))
    same(meters.retrieve(made.id).to_dict(), made.to_dict())
    same(meters.update(made.id, params={"display_name": "Requests"}).display_name, "Requests")
    same(ids(meters.list(params={"status": "active"}).data), [made.id])
    off = meters.deactivate(made.id)
    same((off.status, off.status_transitions.deactivated_at), ("inactive", now()))
    same(ids(meters.list(params={"status": "inactive"}).data), [made.id])
    back = meters.reactivate(made.id)
    same((back.status, back.status_transitions.deactivated_at), ("active", None))
    error = refused(stripe.InvalidRequestError, lambda: meter("rested"))
    same(error.http_status, 400)


@drives("POST /v1/billing/meter_events", "GET /v1/billing/meters/*/event_summaries")
def usage_is_summed_up():
    of, owner = meter("calls"), paid_customer().id
    told = report("calls", owner, 25, identifier="first")
    same((told.object, told.identifier), ("billing.meter_event", "first"))
    same((told.event_name, told.timestamp), ("calls", now()))
    same(told.payload.to_dict(), {"stripe_customer_id": owner, "value": "25"})
    report("calls", owner, 17)
    report("calls", owner, 8, timestamp=now() - 3 * HOUR)
    report("calls", paid_customer().id, 1_000)
    advance(COUNTED)
    whole = counted(of, owner)
    same([(it.object, it.aggregated_value, it.meter) for it in whole],
         [("billing.meter_event_summary", 50, of.id)])
    by_hour = counted(of, owner, value_grouping_window="hour")
    same([int(it.aggregated_value) for it in by_hour if it.aggregated_value], [42, 8])
    error = refused(
        stripe.InvalidRequestError,
        lambda: meters.event_summaries.list(
            of.id, params={"customer": owner, "start_time": START + 1, "end_time": START + HOUR}
        ),
    )
    same((error.http_status, error.param), (400, "start_time"))


@drives("POST /v1/billing/meter_event_adjustments")
def usage_is_taken_back():
    of, owner = meter("mistaken"), paid_customer().id
    report("mistaken", owner, 5, identifier="wrong")
    report("mistaken", owner, 2, identifier="right")
    taken = billing.meter_event_adjustments.create(
        params={"type": "cancel", "event_name": "mistaken", "cancel": {"identifier": "wrong"}}
    )
    same((taken.object, taken.type), ("billing.meter_event_adjustment", "cancel"))
    same((taken.cancel.identifier, taken.event_name), ("wrong", "mistaken"))
    within(taken.status, ("pending", "complete"))
    advance(COUNTED)
    same([it.aggregated_value for it in counted(of, owner)], [2])


@drives("POST /v1/billing/meter_events", "POST /v1/subscriptions", "GET /v1/invoices")
def usage_is_billed_at_the_end_of_the_period():
    of, owner = meter("billed"), paid_customer().id
    price = monthly_price(3, recurring={"interval": "month", "meter": of.id,
                                        "usage_type": "metered"})
    made = sdk.v1.subscriptions.create(
        params={"customer": owner, "items": [{"price": price.id}]}
    )
    same(made.status, "active")
    report("billed", owner, 100)
    advance(32 * DAY)
    invoice = sdk.v1.invoices.list(params={"subscription": made.id}).data[0]
    same((invoice.billing_reason, invoice.total, invoice.status),
         ("subscription_cycle", 300, "paid"))
    same([(it.quantity, it.amount) for it in invoice.lines.data], [(100, 300)])


@drives(
    "POST /v1/billing/alerts",
    "GET /v1/billing/alerts",
    "GET /v1/billing/alerts/*",
    "POST /v1/billing/alerts/*/deactivate",
    "POST /v1/billing/alerts/*/activate",
    "POST /v1/billing/alerts/*/archive",
)
def an_alert_is_raised_once():
    alerts = billing.alerts
    of, owner = meter("alerted"), paid_customer().id
    made = alerts.create(
        params={
            "alert_type": "usage_threshold",
            "title": "Much",
            "usage_threshold": {
                "meter": of.id,
                "gte": 10,
                "recurrence": "one_time",
                "filters": [{"type": "customer", "customer": owner}],
            },
        }
    )
    same((made.object, made.status, made.title), ("billing.alert", "active", "Much"))
    same((made.usage_threshold.gte, made.usage_threshold.meter), (10, of.id))
    same(alerts.retrieve(made.id).to_dict(), made.to_dict())
    same(ids(alerts.list(params={"meter": of.id}).data), [made.id])
    same(alerts.deactivate(made.id).status, "inactive")
    same(alerts.activate(made.id).status, "active")
    report("alerted", owner, 9)
    advance(COUNTED)
    report("alerted", owner, 4)
    advance(COUNTED)
    told = sdk.v1.events.list(params={"type": "billing.alert.triggered"}).data
    same([(it.data.object.alert.id, it.data.object.customer) for it in told], [(made.id, owner)])
    same(alerts.archive(made.id).status, "archived")
    same(alerts.list(params={"meter": of.id}).data, [])


@drives("POST /v2/billing/meter_events", "POST /v2/billing/meter_event_adjustments")
def version_2_checks_usage_at_once():
    v2 = sdk.v2.billing
    of, owner = meter("checked"), paid_customer().id

    def create(identifier, value="7", **more):
        payload = {"stripe_customer_id": owner, "value": value, **more}
        return v2.meter_events.create(
            params={"event_name": "checked", "identifier": identifier, "payload": payload}
        )

    told = create("v2-1")
    same((told.object, told.identifier), ("v2.billing.meter_event", "v2-1"))
    same(told.payload.to_dict(), {"stripe_customer_id": owner, "value": "7"})
    error = refused(stripe.InvalidRequestError, lambda: create("v2-1"))
    same((error.http_status, error.code), (400, "duplicate_meter_event"))
    error = refused(stripe.InvalidRequestError, lambda: create("v2-2", value="much"))
    same(error.code, "payload_invalid_value")
    create("v2-3", value="4")
    taken = v2.meter_event_adjustments.create(
        params={"type": "cancel", "event_name": "checked", "cancel": {"identifier": "v2-3"}}
    )
    same((taken.object, taken.cancel.identifier), ("v2.billing.meter_event_adjustment", "v2-3"))
    advance(COUNTED)
    same([it.aggregated_value for it in counted(of, owner)], [7])


@drives("POST /v2/billing/meter_event_session", "POST /v2/billing/meter_event_stream")
def a_stream_goes_by_the_token_of_its_session():
    of, owner = meter("streamed"), paid_customer().id
    session = sdk.v2.billing.meter_event_session.create()
    same(session.object, "v2.billing.meter_event_session")
    stream = client(session.authentication_token).v2.billing.meter_event_stream

    def event(identifier, value):
        payload = {"stripe_customer_id": owner, "value": str(value)}
        return {"event_name": "streamed", "identifier": identifier, "payload": payload}

    stream.create(params={"events": [event(f"s{number}", number) for number in range(1, 11)]})
    stream.create(params={"events": [event("s1", 1), event("s11", 11)]})
    advance(COUNTED)
    same([it.aggregated_value for it in counted(of, owner)], [66])
    advance(16 * MINUTE)
    error = refused(
        stripe.TemporarySessionExpiredError,
        lambda: stream.create(params={"events": [event("late", 1)]}),
    )
    same(error.code, "billing_meter_event_session_expired")
    refused(
        stripe.AuthenticationError,
        lambda: client("nonsense").v2.billing.meter_event_stream.create(params={"events": []}),
    )


@drives("POST /v1/billing/meter_events", "GET /v2/core/events/*")
def what_cannot_be_counted_is_told_by_a_thin_event():
    receiver = Receiver()
    destination = sdk.v2.core.event_destinations.create(
        params={
            "name": "errors",
            "type": "webhook_endpoint",
            "events_from": ["@self"],
            "event_payload": "thin",
            "enabled_events": [
                "v1.billing.meter.error_report_triggered",
                "v1.billing.meter.no_meter_found",
            ],
            "webhook_endpoint": {"url": receiver.url},
            "include": ["webhook_endpoint.signing_secret"],
        }
    )
    secret = destination.webhook_endpoint.signing_secret
    of = meter("erring")
    report("erring", "cus_none1", 5, identifier="lost")
    advance(COUNTED)
    body, signature = receiver.next("v1.billing.meter.error_report_triggered")
    told = sdk.parse_event_notification(body, signature, secret)
    same((told.related_object.id, told.related_object.type), (of.id, "billing.meter"))
    same(told.fetch_related_object().event_name, "erring")
    reason = told.fetch_event().data.reason
    same(reason.error_count, 1)
    kind = reason.error_types[0]
    same((kind.code, kind.error_count), ("meter_event_customer_not_found", 1))
    same([it.request.identifier for it in kind.sample_errors], ["lost"])
    sdk.v2.core.event_destinations.delete(destination.id)


run()
