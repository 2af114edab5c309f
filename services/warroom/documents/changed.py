"""What has changed of a project since the last review, a line each, for its one page."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.warroom.documents.words import Language, Posts, crores, day, short

_WIDE: Final = 70
_Lines = Callable[[str, Any, Mapping[str, str], Language], list[str]]


def changed(
    found: Mapping[str, Any], words: Mapping[str, str], language: Language, posts: Posts
) -> list[str]:
    """A line of every change, of every kind; one only of a project that is shown first.

    Args:
        found: as ``queries.views.changes_view`` has it; of an earlier release it may lack kinds.
    """
    if found["is_new"]:
        return [words["is_new"]]
    lines = []
    for kind, told in PRINTED.items():
        if kind == "owner" and found.get(kind):
            named = {when: posts[post] for when, post in found[kind].items()}
            lines += told(kind, named, words, language)
        elif found.get(kind):
            lines += told(kind, found[kind], words, language)
    return lines


def light_word(light: str | None, words: Mapping[str, str]) -> str:
    """A colour as it is told; ``none`` and None are grey."""
    return words["grey" if light in (None, "none") else light]


def _turned(kind: str, given: Any, words: Mapping[str, str], language: Language) -> list[str]:
    before, now = light_word(given["before"], words), light_word(given["now"], words)
    return [words["turned"].format(before=before, now=now)]


def _budget(kind: str, given: Any, words: Mapping[str, str], language: Language) -> list[str]:
    was, now = crores(given["before_paise"], language), crores(given["now_paise"], language)
    return [words["budget_since"].format(what=words["instead"].format(was=was, now=now))]


def _owner(kind: str, given: Any, words: Mapping[str, str], language: Language) -> list[str]:
    what = words["instead"].format(was=given["before"], now=given["now"])
    return [words["owner_since"].format(what=what)]


def _end(kind: str, given: Any, words: Mapping[str, str], language: Language) -> list[str]:
    what = words["instead"].format(was=day(given["before"]), now=day(given["now"]))
    return [words["planned_end_since"].format(what=what)]


def _standing(kind: str, given: Any, words: Mapping[str, str], language: Language) -> list[str]:
    was, now = words[f"is_{given['before']}"], words[f"is_{given['now']}"]
    return [words["standing_since"].format(what=words["instead"].format(was=was, now=now))]


def _spent(kind: str, given: Any, words: Mapping[str, str], language: Language) -> list[str]:
    return [words["spent_since"].format(what=crores(given, language))]


def _milestones(kind: str, given: Any, words: Mapping[str, str], language: Language) -> list[str]:
    told = []
    for each in given:
        on = day(
            each["done_on"] or each.get("expected_on") or each["forecast_on"] or each["planned_on"]
        )
        if "was" in each:
            on = words["instead"].format(was=day(each["was"]), now=day(each["now"]))
        told.append(words[kind].format(what=f"{each['name'][language]} ({on})"))
    return told


def _revised(kind: str, given: Any, words: Mapping[str, str], language: Language) -> list[str]:
    told = []
    for each in given:
        was, now = (each[name] or words["none_so"] for name in ("value_before", "value_now"))
        what = words["instead"].format(was=was, now=now)
        part = words["plan_" + each["what"]]
        told.append(words[kind].format(what=f"{each['name'][language]} ({part} {what})"))
    return told


def _titled(kind: str, given: Any, words: Mapping[str, str], language: Language) -> list[str]:
    return [words[kind].format(what=short(each["title"], _WIDE)) for each in given]


def _decided(kind: str, given: Any, words: Mapping[str, str], language: Language) -> list[str]:
    return [words["decided"].format(what=short(each["text"], _WIDE)) for each in given]


def _progress(kind: str, given: Any, words: Mapping[str, str], language: Language) -> list[str]:
    told = []
    for each in given:
        kept = words["was_done" if each["done"] else "not_done"]
        told.append(words["progressed"].format(kept=kept, what=short(each["promised"], _WIDE)))
    return told


def _photos(kind: str, given: Any, words: Mapping[str, str], language: Language) -> list[str]:
    return [words["photos_new"].format(count=len(given))]


def _withdrawn(kind: str, given: Any, words: Mapping[str, str], language: Language) -> list[str]:
    return [
        words["withdrawn"].format(kind=words[f"one_of_{place}"], what=_thing(each, language))
        for place, gone in given.items()
        for each in gone
    ]


def _thing(each: Mapping[str, Any], language: Language) -> str:
    """A fact of any kind in a few words."""
    if "amount_paise" in each and "text" not in each:
        return f"{crores(each['amount_paise'], language)}, {day(each['on'])}"
    if "name" in each:
        return str(each["name"][language])
    names = ("title", "text", "promised", "caption", "code", "category", "ward", "taken_on")
    return short(next((str(each[name]) for name in names if each.get(name)), each["id"]), _WIDE)


PRINTED: Final[Mapping[str, _Lines]] = {
    "light": _turned,
    "standing": _standing,
    "owner": _owner,
    "budget": _budget,
    "planned_end": _end,
    "milestones_replanned": _milestones,
    "milestones_revised": _revised,
    "milestones_done": _milestones,
    "milestones_slipped": _milestones,
    "milestones_passed": _milestones,
    "milestones_reopened": _milestones,
    "milestones_advanced": _milestones,
    "milestones_new": _milestones,
    "spent_paise": _spent,
    "issues_new": _titled,
    "issues_resolved": _titled,
    "risks_new": _titled,
    "risks_risen": _titled,
    "decisions": _decided,
    "progress": _progress,
    "photos": _photos,
    "withdrawn": _withdrawn,
}
"""How each kind of change is told, in the order of the page."""
