"""What the tax of a property would be, before anybody files it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from palika.india import day_of
from palika.text import Name
from services.tax.domain.assessment import Assessment, assess
from services.tax.domain.billing import half_years_of, period_of
from services.tax.domain.changing import checked
from services.tax.domain.explanation import USES, explained
from services.tax.domain.rates import USES as PLAIN_USES
from services.tax.domain.rebates import rebate
from services.tax.domain.register_words import OCCUPANCY_NAMES
from services.tax.reference import rates

_NUMBER = "estimate"
_LANGUAGES = ("mr", "en")


def estimate(args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The tax of a year, or a half of one, of a property as it is described.

    Returns:
        ``total_paise``; ``half_years``: each with its lines by head, and the steps in both
        languages with what each rests on; ``rebate``: of a whole year, for who pays it today; None
        where there is none. An estimate: the bill is by what the office has found.

    Raises:
        Invalid: what the rate sheet does not know or cover, by field.
    """
    half_years = half_years_of(args["period"])
    sheet, today = rates(), day_of(now)
    owed = checked(_NUMBER, args["zone"], args["floors"], args["claims"], sheet)
    found = [assess(owed, sheet, half_year, today) for half_year in half_years]
    return {
        "period": args["period"],
        "known_on": today.isoformat(),
        "total_paise": sum(each.total_paise for each in found),
        "half_years": [_told(each) for each in found],
        "rebate": _rebate(found, now) if len(found) > 1 else None,
    }


def terms(now: datetime) -> dict[str, Any]:
    """What an estimate may be asked with, in both languages, in the order of the rate sheet.

    Returns:
        ``period``: the financial year of today; ``zones``, ``classes``, ``uses``, ``occupancies``,
        ``claims``: each ``code`` and ``called`` (mr, en).
    """
    sheet, today = rates(), day_of(now)
    claims = {each.code: each.name for each in sheet.concessions.values()}
    claims |= {each.code: each.name for each in sheet.deductions if each.claimed}
    uses = {code: name for code, name in USES.items() if code in PLAIN_USES}
    return {
        "period": period_of(today),
        "zones": _listed(sheet.zones),
        "classes": _listed(sheet.classes),
        "uses": _listed(uses),
        "occupancies": _listed(OCCUPANCY_NAMES),
        "claims": _listed(claims),
    }


def _listed(names: Mapping[str, Name]) -> list[dict[str, Any]]:
    return [
        {"code": code, "called": {lang: name.in_(lang) for lang in _LANGUAGES}}
        for code, name in names.items()
    ]


def _told(each: Assessment) -> dict[str, Any]:
    sheet = rates()
    steps = {}
    for language in _LANGUAGES:
        told, bases = explained(each.steps, language)
        steps[language] = {
            "steps": [
                {"text": one.text, "paise": one.amount_paise, "basis": one.note} for one in told
            ],
            "bases": bases,
        }
    return {
        "half_year": str(each.half_year),
        "rateable_value_paise": each.valuation.rateable_value_paise,
        "total_paise": each.total_paise,
        "heads": [
            {
                "head": head,
                "called": {lang: sheet.heads[head].name.in_(lang) for lang in _LANGUAGES},
                "paise": paise,
            }
            for head, paise in each.by_head().items()
        ],
        "explained": steps,
    }


def _rebate(found: list[Assessment], now: datetime) -> dict[str, Any] | None:
    taxes = {
        (each.half_year, head): paise for each in found for head, paise in each.by_head().items()
    }
    sheet, today = rates(), day_of(now)
    given = rebate(
        sheet.early_payment, found[0].half_year.year, taxes, today, today, sheet.rounding
    )
    if given is None:
        return None
    return {"paise": given.total_paise, "last_day": given.window.last_day.isoformat()}
