"""The fields of a template, as somebody types them, and as notify takes them."""

from collections.abc import Mapping
from typing import Any, Final

from services.portal.pages.formats import number
from services.portal.pages.words import N_, gettext
from services.portal.rooms import day_typed, moment_typed, paise_typed, typed

CONTACT: Final = frozenset({"phone", "email", "name", "language"})
"""Of each recipient, and never the same for all."""
_MONEY: Final = frozenset({"money", "amount"})
_WHOLE: Final = N_("must be a whole number")
INPUTS: Final = {
    "date": "date",
    "moment": "datetime-local",
    "time": "datetime-local",
    "link": "url",
}
"""What a browser's field is for a form; the others are text."""


def of_all(forms: Mapping[str, str]) -> dict[str, str]:
    """The fields of a template that may be the same for all, with their forms."""
    return {name: form for name, form in forms.items() if name not in CONTACT}


def typed_fields(forms: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What was typed into them, as notify takes it, and what is wrong; the empty ones are left out:
    the file has a column for them, or the query knows them."""
    found: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, form in of_all(forms).items():
        value, wrong = _one(f"field-{name}", form)
        if wrong:
            errors[f"field-{name}"] = wrong
        elif value not in (None, "", []):
            found[name] = value
    return found, errors


def hint_of(form: str, longest: int | None = None) -> str:
    """What a field wants, in the language of the page; ``longest``: in characters."""
    said = [gettext(_HINTS[form])] if form in _HINTS else []
    if longest is not None:
        said.append(gettext("At most %(count)s characters", count=number(longest)))
    return ". ".join(said)


def labels_of(forms: Mapping[str, str]) -> dict[str, str]:
    """What the fields of a template are called, in the language of the page; a city's own have
    their names."""
    return {name: gettext(_LABELS[name]) if name in _LABELS else name for name in forms}


_HINTS: Final = {
    "money": N_("In rupees, such as 1,15,000"),
    "amount": N_("In rupees, such as 1,15,000"),
    "number": N_("A whole number"),
    "link": N_("An address with https:// of one of the city's own sites"),
    "lines": N_("One in each line"),
}


_LABELS: Final = {
    "about": N_("What it is about"),
    "amount_paise": N_("Amount"),
    "arrears_paise": N_("Arrears"),
    "balance_paise": N_("Balance"),
    "bill_number": N_("Number of the bill"),
    "category_name": N_("Kind of grievance"),
    "count": N_("How many"),
    "day": N_("Day"),
    "days": N_("Days"),
    "decided_at": N_("Decided on"),
    "department_name": N_("Department"),
    "due_at": N_("Promised by"),
    "due_on": N_("Due on"),
    "effective_from": N_("Holds from"),
    "fee_paise": N_("Fee"),
    "hearing_at": N_("Hearing"),
    "kind": N_("Kind"),
    "kpi_name": N_("Name of the KPI"),
    "last_day": N_("Last day"),
    "more": N_("Where there is more"),
    "notice_number": N_("Number of the notice"),
    "number": N_("Number"),
    "objected_at": N_("Objected on"),
    "office": N_("Office"),
    "outcome": N_("Outcome"),
    "owed_paise": N_("Amount owed"),
    "paid_at": N_("Paid on"),
    "period": N_("Period"),
    "place": N_("Place"),
    "post": N_("Post"),
    "reopen_until": N_("May be opened again until"),
    "signatory": N_("Who signs"),
    "since": N_("Since"),
    "starts_at": N_("Begins"),
    "topic": N_("Topic"),
    "until": N_("Until"),
    "why": N_("Why"),
}
"""Of the fields of the shipped templates that somebody may send to many."""


def _one(name: str, form: str) -> tuple[Any, list[str]]:
    if form in _MONEY:
        return paise_typed(name)
    if form == "date":
        return day_typed(name)
    if form in ("moment", "time"):
        return moment_typed(name)
    text = typed(name, 2_000)
    if form == "number":
        plain = text.replace(",", "")
        if plain and not (plain.isascii() and plain.isdigit()):
            return None, [_WHOLE]
        return (int(plain) if plain else None), []
    if form == "lines":
        return [each.strip() for each in text.splitlines() if each.strip()], []
    other = typed(f"{name}-en", 2_000)
    if form == "text" and text and other:
        return {"mr": text, "en": other}, []
    return text or other, []
