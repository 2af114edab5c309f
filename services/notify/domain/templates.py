"""Templates: what is said over each channel, in each language, with named fields.

A template has a text for each channel that it may go over, and no other channel is offered. All its
languages say the same: over one channel they use the same fields. A field that is missing when a
message is made is an error, never a hole. `domain/template_data.py` makes templates of data and
finds their mistakes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from palika.errors import Invalid, NotFound
from services.notify.domain import whatsapp_text, wording
from services.notify.domain.care import Lane, Purpose
from services.notify.domain.dlt import Register
from services.notify.domain.fields import FORMS, Form, fill, in_order
from services.notify.domain.messages import Dlt
from services.notify.domain.sms import Measure, measure, plain
from services.notify.domain.spoken import forms_in
from services.notify.domain.whatsapp import MAX_BODY, TemplateContent
from services.notify.domain.whatsapp_text import Approval, Category

__all__ = ["FORMS", "LANGUAGES", "Lane", "Purpose", "Rendered", "Template", "Templates"]

LANGUAGES = wording.LANGUAGES
WHATSAPP, SMS, EMAIL, VOICE, INBOX = "whatsapp", "sms", "email", "voice", "inbox"
CHANNELS: Final = (WHATSAPP, SMS, EMAIL, VOICE, INBOX)
WITH_SUBJECT: Final = frozenset({EMAIL, INBOX})
MAX_SUBJECT = 150
WITH_LIMIT: Final = frozenset({"text", "digits", "link", "lines"})
"""Forms whose length is that of what was typed."""


@dataclass(frozen=True, slots=True)
class Text:
    """What is said over one channel in one language.

    Attributes:
        body: with its fields.
        subject: of an e-mail, and in the inbox.
        fields: the form of each field of both, by its name.
        registered: of a text message, the id under which the operators know it (DLT).
    """

    body: str
    subject: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    registered: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """A template as WhatsApp knows it.

    Attributes:
        name: the registered one, the same in all languages.
        category: what Meta takes it for.
        languages: the registered code of each language of ours.
        document: the fields with the link and the file name of a document in the header; or none.
        button: the field that is put behind the address of the button; or none.
    """

    name: str
    category: Category
    languages: Mapping[str, str]
    document: tuple[str, str] | None = None
    button: str | None = None

    @property
    def fields(self) -> dict[str, str]:
        """The form of each field that is not in the body."""
        found: dict[str, str] = {}
        if self.document:
            found |= {self.document[0]: "link", self.document[1]: "text"}
        if self.button:
            found[self.button] = "text"
        return found


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message, ready to be sent over one channel in one language.

    Attributes:
        subject: of an e-mail and in the inbox; empty otherwise.
        body: what is read or heard; of WhatsApp what its template looks like when it is filled.
        sms: of a text message its encoding, units and segments.
        whatsapp: of WhatsApp the registered template and its parameters.
        dlt: of a text message what the operators want to see.
        template, version: of what it was made; 0: the shipped file.
    """

    channel: str
    language: str
    subject: str
    body: str
    template: str
    version: int
    sms: Measure | None = None
    whatsapp: TemplateContent | None = None
    dlt: Dlt | None = None

    @property
    def segments(self) -> int:
        """The segments of a text message; 0 of others."""
        return self.sms.segments if self.sms else 0


@dataclass(frozen=True, slots=True)
class Template:
    """What is sent, over whichever channel.

    Attributes:
        purpose: consent is asked for by it.
        channels: over which it may go, the best first.
        texts: by language and channel.
        sample: values for previews and for the check when it is saved.
        words: what a code in a field is called: by field, code and language.
        version: counts from 1; 0: the shipped file.
    """

    name: str
    purpose: Purpose
    lane: Lane
    channels: tuple[str, ...]
    texts: Mapping[str, Mapping[str, Text]]
    sample: Mapping[str, Any]
    register: Register
    whatsapp: Registered | None = None
    words: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    version: int = 0

    @property
    def languages(self) -> tuple[str, ...]:
        """In which it may be said."""
        return tuple(self.texts)

    @property
    def fields(self) -> dict[str, str]:
        """The form of each field of any channel, by its name."""
        found: dict[str, str] = {}
        for channel in self.channels:
            found = self.fields_of(channel) | found
        return dict(sorted(found.items()))

    def fields_of(self, channel: str) -> dict[str, str]:
        """The form of each field that one channel needs.

        Raises:
            Invalid: it does not go over that channel.
        """
        found = dict(self._text(channel, LANGUAGES[0]).fields)
        if channel == WHATSAPP and self.whatsapp is not None:
            found |= {n: form for n, form in self.whatsapp.fields.items() if n not in found}
        return found

    def render(
        self,
        channel: str,
        language: str,
        values: Mapping[str, Any],
    ) -> Rendered:
        """The message. A value given per language, `{"mr": …, "en": …}`, is taken in its own. Over
        the telephone values are spoken: in words.

        Raises:
            Invalid: it has no text for the channel or the language, or a field is missing, cannot
                be written in its form, or is nothing that the channel takes; `fields` says which.
        """
        text = self._text(channel, language)
        forms = forms_in(language) if channel == VOICE else FORMS
        written: dict[str, str] = {}
        wrong: dict[str, list[str]] = {}
        for name, form in self.fields_of(channel).items():
            try:
                written[name] = self._written(name, form, forms[form], channel, language, values)
            except Invalid as error:
                wrong[name] = [error.message]
        if wrong:
            raise Invalid(f"{self.name} cannot be written: {', '.join(wrong)}.", wrong)
        subject, body = fill(text.subject, written), fill(text.body, written)
        made = Rendered(channel, language, subject, body, self.name, self.version)
        if channel == SMS:
            register = self.register
            dlt = Dlt(register.entity_id, text.registered, register.header(self.purpose))
            return replace(made, sms=measure(body), dlt=dlt)
        if channel == WHATSAPP and self.whatsapp is not None:
            return replace(made, whatsapp=self._content(self.whatsapp, text, written, made))
        return made

    def refused(self, values: Mapping[str, Any]) -> dict[str, list[str]]:
        """What is wrong with some of the fields, over any channel and in any language, by field;
        those that are not given are not looked at."""
        wrong: dict[str, list[str]] = {}
        for channel in self.channels:
            for language in self.languages:
                forms = forms_in(language) if channel == VOICE else FORMS
                for name, form in self.fields_of(channel).items():
                    if name not in values:
                        continue
                    try:
                        self._written(name, form, forms[form], channel, language, values)
                    except Invalid as error:
                        if error.message not in wrong.setdefault(name, []):
                            wrong[name].append(error.message)
        return wrong

    @property
    def longest(self) -> dict[str, int]:
        """The most characters that operators take of each field of its text message."""
        if SMS not in self.channels:
            return {}
        return {
            name: self.register.longest(form)
            for name, form in self.fields_of(SMS).items()
            if form in WITH_LIMIT
        }

    def _text(self, channel: str, language: str) -> Text:
        if language not in self.texts:
            spoken = ", ".join(self.texts)
            raise Invalid(
                f"There is no {self.name} in {language!r}.", {"language": [f"one of {spoken}"]}
            )
        if channel not in self.channels:
            offered = ", ".join(self.channels)
            raise Invalid(
                f"{self.name} does not go over {channel!r}.", {"channel": [f"one of {offered}"]}
            )
        return self.texts[language][channel]

    def _written(
        self,
        name: str,
        form: str,
        write: Form,
        channel: str,
        language: str,
        values: Mapping[str, Any],
    ) -> str:
        value = values.get(name)
        if (words := self.words.get(name)) is not None and value is not None:
            value = words.get(value) if isinstance(value, str) else None
            if value is None:
                raise Invalid(f"no word for it; one of {', '.join(words)}")
        if isinstance(value, Mapping):
            value = value.get(language)
        if value is None:
            raise Invalid("missing")
        shown = write(value, language)
        if form == "link" and (foreign := self.register.foreign(shown)):
            raise Invalid(foreign)
        if channel == SMS:
            shown = plain(shown).strip()
            if refused := self.register.refusal(form, shown):
                raise Invalid(refused)
        if channel == WHATSAPP and form != "link":
            shown = whatsapp_text.parameter(shown)
        return shown

    def _content(
        self, known: Registered, text: Text, written: Mapping[str, str], made: Rendered
    ) -> TemplateContent:
        if len(made.body) > MAX_BODY:
            raise Invalid(
                f"{self.name} is longer than WhatsApp takes.", {"body": [f"≤ {MAX_BODY}"]}
            )
        parameters = tuple(written[name] for name in in_order(text.body))
        if known.category is Category.AUTHENTICATION and any(
            len(each) > whatsapp_text.MAX_CODE for each in parameters
        ):
            most = whatsapp_text.MAX_CODE
            raise Invalid("A code is longer than WhatsApp takes.", {"body": [f"≤ {most}"]})
        if known.button and (wrong := whatsapp_text.wrong_path(written[known.button])):
            raise Invalid("The button leads nowhere.", {known.button: [wrong]})
        document = known.document
        return TemplateContent(
            name=known.name,
            language=known.languages[made.language],
            parameters=parameters,
            document=(written[document[0]], written[document[1]]) if document else None,
            button=written[known.button] if known.button else None,
        )


@dataclass(frozen=True, slots=True)
class Templates:
    """All templates.

    Attributes:
        by_name: the newest version of each.
        older: those before, by name and version.
        approvals: what Meta has said of each registered name and language; None: Meta is not
            asked, so every template may be used (the shipped files, a preview).
    """

    by_name: Mapping[str, Template]
    older: Mapping[tuple[str, int], Template] = field(default_factory=dict)
    approvals: Mapping[tuple[str, str], Approval] | None = None

    def named(self, name: str, version: int | None = None) -> Template:
        """The template of that name: a version, or the newest.

        Raises:
            NotFound: there is none.
        """
        found = self.by_name.get(name)
        if found is not None and version is not None and found.version != version:
            found = self.older.get((name, version))
        if found is None:
            what = f"template {name!r}" + (f" of version {version}" if version is not None else "")
            raise NotFound(f"There is no {what}.", {"template": name})
        return found

    def refusal(self, template: Template, channel: str, language: str) -> str | None:
        """The code of why a template may not go over a channel now; None: it may.

        Raises:
            Invalid: it has no text for the channel or the language.
        """
        template.fields_of(channel)
        if channel != WHATSAPP or template.whatsapp is None or self.approvals is None:
            return None
        code = template.whatsapp.languages.get(language)
        if code is None:
            return whatsapp_text.NOT_APPROVED
        approved = self.approvals.get((template.whatsapp.name, code)) is Approval.APPROVED
        return None if approved else whatsapp_text.NOT_APPROVED

    def order(self, template: Template, language: str) -> Sequence[str]:
        """The channels over which a template may go now, in its order."""
        return [
            each for each in template.channels if self.refusal(template, each, language) is None
        ]
