"""What a pack says in short: what has changed of all projects, and what is taken together."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.warroom.documents.words import Language, Posts, short

_WIDE: Final = 110
_NAME: Final = 32
"""So much of a project's name stands beside its code."""
_KPIS: Final = 6
"""So many red KPIs of a department are named on its line; the others are counted."""
_LIGHTS: Final = (("red", "red"), ("amber", "amber"), ("green", "green"), ("none", "grey"))


def subject_names(content: Mapping[str, Any], language: Language) -> dict[str, str]:
    """The code of each project, and of each KPI on the agenda, with its name behind it, by code: a
    code alone says nothing to most."""
    kpis = (each for each in content["agenda"] if each["project_id"] is None)
    names = {
        each["code"]: f"{each['code']} {short(each['title'][language], _NAME)}" for each in kpis
    }
    return names | {
        each["code"]: f"{each['code']} {short(each['name'][language], _NAME)}"
        for each in (*content["projects"], *content["others"])
    }


def summary(
    content: Mapping[str, Any], words: Mapping[str, str], language: Language
) -> dict[str, Any]:
    """How many projects are in which colour, now and at the last review, and what has changed; of a
    snapshot of an earlier release nothing."""
    found = content.get("summary")
    if found is None:
        return {"lights": [], "lines": []}
    lines, names = [], subject_names(content, language)

    def named(codes: list[str]) -> str:
        return "; ".join(names.get(code, code) for code in codes)

    for name, word in (("worse", "turned_worse"), ("better", "turned_better")):
        if found[name]:
            lines.append(words[word].format(what=named(found[name])))
    # At the first review all are new, and that says nothing.
    if found["new"] and content["since"]:
        lines.append(words["projects_new"].format(what=named(found["new"])))
    lines.append(words["counts"].format(**found))
    return {
        "lights": [
            {"light": light, "told": words[light], "now": str(now), "then": str(then)}
            for name, light in _LIGHTS
            for now, then in [found["lights"][name]]
        ],
        "lines": lines,
    }


def by_consent(
    content: Mapping[str, Any], words: Mapping[str, str], language: Language, posts: Posts
) -> list[dict[str, Any]]:
    """A line of each project that has no time of its own, and one for the red KPIs of each
    department; in the order of the agenda, so that its numbers run down the page."""
    lights = {each["code"]: each["health"] for each in content["projects"]}
    lines: list[dict[str, Any]] = []
    kpis: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for each in content["agenda"]:
        if each["minutes"]:
            continue
        title = each["title"][language]
        if each["project_id"] is None:
            kpis[each.get("department") or ""].append((each["number"], title))
            continue
        light = (lights.get(each["code"]) or {"light": "none"})["light"]
        why = posts.within(each["why"][0]["text"][language]) if each["why"] else ""
        light = "grey" if light == "none" else light
        lines.append(
            {
                "number": str(each["number"]),
                "code": each["code"],
                "title": title,
                "why": short(why, _WIDE),
                "light": light,
                "told": words[light],
            }
        )
    for code, items in kpis.items():
        titles = [title for _, title in items]
        named = content.get("departments", {}).get(code)
        told = "; ".join(short(each, _WIDE // 2) for each in titles[:_KPIS])
        more = len(titles) - _KPIS
        lines.append(
            {
                "number": ranges([number for number, _ in items]),
                "code": "",
                "title": named[language] if named else code or words["general"],
                "why": f"{told}; {words['more'].format(count=more)}" if more > 0 else told,
                "light": "red",
                "told": words["red_kpis"].format(count=len(titles)),
            }
        )
    return lines


def ranges(numbers: Sequence[int]) -> str:
    """Numbers of the agenda, those that follow each other together: ``10–12, 15``."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
