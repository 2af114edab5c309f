"""``python -m benchmarks.officers '{…}'``: so many officers at their desks in the e-office.

Each thinks, does one thing, thinks again: looks into the inbox, opens a file, writes a note (it is
saved as it is typed, then made green), sends a file on, searches. All calls go over one line
(``line``); no officer waits for another.
"""

import csv
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any

from benchmarks.line import Answer, Call, Line
from benchmarks.peers import options
from palika.auth import Identity

MIX = {"inbox": 30, "open": 35, "note": 15, "forward": 12, "search": 8}
"""What an officer does next, in a hundred. Illustrative: nobody has published it."""
SAVES = 3
"""So often a note is saved while it is typed, before it is made green."""
_TYPING_S = 5.0
_LOOK_S = 0.1
_WORDS = ("tender", "निविदा", "estimate", "अंदाजपत्रक", "repairs", "गणपती", "water meter", "गुलमोहर")
_SENTENCES = (
    "अंदाजपत्रक तपासले; मंजुरीस हरकत नाही.",
    "The rates are those of the schedule; the quantities were checked on the site.",
    "निविदा समितीच्या शिफारशीनुसार **सर्वात कमी दर** स्वीकारावा.",
    "Put up for orders, please.",
)

Step = tuple[str, Call] | float
"""A call, and of which act it is; or seconds of typing."""


class Officer:
    """One officer's day, act by act."""

    def __init__(self, post: str, colleagues: list[str], rng: random.Random) -> None:
        """Of a post; ``colleagues`` are whom files are sent to."""
        self._who = Identity.of(f"officer:{post}", "officer")
        self._colleagues = colleagues
        self._rng = rng
        self._files: list[str] = []

    def day(self) -> Generator[Step | None, Any]:
        """Calls, each sent its answer; None is the end of an act, seconds are typing."""
        while True:
            what = self._rng.choices(list(MIX), list(MIX.values()))[0]
            if not self._files and what != "search":
                what = "inbox"
            match what:
                case "inbox":
                    found = yield self._call("inbox", "inbox")
                    self._files = [each["id"] for each in found["items"]] if found else []
                case "open":
                    yield self._call("open", "open", id=self._rng.choice(self._files))
                case "note":
                    yield from self._note(self._rng.choice(self._files))
                case "forward":
                    file = self._files.pop(self._rng.randrange(len(self._files)))
                    to = self._rng.choice(self._colleagues)
                    yield self._call(
                        "forward", "forward", id=file, to=to, remark="पुढील कार्यवाहीस्तव"
                    )
                case "search":
                    words = self._rng.choice(_WORDS)
                    yield self._call("search", "search", words=words, limit=20)
            yield None

    def _note(self, file: str) -> Generator[Step | None, Any]:
        draft: Any = {}
        text = ""
        for _ in range(SAVES):
            text = f"{text}\n\n{self._rng.choice(_SENTENCES)}".strip()
            given = {"id": draft["id"], "version": draft["version"]} if draft else {}
            draft = yield self._call("save", "save_draft", file_id=file, markup=text, **given)
            if draft is None:
                return
            yield _TYPING_S * (0.5 + self._rng.random())
        yield self._call("note", "confirm_note", id=draft["id"], version=draft["version"])

    def _call(self, act: str, method: str, **arguments: Any) -> Step:
        return act, Call(method, self._who, arguments)


class Office:
    """All of them."""

    def __init__(
        self, uri: str, posts: dict[str, list[str]], think_s: float, seconds: float, seed: int
    ) -> None:
        """Prepare.

        Args:
            uri: of the broker.
            posts: of each officer, and whom they send files to.
            think_s: between two acts, on average (exponentially distributed).
            seconds: how long the clock runs, once everybody has thought for the first time.
            seed: the same number gives the same days.
        """
        self._line = Line(uri, "eoffice")
        self._rng = random.Random(seed)
        self._days = [
            Officer(post, others, random.Random(f"{seed}/{post}")).day()
            for post, others in posts.items()
        ]
        self._think_s = think_s
        self._seconds = seconds
        self._from = self._until = 0.0
        self.took: dict[str, list[float]] = defaultdict(list)
        self.errors: Counter[str] = Counter()

    def run(self) -> None:
        """Let them work."""
        self._line.run(self._begin)

    def _begin(self) -> None:
        self._from = time.monotonic() + self._think_s
        self._until = self._from + self._seconds
        for day in self._days:
            self._line.later(
                self._rng.uniform(0, self._think_s), lambda day=day: self._go_on(day, None)
            )
        self._line.later(self._think_s + self._seconds, self._end)

    def _end(self) -> None:
        """What is in hand is waited for: it may be the slowest."""
        if self._line.in_hand:
            self._line.later(_LOOK_S, self._end)
        else:
            self._line.close()

    def _go_on(self, day: Generator[Step | None, Any], answer: Any) -> None:
        if time.monotonic() >= self._until:
            return
        step = day.send(answer)
        if step is None:
            think = self._rng.expovariate(1 / self._think_s)
            self._line.later(think, lambda: self._go_on(day, None))
        elif isinstance(step, float):
            self._line.later(step, lambda: self._go_on(day, None))
        else:
            act, call = step
            self._line.call(call, lambda told: self._answered(day, act, told))

    def _answered(self, day: Generator[Step | None, Any], act: str, told: Answer) -> None:
        if self._from <= told.began < self._until:
            self.took[act].append(told.took)
            if told.error is not None:
                self.errors[f"{act}: {told.error[:200]}"] += 1
        self._go_on(day, told.result)


def posts_of(folder: Path, most: int) -> dict[str, list[str]]:
    """The posts of an organisation's files (``eoffice_organisation``), each with the others of its
    department."""
    with (folder / "posts.csv").open(encoding="utf-8", newline="") as rows:
        departments = {row["code"]: row["department"] for row in csv.DictReader(rows)}
    of: dict[str, list[str]] = defaultdict(list)
    for post, department in departments.items():
        of[department].append(post)
    found = {
        post: [each for each in of[department] if each != post]
        for post, department in departments.items()
    }
    return {post: others for post, others in list(found.items())[:most] if others}


def main() -> None:
    """Work; what came of it is printed as JSON: seconds by act, errors."""
    told = options()
    posts = posts_of(Path(told["folder"]), told["officers"])
    office = Office(told["uri"], posts, told["think_s"], told["seconds"], told["seed"])
    office.run()
    print(json.dumps({"took": office.took, "errors": office.errors, "officers": len(posts)}))


if __name__ == "__main__":
    main()
