"""A stock Nameko service with nothing of ours in it; each event that it hears is a line of JSON.

Its arguments are the broker's address and the file that it writes to.
"""

import warnings

warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")
import eventlet  # noqa: E402

eventlet.monkey_patch()

import json  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from nameko.containers import ServiceContainer  # noqa: E402
from nameko.events import event_handler  # noqa: E402

AMQP_URI, HEARD = sys.argv[1:]


class Stock:
    """As in Nameko's own documentation."""

    name = "stock"

    @event_handler("grievance", "filed")
    def hear(self, payload: Any) -> None:
        """Write it down."""
        with Path(HEARD).open("a", encoding="utf-8") as heard:
            heard.write(json.dumps(payload) + "\n")


container = ServiceContainer(Stock, {"AMQP_URI": AMQP_URI})
container.start()
container.wait()
