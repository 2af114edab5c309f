"""What is heard and said, as JSON that can be sealed and kept."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.notify.domain.chat.conversation import (
    Heard,
    OfficerSaid,
    Reply,
    Spoken,
    Tick,
)
from services.notify.domain.whatsapp import (
    AskLocation,
    ButtonsContent,
    Choice,
    DocumentContent,
    ListContent,
    TextContent,
)
from services.notify.domain.whatsapp_inbound import (
    Chosen,
    MediaKind,
    SaidMedia,
    SaidOther,
    SaidPlace,
    SaidText,
)

_HEARD: Final[dict[str, Any]] = {
    "text": SaidText,
    "chosen": Chosen,
    "place": SaidPlace,
    "media": SaidMedia,
    "other": SaidOther,
    "officer": OfficerSaid,
}
_WORDS: Final = {kind: word for word, kind in _HEARD.items()}
_TEXTS: Final[dict[str, Any]] = {"text": TextContent, "pin": AskLocation}


def heard_as_json(heard: Heard) -> dict[str, Any]:
    """Something that was heard."""
    if isinstance(heard, Tick):
        return {"kind": "tick", "tick": heard.value}
    fields = {name: getattr(heard, name) for name in heard.__dataclass_fields__}
    # In a field of its own: a file has a kind, too.
    return {"kind": _WORDS[type(heard)], "fields": fields}


def heard_of_json(raw: Mapping[str, Any]) -> Heard:
    """The same again."""
    if raw["kind"] == "tick":
        return Tick(raw["tick"])
    fields = dict(raw["fields"])
    if raw["kind"] == "media":
        fields["kind"] = MediaKind(fields["kind"])
    made: Heard = _HEARD[raw["kind"]](**fields)
    return made


def reply_as_json(reply: Reply) -> dict[str, Any]:
    """A reply."""
    return {"document": reply.document, **_content_as_json(reply.content)}


def reply_of_json(raw: Mapping[str, Any]) -> Reply:
    """The same again."""
    return Reply(_content_of_json(raw), raw["document"])


def _content_as_json(content: Spoken) -> dict[str, Any]:
    if isinstance(content, TextContent):
        return {"kind": "text", "text": content.text}
    if isinstance(content, AskLocation):
        return {"kind": "pin", "text": content.text}
    if isinstance(content, DocumentContent):
        return {"kind": "document", "text": content.caption}
    if isinstance(content, ButtonsContent):
        return {"kind": "buttons", "text": content.text, "choices": _listed(content.buttons)}
    return {
        "kind": "list",
        "text": content.text,
        "button": content.button,
        "choices": _listed(content.rows),
    }


def _content_of_json(raw: Mapping[str, Any]) -> Spoken:
    kind, text = raw["kind"], raw["text"]
    if kind == "document":
        return DocumentContent(text)
    if kind in _TEXTS:
        said: Spoken = _TEXTS[kind](text)
        return said
    choices = [Choice(*each) for each in raw["choices"]]
    if kind == "buttons":
        return ButtonsContent(text, choices)
    return ListContent(text, raw["button"], choices)


def _listed(choices: Sequence[Choice]) -> list[list[str]]:
    return [[each.id, each.title, each.text] for each in choices]
