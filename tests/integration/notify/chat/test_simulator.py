"""The telephone of the terminal."""

import pytest

from palika.errors import Invalid
from services.notify.chat.simulator import Telephone
from services.notify.chat.table import city_table
from tests.integration.notify.chat.conftest import ASHA, SECRETS


def _telephone(world, **options):
    return Telephone(
        ASHA,
        world.factory.begin,
        world.city.call,
        city_table(),
        SECRETS,
        **{"shows_codes": True} | options,
    )


def test_a_property_is_linked_with_the_code_that_is_shown(world):
    telephone = _telephone(world)
    telephone.choose_language("mr")
    telephone.type("tax")
    sms, asked = telephone.type("1")
    assert (sms.kind, asked.kind) == ("sms", "text")
    assert telephone.type("/code")[0].text.endswith("२")


def test_a_code_is_not_shown_where_it_would_be_anybodys(world):
    telephone = _telephone(world, shows_codes=False)
    telephone.choose_language("mr")
    telephone.type("tax")
    sms = telephone.type("1")[0]
    assert "no code is sent from here" in sms.text
    telephone.type("/code")
    assert world.state() == "link-code"


PICTURE = b"\xff\xd8\xff\xe0 a picture"


@pytest.mark.parametrize("content", [b"", b"a text", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_no_such_picture_is_refused_at_once(world, tmp_path, content):
    photo = tmp_path / "a.jpg"
    photo.write_bytes(content)
    with pytest.raises(Invalid) as refused:
        _telephone(world).type(f"/photo {photo}")
    assert "image/jpeg" in refused.value.fields["photo"][0]


def test_places_and_photographs_are_sent(world, tmp_path):
    photo = tmp_path / "a.jpg"
    photo.write_bytes(PICTURE)
    telephone = _telephone(world)
    for line in ("hi", "1", "takrar", "khadda", "1", "मोठा खड्डा"):
        telephone.type(line)
    telephone.type("/place 18.5 73.8 कर्वे रस्ता, कोथरूड")
    telephone.type(f"/photo {photo}")
    telephone.type("1")
    filed = world.city.asked("file")[0]
    assert (filed["lat"], filed["lon"], filed["address"]) == (18.5, 73.8, "कर्वे रस्ता, कोथरूड")
    assert next(iter(world.city.filed.values()))["photo"] == PICTURE


@pytest.mark.parametrize("line", ["/place", "/place here there", "/photo", "/photo /etc/passwd"])
def test_what_cannot_be_sent_is_refused(world, line):
    with pytest.raises(Invalid):
        _telephone(world).type(line)


def test_a_word_about_consent_is_taken_as_in_the_city(world):
    telephone = _telephone(world)
    telephone.choose_language("en")
    assert "Write START" in telephone.type("STOP")[0].text
    assert world.state() == "menu"
    said = world.query("SELECT purpose FROM consent WHERE NOT agreed")
    assert {row.purpose for row in said} == {"service", "tax", "reminder", "news"}
