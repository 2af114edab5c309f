"""What the simulation says of what was measured, beside what was measured."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.measures import scale_curve
from benchmarks.rows import Run
from benchmarks.simulation.calibration import Figures, NotMeasured, row_of
from benchmarks.simulation.queueing import Work, closed, percentile, simulate
from benchmarks.simulation.steps import MACHINE

_SEED = 20_260_402
_ROUNDS = 200


@dataclass(frozen=True)
class Prediction:
    """One figure.

    Attributes:
        what: it is.
        predicted, measured: in ``unit``.
        unit: "lives/s", "ms", "events/s".
    """

    what: str
    predicted: float
    measured: float
    unit: str

    @property
    def error(self) -> float:
        """The prediction's, in hundredths of what was measured."""
        return (self.predicted / self.measured - 1) * 100


def predictions(
    figures: Figures, runs: Mapping[str, Run], *, jobs: int
) -> tuple[list[Prediction], list[str]]:
    """All that can be made.

    Args:
        figures: what the simulation is calibrated by.
        runs: what was measured.
        jobs: pieces of work of each simulation.

    Returns:
        The predictions; and of what is not measured yet, which measure gives it.
    """
    found = [
        Prediction(
            "grievances' whole lives that the machine carries",
            figures.cores / (sum(figures.life.values()) / 1_000),
            figures.lives,
            "lives/s",
        ),
        *_pages(figures, jobs),
    ]
    missing = []
    try:
        found += _curve(figures, runs)
    except NotMeasured as error:
        missing.append(str(error))
    return found, missing


def _pages(figures: Figures, jobs: int) -> list[Prediction]:
    """Pages asked for at even moments, each passing five parts on the machine's cores."""
    stages = tuple((MACHINE, ms / 1_000) for ms in figures.page.values())
    page = Work("page", figures.page_rate, stages, even=True)
    took = simulate({MACHINE: figures.cores}, [page], jobs=jobs, seed=_SEED).took["page"]
    asked = f"a page of three calls, {figures.page_rate:g} a second"
    return [
        Prediction(f"{asked}, median", percentile(took, 0.5) * 1e3, figures.page_median_ms, "ms"),
        Prediction(f"{asked}, p99", percentile(took, 0.99) * 1e3, figures.page_p99_ms, "ms"),
    ]


def _curve(figures: Figures, runs: Mapping[str, Run]) -> list[Prediction]:
    """2 and 4 processes and cities, from what one does.

    Where the work waits: a round of a process is the wait, which holds up nobody, and the rest,
    which wants a core. Where it does not: n times one, as far as the cores reach.
    """
    name = scale_curve.NAME
    parts = ("kpi", "postgres", "broker")
    event_s = sum(
        row_of(runs, name, f"scale: processor time of an event, {p}").value for p in parts
    )
    event_s /= 1e6
    found = []
    for kind in scale_curve.KINDS:
        for many in scale_curve.PROCESSES[1:]:
            row = row_of(runs, name, f"scale: {many} {kind}")
            if row.peer is None:
                raise NotMeasured(f"{row.measure!r} has no peer: make bench ONLY={name}")
            if kind == scale_curve.WORKING:
                predicted = min(many * row.peer, figures.cores / event_s)
            else:
                predicted = _waiting(many, row.peer, figures.cores)
            found.append(Prediction(f"{many} {kind}", predicted, row.value, row.unit))
    return found


def _waiting(many: int, one: float, cores: int) -> float:
    """Events a second of so many processes, of which one does ``one``."""
    wait = scale_curve.WAIT_MS / 1_000
    round_s = scale_curve.BATCH / one
    stages = (("wait", wait), (MACHINE, max(0.0, round_s - wait)))
    rounds = closed(many, stages, {MACHINE: cores}, round_s * _ROUNDS)
    return rounds * scale_curve.BATCH
