"""Which KPIs of a page are shown and in which order; all of it stands in the page's address.

What is left out is on the page none the less, hidden: with a script a filter shows it at once.
``static/js/dashboards.js`` has the same rule of what is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from palika.errors import Invalid
from services.portal.pages import languages
from services.portal.pages.words import N_

STATUSES: Final = (
    ("red", N_("Off target")),
    ("amber", N_("Near the target")),
    ("green", N_("On target")),
    ("not judged", N_("Not judged")),
    ("no target", N_("No target")),
    ("no data", N_("No data")),
)
CHANGES: Final = (("worse", N_("Worse")), ("better", N_("Better")), ("same", N_("The same")))
SORTS: Final = (
    ("", N_("By department")),
    ("status", N_("Off target first")),
    ("change", N_("Worse than before first")),
    ("name", N_("By name")),
)
_KNOWN: Final = {"status": STATUSES, "changed": CHANGES, "sort": SORTS}
_LONGEST: Final = 100
_STATUS_ORDER: Final = {code: at for at, (code, _) in enumerate(STATUSES)}
_CHANGE_ORDER: Final = {code: at for at, (code, _) in enumerate(CHANGES)}


@dataclass(frozen=True, slots=True)
class Picked:
    """What a reader has asked to see; '' is everything."""

    words: str = ""
    status: str = ""
    department: str = ""
    owner: str = ""
    changed: str = ""
    sort: str = ""
    period: str = ""

    @property
    def query(self) -> dict[str, str]:
        """For an address of the same view."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name))}

    @property
    def filters(self) -> bool:
        """Whether anything is left out."""
        return bool(self.words or self.status or self.department or self.owner or self.changed)

    def shows(self, line: Mapping[str, Any]) -> bool:
        """Whether a KPI is shown."""
        if self.status and line["status"] != self.status:
            return False
        if self.department and line["owned_by"] != self.department:
            return False
        if self.owner and line["owner"] != self.owner:
            return False
        if self.changed and change(line) != self.changed:
            return False
        if not self.words:
            return True
        name = line["name"]
        text = f"{name['mr']} {name['en']} {line['code']}".casefold()
        return all(word in text for word in self.words.casefold().split())

    def ordered(self, lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """KPIs in the order that is asked for; as they come, if none is."""
        language = languages.current()
        if self.sort == "name":
            return sorted(lines, key=lambda each: each["name"][language].casefold())
        if self.sort == "status":
            return sorted(lines, key=lambda each: _STATUS_ORDER[each["status"]])
        if self.sort == "change":
            last = len(_CHANGE_ORDER)
            return sorted(lines, key=lambda each: _CHANGE_ORDER.get(change(each), last))
        return list(lines)


def picked(args: MultiDict[str, str]) -> Picked:
    """What the query of an address asks for.

    Raises:
        Invalid: a word that is none of those that there are.
    """
    found = {name: " ".join(args.get(name, "").split())[:_LONGEST] for name in Picked.__slots__}
    wrong = {
        name: [f"must be one of {', '.join(code for code, _ in known if code)}"]
        for name, known in _KNOWN.items()
        if found[name] not in ("", *dict(known))
    }
    if wrong:
        raise Invalid("this view is not there", wrong)
    return Picked(**found)


def change(line: Mapping[str, Any]) -> str:
    """How a KPI has changed against the period before: better, worse, same, or '' where that is not
    said."""
    trend = line["trend"]
    return (trend["previous"]["trend"] or "") if trend else ""
