"""The papers of the e-office as PDF: what they say, in both languages, whatever is written."""

import io
from dataclasses import replace
from datetime import date

import pytest
from pypdf import PdfReader

from services.eoffice.documents import (
    Decision,
    LetterPaper,
    SheetPaper,
    Signed,
    SignedMove,
    SignedNote,
    SlipPaper,
    letter_pdf,
    page_count,
    sheet_pdf,
    slip_pdf,
    unprintable,
)

DAY = date(2026, 7, 1)
MARKUP = (
    "See **page** {c:12}.\n\n- one\n- two\n\n1. first\n\n| item | Rs |\n|---|---|\n| sand | 5 |"
)


def text_of(pdf: bytes) -> str:
    return " ".join(
        "\n".join(each.extract_text() for each in PdfReader(io.BytesIO(pdf)).pages).split()
    )


def sheet(*markups: str, subject: str = "Estimate") -> SheetPaper:
    notes = [
        SignedNote(
            number, markup, "en", "A. Patil", "Junior Engineer", "Clerk", "1 Jul 2026, 10:00"
        )
        for number, markup in enumerate(markups, 1)
    ]
    return SheetPaper("ROADS/2026/0001", subject, "Roads", "General", "01-07-2026", 1, notes)


def letter(**changed: object) -> LetterPaper:
    given: dict[str, object] = {
        "title": "Letter",
        "department": "Roads",
        "number": "ROADS/OUT/2026/00001",
        "day": "01-07-2026",
        "to": ["M. Jadhav", "Kasba Peth"],
        "subject": "Your application",
        "salutation": "Dear Sir or Madam,",
        "body": MARKUP,
        "closing": ["Yours faithfully,", "A. Patil", "Junior Engineer"],
    }
    return LetterPaper(**{**given, **changed})  # type: ignore[arg-type]


def test_a_note_sheet_says_what_was_noted_and_by_whom():
    told = text_of(sheet_pdf(sheet(MARKUP, "Approved."), "en", DAY))
    for expected in (
        "Note sheet",
        "File number ROADS/2026/0001",
        "Classification Confidential",
        "Note 2",
        "See page page 12/c.",
        "sand",
        "A. Patil",
        "Written by: Clerk",
    ):
        assert expected in told


SIGNED = Signed("A. Patil", "CN=A. Patil,O=Pune", "5f01", "1 Jul 2026, 10:05", True)


def decided(**changed: object) -> Decision:
    given: dict[str, object] = {
        "decision": "approved",
        "power": "Works",
        "amount": "₹4,50,000.00",
        "limit": "₹10,00,000.00",
        "delegated_by": "Commissioner",
        "remark": "Within the budget",
        "person": "B. Rao",
        "post": "Deputy Engineer",
        "capacity": "linked",
        "at": "2 Jul 2026, 11:00",
        "signatures": [SIGNED],
    }
    return Decision(**{**given, **changed})  # type: ignore[arg-type]


def test_a_note_sheet_says_what_was_decided_by_whose_power_and_who_has_signed():
    paper = replace(
        sheet("Seen."),
        decisions=[decided(), decided(decision="refused", power="", delegated_by="", limit="")],
        moves=[
            SignedMove(3, "Clerk", "Engineer", "3 Jul 2026, 9:00", [replace(SIGNED, counts=False)])
        ],
    )
    told = text_of(sheet_pdf(paper, "en", DAY))
    for expected in (
        "Approved Financial power Works Amount ₹4,50,000.00",
        "By whose power delegated by: Commissioner",
        "Limit of the power ₹10,00,000.00",
        "Remark Within the budget",
        "B. Rao Deputy Engineer (for the officer on leave) 2 Jul 2026, 11:00",
        "Digital signature A. Patil Certificate CN=A. Patil,O=Pune",
        "Certificate serial number 5f01",
        "Signed at 1 Jul 2026, 10:05",
        "Move 3 From Clerk To Engineer",
        "A. Patil: this signature does not count",
    ):
        assert expected in told
    assert told.count("By whose power") == 1
    assert text_of(sheet_pdf(paper, "mr", DAY)).count("CN=A. Patil,O=Pune") == 3


def test_a_paper_is_for_the_archive_and_the_same_twice():
    first = sheet_pdf(sheet(MARKUP), "mr", DAY)
    assert first == sheet_pdf(sheet(MARKUP), "mr", DAY)
    assert b"pdfaid:part>2<" in first
    assert b"pdfaid:conformance>A<" in first


def test_what_looks_like_typst_is_text():
    attack = '#read("/etc/passwd") #panic() $x$ *b* _i_ `raw` <label> @ref \\ // comment'
    assert '#read("/etc/passwd") #panic() $x$' in text_of(sheet_pdf(sheet(attack), "en", DAY))


def test_what_has_no_glyph_is_named_in_its_place():
    assert unprintable("खडी\n\t₹ 5 😀") == ["U+1F600"]
    told = text_of(sheet_pdf(sheet("see", subject="Road 😀"), "en", DAY))
    assert "Road [U+1F600]" in told


def test_five_hundred_notes_are_printed():
    assert page_count(sheet_pdf(sheet(*["A line of a note."] * 500), "en", DAY)) > 20


@pytest.mark.parametrize(("number", "drafted"), [("", True), ("ROADS/OUT/2026/00001", False)])
def test_a_draft_has_its_mark_and_no_number(number, drafted):
    told = text_of(letter_pdf(letter(number=number), "en", DAY))
    assert ("DRAFT" in told) is drafted
    assert "To, M. Jadhav Kasba Peth" in told
    assert "Yours faithfully, A. Patil Junior Engineer" in told


def test_a_letter_is_set_in_marathi():
    made = letter_pdf(letter(subject="आपला अर्ज", body="कळविण्यात येते की **मंजूर**."), "mr", DAY)
    assert page_count(made) == 1


def test_the_slip_of_a_receipt_says_all_in_both_languages_on_one_page():
    slip = SlipPaper(
        number="DAK/CR/2026/00001",
        received_on="01-07-2026",
        due_on="",
        sender="आशा \U0001f600",
        subject="road " * 100,
        office={"mr": "नोंदणी", "en": "Registry"},
        category={"mr": "अर्ज", "en": "Application"},
        said={"mr": "मिळाले", "en": "It has come."},
    )
    pdf = slip_pdf(slip, DAY)
    told = text_of(pdf)
    assert page_count(pdf) == 1
    assert pdf == slip_pdf(slip, DAY)
    assert told.count("DAK/CR/2026/00001") == 2
    assert "Registry Acknowledgement" in told
    assert "U+1F600" in told
    assert "Answer due" not in told
