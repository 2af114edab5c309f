"""Pages for who writes programs: how to begin, and the document as a page."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from flask import Blueprint, current_app, render_template
from werkzeug.exceptions import NotFound

from services.portal.accounts.doors import door
from services.portal.api.operations import EXTENSION_OF_DOCUMENT, PREFIX, SAME
from services.portal.domain.limits import RULES, Limit
from services.portal.domain.scopes import LONGEST, SCOPES, WALL
from services.portal.pages.keeping import keep
from services.portal.pages.languages import PREFIX as PAGES

_KEEP_S: Final = 3_600
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_REFERENCE: Final = "#/components/schemas/"

pages = Blueprint("developers", __name__, url_prefix=f"{PAGES}/developers")


@pages.get("/")
@door("anonymous")
def guide() -> str:
    """How to begin: tokens, the first call, errors, pages of lists, limits, webhooks, versions."""
    keep(_KEEP_S)
    return render_template(
        "developers/guide.html",
        prefix=PREFIX,
        same=SAME,
        scopes=sorted(SCOPES - {WALL}),
        longest=LONGEST.days,
        most=RULES[Limit.CALLS_OF_TOKEN].most,
        tags=_tags(),
    )


@pages.get("/reference")
@door("anonymous")
def reference() -> str:
    """All operations, by resource."""
    keep(_KEEP_S)
    return render_template("developers/reference.html", tags=_tags(), operations=_operations())


@pages.get("/reference/<tag>")
@door("anonymous")
def resource(tag: str) -> str:
    """The operations of one resource: what each takes and answers."""
    here = next((each for each in _tags() if each["name"] == tag), None)
    if here is None:
        raise NotFound
    keep(_KEEP_S)
    operations = _operations()[tag]
    schemas = _document()["components"]["schemas"]
    used = list(dict.fromkeys(_reached(operations, schemas)))
    return render_template(
        "developers/resource.html",
        tag=here,
        operations=operations,
        schemas={name: _object(schemas[name]) for name in used},
    )


def _document() -> dict[str, Any]:
    return _made(id(current_app.extensions[EXTENSION_OF_DOCUMENT]))


@cache
def _made(_: int) -> dict[str, Any]:
    found: dict[str, Any] = current_app.extensions[EXTENSION_OF_DOCUMENT].to_dict()
    return found


def _tags() -> list[dict[str, Any]]:
    return [each for each in _document()["tags"] if each["name"] in _operations()]


def _operations() -> dict[str, list[dict[str, Any]]]:
    """By tag each operation as the pages show it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, operations in _document()["paths"].items():
        for method in _METHODS:
            if method in operations:
                told = operations[method]
                found.setdefault(told["tags"][0], []).append(_shown(path, method, told, operations))
    return found


def _shown(
    path: str, method: str, told: Mapping[str, Any], whole: Mapping[str, Any]
) -> dict[str, Any]:
    body = told.get("requestBody", {}).get("content", {})
    parameters = [*whole.get("parameters", ()), *told.get("parameters", ())]
    return {
        "id": told.get("operationId") or f"{method}{path}".replace("/", "_"),
        "method": method.upper(),
        "path": path,
        "summary": told.get("summary", ""),
        "scope": told.get("x-scope"),
        "signed": _signed(told),
        "parameters": [
            {
                "name": each["name"],
                "in": each["in"],
                "required": each.get("required", False),
                "kind": kind_of(each.get("schema", {})),
                "about": each.get("description", ""),
            }
            for each in parameters
            if "name" in each
        ],
        "body": [
            {"media": media, "kind": kind_of(each.get("schema", {}))}
            for media, each in body.items()
        ],
        "responses": [
            {
                "status": status,
                "about": each.get("description", ""),
                "kinds": [
                    {"media": media, "kind": kind_of(content.get("schema", {}))}
                    for media, content in each.get("content", {}).items()
                ],
            }
            for status, each in told["responses"].items()
        ],
    }


def _signed(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """By what else than a token it is known who asks: signatures, keys."""
    schemes = _document()["components"]["securitySchemes"]
    named = (name for each in told.get("security", ()) for name in each)
    return [schemes[name] for name in named if schemes[name]["type"] == "apiKey"]


def kind_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What a value is, for the pages: ``name`` of a schema that is told elsewhere, else ``words``;
    ``many``: a list of these."""
    if "$ref" in schema:
        return {"name": schema["$ref"].removeprefix(_REFERENCE), "words": "", "many": False}
    for each in ("allOf", "anyOf", "oneOf"):
        if schema.get(each):
            return kind_of(schema[each][0])
    if schema.get("type") == "array":
        return {**kind_of(schema.get("items", {})), "many": True}
    words = [str(schema.get("type", "any value"))]
    if "format" in schema:
        words.append(str(schema["format"]))
    limits = (("minimum", "≥"), ("maximum", "≤"), ("maxLength", "up to"))
    words += [f"{sign} {schema[name]}" for name, sign in limits if name in schema]
    chosen = [str(each) for each in schema.get("enum", ()) if each is not None]
    if chosen:
        words = [" | ".join(chosen)]
    return {"name": "", "words": ", ".join(words), "many": False}


def _object(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    needed = set(schema.get("required", ()))
    return [
        {
            "name": name,
            "required": name in needed,
            "null": bool(each.get("nullable")),
            "kind": kind_of(each),
            "about": each.get("description", ""),
        }
        for name, each in schema.get("properties", {}).items()
    ]


def _reached(operations: list[dict[str, Any]], schemas: Mapping[str, Any]) -> Iterator[str]:
    """The schemas that these operations name, and those that these name."""
    waiting = [
        kind["kind"]["name"]
        for each in operations
        for kind in (*each["body"], *(k for r in each["responses"] for k in r["kinds"]))
        if kind["kind"]["name"]
    ]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop(0)
        if name in seen or name not in schemas:
            continue
        seen.add(name)
        yield name
        inner = [each["kind"]["name"] for each in _object(schemas[name]) if each["kind"]["name"]]
        waiting = inner + waiting
