"""The form of a department and a period: what is asked, what was before, what is plausible."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from uuid6 import uuid7

from palika.errors import PalikaError
from services.portal.accounts.doors import door
from services.portal.asking import Question
from services.portal.entry import shown
from services.portal.entry.desks import WITHIN_S
from services.portal.pages.words import N_, gettext
from services.portal.rooms import ask, one, page, refusal, services, typed

_ENTER_S: Final = 20.0
_NOTHING: Final = N_("enter one value at the least")
Cell = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A measure of the form, and one of its places."""


def add_to(entry: Blueprint) -> None:
    """Add the page to the blueprint."""
    entry.add_url_rule("/<department>/<period>", "form", form, methods=["GET", "POST"])


@door("officer", "supervisor")
def form(department: str, period: str) -> Any:
    """Enter values of a period by hand; all of them, or none."""
    asked = asked_for(department, period)
    if request.method == "GET":
        return _page(asked, period)
    lines, fields = [], []
    for measure, place in cells(asked):
        value = typed(value_name(measure, place), 100)
        if not value:
            continue
        line = {"measure": measure["measure"], "period": period, "place": place["place"]}
        reason = typed(reason_name(measure, place), 1_000) or None
        unit = measure["asked_in"]["unit"]
        lines.append(line | {"value": value, "reason": reason, "unit": unit})
        fields.append((measure, place))
    if not lines:
        return _page(asked, period, 400, {"form": [_NOTHING]}, request.form)
    submit = request.form.get("keep") != "draft"
    given = {"id": typed("id", 40) or None, "note": typed("note", 1_000) or None}
    try:
        with services(_ENTER_S) as city:
            made = city.kpi.enter(department=department, lines=lines, submit=submit, **given)
    except PalikaError as error:
        refused = refusal(error, _shown_as(fields))
        return _page(asked, period, refused.status, refused.errors, request.form)
    told = "entered" if submit else "draft"
    return redirect(url_for("entry.batch", key=made["id"], told=told), 303)


def asked_for(department: str, period: str) -> dict[str, Any]:
    """What the form asks.

    Raises:
        PalikaError: there is no such department or period, or the service is away.
    """
    given = {"department": department, "period": period}
    found: dict[str, Any] = one(ask(WITHIN_S, form=Question("kpi", "form", given))["form"])
    return found


def cells(asked: Mapping[str, Any]) -> Iterator[Cell]:
    """Every value that a form asks for."""
    for measure in asked["measures"]:
        for place in measure["places"]:
            yield measure, place


def value_name(measure: Mapping[str, Any], place: Mapping[str, Any]) -> str:
    """The name of the field for a value."""
    return f"value-{measure['measure']}-{place['place']}"


def reason_name(measure: Mapping[str, Any], place: Mapping[str, Any]) -> str:
    """The name of the field for the reason of a correction."""
    return f"reason-{measure['measure']}-{place['place']}"


def _shown_as(fields: list[Cell]) -> dict[str, str]:
    """Where the service's ``lines.3.value`` stands in the form: all but a reason by its value."""
    found = {}
    for number, (measure, place) in enumerate(fields, 1):
        for name in ("measure", "period", "place", "value", "unit"):
            found[f"lines.{number}.{name}"] = value_name(measure, place)
        found[f"lines.{number}.reason"] = reason_name(measure, place)
    return found


def _page(
    asked: Mapping[str, Any],
    period: str,
    status: int = 200,
    errors: Mapping[str, list[str]] | None = None,
    values: Mapping[str, str] | None = None,
) -> Response:
    labels = {}
    for measure, place in cells(asked):
        name = shown.named(measure["name"])
        where = f" – {shown.named(place['name'])}" if place["place"] else ""
        labels[value_name(measure, place)] = f"{name}{where}"
        labels[reason_name(measure, place)] = f"{gettext('Reason')}: {name}{where}"
    signed = all(each["signed_off"] for each in asked["measures"])
    return page(
        "entry/form.html",
        status,
        form=asked,
        period=period,
        signed=signed,
        missing=sum(each["missing"] for each in asked["measures"]),
        due=min(each["due_on"] for each in asked["measures"]),
        errors=dict(errors or {}),
        values=values or {},
        labels=labels,
        value_name=value_name,
        reason_name=reason_name,
        fresh=uuid7,
        words=shown,
    )
