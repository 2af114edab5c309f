"""RPC for methods that write and have no other id of the caller's making: one for each asking."""

import functools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from palika import calls
from palika.errors import PalikaError
from palika.rpc import rpc
from services.eoffice.commands.asked_again import asked_before, digests, keep_asked


class _Once(Schema):
    """``step``: an id that the caller makes who may have to ask again."""

    step = fields.UUID(load_default=None)


def once(
    schema: type[Schema], *, roles: Iterable[str]
) -> Callable[[Callable[..., dict[str, Any]]], Any]:
    """As ``palika.rpc.rpc``, for a method that writes; its schema gets ``step``.

    The id goes before that of the call (``palika.calls``): whatever is asked under it, in whichever
    call, is carried out once, also when somebody has undone it since. Asked again with the same
    content the method answers with what is there as long as there is nothing to be done; else it is
    a ``Conflict`` that it was carried out already. With other content it is a ``Conflict`` that
    names what differs (``differs``).
    """
    named = type(schema.__name__, (_Once, schema), {"__doc__": schema.__doc__})

    def decorate(method: Callable[..., dict[str, Any]]) -> Any:
        @functools.wraps(method)
        def call(self: Any, args: dict[str, Any]) -> dict[str, Any]:
            step: UUID | None = args.pop("step")
            if step is None:
                return method(self, args)
            by = {"method": method.__name__, "by": self.caller.identity.subject}
            asked = digests({**args, **by})
            with calls.carrying_out(str(step), asked):
                with self.db.begin() as session:
                    repeated = asked_before(session, step, asked)
                try:
                    answer = method(self, args)
                except PalikaError as error:
                    if repeated:
                        raise calls.carried_out_already() from error
                    raise
                if not repeated and calls.acts_written() == 0:
                    # It was so already: that it was asked for is all that there is to write down.
                    with self.db.begin() as session:
                        keep_asked(session, step, method.__name__, datetime.now(UTC))
            return answer

        return rpc(named, roles=roles)(call)

    return decorate
