"""The bot with tax and grievance as the city runs them: real processes, called over RabbitMQ."""

import base64
import os
import signal
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from palika.auth import SYSTEM, Identity
from palika.errors import NotFound, Unavailable
from palika.migrate import upgrade
from palika.outgoing import Outgoing
from palika.rpc import Client
from services.notify.chat.simulator import Telephone
from services.notify.chat.table import city_table
from tests.integration.notify.chat.conftest import ASHA, SECRETS
from tests.support.razorpay import gateway_running
from tests.support.taxes import PROPERTY

pytestmark = pytest.mark.slow

SERVICES = ("grievance", "tax")
OFFICER = Identity.of("officer:roads-je", "officer")
HERE = "/place 18.5074 73.8077 Karve Road"


def _until(ask, seconds=60):
    deadline = time.monotonic() + seconds
    while not ask():
        assert time.monotonic() < deadline, f"it did not come within {seconds} s"
        time.sleep(0.05)


def _answers(method):
    try:
        method(id=str(uuid.uuid4()))
    except Unavailable:
        return False
    except NotFound:
        return True
    return True


@pytest.fixture
def gateway():
    with gateway_running() as running:
        yield running


@pytest.fixture
def services(world, city, gateway, tmp_path):
    processes = []
    paying = {
        "PALIKA_RAZORPAY_URL": gateway.url,
        "PALIKA_RAZORPAY_KEY_ID": gateway.key_id,
        "PALIKA_RAZORPAY_KEY_SECRET": gateway.key_secret,
        "PALIKA_RAZORPAY_WEBHOOK_SECRETS": gateway.webhook_secret,
    }
    for service in SERVICES:
        upgrade(service)
        with (tmp_path / f"{service}.log").open("wb") as log:
            command = [sys.executable, "-m", "palika.cli", "run", service, "--workers", "4"]
            processes.append(
                subprocess.Popen(command, env=os.environ | city | paying, stdout=log, stderr=log)
            )
    try:
        with Client(SYSTEM("test"), timeout_s=20) as client:
            for service in SERVICES:
                _until(lambda service=service: _answers(getattr(client, service).get))
            yield client
    finally:
        for service in SERVICES:
            print((tmp_path / f"{service}.log").read_text()[-2_000:])
        for process in processes:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(40) for process in processes] == [0, 0]


def test_the_bot_with_the_real_services(world, services, gateway, tmp_path):
    # Starting the processes takes longer than all that is asked of them: one test asks it all.
    def call(identity, service, method, /, **arguments):
        return getattr(getattr(services.as_(identity), service), method)(**arguments)

    telephone = Telephone(ASHA, world.factory.begin, call, city_table(), SECRETS, shows_codes=True)
    _tax(telephone, services, gateway)
    _grievance(telephone, services, world, tmp_path)


def _tax(telephone, services, gateway):
    services.as_(SYSTEM("test"))
    owner = {"name": "Asha Kulkarni", "phone": ASHA}
    owned = services.tax.register_property(**PROPERTY | {"owners": [owner]})
    today = datetime.now(UTC)
    year = today.year if today.month >= 4 else today.year - 1
    services.tax.raise_bill(property_id=owned["id"], period=f"{year}-{(year + 1) % 100:02}")

    telephone.choose_language("en")
    assert telephone.type("tax")[-1].kind == "buttons"
    sms, asked = telephone.type("1")
    assert sms.kind == "sms"
    assert ASHA[:-2] not in asked.text
    assert "Properties linked: 1" in telephone.type("/code")[-1].text
    assert owned["number"] in telephone.type("1")[-1].text
    assert "Due in all" in telephone.type("1")[-1].text
    document = telephone.type("bill")[0]
    assert document.document is not None
    assert document.document[1].startswith(b"%PDF")
    assert telephone.type("1")[-1].choices
    assert "no notice" in telephone.type("notices")[-1].text
    telephone.type("back")
    assert "no receipt" in telephone.type("receipts")[-1].text
    _pay_by_link(telephone, services, gateway)
    telephone.type("1")
    assert telephone.type("receipts")[-1].kind == "list"
    assert telephone.type("1")[0].document[1].startswith(b"%PDF")
    telephone.type("menu")
    telephone.type("tax")
    assert "Nothing is due" in telephone.type("dues")[-1].text


def _pay_by_link(telephone, services, gateway):
    telephone.type("back")
    telephone.type("pay")
    told = telephone.type("pay by link")[-1].text
    url = next(word for word in told.split() if word.startswith(gateway.url))
    assert telephone.type("back")
    assert url in telephone.type("link")[-1].text, "while it is open it is the same link"
    form = urlencode({"method": "upi", "end": "pays"}).encode()
    assert Outgoing().ask("POST", url, headers={}, body=form).status == 303
    (payment_id,) = gateway._state.payments
    body, signature, event_id = gateway.webhook("payment_link.paid", payment_id)
    answer = services.as_(SYSTEM("portal")).tax.webhook(
        body=base64.b64encode(body).decode(), signature=signature, event_id=event_id
    )
    assert answer["outcome"] in ("posted", "repeated")


def _grievance(telephone, services, world, tmp_path):
    photo = tmp_path / "pothole.jpg"
    photo.write_bytes(_picture())
    telephone.type("menu")
    telephone.type("complaint")
    telephone.type("rastyavar khadda")
    telephone.type("1")
    assert "Where is it" in telephone.type("A deep pothole before the school")[-1].text
    telephone.type(HERE)
    telephone.type(f"/photo {photo}")
    filed = telephone.type("yes")[-1].text
    assert "Number: PMC-" in filed
    assert "could not be added" not in filed
    number = filed.split("Number: ")[1].split("\n")[0]
    officer = services.as_(OFFICER).grievance
    found = officer.get(number=number)
    assert (found["category"], found["channel"], found["lat"]) == ("pothole", "whatsapp", 18.5074)
    assert len(found["attachments"]) == 1
    told = telephone.type("1")[-1]
    assert number in told.choices[0]
    assert "Status: filed" in telephone.type("1")[-1].text

    services.as_(OFFICER)
    officer.assign(id=found["id"], officer="roads-je")
    officer.wait(id=found["id"], question="Which side?")
    telephone.type("menu")
    telephone.type("follow")
    assert "Which side?" in telephone.type("1")[-1].text
    telephone.type("the left one")
    services.as_(OFFICER)
    officer.resolve(id=found["id"], remark="Filled")
    telephone.type("menu")
    telephone.type("follow")
    assert "put right" in telephone.type("1")[-1].text
    telephone.type("2")
    telephone.type("1")
    assert "open again" in telephone.type("It is still there")[-1].text
    services.as_(OFFICER)
    officer.resolve(id=found["id"], remark="Filled again")
    telephone.type("menu")
    telephone.type("follow")
    telephone.type("1")
    telephone.type("1")
    assert "Thank you" in telephone.type("5")[-1].text
    assert services.as_(OFFICER).grievance.get(id=found["id"])["status"] == "closed"


def _picture():
    import io

    from PIL import Image

    content = io.BytesIO()
    Image.new("RGB", (64, 64), "grey").save(content, "JPEG")
    return content.getvalue()
