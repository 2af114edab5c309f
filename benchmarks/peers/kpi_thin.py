"""The kpi service with a thin projection: ``grievance.filed`` feeds one measure, and no parts.

    python -m benchmarks.peers.kpi_thin '{"supervisor": 123}'

Everything else is the real service: its queue, its inbox, its writer.
"""

import json
import sys

from palika.cli import main
from services.kpi import service
from services.kpi.domain.projecting.fields import Data, Given, code, india_day, ward
from services.kpi.domain.projection import RULES, Projector

_ONE = (("grievance.filed", 0, 1),)


def filed(data: Data) -> list[Given]:
    """The rule before there was a catalogue."""
    return [((code(data, "department"), ward(data), india_day(data, "filed_at")), data, _ONE)]


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    RULES["grievance.filed.v1"] = filed
    thin = Projector({})
    service.city_projector = lambda: thin  # type: ignore[assignment]
    sys.argv[1:] = ["run", "kpi", "--supervisor", str(options["supervisor"])]
    main()
