"""The minutes of a review as PDF/A."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, Final, cast

from palika.india import rupees
from services.warroom.documents.words import Language, Posts, day, moment, numerals, said
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
    words, posts = said(language), Posts(review["post_names"], language)
    closed = review["closed_at"]

    # What people have said stands as they have written it.
    def shown(text: str) -> str:
        return numerals(text, language)

    by_subject: dict[str, dict[str, list[Any]]] = defaultdict(
        lambda: {"statements": [], "decisions": [], "actions": []}
    )
    titles = {code: name[language] for code, name in review["project_names"].items()}
    titles |= {each["code"]: each["title"][language] for each in review["agenda"]}
    for each in review["minuted"]:
        kind = "decisions" if each["kind"] == "decision" else "statements"
        by_subject[each["code"] or ""][kind].append(
            [posts[each["post"]], _minuted(each, words, language)]
        )
    for each in review["actions"]:
        detail = f" ({each['detail']})" if each["detail"] else ""
        row = [f"{each['title']}{detail}", posts[each["post"]], shown(day(each["due_on"]))]
        by_subject[each["code"] or ""]["actions"].append(row)
    numbers = {each["code"]: shown(f"{each['number']}.") for each in review["agenda"]}
    order = list(numbers)
    order += sorted(code for code in by_subject if code not in order)
    return {
        "language": language,
        "words": words,
        "corporation": corporation().in_(language),
        "title": f"{words['minutes_of']}: {review['name'][language]}",
        "standing": words["final"] if closed else words["draft"],
        "is_final": closed is not None,
        "facts": [
            [words["held_on"], shown(moment(review["starts_at"]))],
            [words["chair"], posts[review["chair"]]],
            [words["secretary"], posts[review["secretary"]]],
        ],
        "attendance": [
            [posts[each["post"]], words[each["presence"]].format(by=posts[each["by"] or ""])]
            for each in sorted(review["attendance"], key=lambda one: str(one["post"]))
        ],
        "subjects": [
            {
                "title": " ".join(filter(None, [numbers.get(code), code, titles.get(code)]))
                or words["general"]
            }
            | by_subject[code]
            for code in order
            if code in by_subject
        ],
        "dropped": [
            [f"{each['code']} {each['title'][language]}", each["reason"] or ""]
            for each in review["dropped"]
        ],
        "addenda": [
            [shown(day(each["on"])), posts[each["post"]], each["text"]]
            for each in review["addenda"]
        ],
    }


def _minuted(each: Mapping[str, Any], words: Mapping[str, str], language: Language) -> str:
    """The text with what it decides, to the day and the paisa: what was decided is binding as it is
    written here."""
    about = each["about"]
    told = [words[f"about_{about}"]] if about not in (None, "other") else []
    if each["day"] is not None:
        told.append(day(each["day"]))
    if each["amount_paise"] is not None:
        told.append(rupees(each["amount_paise"]))
    return f"{each['text']} ({numerals(', '.join(told), language)})" if told else str(each["text"])
