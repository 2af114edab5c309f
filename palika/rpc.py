"""RPC between services: Nameko's, with checked arguments, roles, typed errors and time-outs.

A method::

    @rpc(FileArguments, roles={"citizen", "officer"})
    def file(self, args: dict) -> dict:
        ...

A caller outside Nameko::

    with Client(identity=Identity.of("officer:je-12", "officer")) as city:
        city.grievance.file(category="pothole", ward="kothrud")

A call whose connection is lost may be delivered twice. What it records is recorded once: the second
time it ends with ``Conflict``. Only writes that record an event are protected (decision 0009).
"""

import functools
import inspect
import logging
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

import eventlet
from kombu.exceptions import EncodeError
from marshmallow import Schema, ValidationError
from nameko.exceptions import (
    IncorrectSignature,
    MethodNotFound,
    RemoteError,
    RpcTimeout,
    UnknownService,
)
from nameko.extensions import DependencyProvider
from nameko.standalone.rpc import ClusterRpcProxy
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from palika import auth, calls, errors, metrics, rpc_wire, tracing
from palika.auth import Identity
from palika.config import settings
from palika.database import is_busy, is_outage
from palika.local.city import use_running_city

_log = logging.getLogger(__name__)
# A call that no service takes is given back; its confirm (basic.ack) then comes to a channel that
# is being closed. Who called is told all there is; py-amqp would warn on top of it.
logging.getLogger("amqp").addFilter(lambda record: tuple(record.args or ())[:1] != ((60, 80),))

# What is left of a call that found no service, no broker, or no answer.
_AWAY = (UnknownService, RpcTimeout, *rpc_wire.LOST)


@dataclass(frozen=True, slots=True)
class RpcMethod:
    """A method as its callers see it; ``schema`` is None when it takes no arguments."""

    name: str
    schema: Schema | None
    roles: frozenset[str]
    doc: str


def rpc(
    schema: type[Schema] | None, *, roles: Iterable[str]
) -> Callable[[Callable[..., Any]], Any]:
    """Make a method of a service callable by others.

    Args:
        schema: of the keyword arguments, which arrive checked and loaded as one dict. None: the
            method takes none.
        roles: who may call; ``admin`` always may.

    The caller gets what the method returns (plain JSON values), or one of :mod:`palika.errors`;
    anything else that it raises is logged and arrives as ``Unexpected``.

    Raises:
        ValueError: a role that does not exist.
    """
    allowed = frozenset(roles) | {"admin"}
    unknown = allowed - auth.ROLES
    if unknown:
        raise ValueError(f"there is no role {', '.join(sorted(unknown))}")
    checker = schema(unknown="raise") if schema is not None else None

    def decorate(method: Callable[..., Any]) -> Any:
        described = RpcMethod(method.__name__, checker, allowed, inspect.getdoc(method) or "")

        @functools.wraps(method)
        def answer(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            def call() -> Any:
                with calls.carrying_out(self.caller.call):
                    return _call(method, self, described, args, kwargs)

            with tracing.span(self.caller.traceparent):
                return _answer(f"{self.name}.{described.name}", call)

        answer.rpc_method = described  # type: ignore[attr-defined]
        expected = (errors.PalikaError,)
        return rpc_wire.Entrypoint.decorator(expected_exceptions=expected)(answer)

    return decorate


def rpc_methods(service: type) -> list[RpcMethod]:
    """Every method that a service class offers, by name."""
    found = (getattr(m, "rpc_method", None) for _, m in inspect.getmembers(service))
    return sorted((method for method in found if method is not None), key=lambda m: m.name)


def _call(
    method: Callable[..., Any],
    service: Any,
    described: RpcMethod,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    identity: Identity = service.caller.identity
    if not identity.has_any(described.roles):
        raise errors.Forbidden(
            f"{service.name}.{described.name} is for {', '.join(sorted(described.roles))}; "
            f"the caller is {', '.join(sorted(identity.roles))}"
        )
    if args:
        raise errors.Invalid(f"{service.name}.{described.name} takes named arguments only")
    if described.schema is None:
        if kwargs:
            raise errors.Invalid(
                f"{service.name}.{described.name} takes no arguments",
                {name: ["Unknown field."] for name in kwargs},
            )
        return method(service)
    wrong = f"{service.name}.{described.name}: wrong arguments"
    unstorable = rpc_wire.unstorable(kwargs)
    if unstorable is not None:
        raise errors.Invalid(wrong, unstorable)
    try:
        loaded = described.schema.load(kwargs)
    except ValidationError as error:
        raise errors.Invalid(wrong, error.normalized_messages()) from error
    return method(service, loaded)


def _answer(label: str, call: Callable[[], Any]) -> Any:
    """Call, count, and let nothing out but our own errors."""
    started = time.perf_counter()
    outcome = "ok"
    metrics.RPC_IN_PROGRESS.inc()
    try:
        return call()
    except errors.PalikaError as error:
        outcome = error.code
        raise
    except PoolTimeout as error:
        outcome = "unavailable"
        _log.warning("%s: no free database connection", label)
        raise errors.Unavailable(f"{label}: the database is busy; try again") from error
    except Exception as error:
        if isinstance(error, DBAPIError) and is_busy(error):
            outcome = "unavailable"
            _log.warning("%s: the database is busy: %s", label, error.orig)
            raise errors.Unavailable(f"{label}: the database is busy; try again") from error
        if isinstance(error, DBAPIError) and is_outage(error):
            outcome = "unavailable"
            _log.warning("%s: database away: %s", label, error.orig)
            raise errors.Unavailable(f"{label}: the database does not answer; try again") from error
        outcome = "unexpected"
        trace_id = tracing.current_trace_id()
        _log.exception("%s failed", label)
        raise errors.Unexpected(
            f"{label} failed; its log has the rest under trace {trace_id}", {"trace_id": trace_id}
        ) from error
    finally:
        metrics.RPC_IN_PROGRESS.dec()
        metrics.RPC_REQUESTS.labels(method=label, outcome=outcome).inc()
        metrics.RPC_DURATION.labels(method=label).observe(time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class CallContext:
    """Who calls, in which trace, and the call's id; the headers are as they came."""

    header: Any
    traceparent: str | None
    call: Any = None

    @property
    def identity(self) -> Identity:
        """The caller.

        Raises:
            Forbidden: the call's identity header is malformed.
        """
        return auth.from_header(self.header)


class Caller(DependencyProvider):
    """Gives a worker its :class:`CallContext`."""

    def get_dependency(self, worker_ctx: Any) -> CallContext:
        data = worker_ctx.context_data
        traceparent = data.get(tracing.HEADER)
        if not isinstance(traceparent, str):
            traceparent = None
        return CallContext(data.get(auth.HEADER), traceparent, data.get(calls.HEADER))


class Rpc(DependencyProvider):
    """Other services, from within a service: ``self.rpc.notify.list(…)``.

    Calls are made as the calling service itself; ``self.rpc.as_(identity)`` calls on behalf of
    somebody. A call without an answer after ``rpc_timeout_s`` raises ``Unavailable``.
    """

    replies = rpc_wire.Listener()

    def setup(self) -> None:
        self._timeout_s = settings(self.container.service_name).rpc_timeout_s

    def get_dependency(self, worker_ctx: Any) -> "Services":
        return Services(
            worker_ctx, self.replies, auth.SYSTEM(self.container.service_name), self._timeout_s
        )


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
        context = _Context(self._worker_ctx, _context_data(self._identity))
        with eventlet.Timeout(self._timeout_s, RpcTimeout(self._timeout_s)):
            return _exchange(context, self._replies, self._timeout_s, service, method, arguments)


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


def _context_data(identity: Identity) -> dict[str, Any]:
    return {
        auth.HEADER: identity.to_header(),
        tracing.HEADER: tracing.child_of(tracing.current_traceparent()),
        calls.HEADER: calls.new_id(),
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
        self._config = {"AMQP_URI": amqp_uri or config.amqp_uri}
        self._timeout_s = config.rpc_timeout_s if timeout_s is None else timeout_s
        self._identity = identity
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

    def as_(self, identity: Identity) -> Self:
        """From now on, call as ``identity``."""
        self._identity = identity
        return self

    def __getattr__(self, service: str) -> _Methods:
        if service.startswith("_"):
            raise AttributeError(service)
        return _Methods(service, self._invoke)

    def _invoke(self, service: str, method: str, arguments: dict[str, Any]) -> Any:
        try:
            if self._proxy is None:
                listening = ClusterRpcProxy(self._config, timeout=self._timeout_s)
                listening.start()
                self._proxy = listening
            self._proxy._worker_ctx.data = _context_data(self._identity)
            return _exchange(
                self._proxy._worker_ctx,
                self._proxy._reply_listener,
                self._timeout_s,
                service,
                method,
                arguments,
            )
        except UnknownService:
            raise
        except _AWAY:
            self.close()
            raise
        except RuntimeError as error:
            # Nameko's word for a reply queue that went with its connection.
            self.close()
            raise ConnectionResetError(str(error)) from error
