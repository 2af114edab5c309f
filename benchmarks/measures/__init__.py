"""The measures of ``make bench``, in the order in which they run.

To add one: a module in this folder with ``run(ground, say) -> Result``, and its name here.
``ground`` gives broker, database and processes; ``say`` tells how far it is.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from benchmarks.ground import Ground
    from benchmarks.rows import Result

NAMES = (
    "subscribe",
    "relay",
    "latency",
    "memory",
    "tracing",
    "grievance",
    "grievance_burst",
    "grievance_filing",
    "grievance_import",
    "grievance_lists",
    "eoffice_search",
    "eoffice_officers",
    "tax_billrun",
    "tax_documents",
    "tax_recovery",
    "notify_sending",
    "notify_lanes",
    "kpi_page",
    "kpi_projection",
    "portal_dashboard",
    "portal_pages",
    "portal_uncached",
    "scale_curve",
)


class Measure(Protocol):
    """What a module of this folder has."""

    def run(self, ground: "Ground", say: "Callable[[str], None]") -> "Result":
        """Measure; the limits that are missed are the caller's to report."""
        ...


def load(name: str) -> Measure:
    """The module of that name.

    Raises:
        KeyError: there is no such measure.
    """
    if name not in NAMES:
        raise KeyError(name)
    return cast(Measure, import_module(f"{__name__}.{name}"))
