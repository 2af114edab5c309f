"""The acts of the office on a grievance: what each asks, and how the service is asked for it.

Which are legal now says the service (``steps`` of ``grievance.get``); here is only their form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from palika.text import is_blank
from services.portal.citizen.shown import reasons
from services.portal.pages.words import N_, gettext
from services.portal.rooms import EMPTY, within

_NOTE_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A field of an act's form.

    Attributes:
        name: as the service calls it; the form's field is ``<act>-<name>``.
        kind: area, line, choice, check, file or number (the number of another grievance, of which
            the service wants the id).
        options: the name of the list of a choice's values: officers, rejections, categories,
            reasons, outcomes, kinds.
        sent: whether it goes to the service with the act; a photograph goes before it.
    """

    name: str
    kind: str
    words: str
    hint: str = ""
    optional: bool = False
    options: str = ""
    sent: bool = True


@dataclass(frozen=True, slots=True)
class Act:
    """What the office does: its button, what it asks, and what is told when it is done."""

    words: str
    asked: tuple[Asked, ...]
    done: str
    kind: str = "main"
    hint: str = ""

    @property
    def has_file(self) -> bool:
        """Whether its form has a file in it."""
        return any(each.kind == "file" for each in self.asked)


_TO_CITIZEN: Final = N_("The citizen reads this.")
_NOTE: Final = Asked("note", "area", N_("A word to the citizen"), _TO_CITIZEN, optional=True)
_NUMBER: Final = N_("Its number, for example PMC-2026-000123")

ACTS: Final[dict[str, Act]] = {
    "acknowledge": Act(N_("Acknowledge"), (_NOTE,), N_("It is acknowledged.")),
    "start": Act(N_("Begin the work"), (_NOTE,), N_("The work has begun.")),
    "resolve": Act(
        N_("Resolve"),
        (
            Asked("remark", "area", N_("What was done"), _TO_CITIZEN),
            Asked(
                "photo",
                "file",
                N_("Photograph of the work"),
                N_("Some kinds are resolved only with one that is newer than the last reopening."),
                optional=True,
                sent=False,
            ),
        ),
        N_("It is resolved."),
    ),
    "assign": Act(
        N_("Assign"),
        (Asked("officer", "choice", N_("To whom"), options="officers"),),
        N_("It is assigned."),
    ),
    "comment": Act(
        N_("Add a note"),
        (
            Asked("text", "area", N_("Note")),
            Asked("public", "check", N_("The citizen may read it"), optional=True),
        ),
        N_("The note is added."),
        "quiet",
    ),
    "wait": Act(
        N_("Ask the citizen"),
        (Asked("question", "area", N_("Question"), _TO_CITIZEN),),
        N_("The citizen is asked; the clock stands."),
        hint=N_("Until the answer the clock stands."),
    ),
    "answer": Act(
        N_("Write the citizen's answer down"),
        (Asked("answer", "area", N_("Answer")),),
        N_("The answer is noted; the clock goes on."),
    ),
    "transfer": Act(
        N_("Transfer"),
        (
            Asked("category", "choice", N_("Kind"), options="categories"),
            _NOTE,
        ),
        N_("It is transferred."),
        hint=N_("The kind says which department it goes to. The number and the clock stay."),
    ),
    "attach": Act(
        N_("Attach a file"),
        (
            Asked("kind", "choice", N_("What it is"), options="kinds", sent=False),
            Asked("photo", "file", N_("File to attach"), N_("At most 10 MB."), sent=False),
            Asked("public", "check", N_("The citizen may see it"), optional=True, sent=False),
        ),
        N_("It is attached."),
        "quiet",
    ),
    "merge": Act(
        N_("Merge into another"),
        (Asked("into", "number", N_("The other one"), _NUMBER), _NOTE),
        N_("It is merged."),
        hint=N_("It goes on as the other one, and ends with it."),
    ),
    "unmerge": Act(
        N_("Let it go on by itself"),
        (Asked("reason", "area", N_("Why"), _TO_CITIZEN),),
        N_("It goes on by itself."),
    ),
    "link": Act(
        N_("Link with another"),
        (Asked("other", "number", N_("The other one"), _NUMBER),),
        N_("They are linked."),
        "quiet",
    ),
    "reopen": Act(
        N_("Open it again"),
        (
            Asked("code", "choice", N_("Why"), options="reasons"),
            Asked("reason", "area", N_("In your words"), _TO_CITIZEN),
        ),
        N_("It is opened again."),
    ),
    "locate": Act(
        N_("Say where it is"),
        (
            Asked("lat", "line", N_("Latitude"), N_("For example 18.5204")),
            Asked("lon", "line", N_("Longitude"), N_("For example 73.8567")),
        ),
        N_("Its place is added."),
        "quiet",
    ),
    "reject": Act(
        N_("Reject"),
        (
            Asked("rejection", "choice", N_("Reason"), options="rejections"),
            Asked("remark", "area", N_("Explained to the citizen"), _TO_CITIZEN),
        ),
        N_("It is rejected."),
        "danger",
    ),
    "decide_appeal": Act(
        N_("Decide the appeal"),
        (
            Asked("outcome", "choice", N_("Decision"), options="outcomes"),
            Asked(
                "order",
                "area",
                N_("Order on the appeal"),
                N_("The citizen reads this; it says why."),
            ),
        ),
        N_("The appeal is decided."),
    ),
}
"""Those that a page of a grievance offers, in their order: what comes next in its life first."""

BULK: Final = {
    name: ACTS[name] for name in ("acknowledge", "assign", "transfer", "comment", "resolve")
}
"""Those that are taken on many at once; none with a photograph of its own."""

_LISTS: Final = {
    "outcomes": (
        ("upheld", N_("Upheld: the citizen is right")),
        ("dismissed", N_("Dismissed")),
    ),
    "kinds": (
        ("photo_after", N_("A photograph of the work")),
        ("photo_before", N_("A photograph of what is wrong")),
        ("document", N_("A paper (PDF)")),
        ("audio", N_("A recording")),
    ),
}


def options(name: str) -> list[tuple[str, str]] | None:
    """The values of a choice that no service has to be asked for."""
    if name == "reasons":
        return reasons()
    found = _LISTS.get(name)
    return None if found is None else [(code, gettext(words)) for code, words in found]


def given(act: Act, name: str, typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a form says for the service, and what is wrong with it by its fields.

    A box that was not ticked is False; what is optional and empty is left out.
    """
    values: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for each in act.asked:
        field = f"{name}-{each.name}"
        if each.kind == "check":
            values[each.name] = typed.get(field) == "yes"
            continue
        if each.kind == "file":
            continue
        text = within(typed.get(field, ""), _NOTE_MAX)
        if is_blank(text):
            if not each.optional:
                errors[field] = [EMPTY]
            continue
        values[each.name] = text
    if errors:
        return {}, errors
    return {
        key: value
        for key, value in values.items()
        if next(each for each in act.asked if each.name == key).sent
    }, {}


def fields_of(act: Act, name: str) -> dict[str, str]:
    """The service's fields, and what the form calls them."""
    found = {each.name: f"{name}-{each.name}" for each in act.asked}
    # The service says of an attachment what is wrong with its bytes.
    if "photo" in found:
        found |= dict.fromkeys(("content_base64", "content"), found["photo"])
    return found
