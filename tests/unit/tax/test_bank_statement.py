"""Statements of banks: read to the paisa, and refused by line when they do not add up."""

from datetime import date

import pytest

from services.tax.domain.bank_layout import Statement, paise_of, plain_utr
from services.tax.domain.bank_statement import BYTES_MAX, Refused, read
from services.tax.reference import banks
from tests.support.statements import ACCOUNT, Row, Sheet

SHEET = Sheet(
    rows=(
        Row(6_342_00, "NEFT CR-SBIN0000454-ASHA KULKARNI-PT-2026-27-000001", "SBIN226100000001"),
        Row(-118_00, "CHARGES"),
        Row(500_50, "UPI-ASHA-asha@okbank-0000612345678901-P/1/0001", "0000612345678901"),
    )
)


def taken(content: bytes, style: str = "hdfc-style", *accounts: str) -> Statement:
    return read(content, banks().layouts[style], accounts or banks().accounts[style])


def refused(content: bytes, style: str = "hdfc-style") -> list[tuple[int, str]]:
    with pytest.raises(Refused) as error:
        taken(content, style)
    return list(error.value.found)


def test_a_statement_is_read_to_the_paisa():
    found = taken(SHEET.content())
    assert (found.account, found.first, found.last) == (
        ACCOUNT,
        date(2026, 4, 1),
        date(2026, 4, 30),
    )
    assert (found.opening_paise, found.closing_paise) == (1_000_00, SHEET.closing)
    assert [each.credit_paise - each.debit_paise for each in found.rows] == [
        6_342_00,
        -118_00,
        500_50,
    ]
    assert [each.utr for each in found.rows] == ["SBIN226100000001", None, "612345678901"]
    assert [each.line for each in found.rows] == [8, 9, 10]


def test_another_bank_writes_it_otherwise():
    sheet = SHEET.but(style="sbi-style", account="00000030123456789")
    found = taken(sheet.content(), "sbi-style")
    assert found.rows[0].booked_on == date(2026, 4, 10)
    assert (found.credits_paise, found.debits_paise) == (6_842_50, 118_00)


def test_a_month_without_a_transaction_is_a_statement():
    assert taken(Sheet().content()).rows == ()


@pytest.mark.parametrize(
    ("text", "paise"),
    [("0.5", 50), ("1,23,456.70", 1_23_456_70), ("123456", 1_23_456_00), (" 7.05 ", 7_05)],
)
def test_amounts_as_banks_write_them(text, paise):
    assert paise_of(text) == paise


@pytest.mark.parametrize(
    "text", ["", "1.234", "1e3", "-5", "1,2", "12,34", "₹5", "NaN", "१२", "1 000", "9" * 20]
)
def test_what_is_no_amount(text):
    assert paise_of(text) is None


def test_a_reference_has_one_spelling():
    assert plain_utr("0000612345678901") == plain_utr("612345678901") == "612345678901"
    assert plain_utr("sbin-226100000001") == "SBIN226100000001"


@pytest.mark.parametrize(
    ("sheet", "line", "rule"),
    [
        (SHEET.but(account="50200099999999"), 1, "none of the city's"),
        (SHEET.but(currency="USD"), 2, "currency: must be INR, not 'USD'"),
        (SHEET.but(head={"from": ""}), 1, "from: must be said"),
        (SHEET.but(head={"opening": ""}), 1, "opening: must be said"),
        (SHEET.but(head={"opening": "10.00"}), 8, "balance: must be"),
        (SHEET.but(head={"to": "31/03/26"}), 4, "to: must not be before from"),
        (SHEET.but(foot={"closing": ""}), 14, "half a statement"),
        (SHEET.but(foot={"credits": ""}), 14, "half a statement"),
        (SHEET.but(foot={"credits": "1.00"}), 13, "credits: the rows make 6842.50, not 1.00"),
        (SHEET.but(foot={"debits": "1.00"}), 12, "debits: the rows make 118.00, not 1.00"),
        (SHEET.but(foot={"closing": "1.00"}), 15, "closing: the rows make"),
        (SHEET.but(foot={"count": "4"}), 14, "the file has 3 rows, not 4"),
        (SHEET.but(first=date(2026, 4, 11)), 8, "is not within"),
        (SHEET.but(last=date(2026, 4, 9)), 8, "is not within"),
        (SHEET.but(rows=(Row(5, gap=1),)), 8, "is a row before it missing"),
        (
            SHEET.but(rows=(Row(5, on=date(2026, 4, 9)), Row(5, on=date(2026, 4, 8)))),
            9,
            "comes after",
        ),
        (
            SHEET.but(rows=(Row(5, reference="612345678901"), Row(7, reference="612345678901"))),
            9,
            "612345678901 is in line 8 already",
        ),
        (SHEET.but(rows=(Row(5, value=date(2016, 4, 10)),)), 8, "value_date: 2016-04-10 is more"),
    ],
)
def test_what_does_not_add_up_is_refused_with_its_line(sheet, line, rule):
    found = refused(sheet.content())
    assert any(each == line and rule in told for each, told in found), found


def test_each_missing_row_is_found_out():
    lines = SHEET.lines()
    for at in (7, 8, 9):
        cut = [each for number, each in enumerate(lines) if number != at]
        assert refused("\n".join([*cut, ""]).encode())


def test_each_changed_cell_of_money_is_found_out():
    text = SHEET.content().decode()
    for figure in ("6342.00", "118.00", "500.50", "7342.00", "7224.00", "7724.50", "1000.00"):
        assert figure in text
        for at in range(text.count(figure)):
            parts = text.split(figure)
            changed = figure.join(parts[: at + 1]) + "999.99" + figure.join(parts[at + 1 :])
            assert refused(changed.encode()), figure


def test_a_file_that_is_cut_off_anywhere_is_refused_or_has_lost_nothing():
    content, whole = SHEET.content(), taken(SHEET.content())
    kept = []
    for at in range(len(content)):
        try:
            kept.append(taken(content[:at]) == whole)
        except Refused:
            continue
    # The last end of a line, and the zero before it: 7724.5 is 7724.50.
    assert kept == [True] * 2


@pytest.mark.parametrize(
    "row",
    [
        '10/04/26,"two columns"',
        '10/04/26,"no amount",,10/04/26,,,1000.00',
        '10/04/26,"both",,10/04/26,5.00,5.00,1000.00',
        '31/02/26,"no day",,10/04/26,,5.00,1005.00',
        '10/04/26,"three decimals",,10/04/26,,5.001,1005.00',
        '10/04/26,"below zero",,10/04/26,,-5.00,995.00',
        '10/04/26,"no number",,10/04/26,,five,1005.00',
        '10/04/26,"open quote,,10/04/26,,5.00,1005.00',
    ],
)
def test_a_row_that_is_none_is_refused(row):
    lines = Sheet().lines()
    lines.insert(7, row)
    found = refused("\n".join([*lines, ""]).encode())
    assert any(line == 8 or "no CSV" in rule for line, rule in found)


def test_no_payers_word_makes_a_row_a_foot():
    rows = (Row(5_00, 'Closing Bal : 0.00"",""Closing Bal'), Row(7_00, "Total Credits"))
    assert len(taken(SHEET.but(rows=rows).content()).rows) == 2


def test_an_account_may_be_overdrawn():
    found = taken(Sheet(rows=(Row(-1_500_00, "BIG"), Row(600_00))).content())
    assert [each.balance_paise for each in found.rows] == [-500_00, 100_00]


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"PK\x03\x04\xff\xfe", b"a\x00b", b"Date,Narration\n", "तारीख,तपशील\n".encode()],
)
def test_what_is_no_statement_at_all_is_refused(content):
    assert refused(content)


def test_what_is_too_large_is_refused():
    assert "bytes" in refused(b" " * (BYTES_MAX + 1))[0][1]
