"""What a piece of work takes of the processors, part by part.

A rate depends on what else the machine does at the moment; this hardly does.
"""

import re
from collections.abc import Sequence

import psutil

Costs = dict[str, float]
"""Seconds of processor time by part."""
_SAID = re.compile(
    r" ms of processor time: ([a-z][\w-]*(?: \w+)* [\d.]+(?:, [a-z][\w-]*(?: \w+)* [\d.]+)*)"
)


def spent() -> Costs:
    """What each part of the city has spent so far, children that have ended included.

    All that this process has started is looked at; not this process itself, nor what has ended.
    """
    found: Costs = {}
    for process in psutil.Process().children(recursive=True):
        try:
            part, times = _part(process.cmdline()), process.cpu_times()
        except psutil.Error:
            continue
        took = times.user + times.system + times.children_user + times.children_system
        found[part] = found.get(part, 0.0) + took
    return found


def between(before: Costs, after: Costs, pieces: int) -> Costs:
    """Milliseconds a piece, by part, the most first; parts without a tenth of one are left out."""
    each = {part: (took - before.get(part, 0.0)) * 1_000 / pieces for part, took in after.items()}
    return {part: ms for part, ms in sorted(each.items(), key=lambda i: -i[1]) if ms >= 0.1}


def middle(rounds: Sequence[Costs]) -> Costs:
    """The round whose sum is the median one."""
    return sorted(rounds, key=lambda each: sum(each.values()))[len(rounds) // 2]


def said(costs: Costs) -> str:
    """For people: ``41 ms: grievance 28, postgres 9, kpi 4``."""
    parts = ", ".join(f"{part} {ms:.1f}" for part, ms in costs.items())
    return f"{sum(costs.values()):.1f} ms of processor time: {parts}"


def read(text: str) -> Costs:
    """What ``said`` wrote, wherever it stands in a line.

    Raises:
        ValueError: it does not stand there.
    """
    found = _SAID.search(text)
    if found is None:
        raise ValueError(f"no processor time by parts in {text!r}")
    parts = (each.rsplit(" ", 1) for each in found[1].split(", "))
    return {part: float(ms) for part, ms in parts}


def _part(command: Sequence[str]) -> str:
    """``kpi`` of ``python -m palika.cli run kpi``; else the program's own name."""
    for verb in ("run", "relay"):
        if verb in command[:-1]:
            name = command[command.index(verb) + 1]
            return f"{name} relay" if verb == "relay" else name
    program = command[0].rpartition("/")[2].partition(":")[0] if command else ""
    return {"beam.smp": "broker"}.get(program, program)
