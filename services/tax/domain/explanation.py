"""An assessment in words: each step on a line, in Marathi or English, with what it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from palika.india import in_digits, rupees
from palika.text import Name
from services.tax.domain.history import Basis
from services.tax.domain.steps import Step

USES: Mapping[str, Name] = {
    "residential": Name("निवासी", "residential"),
    "commercial": Name("व्यापारी", "commercial"),
    "industrial": Name("औद्योगिक", "industrial"),
    "institutional": Name("संस्थात्मक", "institutional"),
    "open_plot": Name("मोकळी जागा", "open plot"),
    "mixed": Name("मिश्र", "mixed"),
}
_BASES: Mapping[str, Name] = {
    "rateable_value": Name("करपात्र मूल्य", "rateable value"),
    "letting_value": Name("वार्षिक भाडेमूल्य", "letting value"),
}
_MONTHS: Mapping[int, Name] = {
    12: Name("दरमहा {rate} × 12 महिने", "{rate} a month × 12"),
    1: Name("दरसाल {rate}", "{rate} a year"),
}
_SLAB = Name(" ({above} वरील टप्पा)", " in the slab above {above}")
_LIMIT = Name(" (कमाल {up_to})", " (at most {up_to})")
_WORDS: Mapping[str, Name] = {
    "letting_value": Name(
        "{subject}: {area} चौ.मी. {use} × {per}", "{subject}: {area} sq m {use} × {per}"
    ),
    "depreciation": Name(
        "वजा घसारा: {of} च्या {percent} %, वय {age} वर्षे (बांधकाम {built_in})",
        "less depreciation: {percent} % of {of}, age {age} years (built in {built_in})",
    ),
    "deduction": Name("वजा {subject}: {of} च्या {percent} %", "less {subject}: {percent} % of {of}"),
    "rateable_floor": Name("{subject}: वार्षिक करपात्र मूल्य", "{subject}: rateable value a year"),
    "rateable_total": Name("मिळकतीचे वार्षिक करपात्र मूल्य", "Rateable value of the property a year"),
    "tax": Name(
        "{subject}, {use}: {base}{slab} {parts}, सहामाहीसाठी ÷ 2",
        "{subject}, {use}: {parts} ({base}{slab}), for the half-year ÷ 2",
    ),
    "concession": Name(
        "वजा {subject}: {head} {of} च्या {percent} %", "less {subject}: {percent} % of {head}, {of}"
    ),
    "head_used_up": Name(
        "{subject}: {head} मधील शिल्लक {most} पेक्षा अधिक नाही",
        "{subject}: no more than is left of {head}, {most}",
    ),
    "concession_cap": Name(
        "{subject}: सहामाहीस कमाल {most}", "{subject}: at most {most} a half-year"
    ),
    "concessions_cap": Name(
        "सर्व सवलती मिळून {of} च्या {percent} %, कमाल {most}",
        "all concessions together: at most {percent} % of {of}, {most}",
    ),
    "not_combined": Name(
        "{subject}: दिलेल्या सवलतीसोबत मिळत नाही; अधिक लाभाची सवलत दिली",
        "{subject}: is not given beside the others; what takes most off is given",
    ),
    "no_effect": Name(
        "{subject}: या सहामाहीत या मिळकतीस लागू नाही",
        "{subject}: takes nothing off this property in this half-year",
    ),
    "rebate_window": Name(
        "{subject}: {first_day} ते {last_day} या मुदतीत भरल्यास",
        "{subject}: when paid from {first_day} to {last_day}",
    ),
    "rebate_percent": Name(
        "वर्षाचा एकूण कर, ज्यावर सवलतीचा दर ठरतो{limit}: {percent} %",
        "The year's whole tax, by which the rate of the rebate goes{limit}: {percent} %",
    ),
    "rebate": Name(
        "वजा {subject}: {half_year}, {head} {of} च्या {percent} %",
        "less {subject}: {half_year}, {percent} % of {head}, {of}",
    ),
    "waiver": Name(
        "वजा {subject}: {half_year} च्या व्याजाच्या ({of}) {percent} %",
        "less {subject}: {percent} % of the interest of {half_year}, {of}",
    ),
    "total": Name("सहामाहीचा एकूण कर", "Tax of the half-year"),
}
_OF_BASIS: Mapping[str, Name] = {
    "from": Name("{day} पासून", "from {day}"),
    "decided": Name("निर्णय {day}", "decided {day}"),
    "source": Name("आधार: {text}", "source: {text}"),
    "refund": Name(
        "जादा आकारणी {years} वर्षांत परत", "what was billed too much is given back over {years} years"
    ),
    "illustrative": Name("नमुना आकडा", "illustrative"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A step in words; ``note`` is the number of its basis in the list of bases, from 1."""

    text: str
    amount_paise: int
    note: int | None


def explained(steps: tuple[Step, ...], language: str) -> tuple[list[Told], list[str]]:
    """The steps in words, and what they rest on, each basis once.

    Args:
        steps: of an assessment.
        language: ``mr``, or any other for English.
    """
    bases: dict[Basis, int] = {}
    told = []
    for step in steps:
        note = bases.setdefault(step.basis, len(bases) + 1) if step.basis else None
        told.append(Told(in_words(step, language), step.amount_paise, note))
    return told, [basis_in_words(basis, language) for basis in bases]


def in_words(step: Step, language: str) -> str:
    """One step."""
    values = {name: _shown(name, each, language) for name, each in step.figures.items()}
    if step.rule == "letting_value":
        values["per"] = _MONTHS[step.figures["months"]].in_(language).format(**values)
    if step.rule == "tax":
        values["parts"] = _parts(step.figures["parts"], language)
        values["slab"] = _SLAB.in_(language).format(**values) if "above" in values else ""
    if step.rule == "rebate_percent":
        limited = step.figures["up_to"] is not None
        values["limit"] = _LIMIT.in_(language).format(**values) if limited else ""
    values["subject"] = _shown("subject", step.subject, language)
    return _WORDS[step.rule].in_(language).format(**values)


def basis_in_words(basis: Basis, language: str) -> str:
    """From when a figure holds, when that was decided, and on what it rests."""

    def word(key: str, **values: str) -> str:
        return _OF_BASIS[key].in_(language).format(**values)

    parts = [word("from", day=in_digits(basis.effective_from))]
    if basis.decided_on != basis.effective_from:
        parts.append(word("decided", day=in_digits(basis.decided_on)))
    if basis.refund_years:
        parts.append(word("refund", years=str(basis.refund_years)))
    if basis.source:
        parts.append(word("source", text=basis.source))
    if basis.illustrative:
        parts.append(word("illustrative"))
    if basis.note:
        parts.append(basis.note)
    return "; ".join(parts)


def percentage(percent: Fraction) -> str:
    """A percentage, exactly: 16.75."""
    exact = Decimal(percent.numerator) / Decimal(percent.denominator)
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _parts(parts: tuple[tuple[int, Fraction], ...], language: str) -> str:
    of = Name("{amount} च्या {percent} %", "{percent} % of {amount}").in_(language)
    told = " + ".join(
        of.format(amount=rupees(paise), percent=percentage(percent)) for paise, percent in parts
    )
    return told if len(parts) == 1 else f"({told})"


def _shown(name: str, each: Any, language: str) -> str:
    if isinstance(each, Name):
        return each.in_(language)
    if isinstance(each, Fraction):
        return percentage(each)
    if name == "area":
        return f"{each // 100}.{each % 100:02}"
    if name in ("rate", "of", "most", "above", "up_to") and each is not None:
        return rupees(each)
    if name == "use":
        return USES[each].in_(language)
    if name == "base":
        return _BASES[each].in_(language)
    return in_digits(each) if isinstance(each, date) else str(each)
