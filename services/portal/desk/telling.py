"""A grievance in the words of the office: what the service tells of it, for its page."""

from collections.abc import Mapping
from typing import Any

from services.portal.accounts.parts import parts
from services.portal.asking import Question
from services.portal.citizen.kinds import name_of
from services.portal.desk import rows, terms
from services.portal.desk.places import names
from services.portal.pages.formats import moment_in
from services.portal.pages.languages import current
from services.portal.pages.words import gettext
from services.portal.rooms import ask, post_names


def shown(found: Mapping[str, Any]) -> dict[str, Any]:
    """All of it as its page has it: names for codes, aware moments, the timeline newest first."""
    now, called = parts().now(), names()
    codes = {found["officer"]} if found.get("officer") else set()
    for each in found["timeline"]:
        codes |= {value for key, value in each["data"].items() if key in ("officer", "post", "to")}
        codes |= {_post_in(each["actor"])}
    posts = post_names(code for code in codes if code)
    return {
        **found,
        "kind": name_of(found["category"]),
        "row": rows.of_grievance(found, called, now),
        "place": rows.about(found, called),
        "ward_name": called["wards"].get(found.get("ward") or "", found.get("ward")),
        "department_name": called["departments"].get(found["department"], found["department"]),
        "officer_name": posts.get(found["officer"], found["officer"]) if found["officer"] else None,
        "channel_name": terms.channel(found["channel"]),
        "due": moment_in(found.get("due_at")),
        "filed": moment_in(found["filed_at"]),
        "answers": _answers(found),
        "entries": [_entry(each, posts) for each in reversed(found["timeline"])],
        "photos": [each for each in found["attachments"] if each["kind"].startswith("photo_")],
        "papers": [each for each in found["attachments"] if not each["kind"].startswith("photo_")],
        "linked": [{**each, "state": terms.state(each["status"])} for each in found["links"]],
    }


def _entry(each: Mapping[str, Any], posts: Mapping[str, str]) -> dict[str, Any]:
    code = each["data"].get("officer") or each["data"].get("to")
    by = _post_in(each["actor"])
    kind = each["actor"].partition(":")[0]
    if kind == "citizen" or each["actor_role"] in ("citizen", "anonymous"):
        name = gettext("the citizen")
    elif kind == "service" or each["actor_role"] == "service":
        name = gettext("by itself")
    else:
        name = posts.get(by, by)
    return {
        "at": moment_in(each["at"]),
        "words": terms.entry(each["step"]),
        "by": name,
        "to": posts.get(code, code) if isinstance(code, str) else None,
        "note": each["note"],
        "public": each["public"],
    }


def _post_in(actor: str) -> str:
    kind, colon, name = actor.partition(":")
    return name if colon and kind in ("officer", "supervisor", "helpdesk") else ""


def _answers(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What its kind had asked: the questions in the reader's language, and what was said."""
    said = found.get("attributes") or {}
    if not said:
        return []
    questions: dict[str, Mapping[str, Any]] = {}
    asked = Question(
        "grievance",
        "open311_service",
        {"code": found["category"], "language": current()},
        keep_s=60,
    )
    part = ask(kind=asked)["kind"]
    if not part.missing:
        questions = {each["code"]: each for each in part.value["attributes"]}
    shown = []
    for code, value in said.items():
        of = questions.get(code, {})
        called = {each["key"]: each["name"] for each in of.get("values") or []}
        several = value if isinstance(value, list) else [value]
        words = ", ".join(str(called.get(each, each)) for each in several)
        shown.append((of.get("description", code), words))
    return shown


def appeal(each: Mapping[str, Any]) -> dict[str, Any]:
    """One of ``grievance.appeals_of``, with how long its authority has still."""
    decided = moment_in(each["decided_at"])
    return {
        **each,
        "authority_name": each["authority"][current()],
        "outcome_words": each["outcome_name"] and each["outcome_name"][current()],
        "appealed": moment_in(each["appealed_at"]),
        "decided": decided,
        "late": None if decided else terms.due_words(moment_in(each["decide_by"]), parts().now()),
    }


def similar(found: Mapping[str, Any], told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What may be the same, without itself; nothing, where it was not asked or is away."""
    part = told.get("similar")
    if part is None or part.missing:
        return []
    return [
        {**each, "state": terms.state(each["status"])}
        for each in part.value
        if each["number"] != found["number"]
    ]
