"""The minutes of a review as PDF/A."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, Final, cast

from palika.india import rupees
from services.warroom.documents.words import Language, day, moment, said
from services.warroom.reference import corporation

TEMPLATE: Final = Path(str(resources.files("services.warroom"))) / "data/documents/minutes.typ"


def minutes_pdf(review: Mapping[str, Any], language: str) -> bytes:
    """The minutes, as PDF/A-2a; the same review gives the same bytes.

    Args:
        review: as ``queries.review_views.get_minutes`` has it.

    Raises:
        FontMissing: the fonts cannot be had.
    """
    from palika.typesetting import engine, fonts

    told = minutes_content(review, cast(Language, language))
    made_on = date.fromisoformat(review["made_on"])
    return engine.pdf(TEMPLATE, [fonts.named_glyphs(told)], made_on, tagged=True, standard="a-2a")


def minutes_content(review: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """What the template prints."""
    words = said(language)
    closed = review["closed_at"]
    by_subject: dict[str, dict[str, list[Any]]] = defaultdict(
        lambda: {"statements": [], "decisions": [], "actions": []}
    )
    titles = {each["code"]: each["title"][language] for each in review["agenda"]}
    for each in review["minuted"]:
        kind = "decisions" if each["kind"] == "decision" else "statements"
        by_subject[each["code"] or ""][kind].append([each["post"], _minuted(each, words)])
    for each in review["actions"]:
        detail = f" ({each['detail']})" if each["detail"] else ""
        row = [f"{each['title']}{detail}", each["post"], day(each["due_on"])]
        by_subject[each["code"] or ""]["actions"].append(row)
    order = [each["code"] for each in review["agenda"]]
    order += sorted(code for code in by_subject if code not in order)
    return {
        "language": language,
        "words": words,
        "corporation": corporation().in_(language),
        "title": f"{words['minutes_of']}: {review['name'][language]}",
        "standing": words["final"] if closed else words["draft"],
        "is_final": closed is not None,
        "facts": [
            [words["held_on"], moment(review["starts_at"])],
            [words["chair"], review["chair"]],
            [words["secretary"], review["secretary"]],
        ],
        "attendance": [
            [each["post"], words[each["presence"]].format(by=each["by"] or "")]
            for each in sorted(review["attendance"], key=lambda one: str(one["post"]))
        ],
        "subjects": [
            {"title": " ".join(filter(None, [code, titles.get(code)])) or words["general"]}
            | by_subject[code]
            for code in order
            if code in by_subject
        ],
        "dropped": [
            [f"{each['code']} {each['title'][language]}", each["reason"] or ""]
            for each in review["dropped"]
        ],
        "addenda": [[day(each["on"]), each["post"], each["text"]] for each in review["addenda"]],
    }


def _minuted(each: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """The text with what it decides, to the day and the paisa: what was decided is binding as it is
    written here."""
    about = each["about"]
    told = [words[f"about_{about}"]] if about not in (None, "other") else []
    if each["day"] is not None:
        told.append(day(each["day"]))
    if each["amount_paise"] is not None:
        told.append(rupees(each["amount_paise"]))
    return f"{each['text']} ({', '.join(told)})" if told else str(each["text"])
