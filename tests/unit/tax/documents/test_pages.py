"""What stands on the pages: amounts, QR codes, glyphs, and that nothing runs over."""

import io
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from palika.errors import Invalid
from palika.number_words import devanagari
from palika.text import Name
from palika.typesetting import fonts
from palika.typesetting.fonts import Unprintable
from services.tax import documents
from services.tax.documents import Seal, content_of, document_pdf, engine, samples
from services.tax.documents.data import city, wording
from services.tax.documents.model import BillDocument, Document, Due, Rebate, TaxLine
from services.tax.documents.words import LANGUAGES, Words
from services.tax.domain.half_year import HalfYear
from services.tax.domain.payment import MODES

SEAL = Seal([b"0123456789abcdef0123456789abcdef"], "https://city.example")
KINDS = dict(samples.all_kinds())
EACH = pytest.mark.parametrize(
    ("name", "language"), [(name, language) for name in KINDS for language in LANGUAGES]
)


@pytest.fixture(scope="module", autouse=True)
def own_var(tmp_path_factory: pytest.TempPathFactory):
    """The fonts are put into a folder of the tests' own."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PALIKA_VAR", str(tmp_path_factory.mktemp("var")))
        fonts.folder.cache_clear()
        yield
    fonts.folder.cache_clear()


def text_of(document: Document, language: str) -> str:
    pages = PdfReader(io.BytesIO(document_pdf(document, language, SEAL))).pages
    return "\n".join(page.extract_text() for page in pages)


def codes_of(document: Document, language: str) -> list[str]:
    """What the QR codes of the first pages say to a telephone."""
    pages = engine.pictures([content_of(document, language, SEAL)], ppi=150)
    found = []
    for page in pages:
        found += [each.text for each in zxingcpp.read_barcodes(Image.open(io.BytesIO(page)))]
    return found


# -- the bill -------------------------------------------------------------------------------------


def test_the_bill_says_in_one_line_each_what_it_asks():
    bill = samples.bill()
    text = text_of(bill, "en")
    assert bill.to_pay_paise == 1_36_097_92
    for line in (
        r"This year's tax \(concessions taken off\)\s+₹84,457.28",
        r"Arrears \(tax of 4 earlier half-years\)\s+₹40,648.78",
        r"Interest on arrears \(up to 1 April 2026\)\s+₹10,992.86",
        r"Your credit \(taken off\)\s+−₹1.00",
        r"To pay\s+₹1,36,097.92",
        r"Rebate if paid by 31 May 2026\s+−₹4,222.86",
        r"Only, by 31 May 2026\s+₹1,31,875.06",
    ):
        assert re.search(line, text), line
    assert "Rupees one lakh thirty-six thousand ninety-seven and ninety" in text
    assert "within 15 days of getting this bill" in " ".join(text.split())


def test_the_lines_of_the_bill_add_up_to_what_is_to_pay():
    bill = samples.bill(7, 9)
    told = content_of(bill, "en", SEAL)
    paise = [_paise(amount) for *_, amount in told["sums"]["rows"]]
    assert sum(paise) == _paise(told["sums"]["total"][1]) == bill.to_pay_paise
    less, only = told["sums"]["early"]["rows"][0][1], told["sums"]["early"]["total"][1]
    assert _paise(only) == bill.to_pay_paise + _paise(less)
    breakup, arrears, valuation = told["tables"]
    for table, columns in ((breakup, range(1, 8)), (arrears, range(1, 4)), (valuation, [3])):
        for column in columns:
            shown = sum(_paise(row[column]) for row in table["rows"])
            assert shown == _paise(table["total"][column])
    assert _paise(breakup["total"][-1]) == bill.tax_paise


def _paise(text: str) -> int:
    if text == "–":
        return 0
    sign = -1 if text.startswith("−") else 1
    whole, rest = text.lstrip("−").lstrip("₹").replace(",", "").split(".")
    return sign * (int(whole) * 100 + int(rest))


def test_the_marathi_bill_has_its_own_digits_and_words():
    bill = samples.bill()
    text = text_of(bill, "mr")
    for amount in ("1,36,097.92", "84,457.28", "40,648.78", "10,992.86", "1,31,875.06"):
        assert f"₹{devanagari(amount)}" in text
    told = content_of(bill, "mr", SEAL)
    assert "रुपये एक लाख छत्तीस हजार सत्त्याण्णव आणि ब्याण्णव पैसे फक्त" in told["sums"]["words"]
    latin = set(re.findall(r"[A-Za-z]+", " ".join(_strings(told["sums"]))))
    assert latin <= {"UPI"}, "nothing on it is left in English"


def _strings(part: object) -> list[str]:
    if isinstance(part, str):
        return [part]
    each = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return [text for one in each for text in _strings(one)]


def test_both_amounts_can_be_paid_by_a_telephone():
    bill = samples.bill()
    links = [parse_qs(urlsplit(code).query) for code in codes_of(bill, "en") if "upi" in code]
    assert {link["am"][0] for link in links} == {"131875.06", "136097.92"}
    for link in links:
        assert link["tr"] == [bill.number]
        assert (link["pa"], link["cu"], link["mc"]) == (["propertytax@bank"], ["INR"], ["9311"])
        assert link["tn"] == ["Property tax P/1/02/00001"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_to_verify_is_read_and_vouches_for_what_is_printed(language: str):
    for name in ("bill", "receipt", "warrant", "no-dues"):
        document = KINDS[name]
        (link,) = [code for code in codes_of(document, language) if code.startswith("https")]
        verdict = SEAL.verify(link)
        assert verdict.genuine
        assert verdict.document is not None
        assert (verdict.document.kind, verdict.document.number) == (
            {"warrant": "notice"}.get(name, name),
            document.number,
        )
        assert SEAL.code(verdict.document) in text_of(document, "en")


def test_without_a_rebate_there_is_one_code():
    bill = replace(samples.bill(), rebate=None)
    links = [code for code in codes_of(bill, "mr") if code.startswith("upi")]
    assert [parse_qs(urlsplit(link).query)["am"] for link in links] == [["136097.92"]]


def test_a_bill_above_the_limit_of_upi_says_how_else_to_pay():
    bill = KINDS["bill-of-crores"]
    assert not [code for code in codes_of(bill, "en") if code.startswith("upi")]
    assert "UPI takes no more than ₹5,00,000.00 at once" in text_of(bill, "en")


def test_who_has_paid_ahead_is_asked_for_nothing():
    bill = KINDS["bill-all-credit"]
    text = text_of(bill, "en")
    assert re.search(r"To pay\s+₹0.00", text)
    assert "Pay nothing for this bill" in text
    assert "credit that is left, ₹99,13,705.50, counts" in " ".join(text.split())
    assert not [code for code in codes_of(bill, "en") if code.startswith("upi")]


def test_a_bill_of_one_paisa():
    assert "One paisa only" in text_of(KINDS["bill-of-one-paisa"], "en")
    (link, _) = sorted(codes_of(KINDS["bill-of-one-paisa"], "en"), reverse=True)
    assert "&am=0.01&" in link


def test_what_a_later_bill_asked_for_is_not_called_earlier():
    bill = KINDS["bill"]
    assert isinstance(bill, BillDocument)
    last = max(line.half_year for line in bill.lines)
    earlier = (Due(last.plus(-2), 100_00), Due(last.plus(-3), 200_00))
    later = (Due(last.plus(1), 300_00), Due(last.plus(2), 400_00), Due(last.plus(3), 500_00))
    text = text_of(replace(bill, arrears=(*later, *earlier), rebate=None), "en")
    assert re.search(r"Arrears \(tax of 2 earlier half-years\)\s+₹300\.00", text)
    assert re.search(r"Billed for later \(tax of 3 later half-years\)\s+₹1,200\.00", text)
    assert "What else is open, half-year by half-year" in text
    only = text_of(replace(bill, arrears=later, rebate=None), "en")
    assert "earlier half-years" not in only
    assert "later half-years" not in text_of(bill, "en")


def test_twenty_years_of_arrears_are_on_the_next_page_with_its_number():
    pages = PdfReader(io.BytesIO(document_pdf(KINDS["bill-of-20-years"], "en", SEAL))).pages
    assert len(pages) == 2
    first, second = (page.extract_text() for page in pages)
    assert "To pay" in first
    assert "April–September 2006" in first
    assert "October 2025–March 2026" in second
    assert "Interest on arrears" in second, "the heading of the table is there again"
    assert "PT-2026-27-000003 – 2" in second
    assert "and 2 others" in " ".join(first.split())


def test_a_usual_bill_is_one_page_in_both_languages():
    for language in LANGUAGES:
        for bill, _ in samples.bills(8):
            pdf = document_pdf(bill, language, SEAL)
            assert len(PdfReader(io.BytesIO(pdf)).pages) == 1, (bill.number, language)


def test_what_contradicts_itself_is_no_bill():
    bill = samples.bill()
    with pytest.raises(ValueError, match="rebate"):
        replace(bill, rebate=Rebate(bill.tax_paise + 1, date(2026, 5, 31)))
    with pytest.raises(ValueError, match="concession above the tax"):
        TaxLine(HalfYear(2026, 1), Name("क", "General tax"), 100, 101)


# -- letters --------------------------------------------------------------------------------------


def test_a_receipt_says_what_the_payment_went_to():
    text = text_of(samples.receipt(), "en")
    assert re.search(r"Received\s+₹12,345.50", text)
    assert re.search(r"Still owed after this\s+₹2,500.00", text)
    assert re.search(r"Interest\s+October 2025–March 2026\s+978.00", text)
    assert "once the cheque is honoured" in text_of(samples.receipt("cheque"), "en")


def test_a_notice_asks_for_its_own_fee_and_names_what_comes_next():
    text = " ".join(text_of(samples.notice("warrant"), "en").split())
    assert "Fee of this notice ₹200.00" in text
    assert "To pay ₹52,614.14" in text
    assert "by 18 November 2025" in text
    assert "Attachment of the property, Sealing of the premises" in text
    assert "Notice of demand DN-2025-0007 (10 July 2025)" in text


@pytest.mark.parametrize("step", ["warrant", "attachment", "sealing"])
def test_what_a_person_has_to_sign_is_not_made_without(step: str):
    with pytest.raises(Invalid, match="nobody has signed"):
        document_pdf(replace(samples.notice(step), signed_by=None), "mr", SEAL)


def test_a_certificate_says_up_to_when():
    text = " ".join(text_of(samples.no_dues(), "en").split())
    assert "on 15 June 2026 no property tax, interest or fee is owed" in text
    assert "paid up to October 2026–March 2027" in text


# -- glyphs ---------------------------------------------------------------------------------------


def notdefs(pdf: bytes) -> int:
    """How many glyphs of number 0, the box that stands for a missing one, a PDF shows."""
    count = 0
    for page in PdfReader(io.BytesIO(pdf)).pages:
        content = page.get_contents()
        assert content is not None
        for operands, operator in content.operations:
            if operator not in (b"Tj", b"TJ"):
                continue
            shown = operands[0] if isinstance(operands[0], list) else operands
            for part in shown:
                raw = getattr(part, "original_bytes", b"")
                count += sum(raw[at : at + 2] == b"\0\0" for at in range(0, len(raw), 2))
    return count


@EACH
def test_every_document_is_made_of_glyphs_that_are_there(name: str, language: str):
    pdf = document_pdf(KINDS[name], language, SEAL)
    assert notdefs(pdf) == 0
    names = {
        str(font.get_object()["/BaseFont"]).split("+")[-1]
        for page in PdfReader(io.BytesIO(pdf)).pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert names
    assert all(each.startswith("FiraGO") for each in names)


def test_a_missing_glyph_would_be_seen():
    told = content_of(samples.no_dues(), "mr", SEAL)
    told["lead"] = ["நகர"]
    assert notdefs(engine.pdf([told], date(2026, 4, 1), tagged=False)) == 3


def test_every_character_that_is_let_through_has_a_glyph():
    every = [chr(code) for code in range(0x20, 0x2FFF) if not fonts.refused(chr(code))]
    assert len(every) > 530
    told = content_of(samples.no_dues(), "mr", SEAL)
    words = [f"क{each}" for each in every if each.strip()]
    told["lead"] = [" ".join(words)]
    told["notes"] = [[" ".join(words), ""]]
    assert notdefs(engine.pdf([told], date(2026, 4, 1), tagged=False)) == 0


@pytest.mark.parametrize("name", ["Asha 🙂", "ஆஷா", "આશા", "Asha\x07"])
def test_a_name_without_glyphs_is_refused_by_name(name: str):
    bill = samples.bill()
    with pytest.raises(Unprintable, match=r"owner: there is no glyph for U\+"):
        document_pdf(replace(bill, holding=replace(bill.holding, owners=(name,))), "mr", SEAL)


def test_a_name_in_urdu_is_printed():
    assert fonts.printable("عائشہ ٹھاکر گلزار، ۲۰۲۶ء", "owner") == "عائشہ ٹھاکر گلزار، ۲۰۲۶ء"
    told = content_of(samples.no_dues(), "mr", SEAL)
    told["lead"] = ["عائشہ ٹھاکر", "आशा عائشہ Asha"]
    assert notdefs(engine.pdf([told], date(2026, 4, 1), tagged=False)) == 0


def test_what_nobody_sees_in_a_name_is_left_out():
    assert fonts.printable("\ufeff श्री.\u00a0 आशा\u200bकाळे\n", "owner") == "श्री. आशाकाळे"


# -- the same, and readable ----------------------------------------------------------------------


def test_the_same_document_is_the_same_file():
    bill = samples.bill()
    assert document_pdf(bill, "mr", SEAL) == document_pdf(bill, "mr", SEAL)


def test_it_is_tagged_and_says_its_language_and_title():
    reader = PdfReader(io.BytesIO(document_pdf(samples.bill(), "mr", SEAL)))
    root = reader.trailer["/Root"].get_object()
    assert root["/Lang"] == "mr"
    assert root["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    assert str(reader.metadata.title).endswith("PT-2026-27-000001")


def test_another_language_is_refused():
    with pytest.raises(ValueError, match="mr and en"):
        document_pdf(samples.bill(), "hi", SEAL)


def test_every_word_is_used_and_every_word_that_is_used_is_there():
    folder = Path(documents.__file__).parent
    source = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    used = set(re.findall(r'words\(\s*"([a-z0-9-]+)"', source)) | {"months", "year"}
    used |= set(re.findall(r'"((?:first|second)-half)"', source))
    used |= set(re.findall(r'"(this-half|this-year|signed-by-person|computer-made)"', source))
    used |= set(re.findall(r'"((?:credit|balance)-after)"', source))
    used |= {"h1", "h2", "tax", "concession", "net"}
    used |= {f"mode-{mode}" for mode in MODES}
    assert used == set(wording())


def test_the_shipped_particulars_are_right():
    assert city().upi_limit_paise == 5_00_000_00
    assert Words("mr").day(date(2026, 5, 31)) == "३१ मे २०२६"
    assert isinstance(samples.bill(), BillDocument)
