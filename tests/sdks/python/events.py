"""Events, webhook endpoints, and deliveries whose signatures are checked."""

import json

import stripe
from stage import (
    DAY,
    Receiver,
    advance,
    client,
    control,
    drives,
    ids,
    monthly_price,
    refused,
    run,
    same,
    sdk,
    subscription,
)

endpoints, events = sdk.v1.webhook_endpoints, sdk.v1.events


@drives(
    "POST /v1/webhook_endpoints",
    "GET /v1/webhook_endpoints",
    "GET /v1/webhook_endpoints/*",
    "POST /v1/webhook_endpoints/*",
    "DELETE /v1/webhook_endpoints/*",
)
def endpoints_are_made_changed_and_deleted():
    made = endpoints.create(
        params={
            "url": "http://127.0.0.1:9/hook",
            "enabled_events": ["invoice.paid"],
            "description": "first",
            "metadata": {"a": "b"},
        }
    )
    same((made.object, made.status), ("webhook_endpoint", "enabled"))
    same((made.enabled_events, made.secret[:6]), (["invoice.paid"], "whsec_"))
    shown = endpoints.retrieve(made.id)
    same((shown.id, getattr(shown, "secret", None)), (made.id, None), "shown once")
    changed = endpoints.update(
        made.id, params={"disabled": True, "enabled_events": ["*"], "description": ""}
    )
    same((changed.status, changed.enabled_events), ("disabled", ["*"]))
    same(changed.description, None)
    same(ids(endpoints.list().data), [made.id])
    gone = endpoints.delete(made.id)
    same((gone.id, gone.deleted), (made.id, True))
    same(endpoints.list().data, [])
    error = refused(stripe.InvalidRequestError, lambda: endpoints.retrieve(made.id))
    same((error.http_status, error.code), (404, "resource_missing"))


@drives("POST /v1/webhook_endpoints", "GET /v1/events/*")
def deliveries_are_genuine():
    receiver = Receiver()
    endpoint = endpoints.create(
        params={"url": receiver.url, "enabled_events": ["customer.created", "invoice.paid"]}
    )
    owner = sdk.v1.customers.create(
        params={"name": "Zoë 東京"}, options={"idempotency_key": "zoe"}
    )
    body, signature = receiver.next("customer.created")
    event = stripe.Webhook.construct_event(body, signature, endpoint.secret)
    same((type(event), event.object, event.type), (stripe.Event, "event", "customer.created"))
    same(type(event.data.object), stripe.Customer)
    same((event.data.object.id, event.data.object.name), (owner.id, "Zoë 東京"))
    same((event.request.idempotency_key, event.livemode), ("zoe", False))
    same(event.api_version.split(".")[1], stripe.api_version.split(".")[1])
    same(sdk.construct_event(body, signature, endpoint.secret).id, event.id)

    held = events.retrieve(event.id)
    same(held.data.to_dict(), event.data.to_dict())
    same((held.type, held.created, held.request.id), (event.type, event.created, event.request.id))

    tampered = body.replace("Zoë".encode(), "Bob".encode())
    for wrong in [
        (tampered, signature, endpoint.secret),
        (body, signature, "whsec_wrong"),
        (body, signature.replace("v1=", "v0="), endpoint.secret),
        (body, "t=1,v1=00", endpoint.secret),
        (body, "nonsense", endpoint.secret),
        (body, None, endpoint.secret),
    ]:
        refused(
            stripe.SignatureVerificationError,
            lambda: stripe.Webhook.construct_event(*wrong),
        )
    endpoints.delete(endpoint.id)


@drives("POST /v1/webhook_endpoints/*")
def a_rotated_secret_is_good_beside_the_old_one():
    receiver = Receiver()
    endpoint = endpoints.create(params={"url": receiver.url, "enabled_events": ["*"]})
    place = [it["url"] for it in control("GET", "endpoints")].index(receiver.url)
    path = f"endpoints/{control('GET', 'endpoints')[place]['id']}/secrets"
    control("POST", path, {"secrets": [endpoint.secret, "whsec_next"]})
    sdk.v1.products.create(params={"name": "Rotated"})
    body, signature = receiver.next("product.created")
    for secret in (endpoint.secret, "whsec_next"):
        event = stripe.Webhook.construct_event(body, signature, secret)
        same(event.data.object.name, "Rotated")
    endpoints.delete(endpoint.id)


@drives("POST /v1/webhook_endpoints")
def an_endpoint_has_a_version_of_its_own():
    receiver = Receiver()
    old = endpoints.create(
        params={
            "url": receiver.url,
            "enabled_events": ["customer.subscription.created"],
            "api_version": "2024-09-30.acacia",
        }
    )
    same(old.api_version, "2024-09-30.acacia")
    made = subscription()
    body, signature = receiver.next("customer.subscription.created")
    event = stripe.Webhook.construct_event(body, signature, old.secret)
    same(event.api_version, "2024-09-30.acacia")
    item = made["items"].data[0]
    same(event.data.object.current_period_end, item.current_period_end)
    same(hasattr(json.loads(body), "current_period_end"), False)
    older = client(stripe_version="2024-09-30.acacia").v1.subscriptions.retrieve(made.id)
    same(older.current_period_end, item.current_period_end)
    endpoints.delete(old.id)


@drives("GET /v1/events", "GET /v1/events/*")
def events_are_listed_by_type_and_by_time():
    began = advance(60)
    made = subscription(monthly_price(100).id)
    invoice = events.list(params={"type": "invoice.paid", "created": {"gte": began}})
    same([it.data.object.id for it in invoice.data], [made.latest_invoice])
    kinds = ["customer.created", "customer.subscription.created"]
    found = events.list(params={"types": kinds, "created": {"gte": began}})
    same(sorted(it.type for it in found.data), sorted(kinds))
    for event in events.list(params={"type": "invoice.*", "limit": 5}).auto_paging_iter():
        same(event.type.split(".")[0], "invoice")
    everything = ids(events.list(params={"limit": 100}).auto_paging_iter())
    same(ids(events.list(params={"limit": 3, "ending_before": everything[-1]}).auto_paging_iter()),
         everything[:-1][::-1])
    error = refused(
        stripe.InvalidRequestError,
        lambda: events.list(params={"type": "invoice.paid", "types": kinds}),
    )
    same(error.param, "types")


@drives("GET /v1/events")
def a_change_tells_what_was_there_before():
    owner = sdk.v1.customers.create(params={"name": "Ada", "metadata": {"a": "1"}})
    sdk.v1.customers.update(owner.id, params={"name": "Eve"})
    event = events.list(params={"type": "customer.updated", "limit": 1}).data[0]
    same((event.data.object.id, event.data.object.name), (owner.id, "Eve"))
    same(event.data.previous_attributes.to_dict(), {"name": "Ada"})


@drives("GET /v1/events")
def events_that_were_not_taken_can_be_asked_for():
    receiver = Receiver()
    receiver.status = 500
    endpoint = endpoints.create(
        params={"url": receiver.url, "enabled_events": ["coupon.created", "product.created"]}
    )
    product = sdk.v1.products.create(params={"name": "Unheard"})
    receiver.next("product.created")
    found = events.list(params={"delivery_success": False})
    same([it.data.object.id for it in found.data], [product.id])
    same(found.data[0].pending_webhooks, 1)
    endpoints.delete(endpoint.id)


@drives("GET /v1/events")
def events_are_kept_for_thirty_days():
    old = events.list(params={"limit": 1}).data[0].id
    advance(31 * DAY)
    refused(stripe.InvalidRequestError, lambda: events.retrieve(old))
    same(old in ids(events.list(params={"limit": 100}).auto_paging_iter()), False)


run()
