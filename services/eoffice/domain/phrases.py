"""Standard phrases of notes, as every office has them: an officer puts one in and writes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.eoffice.domain.markup import mistakes


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase, in both languages."""

    mr: str
    en: str


def phrases(raw: Mapping[str, Any]) -> tuple[Phrase, ...]:
    """Those of ``data/phrases.yaml``, in their order.

    Raises:
        ValueError: one is not in both languages, or could not stand in a note.
    """
    found = tuple(Phrase(**each) for each in raw["phrases"])
    for each in found:
        for text in (each.mr, each.en):
            if wrong := mistakes(text):
                raise ValueError(f"{text!r}: {'; '.join(wrong)}")
    return found
