"""Answers in the form that the path asks for: ``.xml``, the standard's own, or ``.json``."""

import json
from typing import Any

from flask import Response, request

from services.portal.errors import Problem
from services.portal.open311 import xml

PREFIX = "/open311"
FORMS = {"json": "application/json", "xml": "text/xml"}


def answer(root: str, value: Any, status: int = 200) -> Response:
    """``value`` as JSON, or as XML in an element ``root``."""
    body, content_type = _written(root, value, "json" if request.path.endswith(".json") else "xml")
    response = Response(body, status, content_type=content_type)
    # A page of another site may show what anybody may read; nothing here depends on cookies.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def answer_problem(problem: Problem) -> Response:
    """An error in the standard's form: a code and a description for each thing that is wrong."""
    response = answer("errors", _errors(problem), problem.status)
    response.headers.update(problem.headers)
    return response


def written_problem(problem: Problem, form: str) -> tuple[bytes, str]:
    """The same as bytes and their content type, where there is no request: ``form`` is one of
    ``FORMS``."""
    return _written("errors", _errors(problem), form)


def _errors(problem: Problem) -> list[dict[str, Any]]:
    return [{"code": problem.status, "description": line} for line in problem.lines]


def _written(root: str, value: Any, form: str) -> tuple[bytes, str]:
    if form == "json":
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        body = text.encode("utf-8", "replace")
    else:
        body = xml.document(root, value)
    return body, f"{FORMS[form]}; charset=utf-8"
