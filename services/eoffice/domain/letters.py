"""A letter: drafted in versions, approved as one of them, dispatched with a number, never changed
after."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid5

from palika.errors import Conflict, Invalid
from services.eoffice.domain.able import able
from services.eoffice.domain.letter_powers import LetterPower
from services.eoffice.domain.markup import mistakes, references


class State(StrEnum):
    """Where a letter stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENDING = "sending"
    """Numbered, and not yet taken by notify."""
    DISPATCHED = "dispatched"
    DISCARDED = "discarded"


class Step(StrEnum):
    """What is done with a letter; ``RETURN`` takes an approval back so that it can be revised."""

    REVISE = "revise"
    APPROVE = "approve"
    RETURN = "return"
    DISPATCH = "dispatch"
    DISCARD = "discard"

    @property
    def method(self) -> str:
        """The method that takes it, as refusals name it: ``revise_letter``."""
        return f"{self}_letter"


class Channel(StrEnum):
    """How a letter goes out."""

    POST = "post"
    HAND = "hand"
    EMAIL = "email"
    WHATSAPP = "whatsapp"
    SMS = "sms"

    @property
    def is_paper(self) -> bool:
        """Whether it goes on paper, and not through notify."""
        return self in (Channel.POST, Channel.HAND)


NOT_SENT = frozenset({"failed_permanent", "expired", "skipped", "cancelled"})
"""The states of a message at notify in which it did not arrive, and is not sent any more."""


def message_id(letter: UUID, channel: Channel) -> UUID:
    """Under which id notify is asked to send a letter by a channel: always the same, and by another
    channel another, so that what one has taken is not mistaken for the other."""
    return uuid5(letter, str(channel))


STEPS: Mapping[State, Mapping[Step, State]] = {
    State.DRAFT: {
        Step.REVISE: State.DRAFT,
        Step.APPROVE: State.APPROVED,
        Step.DISCARD: State.DISCARDED,
    },
    State.APPROVED: {
        Step.RETURN: State.DRAFT,
        Step.DISPATCH: State.DISPATCHED,
        Step.DISCARD: State.DISCARDED,
    },
    # One that notify has refused goes by another channel.
    State.SENDING: {Step.DISPATCH: State.DISPATCHED},
    State.DISPATCHED: {},
    State.DISCARDED: {},
}
"""The legal steps of each state, and where they lead."""


def legal_methods(state: State, *, on_desk: bool) -> list[str]:
    """The methods that may be called on a letter now, by the post that asks.

    Who may approve it, and who takes an approval back, ``approve_letter`` and ``return_letter``
    say themselves, and name who else may.

    Args:
        state: of the letter.
        on_desk: whether that post has the open file.
    """
    return [each.method for each in STEPS[state]] if on_desk else []


def check_stands(cancelled_on: str | None) -> None:
    """Refuse to let a letter go out that may tell of a sanction that is no more.

    Args:
        cancelled_on: the file in whose case an approval was cancelled after the letter's own.

    Raises:
        Conflict: with the way on: it is read again before it goes.
    """
    if cancelled_on is not None:
        raise Conflict(
            f"an approval on file {cancelled_on} was cancelled after this letter was approved; "
            "return_letter, and let it be approved again",
            {"cancelled_on": cancelled_on, "legal": [Step.RETURN.method]},
        )


def after(state: State, step: Step) -> State:
    """The state after a step.

    Raises:
        Conflict: it is not legal now; ``legal`` names what is.
    """
    legal = STEPS[state]
    if step not in legal:
        named = [each.method for each in legal]
        raise Conflict(
            f"cannot {step} a letter that is {state}; legal now: {', '.join(named) or 'nothing'}",
            {"state": str(state), "step": str(step), "legal": named},
        )
    return legal[step]


@dataclass(frozen=True, slots=True)
class Wording:
    """A template in one language; ``subject`` and ``body`` have blanks: ``[file]``, ``[subject]``,
    ``[name]``."""

    title: str
    subject: str
    salutation: str
    body: str
    closing: str


@dataclass(frozen=True)
class Templates:
    """The templates by code and language, who approves letters of each, and the scheme of letters'
    numbers."""

    scheme: str
    wordings: Mapping[str, Mapping[str, Wording]]
    powers: Mapping[str, LetterPower]

    def wording(self, code: str, language: str) -> Wording:
        """A template.

        Raises:
            Invalid: there is none of that code.
        """
        self.power(code)
        return self.wordings[code][language]

    def power(self, code: str, field: str = "template") -> LetterPower:
        """Who approves letters of a template.

        Raises:
            Invalid: there is none of that code; ``field`` is the argument to blame.
        """
        if code not in self.powers:
            known = ", ".join(sorted(self.powers))
            raise Invalid("no such template", {field: [f"must be one of: {known}"]})
        return self.powers[code]


def filled(text: str, blanks: Mapping[str, str]) -> str:
    """A text of a template with its blanks filled."""
    for name, value in blanks.items():
        text = text.replace(f"[{name}]", value)
    return text


_ENDS: Final = (".", "!", "?", "।")


def check_text(body: str, begins: str) -> None:
    """Refuse a body that cannot go out: nothing in it may point into the file, which its reader has
    not, and it may not end where its template leaves off.

    Args:
        body: of the letter.
        begins: what the template has for it, with its blanks filled.

    Raises:
        Invalid: says what stands against it.
    """
    wrong = mistakes(body)
    wrong += [f"{{{each.code}}} points into the file" for each in references(body)]
    if wrong:
        raise Invalid("cannot go out", {"body": wrong})
    begun = begins.rstrip()
    if begun and not begun.endswith(_ENDS) and body.rstrip().endswith(begun):
        raise Invalid(
            "cannot go out",
            {"body": ["ends where its template leaves off: say what is to be told"]},
        )


def check_none_left(
    number: str,
    waiting: Mapping[UUID, str],
    reason: str | None,
    legal: Callable[[], list[str]],
    *,
    anyway: bool,
    may_stay: bool = True,
) -> None:
    """Refuse to close a file over letters that are approved and have not gone out: nobody would see
    them any more.

    Args:
        number: of the file.
        waiting: to whom those letters are, by their ids.
        reason: why it is closed all the same.
        legal: says what may be done with the file instead, for the refusal.
        anyway: whoever closes it says that it is to be closed all the same.
        may_stay: it can be opened again for them; a volume that goes on in another cannot.

    Raises:
        Conflict: there are some, and it is not to be closed all the same; ``letters`` names them.
        Invalid: no reason is given.
    """
    if not waiting:
        return
    if not (anyway and may_stay):
        named = "; ".join(f"{name} ({key})" for key, name in waiting.items())
        way = "; or close it with anyway and a remark" if may_stay else ""
        raise Conflict(
            f"file {number} has letters that are approved and have not gone out: to {named}; "
            f"dispatch_letter sends one, return_letter or discard_letter takes it back{way}",
            {
                "letters": [{"id": str(key), "to_name": name} for key, name in waiting.items()],
                "legal": legal(),
            },
        )
    if reason is None:
        raise Invalid(
            "why is it closed over letters?", {"remark": ["is needed to close a file over letters"]}
        )


_MOST_ABOUT = 100


def message(
    channel: Channel, to: Mapping[str, str | None], number: str, about: str, signatory: str
) -> Mapping[str, Any] | None:
    """What notify is asked to send: ``template``, ``contact``, ``fields``; None: nothing, the
    letter goes on paper.

    Args:
        channel: by which it goes.
        to: ``to_name``, ``to_email``, ``to_phone``.
        number: of the letter.
        about: its subject; what is too long for a message is cut.
        signatory: who signs it.
    """
    if channel.is_paper:
        return None
    office, _, serial = number.partition("/")
    short = about if len(about) <= _MOST_ABOUT else f"{about[: _MOST_ABOUT - 1]}…"
    name = to["to_name"] or ""
    fields = {
        Channel.EMAIL: {"number": number, "name": name, "about": short, "signatory": signatory},
        Channel.WHATSAPP: {"number": number, "name": name, "about": short},
        Channel.SMS: {"office": office, "serial": serial},
    }
    where = "email" if channel is Channel.EMAIL else "phone"
    return {
        "template": f"eoffice.letter_{channel}",
        "contact": {where: to[f"to_{where}"], "name": name},
        "fields": dict(fields[channel]),
    }


_NEEDED: Mapping[Channel, str] = {
    Channel.POST: "to_address",
    Channel.EMAIL: "to_email",
    Channel.WHATSAPP: "to_phone",
    Channel.SMS: "to_phone",
}


def check_channel(channel: Channel, addresses: Mapping[str, str | None]) -> None:
    """Refuse a way for which the letter has no address.

    Args:
        channel: by which it goes.
        addresses: ``to_address``, ``to_email``, ``to_phone``.

    Raises:
        Invalid: names what is missing.
    """
    needed = _NEEDED.get(channel)
    if needed is not None and not addresses[needed]:
        raise Invalid("no address", {"channel": [f"{channel} needs {needed}"]})


def templates(raw: Mapping[str, object]) -> Templates:
    """The templates that a city wrote in ``data/letters.yaml``.

    Raises:
        ValueError: a template lacks a language, one of its texts or who approves it, or the number
            has no serial.
    """
    scheme = str(raw["number"])
    if "{serial" not in scheme or "{year}" not in scheme or not scheme.startswith("{department}/"):
        raise ValueError("number: must begin with {department}/ and have {year} and {serial}")
    found: dict[str, dict[str, Wording]] = {}
    powers: dict[str, LetterPower] = {}
    told = raw["templates"]
    if not isinstance(told, dict) or not told:
        raise ValueError("templates: there must be one")
    names = ("title", "subject", "salutation", "body", "closing")
    for code, languages in told.items():
        for language in ("mr", "en"):
            texts = languages.get(language) or {}
            if missing := [name for name in names if not isinstance(texts.get(name), str)]:
                raise ValueError(f"templates: {code}, {language}: lacks {', '.join(missing)}")
            wording = Wording(*(texts[name] for name in names))
            if not wording.title or not wording.subject or mistakes(wording.body):
                raise ValueError(f"templates: {code}, {language}: title, subject or body is wrong")
            found.setdefault(code, {})[language] = wording
        second, source = languages.get("second_officer"), languages.get("source")
        if not isinstance(second, bool) or not isinstance(source, str) or not source:
            raise ValueError(f"templates: {code}: needs second_officer (true, false) and source")
        who = able(languages.get("approved_by") or {}, f"templates: {code}: approved_by")
        alone = languages.get("alone_below", 0)
        if type(alone) is not int or alone < 0 or (alone and second):
            rule = "must be a number of posts, and 0 where a second officer is wanted"
            raise ValueError(f"templates: {code}: alone_below {rule}")
        powers[code] = LetterPower(code, who, second, source, alone)
    return Templates(scheme, found, powers)
