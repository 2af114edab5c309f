"""``palika tax assess``: what a property owes for a half-year, and why."""

import json
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from palika.days import DAY
from palika.errors import Invalid
from palika.exits import fail
from palika.india import day_of, in_digits, rupees
from palika.yaml_files import WrongData
from services.tax.cli import tables
from services.tax.cli.told import tell_mistakes
from services.tax.domain.assessment import Assessment, assess
from services.tax.domain.explanation import USES, explained
from services.tax.domain.half_year import HalfYear
from services.tax.domain.property import described
from services.tax.domain.rates import Sheet
from services.tax.domain.rates_file import sheet as sheet_of
from services.tax.domain.reassessment import Difference
from services.tax.domain.rebates import Rebate, rebate
from services.tax.domain.steps import Step
from services.tax.files.yaml_file import parsed
from services.tax.reference import RATES

_WRONG_USAGE = 2
_WORDS = {
    "mr": {
        "title": "मिळकत {number}, सहामाही {half_year}, {known_on} रोजी ज्ञात नियमांनुसार",
        "step": "टप्पा",
        "amount": "रक्कम",
        "note": "टीप",
        "then": "{day} रोजी ज्ञात नियमांनुसार {amount}; तेव्हापासूनचा फरक",
        "head": "कर",
        "difference": "फरक",
        "total": "एकूण",
        "refund": "जादा आकारणी {years} वर्षांत परत केली जाते.",
        "rebate": "{year} चा संपूर्ण कर मुदतीत भरल्यास",
        "no_rebate": "{day} रोजी भरल्यास मुदतीत भरणा सवलत नाही.",
    },
    "en": {
        "title": "Property {number}, half-year {half_year}, as known on {known_on}",
        "step": "Step",
        "amount": "Amount",
        "note": "Note",
        "then": "As known on {day}: {amount}; the difference since",
        "head": "Head",
        "difference": "Difference",
        "total": "Total",
        "refund": "What was billed too much is given back over {years} years.",
        "rebate": "When the whole tax of {year} is paid early",
        "no_rebate": "There is no early-payment rebate on {day}.",
    },
}


@click.command("assess")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--half-year", "half_year", required=True, help="2026-27/1, or 20261.")
@click.option(
    "--known-on",
    type=DAY,
    help="What was decided by this day counts; the day of a bill gives the bill as it was. "
    "[default: today]",
)
@click.option(
    "--against",
    type=DAY,
    help="Also what is different from what was known on this earlier day, head by head.",
)
@click.option(
    "--paid-on",
    type=DAY,
    help="Also the rebate for who pays the whole year's tax by this day, the property being the "
    "same in both half-years.",
)
@click.option(
    "--rates",
    "rates",
    default=RATES,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A rate sheet. [default: the shipped one]",
)
@click.option(
    "--language",
    type=click.Choice(["mr", "en"]),
    default="mr",
    show_default=True,
    help="Of the explanation.",
)
@click.option("--json", "as_json", is_flag=True, help="The assessment as one JSON object.")
def assess_command(
    file: Path,
    half_year: str,
    known_on: date | None,
    against: date | None,
    paid_on: date | None,
    rates: Path,
    language: str,
    as_json: bool,
) -> None:
    """Assess the property that FILE describes, with each step and what it rests on.

    \b
    FILE is YAML:
      number: P/1/02/00345
      zone: zone-2
      claims: [self_occupied, solar]
      floors:
        - {floor: Ground, area_sqm: 62.50, use: residential, class: rcc,
           built_in: 1998, occupancy: self}

    Exit status: 0 when it is assessed, 1 when FILE or the rate sheet has mistakes or the sheet has
    no rate for it, 2 when an option is wrong.
    """
    try:
        half = HalfYear.parse(half_year)
    except Invalid as error:
        fail(f"--half-year: {error.fields['half_year'][0]}", _WRONG_USAGE)
    day = known_on or day_of(datetime.now(UTC))
    if against is not None and against > day:
        rule = f"must not be after the day that is compared with it, {in_digits(day)}"
        fail(f"--against: {rule}", _WRONG_USAGE)
    try:
        sheet = parsed(rates, sheet_of)
        owed = parsed(file, partial(described, sheet=sheet))
    except WrongData as error:
        tell_mistakes(error, as_json)
    try:
        found = assess(owed, sheet, half, day)
        then = assess(owed, sheet, half, against) if against else None
        year = _year(found, sheet) if paid_on else {}
    except Invalid as error:
        fail(str(error), 1)
    changed = Difference(then, found) if then else None
    early = None
    if paid_on:
        early = rebate(sheet.early_payment, half.year, year, paid_on, day, sheet.rounding)
    if as_json:
        told = _as_json(found, sheet, language)
        told |= {"difference": _difference(changed)} if changed else {}
        told |= {"rebate": _rebate(early, language)} if paid_on else {}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    words = _WORDS[language]
    title = words["title"].format(number=owed.number, half_year=half, known_on=in_digits(day))
    _show(f"{title} ({USES[owed.use].in_(language)})", found.steps, language)
    if changed:
        _show_difference(changed, sheet, language)
    if paid_on and early:
        _show(words["rebate"].format(year=half.financial_year), early.steps, language)
    elif paid_on:
        click.echo(words["no_rebate"].format(day=in_digits(paid_on)))


def _year(found: Assessment, sheet: Sheet) -> dict[tuple[HalfYear, str], int]:
    """The tax of both half-years, by half-year and head."""
    halves = (HalfYear(found.half_year.year, half) for half in (1, 2))
    return {
        (half, head): paise
        for half in halves
        for head, paise in assess(found.owed, sheet, half, found.known_on).by_head().items()
    }


def _as_json(found: Assessment, sheet: Sheet, language: str) -> dict[str, Any]:
    steps, bases = explained(found.steps, language)
    return {
        "number": found.owed.number,
        "zone": found.owed.zone,
        "use": found.owed.use,
        "half_year": str(found.half_year),
        "known_on": found.known_on.isoformat(),
        "letting_value_paise": found.valuation.letting_value_paise,
        "rateable_value_paise": found.valuation.rateable_value_paise,
        "lines": [
            {
                "kind": line.kind,
                "head": line.head,
                "name": sheet.heads[line.head].name.in_(language),
                "concession": line.concession,
                "amount_paise": line.paise,
            }
            for line in found.lines
        ],
        "total_paise": found.total_paise,
        "steps": [
            {"text": each.text, "amount_paise": each.amount_paise, "note": each.note}
            for each in steps
        ],
        "notes": bases,
    }


def _difference(changed: Difference) -> dict[str, Any]:
    return {
        "known_on": changed.then.known_on.isoformat(),
        "total_paise": changed.then.total_paise,
        "lines": dict(changed.lines),
        "difference_paise": changed.total_paise,
        "refund_years": changed.refund_years,
    }


def _rebate(early: Rebate | None, language: str) -> dict[str, Any] | None:
    if early is None:
        return None
    steps, notes = explained(early.steps, language)
    by_head: dict[str, int] = {}
    for (_, head), paise in early.lines.items():
        by_head[head] = by_head.get(head, 0) + paise
    return {
        "from": early.window.first_day.isoformat(),
        "to": early.window.last_day.isoformat(),
        "lines": by_head,
        "total_paise": early.total_paise,
        "steps": [
            {"text": each.text, "amount_paise": each.amount_paise, "note": each.note}
            for each in steps
        ],
        "notes": notes,
    }


def _show(title: str, steps: tuple[Step, ...], language: str) -> None:
    words = _WORDS[language]
    told, bases = explained(steps, language)
    columns = (tables.words(words["step"]), *map(tables.figures, (words["amount"], words["note"])))
    listing = tables.Listing(title, columns)
    for each in told:
        listing.add(each.text, rupees(each.amount_paise), f"{each.note or ''}")
    listing.show()
    for number, text in enumerate(bases, 1):
        click.echo(f"{number}. {text}")


def _show_difference(changed: Difference, sheet: Sheet, language: str) -> None:
    words = _WORDS[language]
    then = words["then"].format(
        day=in_digits(changed.then.known_on), amount=rupees(changed.then.total_paise)
    )
    listing = tables.Listing(
        then,
        (tables.words(words["head"]), tables.figures(words["difference"])),
        total=(words["total"], rupees(changed.total_paise)),
    )
    for head, paise in changed.lines.items():
        listing.add(sheet.heads[head].name.in_(language), rupees(paise))
    listing.show()
    if changed.refund_years and changed.total_paise < 0:
        click.echo(words["refund"].format(years=changed.refund_years))
