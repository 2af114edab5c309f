"""``python -m benchmarks.soak``: soak a city, and say whether all of it stayed flat."""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg2

from benchmarks.soak import results
from benchmarks.soak.asking import Asker
from benchmarks.soak.city import SoakedCity
from benchmarks.soak.feeding import Feeder
from benchmarks.soak.results import Soaked
from benchmarks.soak.sampling import Sampler, every
from palika.config import settings
from palika.local.city import ROOT
from palika.local.processes import LocalError

_ARRIVES_WITHIN_S = 120.0
_SAY_EVERY_S = 60.0
_COUNTED = "SELECT coalesce(sum(value), 0) FROM measure WHERE measure = 'grievance.filed'"


def main(arguments: list[str] | None = None) -> int:
    """Soak.

    Returns:
        0 when all stayed flat; 1 when something did not, or went wrong; 2 for a bad call; 130 and
        143 when it was interrupted. Whatever it is, the city is stopped.
    """
    options = _parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        soaked = _soak(options)
    except LocalError as error:
        print(f"soak: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("soak: interrupted; the city is stopped", file=sys.stderr)
        return 130
    if options.write:
        for path in results.write(soaked, ROOT / "docs"):
            print(f"written: {path.relative_to(ROOT)}", file=sys.stderr)
    if options.json:
        print(json.dumps(results.told(soaked), indent=1, ensure_ascii=False))
    else:
        results.show(soaked)
    return 0 if soaked.flat else 1


def _soak(options: argparse.Namespace) -> Soaked:
    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    (ROOT / "var").mkdir(exist_ok=True)
    where = options.directory or ROOT / "var"
    with tempfile.TemporaryDirectory(prefix="soak-", dir=where) as directory:
        say("starting the city")
        with SoakedCity(Path(directory)) as city:
            os.environ["AMQP_URI"], os.environ["DATABASE_URL"] = city.amqp_uri, city.database_url
            settings.cache_clear()
            soaked = Soaked(options.minutes, options.events, options.requests, datetime.now(UTC))
            _load(city, soaked, options.every, say)
    soaked.judge()
    return soaked


def _load(city: SoakedCity, soaked: Soaked, seconds: float, say: Callable[[str], None]) -> None:
    """Put the load on, and look on."""
    sampler = Sampler(city.state, city.amqp_uri)
    try:
        asker = Asker(city.pages, soaked.requests_a_second)
    except (OSError, ValueError) as error:
        raise LocalError(f"the portal does not answer: {error}") from error
    feeder = Feeder(soaked.events_a_second)
    tick = every(seconds, soaked.minutes * 60)
    say(f"the city is up at {city.pages}; soaking for {soaked.minutes:g} minutes")
    with feeder, asker:
        begun = said_at = time.monotonic()
        while tick():
            soaked.samples.append((time.monotonic() - begun, sampler.sample()))
            if feeder.wrong is not None:
                raise LocalError(f"events cannot be recorded any more: {feeder.wrong!r}")
            if time.monotonic() - said_at > _SAY_EVERY_S:
                said_at = time.monotonic()
                say(results.moments(soaked.samples))
    soaked.events = feeder.recorded
    soaked.answered, soaked.late = dict(asker.answered), asker.late
    soaked.filed = asker.filed
    soaked.counted = _counted(soaked.events + soaked.filed)


def _counted(filings: int) -> int:
    """How many filings the KPI service has counted, when it has all, or two minutes later."""
    deadline = time.monotonic() + _ARRIVES_WITHIN_S
    with closing(psycopg2.connect(settings("kpi").database_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            while True:
                cursor.execute(_COUNTED)
                found = int(cursor.fetchone()[0])
                if found >= filings or time.monotonic() > deadline:
                    return found
                time.sleep(0.5)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak",
        description="Start a city, put an even load on it, and say of memory, connections, files, "
        "queues and tables whether they stayed flat (benchmarks/soak/flat.py has the rule).",
    )
    for name, what, default, least in (
        ("minutes", "how long", 30.0, 0.2),
        ("events", "events a second", 200.0, 1.0),
        ("requests", "HTTP requests a second", 20.0, 1.0),
        ("every", "seconds between two looks", 5.0, 0.5),
    ):
        parser.add_argument(
            f"--{name}",
            type=_at_least(least),
            default=default,
            help=f"{what}, {least:g} at least (default {default:g})",
        )
    parser.add_argument("--directory", type=Path, help="where the city's data are put meanwhile")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--write", action="store_true", help="put docs/soak.json and docs/soak.svg in place"
    )
    return parser.parse_args(arguments)


def _at_least(least: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
        if not value >= least:
            raise argparse.ArgumentTypeError(f"{text} is less than {least:g}")
        return value

    return read


if __name__ == "__main__":
    sys.exit(main())
