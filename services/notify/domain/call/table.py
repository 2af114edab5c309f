"""The flow of calls as a city writes it (``data/calls.yaml``), read and checked."""

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final

from palika.reading import MISSING, Reading
from palika.text import Name
from services.notify.domain.call.hearing import Vocabulary
from services.notify.domain.call.proof import prove
from services.notify.domain.call.states import (
    FACTS,
    GRIEVANCE,
    PROMISED_ON,
    VERIFY,
    Answer,
    AskDay,
    AskNumber,
    Check,
    Choice,
    Deed,
    End,
    Flow,
    Limits,
    LookUp,
    Lookup,
    Say,
    State,
    Table,
    Transfer,
    Voice,
)
from services.notify.domain.call.texts import fields_of, is_well_formed

_KEYS: Final = tuple("0123456789*")
_LANGUAGES: Final = ("mr", "en")
_LONGEST_TEXT: Final = 1_000
_KINDS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "say": (("says", "then"), ("do",)),
    "choice": (("says", "choices"), ()),
    "check": (("says", "again", "digits", "against", "tries", "right", "nothing", "wrong"), ()),
    "day": (("says", "past", "far", "into", "then"), ()),
    "number": (("says", "digits", "into", "then"), ()),
    "look_up": (("what", "found", "missing"), ()),
    "transfer": (("says", "taken", "busy"), ()),
    "end": (("says", "outcome"), ()),
}
"""What each kind of state needs, and what it may have, besides its kind."""
_VOICE: Final = re.compile(r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*", re.ASCII)
_PHONE: Final = re.compile(r"\+?[0-9 -]{3,20}")


def read_table(raw: Any) -> Table:
    """Check and build.

    Args:
        raw: as YAML has it.

    Raises:
        Mistakes: each with its place and the rule that it breaks.
    """
    reading = _TableReading()
    table = reading.table(raw)
    reading.stop_if_wrong()
    for place, rule in prove(table):
        reading.wrong(place, rule)
    reading.stop_if_wrong()
    return table


class _TableReading(Reading):
    """One reading of the file."""

    def __init__(self) -> None:
        super().__init__()
        self._shared: Mapping[str, tuple[str, ...]] = {}
        self._states: Collection[str] = ()
        self._constants: Mapping[str, str] = {}
        self._instead: frozenset[str] = frozenset()

    def table(self, raw: Any) -> Table:
        top = self.mapping(
            "",
            raw,
            (
                *("limits", "voices", "words", "everywhere", "again", "unheard"),
                *("statuses", "flows", "states"),
            ),
            ("constants",),
        )
        states = dict(self._entries("states", top["states"]))
        self._states = states.keys()
        self._constants = self._numbers(top.get("constants", {}))
        self._shared = {
            code: self._words(f"words, {code}", each)
            for code, each in self._entries("words", top["words"])
        }
        everywhere = tuple(
            self._answer(place, each, needs_then=False)
            for place, each in self.items("everywhere", top["everywhere"])
        )
        table = Table(
            limits=self._limits(top["limits"]),
            voices=self._voices(top["voices"]),
            constants=self._constants,
            statuses={
                code: self._plain(f"statuses, {code}", each)
                for code, each in self._entries("statuses", top["statuses"])
            },
            everywhere=everywhere,
            again=self._text("again", top["again"]),
            unheard=self._text("unheard", top["unheard"]),
            flows={
                code: self._flow(code, each) for code, each in self._entries("flows", top["flows"])
            },
            states={code: self._state(code, each) for code, each in states.items()},
        )
        self._told_apart("everywhere", everywhere, ())
        for state in table.states.values():
            if isinstance(state, Choice):
                self._told_apart(f"states, {state.name}", state.answers, everywhere)
        return table

    # -- the parts ----------------------------------------------------------------------------

    def _entries(self, place: str, raw: Any) -> list[tuple[str, Any]]:
        if raw is MISSING:
            return []
        return [(code, each) for _, code, each in self.entries(place, raw)]

    def _numbers(self, raw: Any) -> dict[str, str]:
        found = {}
        for code, each in self._entries("constants", raw) if raw else []:
            place = f"constants, {code}"
            text = self.text(place, each)
            if text and not _PHONE.fullmatch(text):
                self.wrong(place, "must be a telephone number: digits, with blanks or - between")
            if code in FACTS:
                self.wrong(place, "is what a fact of calls is called")
            found[code] = text
        return found

    def _voices(self, raw: Any) -> dict[str, Voice]:
        table = self.mapping("voices", raw, _LANGUAGES)
        found = {}
        for language in _LANGUAGES:
            place = f"voices, {language}"
            each = self.mapping(place, table[language], ("code", "provider", "espeak"))
            names = [self.text(f"{place}, {key}", each[key]) for key in each]
            for key, name in zip(each, names, strict=True):
                if name and not _VOICE.fullmatch(name):
                    self.wrong(f"{place}, {key}", "must be letters and digits, with . - or _")
            found[language] = Voice(*names[:3])
        return found

    def _limits(self, raw: Any) -> Limits:
        each = self.mapping(
            "limits",
            raw,
            (
                *("longest_s", "again", "listen_s", "promise_days", "checks_an_hour", "dial"),
                *("give_up", "silent", "too_long"),
            ),
        )
        dial = self.mapping(
            "limits, dial", each["dial"], ("ring_s", "tries", "pause_h", "of_use_h")
        )

        def whole(key: str, least: int, most: int) -> int:
            return self.whole(f"limits, {key}", each[key], least, most)

        def dialling(key: str, least: int, most: int) -> int:
            return self.whole(f"limits, dial, {key}", dial[key], least, most)

        return Limits(
            longest=timedelta(seconds=whole("longest_s", 30, 3_600)),
            again=whole("again", 0, 5),
            listen_s=whole("listen_s", 1, 60),
            promise_days=whole("promise_days", 0, 366),
            checks_an_hour=whole("checks_an_hour", 1, 1_000),
            ring_s=dialling("ring_s", 5, 600),
            tries=dialling("tries", 1, 10),
            pause=timedelta(hours=dialling("pause_h", 1, 168)),
            of_use=timedelta(hours=dialling("of_use_h", 1, 720)),
            give_up=self._to("limits, give_up", each["give_up"]),
            silent=self._to("limits, silent", each["silent"]),
            too_long=self._to("limits, too_long", each["too_long"]),
        )

    def _flow(self, name: str, raw: Any) -> Flow:
        place = f"flows, {name}"
        each = self.mapping(place, raw, ("direction", "starts", "facts"), ("in_place_of",))
        facts = each["facts"]
        outbound = self.one_of(f"{place}, direction", each["direction"], ("out", "in")) == "out"
        instead = frozenset(
            self._words(f"{place}, in_place_of", each["in_place_of"])
            if "in_place_of" in each
            else ()
        )
        if instead and not outbound:
            self.wrong(f"{place}, in_place_of", "stands with calls that go out")
        for template in sorted(instead & self._instead):
            self.wrong(f"{place}, in_place_of", f"{template} is with another flow, too")
        self._instead |= instead
        return Flow(
            name=name,
            outbound=outbound,
            starts=self._to(f"{place}, starts", each["starts"]),
            facts=frozenset(self.codes(f"{place}, facts", facts, tuple(FACTS)) if facts else ()),
            in_place_of=instead,
        )

    def _state(self, name: str, raw: Any) -> State:
        place = f"states, {name}"
        kind = self.one_of(
            f"{place}, kind", raw.get("kind") if isinstance(raw, Mapping) else raw, tuple(_KINDS)
        )
        needed, optional = _KINDS.get(kind, ((), ()))
        each = self.mapping(place, raw, ("kind", *needed), optional if kind else None)

        def to(key: str) -> str:
            return self._to(f"{place}, {key}", each[key])

        def text(key: str) -> Name:
            return self._text(f"{place}, {key}", each[key])

        def fact(key: str, known: tuple[str, ...]) -> str:
            return self.one_of(f"{place}, {key}", each[key], known)

        match kind:
            case "say":
                return Say(name, text("says"), to("then"), self._deeds(place, each.get("do")))
            case "choice":
                answers = [
                    self._answer(inner, answer, needs_then=True)
                    for inner, answer in self.items(f"{place}, choices", each["choices"])
                ]
                return Choice(name, text("says"), tuple(answers))
            case "check":
                return Check(
                    name,
                    text("says"),
                    text("again"),
                    self.whole(f"{place}, digits", each["digits"], 2, 12),
                    fact("against", (VERIFY,)),
                    self.whole(f"{place}, tries", each["tries"], 1, 5),
                    to("right"),
                    to("nothing"),
                    to("wrong"),
                )
            case "day":
                return AskDay(
                    name,
                    text("says"),
                    text("past"),
                    text("far"),
                    fact("into", (PROMISED_ON,)),
                    to("then"),
                )
            case "number":
                least, most = self._from_to(f"{place}, digits", each["digits"])
                into = fact("into", (GRIEVANCE,))
                return AskNumber(name, text("says"), least, most, into, to("then"))
            case "look_up":
                what = fact("what", tuple(Lookup)) or Lookup.DUES
                return LookUp(name, Lookup(what), to("found"), to("missing"))
            case "transfer":
                return Transfer(name, text("says"), to("taken"), to("busy"))
            case _:
                outcome = self.text(f"{place}, outcome", each.get("outcome", MISSING))
                return End(name, self._text(f"{place}, says", each.get("says", MISSING)), outcome)

    def _answer(self, place: str, raw: Any, *, needs_then: bool) -> Answer:
        needed = ("code", "then") if needs_then else ("code",)
        optional = ("keys", "words", "language", "do" if needs_then else "then")
        each = self.mapping(place, raw, needed, optional)
        keys = each.get("keys", "")
        if keys != "":
            keys = self.one_of(f"{place}, keys", keys, _KEYS)
        words = each.get("words", ())
        if isinstance(words, str):
            words = self._shared.get(self.one_of(f"{place}, words", words, self._shared), ())
        elif words:
            words = self._words(f"{place}, words", words)
        if not keys and not words:
            self.wrong(place, "needs keys or words")
        language = each.get("language", "")
        if language:
            language = self.one_of(f"{place}, language", language, _LANGUAGES)
        then = each.get("then", "")
        return Answer(
            code=self.text(f"{place}, code", each["code"]),
            keys=keys,
            words=tuple(words),
            then=self._to(f"{place}, then", then) if then != "" else "",
            do=self._deeds(place, each.get("do")),
            language=language,
        )

    def _words(self, place: str, raw: Any) -> tuple[str, ...]:
        return tuple(self.text(inner, each) for inner, each in self.items(place, raw))

    def _deeds(self, place: str, raw: Any) -> tuple[Deed, ...]:
        if raw is None:
            return ()
        return tuple(Deed(each) for each in self.codes(f"{place}, do", raw, tuple(Deed)))

    def _from_to(self, place: str, raw: Any) -> tuple[int, int]:
        if isinstance(raw, list) and len(raw) == 2:
            least = self.whole(f"{place}, 1", raw[0], 2, 30)
            return least, self.whole(f"{place}, 2", raw[1], least, 30)
        if raw is not MISSING:
            self.wrong(place, "must be the least and the most digits, as [7, 16]")
        return 2, 30

    def _to(self, place: str, raw: Any) -> str:
        if raw is MISSING:
            return ""
        if isinstance(raw, str) and raw in self._states:
            return raw
        self.wrong(place, f"there is no state {raw!r:.60}")
        return ""

    def _text(self, place: str, raw: Any) -> Name:
        if raw is MISSING:
            return Name("", "")
        name = self.name(place, self.mapping(place, raw, _LANGUAGES))
        for language in _LANGUAGES:
            text = name.in_(language)
            if len(text) > _LONGEST_TEXT:
                self.wrong(f"{place}, {language}", f"is longer than {_LONGEST_TEXT} characters")
            if not is_well_formed(text):
                self.wrong(
                    f"{place}, {language}",
                    "braces must hold the name of a fact, and brackets be like [en|words]",
                )
            for field in fields_of(text):
                if field not in self._constants and (field not in FACTS or field == VERIFY):
                    self.wrong(f"{place}, {language}", f"{{{field}}} is nothing that can be said")
        if fields_of(name.mr) != fields_of(name.en):
            self.wrong(place, "says other facts in mr than in en")
        return name

    def _plain(self, place: str, raw: Any) -> Name:
        """A text that is a fact itself, and so has none in it."""
        name = self._text(place, raw)
        if fields_of(name.mr) | fields_of(name.en):
            self.wrong(place, "must have no braces: it is said as it stands")
        return name

    def _told_apart(
        self, place: str, answers: tuple[Answer, ...], everywhere: tuple[Answer, ...]
    ) -> None:
        codes = [each.code for each in answers]
        for code in {each for each in codes if codes.count(each) > 1}:
            self.wrong(place, f"the answer {code} is there twice")
        keys = [each.keys for each in (*answers, *everywhere) if each.keys]
        for key in {each for each in keys if keys.count(each) > 1}:
            self.wrong(place, f"the key {key} is there twice (everywhere counts too)")
        vocabulary = Vocabulary({each.code: each.words for each in answers})
        for phrase, meant in vocabulary.phrases().items():
            if len(meant) > 1:
                said = " ".join(phrase)
                self.wrong(place, f"{said!r} may mean {' and '.join(sorted(meant))}")
