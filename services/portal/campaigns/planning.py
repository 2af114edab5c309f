"""Making a campaign: the list of all, the choice of a text, and the plan with a preview of it."""

import base64
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import Invalid, NotFound, PalikaError
from palika.roles import post_of
from palika.text import plain_digits
from services.portal.accounts.doors import door
from services.portal.asking import Part, Question
from services.portal.campaigns import fields, wording
from services.portal.citizen.filing import wards
from services.portal.pages.languages import LANGUAGES, current
from services.portal.pages.words import N_
from services.portal.rooms import (
    EMPTY,
    ask,
    file_sent,
    moment_typed,
    one,
    page,
    paise_typed,
    post_names,
    put_typed,
    refusal,
    services,
    typed,
)

FILE_BYTES: Final = 1_000_000
"""As notify takes a file by a call."""
_LARGEST: Final = 3 * FILE_BYTES
WITHIN_S: Final = 5.0
_MAKE_S: Final = 60.0
_TEMPLATES_KEPT_S: Final = 10.0
_PAGE: Final = 50
_WHOLE: Final = N_("must be a whole number")
_LARGE: Final = N_("must be a file of at most 1 MB; a longer list goes in at a terminal")
_WHO: Final = N_("choose who is written to")
_SHOWN_AS: Final = {
    "content_base64": "file",
    "rows": "file",
    "least_paise": "least",
    "arguments": "least",
    "arguments.least_paise": "least",
    "arguments.ward": "ward",
    "audience": "who",
    "query": "who",
    "hours": "hours_from",
    "per_minute": "per_minute",
    "template": "form",
}


def add_to(campaigns: Blueprint) -> None:
    """Add the pages to the blueprint."""
    campaigns.add_url_rule("/", "start", start)
    campaigns.add_url_rule("/new", "choose", choose)
    campaigns.add_url_rule("/new/<template>", "plan", plan, methods=["GET", "POST"])


def widen(endpoint: str | None, _: Any) -> None:
    """Let a file of recipients come in; before the form is read."""
    if endpoint == "campaigns.plan":
        request.max_content_length = _LARGEST


@door("officer", "supervisor")
def start() -> Response:
    """All campaigns, the newest first, with how far each is."""
    state = request.args.get("state", "")
    asked: dict[str, Any] = {"limit": _PAGE}
    if state in wording.STATES:
        asked["state"] = state
    if after := request.args.get("after", "")[:40]:
        asked["after"] = after
    told = ask(WITHIN_S, campaigns=Question("notify", "campaigns", asked))
    part = told["campaigns"]
    if part.missing and not part.away:
        one(part)
    rows = [] if part.missing else part.value["campaigns"]
    running = [each["id"] for each in rows if each["state"] in ("running", "paused")][:20]
    far = ask(WITHIN_S, **{f"c{n}": Question("notify", "campaign", {"id": key})
                           for n, key in enumerate(running)})  # fmt: skip
    progress = {
        each.value["id"]: each.value["progress"] for each in far.values() if not each.missing
    }
    posts = {post_of(each["created_by"]) for each in rows}
    return page(
        "campaigns/start.html",
        503 if part.missing else 200,
        part=part,
        campaigns=rows,
        progress=progress,
        next=None if part.missing else part.value["next"],
        values={"state": state},
        posts=post_names(posts),
        words=wording,
    )


@door("officer", "supervisor")
def choose() -> Response:
    """The texts that may go to many."""
    found = [
        each for each in _templates() if each["lane"] != "urgent" and each["purpose"] != "code"
    ]
    asked = ask(
        WITHIN_S,
        **{f"t{n}": _preview(each["template"], current()) for n, each in enumerate(found)},
    )
    for each, part in zip(found, asked.values(), strict=True):
        each["sample"] = _first_words(part)
    return page("campaigns/choose.html", templates=found, words=wording)


@door("officer", "supervisor")
def plan(template: str) -> Any:
    """The plan of a campaign: what is the same for all, who is written to, when and how fast."""
    known = next((each for each in _templates() if each["template"] == template), None)
    if known is None:
        raise NotFound("there is no such text")
    if request.method == "GET":
        return _page(known)
    forms = one(ask(WITHIN_S, shown=_preview(template, current()))["shown"])["fields"]
    given, errors = fields.typed_fields(forms)
    if request.form.get("step") == "preview":
        return _page(known, 400 if errors else 200, errors, given)
    asked, wrong = _planned(template)
    errors |= wrong
    if errors:
        return _page(known, 400, errors, given)
    asked["fields"] = given
    method = "upload_campaign" if "content_base64" in asked else "draft_campaign"
    try:
        with services(_MAKE_S) as city:
            made = getattr(city.notify, method)(**asked)
    except PalikaError as error:
        refused = refusal(error, _fields_as(forms, error), "form")
        return _page(known, refused.status, refused.errors, given)
    return redirect(url_for("campaigns.campaign", key=made["id"], told="made"), 303)


def previews(
    template: str, given: Mapping[str, Any] | None = None, version: int | None = None
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The text in both languages over every channel, with the template's own sample where a field
    is not given; and what notify says of a field that is wrong."""
    asked: dict[str, Any] = {"template": template}
    if version is not None:
        asked["version"] = version
    sample = ask(WITHIN_S, **{each: _preview(language=each, **asked) for each in LANGUAGES})
    if not given:
        return sample, {}
    told = ask(
        WITHIN_S,
        **{
            each: _preview(language=each, fields=given, sampled=True, **asked) for each in LANGUAGES
        },
    )
    errors: dict[str, list[str]] = {}
    for part in told.values():
        if isinstance(part.error, Invalid):
            for name, rules in part.error.fields.items():
                said = [rules] if isinstance(rules, str) else list(rules)
                errors.setdefault(f"field-{name}", said)
    found = {name: sample[name] if part.missing else part for name, part in told.items()}
    return found, errors


def _preview(template: str, language: str, **more: Any) -> Question:
    asked = {"template": template, "language": language, **more}
    return Question("notify", "preview", asked, _TEMPLATES_KEPT_S)


def _templates() -> list[dict[str, Any]]:
    question = Question("notify", "templates", {}, _TEMPLATES_KEPT_S)
    found: Any = one(ask(WITHIN_S, all=question)["all"])
    rows = found if isinstance(found, list) else found["templates"]
    return [dict(each) for each in rows]


def _first_words(part: Part) -> str:
    if part.missing:
        return ""
    for shown in part.value["channels"].values():
        return " ".join(str(shown["body"]).split())[:160]
    return ""


def _planned(template: str) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What the form says beside the fields, as notify takes it."""
    errors: dict[str, list[str]] = {}
    asked: dict[str, Any] = {"name": typed("name", 100), "template": template}
    if not asked["name"]:
        errors["name"] = [EMPTY]
    put_typed(asked, errors, "start_at", moment_typed)
    for name in ("hours_from", "hours_to"):
        if hour := plain_digits(typed(name, 10)):
            asked[name] = hour[:5]
    if pace := plain_digits(typed("per_minute", 10)):
        if pace.isascii() and pace.isdigit():
            asked["per_minute"] = int(pace)
        else:
            errors["per_minute"] = [_WHOLE]
    chosen = request.form.get("who", "")
    if chosen == "file":
        sent = file_sent("file", FILE_BYTES)
        if sent is None:
            errors["file"] = [EMPTY]
        elif len(sent[1]) > FILE_BYTES:
            errors["file"] = [_LARGE]
        else:
            asked["content_base64"] = base64.b64encode(sent[1]).decode()
    elif chosen == "owing":
        arguments: dict[str, Any] = {}
        put_typed(arguments, errors, "least_paise", paise_typed, "least")
        if chosen_wards := [each for each in request.form.getlist("ward") if each]:
            arguments["ward"] = chosen_wards
        asked |= {"audience": "tax", "query": "owing", "arguments": arguments}
    else:
        errors["who"] = [_WHO]
    return asked, errors


def _fields_as(forms: Mapping[str, str], error: PalikaError) -> dict[str, str]:
    found = {name: f"field-{name}" for name in forms}
    found |= {f"fields.{name}": f"field-{name}" for name in forms}
    known = {*_SHOWN_AS, *found, "name", "start_at", "hours_from", "hours_to"}
    # What is wrong with the columns of the file is told beside the file, with the column's name.
    others = {name: "file" for name in error.details if name not in known}
    return {**others, **found, **_SHOWN_AS}


def _page(
    known: Mapping[str, Any],
    status: int = 200,
    errors: dict[str, list[str]] | None = None,
    given: Mapping[str, Any] | None = None,
) -> Response:
    shown, wrong = previews(known["template"], given)
    first = next((part for part in shown.values() if not part.missing), None)
    forms = first.value["fields"] if first is not None else {}
    return page(
        "campaigns/plan.html",
        400 if wrong and status == 200 else status,
        template=known,
        forms=fields.of_all(forms),
        longest=first.value["longest"] if first is not None else {},
        labels=fields.labels_of(forms),
        inputs=fields.INPUTS,
        hint_of=fields.hint_of,
        previews=shown,
        errors={**wrong, **(errors or {})},
        values=request.form or {"who": "file"},
        wards=wards(),
        chosen_wards=request.form.getlist("ward"),
        file_was=bool(request.form) and request.form.get("who") == "file",
        words=wording,
    )
