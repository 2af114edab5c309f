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
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError
from nameko.extensions import DependencyProvider
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from palika import auth, calls, errors, metrics, rpc_wire, spans, tracing, vouching
from palika.auth import Identity
from palika.config import settings
from palika.database import is_busy, is_outage
from palika.rpc_calls import Client, Rpc, Services

__all__ = ["CallContext", "Caller", "Client", "Rpc", "RpcMethod", "Services", "rpc", "rpc_methods"]

_log = logging.getLogger(__name__)

# Answers that a caller may have to deal with, and no failure of who answers.
_REFUSALS = (errors.NotFound, errors.Invalid, errors.Conflict, errors.Forbidden)


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

            label = f"{self.name}.{described.name}"
            with tracing.span(
                self.caller.traceparent,
                label,
                kind="server",
                attributes=spans.rpc(label),
                refusals=_REFUSALS,
            ):
                return _answer(label, call)

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
    identity = _caller(service.caller)
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


def _caller(context: "CallContext") -> Identity:
    """Who calls, counted by how it is known."""
    kind = "refused"
    try:
        identity = context.identity
        kind = context.kind
        return identity
    except errors.Forbidden as error:
        _log.warning("a caller is not believed: %s", error)
        raise
    finally:
        metrics.RPC_CALLERS.labels(identity=kind).inc()


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
        tracing.note({"rpc.response.status_code": outcome})
        metrics.RPC_IN_PROGRESS.dec()
        metrics.RPC_REQUESTS.labels(method=label, outcome=outcome).inc()
        metrics.RPC_DURATION.labels(method=label).observe(time.perf_counter() - started)


class CallContext:
    """Who calls, in which trace, and the call's id; the headers are as they came.

    Attributes:
        token: the signed identity, to be sent along where the call is passed on; None without one.
    """

    def __init__(
        self,
        service: str,
        stated: Any,
        token: Any,
        traceparent: str | None,
        call: Any = None,
    ) -> None:
        """``service`` is called; ``stated`` is what an unsigned call says of its caller."""
        self._service = service
        self._stated = stated
        self._identity: Identity | None = None
        self.token = token
        self.traceparent = traceparent
        self.call = call

    @classmethod
    def within(cls, service: str, identity: Identity, call: Any = None) -> "CallContext":
        """That of a call which is made in this very process, by who is known there."""
        made = cls(service, None, None, None, call)
        made._identity = identity
        return made

    @property
    def kind(self) -> str:
        """How the caller is known: ``signed``, ``unsigned``, or ``anonymous`` without any."""
        if self.token is not None:
            return "signed"
        return "anonymous" if self._stated is None else "unsigned"

    @property
    def identity(self) -> Identity:
        """The caller; found out once: a call may take longer than its token is good.

        Raises:
            Forbidden: nobody who may vouches for the caller, or a header is malformed.
        """
        if self._identity is None:
            self._identity = self._found()
        return self._identity

    def _found(self) -> Identity:
        if self.token is not None:
            return vouching.verified(self.token, self._service)
        stated = auth.from_header(self._stated)
        if self._stated is not None and settings().rpc_identity == "required":
            raise errors.Forbidden(
                f"nobody vouches for {stated.subject}: the call has no signed identity, and "
                "PALIKA_RPC_IDENTITY is required"
            )
        return stated


class Caller(DependencyProvider):
    """Gives a worker its :class:`CallContext`."""

    def get_dependency(self, worker_ctx: Any) -> CallContext:
        data = worker_ctx.context_data
        traceparent = data.get(tracing.HEADER)
        if not isinstance(traceparent, str):
            traceparent = None
        return CallContext(
            self.container.service_name,
            data.get(auth.HEADER),
            data.get(vouching.HEADER),
            traceparent,
            data.get(calls.HEADER),
        )
