"""The controls of a page's form by their names: what each is called in words, so that whoever is
told of a mistake or a difference finds it; and what is chosen from."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from flask import current_app

from palika.india import INDIA
from services.portal.content import Content
from services.portal.editing.checking import OTHERS, Errors
from services.portal.editing.inputs import Input, Sort, inputs_of
from services.portal.editing.places import LANGUAGES
from services.portal.editing.typed import TEXT, rows_in
from services.portal.editing.wording import CHOICES
from services.portal.pages.formats import day, digits, moment
from services.portal.pages.languages import current
from services.portal.pages.statics import FOLDER
from services.portal.pages.words import N_, gettext, ngettext

_IN: Final = {"mr": N_("Marathi"), "en": N_("English")}
_SIGN: Final = re.compile(r'<symbol id="([a-z]+)"')
WHOLE: Final = N_("The page as a whole")


def words_of(kind: str, typed: Mapping[str, Any], spare: int = 0) -> dict[str, str]:
    """Every control in the order of the form, with its words in the language of the page.

    Args:
        spare: empty rows behind the filled ones of each list.
    """
    return {name: words for name, words, _ in controls(kind, typed, spare)}


def controls(
    kind: str, typed: Mapping[str, Any], spare: int = 0
) -> Iterator[tuple[str, str, Input | None]]:
    """Every control with its words and its field; the texts have none."""
    for each in inputs_of(kind):
        yield from _controls(each, each.name, gettext(each.label), typed, spare)
    for language in LANGUAGES:
        yield TEXT + language, _in(gettext("Text of the page"), language), None


def _in(words: str, language: str) -> str:
    return f"{words} ({gettext(_IN[language])})"


def _controls(
    each: Input, name: str, words: str, typed: Mapping[str, Any], spare: int
) -> Iterator[tuple[str, str, Input]]:
    if each.sort is Sort.BOTH:
        for language in LANGUAGES:
            yield f"{name}.{language}", _in(words, language), each
    elif each.sort is Sort.GROUP:
        for part in each.parts:
            own = part.name.removeprefix(each.name)
            inner = f"{words}: {gettext(part.label)}"
            yield from _controls(part, name + own, inner, typed, spare)
    elif each.sort is Sort.ROWS:
        for number in range(1, rows_in(name, typed) + spare + 1):
            for part in each.parts:
                own = part.name.removeprefix(f"{each.name}.*")
                inner = f"{words} {digits(number)}"
                if own:
                    inner += f": {gettext(part.label)}"
                yield from _controls(part, f"{name}.{number}{own}", inner, typed, spare)
    else:
        yield name, words, each


def value_words(each: Input | None, value: Any, content: Content, kind: str) -> str:
    """What stands in a control, as people read it: names of codes, days in words."""
    if not value:
        return ""
    if each is not None and each.sort in (Sort.CHOICE, Sort.CHOICES):
        named = {code: words for code, words in options_of(each, content, kind) if words}
        named = _public_words(each.name) | named
        chosen = value if isinstance(value, list) else [value]
        return ", ".join(sorted(named.get(one) or gettext(CHOICES.get(one, one)) for one in chosen))
    if each is not None and each.sort is Sort.FLAG:
        return gettext("Yes")
    if each is not None and each.sort in (Sort.DAY, Sort.MOMENT):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return str(value)
        return day(at.date()) if each.sort is Sort.DAY else moment(at.replace(tzinfo=INDIA))
    return str(value)


def _public_words(name: str) -> dict[str, str]:
    """The words that the public pages have for the values of a field."""
    made = current_app.jinja_env.get_template("site/macros.html").make_module()
    found: dict[str, str] = getattr(made, "group_names" if name == "group" else "kind_names")
    return dict(found)


def by_control(kind: str, typed: Mapping[str, Any], errors: Errors) -> tuple[Errors, dict]:
    """Mistakes by the controls that they are of, and the words of these: what is wrong with a
    group stands at its first control, an entry of a list at the list."""
    words = words_of(kind, typed, spare=1)
    labels = {**words, OTHERS: gettext(WHOLE)}
    found: Errors = {}
    for name, rules in errors.items():
        at = name
        while at and at not in words:
            first = next((each for each in words if each.startswith(f"{at}.")), None)
            at = first or at.rpartition(".")[0]
        found.setdefault(at or OTHERS, []).extend(rules)
    return found, labels


def options_of(each: Input, content: Content, kind: str) -> list[tuple[str, str]]:
    """What is chosen from: values and their words; of fixed values the template has the words."""
    options = each.options
    if not isinstance(options, str):
        return [(value, "") for value in options]
    if options == "icons":
        return [(sign, sign) for sign in signs()]
    if options == "fields":
        left_out = {"title", "summary", "name", "department", "updated", "illustrative"}
        return [
            (one.name, gettext(one.label)) for one in inputs_of(kind) if one.name not in left_out
        ]
    if options in ("audiences", "departments"):
        named = content.city[options].items()
        found = [(code, name.in_(current())) for code, name in named]
        return found if options == "audiences" else sorted(found, key=lambda one: one[1].casefold())
    titles = content.documents[options].values()
    found = [(document.slug, document.title.in_(current())) for document in titles]
    return sorted(found, key=lambda one: one[1].casefold())


@cache
def signs() -> tuple[str, ...]:
    """The signs that there are."""
    return tuple(sorted(_SIGN.findall((FOLDER / "icons.svg").read_text("utf-8"))))


def counted(errors: Errors) -> str:
    """How much is still to be put right, in words."""
    count = sum(len(rules) for rules in errors.values())
    return ngettext(
        "%(num)s thing is still to be put right before it can be sent for review.",
        "%(num)s things are still to be put right before it can be sent for review.",
        count,
        num=digits(count),
    )
