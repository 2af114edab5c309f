"""``palika call``: a call in the terminal, with the engine that holds real ones; the flow drawn."""

import json
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import click

from palika.days import DAY
from palika.india import INDIA

# What the command needs is imported when it runs: `palika --help` imports this module too.


@click.command("call")
@click.option("--simulate", is_flag=True, help="Play a call here, on sample data.")
@click.option("--mermaid", "drawn", is_flag=True, help="Print the flow as a drawing in Mermaid.")
@click.option("--flow", default="reminder", show_default=True, help="Which kind of call.")
@click.option("--language", type=click.Choice(["mr", "en"]), default="mr", show_default=True)
@click.option(
    "--script",
    type=click.File(encoding="utf-8"),
    help="Answers, a line each, in place of the keyboard's.",
)
@click.option(
    "--wav",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what the bot says to this file, spoken by espeak-ng.",
)
@click.option("--today", type=DAY, help="The day of the call (2026-06-10); today.")
@click.option("--json", "as_json", is_flag=True, help="The whole call as one JSON object.")
def call_command(
    simulate: bool,
    drawn: bool,
    flow: str,
    language: str,
    script: Any,
    wav: Path | None,
    today: date | None,
    as_json: bool,
) -> None:
    """Play a telephone call of the voice bot, or draw its flow.

    Needs no running city: whoever is called, and what is owed, is a sample.
    """
    from services.notify.calls import audio, simulator
    from services.notify.calls.reference import city_flow
    from services.notify.calls.voices import espeak
    from services.notify.domain.call.drawing import mermaid

    if simulate == drawn:
        raise click.UsageError("give one of --simulate and --mermaid")
    table = city_flow()
    if flow not in table.flows:
        raise click.UsageError(f"--flow {flow}: there are {', '.join(table.flows)}")
    if drawn:
        click.echo(mermaid(table, table.flows[flow]), nl=False)
        return
    # What is missing is told before the call, not after it.
    if wav is not None and not wav.absolute().parent.is_dir():
        raise click.UsageError(f"--wav {wav}: there is no such folder")
    voice = espeak(table.voices) if wav else None
    began = datetime.combine(today, time(11), INDIA) if today else datetime.now(INDIA)
    if not as_json:
        click.echo(simulator.TOLD, err=True)
    answers = _answers(script, simulator.HANG_UP)
    played = simulator.simulate(flow, language, began, answers, None if as_json else click.echo)
    if as_json:
        click.echo(json.dumps(played.told(), ensure_ascii=False))
    else:
        click.echo(f"-- over: {played.outcome}; agreed to: {', '.join(played.deeds) or 'nothing'}")
    if wav and voice:
        sound = simulator.spoken(played, voice)
        wav.write_bytes(sound)
        click.echo(f"{wav}: {audio.seconds(sound):.1f} s of speech", err=True)


def _answers(script: Any, hang_up: str) -> Iterator[str | None]:
    """Lines; None: hang up, at the end of them or where they say so."""
    while True:
        if script is None and sys.stdin.isatty():
            click.echo("> ", nl=False, err=True)
        line = (script or sys.stdin).readline()
        text = line.strip()
        if not line or text == hang_up:
            yield None
            return
        yield text
