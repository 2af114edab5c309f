"""Reads an e-mail as it came (RFC 5322): who, what, its text, and what is attached. No I/O.

Nothing in it is believed but as the sender's word: who it is from anybody can write.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from email import errors as email_errors
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from html.parser import HTMLParser
from typing import Any, Final

from palika.errors import Invalid
from palika.india import day_of, grouped
from palika.text import NO_TEXT, is_blank
from services.eoffice.domain.markup import TURNING

MOST_PARTS: Final = 200
MOST_ATTACHED: Final = 50
LONGEST_BODY: Final = 100_000
"""Characters of the text that are kept."""
_LONGEST: Final = {"subject": 500, "name": 300, "message_id": 500}
_END: Final = {
    "subject": "the end of the subject",
    "name": "the end of the sender's name",
    "body": "the end of the text",
}
_ADDRESS: Final = re.compile(r"[^@\s<>]{1,64}@[A-Za-z0-9.-]{1,250}\.[A-Za-z]{2,63}")
_LINES: Final = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "table"})
_UNSHOWN: Final = frozenset({"script", "style", "head", "title"})
# What the standard library raises over broken mails: headers and charsets of every kind.
_BROKEN: Final = (
    email_errors.MessageError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    RecursionError,
)


@dataclass(frozen=True, slots=True)
class Attached:
    """What is attached: its name and bytes; ``inline`` if it is a picture within the text."""

    name: str
    content: bytes
    inline: bool


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail.

    Attributes:
        message_id: as its sender's server gave it; without one, made of the mail's bytes.
        sender_email: None: what stands there is no address.
        sent_on: the day of India that it names, if it does.
        body: its text, of HTML what is shown; None: it has none.
        cut: what is too long to be kept whole beside the mail itself, and how long it is.
    """

    message_id: str
    sender_name: str
    sender_email: str | None
    subject: str
    sent_on: date | None
    body: str | None
    attached: tuple[Attached, ...]
    cut: Mapping[str, str]


def read_mail(content: bytes) -> Mail:
    """Take an e-mail apart.

    Raises:
        Invalid: it is none, is broken, or has too many parts.
    """
    try:
        message = message_from_bytes(content, policy=policy.default)
        if not isinstance(message, EmailMessage) or not message["From"]:
            raise _wrong("is no e-mail: it does not say from whom it is")
        parts = list(message.walk())
        if len(parts) > MOST_PARTS:
            raise _wrong(f"has {len(parts)} parts; at most {MOST_PARTS} are taken")
        return _taken_apart(message, content)
    except _BROKEN as error:
        raise _wrong("is a broken e-mail") from error


def _taken_apart(message: EmailMessage, content: bytes) -> Mail:
    name, address = getaddresses([str(message["From"])])[0]
    known = address if _ADDRESS.fullmatch(address) else None
    shown = message.get_body(("plain", "html"))
    given = _line(str(message["Message-ID"] or ""), "message_id")
    cut: dict[str, str] = {}
    return Mail(
        message_id=given or f"sha256:{hashlib.sha256(content).hexdigest()}",
        sender_name=_line(name, "name", cut) or _line(address, "name") or "?",
        sender_email=known,
        subject=_line(str(message["Subject"] or ""), "subject", cut) or "(no subject)",
        sent_on=_sent_on(message),
        body=None if shown is None else _body(shown, cut),
        attached=tuple(_attached(message, shown)),
        cut=cut,
    )


def _attached(message: EmailMessage, shown: Any) -> list[Attached]:
    found = []
    inside: set[int] = set()
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            # A forwarded mail is one thing: what it carries is not taken out of it.
            inside.update(id(each) for each in part.walk() if each is not part)
            if id(part) not in inside:
                found.append(Attached(_name(part, len(found)), b"", False))
            continue
        if part.is_multipart() or part is shown or id(part) in inside:
            continue
        is_text = part.get_content_maintype() == "text" and not part.is_attachment()
        if is_text and part.get_filename() is None:
            continue  # The same text in another form.
        content = part.get_payload(decode=True) or b""
        inline = part.get_content_disposition() != "attachment" and "Content-ID" in part
        found.append(Attached(_name(part, len(found)), content, inline))
    if len(found) > MOST_ATTACHED:
        raise _wrong(f"has {len(found)} attachments; at most {MOST_ATTACHED} are taken")
    return found


def _name(part: Any, before: int) -> str:
    return _line(part.get_filename() or "", "name") or f"attachment {before + 1}"


def _sent_on(message: EmailMessage) -> date | None:
    moment = getattr(message["Date"], "datetime", None)
    if moment is None or moment.tzinfo is None:
        return None
    return day_of(moment)


def _body(part: Any, cut: dict[str, str]) -> str | None:
    try:
        text = part.get_content()
    except LookupError:  # A charset that nobody knows.
        text = (part.get_payload(decode=True) or b"").decode("utf-8", "replace")
    if part.get_content_subtype() == "html":
        reader = _Shown()
        reader.feed(text)
        reader.close()
        text = "".join(reader.said)
    kept = NO_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = [line.rstrip() for line in kept.splitlines()]
    kept = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if len(kept) > LONGEST_BODY:
        cut[_END["body"]] = _too_long(len(kept), LONGEST_BODY)
        kept = kept[: LONGEST_BODY - 1] + "…"
    return None if is_blank(kept) else kept


def _line(text: str, what: str, cut: dict[str, str] | None = None) -> str:
    line = " ".join(NO_TEXT.sub(" ", TURNING.sub("", text)).split())
    longest = _LONGEST[what]
    if len(line) > longest:
        if cut is not None:
            cut[_END[what]] = _too_long(len(line), longest)
        line = line[: longest - 1] + "…"
    return "" if is_blank(line) else line


class _Shown(HTMLParser):
    """What a reader sees of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in _UNSHOWN:
            self._hidden += 1
        elif tag in _LINES:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSHOWN:
            self._hidden = max(0, self._hidden - 1)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.said.append(data)


def _too_long(length: int, kept: int) -> str:
    return f"({grouped(length)} characters, of which {grouped(kept)} are kept)"


def _wrong(rule: str) -> Invalid:
    return Invalid("this cannot be diarised", {"content": [rule]})
