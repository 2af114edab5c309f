"""A briefing pack as pages (PDF) and as slides (PPTX), of what was frozen."""

from collections.abc import Mapping, Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, Final, cast

from services.warroom.documents.changed import changed
from services.warroom.documents.consent import by_consent, subject_names, summary
from services.warroom.documents.slides import slides
from services.warroom.documents.words import (
    Language,
    Posts,
    counted,
    crores,
    day,
    extension,
    in_numerals,
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
    "why": 3,
    "changes": 6,
    "changed": 10,
    "asked": 8,
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
    deck = slides(told, photos, made_on)
    return {"pdf": _pdf(told, photos, made_on), "pptx": deck}


def pack(content: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """All that both show, as strings in a language; pages and slides only arrange it. There is a
    page for what has time on the agenda, and a line for what is taken together."""
    words, posts = said(language), Posts(content.get("posts", {}), language)
    names = subject_names(content, language)
    timed = [each for each in content["agenda"] if each["minutes"]]
    pages = [each for each in content["projects"] if each["minutes"]]
    review = content["review"]
    together = content["review"]["minutes"] - sum(each["minutes"] for each in timed)
    told = {
        "language": language,
        "words": words,
        "corporation": corporation().in_(language),
        "title": f"{words['briefing']}: {review['name'][language]}",
        "facts": [
            [words["held_on"], moment(review["starts_at"])],
            [words["as_of"], moment(content["as_of"])],
            *_last(content, words),
            [words["chair"], posts[review["chair"]]],
        ],
        "summary": summary(content, words, language),
        "changed": [
            [
                f"{each['code']} {short(each['name'][language], _WIDE // 4)}",
                "; ".join(changed(each["changes"], words, language, posts)[:2]),
            ]
            for each in pages
            if each["changes"]["any"]
        ][: _ROWS["changed"]],
        "asked": _few(
            [
                f"{each['code']}: {_decision(one, words, posts)}"
                for each in pages
                for one in each["decisions_asked"]
            ],
            "asked",
            words,
        ),
        "agenda": [_item(each, words, language, posts) for each in timed],
        "consent_title": words["consent"].format(minutes=max(0, together)),
        "consent": by_consent(content, words, language, posts),
        "projects": [_page(each, words, language, content["day"], posts) for each in pages],
        "others": [
            {
                "cells": [
                    each["code"],
                    each["name"][language],
                    f"{percent(each['done_percent'])} / {percent(each['planned_percent'])}",
                    day(each["expected_end"]),
                ],
                **light_of(each["health"], words),
            }
            for each in content["others"]
        ],
        "promises": [
            promised | {"code": names.get(promised["code"], promised["code"])}
            for each in content["promises"]
            for promised in [_promise(each, words, content["day"], posts)]
        ],
        "totals": words["totals"].format(**content["counts"]),
    }
    # Codes, keys of photographs and numbers that are drawn are no words.
    shown: dict[str, Any] = in_numerals(told, language, ("code", "key", "light", "words"))
    return shown


def light_of(health: Mapping[str, Any] | None, words: Mapping[str, str]) -> dict[str, str]:
    light = (health or {"light": "none"})["light"]
    light = "grey" if light == "none" else light
    return {"light": light, "told": words[light]}


def _item(
    each: Mapping[str, Any], words: Mapping[str, str], language: Language, posts: Posts
) -> dict[str, Any]:
    why = [posts.within(one["text"][language]) for one in each["why"]]
    return {
        "number": str(each["number"]),
        "code": each["code"],
        "title": each["title"][language],
        "why": _few([short(one, _WIDE) for one in why], "why", words),
        "minutes": str(each["minutes"]),
    }


def _page(
    each: Mapping[str, Any],
    words: Mapping[str, str],
    language: Language,
    today: str,
    posts: Posts,
) -> dict[str, Any]:
    stage, wards = each["stage"], each["ward_names"]
    budget = each["budget_paise"]
    share = budget and each["spent_paise"] * 100 // budget
    spent = f"{crores(each['spent_paise'], language)} / {crores(budget, language)}"
    critical = each["critical"]
    moved = critical["moved_days"]
    slip = words["unmoved"] if moved == 0 else ""
    if moved:
        slip = counted(words["moved_later" if moved > 0 else "moved_earlier"], days=abs(moved))
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
        **light_of(each["health"], words),
        "facts": [
            [words["department"], each["department_name"][language]],
            [words["owner"], posts[each["owner"]]],
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
        "changes": _few(changed(each["changes"], words, language, posts), "changes", words),
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
            _promise(one, words, today, posts) | {"title": short(one["title"], _WIDE // 2)}
            for one in each["promises"][: _ROWS["promises"]]
        ],
        "promises_more": _more(len(each["promises"]) - _ROWS["promises"], words),
        "decisions": _few(
            [_decision(one, words, posts) for one in each["decisions_asked"]], "decisions", words
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
        found.append([words["set_aside"], counted(words["set_aside_so"], **aside)])
    if late:
        most = max(one["late_days"] for one in late)
        told = counted(words["withdrawn_late_so"], count=len(late), days=most)
        found.append([words["withdrawn_late"], told])
    return found


def _last(content: Mapping[str, Any], words: Mapping[str, str]) -> list[list[str]]:
    """When the review before was held, and since when changes are told: its pack was frozen then.
    A snapshot of an earlier release has the second alone."""
    if content["since"] is None:
        return [[words["since"], words["first"]]]
    held = content.get("last_held")
    return [
        *([[words["since"], moment(held)]] if held else []),
        [words["changes"], moment(content["since"])],
    ]


def _nearest(milestones: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The last one reached and those that come: as many as fit."""
    first_open = next((at for at, one in enumerate(milestones) if one["done_on"] is None), 0)
    begin = max(0, min(first_open - 1, len(milestones) - _ROWS["milestones"]))
    return list(milestones[begin : begin + _ROWS["milestones"]])


def _milestone(one: Mapping[str, Any], words: Mapping[str, str], language: Language) -> list[str]:
    late = one["late_days"]
    told = counted(words["late"], days=late) if late else words["in_time"]
    if one["done_on"]:
        told = f"{words['reached']} {day(one['done_on'])}; {told}"
    elif one["critical"]:
        told = f"{told}; {words['is_critical']}"
    return [one["name"][language], day(one["planned_on"]), day(one["expected_on"]), told]


def _promise(
    one: Mapping[str, Any], words: Mapping[str, str], today: str, posts: Posts
) -> dict[str, str]:
    light, told = "grey", counted(words["pending"], days=one["age_days"])
    first = one.get("first_due_on") or one["due_on"]
    beyond = (date.fromisoformat(today) - date.fromisoformat(first)).days
    if one["work"] == "done":
        late = (date.fromisoformat(one["done_on"]) - date.fromisoformat(first)).days
        light = "green" if one["kept"] else "amber"
        told = words["kept"] if one["kept"] else counted(words["kept_late"], days=late)
    elif one["work"] == "dropped":
        told = words["dropped"].format(reason=short(one["answer"] or "", 60))
    elif one["work"] == "claimed":
        light, told = "amber", words["claimed"]
    elif one["days_overdue"]:
        light, told = "red", counted(words["overdue"], days=one["days_overdue"])
    elif first < one["due_on"] and beyond > 0:
        light, told = "amber", counted(words["beyond"], days=beyond)
    told = "; ".join(filter(None, [told, extension(one, words)]))
    return {
        "title": one["title"],
        "code": one["code"] or words["general"],
        "post": posts[one["post"]],
        "due": day(one["due_on"]),
        "light": light,
        "told": told,
    }


def _decision(one: Mapping[str, Any], words: Mapping[str, str], posts: Posts) -> str:
    told = words[one["kind"]].format(title=short(one["title"], _WIDE // 2))
    late = f"; {counted(words['overdue'], days=one['late_days'])}" if one["late_days"] else ""
    return f"{told} ({posts[one['post']]}, {day(one['due_on'])}{late})"


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
    images: dict[str, bytes] = {}
    for page in shown["projects"]:
        for photo in page["photos"]:
            content = photos.get(photo["key"])
            photo["file"] = None if content is None else f"photo-{len(images)}"
            if content is not None:
                images[photo["file"]] = content
    found = engine.pdf(TEMPLATE, [shown], made_on, tagged=False, images=images)
    # A pack is set now and then, by a process that works on.
    engine.forget()
    return found
