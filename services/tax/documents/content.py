"""What stands on a document, in its language and ready to print: plain strings for the template.

A document is ``head``, ``title`` and ``facts``, then ``lead`` paragraphs, ``sums`` (the box with
what is to pay), ``tables``, ``notes``, ``signed`` and ``vouched``; a part that a kind has not is
empty.
"""

from math import ceil
from typing import Any

from palika.typesetting.fonts import printable
from services.tax.documents import qr, upi
from services.tax.documents.data import city
from services.tax.documents.model import Holding
from services.tax.documents.vouching import Seal, Vouched
from services.tax.documents.words import Words

Content = dict[str, Any]

_MOST_OWNERS = 4
_LONGEST_WORD = 30
_MOST_ROWS = 32
# In millimetres: the width of the text, the space beside a cell's; a point.
_WIDTH, _INSET, _POINT = 182, 1.2, 0.353


def frame(words: Words, title: str, subtitle: str, number: str, foot: str) -> Content:
    """What every document has; the caller fills in the rest."""
    own = city()
    return {
        "language": words.language,
        "head": {
            "corporation": words.name(own.corporation),
            "department": words.name(own.department),
            "office": words.name(own.office),
            "contact": words.name(own.contact),
        },
        "title": title,
        "subtitle": subtitle,
        "number": printable(number, "number"),
        "facts": [],
        "particulars": [],
        "lead": [],
        "sums": None,
        "tables": [],
        "notes": [],
        "signed": None,
        "foot": foot,
        "pages": words.digits(1),
    }


def facts_of(holding: Holding, words: Words) -> list[list[str]]:
    """Who and what it is about. Of many owners the first ones are named, as on the roll."""
    owners = [breakable(printable(each, "owner")) for each in holding.owners]
    named = ", ".join(owners[:_MOST_OWNERS])
    if len(owners) > _MOST_OWNERS:
        named = words("and-others", owners=named, count=len(owners) - _MOST_OWNERS)
    return [
        [words("owner"), named],
        [words("address"), breakable(printable(holding.address, "address"))],
        [words("property"), printable(holding.number, "property number")],
        [words("ward"), printable(words.name(holding.ward), "ward")],
    ]


def breakable(text: str) -> str:
    """The text, with places to break in a word that may be too long for a line."""
    return " ".join(
        "\u200b".join(word[at : at + _LONGEST_WORD] for at in range(0, len(word), _LONGEST_WORD))
        for word in text.split(" ")
    )


def table(
    title: str, head: list[str], widths: list[int], rows: list[list[str]], total: list[str]
) -> Content:
    """A table: its first column takes what the others, of so many millimetres, leave. Where amounts
    are very long the whole of it is set smaller, so that none is broken."""
    longest = max((len(cell) for row in [*rows, total] for cell in row[1:]), default=0)
    fits = (min(widths) - 2 * _INSET) / (max(longest, 1) * 0.47 * _POINT)
    size = round(max(min(8.5, fits), 4.5), 1)
    per_line = (_WIDTH - sum(widths) - 2 * _INSET) / (size * 0.52 * _POINT)
    lines = [ceil(max(len(row[0]), 1) / per_line) for row in [*rows, *([total] if total else [])]]
    return {
        "title": title,
        "head": head,
        "widths": widths,
        "rows": rows,
        "total": total,
        "size": size,
        "heights": [7.6 if any("\n" in each for each in head) else 4.1]
        + [round(0.4 + 3.7 * count, 1) for count in lines],
    }


def is_long(content: Content) -> bool:
    """Whether a document may need a second page; then each has its number."""
    rows = sum(len(table["rows"]) + 2 for table in content["tables"])
    written = sum(len(value) for _, value in content["facts"])
    return rows + written // 40 > _MOST_ROWS


def code_of(words: Words, bill: str, property_number: str, paise: int, caption: str) -> Content:
    """A QR code that pays so much."""
    own = city()
    link = upi.link(
        own.upi_address,
        own.upi_name,
        own.upi_category,
        bill,
        f"Property tax {property_number}",
        paise,
    )
    return {"png": qr.picture(link), "caption": caption, "amount": words.amount(paise)}


def vouched_by(seal: Seal, document: Vouched, words: Words) -> Content:
    """The block by which anybody checks the document."""
    link = seal.link(document)
    # Places to break are in the query only, where whoever checks a copied link takes them out.
    page, mark, query = link.partition("?")
    return {
        "png": qr.picture(link),
        "title": words("verified"),
        "code": seal.code(document),
        "text": words("verified-words"),
        "link": page + mark + breakable(query.replace("&", "\u200b&")),
    }
