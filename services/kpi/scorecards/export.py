"""A scorecard as a file for the review: PDF, or slides."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.kpi import files
from services.kpi.domain.scorecard import Card, Place
from services.kpi.scorecards.report import Language, Report, report

TEMPLATE: Final = files.SHIPPED / "documents/scorecard.typ"
_TYPES: Final = {
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


def exported(
    card: Card,
    ranks: Mapping[str, Mapping[str, Sequence[Place]]],
    language: Language,
    form: str,
) -> dict[str, Any]:
    """The file as a call gives it: its name, its type and its bytes in base64.

    Raises:
        FontMissing: of a PDF, the fonts cannot be had.
    """
    said = report(card, ranks, language)
    content = scorecard_pdf(said) if form == "pdf" else scorecard_slides(said)
    return {
        "file": f"{card.programme.code}-{card.subject}-{card.day}-{language}.{form}",
        "content_type": _TYPES[form],
        "content_base64": base64.b64encode(content).decode(),
    }


def scorecard_pdf(said: Report) -> bytes:
    """The pages, as PDF/A-2a; the same report gives the same bytes."""
    # typst and its fonts are loaded by who sets a page, not by every process of the service.
    from palika.typesetting import engine

    return engine.pdf(TEMPLATE, [page_content(said)], said.day, tagged=True, standard="a-2a")


def page_content(said: Report) -> dict[str, Any]:
    """What the template prints; a character that has no glyph is named in its place."""
    from palika.typesetting import fonts

    found: dict[str, Any] = fonts.named_glyphs(
        {
            "language": said.language,
            "words": dict(said.words),
            "corporation": said.corporation,
            "title": said.title,
            "subject": said.subject,
            "counter": said.counter,
            "facts": said.facts,
            "header": said.header,
            "rows": [
                {"cells": each.cells, "status": each.status, "told": each.status_words}
                for each in said.rows
            ],
            "since": said.since,
            "changes": said.changes,
            "missing": said.missing,
            "ranks": [
                {"title": each.title, "rows": each.rows, "own": each.own} for each in said.ranks
            ],
            "basis": said.basis,
            "notes": said.notes,
        }
    )
    return found


def scorecard_slides(said: Report) -> bytes:
    """The same as slides."""
    # python-pptx takes a while to load.
    from palika.slides import Deck, Point, Rag

    words = said.words
    deck = Deck(said.title, said.language, said.day, said.corporation)
    lines = [f"{label}: {value}" for label, value in said.facts[1:]]
    deck.cover(said.title, f"{said.subject}  ·  {said.counter}", lines)
    deck.table(
        words["marks_by_criterion"],
        said.header,
        [[*each.cells, Rag(each.status, each.status_words)] for each in said.rows],
        widths=[4.6, 1.3, 1.7, 1.8, 1.4, 1.4],
        right=[1, 2, 3, 4],
        note="  ".join(said.notes[:2]),
    )
    if len(said.marks) <= 15:
        deck.bars(
            words["marks_by_criterion"],
            [name for name, _, _ in said.marks],
            [
                (words["own"], [own for _, own, _ in said.marks]),
                (words["third_party"], [other for _, _, other in said.marks]),
            ],
            lying=True,
        )
    if said.changes:
        deck.table(
            f"{words['changes']} ({said.since})",
            [words["criterion"], words["own"], words["third_party"], words["new_evidence"]],
            said.changes,
            widths=[4, 2.4, 2.4, 3.5],
        )
    else:
        told = [said.since]
        if said.since != words["no_review"]:
            told.append(words["no_changes"])
        deck.bullets(words["changes"], told)
    if said.missing:
        deck.table(
            words["missing"], [words["criterion"], words["what"]], said.missing, widths=[4, 6]
        )
    else:
        deck.bullets(words["missing"], [words["nothing_missing"]])
    header = [words["rank"], words["name"], words["score"], words["remark"]]
    for each in said.ranks:
        rows = [
            # Grey, since the other colours say how somebody stands.
            [rank, Rag("grey", name) if own else name, score, remark]
            for (rank, name, score, remark), own in zip(each.rows, each.own, strict=True)
        ]
        title = f"{words['ranking']}: {each.title}"
        deck.table(title, header, rows, widths=[1, 4, 1.5, 5], right=[0, 2])
    if said.basis:
        names = ("kpi", "period", "value", "share", "rule")
        deck.table(
            words["basis"],
            [words[each] for each in names],
            said.basis,
            widths=[3.6, 1.9, 1.3, 1.3, 4.2],
            right=[2, 3],
        )
    if len(said.notes) > 1:
        deck.bullets(words["remark"], [Point(each) for each in said.notes])
    return deck.content()
