"""The loopback gateway on the wire: it answers over HTTP, and fails as it is told."""

from typing import Any

from palika.local import loopback
from palika.local.loopback import Fault, Reply, Request
from services.tax.gateway.loopback import Loopback, error

__all__ = ["Fault", "LoopbackServer"]

_SAID = {
    400: error("BAD_REQUEST_ERROR", "The request is invalid"),
    401: error("BAD_REQUEST_ERROR", "Authentication failed"),
    429: error("BAD_REQUEST_ERROR", "Request failed"),
}


class LoopbackServer(loopback.LoopbackServer, Loopback):
    """The gateway, running while the context lasts."""

    def __init__(self, *args: Any, port: int = 0, **options: Any) -> None:
        """Prepare; ``port`` is to listen on, the rest is the gateway's own."""
        Loopback.__init__(self, *args, **options)
        loopback.LoopbackServer.__init__(self, port)

    def answer(self, request: Request) -> Reply:
        """As the gateway does."""
        return Reply(*self.answered(request.method, request.path, request.headers, request.body))

    def failure(self, status: int) -> Any:
        """In the gateway's form."""
        return _SAID.get(status) or error("SERVER_ERROR", "We are facing some trouble.")
