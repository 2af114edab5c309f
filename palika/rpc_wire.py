"""How calls and answers travel: what the city needs beyond Nameko's own.

- What no database can store (NUL, half of a surrogate pair) is refused before any schema sees it.
- A message that is no call, and an answer that cannot be sent, end no process.
- A call that fails leaves nothing behind in its caller.
- An answer that the broker does not take within the time of a call keeps no worker from its work.
- All that a process publishes for calls goes over one pool of connections.
"""

import contextlib
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import amqp
import kombu.exceptions
from kombu.serialization import registry as serializers
from nameko import rpc
from nameko.amqp.publish import Publisher
from nameko.constants import (
    AMQP_URI_CONFIG_KEY,
    DEFAULT_SERIALIZER,
    DEFAULT_TRANSPORT_OPTIONS,
)
from nameko.exceptions import BadRequest, MalformedRequest, RpcTimeout, registry
from nameko.messaging import QueueConsumer

from palika import amqps, errors
from palika.config import settings
from palika.text import UNSTORABLE

amqps.check_names()

_log = logging.getLogger(__name__)

LOST = (kombu.exceptions.OperationalError, amqp.AMQPError, OSError)
"""What is raised when the broker is not there, or not any more."""

_JSON = "application/json"
_LOOK_EVERY_S = 0.2


def _to_wire(error: BaseException) -> BaseException:
    if isinstance(error, errors.PalikaError | BadRequest):
        return error
    # Not even a method was reached; the text may tell what is nobody's business.
    _log.error("a call failed before its method", exc_info=error)
    return errors.Unexpected("the call failed; the service's log has the rest")


for _kind in (
    errors.NotFound,
    errors.Invalid,
    errors.Conflict,
    errors.Forbidden,
    errors.Unavailable,
    errors.Unexpected,
):
    registry[f"{_kind.__module__}.{_kind.__name__}"] = _kind


def unstorable(value: Any) -> Any:
    """What in an argument cannot be stored, as marshmallow would say it; None when all can."""
    if isinstance(value, str):
        # The search costs half a second for the largest attachment; in ASCII only NUL is wrong.
        if value.isascii() and "\0" not in value:
            return None
        found = UNSTORABLE.search(value)
        if found is None:
            return None
        code, position = ord(found[0]), found.start() + 1
        return [f"has a character that cannot be stored: U+{code:04X} at position {position}"]
    if isinstance(value, Mapping):
        return _of(value.items()) or next(filter(None, map(unstorable, value)), None)
    if isinstance(value, list):
        return _of(enumerate(value))
    return None


def _of(items: Any) -> dict[str, Any] | None:
    found = {str(key): told for key, value in items if (told := unstorable(value)) is not None}
    return found or None


def publishing(timeout_s: float) -> dict[str, Any]:
    """Options of a call's publishing: within ``timeout_s``, and not carried out after it.

    A broker that blocks publishers confirms nothing: then the call is given up and not sent again,
    whereas a connection that turns out to be lost is made anew.
    """

    def give_up(error: BaseException, _interval: float) -> None:
        if isinstance(error, TimeoutError):
            raise RpcTimeout(timeout_s) from error

    return {
        "expiration": timeout_s,
        "confirm_timeout": timeout_s,
        "retry_policy": {"max_retries": 3, "errback": give_up},
    }


class Replies:
    """A reply listener as one call sees it."""

    def __init__(self, listener: Any) -> None:
        self.routing_key = listener.routing_key
        self._listener = listener
        self._correlation_id: str | None = None

    def get_reply_event(self, correlation_id: str) -> Any:
        """What the answer will be given to."""
        self._correlation_id = correlation_id
        return self._listener.get_reply_event(correlation_id)

    def forget(self) -> None:
        """Expect the answer no more; Nameko itself would for ever."""
        self._listener._reply_events.pop(self._correlation_id, None)


class Consumer(QueueConsumer):
    """Nameko's, which learns three times in a stop that it is to end; each time soon."""

    def consume(self, *args: Any, **kwargs: Any) -> Iterator[None]:
        """As Nameko's."""
        return super().consume(*args, safety_interval=_LOOK_EVERY_S, **kwargs)


class Listener(rpc.ReplyListener):
    """Nameko's listener for the answers to a service's own calls."""

    queue_consumer = Consumer()


class _Publisher(Publisher):
    """Nameko's publisher of calls and answers."""

    @property
    def transport_options(self) -> dict[str, Any]:
        # Kombu writes a publishing's retry policy into the options of its connection, and looks
        # for a pool by their text: one dict for all would have a pool, and a connection, a call.
        return DEFAULT_TRANSPORT_OPTIONS.copy()


class Method(rpc.MethodProxy):
    """Nameko's proxy of another service's method."""

    publisher_cls = _Publisher


class _AnswerPublisher(_Publisher):
    """Within the time of a call."""

    def publish(self, payload: Any, **kwargs: Any) -> None:
        super().publish(payload, **kwargs, **publishing(settings().rpc_timeout_s))


class _Responder(rpc.Responder):
    publisher_cls = _AnswerPublisher


class Answers(rpc.RpcConsumer):
    """Nameko's consumer of calls; answers whatever can be answered.

    Answers are sent from the workers, which subscriptions and timers need as well.
    """

    queue_consumer = Consumer()

    def handle_result(self, message: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        wired = exc_info and (exc_info[0], _to_wire(exc_info[1]), exc_info[2])
        if message.properties.get("content_type") not in serializers.type_to_name:
            message.properties["content_type"] = _JSON
        try:
            if "reply_to" in message.properties:
                uri = self.container.config[AMQP_URI_CONFIG_KEY]
                exchange = rpc.get_rpc_exchange(self.container.config)
                _Responder(uri, exchange, DEFAULT_SERIALIZER, message).send_response(result, wired)
            else:
                _log.warning("a message in %s is no call", self.queue.name)
        except (*LOST, RpcTimeout) as error:
            # The caller, too, has lost the broker, and knows; or it has given up meanwhile.
            _log.warning("an answer could not be sent: %r", error)
        with contextlib.suppress(*LOST):
            self.queue_consumer.ack_message(message)
        return result, exc_info


class Entrypoint(rpc.Rpc):
    """Nameko's entrypoint; every method takes any arguments and checks them itself."""

    rpc_consumer = Answers()

    def check_signature(self, args: Any, kwargs: Any) -> None:
        if not isinstance(args, list) or not isinstance(kwargs, dict):
            raise MalformedRequest("args is a list, kwargs an object")

    def handle_message(self, body: Any, message: Any) -> None:
        if not isinstance(body, dict):
            raise MalformedRequest("a call is an object with args and kwargs")
        super().handle_message(body, message)
