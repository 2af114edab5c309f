"""A briefing pack as pages (PDF) and as slides (PPTX), of what was frozen."""

from collections.abc import Mapping, Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, Final, cast

from services.warroom.documents.changed import changed
from services.warroom.documents.words import (
    Language,
    crores,
    day,
    moment,
    percent,
    said,
    short,
)
from services.warroom.reference import corporation

TEMPLATE: Final = Path(str(resources.files("services.warroom"))) / "data/documents/briefing.typ"
# So many of each stand on a page; the rest is counted. The snapshot has all.
_ROWS: Final = {
    "milestones": 7,
    "risks": 3,
    "promises": 3,
    "decisions": 3,
    "path": 3,
    "why": 5,
    "changes": 6,
}
_WIDE: Final = 140


def rendered(
    content: Mapping[str, Any], photos: Mapping[str, bytes], language: str
) -> dict[str, bytes]:
    """The pack in a language: ``pdf`` and ``pptx``. The same snapshot gives the same pages.

    Args:
        content: as ``queries.briefing.snapshot`` has it.
        photos: the bytes of its photographs, by their ids; one that the store has lost is missing.

    Raises:
        FontMissing: the fonts cannot be had.
    """
    told = pack(content, cast(Language, language))
    made_on = date.fromisoformat(content["day"])
    return {"pdf": _pdf(told, photos, made_on), "pptx": _slides(told, photos, made_on)}


def pack(content: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """All that both show, as strings in a language; pages and slides only arrange it."""
    words = said(language)
    review = content["review"]
    since = moment(content["since"]) if content["since"] else words["first"]
    return {
        "language": language,
        "words": words,
        "corporation": corporation().in_(language),
        "title": f"{words['briefing']}: {review['name'][language]}",
        "facts": [
            [words["held_on"], moment(review["starts_at"])],
            [words["as_of"], moment(content["as_of"])],
            [words["since"], since],
            [words["chair"], review["chair"]],
        ],
        "agenda": [_item(each, words, language) for each in content["agenda"]],
        "projects": [_page(each, words, language, content["day"]) for each in content["projects"]],
        "others": [
            {
                "cells": [
                    each["code"],
                    each["name"][language],
                    f"{percent(each['done_percent'])} / {percent(each['planned_percent'])}",
                    day(each["expected_end"]),
                ],
                **_light(each["health"], words),
            }
            for each in content["others"]
        ],
        "promises": [_promise(each, words, content["day"]) for each in content["promises"]],
        "totals": words["totals"].format(**content["counts"]),
    }


def _light(health: Mapping[str, Any] | None, words: Mapping[str, str]) -> dict[str, str]:
    light = (health or {"light": "none"})["light"]
    light = "grey" if light == "none" else light
    return {"light": light, "told": words[light]}


def _item(each: Mapping[str, Any], words: Mapping[str, str], language: Language) -> dict[str, Any]:
    why = [one["text"][language] for one in each["why"]]
    return {
        "number": str(each["number"]),
        "code": each["code"],
        "title": each["title"][language],
        "why": _few([short(one, _WIDE) for one in why], "why", words),
        "minutes": str(each["minutes"]) if each["minutes"] else words["information"],
    }


def _page(
    each: Mapping[str, Any], words: Mapping[str, str], language: Language, today: str
) -> dict[str, Any]:
    stage, wards = each["stage"], each["ward_names"]
    budget = each["budget_paise"]
    share = None if not budget else each["spent_paise"] / budget * 100
    spent = f"{crores(each['spent_paise'], language)} / {crores(budget, language)}"
    critical = each["critical"]
    moved = critical["moved_days"]
    slip = words["unmoved"] if moved == 0 else ""
    if moved:
        slip = words["moved_later" if moved > 0 else "moved_earlier"].format(days=abs(moved))
    planned = words["planned"]
    path = [
        f"{one['name'][language]}: {day(one['early'])} ({planned} {day(one['planned_on'])})"
        for one in critical["path"]
    ]
    milestones = _nearest(each["milestones"])
    reasons = (each["health"] or {"reasons": []})["reasons"]
    return {
        "code": each["code"],
        "name": each["name"][language],
        **_light(each["health"], words),
        "facts": [
            [words["department"], each["department_name"][language]],
            [words["owner"], each["owner"]],
            [words["stage"], stage[language] if stage else "–"],
            [words["wards"], ", ".join(one[language] for one in wards) or words["whole_city"]],
            [words["planned_end"], day(each["planned_end"])],
            [words["end"], " ".join(filter(None, [day(critical["finish"]), slip and f"({slip})"]))],
            *_past(each, words),
        ],
        "reasons": [
            {"light": one["light"] if one["light"] != "none" else "grey", "text": one[language]}
            for one in reasons
        ],
        "bars": [
            [words["planned"], each["planned_percent"] or 0, percent(each["planned_percent"])],
            [words["done"], each["done_percent"] or 0, percent(each["done_percent"])],
            [words["spend"], min(100, share or 0), f"{percent(share)} · {spent}"],
        ],
        "path": _few(path, "path", words),
        "changes": _few(changed(each["changes"], words, language), "changes", words),
        "milestones": [_milestone(one, words, language) for one in milestones],
        "milestones_more": _more(len(each["milestones"]) - len(milestones), words),
        "risks": [
            [
                short(one["title"], _WIDE // 2),
                str(one["score"]),
                short(one["mitigation"] or "–", _WIDE // 2),
            ]
            for one in each["risks"][: _ROWS["risks"]]
        ],
        "risks_more": _more(len(each["risks"]) - _ROWS["risks"], words),
        "promises": [
            _promise(one, words, today) | {"title": short(one["title"], _WIDE // 2)}
            for one in each["promises"][: _ROWS["promises"]]
        ],
        "promises_more": _more(len(each["promises"]) - _ROWS["promises"], words),
        "decisions": _few(
            [_decision(one, words) for one in each["decisions_asked"]], "decisions", words
        ),
        "excluded": [one[language] for one in each["excluded"]],
        "photos": [
            {
                "key": one["id"],
                "told": " · ".join(
                    filter(None, [day(one["taken_on"]), short(one["caption"] or "", _WIDE // 3)])
                ),
            }
            for one in each["latest_photos"]
        ],
    }


def _past(each: Mapping[str, Any], words: Mapping[str, str]) -> list[list[str]]:
    """How often it was set aside and for how long, and what was withdrawn late; a snapshot of an
    earlier release has neither."""
    aside, late = each.get("set_aside"), each.get("withdrawn_late")
    found = []
    if aside and aside["times"]:
        found.append([words["set_aside"], words["set_aside_so"].format(**aside)])
    if late:
        most = max(one["late_days"] for one in late)
        told = words["withdrawn_late_so"].format(count=len(late), days=most)
        found.append([words["withdrawn_late"], told])
    return found


def _nearest(milestones: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The last one reached and those that come: as many as fit."""
    first_open = next((at for at, one in enumerate(milestones) if one["done_on"] is None), 0)
    begin = max(0, min(first_open - 1, len(milestones) - _ROWS["milestones"]))
    return list(milestones[begin : begin + _ROWS["milestones"]])


def _milestone(one: Mapping[str, Any], words: Mapping[str, str], language: Language) -> list[str]:
    late = one["late_days"]
    told = words["late"].format(days=late) if late else words["in_time"]
    if one["done_on"]:
        told = f"{words['reached']} {day(one['done_on'])}; {told}"
    elif one["critical"]:
        told = f"{told}; {words['is_critical']}"
    return [one["name"][language], day(one["planned_on"]), day(one["expected_on"]), told]


def _promise(one: Mapping[str, Any], words: Mapping[str, str], today: str) -> dict[str, str]:
    light, told = "grey", words["pending"].format(days=one["age_days"])
    first = one.get("first_due_on") or one["due_on"]
    beyond = (date.fromisoformat(today) - date.fromisoformat(first)).days
    if one["work"] == "done":
        late = (date.fromisoformat(one["done_on"]) - date.fromisoformat(first)).days
        light = "green" if one["kept"] else "amber"
        told = words["kept"] if one["kept"] else words["kept_late"].format(days=late)
    elif one["work"] == "dropped":
        told = words["dropped"].format(reason=short(one["answer"] or "", 60))
    elif one["work"] == "claimed":
        light, told = "amber", words["claimed"]
    elif one["days_overdue"]:
        light, told = "red", words["overdue"].format(days=one["days_overdue"])
    elif first < one["due_on"] and beyond > 0:
        light, told = (
            "amber",
            words["extended"].format(times=one["extensions"], first=day(first), days=beyond),
        )
    return {
        "title": one["title"],
        "code": one["code"] or words["general"],
        "post": one["post"],
        "due": day(one["due_on"]),
        "light": light,
        "told": told,
    }


def _decision(one: Mapping[str, Any], words: Mapping[str, str]) -> str:
    told = words[one["kind"]].format(title=short(one["title"], _WIDE // 2))
    late = f"; {words['overdue'].format(days=one['late_days'])}" if one["late_days"] else ""
    return f"{told} ({one['post']}, {day(one['due_on'])}{late})"


def _few(texts: Sequence[str], name: str, words: Mapping[str, str]) -> list[str]:
    most = _ROWS[name]
    more = _more(len(texts) - most, words)
    return [*texts[:most], *([more] if more else [])]


def _more(count: int, words: Mapping[str, str]) -> str:
    return words["more"].format(count=count) if count > 0 else ""


def _pdf(told: Mapping[str, Any], photos: Mapping[str, bytes], made_on: date) -> bytes:
    # typst and its fonts are loaded by who sets a page, not by every process of the service.
    from palika.typesetting import engine, fonts

    shown = fonts.named_glyphs(told)
    images = {}
    for page in shown["projects"]:
        for photo in page["photos"]:
            content = photos.get(photo["key"])
            photo["file"] = None if content is None else f"photo-{len(images)}"
            if content is not None:
                images[photo["file"]] = content
    return engine.pdf(TEMPLATE, [shown], made_on, tagged=False, images=images)


def _slides(told: Mapping[str, Any], photos: Mapping[str, bytes], made_on: date) -> bytes:
    # python-pptx takes a while to load.
    from palika.slides import Deck, Point, Rag

    words = told["words"]
    deck = Deck(told["title"], told["language"], made_on, told["corporation"])
    deck.cover(
        told["title"],
        told["facts"][0][1],
        [f"{name}: {value}" for name, value in told["facts"][1:]],
    )
    deck.table(
        words["agenda"],
        [words["number"], words["subject"], words["why"], words["minutes"]],
        [
            [one["number"], f"{one['code']}\n{one['title']}", "\n".join(one["why"]), one["minutes"]]
            for one in told["agenda"]
        ],
        widths=[0.6, 3.5, 7, 1.2],
    )
    promises = [words[each] for each in ("promise", "project", "post", "due", "state")]
    deck.table(
        words["promises"],
        promises,
        [
            [one["title"], one["code"], one["post"], one["due"], Rag(one["light"], one["told"])]
            for one in told["promises"]
        ],
        widths=[4.5, 1.3, 2, 1.4, 2.8],
        note=told["totals"],
    )
    for page in told["projects"]:
        title = f"{page['code']}  {page['name']}"
        rows: list[list[Any]] = [[words["health"], Rag(page["light"], page["told"])]]
        rows += [[name, value] for name, value in page["facts"]]
        rows += [[name, value] for name, _, value in page["bars"]]
        rows += [
            [words["why"], Rag(one["light"], one["text"])]
            for one in page["reasons"]
            if one["light"] in ("red", "amber")
        ]
        deck.table(title, [words["subject"], words["state"]], rows, widths=[3, 9], size=12)
        deck.table(
            f"{title}: {words['milestone']}",
            [words[each] for each in ("milestone", "planned", "expected", "state")],
            page["milestones"],
            widths=[5, 1.6, 1.6, 3.5],
            note=f"{words['critical']}: {' · '.join(page['path'])}" if page["path"] else "",
        )
        points = [Point(words["changes"], bold=True)]
        points += [Point(one, 1) for one in page["changes"] or [words["no_changes"]]]
        points.append(Point(words["decisions"], bold=True))
        points += [Point(one, 1) for one in page["decisions"] or [words["nothing"]]]
        points.append(Point(words["promises"], bold=True))
        points += [
            Point(f"{one['title']} ({one['post']}, {one['due']}): {one['told']}", 1)
            for one in page["promises"]
        ] or [Point(words["nothing"], 1)]
        points.append(Point(words["risks"], bold=True))
        points += [
            Point(f"{name} ({words['score']} {score}): {answer}", 1)
            for name, score, answer in page["risks"]
        ] or [Point(words["nothing"], 1)]
        points += [Point(one) for one in page["excluded"]]
        deck.bullets(title, points)
        pictures = [
            (photos[one["key"]], one["told"]) for one in page["photos"] if one["key"] in photos
        ]
        if pictures:
            deck.pictures(f"{title}: {words['photos']}", pictures)
    deck.table(
        words["others"],
        [words[each] for each in ("number", "project", "done", "end", "health")],
        [[*one["cells"], Rag(one["light"], one["told"])] for one in told["others"]],
        widths=[1.2, 5, 2, 1.8, 1.5],
    )
    return deck.content()
