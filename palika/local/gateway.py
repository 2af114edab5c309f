"""The payment gateway of a city of sample work: its citizens can pay, and no money is taken."""

import os
import secrets
from typing import Final

from palika.config import settings, variable_of
from palika.local.processes import url_of

KIND: Final = "gateway"
HOST: Final = "127.0.0.1"
SERVICE: Final = "tax"
_NAMED: Final = ("razorpay_url", "razorpay_key_id")
_KEY: Final = "rzp_test_sample"


def is_wanted() -> bool:
    """Whether a city of sample work has to bring one: none is named, and it is no real city's."""
    config = settings(SERVICE)
    named = any(variable_of(each) in os.environ for each in _NAMED)
    return config.production != "yes" and not config.razorpay_key_id and not named


def variables(port: int, pages: str) -> tuple[dict[str, str], dict[str, str]]:
    """What the gateway's process is told, and what the tax service is.

    The keys are of chance, made anew at each start, and known to these two alone.

    Args:
        port: where the gateway listens, on this machine's loopback.
        pages: where the portal serves people; payers are led back there.
    """
    given = {
        "razorpay_url": url_of(HOST, port),
        "razorpay_key_id": _KEY,
        "razorpay_key_secret": secrets.token_hex(16),
        "razorpay_webhook_secrets": secrets.token_hex(16),
    }
    keys = {variable_of(name): value for name, value in given.items()}
    lead_back = variable_of("portal_url")
    own = {} if lead_back in os.environ else {lead_back: pages.rstrip("/")}
    return keys, keys | own


def options(pages: str) -> tuple[str, ...]:
    """The words of the tax service's command that runs it."""
    return ("loopback", "--portal", pages)
