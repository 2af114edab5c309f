"""The golden samples: an event of each type, as it was published and must be read for ever."""

import json
from pathlib import Path
from typing import Any

from tests.support.part import ROOT

GOLDEN = ROOT / "tests" / "contract" / "golden"


def golden(kind: str) -> Path:
    """The golden sample of an event type; the probe's is the tests' own."""
    folder = ROOT / "tests" / "support" / "golden" if kind.startswith("probe.") else GOLDEN
    return folder / f"{kind}.json"


def golden_data(kind: str) -> dict[str, Any]:
    """What the golden sample carries."""
    data: dict[str, Any] = json.loads(golden(kind).read_text("utf-8"))["data"]
    return data
