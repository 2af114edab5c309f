"""A briefing pack as slides: as few as a review can look at."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from services.warroom.documents.words import numerals

_PROMISES: Final = 12
"""So many promises stand on slides, those of the overdue first; the rest is counted."""
_URGENT: Final = ("red", "amber", "grey", "green")
_POINTS: Final = {"changes": 3, "decisions": 3, "promises": 2, "risks": 1}
"""So many of each stand on a project's second slide."""
_ASKED: Final = 6
"""So many of the decisions that are asked stand on the first slide."""
_SMALL: Final = 11
"""Letters of tables, in points."""


def slides(told: Mapping[str, Any], photos: Mapping[str, bytes], made_on: date) -> bytes:
    """The deck of what ``briefing.pack`` has told: what is in short, the agenda, what is taken
    together, the promises; two slides of each project that has time; a photograph of each."""
    # python-pptx takes a while to load.
    from palika.slides import Deck, Point, Rag

    words, language = told["words"], told["language"]
    deck = Deck(told["title"], language, made_on, told["corporation"])
    deck.cover(
        told["title"],
        told["facts"][0][1],
        [f"{name}: {value}" for name, value in told["facts"][1:]],
    )
    lights = ", ".join(
        f"{each['told']} {each['now']} ({each['then']})" for each in told["summary"]["lights"]
    )
    points = [Point(f"{words['health']}: {lights}", bold=True)] if lights else []
    points += [Point(each) for each in told["summary"]["lines"]]
    points.append(Point(words["decisions"], bold=True))
    points += [Point(one, 1) for one in told["asked"][:_ASKED] or [words["nothing"]]]
    deck.bullets(words["summary"], points)
    deck.table(
        words["agenda"],
        [words["number"], words["subject"], words["why"], words["minutes"]],
        [
            [
                one["number"],
                f"{one['code']} {one['title']}",
                one["why"][0] if one["why"] else "",
                one["minutes"],
            ]
            for one in told["agenda"]
        ],
        widths=[0.6, 4.5, 6.2, 1],
        size=_SMALL,
    )
    if told["consent"]:
        deck.table(
            told["consent_title"],
            [words["number"], words["subject"], words["why"], words["health"]],
            [
                [
                    one["number"],
                    f"{one['code']} {one['title']}".strip(),
                    one["why"],
                    Rag(one["light"], one["told"]),
                ]
                for one in told["consent"]
            ],
            widths=[1, 4, 6, 1.6],
            size=_SMALL,
        )
    urgent = sorted(told["promises"], key=lambda one: _URGENT.index(one["light"]))
    more = len(urgent) - _PROMISES
    note = numerals(words["more"].format(count=more), language) if more > 0 else ""
    deck.table(
        words["promises"],
        [words[each] for each in ("promise", "project", "post", "due", "state")],
        [
            [one["title"], one["code"], one["post"], one["due"], Rag(one["light"], one["told"])]
            for one in urgent[:_PROMISES]
        ],
        widths=[4, 2.6, 2.2, 1.2, 2],
        size=_SMALL,
        note="; ".join(filter(None, [told["totals"], note])),
    )
    for page in told["projects"]:
        title = f"{page['code']}  {page['name']}"
        rows: list[list[Any]] = [[words["health"], Rag(page["light"], page["told"])]]
        rows += [
            [words["why"], Rag(one["light"], one["text"])]
            for one in page["reasons"]
            if one["light"] in ("red", "amber")
        ][:3]
        rows += [[name, value] for name, value in page["facts"]]
        rows += [[name, value] for name, _, value in page["bars"]]
        rows += [[words["critical"], each] for each in page["path"][:2]]
        deck.table(title, [words["subject"], words["state"]], rows, widths=[3, 9], size=_SMALL)
        deck.bullets(
            title, [Point(each, level, bold) for each, level, bold in _points(page, words)]
        )
    pictures = [
        (photos[one["key"]], f"{page['code']}: {one['told']}")
        for page in told["projects"]
        for one in page["photos"][:1]
        if one["key"] in photos
    ]
    if pictures:
        deck.pictures(words["photos"], pictures)
    if told["others"]:
        deck.table(
            words["others"],
            [words[each] for each in ("number", "project", "done", "end", "health")],
            [[*one["cells"], Rag(one["light"], one["told"])] for one in told["others"]],
            widths=[1.2, 5, 2, 1.8, 1.5],
            size=_SMALL,
        )
    return deck.content()


def _points(page: Mapping[str, Any], words: Mapping[str, str]) -> list[tuple[str, int, bool]]:
    """What has changed of a project, and what is asked, promised and feared: texts with their level
    and whether they are headings."""
    promises = [
        f"{one['title']} ({one['post']}, {one['due']}): {one['told']}" for one in page["promises"]
    ]
    risks = [f"{name} ({words['score']} {score})" for name, score, _ in page["risks"]]
    found: list[tuple[str, int, bool]] = []
    parts: dict[str, Sequence[str]] = {
        "changes": page["changes"],
        "decisions": page["decisions"],
        "promises": promises,
        "risks": risks,
    }
    for name, texts in parts.items():
        found.append((words[name], 0, True))
        nothing = words["no_changes" if name == "changes" else "nothing"]
        found += [(each, 1, False) for each in texts[: _POINTS[name]] or [nothing]]
    return [*found, *((each, 0, False) for each in page["excluded"][:1])]
