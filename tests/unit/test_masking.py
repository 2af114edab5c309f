"""What anybody may read has nobody's telephone number in it, and logs have none."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from palika.masking import MASK, mask, mask_for_public

DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")
APART = [
    "",
    " ",
    "-",
    ".",
    "_",
    "/",
    "–",
    "—",
    " - ",
    "\u00a0",
    "\u2009",
    "\u200b",
    " (",
    ") ",
    "·",
]


@st.composite
def numbers(draw: st.DrawFn, fewest: int, most: int, first: str) -> str:
    """Digits of either script, a separator between some of them, the same one everywhere."""
    rest = draw(st.text("0123456789", min_size=fewest - 1, max_size=most - 1))
    digits = draw(st.sampled_from(first)) + rest
    between = draw(st.sampled_from(APART))
    text = digits[0]
    for each in digits[1:]:
        text += (between if draw(st.booleans()) else "") + each
    return text.translate(DEVANAGARI) if draw(st.booleans()) else text


AROUND = [
    "{}",
    "फोन{}ला",
    "call{}now",
    "मोबाईल-{}वर फोन करा",
    "मो. {}, सायंकाळी",
    "({})",
    "UPI{}x",
    "{}व",
]


def bare(text):
    """Without round brackets: one around a number may be taken for one within it."""
    return text.replace("(", "").replace(")", "")


@given(numbers(10, 10, "6789"), st.sampled_from(AROUND))
@example("९८७६५४३२१०", "{}ला")
def test_the_public_reads_no_mobile_number(number, around):
    assert bare(mask_for_public(around.format(number))) == bare(around.format(MASK))


@given(numbers(10, 13, "0"), st.sampled_from(AROUND))
@example("000001900-1-1", "{}")
def test_the_public_reads_no_number_with_a_trunk_code(number, around):
    assert bare(mask_for_public(around.format(number))) == bare(around.format(MASK))


@pytest.mark.parametrize(
    "number",
    [
        "9876543210",
        "(020) 2550 1000",
        "02025501000",
        "020 2550 1000",
        "2550 1000",
        "25501000",
        "+91 (98765) 43210",
        "(+91) 98765 43210",
        "+९१ ९८७६५ ४३२१०",
        "98765.43214",
        "98765–43216",
        "98765_43217",
        "98765/43218",
        "98765,43218",
        "98765:43218",
        "98765\n43218",
        "9 8 7 6 5 4 3 2 1 3",
        "98 76 54 32 10",
        "1234 5678 9012",
        "123456789012",
        "+44 20 7946 0000",
        "９８７６５４３２１０",
        "9876543210 / 9876543211",
    ],
)
@pytest.mark.parametrize("around", AROUND)
def test_the_public_reads_no_number_of_a_person(number, around):
    assert mask_for_public(around.format(number)) == around.format(MASK)


@pytest.mark.parametrize(
    "address",
    [
        "asha@example.org",
        "asha (at) example.org",
        "asha[at]example[dot]org",
        "asha at gmail.com",
        "asha@okaxis",
        "asha @ example.org",
        "अशा@उदाहरण.भारत",
    ],
)
@pytest.mark.parametrize("around", ["{}", "to <{}>", "लिहा {} येथे"])
def test_the_public_reads_no_e_mail_address(address, around):
    assert mask_for_public(around.format(address)) == around.format(MASK)


@pytest.mark.parametrize(
    "text",
    [
        "PMC-2026-000123",
        "PMC-२०२६-०००१२३ला",
        "2026-11-28",
        "28/11/2026",
        "28.11.2026.",
        "२८-११-२०२६ रोजी",
        "28-11-2026 10:30",
        "28-11-2026 12 वाजता",
        "2026-04-01T10:15:00+05:30",
        "2026-04-01 10:15:00.123",
        "from 01-04-2026 - 30-04-2026",
        "2026-04-01 2026-04-02",
        "10:30-12:15",
        "18.520430, 73.856743",
        "18.52043012,73.85674312",
        "18.52043 73.85674",
        "73.8567437",
        "₹9,82,20,12,345",
        "₹ 1,15,00,000.50",
        "Rs. 1500000000",
        "रु. 25000000 खर्च",
        "1,23,45,678",
        "98,765,432",
        "0196f3a0-1111-7000-8000-982201234567",
        "2025-2026",
        "411038",
        "Flat 12, 411 038",
        "18 meetings in 2025 and 2026",
        "10 of 12 lights",
        "wait @ 5",
        "@ward",
    ],
)
@pytest.mark.parametrize("around", ["{}", "see {} here", "({})", "{}, {}"])
def test_the_public_reads_what_is_no_number_of_a_person(text, around):
    assert mask_for_public(around.replace("{}", text)) == around.replace("{}", text)


@given(st.uuids())
def test_the_public_reads_every_uuid(key):
    assert mask_for_public(f"event {key} failed") == f"event {key} failed"


@given(st.dates(), st.sampled_from(["%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y"]))
def test_the_public_reads_every_date_of_these_centuries(day, form):
    day = day.replace(year=1900 + day.year % 200)
    said = f"on {day.strftime(form)} at noon"
    assert mask_for_public(said) == said
    assert mask_for_public(said.translate(DEVANAGARI)) == said.translate(DEVANAGARI)


@given(st.text(), st.sampled_from([mask, mask_for_public]))
def test_what_is_masked_once_stays_as_it_is(text, masked):
    once = masked(text)
    assert masked(once) == once


@pytest.mark.parametrize(
    "number",
    [
        "9876543210ला",
        "9876543210वर फोन करा",
        "९८७६५४३२१०ला",
        "फोन9876543210",
        "मोबाईल-9876543210",
        "(020) 2550 1000",
        "02025501000",
        "+91 (98765) 43210",
        "98765–43216",
    ],
)
def test_a_log_has_none_that_is_written_as_one(number):
    assert not set("0123456789०१२३४५६७८९") & set(mask(f"bounced: {number}"))


@pytest.mark.parametrize(
    "piece",
    [
        *("9", "9 ", "98765-", "(9", "+", "0", "9:", "-", "1,", "1,234,", "₹1"),
        *("a", "a.", "a@", "@", "a@b", "x://a:", "asha at ", " (at) ", "a (", "a. dot "),
        *("2026-11-", "28-11-2026 ", "18.5204 ", "ab-2026-", "PMC-", "क", "\u200b"),
    ],
)
@pytest.mark.parametrize("end", ["", "@", "x", "9876543210", "://a:b@c"])
@pytest.mark.parametrize("masked", [mask, mask_for_public])
def test_long_texts_take_no_long_time(piece, end, masked):
    text = (piece * (100_000 // len(piece) + 1))[:100_000] + end
    begun = time.process_time()
    masked(text)
    assert time.process_time() - begun < 2
