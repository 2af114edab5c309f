"""A telephone in the terminal, that talks to the real bot: the same engine, tables and services."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from palika.errors import Invalid, NotFound
from services.notify.channels.whatsapp_media import kind_of
from services.notify.chat import consents
from services.notify.chat.ports import Begin, Call, CodeToSend, Ports, Saying
from services.notify.chat.receive import receive
from services.notify.chat.turns import Bot
from services.notify.domain.addresses import mask
from services.notify.domain.chat.table import Table
from services.notify.domain.messages import Answer, Message, Sent
from services.notify.domain.whatsapp import ButtonsContent, Choice, ListContent, TemplateContent
from services.notify.domain.whatsapp_inbound import (
    Chosen,
    Inbound,
    MediaKind,
    Said,
    SaidMedia,
    SaidPlace,
    SaidText,
)
from services.notify.inbound import Hearing, take_inbound
from services.notify.reference import city_consent_words
from services.notify.secrets import Secrets

PHOTO, PLACE, CODE, QUIT = "/photo", "/place", "/code", "/quit"
HELP: Final = (
    f"A number chooses. {PLACE} LAT LON [ADDRESS] sends a place, {PHOTO} FILE a photograph, "
    f"{CODE} types the code that came by SMS, {QUIT} ends."
)
_PICTURES: Final = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}
_MARKED: Final = 64
"""So many bytes show what a file is."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Something that the telephone shows.

    Attributes:
        kind: ``text``, ``buttons``, ``list``, ``pin``, ``document``, ``template`` or ``sms``.
        text: what is said.
        choices: titles, in order.
        document: the file's name and content; or None.
    """

    kind: str
    text: str
    choices: tuple[str, ...] = ()
    document: tuple[str, bytes] | None = None

    def as_json(self) -> dict[str, Any]:
        """The same for programs; of a file its name and size."""
        file = None
        if self.document is not None:
            file = {"name": self.document[0], "bytes": len(self.document[1])}
        return {
            "from": "sms" if self.kind == "sms" else "bot",
            "kind": self.kind,
            "text": self.text,
            "choices": list(self.choices),
            "document": file,
        }


@dataclass
class Telephone:
    """One citizen's.

    Attributes:
        phone: the number, in E.164.
        begin, call, table, secrets: as the bot needs them.
        shows_codes: whether codes for linking are shown here, as if by SMS. Only of a city of this
            machine: anybody's code is seen so. Else none is sent, and it is said.
        clock: the time; aware.
    """

    phone: str = field(repr=False)
    begin: Begin
    call: Call
    table: Table
    secrets: Secrets
    shows_codes: bool
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __post_init__(self) -> None:
        self._shown: list[Shown] = []
        self._offered: list[Choice] = []
        self._files: dict[str, Path] = {}
        self._code = ""
        self._ports = Ports(
            begin=self.begin,
            call=self.call,
            say=self._say,
            send_code=self._sms,
            consent=consents.keep,
            media=self._media,
            table=self.table,
            secrets=self.secrets,
            now=self.clock,
        )
        self._hearing = Hearing(
            begin=self.begin,
            words=city_consent_words(),
            secrets=self.secrets,
            answer=self._confirmed,
            now=self.clock,
        )

    def type(self, line: str) -> list[Shown]:
        """Send a line, and give what comes back.

        Raises:
            Invalid: a command that is none, or a file that cannot be read.
        """
        return self.send(self._said(line.strip()))

    def choose_language(self, language: str) -> list[Shown]:
        """Press the button of a language."""
        title = self.table.states[self.table.first].choices[language].title.in_(language)
        return self.send(Chosen(f"{self.table.first}/{language}", title))

    def send(self, said: Said) -> list[Shown]:
        """Send something, and give what comes back."""
        now = self.clock()
        self._shown = []
        inbound = Inbound(f"simulated.{uuid4()}", self.phone, now, said)
        if take_inbound(self._hearing, inbound):
            return self._shown
        keys = receive(self.begin, [inbound], self.table.rules, self.secrets, now)
        for key in keys:
            Bot(self._ports).run(key)
        return self._shown

    def _confirmed(self, message: Message) -> Answer:
        """What a word about consent is answered, which the bot never gets to see."""
        self._shown.append(Shown("text", message.body))
        return Sent("simulated")

    def _said(self, line: str) -> Said:
        word, _, rest = line.partition(" ")
        if word == PLACE:
            return _place(rest)
        if word == PHOTO:
            return self._photo(Path(rest.strip()))
        if word == CODE:
            return SaidText(self._code or "-")
        if line.isdecimal() and 1 <= int(line) <= len(self._offered):
            chosen = self._offered[int(line) - 1]
            return Chosen(chosen.id, chosen.title)
        return SaidText(line)

    def _photo(self, path: Path) -> Said:
        media_type = _PICTURES.get(path.suffix.lower())
        if media_type is None or not path.is_file():
            known = ", ".join(_PICTURES)
            raise Invalid(f"{PHOTO} FILE: a file that is there, of {known}", {"photo": [str(path)]})
        with path.open("rb") as file:
            is_picture = kind_of(file.read(_MARKED)) == media_type
        if not is_picture:
            # WhatsApp's own telephones send as a picture only what is one.
            raise Invalid("This file is no picture.", {"photo": [f"{path}: is not {media_type}"]})
        name = f"file.{len(self._files)}"
        self._files[name] = path
        return SaidMedia(MediaKind.IMAGE, name, media_type)

    def _media(self, media_id: str) -> bytes:
        path = self._files.get(media_id)
        if path is None:
            raise NotFound("this photograph is of another telephone")
        try:
            return path.read_bytes()
        except OSError as error:
            raise NotFound(f"the photograph cannot be read: {error.strerror}") from error

    def _sms(self, code: CodeToSend) -> None:
        if self.shows_codes:
            self._code = code.code
            text = f"→ {mask(code.phone)}: {code.code}"
        else:
            text = f"→ {mask(code.phone)}: no code is sent from here"
        self._shown.append(Shown("sms", text))

    def _say(self, saying: Saying) -> None:
        if saying.address != self.phone:
            return
        content = saying.content
        offered: list[Choice] = []
        if isinstance(content, ButtonsContent):
            kind, text, offered = "buttons", content.text, list(content.buttons)
        elif isinstance(content, ListContent):
            kind, text, offered = "list", content.text, list(content.rows)
        elif isinstance(content, TemplateContent):
            kind, text = "template", content.name
        elif saying.attachment is not None:
            file = saying.attachment
            text = str(getattr(content, "caption", ""))
            self._shown.append(Shown("document", text, (), (file.name, file.content)))
            return
        else:
            kind = {"TextContent": "text", "AskLocation": "pin"}.get(
                type(content).__name__, "document"
            )
            text = str(getattr(content, "text", ""))
        self._offered = offered
        titles = tuple(f"{each.title} ({each.text})" if each.text else each.title
                       for each in offered)  # fmt: skip
        self._shown.append(Shown(kind, text, titles))


def _place(rest: str) -> Said:
    lat, lon, *address = [*rest.split(maxsplit=2), "", ""][:3]
    try:
        return SaidPlace(float(lat), float(lon), address="".join(address))
    except ValueError as error:
        raise Invalid(f"{PLACE} LAT LON [ADDRESS]", {"place": ["two numbers"]}) from error
