"""What a department is to enter of a period, and what it has entered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from palika.errors import Invalid
from services.kpi.describing import both
from services.kpi.domain import money
from services.kpi.domain.entry import Key, shown
from services.kpi.domain.indicators import MeasureInfo
from services.kpi.domain.period import FREQUENCIES, Period, containing, period
from services.kpi.models import Reading, SignOff
from services.kpi.reference import city_catalogue, city_places


@dataclass(frozen=True, slots=True)
class Asked:
    """A measure that is to be entered for a period."""

    info: MeasureInfo
    period: Period


def asked(department: str, code: str | None, today: date) -> list[Asked]:
    """What a department enters: of one period, or of the last of each kind that is over.

    Raises:
        Invalid: `code` is no period, or none of a kind for which the department enters anything.
    """
    mine = [each for each in city_catalogue().measures.values() if each.department == department]
    manual = sorted(
        (each for each in mine if each.manual),
        key=lambda each: FREQUENCIES.index(each.every or "month"),
    )
    if code is None:
        return [Asked(each, _last(each.every or "month", today)) for each in manual]
    wanted = period(code)
    found = [Asked(each, wanted) for each in manual if each.every == wanted.frequency]
    if not found:
        kinds = ", ".join(dict.fromkeys(each.every or "" for each in manual)) or "nothing"
        rule = f"{department} enters values by: {kinds}"
        raise Invalid("nothing is entered for such a period", {"period": [rule]})
    return found


def latest(session: Session, department: str, wanted: Iterable[Asked]) -> dict[Key, list[Reading]]:
    """Of each value what is in force, and what was entered last, oldest first."""
    days = sorted({each.period.last for each in wanted})
    query = (
        select(Reading)
        .where(
            Reading.department == department,
            Reading.day.in_(days),
            or_(Reading.in_force, Reading.state.in_(("draft", "submitted", "sent_back"))),
        )
        .order_by(Reading.id)
    )
    found: dict[Key, list[Reading]] = {}
    for each in session.scalars(query):
        found.setdefault(Key(each.measure, each.place, each.day), []).append(each)
    return found


def form(session: Session, args: Mapping[str, Any], today: date) -> dict[str, Any]:
    """What is to be entered: each measure with its bounds, what it is held against (``at_most``,
    ``rarely_above``), the day on which it is due, and for each place the value in force, the one
    before, that of the whole it may not exceed (``most``), and how far the entry has come.

    Raises:
        Invalid: no such period, or nothing is entered for it.
    """
    department = args["department"]
    known = city_catalogue()
    wanted = asked(department, args["period"], today)
    before = [Asked(each.info, each.period.previous()) for each in wanted]
    found = latest(session, department, [*wanted, *before])
    signed = {
        each.period: each
        for each in session.scalars(select(SignOff).where(SignOff.department == department))
    }
    fields = []
    for each in wanted:
        info, of = each.info, each.period
        due = info.due_on(of)
        places = [
            _place(info, of, code, found) | {"name": both(name)}
            for code, name in city_places().expected(info.by).items()
        ]
        missing = sum(place["state"] in ("missing", "sent_back", "draft") for place in places)
        fields.append(
            {
                "measure": info.code,
                "name": both(info.name),
                "unit": info.unit,
                "unit_name": both(known.units[info.unit]),
                "asked_in": _asked_in(info),
                "kind": info.kind,
                "decimals": info.decimals,
                "min": None if info.least is None else float(info.least),
                "max": None if info.most is None else float(info.most),
                "by": list(info.by),
                "source": info.source,
                "at_most": _beside(info.at_most),
                "rarely_above": _beside(info.rarely_above),
                "period": of.code,
                "due_on": due.isoformat(),
                "overdue": bool(missing) and today > due,
                "missing": missing,
                "signed_off": of.code in signed,
                "places": places,
            }
        )
    return {
        "department": department,
        "owner": known.departments[department].owner,
        "measures": fields,
    }


def _asked_in(info: MeasureInfo) -> dict[str, Any]:
    """In what people are asked for a value: `enter` takes it with `unit`, unless that is None;
    `per` of the measure's units are one of it."""
    if info.unit == money.PAISE:
        named = {"unit": money.RUPEES, "name": both(money.SHOWN), "per": 10**money.PLACES}
        return named | {"decimals": info.decimals + money.PLACES}
    name = both(city_catalogue().units[info.unit])
    return {"unit": None, "name": name, "per": 1, "decimals": info.decimals}


def _place(
    info: MeasureInfo, of: Period, place: str, found: Mapping[Key, list[Reading]]
) -> dict[str, Any]:
    here = found.get(Key(info.code, place, of.last), [])
    earlier = found.get(Key(info.code, place, of.previous().last), [])
    last = here[-1] if here else None
    return {
        "place": place,
        "value": _in_force(here),
        "previous": _in_force(earlier),
        "most": _whole(info, of, place, found),
        "state": "missing" if last is None else last.state,
        "entered": None if last is None else shown(last.value, last),
        "batch": None if last is None else str(last.batch_id),
        "remark": None if last is None else last.remark,
    }


def _beside(code: str | None) -> dict[str, Any] | None:
    """Another measure that a value is held against."""
    if code is None:
        return None
    return {"measure": code, "name": both(city_catalogue().measures[code].name)}


def _whole(
    info: MeasureInfo, of: Period, place: str, found: Mapping[Key, list[Reading]]
) -> int | float | None:
    """What a value may not exceed, where it is entered for the same place and days; else None:
    ``domain/wholes.py`` adds up and looks back when the value comes."""
    if info.at_most is None or city_catalogue().measures[info.at_most].by != info.by:
        return None
    return _in_force(found.get(Key(info.at_most, place, of.last), []))


def _in_force(readings: Iterable[Reading]) -> int | float | None:
    return next((shown(each.value, each) for each in readings if each.in_force), None)


def _last(frequency: str, today: date) -> Period:
    """The last period of a kind that is over."""
    return containing(today, frequency).previous()
