"""Text messages: how long they are, and what the operators take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Invalid
from services.notify.domain import dlt
from services.notify.domain.dlt import Register
from services.notify.domain.sms import GSM, LIMITS, UCS2, measure, plain
from services.notify.reference import city_register, city_templates, read_data


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", GSM, 0, 1),
        ("a" * 160, GSM, 160, 1),
        ("a" * 161, GSM, 161, 2),
        ("a" * 306, GSM, 306, 2),
        ("a" * 307, GSM, 307, 3),
        ("€" * 80, GSM, 160, 1),
        ("€" * 81, GSM, 162, 2),
        # 153 is odd: each segment has room for 76 escapes, and the last septet stays empty.
        ("€" * 152, GSM, 304, 2),
        ("€" * 153, GSM, 306, 3),
        ("क" * 70, UCS2, 70, 1),
        ("क" * 71, UCS2, 71, 2),
        ("क" * 134, UCS2, 134, 2),
        ("क" * 135, UCS2, 135, 3),
        ("😀" * 35, UCS2, 70, 1),
        ("😀" * 36, UCS2, 72, 2),
        ("😀" * 66, UCS2, 132, 2),
        ("😀" * 67, UCS2, 134, 3),
        ("a" * 69 + "₹", UCS2, 70, 1),
        ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà", GSM, 44, 1),
        ("^{}\\[~]|", GSM, 16, 1),
        ("`", UCS2, 1, 1),
        ("ç", UCS2, 1, 1),
    ],
)  # fmt: skip
def test_the_length_of_a_text_message(text, encoding, units, segments):
    found = measure(text)
    assert (found.encoding, found.units, found.segments) == (encoding, units, segments)


def test_the_alphabet_has_127_characters_and_its_extension_10():
    found = [measure(chr(each)) for each in range(0x3000)]
    sizes = [each.units for each in found if each.encoding == GSM]
    assert (sizes.count(1), sizes.count(2)) == (127, 10)


def test_what_makes_it_dear_is_named_and_what_still_fits_is_told():
    found = measure("Rs ₹5 – ₹6")
    assert found.wide == "₹–"
    assert (found.left, measure("a").left, measure("a" * 161).left) == (60, 159, 145)


def test_half_of_a_pair_is_no_text():
    with pytest.raises(Invalid, match="surrogate"):
        measure("a\ud83d")


MIXED = st.text(st.sampled_from("aZ ü€[]{}^~|\\\nक₹😀ç"), max_size=400)
IN_GSM = st.text(st.sampled_from("aZ ü€[]{}^~|\\\n"), max_size=400)


@given(MIXED | IN_GSM | st.text(st.characters(codec="utf-8"), max_size=300))
def test_the_segments_are_the_message_none_is_too_long_and_none_splits_a_character(text):
    found = measure(text)
    assert "".join(found.parts) == text
    single, each = LIMITS[found.encoding]
    sizes = [measure(part).units if found.encoding == GSM else _units(part) for part in found.parts]
    assert sum(sizes) == found.units
    if found.segments == 1:
        assert sizes[0] <= single
    else:
        assert found.units > single
        assert all(size <= each for size in sizes)
        # No segment has room left for the next one's first character.
        for size, following in zip(sizes, found.parts[1:], strict=False):
            first = measure(following[0]).units if found.encoding == GSM else _units(following[0])
            assert size + first > each
    assert found.encoding == (UCS2 if found.wide else GSM)


def _units(text: str) -> int:
    return len(text.encode("utf-16-be")) // 2


@given(MIXED)
def test_plain_signs_never_make_a_message_dearer(text):
    assert measure(plain(text)).encoding in (GSM, measure(text).encoding)


FIGURES = read_data("dlt.yaml")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("entity_id", "123"),
        ("entity_id", 1101460000000054321),
        ("headers", {"code": "PALIKA"}),
        ("headers", {"default": "palika"}),
        ("headers", {"default": "TOOLONG"}),
        ("variable_length", 0),
        ("link_length", "50"),
        ("most_variables", True),
        ("warn_segments", None),
        ("providers", {"a": 0}),
        ("link_hosts", ["https://city.example"]),
        ("link_hosts", "city.example"),
        ("colour", "red"),
    ],
)
def test_a_mistake_in_the_register_is_named(name, value):
    with pytest.raises(Invalid) as error:
        Register.load(FIGURES | {name: value})
    assert list(error.value.details) == [name]


def test_the_shortest_limit_counts_since_any_provider_may_stand_in():
    register = Register.load(FIGURES | {"variable_length": 40, "providers": {"b": 35, "c": 50}})
    assert register.longest("text") == 35
    assert register.longest("link") == FIGURES["link_length"]
    assert register.refusal("text", "x" * 35) is None
    assert "35 characters" in str(register.refusal("text", "x" * 36))


def test_the_sender_that_is_shown_is_the_purposes():
    register = city_register()
    assert register.header("code") == "PALOTP"
    assert register.header("tax") == "PALIKA"
    assert register.header("news").isdecimal()


def test_a_link_goes_to_the_citys_hosts_only():
    register = city_register()
    assert register.foreign("https://city.example/x") is None
    assert "evil.example" in str(register.foreign("https://evil.example/city.example"))


BY_TEXT = sorted(name for name, each in city_templates().by_name.items() if "sms" in each.channels)


@pytest.mark.parametrize("name", BY_TEXT)
def test_the_operators_let_every_message_of_the_city_pass(name):
    template = city_templates().named(name)
    for language in template.languages:
        text = template.texts[language]["sms"].body
        made = template.render("sms", language, template.sample)
        longest = max(template.register.longest("link"), template.register.longest("text"))
        assert dlt.matches(dlt.pattern(text), made.body, longest)
        assert not dlt.matches(dlt.pattern(text), made.body + "!", longest)
        assert dlt.same(dlt.pattern(text), text)


@given(st.text(max_size=40), st.integers(-(10**12), 10**12))
def test_what_is_written_matches_what_is_registered(value, paise):
    template = city_templates().named("tax.notice_issued")
    values = {"number": value, "owed_paise": paise, "notice_number": "N-1"}
    try:
        made = template.render("sms", "en", values)
    except Invalid:
        return
    pattern = dlt.pattern(template.texts["en"]["sms"].body)
    assert dlt.matches(pattern, made.body, template.register.longest("text"))
