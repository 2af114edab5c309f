"""A call without a telephone: played on sample data, with the engine that holds real ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from services.notify.calls import audio
from services.notify.calls.outside import Facts
from services.notify.calls.reference import city_flow
from services.notify.calls.turns import Turn, turn
from services.notify.calls.voices import Engine
from services.notify.domain.call import engine
from services.notify.domain.call.engine import Ask, Ear, HangUp, Heard, PutThrough
from services.notify.domain.call.states import GRIEVANCE, Lookup, Table
from services.notify.domain.call.texts import Said

_TURN_S = 8
_BETWEEN_SAYS_S = 0.4
HANG_UP: Final = "hangup"
_GRIEVANCE = "2026000123"
_SAMPLE: Facts = {"owed": 12_345_50, "property": "P/09/001234", "verify": "1234"}
_STATUS: Facts = {"status": {"mr": "काम चालू आहे", "en": "being worked on"}}
TOLD: Final = (
    "sample: property P/09/001234 (its last four digits are 1234), grievance 2026-000123; "
    "type keys (1, 1234, 3006, *) or words (हो, udya, next friday); an empty line is silence, "
    f"{HANG_UP} hangs up"
)


def simulate(
    flow: str,
    language: str,
    began: datetime,
    answers: Iterator[str | None],
    show: Callable[[str], None] | None,
) -> "Played":
    """Play a call.

    Args:
        flow: its kind.
        language: that it begins in.
        began: aware.
        answers: what is dialled or said at each question; None, or their end: hung up.
        show: is given each line of the call as it comes; None: nothing is shown.
    """
    table = city_flow()
    facts = {name: _SAMPLE[name] for name in table.flows[flow].facts}
    played = Played(table, engine.Call(flow, language, began, facts=facts))
    for _ in played.play(answers):
        if show:
            for line in played.last_lines():
                show(line)
    return played


def spoken(played: "Played", voice: Engine) -> bytes:
    """All that the bot says in a call, as one WAV.

    Raises:
        Unavailable: the voice does not work.
    """
    sounds = [voice.speak(each.text, each.language) for each in played.says()]
    return audio.joined(sounds, _BETWEEN_SAYS_S)


@dataclass
class Played:
    """A call, and all its turns."""

    table: Table
    call: engine.Call
    turns: list[tuple[str, Turn]] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """How it ended."""
        return self.call.outcome

    @property
    def deeds(self) -> list[str]:
        """What was agreed to, in order."""
        return [
            f"{each.deed} {each.day}" if each.day else str(each.deed)
            for _, made in self.turns
            for each in made.deeds
        ]

    def says(self) -> list[Said]:
        """All that was said."""
        return [each for _, made in self.turns for each in made.says]

    def play(self, answers: Iterator[str | None]) -> Iterator[None]:
        """Each turn, until the call is over."""
        at = self.call.began_at
        self._hear(Heard(Ear.BEGAN, at), "")
        yield
        while not isinstance(last := self.turns[-1][1].last, HangUp):
            at += timedelta(seconds=_TURN_S)
            if isinstance(last, PutThrough):
                self._hear(Heard(Ear.TAKEN, at), "(a person has talked)")
            else:
                answer = next(answers, None)
                self._hear(_heard(answer, at), HANG_UP if answer is None else answer)
            yield

    def last_lines(self) -> Iterator[str]:
        """The last turn, for people."""
        given, made = self.turns[-1]
        if given or len(self.turns) > 1:
            yield f"  [{given or 'silence'} → {made.understood}]"
        for each in made.says:
            yield f"{each.language}: {each.text}"

    def told(self) -> dict[str, Any]:
        """The whole call, for programs."""
        return {
            "flow": self.call.flow,
            "language": self.call.language,
            "outcome": self.outcome,
            "deeds": self.deeds,
            "turns": [
                {
                    "heard": given,
                    "understood": made.understood,
                    "state": made.call.state,
                    "says": [
                        {"code": each.code, "language": each.language, "text": each.text}
                        for each in made.says
                    ],
                }
                for given, made in self.turns
            ],
        }

    def _hear(self, heard: Heard, given: str) -> None:
        made = turn(self.call, heard, self.table, _ask, person=True)
        self.call = made.call
        self.turns.append((given, made))


def _heard(answer: str | None, at: datetime) -> Heard:
    if answer is None:
        return Heard(Ear.HUNG_UP, at)
    if not answer:
        return Heard(Ear.SILENCE, at)
    keys = all(each in "0123456789*#" for each in answer)
    return Heard(Ear.KEYS if keys else Ear.WORDS, at, answer)


def _ask(asked: Ask) -> Facts | None:
    if asked.what is Lookup.DUES:
        return _SAMPLE
    assert asked.what == GRIEVANCE
    return _STATUS if asked.value == _GRIEVANCE else None
