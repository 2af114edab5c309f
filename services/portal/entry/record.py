"""How far the values of a period can be relied on, every version of them, and signing it off."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import PalikaError
from palika.roles import post_of
from services.portal.accounts.doors import door
from services.portal.asking import Question
from services.portal.entry import shown
from services.portal.entry.desks import WITHIN_S
from services.portal.rooms import ask, one, page, post_names, refusal, services, typed

_PAGE: Final = 100


def add_to(entry: Blueprint) -> None:
    """Add the page to the blueprint."""
    address = "/<department>/<period>/record"
    entry.add_url_rule(address, "record", record, methods=["GET", "POST"])


@door("officer", "supervisor")
def record(department: str, period: str) -> Any:
    """The record of a period; its owner signs it off."""
    if request.method == "GET":
        return _page(department, period)
    given = {"department": department, "period": period}
    note = typed("note", 1_000)
    try:
        with services(WITHIN_S) as city:
            city.kpi.sign_off(**given, **({"note": note} if note else {}))
    except PalikaError as error:
        refused = refusal(error)
        return _page(department, period, refused.status, refused.errors)
    return redirect(url_for("entry.record", **given, told="signed"), 303)


def _page(
    department: str, period: str, status: int = 200, errors: dict[str, list[str]] | None = None
) -> Response:
    given = {"department": department, "period": period}
    cursor = request.args.get("from", "")[:400]
    listed = {**given, "limit": _PAGE, **({"cursor": cursor} if cursor else {})}
    told = ask(
        WITHIN_S,
        quality=Question("kpi", "quality", given),
        entries=Question("kpi", "entries", listed),
        form=Question("kpi", "form", given),
        desks=Question("kpi", "desks", {}, 10.0),
    )
    asked = one(told["form"])
    fields = {each["measure"]: each for each in asked["measures"]}
    places = {
        (each["measure"], place["place"]): place["name"]
        for each in asked["measures"]
        for place in each["places"]
    }
    desks = [] if told["desks"].missing else told["desks"].value["items"]
    desk = next((each for each in desks if each["department"] == department), None)
    rows = [] if told["entries"].missing else told["entries"].value["items"]
    return page(
        "entry/record.html",
        status,
        department=department,
        period=period,
        quality=told["quality"],
        versions=told["entries"],
        rows=rows,
        fields=fields,
        places=places,
        signs=bool(desk and desk["sign"]),
        signed=all(each["signed_off"] for each in asked["measures"]),
        posts=post_names(post_of(each["decided_by"] or "") for each in rows),
        errors=errors or {},
        values=request.form,
        words=shown,
    )
