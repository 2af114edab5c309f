"""KPIs as they are shown at a terminal: tables and lines, in English and Marathi."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from palika.india import grouped, in_digits, readable
from services.kpi.domain.money import PAISE, for_people

if TYPE_CHECKING:
    from rich.table import Table

_STYLE = {"green": "green", "amber": "yellow", "red": "red", "no data": "dim"}
_STATUS = {
    "green": "हिरवा",
    "amber": "पिवळा",
    "red": "लाल",
    "not judged": "मूल्यमापन नाही",
    "no data": "माहिती नाही",
    "no target": "लक्ष्य नाही",
}
_TREND = {"better": "↗ better/सुधारणा", "worse": "↘ worse/घसरण", "same": "→ same/तेवढेच"}
_MOST_DECIMALS = 3
"""Of a number that has none of its own, as a median of minutes."""
_BARS = "▁▂▃▄▅▆▇█"


STATUSES = tuple(_STATUS)
"""How a KPI may stand."""


def show_table(table: "Table") -> None:
    """Print a table, as wide as the terminal is."""
    from rich.console import Console

    Console().print(table)


def table_of(title: str, headings: Sequence[tuple[str, bool]]) -> "Table":
    """An empty table: each heading, and whether its column stands at the right."""
    from rich.table import Table

    table = Table(title=title, show_lines=True)
    for heading, right in headings:
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    return table


def departments(answer: dict[str, Any]) -> "Table":
    """The departments, the best first: how many of their KPIs stand how."""
    headings = [("#", True), ("department / विभाग", False)]
    headings += [(f"{each}\n{_STATUS[each]}", True) for each in _STATUS]
    table = table_of(f"Departments, {_over(answer)}", headings)
    table.show_lines = False
    for each in answer["departments"]:
        table.add_row(
            "–" if each["rank"] is None else str(each["rank"]),
            f"{each['name']['en']} / {each['name']['mr']}{_coverage(each)}",
            *(str(each["counts"].get(status) or "·") for status in _STATUS),
        )
    table.caption = (
        "Ranked by the share of green among those that are judged; without a rank where too few of "
        "those that should have a value by now have one, or too few are judged."
    )
    return table


def _coverage(each: Mapping[str, Any]) -> str:
    """How many KPIs that should have a value have none, beside a department's name."""
    if not each["lacking"]:
        return ""
    return f"\n[dim]{each['coverage']:g} % with data[/dim]"


def page(answer: dict[str, Any], statuses: Collection[str] = ()) -> "Table":
    """The KPIs of a dashboard; of `statuses` only, if there are any."""
    scope = answer["department"] or "the whole city"
    headings = (("KPI / निर्देशांक", False), ("value", True), ("target", True), ("status", False))
    only = f": {', '.join(statuses)}" if statuses else ""
    table = table_of(f"KPIs of {scope}, {_over(answer)}{only}", headings)
    for each in answer["kpis"]:
        if statuses and each["status"] not in statuses:
            continue
        table.add_row(
            f"{each['name']['en']}\n{each['name']['mr']}\n[dim]{_broken(each['code'])}[/dim]",
            f"{_value(each)}\n[dim]{_period(each)}[/dim]",
            _target(each["target"], each["direction"]),
            _status(each),
            style=_STYLE.get(each["status"], ""),
        )
    counts = ", ".join(f"{n} {status}" for status, n in answer["counts"].items())
    table.caption = f"{counts}\nTargets of no source are illustrative (palika kpi explain CODE)."
    return table


def _broken(code: str) -> str:
    """A code, in lines between its words where the terminal is narrow."""
    from rich.console import Console

    return "\n".join(wrap(code, max(20, Console().width // 4), break_long_words=False))


def _period(each: Mapping[str, Any]) -> str:
    """A period; while it runs, how many per cent of its days are over."""
    code = str(each["period"] or "–")
    shown = f"{code}, {each['over']} % of its days over" if each["running"] else code
    return shown if each["data_of"] is None else f"{shown}\nits data: {each['data_of']}"


def _over(answer: Mapping[str, Any]) -> str:
    if answer["period"] is None and answer["from_day"]:
        return " to ".join(in_digits(date.fromisoformat(answer[e])) for e in ("from_day", "to_day"))
    return str(answer["period"] or "now")


def _value(each: Mapping[str, Any]) -> str:
    if each["value"] is None:
        return "–"
    shown = f"{_about(each)}\n{each['unit_name']['en']}"
    series = each.get("series")
    if series:
        shown = f"{shown}\n{_sparkline(series)}"
    so_far = each.get("so_far")
    if so_far is not None:
        shown = (
            f"{shown}\n[dim]{so_far['period']} {number(so_far['value'], each['decimals'])}[/dim]"
        )
    return shown


def _about(each: Mapping[str, Any]) -> str:
    """A value; of an estimate also by how much it may be off."""
    shown = number(each["value"], each["decimals"])
    if each["margin"] is None:
        return shown
    return f"{shown} ± {number(each['margin'], each['decimals'])}"


def _status(each: Mapping[str, Any]) -> str:
    lines = [f"{each['status']} / {_STATUS[each['status']]}"]
    if each["why"] is not None:
        lines += [each["why"]["en"], each["why"]["mr"]]
    elif each["status"] == "not judged":
        lines += [each["judged"]["en"], each["judged"]["mr"]]
    said = lacks(each)
    if said is not None and not each["judged"]["en"].startswith(said["en"]):
        lines += [said["en"], said["mr"]]
    trends = each.get("trend") or {}
    for name, word in (("previous", ""), ("last_year", "a year: ")):
        trend = trends.get(name, {}).get("trend")
        if trend is not None:
            lines.append(f"{word}{_TREND[trend]}")
    return "\n".join(lines)


def lacks(each: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Which places a value covers, in words, where it does not cover all of them."""
    covers = each["covers"]
    return covers["words"] if covers is not None and covers["missing"] else None


def _covers(answer: Mapping[str, Any]) -> list[str]:
    covers = answer["covers"]
    if covers is None:
        return []
    return [f"covers        {covers['words']['en']}", f"              {covers['words']['mr']}"]


def _counted_of(answer: dict[str, Any]) -> list[str]:
    of, owner = answer["asked_of"], answer["owned_by"]
    if of in (None, owner):
        return []
    said = f"counted of    {of}, though it is a KPI of {owner}"
    entered = "; what is entered is that one's" if answer["source"] == "mixed" else ""
    return [said + entered]


def lines(answer: dict[str, Any]) -> list[str]:
    """One KPI, as lines."""
    unit, over = answer["unit_name"], answer["period"]
    if over is None:
        over = f"{answer['from_day']} to {answer['to_day']}"
    running = f", still running, {answer['over']} % of its days over" if answer["running"] else ""
    value = "–" if answer["value"] is None else _about(answer)
    lines = [
        f"{answer['code']}: {answer['name']['en']}",
        f"    {answer['name']['mr']}",
        *_counted_of(answer),
        f"period        {over}{running}",
        f"value         {value} {unit['en']} ({unit['mr']})",
        *_so_far(answer),
        *_data_of(answer),
        *_covers(answer),
        f"target        {_target(answer['target'], answer['direction']) or '–'}",
        f"status        {answer['status']} ({_STATUS[answer['status']]}): {answer['judged']['en']}",
        f"              {answer['judged']['mr']}",
    ]
    if answer["why"] is not None:
        lines += [f"why           {answer['why']['en']}", f"              {answer['why']['mr']}"]
    for name, word in (("previous", "before"), ("last_year", "a year ago")):
        trend = (answer["trend"] or {}).get(name)
        if trend is not None and trend["value"] is not None:
            was = number(trend["value"], answer["decimals"])
            told = f": {_TREND[trend['trend']]}" if trend["trend"] else ""
            lines.append(f"{word:13} {was} in {trend['period']}{told}")
    lines += [
        f"formula       {answer['formula']}",
        f"              {answer['formula_in_words']['en']}",
        f"              {answer['formula_in_words']['mr']}",
        *_defined(answer["defined"]),
    ]
    for each in answer["measures"]:
        amount = "no data" if each["value"] is None else _amount(each["value"], each["unit"])
        over_days = "" if each["over"] == "period" else f" ({each['over']})"
        bare = each["value"] is None or each["unit"] in ("count", PAISE)
        unit = "" if bare else f" {each['unit_name']['en']} ({each['unit_name']['mr']})"
        lines.append(f"measure       {each['measure']}{over_days} = {amount}{unit}")
        lines.append(f"              {each['name']['en']} / {each['name']['mr']}")
    fresh = answer["freshness"]
    if fresh is not None:
        lines.append(
            f"data          up to {fresh['until']}, {fresh['months_behind']} months behind"
        )
    if answer["quality"] is not None:
        lines.append(f"quality       {answer['quality']['score']:g} of 100")
        why = answer["quality"]["why"]
        lines += [] if why is None else [f"              {why[each]}" for each in ("en", "mr")]
    series = [each["value"] for each in answer["series"]]
    lines.append(f"series        {_sparkline(series)}")
    lines += [
        f"              {each['period']}  {number(each['value'], answer['decimals'])}  "
        f"{each['status']}"
        for each in answer["series"]
        if each["value"] is not None and each["period"] is not None
    ]
    return lines


def _defined(told: Mapping[str, Any] | None) -> list[str]:
    """Since when the definition holds, and what a formula or a target was before."""
    if told is None:
        return []
    before = [
        f"              {name} before: {json.dumps(told['before'][name], ensure_ascii=False)}"
        for name in told["changed"]
        if name != "measures"
    ]
    return [f"definition    {told['words']['en']}", f"              {told['words']['mr']}", *before]


def _data_of(answer: Mapping[str, Any]) -> list[str]:
    if answer["data_of"] is None:
        return []
    return [
        f"              of data of {answer['data_of']}, which stand until the next are due",
        f"              {answer['data_of']} ची माहिती; पुढील माहितीची मुदत येईपर्यंत ती लागू",
    ]


def _amount(value: float, unit: str) -> str:
    """A measure's amount; money, which is stored in paise, as ₹1,15,000.50."""
    return str(for_people(value, unit)) if unit == PAISE else number(value, None)


def _so_far(answer: Mapping[str, Any]) -> list[str]:
    so_far = answer["so_far"]
    if so_far is None:
        return []
    value = number(so_far["value"], answer["decimals"])
    return [f"so far        {value} in {so_far['period']}, {so_far['over']} % of its days over"]


def parts(answer: dict[str, Any]) -> "Table":
    """What a KPI is in each part."""
    over = answer["period"] or f"{answer['from_day']} to {answer['to_day']}"
    headings = ((answer["by"], False), ("value", True), ("status", False), ("measures", False))
    title = f"{answer['code']} by {answer['by']}, {over}"
    if answer["ward_name"] is not None:
        title += f", {answer['ward_name']['en']} / {answer['ward_name']['mr']}"
    table = table_of(title, headings)
    for each in [*answer["parts"], answer["whole"] | {"key": "the whole / एकूण", "name": None}]:
        name = each["name"]
        table.add_row(
            each["key"] if name is None else f"{name['en']}\n{name['mr']}",
            "–" if each["value"] is None else number(each["value"], answer["decimals"]),
            _status(each),
            "\n".join(
                f"{name} {_amount(n, answer['units'][name])}"
                for name, n in each["measures"].items()
            ),
            style=_STYLE.get(each["status"], ""),
        )
    en, mr = answer["name"]["en"], answer["name"]["mr"]
    how = "The parts add up to the whole." if answer["adds_up"] else "Each part is worked out anew."
    table.caption = f"{en} / {mr}\nin {answer['unit_name']['en']}. {how}"
    return table


def origins(answer: dict[str, Any]) -> "Table":
    """The events or readings that a measure is made of."""
    title = f"{answer['measure']} on {in_digits(date.fromisoformat(answer['day']))}"
    headings = (("amount", True), ("what", False), ("of", False), ("at", False))
    table = table_of(title, headings)
    for each in answer["from"]:
        what = (
            f"{each['type']}\n{each['event']}"
            if "event" in each
            else f"reading, version {each['version']}\n{each['reading']}"
        )
        at = "" if each["at"] is None else moment(each["at"])
        place = "\n".join(part for part in (each["department"], each["ward"]) if part)
        table.add_row(_amount(each["amount"], answer["unit"]), what, place, at)
    table.caption = f"{answer['name']['en']} / {answer['name']['mr']}"
    return table


def summed(answer: dict[str, Any]) -> str:
    """Whether they add up to what is stored."""
    stored = "nothing" if answer["stored"] is None else _amount(answer["stored"], answer["unit"])
    found = _amount(answer["found"], answer["unit"])
    more = f" ({len(answer['from'])} listed)" if answer["truncated"] else ""
    if answer["exact"]:
        end = "" if answer["read_to_end"] else "; the log was not read to its end"
        return f"{answer['count']} {answer['source']}{more} add up to {found}, as stored{end}."
    return (
        f"{answer['count']} {answer['source']}{more} add up to {found}, and {stored} is stored: "
        "the log does not reach back, or the rules have changed since (palika kpi rebuild)."
    )


def moment(text: str) -> str:
    """A moment of an answer, for people."""
    return readable(datetime.fromisoformat(text))


def _target(target: float | list[float] | None, direction: str) -> str:
    if target is None:
        return ""
    if isinstance(target, list):
        return " to ".join(number(end, None) for end in target)
    sign = {"higher": "≥ ", "lower": "≤ "}.get(direction, "")
    return sign + number(target, None)


def number(value: float, decimals: int | None) -> str:
    """A number in the Indian manner, 1,15,000.0; its own decimals when none are asked for."""
    shown = f"{abs(value):.{_MOST_DECIMALS if decimals is None else decimals}f}"
    if decimals is None:
        shown = shown.rstrip("0").rstrip(".")
    whole, dot, rest = shown.partition(".")
    return f"{'-' if value < 0 else ''}{grouped(int(whole))}{dot}{rest}"


def _sparkline(series: Sequence[float | None]) -> str:
    """A bar a value, from the least to the greatest; a dot where there is none."""
    known = [each for each in series if each is not None]
    low, high = min(known, default=0), max(known, default=0)
    step = (high - low) / (len(_BARS) - 1)
    bars = (
        "·" if each is None else _BARS[round((each - low) / step) if step else 0] for each in series
    )
    return "".join(bars)
