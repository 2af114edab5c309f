"""A labelled set for the rules about duplicates: reports of which it is known what they report.

SYNTHETIC: no citizen wrote them. Real duplicates would need people to mark them, and real texts
name people; this set stands in until a city marks its own. Figures from it compare one version of
the rules with the next. They do not promise the same in the field.

An incident has a kind, a spot and a time, and one to six reports by people who write Marathi (in
either script) or English, stiffly or not, misspelt, naming whichever landmark they stand at, with a
position that is off by a telephone's error or with none. Beside many incidents stands one that must
not be taken for it: the next pothole or pole, the same trouble after it was put right, another kind
at the same spot, the same landmarks' names elsewhere.

The rules were tuned on one half of the phrases and sentences, and are judged by the other; names of
places and the glossary's everyday words serve both.
"""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from services.grievance.domain.duplicates import Report
from services.grievance.domain.place import Point
from services.grievance.reference import read_data

Half = Literal["development", "evaluation"]
_Name = tuple[str, str]  # in Marathi, in English
DEVELOPMENT_SEED = 1
EVALUATION_SEED = 2

_BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
_REPORTS_A_DAY = 40
_HOW_MANY_REPORTS = (50, 20, 12, 8, 6, 4)  # of an incident: in how many of 100 it is 1, 2, … 6
_SPOT_WITHIN_M = 900
_DEGREE_M = 111_195

_NEXT_ONE, _AGAIN, _OTHER_KIND, _ELSEWHERE = 0.2, 0.1, 0.1, 0.1
_LEFT_OPEN = 0.2  # of what was put right: not closed by then, so still a candidate
_WRITES_MARATHI, _IN_LATIN = 0.65, 0.25
_HAS_POSITION, _POOR_SIGNAL = 0.65, 0.2
_GOOD_M, _POOR_M = 12, 45  # standard error of a position, each way
_HAS_ADDRESS, _HAS_ADDRESS_ALONE = 0.6, 0.95  # with a position; without: it is asked for
_STANDS_OUT = (6, 2, 1, 3)  # how often each landmark, and the street, is the one that is named
_NAMES_NUMBER, _KNOWS_WARD, _WRONG_WARD, _WRONG_KIND = 0.6, 0.9, 0.03, 0.05
_MISSPELT = 0.08  # of the words

_SLIPS = (
    ("ी", "ि"), ("ि", "ी"), ("ू", "ु"), ("ु", "ू"), ("ं", ""), ("ण", "न"), ("ऱ्य", "र्\u200dय"),
    ("ड्ड", "ड्ढ"), ("ळ", "ल"), ("ष", "श"), ("ॅ", "े"), ("ा", ""),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Labelled:
    """One report.

    Attributes:
        incident: the number of what it reports: duplicates are the reports that share it.
        language: ``mr`` (in either script) or ``en``.
        open_until: when it is closed, so that it is no candidate any more.
        text: what was written, address included; for people to read.
    """

    report: Report
    incident: int
    language: str
    open_until: datetime
    text: str


@dataclass(frozen=True, slots=True)
class _Incident:
    kind: str
    area: int
    spot: Point
    landmarks: tuple[_Name, ...]  # the street last
    number: int
    begins: datetime


def generate(count: int, seed: int, half: Half) -> list[Labelled]:
    """``count`` reports in the order of filing; the same for the same arguments."""
    maker = _Maker(random.Random(f"{half}/{seed}"), _half_of(read_data("labelled.yaml"), half))  # noqa: S311 no secret hangs on it
    found: list[Labelled] = []
    for number, incident in enumerate(maker.incidents(count / _REPORTS_A_DAY)):
        found += maker.reports(number, incident)
        if len(found) >= count:
            break
    found = sorted(found[:count], key=lambda each: each.report.filed_at)
    return [
        replace(each, report=replace(each.report, id=str(index)))
        for index, each in enumerate(found)
    ]


def _half_of(raw: Mapping[str, Any], half: Half) -> dict[str, Any]:
    first = 0 if half == "development" else 1

    def of(lists: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
        return {language: phrases[first::2] for language, phrases in lists.items()}

    kinds = {code: {**kind, "phrases": of(kind["phrases"])} for code, kind in raw["kinds"].items()}
    return {**raw, "sentences": of(raw["sentences"]), "kinds": kinds}


class _Maker:
    """Draws incidents and what people write of them."""

    def __init__(self, rng: random.Random, data: Mapping[str, Any]) -> None:
        self.rng = rng
        self.data = data

    def incidents(self, days: float) -> Iterator[_Incident]:
        """Without end, each followed by those that look like it; all begin within ``days``."""
        while True:
            one = self._incident(days)
            yield one
            yield from self._alike(one)

    def _incident(self, days: float) -> _Incident:
        area = self.rng.randrange(len(self.data["areas"]))
        middle = Point(*self.data["areas"][area]["at"])
        return _Incident(
            kind=self.rng.choice(list(self.data["kinds"])),
            area=area,
            spot=self._moved(middle, self.rng.uniform(0, _SPOT_WITHIN_M)),
            landmarks=(self._landmark(), self._landmark(), self._landmark(), self._street()),
            number=self.rng.randint(1, 200),
            begins=_BEGIN + timedelta(days=self.rng.uniform(0, days)),
        )

    def _alike(self, one: _Incident) -> Iterator[_Incident]:
        """The hard ones: what a hasty reader would take for the same."""
        rng, kinds = self.rng, self.data["kinds"]
        days = kinds[one.kind]["days"]
        if rng.random() < _NEXT_ONE:
            yield replace(
                one,
                spot=self._moved(one.spot, rng.uniform(80, 300)),
                landmarks=(
                    self._landmark(),
                    self._landmark(),
                    one.landmarks[0],
                    one.landmarks[3] if rng.random() < 0.5 else self._street(),
                ),
                number=one.number + rng.choice([-2, -1, 1, 2, 3]),
                begins=one.begins + timedelta(days=rng.uniform(-3, 3)),
            )
        if rng.random() < _AGAIN:
            yield replace(one, begins=one.begins + timedelta(days=days * rng.uniform(1.2, 2.5)))
        if rng.random() < _OTHER_KIND:
            others = [code for code in kinds if code != one.kind]
            near = [code for code in others if kinds[code]["group"] == kinds[one.kind]["group"]]
            yield replace(one, kind=rng.choice(near or others))
        if rng.random() < _ELSEWHERE:
            other = self._incident(0)
            yield replace(other, kind=one.kind, landmarks=one.landmarks, begins=one.begins)

    def _moved(self, place: Point, metres: float) -> Point:
        turn = self.rng.uniform(0, 2 * math.pi)
        north, east = metres * math.cos(turn), metres * math.sin(turn)
        return Point(
            place.lat + north / _DEGREE_M,
            place.lon + east / (_DEGREE_M * math.cos(math.radians(place.lat))),
        )

    def _landmark(self) -> _Name:
        return self._name("landmark")

    def _street(self) -> _Name:
        return self._name("street")

    def _name(self, of: str) -> _Name:
        name = self.rng.choice(self.data[f"{of}_names"])
        kind = self.rng.choice(self.data[f"{of}_kinds"])
        return f"{name[0]} {kind[0]}", f"{name[1]} {kind[1]}"

    def reports(self, number: int, incident: _Incident) -> Iterator[Labelled]:
        """What citizens file about one incident."""
        days = self.data["kinds"][incident.kind]["days"]
        closed = incident.begins + timedelta(days=days)
        if self.rng.random() < _LEFT_OPEN:
            closed += timedelta(days=2 * days)
        how_many = self.rng.choices(range(1, 7), _HOW_MANY_REPORTS)[0]
        for _ in range(how_many):
            # Most come soon; none after it is put right.
            later = min(self.rng.expovariate(4 / days), float(days))
            yield self._report(number, incident, incident.begins + timedelta(days=later), closed)

    def _report(
        self, number: int, incident: _Incident, filed_at: datetime, closed: datetime
    ) -> Labelled:
        rng, kinds = self.rng, self.data["kinds"]
        group = kinds[incident.kind]["group"]
        filed_as = incident.kind
        if rng.random() < _WRONG_KIND:
            filed_as = rng.choice([code for code in kinds if kinds[code]["group"] == group])
        style = "en"
        if rng.random() < _WRITES_MARATHI:
            style = "latin" if rng.random() < _IN_LATIN else "mr"
        place = self._position(incident.spot)
        text = self._text(incident, style)
        address = self._address(incident, style, placed=place is not None)
        report = Report.of(
            id="",
            subcategory=filed_as,
            category=group,
            ward=self._ward(incident.area, placed=place is not None),
            filed_at=filed_at,
            place=place,
            description=text,
            address=address,
        )
        language = "en" if style == "en" else "mr"
        return Labelled(report, number, language, closed, f"{text} | {address or '-'}")

    def _position(self, spot: Point) -> Point | None:
        if self.rng.random() >= _HAS_POSITION:
            return None
        error = _POOR_M if self.rng.random() < _POOR_SIGNAL else _GOOD_M
        return self._moved(spot, math.hypot(self.rng.gauss(0, error), self.rng.gauss(0, error)))

    def _ward(self, area: int, *, placed: bool) -> str | None:
        if not placed and self.rng.random() >= _KNOWS_WARD:
            return None
        if not placed and self.rng.random() < _WRONG_WARD:
            area = self.rng.randrange(len(self.data["areas"]))
        ward: str = self.data["areas"][area]["ward"]
        return ward

    def _text(self, incident: _Incident, style: str) -> str:
        kind = self.data["kinds"][incident.kind]
        what = self.rng.choice(kind["phrases"][style])
        if "thing" in kind and self.rng.random() < _NAMES_NUMBER:
            thing = self.rng.choice(kind["thing"])[("mr", "en", "latin").index(style)]
            digits = str(incident.number)
            if style == "mr" and self.rng.random() < 0.5:
                digits = digits.translate(
                    {ord("0") + each: chr(0x966 + each) for each in range(10)}
                )
            what = f"{what} {thing} {digits}"
        sentence = self.rng.choice(self.data["sentences"][style])
        written = sentence.format(what=what, place=self._beside(incident, style))
        return " ".join(self._misspelt(word) for word in written.split())

    def _beside(self, incident: _Incident, style: str) -> str:
        name = self.rng.choices(incident.landmarks, _STANDS_OUT)[0][style != "mr"]
        return str(self.rng.choice(self.data["beside"][style])).format(name)

    def _address(self, incident: _Incident, style: str, *, placed: bool) -> str | None:
        if self.rng.random() >= (_HAS_ADDRESS if placed else _HAS_ADDRESS_ALONE):
            return None
        index = int(style != "mr")
        named = self.rng.choices(
            incident.landmarks, _STANDS_OUT, k=self.rng.randint(1, 2) + (not placed)
        )
        area = self.data["areas"][incident.area]["en" if index else "mr"]
        return ", ".join([*dict.fromkeys(each[index] for each in named), area])

    def _misspelt(self, word: str) -> str:
        if self.rng.random() >= _MISSPELT or any(each.isdigit() for each in word):
            return word
        if word.isascii():
            at = self.rng.randrange(len(word))
            return word[:at] + word[at + 1 :] if len(word) > 4 else word.upper()
        right, wrong = self.rng.choice(_SLIPS)
        return word.replace(right, wrong, 1)
