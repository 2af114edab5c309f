"""The city's catalogue as the city might edit it."""

import sys
from dataclasses import replace
from typing import Any

import pytest

from services.kpi import reference
from services.kpi.domain.indicators import Catalogue

REAL = reference.city_catalogue()


def edited(code: str, **changes: Any) -> Catalogue:
    """With a measure changed."""
    return replace(REAL, measures=REAL.measures | {code: replace(REAL.measures[code], **changes)})


def without(code: str) -> Catalogue:
    """Without a measure."""
    return replace(
        REAL, measures={name: each for name, each in REAL.measures.items() if name != code}
    )


def use(monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue) -> None:
    """Let every module of the service have that one, as after the next start."""
    for name, module in list(sys.modules.items()):
        if name.startswith("services.kpi") and hasattr(module, "city_catalogue"):
            monkeypatch.setattr(module, "city_catalogue", lambda: catalogue)
