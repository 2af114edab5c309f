"""``python -m benchmarks.simulation``: which part gives out first, and when."""

import argparse
import json
import sys
from dataclasses import asdict

from benchmarks.simulation import calibration, document, loads, validation
from benchmarks.simulation.calibration import NotMeasured
from benchmarks.simulation.document import WrongMarks
from benchmarks.simulation.loads import WrongLoads
from benchmarks.simulation.steps import Growth, grow

JOBS = 20_000
_FEWEST_JOBS = 1_000


def main(arguments: list[str] | None = None) -> int:
    """Simulate; print the tables, or JSON; with ``--write`` put them into ``docs/scaling.md``.

    Returns:
        0; 1 when a figure is not measured or the page's marks are wrong; 2 for a bad call.
    """
    options = _parse(arguments)
    try:
        return _run(options)
    except (NotMeasured, WrongLoads, WrongMarks) as error:
        print(f"simulation: {error}", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    figures, runs = calibration.read()
    known = loads.load()
    grown = [grow(figures, known, place, jobs=options.jobs) for place in known.places]
    foretold = validation.predictions(figures, runs, jobs=options.jobs)
    if options.json:
        print(json.dumps(_told(grown, *foretold), indent=1, ensure_ascii=False))
        return 0
    blocks = document.blocks_of(figures, runs, known, grown, foretold)
    if options.write:
        pictures = document.pictures_of(runs, known, grown)
        for path in document.write(blocks, pictures):
            print(f"written: {path.relative_to(document.ROOT)}")
        return 0
    print("\n\n".join(blocks.values()))
    return 0


def _told(
    grown: list[Growth], foretold: list[validation.Prediction], missing: list[str]
) -> dict[str, object]:
    return {
        "places": [asdict(each) for each in grown],
        "predictions": [asdict(each) | {"error_percent": each.error} for each in foretold],
        "not_measured": missing,
    }


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.simulation",
        description="Simulate a city, a state and a country by the figures of docs/benchmarks.json "
        "and benchmarks/simulation/loads.yaml: which part gives out first at each step.",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="print all of it as JSON")
    how.add_argument(
        "--write", action="store_true", help="put tables and pictures into docs/scaling.md"
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=JOBS,
        help=f"pieces of work of each simulation, {_FEWEST_JOBS:,} at least (default {JOBS:,})",
    )
    options = parser.parse_args(arguments)
    if options.jobs < _FEWEST_JOBS:
        parser.error(f"--jobs: {options.jobs} is less than {_FEWEST_JOBS:,}")
    return options


if __name__ == "__main__":
    sys.exit(main())
