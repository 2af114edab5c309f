"""The note sheet of a file as a PDF."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from palika.text import Name
from services.eoffice.documents.setting import corporation, page_pdf
from services.eoffice.domain.markup import blocks
from services.eoffice.domain.shown import data

_WORDS = {
    "title": Name("टिपणी पत्रक", "Note sheet"),
    "number": Name("नस्ती क्रमांक", "File number"),
    "subject": Name("विषय", "Subject"),
    "head": Name("विषय शीर्ष", "Subject head"),
    "opened": Name("उघडल्याचा दिनांक", "Opened on"),
    "secrecy": Name("गोपनीयता", "Classification"),
    "note": Name("टिपणी", "Note"),
    "written": Name("लेखन", "Written by"),
    "decisions": Name("निर्णय", "Decisions"),
    "power": Name("वित्तीय अधिकार", "Financial power"),
    "amount": Name("रक्कम", "Amount"),
    "whose": Name("कोणाच्या अधिकारात", "By whose power"),
    "limit": Name("अधिकाराची मर्यादा", "Limit of the power"),
    "remark": Name("शेरा", "Remark"),
    "own": Name("पदाचा स्वतःचा अधिकार", "the post's own"),
    "delegated": Name("प्रत्यायोजित करणारे पद", "delegated by"),
    "opinions": Name("मागवलेली मते", "Opinions"),
    "question": Name("प्रश्न", "Question"),
    "asked_by": Name("कोणी विचारले", "Asked by"),
    "answer": Name("उत्तर", "Answer"),
    "asked": Name("उत्तर आलेले नाही", "not answered yet"),
    "withdrawn": Name("प्रश्न मागे घेतला", "the question was withdrawn"),
    "moves": Name("शेरा किंवा स्वाक्षरी असलेल्या हालचाली", "Moves with a remark or a signature"),
    "move": Name("हालचाल", "Move"),
    "from": Name("कोणाकडून", "From"),
    "to": Name("कोणाकडे", "To"),
    "signed": Name("डिजिटल स्वाक्षरी", "Digital signature"),
    "certificate": Name("प्रमाणपत्र", "Certificate"),
    "serial": Name("प्रमाणपत्र अनुक्रमांक", "Certificate serial number"),
    "at": Name("स्वाक्षरीची वेळ", "Signed at"),
    "altered": Name(
        "सावधान: ही टिपणी मूळ नोंदीप्रमाणे नाही", "Warning: this note is not what was written down"
    ),
    "cancelled": Name("ही मंजुरी रद्द झाली", "This approval was cancelled"),
    "void": Name("ही स्वाक्षरी ग्राह्य नाही", "this signature does not count"),
}
_DECISIONS = {
    "approved": Name("मंजूर", "Approved"),
    "refused": Name("नामंजूर", "Refused"),
    "cancelled": Name("मंजुरी रद्द", "Approval cancelled"),
    "returned": Name(
        "मंजूर होऊ शकणारी रक्कम कळवून परत", "Returned with the amount that would be sanctioned"
    ),
}
_CAPACITIES = {
    "additional": Name("अतिरिक्त कार्यभार", "additional charge"),
    "linked": Name("रजेवरील अधिकाऱ्याऐवजी", "for the officer on leave"),
    "service": Name("पदाच्या वतीने प्रणालीद्वारे", "a service for the post"),
}
"""In which an officer acted, where it is not their own post."""
_GRADES = (
    Name("सर्वसाधारण", "Normal"),
    Name("गोपनीय", "Confidential"),
    Name("गुप्त", "Secret"),
    Name("अतिगुप्त", "Top secret"),
)


@dataclass(frozen=True, slots=True)
class Signed:
    """A digital signature on paper.

    Attributes:
        certificate: the subject of its certificate; ``serial`` as the issuer counts.
        counts: whether it was found good when the paper was made.
    """

    person: str
    certificate: str
    serial: str
    at: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on paper.

    Attributes:
        decision: ``approved``, ``refused``, ``returned`` or ``cancelled``.
        power: the name of the head of sanctions; empty: no money was sanctioned.
        amount: in rupees, as people read it; ``limit``: up to how much could be sanctioned.
        delegated_by: the post by whose power it is; empty: the deciding post's own.
        capacity: in which the person acted for the post.
        cancelled: when an approval was cancelled; empty: it was not.
    """

    decision: str
    power: str
    amount: str
    limit: str
    delegated_by: str
    remark: str
    person: str
    post: str
    capacity: str
    at: str
    signatures: Sequence[Signed] = ()
    cancelled: str = ""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a post was asked about the file, and what it answered.

    Attributes:
        post: that was asked.
        by: the officer and the post that asked, and when: what there is of it.
        state: ``asked``, ``answered`` or ``withdrawn``.
        person: who answered, ``at`` when; empty: nobody has, or a service did for the post.
    """

    post: str
    by: Sequence[str]
    question: str
    state: str
    answer: str
    person: str
    at: str


@dataclass(frozen=True, slots=True)
class SignedMove:
    """A move of the file that somebody has signed, or made with a remark."""

    position: int
    from_post: str
    to_post: str
    at: str
    signatures: Sequence[Signed] = ()
    remark: str = ""
    person: str = ""
    post: str = ""


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A green note on paper.

    Attributes:
        written_by: another who wrote it, or empty.
        altered: it is not what was written down; the paper says so.
    """

    number: int
    markup: str
    language: str
    person: str
    post: str
    written_by: str
    at: str
    signatures: Sequence[Signed] = ()
    altered: bool = False


@dataclass(frozen=True, slots=True)
class SheetPaper:
    """A file's note sheet; names are in the language of the paper.

    Attributes:
        opinions: in the order of asking.
        decisions: in their order.
        moves: those with a remark and those that were signed, in their order.
    """

    number: str
    subject: str
    department: str
    head: str
    opened_on: str
    secrecy: int
    notes: Sequence[SignedNote]
    decisions: Sequence[Decision] = ()
    moves: Sequence[SignedMove] = ()
    opinions: Sequence[Opinion] = ()


def sheet_pdf(sheet: SheetPaper, language: str, day: date) -> bytes:
    """The note sheet as PDF/A-2a, made on ``day``.

    Raises:
        FontMissing: the fonts cannot be had.
    """
    return page_pdf(sheet_content(sheet, language), day)


def sheet_content(sheet: SheetPaper, language: str) -> dict[str, Any]:
    """What stands on a note sheet, as lines to be set: on paper, or at a terminal."""
    words = {code: name.in_(language) for code, name in _WORDS.items()}
    return {
        "kind": "sheet",
        "language": language,
        "title_of_pdf": f"{words['title']} {sheet.number}",
        "corporation": corporation().in_(language),
        "department": sheet.department,
        "title": words["title"],
        "running": sheet.number,
        "facts": [
            [words["number"], sheet.number],
            [words["subject"], sheet.subject],
            [words["head"], sheet.head],
            [words["opened"], sheet.opened_on],
            [words["secrecy"], _GRADES[sheet.secrecy].in_(language)],
        ],
        "notes": [_note(each, words) for each in sheet.notes],
        "sections": [
            {
                "heading": words["opinions"],
                "parts": [_opinion(each, words) for each in sheet.opinions],
            },
            {
                "heading": words["decisions"],
                "parts": [_decision(each, words, language) for each in sheet.decisions],
            },
            {"heading": words["moves"], "parts": [_move(each, words) for each in sheet.moves]},
        ],
    }


def _note(note: SignedNote, words: dict[str, str]) -> dict[str, object]:
    written = [f"{words['written']}: {note.written_by}"] if note.written_by else []
    return {
        "heading": f"{words['note']} {note.number}",
        "mark": words["altered"] if note.altered else "",
        "blocks": data(blocks(note.markup), note.language),
        "signature": [each for each in (note.person, note.post, note.at) if each] + written,
        "signatures": _signatures(note.signatures, words),
    }


def _decision(made: Decision, words: dict[str, str], language: str) -> dict[str, object]:
    capacity = _CAPACITIES.get(made.capacity)
    post = f"{made.post} ({capacity.in_(language)})" if capacity else made.post
    whose = f"{words['delegated']}: {made.delegated_by}" if made.delegated_by else words["own"]
    facts = [
        (words["power"], made.power),
        (words["amount"], made.amount),
        (words["whose"], whose if made.power and made.decision != "cancelled" else ""),
        (words["limit"], made.limit),
        (words["remark"], made.remark),
        (words["cancelled"], made.cancelled),
    ]
    return {
        "heading": _DECISIONS[made.decision].in_(language),
        "facts": [list(each) for each in facts if each[1]],
        "signature": [each for each in (made.person, post, made.at) if each],
        "signatures": _signatures(made.signatures, words),
    }


def _opinion(made: Opinion, words: dict[str, str]) -> dict[str, object]:
    facts = [
        (words["asked_by"], ", ".join(each for each in made.by if each)),
        (words["question"], made.question),
        (words["answer"], made.answer if made.state == "answered" else words[made.state]),
    ]
    return {
        "heading": made.post,
        "facts": [list(each) for each in facts if each[1]],
        "signature": [each for each in (made.person, made.post, made.at) if each]
        if made.state == "answered"
        else [],
        "signatures": [],
    }


def _move(made: SignedMove, words: dict[str, str]) -> dict[str, object]:
    return {
        "heading": f"{words['move']} {made.position}",
        "facts": [
            [words["from"], made.from_post],
            [words["to"], made.to_post],
            *([[words["remark"], made.remark]] if made.remark else []),
        ],
        "signature": [each for each in (made.person, made.post, made.at) if each],
        "signatures": _signatures(made.signatures, words),
    }


def _signatures(made: Sequence[Signed], words: dict[str, str]) -> list[list[list[str]]]:
    """Of each, its lines: what it is, and what stands there."""
    return [
        [
            [words["signed"], each.person if each.counts else f"{each.person}: {words['void']}"],
            [words["certificate"], each.certificate],
            [words["serial"], each.serial],
            [words["at"], each.at],
        ]
        for each in made
    ]
