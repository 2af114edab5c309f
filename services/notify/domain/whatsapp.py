"""What is said over WhatsApp: an approved template, or what a conversation may hold.

Outside 24 hours of the citizen's last message only a template may be sent; within them also text,
buttons, lists and documents (Meta, Cloud API). The limits are Meta's; what is longer is refused
when it is made, not when it is sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from palika.errors import Invalid

MAX_TEXT = 4_096
MAX_BODY = 1_024
"""Of a message with buttons or a list, and of a document's caption."""
MAX_BUTTONS = 3
MAX_BUTTON = 20
MAX_ROWS = 10
MAX_ROW_TITLE = 24
MAX_ROW_TEXT = 72
MAX_ID = 200


def _within(field: str, text: str, most: int) -> None:
    if not 1 <= len(text) <= most:
        raise Invalid(f"{field}: 1 to {most} characters, not {len(text)}", {field: [f"≤ {most}"]})


@dataclass(frozen=True, slots=True)
class TemplateContent:
    """An approved template.

    Attributes:
        name, language: as they are registered (``mr``, ``en``).
        parameters: of the body, in their order.
        document: the link of a document in the header, with its file name; or none.
        button: what is put behind the address of its button; or none.
    """

    name: str
    language: str
    parameters: Sequence[str] = ()
    document: tuple[str, str] | None = None
    button: str | None = None


@dataclass(frozen=True, slots=True)
class TextContent:
    """Plain text."""

    text: str

    def __post_init__(self) -> None:
        """Raises Invalid: empty or too long."""
        _within("text", self.text, MAX_TEXT)


@dataclass(frozen=True, slots=True)
class Choice:
    """A button, or a row of a list: ``id`` comes back when it is chosen."""

    id: str
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ButtonsContent:
    """Text with one to three buttons."""

    text: str
    buttons: Sequence[Choice]

    def __post_init__(self) -> None:
        """Raises Invalid: more or longer than WhatsApp shows."""
        _within("text", self.text, MAX_BODY)
        if not 1 <= len(self.buttons) <= MAX_BUTTONS:
            raise Invalid(f"buttons: 1 to {MAX_BUTTONS}", {"buttons": [f"≤ {MAX_BUTTONS}"]})
        for each in self.buttons:
            _within("buttons.id", each.id, MAX_ID)
            _within("buttons.title", each.title, MAX_BUTTON)


@dataclass(frozen=True, slots=True)
class ListContent:
    """Text with a button that opens a list of one to ten rows."""

    text: str
    button: str
    rows: Sequence[Choice]

    def __post_init__(self) -> None:
        """Raises Invalid: more or longer than WhatsApp shows."""
        _within("text", self.text, MAX_BODY)
        _within("button", self.button, MAX_BUTTON)
        if not 1 <= len(self.rows) <= MAX_ROWS:
            raise Invalid(f"rows: 1 to {MAX_ROWS}", {"rows": [f"≤ {MAX_ROWS}"]})
        for each in self.rows:
            _within("rows.id", each.id, MAX_ID)
            _within("rows.title", each.title, MAX_ROW_TITLE)
            if each.text:
                _within("rows.text", each.text, MAX_ROW_TEXT)


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """The first attachment of the message, with a caption."""

    caption: str

    def __post_init__(self) -> None:
        """Raises Invalid: empty or too long."""
        _within("caption", self.caption, MAX_BODY)


@dataclass(frozen=True, slots=True)
class AskLocation:
    """Text with a button by which the citizen sends where they are."""

    text: str

    def __post_init__(self) -> None:
        """Raises Invalid: empty or too long."""
        _within("text", self.text, MAX_BODY)


Content = (
    TemplateContent | TextContent | ButtonsContent | ListContent | DocumentContent | AskLocation
)
