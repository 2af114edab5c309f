"""What Meta takes of a template's text and of the values that fill it.

Facts (Meta, WhatsApp Business Platform: message templates and error codes): a body of at most 1,024
characters, of a marketing template 550; no field at the beginning or at the end nor beside another;
the name in small letters, digits and underscores. A parameter is not empty and has no end of a
line, no tab and no more than four blanks on end, and there are as many as in the registered text
(132000 and the codes after it). The body of an authentication template is Meta's own, its code has
at most 15 characters and is sent twice: in the body and for the button that copies it.

WhatsApp shows *text*, _text_, ~text~ and `text` as bold, italic, struck through and typed, and has
no sign to keep it from that: of a value these signs are left out where they would do so.
"""

import re
from enum import StrEnum

from palika.errors import Invalid
from services.notify.domain.fields import FIELD, in_order
from services.notify.domain.whatsapp import MAX_BODY

MAX_MARKETING = 550
MAX_CODE = 15
NOT_APPROVED = "whatsapp_template_not_approved"
"""The code of a message that does not go over WhatsApp since Meta has not approved its text."""
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_CODE = re.compile(r"[a-z]{2}(_[A-Z]{2})?")
_PATH = re.compile(r"[A-Za-z0-9._~/?&=%-]{1,500}")
_MARKS = re.compile(r"(?<![^\W_])[*_~`]|[*_~`](?![^\W_])")
_LINE_START = re.compile(r"^(?:>+\s*|[*-]\s+)+")
_GAP = re.compile(r"[\n\r\t]| {5,}")


class Category(StrEnum):
    """What a template is for, as Meta has it: it decides the price and what may be in it."""

    UTILITY = "utility"
    AUTHENTICATION = "authentication"
    MARKETING = "marketing"


class Approval(StrEnum):
    """What Meta has said of a template."""

    APPROVED = "approved"
    PENDING = "pending"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"


def wrong_name(name: object) -> str | None:
    """Why a name cannot be registered; or None."""
    if isinstance(name, str) and _NAME.fullmatch(name):
        return None
    return "small letters, digits and underscores, at most 512"


def wrong_language(code: object) -> str | None:
    """Why it is no code of a language; or None."""
    return None if isinstance(code, str) and _CODE.fullmatch(code) else "a code such as mr or en_GB"


def wrong_path(value: str) -> str | None:
    """Why a value cannot stand behind the address of a button; or None."""
    return None if _PATH.fullmatch(value) else "letters, digits and - . _ ~ / ? & = % only"


def mistakes_in(body: str, category: Category) -> list[str]:
    """What Meta would refuse of a template's text."""
    found = []
    most = MAX_MARKETING if category is Category.MARKETING else MAX_BODY
    if len(registered(body)) > most:
        found.append(f"longer than {most} characters")
    if "\n\n\n" in body or "\t" in body or " " * 5 in body:
        found.append("three ends of lines, a tab or five blanks on end")
    names = in_order(body)
    if len(set(names)) != len(names):
        found.append("a field is there twice")
    if category is not Category.AUTHENTICATION and re.search(
        rf"\A{FIELD.pattern}|{FIELD.pattern}[\s.।!]*\Z", body
    ):
        found.append("begins or ends with a field")
    if re.search(rf"{FIELD.pattern}\s*{FIELD.pattern}", body):
        found.append("two fields with nothing between them")
    return found


def registered(body: str) -> str:
    """The text as it is registered: its fields are {{1}}, {{2}} in their order."""
    order = in_order(body)
    return FIELD.sub(lambda found: f"{{{{{order.index(found[1]) + 1}}}}}", body)


def unmarked(value: str) -> str:
    """A value without what WhatsApp would take for bold, italic, a quotation or a list.

    P_12 and 5*3 stay as they are: there the signs mean nothing.
    """
    return _LINE_START.sub("", _MARKS.sub("", value)).strip()


def parameter(value: str) -> str:
    """A value as a parameter.

    Raises:
        Invalid: Meta would refuse it.
    """
    if not (plain := unmarked(value)):
        raise Invalid("is empty.")
    if _GAP.search(plain):
        raise Invalid("has an end of a line, a tab or more than four blanks on end.")
    return plain
