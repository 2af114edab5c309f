"""Steps on one file: it moves, is decided, parked, closed. What is legal the e-office says."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, redirect, request, url_for

from palika.errors import Invalid, PalikaError
from services.portal.accounts.doors import door
from services.portal.files import common, noting, one
from services.portal.files.searching import post_of, posts_of
from services.portal.rooms import paise_typed

Given = dict[str, Any]


def add_to(files: Blueprint) -> None:
    """Add what is sent to the blueprint."""
    at = "/on/<uuid:file>"
    files.add_url_rule(f"{at}/do/<name>", "act", act, methods=["POST"])
    files.add_url_rule(f"{at}/part", "part", part, methods=["POST"])


@door("officer", "supervisor")
def act(file: UUID, name: str) -> Any:
    """Take a step. Sent twice, it is taken once: its form has an id for it."""
    made = STEPS.get(name)
    if made is None:
        return redirect(url_for("files.by_id", file=file), 303)
    try:
        given = {**_key(file, name), **made()}
        if name in _SENDS and (draft := common.typed("confirm_draft", 40)):
            noting.confirm_with(draft, common.typed("draft_version", 10))
        answer = common.call(name, **given)
    except PalikaError as error:
        return one.shown({"id": str(file)}, refused=error, form=name)
    if answer.get("routed_to"):
        name = "routed"
    number = (answer.get("file") or answer)["number"]
    if name in _LEAVES:
        return redirect(url_for("files.desk", told=name, number=number), 303)
    return redirect(url_for("files.file", number=number, told=name), 303)


@door("officer", "supervisor")
def part(file: UUID) -> Any:
    """Open a part of the file, or its next volume."""
    volume = request.form.get("what") == "volume"
    given: Given = {"id": common.typed("step", 40), "file_id": str(file)}
    try:
        if volume:
            made = common.call("next_volume", **given)
        else:
            made = common.call("open_part", **given, **common.said("subject"))
    except PalikaError as error:
        return one.shown({"id": str(file)}, refused=error, form="part")
    told = "volume" if volume else "part"
    return redirect(url_for("files.file", number=made["number"], told=told), 303)


def _key(file: UUID, name: str) -> Given:
    """Which file, in which version, under which id of the asking."""
    asked = "decision_id" if name in _DECISIONS else "step"
    given: Given = {"id": str(file), asked: common.typed("step", 40)}
    version = common.typed("file_version", 10)
    if version.isascii() and version.isdigit():
        given["version"] = int(version)
    return given


def _remark() -> Given:
    return common.said("remark")


def _to() -> Given:
    return {"to": post_of(common.typed("to", 300)), **_remark()}


def _to_if_said() -> Given:
    return _to() if common.typed("to") else _remark()


def _route() -> Given:
    return common.said("route", "remark")


def _mark() -> Given:
    given: Given = {"question": common.typed("question"), **common.said("due_on")}
    return {**given, "posts": list(dict.fromkeys(posts_of(common.typed("posts", 10_000))))}


def _answer() -> Given:
    return {"answer": common.typed("answer"), **common.said("marking")}


def _gather() -> Given:
    return {"withdraw": request.form.get("withdraw") == "yes"}


def _park() -> Given:
    return {"wake_on": common.typed("wake_on", 20), "reason": common.typed("reason")}


def _close() -> Given:
    return {**_remark(), **({"anyway": True} if request.form.get("anyway") else {})}


def _reopen() -> Given:
    return {"remark": common.typed("remark")}


def _priority() -> Given:
    return {"priority": common.typed("priority", 20)}


def _due() -> Given:
    return {"due_on": common.typed("due_on", 20) or None, **_remark()}


def _approve() -> Given:
    route = {"route": True} if request.form.get("route") == "yes" else {}
    return {**_money(), **_remark(), **route}


def _refuse() -> Given:
    return {**_money(), "remark": common.typed("remark")}


def _return() -> Given:
    given = {**_money(), "remark": common.typed("remark")}
    return {**given, "to": post_of(common.typed("to", 300))} if common.typed("to") else given


def _cancel() -> Given:
    return {"approval_id": common.typed("approval_id", 40), "remark": common.typed("remark")}


def _correct() -> Given:
    """What the file is to say; what was left as it is, is not said."""
    given = {name: typed for name, typed in common.said("subject", "secrecy").items()
             if typed != common.typed(f"was_{name}")}  # fmt: skip
    return {**given, "reason": common.typed("reason")}


def _money() -> Given:
    """What is sanctioned, under which head; neither, where it is not about money.

    Raises:
        Invalid: the amount is none.
    """
    given: Given = common.said("power")
    amount, wrong = paise_typed("amount")
    if wrong:
        raise Invalid("the amount is none", {"amount": wrong})
    return given if amount is None else {**given, "amount_paise": amount}


STEPS: Final[Mapping[str, Callable[[], Given]]] = {
    "put_up": _to_if_said,
    "forward": _to,
    "send_back": _to_if_said,
    "follow_route": _route,
    "pull_back": _remark,
    "pull_up": _remark,
    "mark": _mark,
    "answer": _answer,
    "gather": _gather,
    "park": _park,
    "wake": dict,
    "close": _close,
    "reopen": _reopen,
    "set_priority": _priority,
    "set_due": _due,
    "correct_file": _correct,
    "approve": _approve,
    "refuse": _refuse,
    "return_with_amount": _return,
    "cancel_approval": _cancel,
}
"""The steps by the e-office's names for them, and what each reads from its form."""
_DECISIONS: Final = frozenset({"approve", "refuse", "return_with_amount", "cancel_approval"})
_SENDS: Final = frozenset({"put_up", "forward", "send_back", "follow_route", "return_with_amount"})
_LEAVES: Final = _SENDS | {"park", "close", "routed"}
