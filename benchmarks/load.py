"""What flows through the benchmarks: ``grievance.filed.v1`` as the grievance service makes it."""

import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from uuid6 import uuid7

from services.grievance.promises import promised
from services.grievance.reference import city, read_data
from services.grievance.schemas import CHANNELS, FILED

A_YEAR = 115_000
"""Grievances that the reference city resolves a year: they are filed in order, at this pace."""

_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_SEED = 20260101


class Message(NamedTuple):
    """An event on its way: its id and its CloudEvents JSON."""

    id: str
    body: str


def filings(count: int) -> list[Message]:
    """``count`` events of grievances filed one after the other, the same ones in every run but for
    their ids: random categories, the wards by their weights, the pace of the reference city."""
    rng = random.Random(_SEED)
    categories = sorted(city().subcategories)
    wards = read_data("wards.yaml")["wards"]
    weights = [ward["seed_weight"] for ward in wards.values()]
    chosen = rng.choices(list(wards), weights, k=count)
    step = timedelta(days=365) / A_YEAR
    messages = []
    for number, ward in enumerate(chosen):
        category = rng.choice(categories)
        routing = city().route(category)
        filed_at = _FIRST + number * step
        grievance = uuid7()
        event = FILED.new(
            subject=str(grievance),
            sequence=1,
            time=filed_at,
            data={
                "grievance_id": grievance,
                "number": f"PMC-{filed_at.year}-{number + 1:06d}",
                "department": routing.department,
                "category": category,
                "ward": ward,
                "channel": rng.choice(CHANNELS),
                "filed_at": filed_at,
                "due_at": promised(filed_at, routing).due_at,
            },
        )
        messages.append(Message(event.id, event.to_json()))
    return messages


def traced(messages: Iterable[Message], ratio: float) -> list[Message]:
    """The same, each in a trace of its own, of which this part is sampled."""
    rng = random.Random(_SEED)
    found = []
    for message in messages:
        flags = "01" if rng.random() < ratio else "00"
        traceparent = f"00-{rng.getrandbits(128):032x}-{rng.getrandbits(64):016x}-{flags}"
        said = f',"traceparent":"{traceparent}","data":'
        found.append(Message(message.id, message.body.replace(',"data":', said, 1)))
    return found


def save(path: Path, messages: Iterable[Message]) -> None:
    """Write messages where a peer reads them: a line each."""
    with path.open("w", encoding="utf-8") as lines:
        for message in messages:
            lines.write(json.dumps(message) + "\n")


def read(path: Path | str, count: int | None = None) -> list[Message]:
    """The first ``count`` messages that ``save`` wrote (all by default)."""
    messages: list[Message] = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if len(messages) == count:
                break
            messages.append(Message._make(json.loads(line)))
    return messages
