"""The recipients of a campaign, one after the other: what a row of a CSV file has to be, and
whether a message could be written to whom it names."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from palika.errors import Invalid
from palika.text import plain_digits
from services.notify.domain import addresses
from services.notify.domain.routes import ADDRESS_OF, Channel
from services.notify.domain.templates import Template

CONTACT: Final = ("phone", "email", "name", "language")
"""The columns that are of whom it goes to; the others are fields of the template."""
FIRST_ROW: Final = 2
"""The header is row 1, as in a spreadsheet."""
_WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_WHOLE_FORMS = frozenset({"money", "amount", "number"})
_MAX_CELL = 2_000
_MOBILE_RULE = "must be an Indian mobile number"
_EMAIL_RULE = "must be an e-mail address"


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a row; ``value`` is masked."""

    field: str
    rule: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who can be written to.

    Attributes:
        keys: of their addresses: by the first they are known; the other is of an e-mail address.
        language: in which.
        units: by channel of the template what a message costs; None where it cannot go.
        contact: with normalised addresses.
        fields: for the template.
    """

    keys: tuple[str, ...]
    language: str
    units: tuple[int | None, ...]
    contact: Mapping[str, Any]
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a file are."""

    names: tuple[str, ...]
    forms: Mapping[str, str]

    @classmethod
    def of(cls, header: Sequence[str], template: Template, fixed: Mapping[str, Any]) -> "Columns":
        """Check the names in a header.

        Args:
            header: the first row.
            template: what is to be sent.
            fixed: fields that are the same for all.

        Raises:
            Invalid: names each column that is missing, unknown or there twice.
        """
        names = tuple(each.strip().casefold() for each in header)
        wanted = template.fields
        wrong: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            if names.count(name) > 1:
                wrong[name or "(empty)"] = ["is there twice"]
            elif name not in CONTACT and name not in wanted:
                wrong[name or "(empty)"] = [f"is no field of {template.name}"]
        if not {"phone", "email"} & set(names):
            wrong["phone"] = ["a column phone or a column email is needed"]
        for name in wanted:
            if name not in names and name not in fixed and name not in CONTACT:
                wrong[name] = ["missing: a column, or a field that is the same for all"]
        if wrong:
            raise Invalid("The columns are not those of the template.", wrong)
        return cls(names, {name: form for name, form in wanted.items() if name not in CONTACT})

    def read(self, cells: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any], list[Wrong]]:
        """The contact and the fields of a row, and what is wrong with it; no empty cells."""
        if len(cells) != len(self.names):
            rule = f"has {len(cells)} cells; the header has {len(self.names)}"
            return {}, {}, [Wrong("row", rule)]
        contact: dict[str, Any] = {}
        fields: dict[str, Any] = {}
        wrong: list[Wrong] = []
        for name, cell in zip(self.names, cells, strict=True):
            text = cell.strip()
            if len(text) > _MAX_CELL:
                wrong.append(Wrong(name, f"is longer than {_MAX_CELL} characters"))
            elif not text:
                continue
            elif name in CONTACT:
                contact[name] = text
            elif self.forms[name] in _WHOLE_FORMS:
                digits = plain_digits(text).replace(",", "")
                if _WHOLE.fullmatch(digits):
                    fields[name] = int(digits)
                else:
                    unit = "number" if self.forms[name] == "number" else "number of paise"
                    wrong.append(Wrong(name, f"must be a whole {unit}", shown(name, text)))
            else:
                fields[name] = text
        return contact, fields, wrong


@dataclass(frozen=True)
class Checker:
    """Decides whether a message could be written.

    Attributes:
        template: what is to be sent.
        channels: of the template's, over which the city could send it.
        fixed: fields that are the same for all.
        language: of a contact that names none.
        key: of a normalised address.
        values: what a template may use, of fields and a contact.
        strict: a file's rows have to be right in all; of a service's contacts one address is
            enough, and a language that the template has not is none.
    """

    template: Template
    channels: frozenset[Channel]
    fixed: Mapping[str, Any]
    language: str
    key: Callable[[str], str]
    values: Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
    strict: bool = True

    def check(
        self, given: Mapping[str, Any], own: Mapping[str, Any]
    ) -> tuple[Recipient | None, list[Wrong]]:
        """A recipient, or all that is wrong.

        Args:
            given: the contact.
            own: the fields of this recipient.
        """
        contact, wrong = self._reached(given)
        language, more = self._spoken(given)
        wrong += more
        if wrong:
            return None, wrong
        fields = {**self.fixed, **own}
        values = self.values(fields, contact)
        units: list[int | None] = []
        for channel in map(Channel, self.template.channels):
            address = any(name in contact for name in ADDRESS_OF[channel])
            if channel not in self.channels or not address:
                units.append(None)
                continue
            try:
                made = self.template.render(channel, language, values)
            except Invalid as error:
                wrong += _broken(error, channel, values)
            else:
                units.append(max(made.segments, 1))
        if wrong:
            return None, list(dict.fromkeys(wrong))
        if all(each is None for each in units):
            return None, [Wrong("phone", "no channel of the template reaches this contact")]
        keys = tuple(self.key(contact[name]) for name in ("phone", "email") if name in contact)
        return Recipient(keys, language, tuple(units), contact, fields), []

    def _reached(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Wrong]]:
        contact = {name: each for name, each in given.items() if each is not None and each != ""}
        wrong = []
        for name, read, rule in (
            ("phone", addresses.mobile, _MOBILE_RULE),
            ("email", addresses.email, _EMAIL_RULE),
        ):
            text = contact.pop(name, None)
            if text is None:
                continue
            address = read(str(text))
            if address is None:
                wrong.append(Wrong(name, rule, addresses.mask(str(text).strip())))
            else:
                contact[name] = address
        reached = "phone" in contact or "email" in contact
        if not wrong and not reached:
            wrong.append(Wrong("phone", "phone or email is needed"))
        return contact, [] if reached and not self.strict else wrong

    def _spoken(self, given: Mapping[str, Any]) -> tuple[str, list[Wrong]]:
        asked = given.get("language")
        if asked in self.template.languages:
            return str(asked), []
        if asked and self.strict:
            rule = f"must be one of {', '.join(self.template.languages)}"
            return self.language, [Wrong("language", rule, shown("language", str(asked)))]
        return self.language, []


def _broken(error: Invalid, channel: Channel, values: Mapping[str, Any]) -> list[Wrong]:
    found = []
    for name, rules in (error.fields or {"row": [error.message]}).items():
        value = values.get(name)
        for rule in rules:
            # A rule that quotes the value would show it.
            told = str(rule).replace(repr(value), "it") if value is not None else str(rule)
            found.append(Wrong(name, f"{channel}: {told}", shown(name, value)))
    return found


def shown(name: str, value: object) -> str:
    """A value as a report may have it: an address as it is masked elsewhere, else one letter."""
    if value is None or isinstance(value, Mapping):
        return ""
    text = " ".join(str(value).split())
    if name in ("phone", "email"):
        return addresses.mask(text)
    return f"{text[:1]}•••" if text else ""
