"""What stands in the papers of a review: a scorecard in words of one language, for pages and slides
alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Literal

from palika.india import in_digits
from palika.number_words import devanagari
from palika.text import Name
from services.kpi.domain.scorecard import CITY, COMPUTED, OTHER, OWN, Card, Line, Mark, Place
from services.kpi.reference import city_catalogue, city_corporation
from services.kpi.scorecards.words import WORDS

Language = Literal["mr", "en"]
Status = Literal["green", "amber", "red", "grey"]

RANKS_SHOWN = 20
"""So many ranks are shown; and the own one, wherever it is."""


@dataclass(frozen=True, slots=True)
class Row:
    """A criterion: its texts, in the order of the heading, and its status."""

    cells: tuple[str, ...]
    status: Status
    status_words: str


@dataclass(frozen=True, slots=True)
class Ranks:
    """A ranking: its title, and rows of rank, name, score and remark; `own` are marked."""

    title: str
    rows: tuple[tuple[str, str, str, str], ...]
    own: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All texts of a review, in one language; `words` are the fixed ones."""

    language: Language
    day: date
    words: Mapping[str, str]
    corporation: str
    subject: str
    title: str
    counter: str
    facts: tuple[tuple[str, str], ...]
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    marks: tuple[tuple[str, float | None, float | None], ...]
    since: str
    changes: tuple[tuple[str, str, str, str], ...]
    missing: tuple[tuple[str, str], ...]
    ranks: tuple[Ranks, ...]
    basis: tuple[tuple[str, str, str, str, str], ...]
    notes: tuple[str, ...]


def report(
    card: Card, ranks: Mapping[str, Mapping[str, Sequence[Place]]], language: Language
) -> Report:
    """The texts of a scorecard; ``ranks`` by side and by whom (`departments`, `corporations`)."""
    return _Writer(card, language).write(ranks)


class _Writer:
    def __init__(self, card: Card, language: Language) -> None:
        self.card = card
        self.language = language
        self.words = {key: getattr(name, language) for key, name in WORDS.items()}

    def write(self, ranks: Mapping[str, Mapping[str, Sequence[Place]]]) -> Report:
        card, of = self.card, self.card.programme
        ranked = self.ranks(ranks)
        since = self.words["no_review"]
        if card.since is not None:
            since = f"{self.words['since']} {self.day(card.since)}"
        return Report(
            self.language,
            card.day,
            self.words,
            self.name(city_corporation()),
            self.subject(),
            self.name(of.name),
            self.digits(self.name(of.counter(card.day).words)),
            tuple(self.facts()),
            tuple(
                self.words[each]
                for each in ("criterion", "most", "own", "third_party", "difference", "status")
            ),
            tuple(self.row(line) for line in card.lines),
            tuple(
                (self.name(line.criterion.name), _number(line.own), _number(line.other))
                for line in card.lines
            ),
            since,
            tuple(self.change(line) for line in card.changed) if card.since else (),
            tuple(
                (self.name(line.criterion.name), self.digits(self.name(words)))
                for line, words in card.missing()
            ),
            tuple(ranked),
            tuple(self.basis()),
            tuple(self.notes() if ranked else [*self.notes(), self.words["no_ranking"]]),
        )

    def facts(self) -> list[tuple[str, str]]:
        of, words = self.card.programme, self.words
        facts = [
            (words["subject"], self.subject()),
            (words["as_of"], self.day(self.card.day)),
            (words["authority"], self.name(of.authority)),
            (words["assessor"], self.name(of.assessor)),
        ]
        for side, label in ((OWN, "own"), (OTHER, "third_party")):
            total = self.card.total(side)
            said = words["none_yet"]
            if total.given:
                said = f"{self.number(total.marks)} / {self.number(of.total)}"
                said += f" ({self.percent(total.score)})"
            if total.given and total.open:
                said += f"; {words['open']}: {self.digits(total.open)}"
            if self.card.since is not None:
                before = self.card.total(side, before=True)
                if before.given:
                    said += f"; {words['before']} {self.number(before.marks)}"
            facts.append((words[label], said))
        return facts

    def row(self, line: Line) -> Row:
        status, told = self.status(line)
        difference = line.difference
        signed = "–" if difference is None else self.number(difference)
        if difference is not None and difference > 0:
            signed = f"+{signed}"
        own = self.mark(line.own)
        if line.own is not None and line.own.kind == COMPUTED:
            own += " *"
        return Row(
            (
                self.name(line.criterion.name),
                self.number(line.criterion.marks),
                own,
                self.mark(line.other),
                signed,
            ),
            status,
            told,
        )

    def status(self, line: Line) -> tuple[Status, str]:
        mark = line.other or line.own
        if mark is None:
            return "grey", self.words["no_marks"]
        share = Fraction(mark.marks * 100, line.criterion.marks)
        shown = self.percent(share)
        low = self.card.programme.low
        if line.low(self.card.programme.low):
            return "red", shown
        return ("green" if share >= (low + 100) / 2 else "amber"), shown

    def change(self, line: Line) -> tuple[str, str, str, str]:
        pairs = ((line.own_before, line.own), (line.other_before, line.other))
        own, other = (self.moved(before, now) for before, now in pairs)
        return self.name(line.criterion.name), own, other, "; ".join(line.new_evidence)

    def moved(self, before: Mark | None, now: Mark | None) -> str:
        if self.mark(before) == self.mark(now):
            return self.mark(now)
        told = f"{self.mark(now)} ({self.words['earlier']} {self.mark(before)})"
        if now is not None and now.backdated:
            told += f", {self.words['from'].format(self.day(now.day))}"
        return told

    def ranks(self, ranks: Mapping[str, Mapping[str, Sequence[Place]]]) -> list[Ranks]:
        found = []
        for side, by_whom in ranks.items():
            for whom, places in by_whom.items():
                # One alone has no rank.
                if len(places) < 2:
                    continue
                own = [self.is_own(each) for each in places]
                shown = [at for at in range(len(places)) if at < RANKS_SHOWN or own[at]]
                found.append(
                    Ranks(
                        f"{self.words[whom]}: {self.words[side if side == OTHER else 'own']}",
                        tuple(self.place(places[at]) for at in shown),
                        tuple(own[at] for at in shown),
                    )
                )
        return found

    def is_own(self, place: Place) -> bool:
        return place.entry.own and place.entry.code == self.card.subject

    def place(self, place: Place) -> tuple[str, str, str, str]:
        entry = place.entry
        name = city_corporation() if entry.own and entry.code == CITY else entry.name
        remark = entry.source or ("" if entry.complete else self.words["incomplete"])
        if entry.criteria is not None and not entry.complete:
            remark += self.digits(f" ({entry.marked} / {entry.criteria})")
        return (
            self.digits(place.rank),
            self.name(name),
            self.percent(entry.score, 2),
            remark,
        )

    def basis(self) -> list[tuple[str, str, str, str, str]]:
        known = city_catalogue()
        found = []
        for line in self.card.lines:
            if line.own is None or line.own.kind != COMPUTED:
                continue
            links = {each.kpi: each for each in line.criterion.links}
            for each in line.own.readings:
                indicator = known.indicators.get(each.kpi)
                value = self.words["no_data"]
                if each.value is not None:
                    value = self.digits(f"{each.value:g}")
                if each.covers is not None:
                    has, places = each.covers
                    value += f" ({self.digits(self.words['covers'].format(has=has, of=places))})"
                share = "–" if each.share is None else self.percent(each.share * 100)
                link = links.get(each.kpi)
                found.append(
                    (
                        self.name(indicator.name) if indicator else each.kpi,
                        self.digits(each.period),
                        value,
                        share,
                        self.digits(self.name(link.words)) if link else "",
                    )
                )
        return found

    def notes(self) -> list[str]:
        of, words = self.card.programme, self.words
        low = float(of.low)
        found = []
        given = any(self.card.total(side).given for side in (OWN, OTHER))
        if not given and any(line.criterion.links for line in self.card.lines):
            found.append(words["not_computed"])
        found += [
            self.digits(
                f"{words['colours']} {words['red']} < {low:g}%, {words['amber']} < "
                f"{(low + 100) / 2:g}%, {words['green_above']}."
            )
        ]
        if any(line.own and line.own.kind == COMPUTED for line in self.card.lines):
            found.append(f"* {words['computed']}")
        if of.illustrative:
            named = ", ".join(words[f"illustrative_{each}"] for each in sorted(of.illustrative))
            found.append(f"{words['illustrative']} {named}.")
        return found

    def subject(self) -> str:
        if self.card.subject == CITY:
            return self.name(city_corporation())
        return self.name(city_catalogue().departments[self.card.subject].name)

    def mark(self, mark: Mark | None) -> str:
        return "–" if mark is None else self.number(mark.marks)

    def number(self, hundredths: int) -> str:
        shown = f"{abs(hundredths) / 100:.2f}".rstrip("0").rstrip(".")
        return self.digits(f"−{shown}" if hundredths < 0 else shown)

    def percent(self, value: Fraction, decimals: int = 1) -> str:
        """Halves are rounded up."""
        scaled = int(value * 10**decimals + Fraction(1, 2))
        return self.digits(f"{scaled / 10**decimals:.{decimals}f}%")

    def day(self, day: date) -> str:
        return self.digits(in_digits(day))

    def name(self, name: Name) -> str:
        return name.mr if self.language == "mr" else name.en

    def digits(self, text: Any) -> str:
        return devanagari(text) if self.language == "mr" else str(text)


def _number(mark: Mark | None) -> float | None:
    return None if mark is None else mark.marks / 100
