"""The signature of the telephone provider, by the examples that are published."""

import pytest

from palika.errors import Forbidden, Invalid
from services.notify.calls import signature

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = {
    "CallSid": ["CA1234567890ABCDE"],
    "Caller": ["+12349013030"],
    "Digits": ["1234"],
    "From": ["+12349013030"],
    "To": ["+18005551212"],
}
SIGNED = "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
"""As the provider's documentation, and its libraries' tests, have it for the token 12345."""


def test_the_published_example():
    assert signature.signature_of(URL, FORM, "12345") == SIGNED
    signature.check(SIGNED, URL, FORM, ["12345"])


def test_the_port_may_be_signed_or_not():
    with_port = signature.signature_of(URL.replace(".com/", ".com:443/"), FORM, "12345")
    signature.check(with_port, URL, FORM, ["12345"])
    signature.check(SIGNED, URL.replace(".com/", ".com:443/"), FORM, ["12345"])


@pytest.mark.parametrize(
    ("given", "url", "form", "tokens"),
    [
        ("", URL, FORM, ["12345"]),
        (SIGNED, URL + "&x=1", FORM, ["12345"]),
        (SIGNED, URL.replace("https", "http"), FORM, ["12345"]),
        (SIGNED, URL, FORM | {"Digits": ["1235"]}, ["12345"]),
        (SIGNED, URL, FORM | {"Extra": ["1"]}, ["12345"]),
        (SIGNED, URL, FORM, ["other"]),
        (SIGNED, URL, FORM, []),
        ("नाही", URL, FORM, ["12345"]),
    ],
)
def test_anything_else_is_refused(given: str, url: str, form: dict, tokens: list[str]):
    with pytest.raises(Forbidden):
        signature.check(given, url, form, tokens)


def test_values_of_one_field_count_once_in_their_order():
    one = signature.signature_of(URL, {"a": ["2", "1", "2"]}, "t")
    assert one == signature.signature_of(URL, {"a": ["1", "2"]}, "t")


@pytest.mark.parametrize("body", [b"\xff", b"x=" + b"y" * 64_000, b"&".join([b"a=1"] * 201)])
def test_what_is_no_form_is_refused(body: bytes):
    with pytest.raises(Invalid):
        signature.form_of(body)
