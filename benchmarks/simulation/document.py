"""The tables and pictures of ``docs/scaling.md``: what stands between its marks is written here.

``<!-- figures: NAME -->`` begins a block, ``<!-- /figures -->`` ends it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import drawing
from benchmarks.measures import scale_curve
from benchmarks.report import markdown
from benchmarks.rows import Run, figure
from benchmarks.simulation.calibration import SOAK, Figures
from benchmarks.simulation.loads import Loads, Place
from benchmarks.simulation.steps import MEMORY, PROCESSES, Growth, Part, works
from benchmarks.simulation.validation import Prediction
from palika.local.city import ROOT

PAGE = ROOT / "docs" / "scaling.md"
CURVE = ROOT / "docs" / "scaling-curve.svg"
STEPS = ROOT / "docs" / "scaling-steps.svg"
_BLOCK = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- /figures -->)", re.DOTALL)
_NIGHT_H = 8
_SHOWN = 4
_FEW = 0.005


class WrongMarks(ValueError):
    """The page has a mark that nothing is written to, or lacks one."""


def fill(page: str, blocks: Mapping[str, str]) -> str:
    """The page with each block in its place.

    Raises:
        WrongMarks: the page's marks are not those of the blocks.
    """
    found = [name for _, name, _ in _BLOCK.findall(page)]
    if sorted(found) != sorted(blocks):
        raise WrongMarks(f"docs/scaling.md has marks for {found}, where {sorted(blocks)} are made")
    return _BLOCK.sub(lambda each: f"{each[1]}\n{blocks[each[2]]}\n\n{each[3]}", page)


def write(blocks: Mapping[str, str], pictures: Mapping[Path, str], page: Path = PAGE) -> list[Path]:
    """Fill the page, draw the pictures; what was written. Raises as ``fill``."""
    page.write_text(fill(page.read_text("utf-8"), blocks), "utf-8")
    for path, picture in pictures.items():
        path.write_text(picture, "utf-8")
    return [page, *pictures]


def blocks_of(
    figures: Figures,
    runs: Mapping[str, Run],
    loads: Loads,
    grown: Sequence[Growth],
    foretold: tuple[Sequence[Prediction], Sequence[str]],
) -> dict[str, str]:
    """Every block of the page, by its name."""
    return still_blocks_of(figures, runs, loads) | {
        "steps": "\n\n".join(_steps(each) for each in grown),
        "first": _first(grown),
        "machines": _machines(figures, loads, grown),
        "validation": _validation(*foretold),
    }


def still_blocks_of(figures: Figures, runs: Mapping[str, Run], loads: Loads) -> dict[str, str]:
    """Those that want no simulation: they are as the figures are."""
    return {
        "curve": _curve(runs),
        "costs": _costs(figures),
        "loads": _loads(loads),
        "nights": _nights(figures, loads),
        "soak": _soak(SOAK),
    }


def pictures_of(runs: Mapping[str, Run], loads: Loads, grown: Sequence[Growth]) -> dict[Path, str]:
    """The pictures, by where they are kept; that of the curve only where it was measured."""
    found = {STEPS: _steps_drawn(loads, grown)}
    if scale_curve.NAME in runs:
        found[CURVE] = _curve_drawn(runs)
    return found


# -- blocks ----------------------------------------------------------------------------------------


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(markdown(head, rows))


def _curve(runs: Mapping[str, Run]) -> str:
    if scale_curve.NAME not in runs:
        return f"Not measured yet: `make bench ONLY={scale_curve.NAME}`."
    run = runs[scale_curve.NAME]
    rows = [
        (
            row.measure.removeprefix("scale: "),
            f"{figure(row.value)} {row.unit}",
            f"{figure(row.peer)} {row.unit}",
            row.said,
            row.wanted,
        )
        for row in run.result.rows
        if row.peer is not None
    ]
    if not rows:
        return f"Not measured yet: `make bench ONLY={scale_curve.NAME}`."
    head = ("what", "carries", "one alone", "ratio", "wanted")
    return f"![{_CURVE_TITLE}](scaling-curve.svg)\n\n" + _table(head, rows)


def _costs(figures: Figures) -> str:
    """What a piece of work takes, by parts."""
    kinds = {"a grievance's whole life": figures.life, "a personal page": figures.page}
    rows = [
        (name, f"{sum(parts.values()):.1f}", ", ".join(f"{p} {ms:.1f}" for p, ms in parts.items()))
        for name, parts in kinds.items()
    ]
    office = figures.cores / figures.office_calls * 1_000
    kept = figures.cores / figures.kept_pages * 1_000
    rows += [
        ("a call of the e-office", f"{office:.1f}", "at the rate that the machine carries"),
        ("a page that is the same for all", f"{kept:.3f}", "nginx, the same"),
    ]
    return _table(("work", "ms of a core", "of which"), rows)


def _loads(loads: Loads) -> str:
    rows = []
    for place in loads.places:
        worst = max(range(24), key=lambda hour: loads.officers[hour] * loads.citizens[hour])
        rates = loads.rates(place.population, worst)
        rows.append(
            (
                place.name,
                f"{place.population:,}",
                f"{rates.lives:.2f}",
                f"{rates.personal_pages:,.0f}",
                f"{rates.kept_pages:,.0f}",
                f"{rates.officers:,.0f}",
            )
        )
    head = ("place", "heads", "lives/s", "personal pages/s", "pages for all/s", "officers at once")
    return _table(head, rows)


def _steps(growth: Growth) -> str:
    """The steps of one place, and its parts at the last."""
    place = growth.place
    rows = [
        (
            f"{number}. {step.name}",
            step.what,
            f"{step.first.name} ({_part_of(step.first.busy)})",
            _wait(step.first),
            _heads(step.carries),
            f"{step.carries / place.population:.2g}×",
        )
        for number, step in enumerate(growth.steps, 1)
    ]
    head = ("step", "what there is", "gives out first", "p99 wait there", "carries", "headroom")
    last = growth.steps[-1]
    parts = [part for part in last.parts if part.busy >= _FEW]
    told = [(p.name, _amount(p.wants), _has(p), _part_of(p.busy), _wait(p)) for p in parts]
    return "\n\n".join(
        (
            f"### {place.name[0].upper()}{place.name[1:]}",
            f"{place.population:,} heads, {place.municipalities:,} "
            f"{'municipality' if place.municipalities == 1 else 'municipalities'}; the worst hour "
            f"begins at {growth.hour}:00.",
            _table(head, rows),
            f"The parts at the last step ({last.name}), those of processes for an average city:",
            _table(("part", "wants", "has", "busy", "p99 wait"), told),
        )
    )


def _first(grown: Sequence[Growth]) -> str:
    names = dict.fromkeys(step.name for each in grown for step in each.steps)
    rows = []
    for name in names:
        cells = [name]
        for each in grown:
            found = [step for step in each.steps if step.name == name]
            cells.append(
                f"{found[0].first.name}, {_part_of(found[0].first.busy)} busy" if found else "–"
            )
        rows.append(tuple(cells))
    return _table(("step", *(each.place.name for each in grown)), rows)


def _machines(figures: Figures, loads: Loads, grown: Sequence[Growth]) -> str:
    """Memory of what only waits, beside the cores that are at work."""
    rows = []
    for each in grown:
        place = each.place
        gigabytes = figures.city_mb * place.municipalities / 1_000
        coming = works(figures, loads, place.population, each.hour)
        busy = sum(w.rate * s for w in coming for part, s in w.stages if part in PROCESSES)
        cores = busy / loads.machines["busy"]
        by_memory = gigabytes / loads.machines["memory_gb_a_core"]
        rows.append(
            (
                place.name,
                f"{gigabytes:,.1f} GB",
                f"{by_memory:,.1f}",
                f"{cores:,.1f}",
                MEMORY if by_memory > cores else "processors",
            )
        )
    head = ("place", "idle processes hold", "cores that come with it", "cores wanted", "decides")
    return _table(head, rows)


def _nights(figures: Figures, loads: Loads) -> str:
    """What runs when nobody waits: how many of each finish it in a night."""
    kinds = (
        ("bills of a year (a bill run)", "runs at once", figures.bills),
        ("their messages", "workers of notify", figures.messages),
        ("their pages for the printer", "cores", figures.sheets),
    )
    rows = []
    for place in loads.places:
        count = place.population / loads.reference["population"] * loads.reference["properties"]
        for name, of_what, rate in kinds:
            hours = count / rate / 3_600
            wanted = max(1, -(-hours // _NIGHT_H))
            rows.append(
                (place.name, name, f"{count:,.0f}", f"{hours:,.1f} h", f"{wanted:,.0f} {of_what}")
            )
    return _table(("place", "what", "how many", "one takes", f"{_NIGHT_H} h want"), rows)


def _validation(foretold: Sequence[Prediction], missing: Sequence[str]) -> str:
    rows = [
        (
            each.what,
            f"{figure(each.predicted)} {each.unit}",
            f"{figure(each.measured)} {each.unit}",
            f"{each.error:+.0f} %",
        )
        for each in foretold
    ]
    table = _table(("what", "simulated", "measured", "error"), rows)
    return "\n\n".join((table, *(f"Not compared yet: {each}." for each in missing)))


def _soak(path: Path) -> str:
    if not path.exists():
        return "Not measured yet: `make soak WRITE=yes`."
    told = json.loads(path.read_text("utf-8"))
    rows = [
        (
            each["name"],
            f"{figure(each['first'])} {each['unit']}".strip(),
            f"{figure(each['last'])} {each['unit']}".strip(),
            f"{each['percent_an_hour']:+.1f} %/h",
            "flat" if each["flat"] else "NOT FLAT",
        )
        for each in told["series"]
    ]
    head = ("what", "first fifth after the warm-up", "last fifth", "slope", "verdict")
    load = (
        f"{told['minutes']:g} minutes at {told['events_a_second']:g} events/s and "
        f"{told['requests_a_second']:g} requests/s, begun {told['begun']}."
    )
    wrong = [f"- **wrong**: {each}" for each in told["wrong"]]
    verdict = "All of it was flat." if told["flat"] else "It was **not** flat."
    return "\n\n".join(
        (
            f"{load} {verdict}",
            "![The soak's series](soak.svg)",
            *(["\n".join(wrong)] if wrong else []),
            _table(head, rows),
        )
    )


# -- pictures --------------------------------------------------------------------------------------

_CURVE_TITLE = "How much several carry, in times of one"


def _curve_drawn(runs: Mapping[str, Run]) -> str:
    series: dict[str, list[tuple[float, float]]] = {
        "as many times as there are": [(n, n) for n in scale_curve.PROCESSES]
    }
    rows = {row.measure: row for row in runs[scale_curve.NAME].result.rows}
    for kind in scale_curve.KINDS:
        series[kind] = [(1, 1)]
        for many in scale_curve.PROCESSES[1:]:
            row = rows.get(f"scale: {many} {kind}")
            if row is not None and row.ratio is not None:
                series[kind].append((many, row.ratio))
    return drawing.lines(_CURVE_TITLE, "processes, or cities", "times one alone", series)


def _steps_drawn(loads: Loads, grown: Sequence[Growth]) -> str:
    rows = [
        (
            _short(each.place, step.name),
            step.carries / 1e6,
            f"{_heads(step.carries)}: {step.first.name}",
        )
        for each in grown
        for step in each.steps
    ]
    marks = {"the reference city": loads.reference["population"] / 1e6}
    marks |= {place.name: place.population / 1e6 for place in loads.places}
    title = "Heads that each step carries, and the part that gives out then"
    return drawing.bars(title, "million heads", rows, marks)


def _short(place: Place, step: str) -> str:
    return f"{place.key}: {step}"


# -- cells -----------------------------------------------------------------------------------------


def _part_of(busy: float) -> str:
    return f"{busy:.1%}" if busy < 0.1 else f"{busy:,.0%}"


def _wait(part: Part) -> str:
    if part.wait_ms is not None:
        return f"{part.wait_ms:.1f} ms"
    return "–" if part.unit in ("GB", "queues", "connections") else "without end"


def _amount(value: float) -> str:
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def _has(part: Part) -> str:
    return f"{part.has:,.0f} {part.unit}"


def _heads(value: float) -> str:
    return f"{value / 1e6:,.1f} million"
