"""Reading the table of states: every mistake in ``data/chat.yaml`` at once."""

import re
from collections.abc import Mapping
from typing import Any, Final

from palika.reading import MISSING, Reading
from palika.text import Name
from services.notify.domain import whatsapp
from services.notify.domain.chat.actions import ACTIONS, LISTS
from services.notify.domain.chat.checks import check
from services.notify.domain.chat.conversation import AWAY
from services.notify.domain.chat.table import (
    AGAIN,
    BACK,
    LANGUAGES,
    Choice,
    Command,
    Rows,
    Rules,
    State,
    Table,
    Taken,
)

TEXTS: Final = (
    "not_understood", "cannot_read", "choose", "more", "remind", "goodbye",
    "officer", "over", "courtesy", "file_gone", "unanswered", "answered_all",
)  # fmt: skip
"""What is said outside of states."""
PIECES: Final[Mapping[str, frozenset[str]]] = {
    "rebate": frozenset({"amount"}),
    "bill_caption": frozenset({"number"}),
    "receipt_caption": frozenset({"number"}),
    "notice_caption": frozenset({"number"}),
    "notices_before": frozenset({"lines"}),
    "file_caption": frozenset(),
}
"""What actions say parts of, with the fields that each has."""
RULES: Final[Mapping[str, tuple[int, int]]] = {
    "remind_minutes": (1, 1_000),
    "end_minutes": (2, 1_400),
    "window_minutes": (1, 1_440),
    "misses": (2, 20),
    "link_unused_days": (1, 3_650),
    "handover_hours": (1, 1_000),
    "code_minutes": (1, 60),
    "code_tries": (1, 10),
    "codes_a_day": (1, 50),
    "codes_a_day_of_property": (1, 50),
    "seconds_between_codes": (0, 3_600),
    "property_numbers_an_hour": (1, 1_000),
    "message_seconds": (5, 600),
}
_PLACES: Final = ("first", "home", "away", "lost", "with_person")
_KINDS: Final = ("text", "place", "photo")
_KEYS: Final = ("says", "choices", "rows", "takes", "do", "then", "pin", "reminds", "stays")
_KEY = re.compile(r"[a-z][a-z_]*")
_TEMPLATE = re.compile(r"[a-z0-9_]{1,512}")


def read_table(raw: Any) -> Table:
    """Check and build.

    Args:
        raw: as YAML has it.

    Raises:
        Mistakes: each with its place and the rule that it breaks.
    """
    reading = Reading()
    top = reading.mapping(
        "",
        raw,
        (
            *(*_PLACES, "rules", "states", "commands", "texts", "names", "keywords", "template"),
            "courtesies",
        ),
    )
    names = list(reading.mapping("states", top["states"], optional=None))
    reader = _Reader(reading, [str(each) for each in names])
    rules = reader.rules(top["rules"])
    texts = reading.mapping("texts", top["texts"], TEXTS)
    named = reading.mapping("names", top["names"], tuple(PIECES), None)
    template = top["template"]
    if not isinstance(template, str) or not _TEMPLATE.fullmatch(template):
        reading.wrong("template", "must be the name of a template of WhatsApp: a-z, 0-9 and _")
    table = Table(
        **{place: reader.state_name(place, top[place]) for place in _PLACES},
        rules=rules,
        states={
            code: reader.state(place, each)
            for place, code, each in reading.entries("states", top["states"])
        },
        commands={
            code: reader.command(place, each)
            for place, code, each in reading.entries("commands", top["commands"])
        },
        texts={
            key: reader.says(f"texts, {key}", texts[key], whatsapp.MAX_BODY)
            for key in TEXTS
            if texts[key] is not MISSING
        },
        names={
            str(key): reader.says(f"names, {key}", each, whatsapp.MAX_BODY)
            for key, each in named.items()
            if each is not MISSING
        },
        keywords={
            code: reader.words(place, each)
            for place, code, each in reading.entries("keywords", top["keywords"])
        },
        courtesies=reader.words("courtesies", top["courtesies"]),
        template=str(template),
    )
    reading.stop_if_wrong()
    check(reading, table, PIECES)
    reading.stop_if_wrong()
    return table


class _Reader:
    """Reads the parts; ``states`` are the names that there are."""

    def __init__(self, reading: Reading, states: list[str]) -> None:
        self._reading = reading
        self._states = states

    def rules(self, raw: Any) -> Rules:
        """The figures."""
        given = self._reading.mapping("rules", raw, tuple(RULES))
        found = {
            key: self._reading.whole(f"rules, {key}", given[key], least, most)
            for key, (least, most) in RULES.items()
        }
        if found["remind_minutes"] >= found["end_minutes"]:
            self._reading.wrong("rules, remind_minutes", "must be less than end_minutes")
        return Rules(**found)

    def state_name(self, place: str, raw: Any) -> str:
        """A state that there is."""
        return self._reading.one_of(place, raw, self._states)

    def target(self, place: str, raw: Any) -> str:
        """Where it leads."""
        return self._reading.one_of(place, raw, [*self._states, BACK, AGAIN])

    def says(self, place: str, raw: Any, longest: int) -> Name:
        """A text in both languages, its lines kept."""
        given = self._reading.mapping(place, raw, LANGUAGES)
        found = {}
        for language in LANGUAGES:
            text = given[language]
            inner = f"{place}, {language}"
            if text is MISSING:
                text = ""
            elif not isinstance(text, str) or not text.strip():
                self._reading.wrong(inner, "must be text")
                text = ""
            elif len(text.strip()) > longest:
                self._reading.wrong(inner, f"must be of at most {longest} characters")
            found[language] = text.strip(" ").rstrip()
        return Name(found["mr"], found["en"])

    def words(self, place: str, raw: Any) -> tuple[str, ...]:
        """A list of words; a number is one as well."""
        return tuple(
            self._reading.text(inner, str(each) if type(each) is int else each)
            for inner, each in self._reading.items(place, raw)
        )

    def command(self, place: str, raw: Any) -> Command:
        """What is understood everywhere."""
        given = self._reading.mapping(place, raw, ("to", "words"), ("idle",))
        to = self.target(f"{place}, to", given["to"])
        return Command(
            to,
            self.words(f"{place}, words", given["words"]),
            self.target(f"{place}, idle", given["idle"]) if "idle" in given else to,
        )

    def state(self, place: str, raw: Any) -> State:
        """One state."""
        given = self._reading.mapping(place, raw, (), _KEYS)
        pinned = given.get("pin", False)
        flags = {
            key: self._reading.flag(f"{place}, {key}", given.get(key, default))
            for key, default in (("pin", False), ("reminds", True), ("stays", False))
        }
        choices = self._choices(place, given)
        rows = self._rows(f"{place}, rows", given["rows"]) if "rows" in given else None
        # A list's rows are longer than buttons; what is found makes a list of it.
        longest = whatsapp.MAX_ROW_TITLE
        if rows is None and len(choices) <= whatsapp.MAX_BUTTONS:
            longest = whatsapp.MAX_BUTTON
        for code, choice in choices.items():
            for language in LANGUAGES:
                if len(choice.title.in_(language)) > longest:
                    self._reading.wrong(
                        f"{place}, choices, {code}, {language}",
                        f"must be of at most {longest} characters",
                    )
        if len(choices) > whatsapp.MAX_ROWS - 2 * (rows is not None):
            self._reading.wrong(f"{place}, choices", "are more than WhatsApp shows")
        if pinned and (choices or rows):
            self._reading.wrong(place, "WhatsApp asks for a place, or has choices: not both")
        do = given.get("do")
        return State(
            says=self._text(place, given, choices, rows) if "says" in given else None,
            choices=choices,
            rows=rows,
            takes=self._takes(place, given),
            do=None if do is None else self._reading.one_of(f"{place}, do", do, list(ACTIONS)),
            on=self._on(place, given, do),
            **flags,
        )

    def _text(self, place: str, given: Mapping[str, Any], choices: Any, rows: Any) -> Name:
        longest = whatsapp.MAX_BODY if choices or rows or given.get("pin") else whatsapp.MAX_TEXT
        return self.says(f"{place}, says", given["says"], longest)

    def _choices(self, place: str, given: Mapping[str, Any]) -> dict[str, Choice]:
        if "choices" not in given:
            return {}
        inner = f"{place}, choices"
        return {
            code: self._choice(spot, each)
            for spot, code, each in self._reading.entries(inner, given["choices"])
        }

    def _choice(self, place: str, raw: Any) -> Choice:
        given = self._reading.mapping(place, raw, ("mr", "en", "to"), ("words", "set"))
        sets = self._reading.mapping(f"{place}, set", given.get("set", {}), optional=None)
        for key, each in sets.items():
            known = LANGUAGES if key == "language" else None
            if not isinstance(each, str) or (known is not None and each not in known):
                self._reading.wrong(f"{place}, set, {key}", "must be text (a language: mr or en)")
            self._key(f"{place}, set", key)
        return Choice(
            title=self._reading.name(place, given),
            words=self.words(f"{place}, words", given["words"]) if "words" in given else (),
            to=self.target(f"{place}, to", given["to"]),
            sets={str(key): str(each) for key, each in sets.items()},
        )

    def _rows(self, place: str, raw: Any) -> Rows:
        given = self._reading.mapping(place, raw, ("of", "as", "to"))
        return Rows(
            self._reading.one_of(f"{place}, of", given["of"], sorted(LISTS)),
            self._key(f"{place}, as", given["as"]),
            self.target(f"{place}, to", given["to"]),
        )

    def _takes(self, place: str, given: Mapping[str, Any]) -> dict[str, Taken]:
        if "takes" not in given:
            return {}
        inner = f"{place}, takes"
        table = self._reading.mapping(inner, given["takes"], (), _KINDS)
        return {kind: self._taken(f"{inner}, {kind}", each) for kind, each in table.items()}

    def _taken(self, place: str, raw: Any) -> Taken:
        given = self._reading.mapping(
            place, raw, ("as", "to"), ("shortest", "longest", "numbers", "last", "digit")
        )
        return Taken(
            self._key(f"{place}, as", given["as"]),
            self.target(f"{place}, to", given["to"]),
            self._reading.whole(f"{place}, shortest", given.get("shortest", 1), 1, 100),
            self._reading.whole(f"{place}, longest", given.get("longest", 2_000), 1, 4_000),
            self._reading.flag(f"{place}, numbers", given.get("numbers", False)),
            self._reading.flag(f"{place}, last", given.get("last", False)),
            self._reading.flag(f"{place}, digit", given.get("digit", False)),
        )

    def _on(self, place: str, given: Mapping[str, Any], do: Any) -> dict[str, str]:
        if do not in ACTIONS:
            if "then" in given:
                self._reading.wrong(f"{place}, then", "is of an action, and there is no do")
            return {}
        table = self._reading.mapping(
            f"{place}, then", given.get("then"), tuple(ACTIONS[do]), (AWAY,)
        )
        return {
            outcome: self.target(f"{place}, then, {outcome}", to)
            for outcome, to in table.items()
            if to is not MISSING
        }

    def _key(self, place: str, raw: Any) -> str:
        if isinstance(raw, str) and _KEY.fullmatch(raw):
            return raw
        if raw is not MISSING:
            self._reading.wrong(place, f"must be small letters and _, not {raw!r:.60}")
        return ""
