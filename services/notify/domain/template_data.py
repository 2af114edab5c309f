"""Templates as a city writes them, made into templates, and every mistake in them."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from palika.errors import Invalid
from services.notify.domain import dlt, sms, whatsapp_text
from services.notify.domain.fields import LINES, forms_of, in_order
from services.notify.domain.templates import (
    CHANNELS,
    MAX_SUBJECT,
    SMS,
    VOICE,
    WHATSAPP,
    WITH_SUBJECT,
    Lane,
    Purpose,
    Registered,
    Template,
    Templates,
    Text,
)
from services.notify.domain.whatsapp_text import Category
from services.notify.domain.wording import ALL_LANGUAGES, LANGUAGES

NAME = re.compile(r"[a-z][a-z_]{0,40}\.[a-z][a-z_]{0,40}")
"""Of a template: two words in small letters with a full stop between them."""
MAX_BODY = 10_000
MAX_SPOKEN = 1_000
_NEEDED = {"purpose", "lane", "channels", "sample", *LANGUAGES}
_OPTIONAL = {"whatsapp", "words", *ALL_LANGUAGES} - set(LANGUAGES)
_WHATSAPP = {"name", "category"}
_WHATSAPP_OPTIONAL = {"languages", "document", "button"}


def templates(data: Any, register: dlt.Register) -> Templates:
    """Check the data of templates, by name, and build them.

    Raises:
        Invalid: names every template that has mistakes, with all of them.
    """
    if not isinstance(data, Mapping):
        raise Invalid("Templates are a table, by name.", {"templates": ["a table"]})
    wrong: dict[str, list[str]] = {}
    found: dict[str, Template] = {}
    names: dict[str, str] = {}
    for key, entry in data.items():
        name = str(key)
        try:
            found[name] = template(name, entry, register)
        except Invalid as error:
            wrong[name] = error.details[name]
            continue
        registered = found[name].whatsapp
        if registered and names.setdefault(registered.name, name) != name:
            wrong[name] = [f"whatsapp: {names[registered.name]} has the name {registered.name}"]
    if wrong:
        raise Invalid("The templates have mistakes.", wrong)
    return Templates(found)


def template(name: str, entry: Any, register: dlt.Register, version: int = 0) -> Template:
    """Check the data of one template and build it; its sample is written over every channel.

    Raises:
        Invalid: under its name every mistake.
    """
    mistakes: list[str] = []
    found = _built(name, entry, register, version, mistakes)
    try:
        digest(entry)
    except Invalid as error:
        mistakes += _dates_in(entry) or [f"content: {error}"]
    if found is not None and not mistakes:
        for language in found.languages:
            for channel in found.channels:
                try:
                    found.render(channel, language, found.sample)
                except Invalid as error:
                    mistakes.append(f"{language}.{channel}: sample: {error}")
    if found is None or mistakes:
        raise Invalid(f"The template {name} has mistakes.", {name: list(dict.fromkeys(mistakes))})
    return found


def digest(entry: Any) -> str:
    """The same for the same content, whatever the order of its fields; SHA-256 in hexadecimal.

    Raises:
        Invalid: it has what JSON has no word for, such as a date without quotation marks.
    """
    try:
        text = json.dumps(entry, sort_keys=True, ensure_ascii=False, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()
    except (TypeError, ValueError) as error:
        raise Invalid(
            f"The content is no JSON: {error}", {"content": ["text, numbers, lists and tables"]}
        ) from error


def _dates_in(content: Any, place: str = "") -> list[str]:
    """The dates and moments that YAML has read where quotation marks are missing, by place."""
    if isinstance(content, date):
        shown = content.isoformat()
        return [f'{place or "content"}: put the date in quotes: "{shown}"']
    entries: Iterable[tuple[Any, Any]] = ()
    if isinstance(content, Mapping):
        entries = content.items()
    elif isinstance(content, list):
        entries = enumerate(content, 1)
    return [
        found
        for key, each in entries
        for found in _dates_in(each, f"{place}.{key}" if place else str(key))
    ]


def _built(
    name: str, entry: Any, register: dlt.Register, version: int, mistakes: list[str]
) -> Template | None:
    if not NAME.fullmatch(name):
        mistakes.append("its name is two words in small letters with a full stop between them")
    if not isinstance(entry, Mapping):
        mistakes.append("must be a table of fields")
        return None
    keys = {str(each) for each in entry}
    mistakes += [f"{each}: missing" for each in sorted(_NEEDED - keys)]
    mistakes += [f"{each}: unknown field" for each in sorted(keys - _NEEDED - _OPTIONAL)]
    if mistakes:
        return None
    for key, known in (("purpose", Purpose), ("lane", Lane)):
        if entry[key] not in list(known):
            mistakes.append(f"{key}: one of {', '.join(known)}")
    channels = entry["channels"]
    if not isinstance(channels, list) or not channels or any(c not in CHANNELS for c in channels):
        mistakes.append(f"channels: a list of {', '.join(CHANNELS)}")
    elif len(set(channels)) != len(channels):
        mistakes.append("channels: one is there twice")
    if not isinstance(entry["sample"], Mapping):
        mistakes.append("sample: must be a table")
    if mistakes:
        return None
    spoken = [each for each in ALL_LANGUAGES if each in entry]
    registered = _registered(entry.get("whatsapp"), channels, spoken, mistakes)
    texts = {}
    for language in spoken:
        found = _texts(entry[language], channels, register, registered)
        mistakes += [f"{language}.{mistake}" for mistake in found[1]]
        texts[language] = found[0]
    if mistakes:
        return None
    for channel in channels:
        first = texts[LANGUAGES[0]][channel].fields
        for language in spoken[1:]:
            others = texts[language][channel].fields
            if others != first:
                mistakes.append(
                    f"{channel}: {LANGUAGES[0]} has the fields {_named(first)}, "
                    f"{language} has {_named(others)}"
                )
    words = _words(entry.get("words", {}), spoken, mistakes)
    used = {name for each in texts[LANGUAGES[0]].values() for name in each.fields}
    mistakes += [f"words: {name}: no field of its texts" for name in sorted(words.keys() - used)]
    if mistakes:
        return None
    return Template(
        name=name,
        purpose=Purpose(entry["purpose"]),
        lane=Lane(entry["lane"]),
        channels=tuple(channels),
        texts=texts,
        sample=dict(entry["sample"]),
        register=register,
        whatsapp=registered,
        words=words,
        version=version,
    )


def _named(fields: Mapping[str, str]) -> str:
    return ", ".join(f"{name}:{form}" for name, form in sorted(fields.items())) or "none"


def _texts(
    entry: Any, channels: list[str], register: dlt.Register, registered: Registered | None
) -> tuple[dict[str, Text], list[str]]:
    """What one language says over each channel, and the mistakes in it."""
    if not isinstance(entry, Mapping):
        return {}, ["must be a table, by channel"]
    mistakes = [f"{each}: missing" for each in channels if each not in entry]
    mistakes += [f"{each}: not one of its channels" for each in entry if each not in channels]
    texts = {}
    for channel in channels:
        if channel not in entry:
            continue
        found: list[str] = []
        text = _text(channel, entry[channel], found)
        if text is not None:
            found += _rules(channel, text, entry[channel], register, registered)
            texts[channel] = text
        mistakes += [f"{channel}: {each}" for each in found]
    return texts, mistakes


def _text(channel: str, entry: Any, mistakes: list[str]) -> Text | None:
    """The text of one channel: text alone, with a subject, or with the operators' id."""
    if channel in WITH_SUBJECT:
        keys, optional = {"subject", "body"}, set[str]()
    elif channel == SMS:
        keys, optional = {"text", "dlt"}, {"registered"}
    else:
        keys, optional = {"text"}, set[str]()
        if isinstance(entry, str):
            entry = {"text": entry}
    if not isinstance(entry, Mapping) or not all(isinstance(each, str) for each in entry.values()):
        mistakes.append(f"needs {' and '.join(sorted(keys))}, as text")
        return None
    given = {key: value.strip() for key, value in entry.items()}
    empty = sorted(each for each in keys if not given.get(each))
    unknown = sorted(str(each) for each in given.keys() - keys - optional)
    if empty or unknown:
        mistakes += [f"needs {each}" for each in empty]
        mistakes += [f"{each}: unknown field" for each in unknown]
        return None
    subject, body = given.get("subject", ""), given.get("body") or given["text"]
    if "\n" in subject or len(subject) > MAX_SUBJECT:
        mistakes.append(f"subject: one line of at most {MAX_SUBJECT} characters")
    if len(body) > (most := MAX_SPOKEN if channel == VOICE else MAX_BODY):
        mistakes.append(f"longer than {most} characters")
    fields = forms_of((subject, body), mistakes)
    return Text(body, subject, fields, given.get("dlt", ""))


def _rules(
    channel: str, text: Text, entry: Any, register: dlt.Register, registered: Registered | None
) -> list[str]:
    """What a channel's own rules say against a text."""
    found = [wrong for part in (text.subject, text.body) for wrong in register.foreign_in(part)]
    lists = {name for name, form in text.fields.items() if form == LINES}
    if channel not in WITH_SUBJECT or lists & set(in_order(text.subject)):
        found += [f"{name}: a list has lines, and needs a body with a subject" for name in lists]
    if channel == WHATSAPP and registered is not None:
        return found + whatsapp_text.mistakes_in(text.body, registered.category)
    if channel == SMS:
        if not dlt.is_template_id(text.registered):
            found.append("dlt: the id of a registered text is 19 digits")
        if dlt.pattern(text.body).count(dlt.VARIABLE) > register.most_variables:
            found.append(f"more than {register.most_variables} fields")
        if "registered" in entry and not dlt.same(entry["registered"], text.body):
            found.append(f"registered: is another text than {dlt.pattern(text.body)!r}")
        if "[" in text.body and sms.measure(dlt.pattern(text.body)).encoding == sms.GSM:
            found.append("a bracket takes two characters of a text message: use ( )")
    return found


def _registered(
    entry: Any, channels: list[str], spoken: list[str], mistakes: list[str]
) -> Registered | None:
    if WHATSAPP not in channels:
        if entry is not None:
            mistakes.append("whatsapp: not one of its channels")
        return None
    if not isinstance(entry, Mapping):
        mistakes.append("whatsapp: needs name and category")
        return None
    keys = {str(each) for each in entry}
    wrong = [f"needs {each}" for each in sorted(_WHATSAPP - keys)]
    wrong += [f"{e}: unknown field" for e in sorted(keys - _WHATSAPP - _WHATSAPP_OPTIONAL)]
    if refused := whatsapp_text.wrong_name(entry.get("name")):
        wrong.append(f"name: {refused}")
    if entry.get("category") not in list(Category):
        wrong.append(f"category: one of {', '.join(Category)}")
    codes = entry.get("languages", {})
    if not isinstance(codes, Mapping) or any(each not in spoken for each in codes):
        wrong.append("languages: a table of its languages")
    elif any(whatsapp_text.wrong_language(code) for code in codes.values()):
        wrong.append("languages: codes such as mr or en_GB")
    elif len({codes.get(each, each) for each in spoken}) < len(spoken):
        wrong.append("languages: two of them have one code")
    document = entry.get("document")
    if document is not None and not (
        isinstance(document, Mapping)
        and document.keys() == {"link", "file"}
        and all(_is_field(each) for each in document.values())
    ):
        wrong.append("document: the names of two fields, link and file")
    button = entry.get("button")
    if button is not None and not _is_field(button):
        wrong.append("button: the name of a field")
    mistakes += [f"whatsapp: {each}" for each in wrong]
    if wrong:
        return None
    return Registered(
        name=entry["name"],
        category=Category(entry["category"]),
        languages={each: codes.get(each, each) for each in spoken},
        document=(document["link"], document["file"]) if document else None,
        button=button,
    )


def _is_field(name: Any) -> bool:
    found: list[str] = []
    return isinstance(name, str) and list(forms_of([f"{{{name}}}"], found)) == [name] and not found


def _words(
    entry: Any, spoken: list[str], mistakes: list[str]
) -> dict[str, dict[str, dict[str, str]]]:
    """What codes are called, by field, code and language."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    if not isinstance(entry, Mapping):
        mistakes.append("words: a table, by field")
        return found
    for name, codes in entry.items():
        sound = isinstance(codes, Mapping) and all(
            isinstance(each, Mapping)
            and all(isinstance(each.get(language), str) for language in spoken)
            for each in codes.values()
        )
        if not sound:
            mistakes.append(f"words: {name}: by code the word in {', '.join(spoken)}")
            continue
        found[str(name)] = {str(code): dict(words) for code, words in codes.items()}
    return found
