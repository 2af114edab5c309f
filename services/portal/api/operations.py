"""One operation of the API is one line of a table: an address, a method of a service, and what goes
in and out. The view, its door and its part of the document are made of that."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid4, uuid5

from flask import Response, current_app, json, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from palika.auth import ANONYMOUS, Identity
from palika.errors import Invalid
from services.portal.accounts.doors import MACHINES, door, marked
from services.portal.accounts.looks import looked_at_all
from services.portal.accounts.parts import parts
from services.portal.accounts.present import who
from services.portal.api.answers import JSON, responses
from services.portal.api.arguments import Parser, check_query, schema_of
from services.portal.calls import Calls
from services.portal.commands.take import take
from services.portal.domain.limits import Limit
from services.portal.domain.reads import Reason

PREFIX: Final = "/api/v1"
EXTENSION: Final = "api"
EXTENSION_OF_DOCUMENT: Final = "api_document"
SAME: Final = "Idempotency-Key"
"""The header that makes a writing call safe to send again."""
OFFICE: Final = ("officer", "supervisor")
ANYONE: Final = (*OFFICE, "helpdesk", "citizen")
"""Whoever has a token: of a post, or of a program alone, which is as a citizen to the services."""
_LONGEST_KEY: Final = 200
_USUAL_BODY: Final = 256 * 1024

Whose = Callable[[Any, Mapping[str, Any]], Sequence[str]]


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation.

    Attributes:
        method, path: of HTTP, below ``PREFIX``.
        call: the service and its method, ``grievance.get``; of what the portal knows itself, what
            answers.
        summary: what it does, in a sentence.
        scope: of the token; None: anybody may ask, without one.
        roles: who of those with a token; the service decides the rest.
        arguments: in the query of a GET, else in the body.
        answer: what a good answer is like; None: ``media`` says so.
        status: of a good answer.
        media: kinds of content of an answer in bytes.
        fixed: arguments that are always the same.
        renamed: a name in the address that is another one to the service.
        again: what keeps a call from being carried out twice: ``call`` (the id of the call), or the
            argument in which the service takes an id of the caller's making.
        whose: of which citizens an answer tells the office, from the answer and what was asked.
        why: the reason that is written down for that.
        shaped: makes of the service's answer the one that is sent.
        largest: bytes of the body.
        counted: of calls by a program alone, by which limit; a post's are its office's business.
    """

    method: str
    path: str
    call: str | Callable[..., Any]
    summary: str
    scope: str | None
    answer: type[Schema] | None
    arguments: type[Schema] | None = None
    roles: tuple[str, ...] = ANYONE
    status: int = 200
    media: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    again: str = ""
    whose: Whose | None = None
    why: Reason = Reason.HANDLES
    shaped: Callable[[Any], Any] | None = None
    largest: int = _USUAL_BODY
    counted: Limit | None = None

    @property
    def name(self) -> str:
        """Of the operation in the document, and of its view: ``get_grievances_id``."""
        words = [each.strip("<>").rpartition(":")[2] for each in self.path.strip("/").split("/")]
        return "_".join((self.method.lower(), *words)).replace("-", "_").replace(".", "_")

    @property
    def writes(self) -> bool:
        """Whether something is changed."""
        return self.again != ""


class Room:
    """The operations of one resource: a tag of the document."""

    def __init__(self, tag: str, area: str, description: str) -> None:
        """Empty; ``area`` is that of the scopes."""
        self.tag = tag
        self.area = area
        self.description = description
        self.operations: list[Operation] = []

    def read(
        self,
        path: str,
        call: str | Callable[..., Any],
        summary: str,
        answer: type[Schema] | None,
        /,
        **options: Any,
    ) -> None:
        """Add one that changes nothing; fields among the options are its query's."""
        self._add("GET", path, call, summary, answer, f"{self.area}:read", options)

    def write(
        self,
        path: str,
        call: str | Callable[..., Any],
        summary: str,
        answer: type[Schema] | None,
        /,
        **options: Any,
    ) -> None:
        """Add one that changes something; fields among the options are its body's."""
        options = {"again": "call", **options}
        method = options.pop("method", "POST")
        self._add(method, path, call, summary, answer, f"{self.area}:write", options)

    def _add(
        self, method: str, path: str, call: str | Callable[..., Any], summary: str, answer: Any,
        scope: str,
        options: dict[str, Any],
    ) -> None:  # fmt: skip
        given = {name: options.pop(name) for name in list(options) if _is_field(options[name])}
        named = options.pop("arguments_as", "")
        opened = options.pop("opened", False)
        scope = options.pop("scope", scope)
        name = (
            named
            or "".join(
                part.title()
                for part in f"{method} {path}".replace("-", " ").replace("/", " ").split()
                if not part.startswith("<")
            )
            + "Arguments"
        )
        self.operations.append(
            Operation(
                method,
                path,
                call,
                summary,
                None if opened else scope,
                answer,
                schema_of(name, given) if given else None,
                **options,
            )
        )


class ApiBlueprint(Blueprint):
    """One whose arguments are read as ``Parser`` does."""

    ARGUMENTS_PARSER = Parser()


def blueprint_of(room: Room) -> ApiBlueprint:
    """The blueprint of a room."""
    made = ApiBlueprint(
        f"api_{room.tag}", __name__, url_prefix=PREFIX, description=room.description
    )
    for operation in room.operations:
        _add_to(made, operation, room.tag)
    return made


def _add_to(made: ApiBlueprint, here: Operation, tag: str) -> None:
    reads = here.method == "GET"

    def view(args: Mapping[str, Any] | None = None, /, **path: Any) -> Response:
        return _answer(here, args or {}, path)

    view.__name__ = here.name
    view.__doc__ = here.summary
    made_view: Any = view
    if here.arguments is not None:
        location = "query" if reads else "json"
        made_view = made.arguments(here.arguments, location=location)(view)
    made_view = _read_well(here, made_view)
    made_view = made.doc(**_document(here))(made_view)
    entry = (
        marked(MACHINES)
        if here.scope is None
        else door(*here.roles, scope=here.scope, programs=True)
    )
    made.route(here.path, methods=[here.method], endpoint=here.name, tags=[tag])(entry(made_view))


def _read_well(here: Operation, view: Any) -> Any:
    """Before its arguments are read: how large the body may be, and that there is none too many."""

    @wraps(view)
    def reading(*args: Any, **path: Any) -> Any:
        request.max_content_length = here.largest
        if here.method != "GET" or here.arguments is None:
            check_query()
        if here.method != "GET" and here.arguments is None:
            given = request.get_data(cache=True)
            if given.strip() not in (b"", b"{}"):
                raise Invalid("wrong arguments", {"body": ["must be empty"]})
        return view(*args, **path)

    return reading


def _answer(here: Operation, args: Mapping[str, Any], path: Mapping[str, Any]) -> Response:
    identity = ANONYMOUS if here.scope is None else who().identity
    if here.counted is not None and here.scope is not None and who().post is None:
        with parts().store.begin() as session:
            take(session, here.counted, identity.subject, parts().now())
    given: dict[str, Any] = dict(here.fixed)
    given |= {here.renamed.get(name, name): _plain(value) for name, value in path.items()}
    if here.arguments is not None:
        given |= here.arguments().dump(args)
    found = _asked(here, identity, given)
    if here.whose is not None and here.scope is not None and who().post is not None:
        looked_at_all(here.whose(found, given), here.why)
    shown = found if here.shaped is None else here.shaped(found)
    return _sent(here, shown)


def _asked(here: Operation, identity: Identity, given: dict[str, Any]) -> Any:
    if not isinstance(here.call, str):
        return here.call(**given)
    call = _same_call(here, identity, given)
    service, _, method = here.call.partition(".")
    calls: Calls = current_app.extensions[EXTENSION]
    with calls.as_(identity, call=call) as services:
        return getattr(getattr(services, service), method)(**given)


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)


def _same_call(here: Operation, identity: Identity, given: dict[str, Any]) -> str | None:
    """The id of the call, of the caller's key; where the service takes one, it is put there."""
    if not here.writes:
        return None
    told = request.headers.get(SAME, "").strip()
    if len(told) > _LONGEST_KEY or not told.isascii():
        rule = f"must be at most {_LONGEST_KEY} characters of ASCII"
        raise Invalid("wrong arguments", {SAME: [rule]})
    whole = f"{identity.subject} {here.method} {request.path} {told}"
    made = str(uuid5(NAMESPACE_URL, whole)) if told else None
    if here.again == "source_id":
        if told:
            given |= {"source": identity.subject, "source_id": told}
        return None
    if here.again != "call":
        given[here.again] = made or str(uuid4())
    return made


def _sent(here: Operation, shown: Any) -> Response:
    if here.media:
        return _bytes(shown)
    # Texts of both languages are read by people, too.
    body = json.dumps(shown, ensure_ascii=False, separators=(",", ":"), sort_keys=False)
    answer = Response(body, here.status, content_type=f"{JSON}; charset=utf-8")
    if here.method == "GET":
        answer.add_etag()
        answer.headers["Cache-Control"] = "no-cache" if here.scope is None else "private, no-cache"
        answer.make_conditional(request)
    else:
        answer.headers["Cache-Control"] = "no-store"
    if here.scope is None:
        # A page of another site may show what anybody may read; nothing depends on cookies.
        answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _bytes(found: Mapping[str, Any]) -> Response:
    """A file that a service gives in base64, with what it is."""
    headers = dict(found.get("headers", {}))
    kind = headers.pop("Content-Type", None) or found.get("content_type") or found["media_type"]
    named = found.get("file") or found.get("name")
    if named:
        headers["Content-Disposition"] = f'attachment; filename="{named}"'
    headers["Cache-Control"] = "private, no-store"
    return Response(base64.b64decode(found["content_base64"]), content_type=kind, headers=headers)


def failures_of(here: Operation) -> tuple[int, ...]:
    """The statuses with which an operation may fail."""
    found = [400, 404, 429, 503] if here.scope is None else [400, 401, 403, 404, 429, 503]
    if here.writes:
        found.append(409)
    if here.method != "GET":
        found.append(413)
    return tuple(sorted(found))


def _document(here: Operation) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = []
    if here.writes:
        schema = {"type": "string", "maxLength": _LONGEST_KEY}
        words = "Of your making; the same again is carried out once."
        parameters.append({"name": SAME, "in": "header", "schema": schema, "description": words})
    content: dict[str, Any] = (
        {kind: {"schema": {"type": "string", "format": "binary"}} for kind in here.media}
        if here.media
        else {JSON: {"schema": here.answer}}
    )
    told = responses(here.status, content, "Done." if here.writes else "Found.", failures_of(here))
    scope = here.scope or ""
    return {
        "operationId": here.name,
        "summary": here.summary,
        "description": f"Scope: `{scope}`." if scope else "Needs no token.",
        "security": [{"token": []}] if scope else [],
        "x-scope": scope or None,
        "responses": told,
        **({"parameters": parameters} if parameters else {}),
    }


def _is_field(value: Any) -> bool:
    return isinstance(value, fields.Field)


def of(kind: str, name: str = "number") -> Whose:
    """Whose data an answer about one thing tells."""

    def whose(found: Any, _: Mapping[str, Any]) -> list[str]:
        return [f"{kind}:{found[name]}"] if found.get(name) else []

    return whose


def of_each(kind: str, name: str = "number", within: str = "items") -> Whose:
    """The same of a list."""

    def whose(found: Any, _: Mapping[str, Any]) -> list[str]:
        return [f"{kind}:{each[name]}" for each in found[within] if each.get(name)]

    return whose


def of_what(whose: Callable[[Mapping[str, Any]], list[str]], within: str = "") -> Whose:
    """The same by what ``accounts/looks.py`` says of one answer, or of each in a list."""

    def found_in(found: Any, _: Mapping[str, Any]) -> list[str]:
        return [one for each in (found[within] if within else [found]) for one in whose(each)]

    return found_in


def of_other(kind: str, call: str, name: str = "id") -> Whose:
    """The same of an answer that has an id of another thing, or was asked for by it: ``call`` of
    the service is asked for that thing's number, by which people know it."""
    service, _, method = call.partition(".")

    def whose(found: Any, given: Mapping[str, Any]) -> list[str]:
        calls: Calls = current_app.extensions[EXTENSION]
        with calls.as_(who().identity) as services:
            told = getattr(getattr(services, service), method)(id=given.get(name) or found[name])
        return [f"{kind}:{told['number']}"]

    return whose


def of_asked(kind: str, name: str = "id") -> Whose:
    """The same of an answer that does not name it: it was asked for by this argument."""

    def whose(_: Any, given: Mapping[str, Any]) -> list[str]:
        return [f"{kind}:{given[name]}"]

    return whose
