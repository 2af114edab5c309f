"""Templates: what is said, in Marathi and in English, with named fields.

    कर देयक क्र. {bill_number}: ₹… → "{amount_paise:money}", "{due_on:date}", "{name}"

A field is `{name}` or `{name:form}`, the form being one of `text` (the default), `money` (integer
paise), `date` and `number`. Both languages must use the same fields, so that no one is told less.
A field that is missing when a message is made is an error, never a hole.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from palika.errors import Invalid, NotFound
from services.notify.domain import wording

FORMS: dict[str, Callable[[object, str], str]] = {
    "text": wording.text,
    "money": wording.money,
    "date": wording.day,
    "number": wording.number,
}
MAX_SUBJECT = 150

_FIELD = re.compile(r"\{([a-z][a-z0-9_]*)(?::([a-z]+))?\}")


@dataclass(frozen=True, slots=True)
class Text:
    """A template in one language."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message, ready to be sent, in one language."""

    language: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Template:
    """What is sent for an event type, and to whom.

    `audience` is the service that knows the recipient and `recipient` the field of the event with
    the id that it knows them by; `also` the fields that may have a list of the ids of others
    who are told the same; `happened` the field with the moment of the event.
    """

    name: str
    event_type: str
    audience: str
    recipient: str
    happened: str
    texts: Mapping[str, Text]
    fields: Mapping[str, str]
    """The form of each field, by its name."""
    sample: Mapping[str, Any]
    also: tuple[str, ...] = ()

    def render(self, language: str, values: Mapping[str, Any]) -> Rendered:
        """The message. A value given per language, `{"mr": …, "en": …}`, is taken in its own.

        Raises:
            Invalid: a field is missing or cannot be written in its form; `fields` says which.
        """
        if language not in self.texts:
            raise Invalid(
                f"There is no {self.name} in {language!r}.", {"language": [f"one of {LANGUAGES}"]}
            )
        written: dict[str, str] = {}
        wrong: dict[str, list[str]] = {}
        for name, form in self.fields.items():
            value = values.get(name)
            if isinstance(value, Mapping):
                value = value.get(language)
            if value is None:
                wrong[name] = ["missing"]
                continue
            try:
                written[name] = FORMS[form](value, language)
            except Invalid as error:
                wrong[name] = [str(error)]
        if wrong:
            raise Invalid(f"{self.name} cannot be written: {', '.join(wrong)}.", wrong)
        text = self.texts[language]
        return Rendered(language, _fill(text.subject, written), _fill(text.body, written))


LANGUAGES = wording.LANGUAGES


@dataclass(frozen=True, slots=True)
class Templates:
    """All templates, by name and by the event type that calls for them."""

    by_name: Mapping[str, Template]

    def named(self, name: str) -> Template:
        """The template of that name.

        Raises:
            NotFound: there is none.
        """
        found = self.by_name.get(name)
        if found is None:
            raise NotFound(f"There is no template {name!r}.", {"template": name})
        return found

    @property
    def by_event(self) -> dict[str, Template]:
        """The template for each event type."""
        return {each.event_type: each for each in self.by_name.values()}


def templates(data: Mapping[str, Any]) -> Templates:
    """Check the templates' data and build them.

    Raises:
        Invalid: names every mistake.
    """
    wrong: dict[str, list[str]] = {}
    found: dict[str, Template] = {}
    for name, entry in data.items():
        mistakes: list[str] = []
        template = _template(name, entry, mistakes)
        if template is not None and not mistakes:
            try:
                for language in LANGUAGES:
                    template.render(language, template.sample)
            except Invalid as error:
                mistakes.append(f"sample: {error}")
        if template is not None and template.event_type in {t.event_type for t in found.values()}:
            mistakes.append(f"event: {template.event_type} has a template already")
        if mistakes:
            wrong[name] = mistakes
        elif template is not None:
            found[name] = template
    if wrong:
        raise Invalid("The templates have mistakes.", wrong)
    return Templates(found)


_ENTRY = {"event", "audience", "recipient", "happened", "sample", *LANGUAGES}
_OPTIONAL = {"also"}


def _template(name: str, entry: Any, mistakes: list[str]) -> Template | None:
    if not isinstance(entry, Mapping):
        mistakes.append("must be a table of fields")
        return None
    mistakes += [f"{field}: missing" for field in sorted(_ENTRY - entry.keys())]
    mistakes += [f"{field}: unknown field" for field in sorted(entry.keys() - _ENTRY - _OPTIONAL)]
    if mistakes:
        return None
    also = entry.get("also", [])
    if not isinstance(also, list) or not all(isinstance(each, str) for each in also):
        mistakes.append("also: must be a list of fields")
    texts = {}
    fields: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        text = entry[language]
        if not isinstance(text, Mapping) or not (text.get("subject") and text.get("body")):
            mistakes.append(f"{language}: needs a subject and a body")
            continue
        texts[language] = Text(str(text["subject"]).strip(), str(text["body"]).strip())
        fields[language] = _fields(language, texts[language], mistakes)
    if len(fields) == len(LANGUAGES) and fields["mr"] != fields["en"]:
        mistakes.append(f"mr has the fields {fields['mr']}, en has {fields['en']}")
    if mistakes:
        return None
    return Template(
        name=name,
        event_type=entry["event"],
        audience=entry["audience"],
        recipient=entry["recipient"],
        happened=entry["happened"],
        texts=texts,
        fields=dict(sorted(fields["mr"].items())),
        sample=entry["sample"] or {},
        also=tuple(entry.get("also", ())),
    )


def _fields(language: str, text: Text, mistakes: list[str]) -> dict[str, str]:
    if len(text.subject) > MAX_SUBJECT or "\n" in text.subject:
        mistakes.append(f"{language}.subject: one line of at most {MAX_SUBJECT} characters")
    found: dict[str, str] = {}
    for part in (text.subject, text.body):
        if "{" in _FIELD.sub("", part) or "}" in _FIELD.sub("", part):
            mistakes.append(f"{language}: a brace that is not a field such as {{name:form}}")
        for name, form in _FIELD.findall(part):
            form = form or "text"
            if form not in FORMS:
                mistakes.append(f"{language}: {name}: form {form!r} is not one of {list(FORMS)}")
            elif found.setdefault(name, form) != form:
                mistakes.append(f"{language}: {name} is written in two forms")
    return found


def _fill(text: str, written: Mapping[str, str]) -> str:
    # Once through: what a value contains is never taken for a field.
    return _FIELD.sub(lambda found: written[found[1]], text)
