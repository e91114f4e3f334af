"""What the programs stand on: a client, a receiver of webhooks, and steps.

A step says which paths it drives. It is run on its own, so that one failure hides no other; the
paths of a step that passed are printed as `ok METHOD /path`. A step is passed over while one of
its paths stands in NOT_YET. The program ends with 1 when a step failed.
"""

import json
import os
import queue
import sys
import threading
import traceback
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import TestCase

import stripe

URL = os.environ["SIMULATOR_URL"]
NOT_YET = set(filter(None, os.environ.get("NOT_YET", "").split("\n")))
# The second at which the simulator's clock stands when a program begins: 2026-01-10 00:00 UTC.
START = 1_768_003_200
MINUTE, HOUR, DAY = 60, 3_600, 86_400
# Longer than any delivery should take.
PATIENCE_SECONDS = 30

_case = TestCase()
_case.maxDiff = None
same = _case.assertEqual
holds = _case.assertTrue
within = _case.assertIn

_steps = []


def client(key="sk_test_sdk", **options):
    options.setdefault("max_network_retries", 0)
    bases = {"api": URL, "connect": URL, "files": URL, "meter_events": URL}
    return stripe.StripeClient(key, base_addresses=bases, **options)


sdk = client()


def drives(*paths):
    """Declares a step by the paths that it drives and checks."""

    def declare(step):
        _steps.append((paths, step))
        return step

    return declare


def run():
    """Runs the steps of the program in their order."""
    failed = False
    for paths, step in _steps:
        if not NOT_YET.isdisjoint(paths):
            print(f"passed over: {step.__name__}", flush=True)
            continue
        try:
            step()
        except Exception:
            failed = True
            print(f"FAILED {step.__name__}\n{traceback.format_exc()}", flush=True)
        else:
            for path in paths:
                print(f"ok {path}", flush=True)
    # Receivers may still be listening.
    sys.stdout.flush()
    os._exit(1 if failed else 0)


def refused(kind, call):
    """The error that a call ends with, which must be of this class exactly."""
    try:
        answer = call()
    except stripe.StripeError as error:
        same(type(error), kind, f"{error!r}")
        return error
    raise AssertionError(f"not refused: {answer}")


def control(method, path, body=None):
    """Calls the simulator's own control API."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{URL}/_simulator/{path}", data, method=method)
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        return json.load(answer)


def advance(seconds):
    """Lets simulated time pass; answers the second that it is then."""
    return control("POST", "clock/advance", {"seconds": seconds})["now"]


def now():
    return control("GET", "clock")["now"]


def fail_next(on, fault, times=1, **more):
    """Has the next calls go wrong that a pattern such as `POST /v1/customers` means."""
    step = {"on": on, "fault": {"kind": fault, **more}, "times": times}
    control("POST", "calls/next", step)


def ids(objects):
    return [it.id for it in objects]


def paid_customer(**params):
    """A customer whose card is good."""
    return sdk.v1.customers.create(
        params={
            "payment_method": "pm_card_visa",
            "invoice_settings": {"default_payment_method": "pm_card_visa"},
            **params,
        }
    )


def monthly_price(amount=1_000, **params):
    """A price of a new product, by the month unless said otherwise."""
    product = sdk.v1.products.create(params={"name": "Plan"})
    return sdk.v1.prices.create(
        params={
            "product": product.id,
            "currency": "usd",
            "unit_amount": amount,
            "recurring": {"interval": "month"},
            **params,
        }
    )


def subscription(price=None, customer=None, **params):
    """A subscription that is paid for."""
    return sdk.v1.subscriptions.create(
        params={
            "customer": customer or paid_customer().id,
            "items": [{"price": price or monthly_price().id}],
            **params,
        }
    )


class Receiver:
    """Listens for webhooks on a free port, keeps what came, and answers as it is told."""

    def __init__(self):
        self.status = 200
        self.came = queue.Queue()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.came.put((body, dict(self.headers.items())))
                self.send_response(receiver.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def next(self, kind):
        """The next delivery of a type: its body and its `Stripe-Signature`."""
        while True:
            body, headers = self.came.get(timeout=PATIENCE_SECONDS)
            headers = {name.lower(): value for name, value in headers.items()}
            if json.loads(body)["type"] == kind:
                return body, headers["stripe-signature"]
