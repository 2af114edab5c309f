"""``palika call``: a call in the terminal, with the engine that holds real ones; the flow drawn."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from palika.india import INDIA
from services.notify.calls import audio
from services.notify.calls.outside import Facts
from services.notify.calls.reference import city_flow
from services.notify.calls.turns import Turn, turn
from services.notify.calls.voices import espeak
from services.notify.domain.call import engine
from services.notify.domain.call.drawing import mermaid
from services.notify.domain.call.engine import Ask, Ear, HangUp, Heard, PutThrough
from services.notify.domain.call.states import GRIEVANCE, Lookup, Table
from services.notify.domain.call.texts import Said

_TURN_S = 8
_BETWEEN_SAYS_S = 0.4
_DAY = click.DateTime(["%Y-%m-%d"])
_HANG_UP = "hangup"
_GRIEVANCE = "2026000123"
_SAMPLE: Facts = {"owed": 12_345_50, "property": "P/09/001234", "verify": "1234"}
_STATUS: Facts = {"status": {"mr": "काम चालू आहे", "en": "being worked on"}}
_TOLD = (
    "sample: property P/09/001234 (its last four digits are 1234), grievance 2026-000123; "
    "type keys (1, 1234, 3006, *) or words (हो, udya, next friday); an empty line is silence, "
    f"{_HANG_UP} hangs up"
)


@click.command("call")
@click.option("--simulate", is_flag=True, help="Play a call here, on sample data.")
@click.option("--mermaid", "drawn", is_flag=True, help="Print the flow as a drawing in Mermaid.")
@click.option("--flow", default="reminder", show_default=True, help="Which kind of call.")
@click.option("--language", type=click.Choice(["mr", "en"]), default="mr", show_default=True)
@click.option(
    "--script",
    type=click.File(encoding="utf-8"),
    help="Answers, a line each, in place of the keyboard's; - is the standard input.",
)
@click.option(
    "--wav",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what the bot says to this file, spoken by espeak-ng.",
)
@click.option("--today", type=_DAY, help="The day of the call (2026-06-10); today.")
@click.option("--json", "as_json", is_flag=True, help="The whole call as one JSON object.")
def call_command(
    simulate: bool,
    drawn: bool,
    flow: str,
    language: str,
    script: Any,
    wav: Path | None,
    today: datetime | None,
    as_json: bool,
) -> None:
    """Play a telephone call of the voice bot, or draw its flow.

    Needs no running city: whoever is called, and what is owed, is a sample.
    """
    if simulate == drawn:
        raise click.UsageError("give one of --simulate and --mermaid")
    table = city_flow()
    if flow not in table.flows:
        raise click.UsageError(f"--flow {flow}: there are {', '.join(table.flows)}")
    if drawn:
        click.echo(mermaid(table, table.flows[flow]), nl=False)
        return
    # Its absence is told before the call, not after it.
    voice = espeak(table.voices) if wav else None
    began = today.replace(hour=11, tzinfo=INDIA) if today else datetime.now(INDIA)
    played = _Played(table, engine.Call(flow, language, began, facts=_facts(table, flow)))
    if not as_json:
        click.echo(_TOLD, err=True)
    for _ in played.play(_answers(script)):
        if not as_json:
            played.show_last()
    if as_json:
        click.echo(json.dumps(played.told(), ensure_ascii=False))
    else:
        deeds = ", ".join(played.deeds) or "nothing"
        click.echo(f"-- over: {played.outcome}; agreed to: {deeds}")
    if wav and voice:
        sounds = [voice.speak(each.text, each.language) for each in played.says()]
        wav.write_bytes(audio.joined(sounds, _BETWEEN_SAYS_S))
        click.echo(f"{wav}: {audio.seconds(wav.read_bytes()):.1f} s of speech", err=True)


def _facts(table: Table, flow: str) -> Facts:
    return {name: _SAMPLE[name] for name in table.flows[flow].facts}


def _answers(script: Any) -> Iterator[str | None]:
    """Lines; None: hang up, at the end of them or where they say so."""
    while True:
        if script is None:
            click.echo("> ", nl=False)
        line = (script or sys.stdin).readline()
        text = line.strip()
        if not line or text == _HANG_UP:
            yield None
            return
        yield text


@dataclass
class _Played:
    """A call in the terminal, and all its turns."""

    table: Table
    call: engine.Call
    turns: list[tuple[str, Turn]] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        return self.call.outcome

    @property
    def deeds(self) -> list[str]:
        return [
            f"{each.deed} {each.day}" if each.day else str(each.deed)
            for _, made in self.turns
            for each in made.deeds
        ]

    def says(self) -> list[Said]:
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
                self._hear(_heard(answer, at), _HANG_UP if answer is None else answer)
            yield

    def show_last(self) -> None:
        given, made = self.turns[-1]
        if given:
            click.echo(f"  [{given or 'silence'} → {made.understood}]")
        for each in made.says:
            click.echo(f"{each.language}: {each.text}")

    def told(self) -> dict[str, Any]:
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
