"""The pages behind the code on a bill, over HTTP, from a running tax service."""

import base64
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from palika.auth import Identity
from tests.support.portal import WAIT_S, Portal
from tests.support.taxes import PROPERTY

OFFICER = Identity.of("officer:tax-clerk", "officer")
SECRET = "a-webhook-secret-of-the-tests"


@pytest.fixture(scope="module")
def city(backbone):
    """A portal and a tax service with one bill: the portal's address and the bill."""
    backbone.migrate("tax")
    service = backbone.service("tax", PALIKA_RAZORPAY_WEBHOOK_SECRETS=SECRET)
    portal = backbone.service("portal", PALIKA_PORTAL_HTTP_PORT="0")
    service.wait_ready()
    portal.wait_ready()
    year = datetime.now(UTC).year - (datetime.now(UTC).month < 4)
    with backbone.client(OFFICER) as client:
        owed = client.tax.register_property(**PROPERTY | {"number": "P/8/0003"})
        period = f"{year}-{(year + 1) % 100:02d}"
        bill = client.tax.raise_bill(property_id=owed["id"], period=period)
    return Portal(backbone, portal).url, bill


def linked(backbone, folder, kind, number):
    """What the link on a document asks, read off the PDF as its reader would."""
    from pypdf import PdfReader

    with backbone.client(OFFICER) as client:
        found = client.tax.document(kind=kind, number=number, language="en")
    path = folder / found["file"]
    path.write_bytes(base64.b64decode(found["content_base64"]))
    # Where a long link may break there is a space of no width.
    text = "".join(PdfReader(path).pages[0].extract_text().replace("\u200b", "").split())
    link = text[text.index("http") :].split("Computer")[0]
    given = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    return {name: given[name][:16] if name == "c" else given[name] for name in given}


@pytest.fixture(scope="module")
def query(backbone, city, tmp_path_factory):
    """What the link on the bill asks."""
    return linked(backbone, tmp_path_factory.mktemp("bill"), "bill", city[1]["number"])


def asked(city, path, given, **headers):
    url = f"{city[0]}/tax/{path}?{urlencode(given)}"
    return requests.get(url, headers=headers, timeout=WAIT_S)


def test_who_scans_the_code_of_a_bill_sees_that_it_is_genuine(city, query):
    answer = asked(city, "verify", query | {"lang": "en"})
    assert answer.status_code == 200
    assert "This document is the corporation" in answer.text
    assert city[1]["number"] in answer.text
    assert "<html lang" in asked(city, "verify", query).text
    assert "महानगरपालिकेचे आहे" in asked(city, "verify", query).text
    english = asked(city, "verify", query, **{"Accept-Language": "en-IN"})
    assert "This document is the corporation" in english.text


def test_another_amount_is_found_out(city, query):
    answer = asked(city, "verify", query | {"a": "100", "lang": "en"})
    assert answer.status_code == 200
    assert "is not the corporation" in answer.text
    assert asked(city, "document", query | {"a": "100"}).status_code == 403


@pytest.mark.parametrize("given", [{}, {"d": "<script>"}, {"c": "x" * 5000}, {"n": "१"}])
def test_what_is_no_link_of_a_document_is_not_genuine(city, given):
    answer = asked(city, "verify", given)
    assert answer.status_code in (200, 400)
    assert "<script>" not in answer.text


def test_the_document_can_be_downloaded_by_its_link(city, query):
    answer = asked(city, "document", query)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_a_receipt_whose_payment_was_taken_back_is_told_and_not_given(backbone, city, tmp_path):
    with backbone.client(OFFICER) as client:
        work = client.tax.open_counter(place="BANER", counter="1")
        payment = client.tax.take_at_counter(
            session_id=work["id"],
            property_id=city[1]["property_id"],
            amount_paise=100_00,
            mode="cash",
            reference="c1",
        )
    given = linked(backbone, tmp_path, "receipt", payment["receipt_number"])
    assert "This document is the corporation" in asked(city, "verify", given | {"lang": "en"}).text
    assert asked(city, "document", given).headers["Cache-Control"] == "private, no-store"
    with backbone.client(Identity.of("supervisor:tax-head", "supervisor")) as client:
        client.tax.cancel_at_counter(payment_id=payment["id"], reason="wrong property")
    page = asked(city, "verify", given | {"lang": "en"}).text
    assert "This receipt is cancelled" in page
    assert "wrong property" not in page
    assert asked(city, "document", given).status_code == 409


def test_a_certificate_whose_payment_was_taken_back_is_told_and_not_given(backbone, city, tmp_path):
    owed = city[1]["property_id"]
    with backbone.client(OFFICER) as client:
        work = client.tax.open_counter(place="BANER", counter="1")
        payment = client.tax.take_at_counter(
            session_id=work["id"],
            property_id=owed,
            amount_paise=client.tax.dues(id=owed)["payable_paise"],
            mode="cash",
            reference="c2",
        )
        certificate = client.tax.certify(property_id=owed)
    given = linked(backbone, tmp_path, "no-dues", certificate["number"])
    page = asked(city, "verify", given | {"lang": "en"}).text
    assert "This document is the corporation" in page
    # A certificate has no amount on its paper.
    assert "₹" not in page
    assert asked(city, "document", given).status_code == 200
    with backbone.client(Identity.of("supervisor:tax-head", "supervisor")) as client:
        client.tax.cancel_at_counter(payment_id=payment["id"], reason="wrong property")
    assert "This certificate is withdrawn" in asked(city, "verify", given | {"lang": "en"}).text
    assert "मागे घेतले आहे" in asked(city, "verify", given).text
    assert asked(city, "document", given).status_code == 409


def told(city, body: bytes, signature: str, event: str = "evt_1"):
    headers = {
        "Content-Type": "application/json",
        "X-Razorpay-Signature": signature,
        "X-Razorpay-Event-Id": event,
    }
    url = f"{city[0]}/webhooks/razorpay"
    return requests.post(url, data=body, headers=headers, timeout=WAIT_S)


def test_a_webhook_of_the_gateway_is_passed_on_and_a_forged_one_is_refused(city):
    body = b'{"entity":"event","event":"invoice.paid","created_at":1790000000,"payload":{}}'
    signature = hmac.new(SECRET.encode(), body, "sha256").hexdigest()
    forged = told(city, body, signature.replace(signature[0], "x"))
    assert forged.status_code == 403
    good = told(city, body, signature)
    assert good.status_code == 200, good.text
    assert told(city, body + b" ", signature).status_code == 403
    odd = b"not JSON"
    assert told(city, odd, hmac.new(SECRET.encode(), odd, "sha256").hexdigest()).status_code == 400
