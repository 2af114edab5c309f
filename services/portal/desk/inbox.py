"""One inbox for all that waits for a post: grievances, appeals, files, receipts, questions, drafts.

Each kind is a list of its own service, in that one's order and with its cursor; the first tab puts
their beginnings together, by what is due first.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request

from services.portal.accounts import door, looked_at_all, who
from services.portal.accounts.looks import of_grievance
from services.portal.accounts.parts import parts
from services.portal.asking import Part, Question
from services.portal.desk import rows
from services.portal.desk.places import names
from services.portal.desk.rows import Row
from services.portal.domain.reads import Reason
from services.portal.pages.formats import number
from services.portal.pages.words import N_, gettext
from services.portal.rooms import ask, page

_PAGE: Final = 50
_ALL: Final = "all"
TABS: Final = (
    (_ALL, N_("Everything")),
    ("grievances", N_("Grievances")),
    ("new", N_("New in the department")),
    ("appeals", N_("Appeals")),
    ("files", N_("Files")),
    ("receipts", N_("Receipts")),
    ("questions", N_("Questions to you")),
    ("drafts", N_("Drafts")),
)
"""The tabs, in their order."""


def add_to(desk: Blueprint) -> None:
    """Add the pages to the blueprint."""
    desk.add_url_rule("/", "inbox", inbox)
    desk.add_url_rule("/counts", "counts", counts)


@door("officer", "supervisor")
def inbox() -> Response:
    """What waits, what is due first first."""
    filters = _filters()
    kinds = [code for code, _ in _tabs()]
    chosen = filters["kind"]
    wanted = kinds[1:] if chosen == _ALL else [chosen]
    cursor = request.args.get("from", "")[:300] or None
    asked: dict[str, Question] = {}
    for kind in wanted:
        question = _question(kind, filters, None if chosen == _ALL else cursor)
        if question is not None:
            asked[kind] = question
    counting = {f"count_{name}": each for name, each in _counting().items()}
    told = ask(**asked, **counting)
    found = {kind: told[kind] for kind in asked}
    looked_at_all(_whose(found), Reason.HANDLES)
    shown = [row for row in _rows(found) if _fits(row, filters)]
    return page(
        "desk/inbox.html",
        tabs=[(code, words, _count(code, told)) for code, words in _tabs()],
        chosen=chosen,
        filters=filters,
        rows=sorted(shown, key=rows.order) if chosen == _ALL else shown,
        away=[_words_of(kind) for kind, part in found.items() if _is_gone(part)],
        more=[kind for kind, part in found.items() if not part.missing and part.value.get("next")],
        next=None if chosen == _ALL else _next(found.get(chosen)),
        words_of=_words_of,
    )


@door("officer", "supervisor")
def counts() -> Response:
    """How much there is of each kind, for the page that is open, as it shows numbers."""
    told = ask(**{f"count_{name}": each for name, each in _counting().items()})
    found = {code: _count(code, told) for code, _ in _tabs()}
    return jsonify({code: number(each) for code, each in found.items() if each is not None})


def _tabs() -> list[tuple[str, str]]:
    supervises = "supervisor" in who().roles
    return [(code, gettext(words)) for code, words in TABS if code != "appeals" or supervises]


def _words_of(kind: str) -> str:
    return gettext(dict(TABS)[kind])


def _filters() -> dict[str, Any]:
    given = request.args
    kind = given.get("kind", _ALL)
    return {
        "kind": kind if kind in dict(_tabs()) else _ALL,
        "overdue": given.get("overdue") == "yes",
        "urgent": given.get("urgent") == "yes",
        "q": given.get("q", "")[:200].strip(),
    }


def _question(kind: str, filters: Mapping[str, Any], cursor: str | None) -> Question | None:
    """What is asked for a tab; None: it has nothing that fits the filters."""
    post = who().post
    assert post is not None
    paged: dict[str, Any] = {"limit": _PAGE, **({"cursor": cursor} if cursor else {})}
    late = {"overdue": True} if filters["overdue"] else {}
    if kind in ("grievances", "new"):
        given = {**_of_mine(kind), **paged, "order": "due"}
        if filters["overdue"]:
            given["timing"] = "overdue"
        if filters["q"]:
            given["text"] = filters["q"]
        return Question("grievance", "list", given)
    if kind == "appeals":
        return Question("grievance", "appeals", {"department": post.department, **paged, **late})
    if kind == "files":
        return Question("eoffice", "inbox", {**paged, **late})
    if kind == "receipts":
        mine = {"held_by": post.code, "status": "open"}
        return Question("eoffice", "receipts", {**mine, **paged, **late})
    if kind == "questions":
        return Question("eoffice", "marked", paged)
    return None if filters["overdue"] else Question("eoffice", "drafts", paged)


def _of_mine(kind: str) -> dict[str, Any]:
    post = who().post
    assert post is not None
    if kind == "grievances":
        return {"officer": post.code, "open": True}
    return {"department": post.department, "unassigned": True, "open": True}


def _counting() -> dict[str, Question]:
    return {
        "desk": Question("eoffice", "desk"),
        "grievances": Question("grievance", "count", _of_mine("grievances")),
        "new": Question("grievance", "count", _of_mine("new")),
    }


def _count(code: str, told: Mapping[str, Part]) -> int | None:
    """How many a tab has, where its service counts them."""
    if code in ("grievances", "new"):
        part = told[f"count_{code}"]
        return None if part.missing else int(part.value["count"])
    desk = told["count_desk"]
    name = {"files": "inbox", "questions": "marked"}.get(code)
    return None if desk.missing or name is None else int(desk.value[name])


def _is_gone(part: Part) -> bool:
    """Whether a part is missing that should be there: a department that has no grievances of its
    own is no fault."""
    return part.missing and (part.away or "department" not in getattr(part.error, "fields", {}))


def _next(part: Part | None) -> str | None:
    return None if part is None or part.missing else part.value.get("next")


def _whose(found: Mapping[str, Part]) -> list[str]:
    whose = []
    for kind, part in found.items():
        if not part.missing and kind in ("grievances", "new", "appeals"):
            whose += [one for each in part.value["items"] for one in of_grievance(each)]
        elif not part.missing and kind == "receipts":
            whose += [f"receipt:{each['number']}" for each in part.value["items"]]
    return whose


def _rows(found: Mapping[str, Part]) -> list[Row]:
    now, called = parts().now(), names()
    items = {kind: part.value["items"] for kind, part in found.items() if not part.missing}
    files = {each["id"]: each for each in items.get("files", [])}
    made: dict[str, Callable[[Mapping[str, Any]], Row]] = {
        "grievances": lambda each: rows.of_grievance(each, called, now),
        "new": lambda each: rows.of_grievance(each, called, now),
        "appeals": lambda each: rows.of_appeal(each, called, now),
        "files": lambda each: rows.of_file(each, now),
        "receipts": lambda each: rows.of_receipt(each, now),
        "questions": lambda each: rows.of_question(each, now),
        "drafts": lambda each: rows.of_draft(each, files),
    }
    return [made[kind](each) for kind, listed in items.items() for each in listed]


def _fits(row: Row, filters: Mapping[str, Any]) -> bool:
    if filters["urgent"] and row.urgent is None:
        return False
    # Of grievances the service has looked for the words, in either language.
    return row.kind == "grievances" or row.has(filters["q"].casefold().split())
