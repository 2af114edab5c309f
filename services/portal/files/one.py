"""One file: its cover, the note sheet, the correspondence, and what may be done with it now."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from markupsafe import Markup

from palika.errors import PalikaError
from palika.text import plain_digits
from services.portal.accounts.doors import door
from services.portal.accounts.looks import looked_at
from services.portal.asking import Part, Question
from services.portal.domain.reads import Reason
from services.portal.files import common, searching, words
from services.portal.pages.words import N_, gettext
from services.portal.rooms import Refusal, page

_HISTORY: Final = 200
_SENT_TO: Final = re.compile(r"(on|letters|dak)/([0-9a-fA-F-]{36})/")
_LINK: Final = re.compile(r'<a href="#([^"]*)" data-ref="([^"]*)">')
_FROM_OUTSIDE: Final = N_("reads the file from outside its desk")
TOLD: Final = {
    "opened": N_("The file is opened; it is with you."),
    "saved": N_("The yellow note is saved."),
    "confirmed": N_("The note is confirmed: it is green now."),
    "discarded": N_("The yellow note is thrown away."),
    "taken_back": N_("The note is yellow again."),
    "pull_back": N_("The file is with you again."),
    "pull_up": N_("The file is with you now."),
    "mark": N_("The posts are asked; the file stays with you."),
    "answer": N_("Your answer is on the file."),
    "gather": N_("The answers are gathered."),
    "wake": N_("The file is in your inbox again."),
    "reopen": N_("The file is open again, and with you."),
    "set_priority": N_("The priority is changed."),
    "set_due": N_("The due date is changed."),
    "correct_file": N_("It is corrected; what it was stands on the record."),
    "approve": N_("The file is approved."),
    "refuse": N_("The file is refused; it stays with you."),
    "cancel_approval": N_("The approval is cancelled."),
    "paper": N_("The paper is in the correspondence."),
    "part": N_("The part is opened; it is with you."),
    "volume": N_("The next volume is begun; it is with you."),
    "put_in_file": N_("The receipt is in the file."),
    "tie": N_("The file is tied to the matter."),
    "sign": N_("It is signed."),
}
"""What is said on the file's page after a step that stays there."""


def add_to(files: Blueprint) -> None:
    """Add the pages to the blueprint."""
    files.add_url_rule("/on/<uuid:file>", "by_id", by_id)
    files.add_url_rule("/on/<uuid:file>/refer", "refer", refer)
    files.add_url_rule("/<path:number>", "file", file)


@door("officer", "supervisor")
def file(number: str) -> Any:
    """The file of a number."""
    sent = _SENT_TO.match(number)
    if sent:
        # Where a form was sent to, the language is switched and the page loaded again.
        goal = {"on": "by_id", "letters": "letter", "dak": "receipt"}[sent[1]]
        name = {"on": "file", "letters": "letter", "dak": "receipt"}[sent[1]]
        return redirect(url_for(f"files.{goal}", **{name: sent[2]}), 303)
    asked = plain_digits(number).strip()
    return shown({"number": asked})


@door("officer", "supervisor")
def by_id(file: UUID) -> Any:
    """The same by its id."""
    found = common.call("get", id=str(file))
    told = {"told": request.args["told"]} if "told" in request.args else {}
    return redirect(url_for("files.file", number=found["number"], **told), 303)


@door("officer", "supervisor")
def refer(file: UUID) -> Any:
    """Where a reference of a note goes: a note, a page of a paper, another file."""
    to = request.args.get("to", "")[:120]
    found = common.call("resolve", id=str(file), ref=to)
    looked_at([f"file:{found['file']['number']}"], Reason.HANDLES)
    number = found["file"]["number"]
    if found["note"] is not None:
        place = f"n{found['note']['number']}"
        if found["note"]["paragraph"] is not None:
            place += f"-{found['note']['paragraph']}"
        return redirect(url_for("files.file", number=number, _anchor=place), 303)
    for each in found["papers"]:
        if each["paper_id"] is not None:
            goal = url_for("files.paper", paper=each["paper_id"])
            return redirect(f"{goal}#page={each['from_page']}", 303)
    if found["papers"]:
        place = f"p{found['papers'][0]['position']}"
        return redirect(url_for("files.file", number=number, _anchor=place), 303)
    return redirect(url_for("files.file", number=number), 303)


def shown(
    key: Mapping[str, str],
    *,
    refused: PalikaError | None = None,
    form: str = "",
    **values: Any,
) -> Response:
    """The page of a file.

    Args:
        key: its ``id`` or its ``number``.
        refused: why the step was not taken that was asked for on the page.
        form: the name of that step's form, which is open then with what was typed.
        values: more for the template.

    Raises:
        PalikaError: it cannot be read.
    """
    found = common.call("get", **key)
    if "open" in found["legal"]:
        # Whoever has it has read it from now on, and so has who is asked.
        found |= common.call("open", id=found["id"])
    parts = common.ask(**_asked(found))
    looked_at([f"file:{found['number']}"], **_why(found))
    told = Refusal(200) if refused is None else common.refused(refused)
    everything = [found, *(each.value for each in parts.values() if not each.missing)]
    given: dict[str, Any] = {
        "values": request.form if refused is not None else {},
        "errors": told.errors,
        "route_offered": refused is not None and words.is_for_others(refused),
        "form": form,
        "file": found,
        "legal": found["legal"],
        "parts": parts,
        "posts": common.posts_in(*everything),
        "near": searching.near() if _is_sending(found) else [],
        "told": TOLD.get(request.args.get("told", "")),
        "me": common.own_post(),
        "signed": _signed(parts["signatures"]),
        **_sheet(parts["sheet"], found),
        "linked": linked,
    }
    return page("files/file.html", told.status, **{**given, **values})


def _asked(found: Mapping[str, Any]) -> dict[str, Question]:
    one = {"id": found["id"]}
    asked = {
        "sheet": common.question("note_sheet", **one),
        "contents": common.question("contents", **one),
        "cover": common.question("cover", **one),
        "letters": common.question("letters", **one),
        "approvals": common.question("approvals", **one),
        "signatures": common.question("signatures", **one),
        "history": common.question("history", **one, limit=_HISTORY),
        "forms": common.forms(),
    }
    if found["held_by"] == common.own_post() or "pull_up" in found["legal"]:
        asked["readings"] = common.question("readings", **one)
    if "follow_route" in found["legal"]:
        asked["routes"] = common.question("routes")
    if "approve" in found["legal"]:
        asked["powers"] = common.question("powers")
    return asked


def _is_sending(found: Mapping[str, Any]) -> bool:
    return not {"forward", "mark", "put_up"}.isdisjoint(found["legal"])


def _why(found: Mapping[str, Any]) -> dict[str, Any]:
    legal = set(found["legal"])
    if found["held_by"] == common.own_post() or legal & {"answer", "open"}:
        return {"why": Reason.HANDLES}
    if "pull_up" in legal:
        return {"why": Reason.SUPERVISES}
    return {"why": Reason.OTHER, "note": gettext(_FROM_OUTSIDE)}


def _sheet(part: Part, found: Mapping[str, Any]) -> dict[str, Any]:
    """``on_sheet``: notes, remarks of moves and questions in the order of their moments;
    ``drafts``: the yellow notes, and a fresh one for who has none of their own."""
    if part.missing:
        return {"on_sheet": [], "drafts": []}
    sheet = part.value
    entries = [("note", each["confirmed_at"], each) for each in sheet["notes"]]
    entries += [("remark", each["moved_at"], each) for each in sheet["remarks"]]
    entries += [("opinion", each["asked_at"], each) for each in sheet["opinions"]]
    entries.sort(key=lambda each: datetime.fromisoformat(each[1]))
    drafts = list(sheet["drafts"])
    me = common.own_post()
    if found["status"] != "closed" and not any(each["post"] == me for each in drafts):
        # Sent back with what was typed, it is the same note.
        key = common.typed("draft", 40) if request.method == "POST" else ""
        fresh = {"id": key or common.new_id(), "post": me, "fresh": True, "markup": ""}
        drafts.append(fresh)
    return {"on_sheet": [(kind, each) for kind, _, each in entries], "drafts": drafts}


def _signed(part: Part) -> dict[str, list[dict[str, Any]]]:
    """Signatures by what they are on: ``note:…``, ``approval:…``, ``movement:…``."""
    found: dict[str, list[dict[str, Any]]] = {}
    if not part.missing:
        for each in part.value["signatures"]:
            found.setdefault(each["row"], []).append(each)
    return found


def linked(html: str, file_id: str, notes: Iterable[Mapping[str, Any]]) -> Markup:
    """The text of a note as the e-office gives it, escaped there; its references lead on.

    Args:
        html: of a note.
        file_id: of its file.
        notes: those on the page: to these a reference goes without leaving it.
    """
    here = {each["number"] for each in notes}

    def lead(found: re.Match[str]) -> str:
        place, ref = found[1], found[2]
        number = re.fullmatch(r"n(\d+)(-\d+)?", place)
        if number and int(number[1]) in here:
            return found[0]
        goal = url_for("files.refer", file=file_id, to=Markup(ref).unescape())  # noqa: S704 all that comes from data is escaped before
        return f'<a href="{Markup.escape(goal)}" data-ref="{ref}">'

    return Markup(_LINK.sub(lead, html))  # noqa: S704 all that comes from data is escaped before


def number_of(file_id: UUID | str) -> str:
    """The number of a file.

    Raises:
        NotFound: there is none that the post may read.
    """
    number: str = common.call("get", id=str(file_id))["number"]
    return number
