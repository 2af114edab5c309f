"""The kinds of grievance, as the grievance service's catalogue has them, in both languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from services.notify.chat.actions.at import At
from services.notify.domain.chat.matching import Kind, Matcher
from services.notify.domain.chat.table import LANGUAGES

_GOOD_FOR: Final = timedelta(minutes=10)
_KEPT: Final = "catalogue"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The kinds by language, in the catalogue's order, and a matcher over them."""

    services: Mapping[str, Sequence[Mapping[str, Any]]]
    matcher: Matcher
    read_at: datetime

    def name(self, code: str, language: str) -> str:
        """What a kind is called; one that is not known (any more), as its code."""
        return next(
            (
                str(each["service_name"])
                for each in self.services[language]
                if each["service_code"] == code
            ),
            code,
        )


def catalogue(at: At) -> Catalogue:
    """The catalogue, ten minutes old at most. Raises Unavailable: the service does not answer."""
    kept = at.ports.kept.get(_KEPT)
    if isinstance(kept, Catalogue) and at.now - kept.read_at < _GOOD_FOR:
        return kept
    services = {
        language: at.ask("grievance", "open311_services", language=language)["services"]
        for language in LANGUAGES
    }
    names = {
        language: {each["service_code"]: each["service_name"] for each in found}
        for language, found in services.items()
    }
    kinds = [
        Kind(each["service_code"], {of: names[of].get(each["service_code"], "") for of in names})
        for each in services[LANGUAGES[0]]
    ]
    read = Catalogue(services, Matcher(kinds, at.ports.table.keywords), at.now)
    at.ports.kept[_KEPT] = read
    return read
