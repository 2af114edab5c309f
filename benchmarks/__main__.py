"""``python -m benchmarks``: run the benchmarks, all of them or those named by ``--only``."""

import argparse
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime

from benchmarks import measures, report
from benchmarks.ground import Ground
from benchmarks.rows import Result
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
    results: list[Result] = []

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
                results.append(measures.load(name).run(ground, lambda line: say(f"  {line}")))
            versions = ground.versions()
    except LocalError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted; nothing is written", file=sys.stderr)
        return 130
    say("done")
    rows = [row for result in results for row in result.rows]
    report.show(rows)
    report.save_rows(ROOT / "var" / "bench.json", results)
    if not options.only:
        page = report.page(results, versions, datetime.now(UTC), time.monotonic() - started)
        (ROOT / "docs" / "benchmarks.md").write_text(page, "utf-8")
        print("written: docs/benchmarks.md, var/bench.json")
    else:
        print("written: var/bench.json (docs/benchmarks.md is written by a whole run only)")
    missed = [row for row in rows if not row.met]
    for row in missed:
        print(f"MISSED: {row.measure} against {row.against}: {row.said}, wanted {row.wanted}")
    return 1 if missed and options.strict else 0


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
