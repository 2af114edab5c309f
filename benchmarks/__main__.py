"""``python -m benchmarks``: run the benchmarks, all of them or those named by ``--only``."""

import argparse
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime

from benchmarks import machine, measures, report
from benchmarks.ground import Ground
from benchmarks.rows import Row, Run
from benchmarks.simulation import __main__ as simulation
from palika.local.city import ROOT
from palika.local.processes import LocalError


def main(arguments: list[str] | None = None) -> int:
    """Run, print the table, write the files.

    Returns:
        0; 1 when something failed, or with ``--strict`` when a limit was missed; 2 for a bad call.
    """
    options = _parse(arguments)
    names = options.only or list(measures.NAMES)
    started = time.monotonic()
    rows: list[Row] = []

    def say(line: str) -> None:
        print(f"[{time.monotonic() - started:4.0f} s] {line}", flush=True)

    # A broker and a database run by then: SIGTERM must end them too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    (ROOT / "var").mkdir(exist_ok=True)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "var") as directory,
            Ground(directory) as ground,
        ):
            for name in names:
                say(name)
                result = measures.load(name).run(ground, lambda line: say(f"  {line}"))
                # What has come to its end is kept, whatever becomes of the others.
                _write(Run(result, datetime.now(UTC), _facts(ground)))
                rows += result.rows
    except LocalError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted; nothing is written of what was at work", file=sys.stderr)
        return 130
    say("done")
    report.show(rows)
    print("written: docs/benchmarks.md, docs/benchmarks.json, var/bench.json")
    simulation.main(["--write"])
    missed = [row for row in rows if not row.met]
    for row in missed:
        print(f"MISSED: {row.measure} against {row.against}: {row.said}, wanted {row.wanted}")
    return 1 if missed and options.strict else 0


def _facts(ground: Ground) -> dict[str, str]:
    return machine.describe() | ground.versions() | machine.packages()


def _write(run: Run) -> None:
    """Put a run in the place of the last one of its measure."""
    path = ROOT / "docs" / "benchmarks.json"
    runs = report.load(path) | {run.result.name: run}
    runs = {name: runs[name] for name in measures.NAMES if name in runs}
    report.save(path, runs)
    report.save_rows(ROOT / "var" / "bench.json", runs.values())
    path.with_suffix(".md").write_text(report.page(list(runs.values())), "utf-8")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the platform beside its peers."
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=measures.NAMES,
        metavar="NAME",
        help=f"only these: {', '.join(measures.NAMES)}",
    )
    parser.add_argument("--strict", action="store_true", help="exit 1 when a limit is missed")
    return parser.parse_args(arguments)


sys.exit(main())
