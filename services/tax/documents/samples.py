"""Examples of every kind of document: for who edits the wording, for tests and measures."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from palika.text import Name
from services.tax.documents.model import (
    BillDocument,
    Document,
    Due,
    Earlier,
    Floor,
    Holding,
    NoDuesDocument,
    NoticeDocument,
    Rebate,
    ReceiptDocument,
    Settled,
    TaxLine,
)
from services.tax.domain.half_year import HalfYear
from services.tax.domain.notices import Signatory
from services.tax.reference import rates

_FIRST: Final = HalfYear(2026, 1)
_DAY: Final = date(2026, 4, 1)
_WARD: Final = Name("कसबा-विश्रामबागवाडा", "Kasba-Vishrambagwada")
_STREETS: Final = ("सदाशिव पेठ", "लक्ष्मी रोड", "Karve Road", "शिवाजीनगर", "Baner")
_OWNERS: Final = (
    "श्री. ज्ञानेश्वर विठ्ठलराव कुलकर्णी",
    "सौ. शर्वरी क्षीरसागर",
    "Smt. Farida Shaikh",
    "दऱ्याखोऱ्यातील सहकारी गृहरचना संस्था मर्यादित",
)


def bill(number: int = 1, half_years_of_arrears: int = 4) -> BillDocument:
    """A bill of 2026-27 with a rebate; another number is another property with other amounts."""
    heads = rates().heads.values()
    lines = tuple(
        TaxLine(half, head.name, tax, tax // 10 if at % 3 == 0 else 0)
        for half in (_FIRST, _FIRST.plus(1))
        for at, head in enumerate(heads)
        for tax in [(number * 7_919 + at * 104_729) % 900_000 + 1_500]
    )
    arrears = tuple(
        Due(_FIRST.plus(-back), tax, tax * 12 * back // 100)
        for back in range(1, half_years_of_arrears + 1)
        for tax in [(number * 6_947 + back * 1_299_709) % 1_500_000 + 10_000]
    )
    floors = tuple(
        Floor(Name(mr, en), Name("निवासी", "residential"), area + number % 50, value)
        for mr, en, area, value in (
            ("तळमजला", "Ground floor", 6_250, 4_512_000),
            ("पहिला मजला", "First floor", 5_800, 4_187_500),
        )
    )
    street = _STREETS[number % len(_STREETS)]
    holding = Holding(
        f"P/1/02/{number:05}",
        (_OWNERS[number % len(_OWNERS)],),
        f"सि.स.नं. {number}, {street}, पुणे ४११०३०",
        _WARD,
    )
    tax = sum(line.net_paise for line in lines)
    return BillDocument(
        f"PT-2026-27-{number:06}",
        "2026-27",
        _DAY,
        date(2026, 6, 30),
        holding,
        lines,
        floors,
        sum(floor.rateable_value_paise for floor in floors),
        arrears,
        credit_paise=number * 100 % 5_000_00,
        rebate=Rebate(tax // 20, date(2026, 5, 31)),
    )


def bills(count: int, first: int = 1) -> Iterator[tuple[BillDocument, str]]:
    """Many, each with its language: three of four in Marathi."""
    for number in range(first, first + count):
        yield bill(number), "en" if number % 4 == 0 else "mr"


def receipt(mode: str = "upi") -> ReceiptDocument:
    """A receipt of a payment that went to arrears, interest and the first half."""
    settled = (
        Settled(Name("थकबाकी", "Arrears"), 8_150_00, HalfYear(2025, 2)),
        Settled(Name("व्याज", "Interest"), 978_00, HalfYear(2025, 2)),
        Settled(Name("चालू कर", "Current tax"), 3_217_50, _FIRST),
    )
    amount = sum(each.paise for each in settled)
    return ReceiptDocument(
        "R-2026-27-0000042",
        date(2026, 4, 20),
        bill().holding,
        date(2026, 4, 20),
        amount,
        mode,
        "416203988741",
        settled,
        2_500_00,
        bill().number,
        rebate_paise=160_00,
    )


def notice(step: str = "warrant") -> NoticeDocument:
    """A notice of a step, with what came before it."""
    served = (
        Earlier("bill", "PT-2025-26-000001", date(2025, 4, 5)),
        Earlier("demand-notice", "DN-2025-0007", date(2025, 7, 10)),
        Earlier("warrant", "W-2025-0003", date(2025, 9, 1)),
    )
    before = {"demand-notice": 1, "warrant": 2}.get(step, 3)
    issued = date(2025, 11, 3)
    return NoticeDocument(
        f"N-{step[0].upper()}-2025-0007",
        step,
        issued,
        bill().holding,
        bill(3).arrears,
        served[:before],
        fees_paise=50_00 if before > 1 else 0,
        pay_by=issued + timedelta(15) if before < 3 else None,
        signed_by=Signatory("आशा काळे", "सहायक आयुक्त, करसंकलन") if before > 1 else None,
    )


def no_dues() -> NoDuesDocument:
    """A certificate with the receipts of a year."""
    return NoDuesDocument(
        "ND-2026-000009",
        date(2026, 6, 15),
        bill().holding,
        _FIRST.plus(1),
        date(2027, 3, 31),
        (
            ("R-2026-27-0000042", date(2026, 4, 20), 12_345_50),
            ("R-2025-26-0071234", date(2025, 5, 2), 1),
        ),
    )


def all_kinds() -> Mapping[str, Document]:
    """One of each kind and case, by a name for its file."""
    plain = bill(2, 0)
    long = replace(
        bill(3, 40),
        fees_paise=250_00,
        holding=Holding(
            "P/7/11/99999/A-1204",
            ("दऱ्याखोऱ्यातील श्री त्र्यंबकेश्वर सहकारी गृहरचना संस्था मर्यादित " * 3,) * 6,
            ("फ्लॅट क्र. १२०४, बी विंग, ज्ञानेश्वरी हाइट्स, सर्व्हे नं. ४५/२/३, " * 9)[:500],
            _WARD,
        ),
    )
    heads = [line.head for line in plain.lines[:12]]
    crores = replace(
        plain,
        lines=tuple(TaxLine(_FIRST, head, 98_76_54_321_09, 1_23_45_678_90) for head in heads),
        period="2026-27/1",
        rebate=None,
        credit_paise=0,
    )
    paisa = replace(
        crores,
        lines=(TaxLine(_FIRST, heads[0], 1),),
    )
    return {
        "bill": bill(),
        "bill-without-arrears": plain,
        "bill-of-20-years": long,
        "bill-of-crores": crores,
        "bill-of-one-paisa": paisa,
        "bill-all-credit": replace(plain, credit_paise=10**9, rebate=None),
        "receipt": receipt(),
        "receipt-of-a-cheque": receipt("cheque"),
        "demand-notice": notice("demand-notice"),
        "warrant": notice("warrant"),
        "attachment": notice("attachment"),
        "no-dues": no_dues(),
    }
