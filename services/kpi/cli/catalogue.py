"""``palika kpi check``, ``catalogue`` and ``explain``: what the city is judged by."""

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from services.kpi.cli.pages import show_table, table_of
from services.kpi.domain.nearest import did_you_mean

if TYPE_CHECKING:
    from services.kpi.domain.indicators import Aim, Catalogue, Indicator
    from services.kpi.domain.meaning import Changed

FEW = 10
"""A department with fewer KPIs is told of."""
_DIRECTIONS = {"higher": "≥ ", "lower": "≤ ", "band": "", "none": ""}


@click.command("check")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--database", is_flag=True, help="Whether it fits what is stored, too: asks the database."
)
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
def check(path: Path | None, database: bool, as_json: bool) -> None:
    """Check all that the city edits: units, sources, measures, KPIs, programmes, places, who enters
    values, when owners are told, which dashboards there are, and whose papers these are; whether
    formulas mean something, parts can be held to their wholes, and owners are posts of the city.

    PATH is a folder such as data/, or one of its files (…/departments/roads.yaml), used over the
    shipped ones of the same name; without it, the shipped ones are checked.

    Exit status: 0 when all is right, 1 when there are mistakes (each is told with its file, line,
    place and rule) or stored values do not fit, 2 when there is no such path.
    """
    from palika.yaml_files import WrongData
    from services.kpi.domain.catalogue_same import alike
    from services.kpi.domain.programme_file import check_named
    from services.kpi.files import read_all

    try:
        found = read_all(path)
        known, programmes = found.catalogue, found.programmes
        counts = _counts(known) | {"programmes": len(programmes)}
    except WrongData as error:
        if as_json:
            told: list[dict[str, Any]] = [
                {"file": each.file, "line": each.line, "place": each.place, "rule": each.rule}
                for each in error.mistakes
            ]
            click.echo(json.dumps({"valid": False, "mistakes": told}, ensure_ascii=False))
        else:
            for each in error.mistakes:
                click.echo(str(each), err=True)
        raise click.exceptions.Exit(1) from error
    changed = _changed(known) if database else []
    if changed:
        if as_json:
            told_changed = [{**each._asdict(), "rule": str(each)} for each in changed]
            click.echo(json.dumps({"valid": False, "changed": told_changed}, ensure_ascii=False))
        else:
            for change in changed:
                click.echo(str(change), err=True)
        raise click.exceptions.Exit(1)
    if as_json:
        told_counts = {"valid": True, "mistakes": [], **counts}
        click.echo(json.dumps(told_counts, ensure_ascii=False))
        return
    by_source = counts["by_source"]
    click.echo(
        f"All is right: {counts['departments']} departments, {counts['kpis']} KPIs "
        f"({', '.join(f'{by_source[each]} {each}' for each in by_source)}), "
        f"{counts['measures']} measures, {counts['programmes']} programmes."
    )
    click.echo(
        f"The platform's events feed {counts['fed_by_events']} KPIs; "
        f"{counts['measures_by_hand']} measures are entered, {counts['parts']} are parts of others."
    )
    click.echo(
        f"Of {counts['kpis']} KPIs {counts['with_target']} have a target and "
        f"{counts['with_reference']} a reference."
    )
    named = {each.code: each.programme for each in known.indicators.values()}
    for told in check_named(named, programmes):
        click.echo(f"warning: {told}", err=True)
    for told in alike(known):
        click.echo(f"warning: {told}", err=True)
    for code, count in counts["few"].items():
        click.echo(f"warning: {code} has {count} KPIs, fewer than {FEW}", err=True)


@click.command("catalogue")
@click.option("--department", help="A department's code; the whole city if left out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def list_(department: str | None, as_json: bool) -> None:
    """List the KPIs of a department, or of the city."""
    from services.kpi.describing import described
    from services.kpi.reference import city_catalogue

    known = city_catalogue()
    if department is not None and department not in known.departments:
        said = f"no department {department!r} has KPIs{did_you_mean(department, known.departments)}"
        raise click.BadParameter(said, param_hint="department")
    listed = known.of(department)
    if as_json:
        kpis = [described(each, known) for each in listed]
        click.echo(json.dumps({"department": department, "kpis": kpis}, ensure_ascii=False))
        return
    from rich.console import Console

    headings = [(each, False) for each in ("KPI / निर्देशांक", "unit", "every", "source")]
    table = table_of(f"{len(listed)} KPIs of {department or 'the whole city'}", headings)
    # A code is to be copied: it is not broken, however narrow the terminal is.
    longest = max(len(each.code) for each in listed)
    table.columns[0].width = max(longest, Console().width // 2)
    for each in listed:
        names = f"{each.name.en}\n{each.name.mr}\n[dim]{each.code}[/dim]"
        table.add_row(names, known.units[each.unit].en, each.frequency, each.source)
    show_table(table)


@click.command("explain")
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def explain(code: str, as_json: bool) -> None:
    """Show one KPI in words: what it counts, over what, what is aimed at, and who says so."""
    from services.kpi.describing import described
    from services.kpi.reference import city_catalogue

    known = city_catalogue()
    indicator = known.indicator(code)
    if as_json:
        click.echo(json.dumps(described(indicator, known), ensure_ascii=False))
        return
    for line in _lines(indicator, known):
        click.echo(line)


def _changed(of: "Catalogue") -> "list[Changed]":
    """What it would read as something else than it is stored."""
    from palika.database import sessions
    from services.kpi.commands.readings import changes

    with sessions("kpi").begin() as session:
        return changes(session, of.measures)


def _counts(of: "Catalogue") -> dict[str, Any]:
    sources = Counter(each.source for each in of.indicators.values())
    owned = Counter(each.department for each in of.indicators.values())
    return {
        "departments": len(of.departments),
        "kpis": len(of.indicators),
        "by_source": {each: sources[each] for each in ("events", "mixed", "manual")},
        "fed_by_events": sources["events"] + sources["mixed"],
        "measures": len(of.measures),
        "measures_by_hand": sum(each.manual for each in of.measures.values()),
        "parts": sum(each.of is not None for each in of.measures.values()),
        "with_target": sum(
            bool(each.targets or each.every_year) for each in of.indicators.values()
        ),
        "with_reference": sum(each.reference is not None for each in of.indicators.values()),
        "few": {code: owned[code] for code in of.departments if owned[code] < FEW},
    }


def _lines(each: "Indicator", known: "Catalogue") -> list[str]:
    from services.kpi.domain.goals import paced

    department, unit = known.departments[each.department], known.units[each.unit]
    mr, en = known.in_words(each.formula.text)
    lines = [
        f"{each.code}: {each.name.en}",
        f"    {each.name.mr}",
        f"what          {each.definition.en}",
        f"              {each.definition.mr}",
        f"department    {department.name.en} ({department.name.mr}); owner {each.owner}",
        f"formula       {each.formula.text}",
        f"              {en}",
        f"              {mr}",
        f"unit          {unit.en} ({unit.mr}), {each.decimals} decimals, every {each.frequency}",
        f"better is     {'neither' if each.direction == 'none' else each.direction}",
    ]
    said = _DIRECTIONS[each.direction]
    if each.every_year is not None:
        lines.append(f"target        {said}{_shown(each.every_year)}, every year")
    for year, aim in sorted(each.targets.items()):
        lines.append(f"target        {said}{_shown(aim)} in {year}-{(year + 1) % 100:02}")
    if paced(each):
        lines.append("              of the year; before its end the share of it that is over")
    lines.append(f"              {_limits(each)}")
    if each.baseline is not None:
        lines.append(f"baseline      {float(each.baseline.value):g} in {each.baseline.period}")
    if each.illustrative:
        lines.append(f"illustrative  {', '.join(sorted(each.illustrative))}: set your own")
    for code in sorted(each.formula.measures):
        info = known.measures[code]
        how = f"entered by {info.source} every {info.every}" if info.manual else "fed by events"
        lines.append(f"measure       {code}: {info.name.en} ({info.name.mr}); {how}")
        others = (
            ("at most", info.at_most),
            ("rarely above", info.rarely_above),
            ("in time of all that was due, with", info.due_with),
        )
        lines += [f"              {how} {other}" for how, other in others if other is not None]
    if each.reference is not None:
        source = known.sources[each.reference.source]
        clause = f", {each.reference.clause}" if each.reference.clause else ""
        lines.append(f"reference     {source.title.en} ({source.publisher}, {source.year}){clause}")
    if each.note is not None:
        lines.append(f"note          {each.note}")
    return [line for line in lines if line.strip()]


def _limits(each: "Indicator") -> str:
    thresholds = each.thresholds
    if each.direction == "none" or not (each.targets or each.every_year or thresholds):
        return ""
    if thresholds is None:
        return f"amber within {float(each.tolerance):g} % of the target"
    if thresholds.amber is not None:
        return f"amber up to {float(thresholds.amber):g} outside the band, red beyond"
    green, red = float(thresholds.green or 0), float(thresholds.red or 0)
    sign, other = ("≤", "≥") if each.direction == "lower" else ("≥", "≤")
    return f"green {sign} {green:g}, red {other} {red:g}, amber between"


def _shown(aim: "Aim") -> str:
    return f"{float(aim.low):g} to {float(aim.high):g}" if aim.is_band else f"{float(aim.low):g}"
