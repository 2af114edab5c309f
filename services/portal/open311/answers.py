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
    form = "json" if request.path.endswith(".json") else "xml"
    if form == "json":
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8", "replace"
        )
    else:
        body = xml.document(root, value)
    response = Response(body, status, content_type=f"{FORMS[form]}; charset=utf-8")
    # A page of another site may show what anybody may read; nothing here depends on cookies.
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def answer_problem(problem: Problem) -> Response:
    """An error in the standard's form: a code and a description for each thing that is wrong."""
    errors = [{"code": problem.status, "description": line} for line in problem.lines]
    response = answer("errors", errors, problem.status)
    response.headers.update(problem.headers)
    return response
