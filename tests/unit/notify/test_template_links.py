"""Links in a template's own words: they go where the city's register says, as those in values."""

import copy

import pytest

from palika.errors import Invalid
from tests.unit.notify.test_templates import DATA, REGISTER, changed, known

OWN = REGISTER.link_hosts[0]


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("http://bit.ly/x", "http://bit.ly: is not one of the city's hosts"),
        ("HTTPS://Bit.ly", "HTTPS://Bit.ly: is not"),
        ("bit.ly/x", "bit.ly: is not"),
        ("www.example.com", "www.example.com: is not"),
        (f"https://{OWN}@bit.ly/x", f"https://{OWN}@bit.ly: is not"),
        (f"https://{OWN}.evil.example/x", f"https://{OWN}.evil.example: is not"),
        ("https://{name}/x", "https://{name}: is not"),
        (f"http://{OWN}/x", f"http://{OWN}: a link begins with https://"),
    ],
)
@pytest.mark.parametrize("channel", ["whatsapp", "sms", "email", "voice"])
def test_a_link_in_a_templates_own_words_goes_to_a_host_of_the_citys(words, rule, channel):
    data = copy.deepcopy(DATA)
    for language in ("mr", "en"):
        entry = data["water.low"][language]
        if isinstance(entry[channel], str):
            entry[channel] = {"text": entry[channel]}
        key = "body" if channel == "email" else "text"
        entry[channel][key] = f"{words} {{name}} " + entry[channel][key]
        entry["sms"].pop("registered", None)
    with pytest.raises(Invalid) as error:
        known(data)
    assert any(f"en.{channel}: {rule}" in each for each in error.value.details["water.low"])


@pytest.mark.parametrize(
    "words", [f"https://{OWN}/x", f"https://{OWN}", f"{OWN}/x", "a@example.com", "5.30/6", "a.b c"]
)
def test_a_link_to_the_citys_own_host_and_what_is_none_may_stand_in_a_text(words):
    body = f"{words}. {{name}}, {{paid:money}}."
    known(changed("mr", email={"subject": "{level:number}", "body": body}))
