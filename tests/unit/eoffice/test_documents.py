"""The papers of the e-office as PDF: what they say, in both languages, whatever is written."""

import io
import itertools
import re
from dataclasses import replace
from datetime import date

import pypdfium2 as pdfium
import pytest
from marshmallow import ValidationError
from pypdf import PdfReader

from services.eoffice.documents import (
    SENDER,
    SUBJECT,
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
    shortened,
    slip_pdf,
    unprintable,
)
from services.eoffice.fields import Printed
from services.eoffice.schemas import Opening
from services.eoffice.schemas.receipts import Diarising

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


@pytest.mark.parametrize("lines", range(1, 62, 4))
def test_a_decision_stands_on_one_page_with_who_made_it_and_the_signature(lines):
    paper = replace(sheet("\n".join(["Seen."] * lines)), decisions=[decided()])
    pages = [
        each.extract_text() for each in PdfReader(io.BytesIO(sheet_pdf(paper, "en", DAY))).pages
    ]
    (page,) = [each for each in pages if "Financial power" in each]
    assert "B. Rao" in page
    assert "5f01" in page


def test_one_that_is_longer_than_a_page_is_broken_and_nothing_of_it_is_lost():
    many = [replace(SIGNED, serial=f"5f{number:03}") for number in range(40)]
    told = text_of(sheet_pdf(replace(sheet(), decisions=[decided(signatures=many)]), "en", DAY))
    assert [f"5f{number:03}" in told for number in range(40)] == [True] * 40


def letters(pdf: bytes) -> set[tuple[int, tuple[float, float, float, float]]]:
    """The page of each letter, and its left, bottom, right and top in points; letters that are
    drawn as one are one."""
    found = []
    for number, page in enumerate(pdfium.PdfDocument(pdf)):
        text = page.get_textpage()
        found += [(number, text.get_charbox(each)) for each in range(text.count_chars())]
    return {(page, box) for page, box in found if box[2] > box[0]}


@pytest.mark.parametrize("word", ["Reconstructions", "पुनर्डांबरीकरणासाठीच्या", "₹4,50,00,000.00"])
@pytest.mark.parametrize("columns", [1, 2, 6, 7, 12, 20])
def test_no_table_however_wide_runs_off_the_page_or_over_itself(columns, word):
    rows = [f"|{'|'.join([word] * columns)}|", f"|{'---|' * columns}", f"|{'5 |' * columns}"]
    found = letters(sheet_pdf(sheet("\n".join(rows)), "en", DAY))
    millimetre = 72 / 25.4
    assert max(box[2] for _, box in found) <= (210 - 22) * millimetre
    middles = sorted((page, round(box[1]), box[0], box[2]) for page, box in found)
    over = [
        (before, after)
        for before, after in itertools.pairwise(middles)
        if before[:2] == after[:2] and after[2] < (before[2] + before[3]) / 2
    ]
    # Signs above and below a letter of Devanagari stand over it.
    assert over == [] or word.startswith("पु")


def test_no_text_without_a_space_runs_off_the_page():
    words = f"https://example.org/{'a-path/' * 40} {'पुनर्डांबरीकरण' * 20}"
    paper = sheet(words, subject="Resurfacing" * 30)
    right = max(box[2] for _, box in letters(sheet_pdf(paper, "en", DAY)))
    assert right <= (210 - 22) * 72 / 25.4


@pytest.mark.parametrize("language", ["mr", "en"])
@pytest.mark.parametrize("word", ["W", "कसबा", "पुनर्डांबरीकरण"])
def test_no_line_of_a_letter_runs_off_the_page(word, language):
    long = word * (150 // len(word))
    paper = letter(
        to=[long, f"Kasba {long}"],
        subject=f"See https://city.example/{word * (200 // len(word))} again",
        salutation=long,
        closing=["Yours faithfully,", long],
    )
    right = max(box[2] for _, box in letters(letter_pdf(paper, language, DAY)))
    # A comma may hang out of the line by a hair.
    assert right <= (210 - 25) * 72 / 25.4 + 3


def test_a_note_that_was_altered_says_so():
    paper = sheet("Seen.", "Approved.")
    marked = replace(paper, notes=[paper.notes[0], replace(paper.notes[1], altered=True)])
    mark = "Warning: this note is not what was written down"
    assert mark not in text_of(sheet_pdf(paper, "en", DAY))
    assert f"Note 2 {mark} Approved." in text_of(sheet_pdf(marked, "en", DAY))


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
    assert "Pune Municipal Corporation Main Building, Shivajinagar, Pune 411005" in told


def test_what_is_approved_and_has_not_gone_out_is_no_draft_any_more():
    told = text_of(letter_pdf(letter(number="", day="", approved=True), "en", DAY))
    assert "APPROVED" in told
    assert "DRAFT" not in told
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


def test_the_longest_sender_and_subject_leave_the_slip_one_page():
    subject, sender = shortened("ड्राफ्ट्समनच्या " * 40, SUBJECT), shortened("W" * 300, SENDER)
    assert (len(subject), subject[-1], len(sender)) == (SUBJECT, "…", SENDER)
    assert shortened("Potholes  in\nthe lane", SUBJECT) == "Potholes in the lane"
    slip = SlipPaper(
        number="DAK/CR/2026/00001",
        received_on="01-07-2026",
        due_on="31-07-2026",
        sender=sender,
        subject=subject,
        office={"mr": "नोंदणी " * 12, "en": "Registry " * 12},
        category={"mr": "माहितीचा अधिकार अर्ज", "en": "Application under the RTI Act"},
        said=dict.fromkeys(("mr", "en"), f"DAK/CR/2026/00001 01-07-2026 {subject}"),
    )
    assert page_count(slip_pdf(slip, DAY)) == 1


@pytest.mark.parametrize("name", ["عائشہ ٹھاکر", "सौ. आशा पाटील", "Zoë Nuñez, Asha’s"])
def test_what_the_fonts_have_is_taken_and_stands_on_the_slip(name):
    assert Printed(300).deserialize(name) == name
    slip = SlipPaper(
        *("DAK/CR/2026/00001", "01-07-2026", "", name, name),
        *({"mr": "x", "en": "x"} for _ in range(3)),
    )
    assert "[U+" not in text_of(slip_pdf(slip, DAY))


@pytest.mark.parametrize(("name", "code"), [("આશા", "U+0A86"), ("ஆஷா", "U+0B86"), ("🙂", "U+1F642")])
def test_what_they_have_not_is_refused_at_the_door_with_the_character(name, code):
    with pytest.raises(ValidationError, match=f"has what cannot be printed: .*{re.escape(code)}"):
        Printed(300).deserialize(name)
    for schema, field, said in (
        (Diarising, "sender_name", {"medium": "letter", "subject": "x"}),
        (Diarising, "subject", {"medium": "letter", "sender_name": "x"}),
        (Opening, "subject", {}),
    ):
        with pytest.raises(ValidationError) as refused:
            schema().load({**said, field: name})
        assert list(refused.value.normalized_messages()) == [field]
