"""The page of KPIs on paper: its texts in one language, and the PDF."""

import base64
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, Final, Literal

from palika.india import grouped
from palika.number_words import devanagari
from palika.text import Name
from services.kpi import files

TEMPLATE: Final = files.SHIPPED / "documents/dashboard.typ"
Language = Literal["mr", "en"]

_STATUS: Final = {
    "green": Name("उद्दिष्टानुसार", "On target"),
    "amber": Name("उद्दिष्टाजवळ", "Near the target"),
    "red": Name("उद्दिष्टापासून दूर", "Off target"),
    "not judged": Name("मूल्यमापन नाही", "Not judged"),
    "no target": Name("उद्दिष्ट नाही", "No target"),
    "no data": Name("माहिती नाही", "No data"),
}
_WORDS: Final = {
    "city": Name("संपूर्ण शहराचे निर्देशांक", "KPIs of the whole city"),
    "of": Name("निर्देशांक", "KPIs"),
    "as_of": Name("दिनांक {} रोजीची स्थिती", "As of {}"),
    "period": Name("कालावधी {}", "Period {}"),
    "by_department": Name("विभागनिहाय", "By department"),
    "rank": Name("क्रमांक", "Rank"),
    "department": Name("विभाग", "Department"),
    "figure": Name("निर्देशांक", "KPI"),
    "value": Name("मूल्य", "Value"),
    "target": Name("उद्दिष्ट", "Target"),
    "status": Name("स्थिती", "Status"),
    "when": Name("कालावधी", "Period"),
    "coverage": Name("माहिती", "Coverage"),
    "page": Name("पृष्ठ", "Page"),
    "nothing": Name("असा एकही निर्देशांक नाही.", "There is no such KPI."),
}


def exported(
    answer: Mapping[str, Any], corporation: Name, language: Language, *, whole: bool
) -> dict[str, Any]:
    """The page as a file: its name, its type and its bytes in base64.

    Args:
        answer: as `queries.dashboard` gives it, with those KPIs only that are to be printed.
        corporation: the city's name.
        language: of the words.
        whole: whether the departments stand in it, too.

    Raises:
        FontMissing: the fonts cannot be had.
    """
    # typst and its fonts are loaded by who sets a page, not by every process of the service.
    from palika.typesetting import engine, fonts

    texts = _Writer(answer, corporation, language).write(whole)
    content = engine.pdf(
        TEMPLATE, [fonts.named_glyphs(texts)], date.fromisoformat(answer["today"]), tagged=True
    )
    # What typst remembers of a long document is not kept by the service.
    engine.forget()
    return {
        "file": f"kpis-{answer['department'] or 'city'}-{answer['today']}-{language}.pdf",
        "content_type": "application/pdf",
        "content_base64": base64.b64encode(content).decode(),
    }


class _Writer:
    def __init__(self, answer: Mapping[str, Any], corporation: Name, language: Language) -> None:
        self.answer = answer
        self.corporation = corporation
        self.language = language
        self.words = {key: getattr(name, language) for key, name in _WORDS.items()}
        self.names = {each["code"]: each["name"][language] for each in answer["departments"]}

    def write(self, whole: bool) -> dict[str, Any]:
        answer, words = self.answer, self.words
        of = answer["department"]
        as_of = words["as_of"].format(self.day(answer["today"]))
        if answer["period"] is not None:
            as_of += " · " + words["period"].format(self.digits(answer["period"]))
        return {
            "language": self.language,
            "corporation": getattr(self.corporation, self.language),
            "title": words["city"] if of is None else f"{self.names[of]}: {words['of']}",
            "as_of": as_of,
            "counts": self.counts(answer["kpis"]),
            "by_department": words["by_department"],
            "departments_header": [
                *(words["rank"], words["department"]),
                *(getattr(_STATUS[each], self.language) for each in ("green", "amber", "red")),
                words["coverage"],
            ],
            "departments": [self.department(each) for each in answer["departments"]]
            if whole
            else [],
            "header": [words[each] for each in ("figure", "value", "target", "status", "when")],
            "groups": self.groups(answer["kpis"]),
            "page": words["page"],
            "nothing": words["nothing"],
        }

    def counts(self, kpis: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
        found = []
        for status, name in _STATUS.items():
            number = sum(each["status"] == status for each in kpis)
            told = f"{getattr(name, self.language)}: {self.digits(number)}"
            found.append((_mark(status), told))
        return found

    def department(self, each: Mapping[str, Any]) -> list[str]:
        rank = "–" if each["rank"] is None else self.digits(each["rank"])
        coverage = "–" if each["coverage"] is None else f"{self.digits(each['coverage'])} %"
        counts = [self.digits(each["counts"][one]) for one in ("green", "amber", "red")]
        return [rank, each["name"][self.language], *counts, coverage]

    def groups(self, kpis: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [
            {"name": self.names.get(code, code), "rows": [self.row(each) for each in members]}
            for code, members in groupby(kpis, key=lambda each: each["owned_by"])
        ]

    def row(self, each: Mapping[str, Any]) -> dict[str, str]:
        target = each["target"]
        ends = target if isinstance(target, list) else [] if target is None else [target]
        return {
            "name": each["name"][self.language],
            "value": "–" if each["value"] is None else self.amount(each["value"], each),
            "target": " – ".join(self.number(end, each["decimals"]) for end in ends) or "–",
            "status": _mark(each["status"]),
            "told": getattr(_STATUS[each["status"]], self.language),
            "when": f"{self.day(each['from_day'])} – {self.day(each['to_day'])}",
            "lacks": self.lacks(each),
        }

    def lacks(self, each: Mapping[str, Any]) -> str:
        """Which places a value covers, if not all of them."""
        covers = each["covers"]
        if covers is None or not covers["missing"]:
            return ""
        return self.digits(covers["words"][self.language])

    def amount(self, value: float, each: Mapping[str, Any]) -> str:
        shown = self.number(value, each["decimals"])
        if each["unit"] == "count":
            return shown
        if each["unit"] == "percent":
            return f"{shown} %"
        return f"{shown} {each['unit_name'][self.language]}"

    def number(self, value: float, decimals: int) -> str:
        whole, point, rest = f"{abs(value):.{decimals}f}".partition(".")
        sign = "−" if value < 0 and (int(whole) or int(rest or 0)) else ""
        return self.digits(f"{sign}{grouped(int(whole))}{point}{rest}")

    def day(self, text: str) -> str:
        year, month, day = text.split("-")
        return self.digits(f"{day}.{month}.{year}")

    def digits(self, text: object) -> str:
        return devanagari(text) if self.language == "mr" else str(text)


def _mark(status: str) -> str:
    return status if status in ("green", "amber", "red") else "grey"
