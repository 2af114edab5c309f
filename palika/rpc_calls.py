"""The calling side of RPC: other services, from within a service and from outside Nameko.

``palika.rpc`` is the one door: it has ``Rpc``, ``Services`` and ``Client`` of this module.
"""

import logging
import math
from collections.abc import Callable
from typing import Any, Self

import eventlet
from kombu.exceptions import EncodeError
from nameko.exceptions import (
    IncorrectSignature,
    MethodNotFound,
    RemoteError,
    RpcTimeout,
    UnknownService,
)
from nameko.extensions import DependencyProvider
from nameko.standalone.rpc import ClusterRpcProxy

from palika import auth, broker_addresses, calls, errors, rpc_wire, spans, tracing, vouching
from palika.auth import Identity
from palika.config import settings
from palika.local.city import use_running_city

_log = logging.getLogger(__name__)
# A call that no service takes is given back; its confirm (basic.ack) then comes to a channel that
# is being closed. Who called is told all there is; py-amqp would warn on top of it.
logging.getLogger("amqp").addFilter(lambda record: tuple(record.args or ())[:1] != ((60, 80),))

# What is left of a call that found no service, no broker, or no answer.
_AWAY = (UnknownService, RpcTimeout, *rpc_wire.LOST)


class Rpc(DependencyProvider):
    """Other services, from within a service: ``self.rpc.notify.list(…)``.

    Calls are made as the calling service itself; ``self.rpc.as_(identity)`` calls on behalf of
    somebody: of the caller of the call in hand, or of whom the service may vouch for. A call
    without an answer after ``rpc_timeout_s`` raises ``Unavailable``.
    """

    replies = rpc_wire.Listener()

    def setup(self) -> None:
        self._timeout_s = settings(self.container.service_name).rpc_timeout_s

    def get_dependency(self, worker_ctx: Any) -> "Services":
        own = auth.SYSTEM(self.container.service_name)
        return Services(worker_ctx, self.replies, own, self._timeout_s)


class Services:
    """All services, as attributes."""

    def __init__(self, worker_ctx: Any, replies: Any, identity: Identity, timeout_s: float) -> None:
        self._worker_ctx = worker_ctx
        self._replies = replies
        self._identity = identity
        self._timeout_s = timeout_s

    def as_(self, identity: Identity) -> "Services":
        """The same, calling as ``identity``."""
        return Services(self._worker_ctx, self._replies, identity, self._timeout_s)

    def within(self, timeout_s: float) -> "Services":
        """The same, waiting so long for each answer."""
        return Services(self._worker_ctx, self._replies, self._identity, timeout_s)

    def __getattr__(self, service: str) -> "_Methods":
        return _Methods(service, self._invoke)

    def _invoke(self, service: str, method: str, arguments: dict[str, Any]) -> Any:
        signer = self._worker_ctx.container.service_name
        vouched = vouching.headers(
            self._identity, service, self._timeout_s, signer, self._passed_on(signer)
        )
        context = _Context(self._worker_ctx, vouched | _context_data())
        with eventlet.Timeout(self._timeout_s, RpcTimeout(self._timeout_s)):
            return _exchange(context, self._replies, self._timeout_s, service, method, arguments)

    def _passed_on(self, signer: str) -> str | None:
        """The token of the call in hand, where this one is made as its caller."""
        in_hand = getattr(self._worker_ctx.service, "caller", None)
        if self._identity == auth.SYSTEM(signer) or in_hand is None or in_hand.token is None:
            return None
        token: str = in_hand.token
        return token if in_hand.identity == self._identity else None


def _exchange(
    context: Any,
    listener: Any,
    timeout_s: float,
    service: str,
    method: str,
    arguments: dict[str, Any],
) -> Any:
    """One call and its answer."""
    replies = rpc_wire.Replies(listener)
    proxy = rpc_wire.Method(context, service, method, replies, **rpc_wire.publishing(timeout_s))
    try:
        return proxy(**arguments)
    finally:
        replies.forget()


class _Context:
    """The worker's context with other context data: what Nameko's proxy sends along."""

    def __init__(self, worker_ctx: Any, data: dict[str, Any]) -> None:
        self.container = worker_ctx.container
        self.call_id_stack = worker_ctx.call_id_stack
        self.context_data = data | {"call_id_stack": worker_ctx.call_id_stack}


class _Methods:
    """One service's methods, as attributes."""

    def __init__(self, service: str, invoke: Callable[[str, str, dict[str, Any]], Any]) -> None:
        self._service = service
        self._invoke = invoke

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            label = f"{self._service}.{method}"
            try:
                with tracing.call(label, spans.rpc(label)):
                    return self._invoke(self._service, method, arguments)
            except EncodeError as error:
                raise errors.Invalid(f"{label}: arguments are plain JSON values only") from error
            except _AWAY as error:
                raise errors.Unavailable(_why(label, error)) from error
            except (MethodNotFound, IncorrectSignature) as error:
                raise errors.NotFound(f"there is no method {label}") from error
            except RemoteError as error:
                raise errors.Unexpected(f"{label} failed: {error.exc_type}") from error

        return call


def _why(label: str, error: BaseException) -> str:
    if isinstance(error, UnknownService):
        return f"{label}: the service is not running"
    if isinstance(error, RpcTimeout):
        return f"{label}: no answer within {error} s"
    return f"{label}: the broker does not answer ({type(error).__name__})"


def _context_data(call: str | None = None) -> dict[str, Any]:
    return {
        calls.HEADER: call or calls.new_id(),
        **tracing.carried(),
    }


class Client:
    """All services, for a process without Nameko. Not for use by two threads at once.

    ``with Client(identity) as city: city.grievance.get(id=…)``. After ``Unavailable`` the next
    call connects anew.
    """

    def __init__(
        self, identity: Identity, timeout_s: float | None = None, amqp_uri: str | None = None
    ) -> None:
        """Prepare; the first call connects.

        Args:
            identity: who calls.
            timeout_s: how long to wait for an answer; by default ``rpc_timeout_s``.
            amqp_uri: by default ``AMQP_URI``, or the broker of the city that runs on this machine.

        Raises:
            ValueError: ``timeout_s`` is not above 0.
        """
        if timeout_s is not None and not 0 < timeout_s < math.inf:
            raise ValueError(f"timeout_s is a number of seconds above 0, not {timeout_s}")
        if amqp_uri is None:
            use_running_city()
        config = settings()
        addresses = broker_addresses.in_order(amqp_uri or config.amqp_uri)
        self._config = {"AMQP_URI": broker_addresses.join(addresses)}
        self._timeout_s = config.rpc_timeout_s if timeout_s is None else timeout_s
        self._patience_s = self._timeout_s
        self._identity = identity
        self._call: str | None = None
        self._proxy: ClusterRpcProxy | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        proxy, self._proxy = self._proxy, None
        if proxy is not None:
            try:
                proxy.stop()
            except _AWAY as error:
                _log.debug("closing a connection that is gone: %r", error)

    def _drop(self) -> None:
        """Leave the connection without a word: whom it leads to may not listen any more."""
        proxy, self._proxy = self._proxy, None
        if proxy is not None:
            proxy._reply_listener.queue_consumer.drop()

    def as_(
        self, identity: Identity, timeout_s: float | None = None, call: str | None = None
    ) -> Self:
        """From now on, call as ``identity``.

        Args:
            identity: who calls.
            timeout_s: how long to wait for an answer; None: as long as was said at the beginning.
            call: the id of the next call, a UUID of the caller's own who may have to ask again:
                what records events is carried out once under it, and then is a ``Conflict`` with
                ``carried_out`` in its details (``palika.calls``).
        """
        self._identity, self._call = identity, call
        self._patience_s = self._timeout_s if timeout_s is None else timeout_s
        return self

    def __getattr__(self, service: str) -> _Methods:
        if service.startswith("_"):
            raise AttributeError(service)
        return _Methods(service, self._invoke)

    def _invoke(self, service: str, method: str, arguments: dict[str, Any]) -> Any:
        try:
            if self._proxy is None:
                listening = ClusterRpcProxy(
                    self._config, timeout=self._timeout_s, reply_listener_cls=rpc_wire.Outside
                )
                listening.start()
                self._proxy = listening
            vouched = vouching.headers(self._identity, service, self._patience_s)
            call, self._call = self._call, None
            self._proxy._worker_ctx.data = vouched | _context_data(call)
            listener = self._proxy._reply_listener
            listener.queue_consumer.timeout = self._patience_s
            return _exchange(
                self._proxy._worker_ctx,
                listener,
                self._patience_s,
                service,
                method,
                arguments,
            )
        except UnknownService:
            raise
        except _AWAY:
            self._drop()
            raise
        except RuntimeError as error:
            # Nameko's word for a reply queue that went with its connection.
            self._drop()
            raise ConnectionResetError(str(error)) from error
