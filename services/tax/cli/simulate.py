"""``palika tax simulate``: what an amnesty or a rebate would do, before anybody announces it."""

import json
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from palika import city_data
from palika.database import sessions
from palika.errors import Invalid
from palika.india import grouped, rupees
from palika.text import Name
from palika.yaml_files import WrongData
from services.tax.cli.tables import Listing, figures, words
from services.tax.cli.told import tell_mistakes
from services.tax.domain.explanation import USES
from services.tax.domain.simulation import Position, Simulation, Sums, of_amnesty, of_rebate
from services.tax.domain.simulation_file import Proposal, proposal
from services.tax.files.yaml_file import parsed
from services.tax.queries.positions import positions
from services.tax.reference import RATES, ward_shares, wards

_PARTS: Final = {
    "wards": Name("प्रभाग", "Ward"),
    "uses": Name("वापर", "Use"),
    "sizes": Name("थकबाकी", "What is owed"),
}
_SIZES: Final = {
    "up_to_10000": Name("₹१०,००० पर्यंत", "up to ₹10,000"),
    "up_to_50000": Name("₹५०,००० पर्यंत", "up to ₹50,000"),
    "up_to_2_lakh": Name("₹२ लाखांपर्यंत", "up to ₹2 lakh"),
    "up_to_10_lakh": Name("₹१० लाखांपर्यंत", "up to ₹10 lakh"),
    "above_10_lakh": Name("₹१० लाखांपेक्षा अधिक", "above ₹10 lakh"),
}
_COLUMNS: Final = {
    "count": Name("लाभार्थी", "gain"),
    "forgone": Name("सोडते", "forgone"),
    "collected": Name("जमा", "comes in"),
    "anyway": Name("तरीही", "anyway"),
    "more": Name("अधिक", "more"),
}


@click.group("simulate")
def group() -> None:
    """What a rule would do: who gains, what the city forgoes, what comes in."""


@group.command("amnesty")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--synthetic",
    type=click.IntRange(1, 5_000_000),
    metavar="PROPERTIES",
    help="A made-up city of so many, in place of the ledger. Illustrative, all of it.",
)
@click.option("--seed", default=1, show_default=True, help="Of the made-up city.")
@click.option(
    "--language",
    type=click.Choice(["mr", "en"]),
    default="mr",
    show_default=True,
    help="Of what is told.",
)
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
def amnesty(file: Path, synthetic: int | None, seed: int, language: str, as_json: bool) -> None:
    """Simulate the rule of FILE (an amnesty, or an early-payment rebate) on the whole ledger.

    FILE is like the rate sheet's section, with who is assumed to take it:

    \b
      amnesty:
        abhay_2026:
          mr: अभय योजना २०२६
          en: Amnesty scheme 2026
          arrears_to: 2025-26/2
          lump_sum: true
          steps: [{from: 2026-12-15, to: 2027-01-15, percent: 75, illustrative: true}]
      paid_on: 2026-12-31
      take_up: {name: a fifth, basis: nobody knows, takes: 20, anyway: 4}

    Nothing is changed, and nothing is announced.

    Exit status: 0 when it was simulated, 1 when FILE has mistakes or the rule is not open on that
    day, 2 when there is no such file.
    """
    try:
        base = parsed(city_data.own(RATES), lambda raw: raw)
        rule = parsed(file, partial(proposal, base=base))
    except WrongData as error:
        tell_mistakes(error, as_json)
    columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed:>9,.0f}"))
    quiet = as_json or not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as bars:
        task = bars.add_task("", total=None)
        try:
            found = _simulated(
                rule,
                _positions(rule, synthetic, seed),
                lambda done: bars.update(task, completed=done),
            )
        except Invalid as error:
            raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(_as_json(found, rule), ensure_ascii=False))
    else:
        _show(found, rule, language)


def _simulated(rule: Proposal, positions: Iterable[Position], progress: Any) -> Simulation:
    day, rounding = rule.paid_on, rule.sheet.rounding
    if rule.scheme is not None:
        return of_amnesty(positions, rule.scheme, day, day, rounding, rule.take_up, progress)
    assert rule.year is not None
    early = rule.sheet.early_payment
    return of_rebate(positions, early, rule.year, day, day, rounding, rule.take_up, progress)


def _positions(rule: Proposal, synthetic: int | None, seed: int) -> Iterator[Position]:
    if synthetic is not None:
        from services.tax.recovery.positions import made_up

        yield from made_up(synthetic, seed, ward_shares(), rule.paid_on, rule.year)
        return
    with sessions("tax")() as session:
        yield from positions(session, rule.paid_on, rule.year)


def _row(sums: Sums) -> dict[str, int]:
    return {
        "count": sums.count,
        "given_paise": sums.given,
        "takers": sums.takers // 1000,
        "forgone_paise": sums.forgone,
        "collected_paise": sums.collected,
        "anyway_paise": sums.anyway,
        "more_paise": sums.more,
        "gift_paise": sums.gift,
    }


def _as_json(found: Simulation, rule: Proposal) -> dict[str, Any]:
    even = found.break_even
    return {
        "assumption": {"name": rule.take_up.name, "basis": rule.take_up.basis},
        "paid_on": rule.paid_on.isoformat(),
        "properties": found.looked_at,
        "owing": found.owing,
        "all": _row(found.all),
        "break_even_percent": None if even is None else round(float(even * 100), 2),
        **{
            part: {name: _row(sums) for name, sums in sorted(getattr(found, part).items())}
            for part in _PARTS
        },
    }


def _show(found: Simulation, rule: Proposal, language: str) -> None:
    what = rule.scheme.name if rule.scheme else rule.sheet.early_payment.name
    lakh = Name("₹ लाख", "₹ lakh").in_(language)
    click.echo(f"{what.in_(language)} ({lakh})")
    sums_of = [figures(name.in_(language)) for name in _COLUMNS.values()]
    total = (Name("एकूण", "All").in_(language), *_cells(found.all))
    for part, heading in _PARTS.items():
        listing = Listing("", (words(heading.in_(language)), *sums_of), total=total)
        rows = getattr(found, part)
        for name, sums in rows.items() if part == "sizes" else sorted(rows.items()):
            if sums.count:
                listing.add(_named(part, name, language), *_cells(sums))
        listing.show()
    click.echo(
        Name(
            "तरीही: योजनेशिवायही आले असते. "
            f"गृहीतक «{rule.take_up.name}»: {rule.take_up.basis}. {grouped(found.looked_at)} "
            f"मिळकती पाहिल्या; तरीही भरले असते त्यांना मिळणारी सवलत {rupees(found.all.gift)}.",
            "anyway: what would have come without it. "
            f"Assumed: “{rule.take_up.name}”: {rule.take_up.basis}. {grouped(found.looked_at)} "
            f"properties looked at; {rupees(found.all.gift)} of it goes to those who would have "
            "paid anyway.",
        ).in_(language)
    )
    if found.break_even is not None:
        share = f"{float(found.break_even):.1%}"
        click.echo(
            Name(
                f"किमान {share} लाभार्थ्यांनी भरल्यास महापालिकेचे नुकसान होत नाही.",
                f"The city loses nothing if {share} of those who gain pay.",
            ).in_(language)
        )


def _cells(sums: Sums) -> list[str]:
    paise = (sums.forgone, sums.collected, sums.anyway, sums.more)
    return [grouped(sums.count), *(_lakh(each) for each in paise)]


def _lakh(paise: int) -> str:
    """``16,336.5``: lakh of rupees, to a tenth."""
    tenths = round(paise / 10_00_000)
    sign = "-" if tenths < 0 else ""
    return f"{sign}{grouped(abs(tenths) // 10)}.{abs(tenths) % 10}"


def _named(part: str, code: str, language: str) -> str:
    if part == "sizes":
        return _SIZES[code].in_(language)
    if part == "wards":
        return wards()[code].name.in_(language) if code in wards() else code
    return USES[code].in_(language) if code in USES else code
