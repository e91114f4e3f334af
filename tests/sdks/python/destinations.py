"""Version 2: event destinations, thin events, and what a notification leads to."""

import stripe
from stage import (
    Receiver,
    advance,
    drives,
    holds,
    ids,
    refused,
    run,
    same,
    sdk,
    within,
)

core = sdk.v2.core
destinations = core.event_destinations


def destination(url, *kinds, payload="thin", **params):
    return destinations.create(
        params={
            "name": "hook",
            "type": "webhook_endpoint",
            "events_from": ["@self"],
            "event_payload": payload,
            "enabled_events": list(kinds),
            "webhook_endpoint": {"url": url},
            "include": ["webhook_endpoint.signing_secret", "webhook_endpoint.url"],
            **params,
        }
    )


@drives(
    "POST /v2/core/event_destinations",
    "GET /v2/core/event_destinations",
    "GET /v2/core/event_destinations/*",
    "POST /v2/core/event_destinations/*",
    "POST /v2/core/event_destinations/*/disable",
    "POST /v2/core/event_destinations/*/enable",
    "DELETE /v2/core/event_destinations/*",
)
def destinations_are_made_changed_and_deleted():
    url = "http://127.0.0.1:9/hook"
    made = destination(url, "v1.customer.created", metadata={"a": "b"})
    same((made.object, made.status), ("v2.core.event_destination", "enabled"))
    same((made.event_payload, made.enabled_events), ("thin", ["v1.customer.created"]))
    same((made.webhook_endpoint.url, made.metadata.to_dict()), (url, {"a": "b"}))
    same(made.webhook_endpoint.signing_secret[:6], "whsec_")
    holds(made.created.endswith("Z"))
    shown = destinations.retrieve(made.id, params={"include": ["webhook_endpoint.url"]})
    same((shown.id, shown.webhook_endpoint.url), (made.id, url))
    same(getattr(shown.webhook_endpoint, "signing_secret", None), None)
    changed = destinations.update(
        made.id, params={"name": "other", "enabled_events": ["v1.invoice.paid"]}
    )
    same((changed.name, changed.enabled_events), ("other", ["v1.invoice.paid"]))
    off = destinations.disable(made.id)
    same((off.status, off.status_details.disabled.reason), ("disabled", "user"))
    same(destinations.enable(made.id).status, "enabled")
    more = [destination(url, "v1.invoice.paid").id for _ in range(4)]
    everything = ids(destinations.list(params={"limit": 2}).auto_paging_iter())
    same(everything, [*more[::-1], made.id])
    gone = destinations.delete(made.id)
    same(gone.id, made.id)
    same(ids(destinations.list().data), more[::-1])
    error = refused(stripe.InvalidRequestError, lambda: destinations.retrieve(made.id))
    same(error.http_status, 404)
    for other in more:
        destinations.delete(other)


@drives(
    "POST /v2/core/event_destinations",
    "GET /v2/core/events/*",
    "POST /v2/core/event_destinations/*/ping",
)
def notifications_are_genuine_and_lead_to_their_objects():
    receiver = Receiver()
    made = destination(receiver.url, "v1.customer.created", "v1.customer.updated")
    secret = made.webhook_endpoint.signing_secret
    owner = sdk.v1.customers.create(
        params={"name": "Zoë"}, options={"idempotency_key": "zoe"}
    )
    body, signature = receiver.next("v1.customer.created")
    told = sdk.parse_event_notification(body, signature, secret)
    same((told.object, told.type, told.livemode), ("v2.core.event", "v1.customer.created", False))
    same((told.related_object.id, told.related_object.type), (owner.id, "customer"))
    same(told.related_object.url, f"/v1/customers/{owner.id}")
    same(told.reason.request.idempotency_key, "zoe")
    within(f"id={told.id} type=v1.customer.created", repr(told))
    event = told.fetch_event()
    same((event.id, event.type, event.created), (told.id, told.type, told.created))
    related = told.fetch_related_object()
    same((type(related), related.id, related.name), (stripe.Customer, owner.id, "Zoë"))
    same(core.events.retrieve(told.id).id, told.id)

    for wrong in [
        (body.replace(b"customer", b"consumer"), signature, secret),
        (body, signature, "whsec_wrong"),
        (body, None, secret),
    ]:
        refused(
            stripe.SignatureVerificationError,
            lambda: sdk.parse_event_notification(*wrong),
        )
    # A thin notification is no event of version 1.
    try:
        stripe.Webhook.construct_event(body, signature, secret)
    except ValueError as error:
        within("thin event notification", str(error))
    else:
        raise AssertionError("taken for an event of version 1")

    pinged = destinations.ping(made.id)
    body, signature = receiver.next("v2.core.event_destination.ping")
    told = sdk.parse_event_notification(body, signature, secret)
    same((told.id, told.related_object.id), (pinged.id, made.id))
    same(told.fetch_related_object().name, "hook")
    destinations.delete(made.id)


@drives("POST /v2/core/event_destinations")
def a_destination_can_take_snapshots_too():
    receiver = Receiver()
    made = destination(
        receiver.url,
        "product.created",
        payload="snapshot",
        snapshot_api_version="2025-03-31.basil",
    )
    same(made.snapshot_api_version, "2025-03-31.basil")
    sdk.v1.products.create(params={"name": "Whole"})
    body, signature = receiver.next("product.created")
    event = sdk.construct_event(body, signature, made.webhook_endpoint.signing_secret)
    same((event.data.object.name, event.api_version), ("Whole", "2025-03-31.basil"))
    destinations.delete(made.id)


@drives("GET /v2/core/events")
def thin_events_are_listed():
    began = "2026-02-01T00:00:00Z"
    advance(22 * 86_400)
    owner = sdk.v1.customers.create()
    for name in ("a", "b", "c"):
        sdk.v1.customers.update(owner.id, params={"name": name})
    since = {"created": {"gte": began}}
    found = list(core.events.list(params={**since, "limit": 2}).auto_paging_iter())
    same([it.type for it in found], ["v1.customer.updated"] * 3 + ["v1.customer.created"])
    same({it.related_object.id for it in found}, {owner.id})
    made = core.events.list(params={**since, "types": ["v1.customer.created"]})
    same(ids(made.data), [found[-1].id])
    about = core.events.list(params={"object_id": owner.id, "limit": 100})
    same(ids(about.data), ids(found))


run()
