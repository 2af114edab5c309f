"""grievance, tax and e-office as the city runs them: real processes, called over RabbitMQ."""

import base64
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uuid6

from palika.auth import ANONYMOUS, SYSTEM, Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from palika.migrate import upgrade
from palika.rpc import Client
from tests.support.taxes import PROPERTY

pytestmark = pytest.mark.slow

SERVICES = ("grievance", "tax", "eoffice")
CITIZEN = Identity.of("citizen:9", "citizen")
OFFICER = Identity.of("officer:roads-je", "officer")
NOBODY = str(uuid.uuid4())
_PALIKA = [sys.executable, "-m", "palika.cli"]


def until(ask: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until `ask` says yes; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ask():
        assert time.monotonic() < deadline, f"it did not come within {seconds} s"
        time.sleep(0.05)


def answers(method: Callable[..., Any], **more: str) -> bool:
    """Whether the service is there at all."""
    try:
        method(id=NOBODY, **more)
    except Unavailable:
        return False
    except NotFound:
        return True
    return True


@pytest.fixture
def client(city: dict[str, str], tmp_path: Path) -> Iterator[Client]:
    """The three services up and answering; calls are made as a service."""
    processes = []
    (tmp_path / "keys").mkdir()
    environment = os.environ | city | {"PALIKA_EOFFICE_KEYSTORE": str(tmp_path / "keys")}
    for service in SERVICES:
        upgrade(service)
        if service == "eoffice":
            # The officer signs what goes out.
            issue = [*_PALIKA, "eoffice", "certificates", "issue", "a.jadhav2"]
            subprocess.run(issue, env=environment, check=True)
        with (tmp_path / f"{service}.log").open("wb") as log:
            command = [*_PALIKA, "run", service, "--workers", "4"]
            processes.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
    try:
        with Client(SYSTEM("test"), timeout_s=5) as client:
            for service in SERVICES:
                more = {"post": "law"} if service == "eoffice" else {}
                get = getattr(client, service).get
                until(lambda get=get, more=more: answers(get, **more))
            yield client
    finally:
        for service in SERVICES:
            print((tmp_path / f"{service}.log").read_text()[-2_000:])
        for process in processes:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(40) for process in processes] == [0, 0, 0]


def test_the_services_work_as_their_callers_may(client):
    # Starting three processes takes longer than all that is asked of them: one test asks it all.
    _grievance(client)
    _tax(client)
    _eoffice(client)


def _grievance(client: Client) -> None:
    client.as_(CITIZEN)
    filed = client.grievance.file(
        category="pothole", ward="aundh-baner", description="खड्डा", citizen_phone="98220 12345"
    )
    assert filed["status"] == "filed"
    token = filed.pop("token")
    assert filed.pop("similar") == []
    got = client.grievance.get(number=filed["number"])
    assert filed.items() <= got.items()
    assert [entry["step"] for entry in got["timeline"]] == ["file"]
    assert client.grievance.mine(status="filed")["items"] == [filed]
    with pytest.raises(Forbidden):
        client.grievance.assign(id=filed["id"], officer="roads-je")
    with pytest.raises(Forbidden):
        client.grievance.contacts(ids=[filed["id"]])
    with pytest.raises(Invalid) as refused:
        client.grievance.file(category="pothole", description="", citizen_phone="12")
    assert set(refused.value.fields) == {"description", "citizen_phone"}
    with pytest.raises(Invalid, match="is not known"):
        client.grievance.file(category="potholes", description="x")
    with pytest.raises(NotFound):
        client.as_(Identity.of("citizen:10", "citizen")).grievance.get(id=filed["id"])
    with pytest.raises(Forbidden):
        client.as_(ANONYMOUS).grievance.get(id=filed["id"])
    assert client.grievance.track(token=token)["number"] == filed["number"]

    client.as_(OFFICER)
    with pytest.raises(Conflict, match="legal now: acknowledge, assign"):
        client.grievance.resolve(id=filed["id"], remark="Filled")
    assigned = client.grievance.assign(id=filed["id"], officer="roads-je", version=1)
    with pytest.raises(Conflict, match="at version 2, not 1"):
        client.grievance.assign(id=filed["id"], officer="roads-de", version=1)
    # A list says besides by whom each was filed.
    listed = [{**assigned, "filed_by": "citizen:9"}]
    assert client.grievance.list(status="assigned", limit=1)["items"] == listed
    assert client.grievance.resolve(id=filed["id"], remark="Filled")["on_time"] is True
    reopened = client.as_(CITIZEN).grievance.reopen(id=filed["id"], reason="Open again")
    assert reopened["status"] == "assigned"
    client.as_(OFFICER).grievance.start(id=filed["id"])
    client.grievance.wait(id=filed["id"], question="Which side of the road?")
    client.as_(ANONYMOUS).grievance.answer(token=token, answer="The left one")
    client.as_(OFFICER).grievance.resolve(id=filed["id"], remark="Filled again")
    closed = client.as_(ANONYMOUS).grievance.rate(token=token, rating=4)
    assert (closed["status"], closed["closed_by"], closed["rating"]) == ("closed", "citizen", 4)

    (contact,) = client.as_(SYSTEM("test")).grievance.contacts(ids=[filed["id"], NOBODY])
    assert contact["phone"] == "+919822012345"


def _tax(client: Client) -> None:
    client.as_(OFFICER)
    owed = client.tax.register_property(**PROPERTY | {"number": "P/1", "ward": "bibwewadi"})
    with pytest.raises(Invalid) as refused:
        client.tax.register_property(**PROPERTY | {"number": "P/2", "zone": "zone-9"})
    assert list(refused.value.fields) == ["zone"]
    raised = client.tax.raise_bill(property_id=owed["id"], period="2026-27")
    payment = {"property_id": owed["id"], "reference": "UPI-1", "mode": "upi"}
    owes = client.tax.dues(number="P/1")["payable_paise"]
    paid = client.tax.pay(**payment, amount_paise=1_000_00)
    assert client.tax.pay(**payment, amount_paise=1_000_00) == paid
    left = client.tax.get(number="P/1")["balance_paise"]
    assert paid["balance_paise"] == left >= owes - 1_000_00
    assert client.tax.statement(number="P/1")["balance_paise"] == left
    for amount in (True, 1.0, "1", 0, -1):
        with pytest.raises(Invalid) as refused:
            client.tax.pay(**payment | {"reference": "UPI-2"}, amount_paise=amount)
        assert list(refused.value.fields) == ["amount_paise"]
    with pytest.raises(Conflict, match="another amount"):
        client.tax.pay(**payment, amount_paise=1)
    with pytest.raises(Forbidden):
        client.as_(CITIZEN).tax.pay(**payment | {"reference": "UPI-3"}, amount_paise=1)
    shown = client.tax.get(number="P/1")
    assert shown["bills"][0]["status"] == "part_paid"
    assert shown["bills"][0]["id"] == raised["id"]
    # Whoever knows a number learns what is owed, and not who paid how.
    assert "payments" not in shown["bills"][0]
    seen = client.as_(OFFICER).tax.get(number="P/1")
    assert seen["bills"][0].pop("payments") == [paid]
    assert seen.pop("matters") == []
    assert seen == shown
    (contact,) = client.as_(SYSTEM("test")).tax.contacts(ids=[owed["id"]])
    assert contact["name"] == "Asha Kulkarni"


def _eoffice(client: Client) -> None:
    file = client.as_(OFFICER).eoffice.open_file(subject="Estimate")
    assert file["held_by"] == "roads-je"
    draft = client.eoffice.save_draft(file_id=file["id"], markup="Please see **this**.")
    assert client.eoffice.confirm_note(id=draft["id"], version=1)["number"] == 1
    paper = client.eoffice.note_sheet_pdf(id=file["id"], language="en")
    assert base64.b64decode(paper["content_base64"]).startswith(b"%PDF-")
    letter = client.eoffice.draft_letter(
        file_id=file["id"], language="en", to_name="M. Jadhav", body="Done."
    )
    client.eoffice.approve_letter(id=letter["id"], version=1)
    issued = client.eoffice.dispatch_letter(id=letter["id"], version=1, channel="hand")
    assert issued["correspondence"]["first_page"] == 1
    sent = client.eoffice.letter_pdf(id=letter["id"])["content_base64"]
    kept = client.eoffice.paper_content(id=issued["correspondence"]["paper_id"])
    assert b"/ETSI.CAdES.detached" in base64.b64decode(sent)
    assert kept["content_base64"] == sent
    client.eoffice.forward(id=file["id"], to="accounts")
    with pytest.raises(Forbidden, match="it is with accounts, not with roads-je"):
        client.eoffice.close(id=file["id"])
    with pytest.raises(Forbidden):
        client.as_(CITIZEN).eoffice.get(id=file["id"])
    client.as_(SYSTEM("portal"))
    assert client.eoffice.close(id=file["id"], post="accounts")["status"] == "closed"
    assert len(client.eoffice.get(number=file["number"], post="accounts")["movements"]) == 1
    assert client.eoffice.list(status="closed", post="accounts")["items"][0]["id"] == file["id"]
    asked = {"words": f"estimates {file['number']}", "post": "roads-je"}
    (found,) = client.eoffice.search(**asked)["items"]
    assert (found["id"], found["file"]["status"]) == (file["id"], "closed")
    one = {"count": 1, "more": False}
    assert client.eoffice.count(**asked, kinds=["file"]) == {**one, "kinds": {"file": one}}
    assert client.eoffice.suggest(words="est", post="roads-je") == {"words": ["estimate"]}
    with pytest.raises(Invalid, match="nothing to search for"):
        client.eoffice.search(words="and the", post="roads-je")
    _eoffice_desk(client)
    _eoffice_away(client)


def _eoffice_away(client: Client) -> None:
    """What a desk did while it was away: several acts, each of which tells of itself, in a call."""
    file, draft = str(uuid6.uuid7()), str(uuid6.uuid7())
    acts = [
        ("open_file", {"subject": "Footpath"}),
        ("save_draft", {"id": draft, "markup": "See."}),
        ("confirm_note", {"id": draft}),
        ("forward", {"to": "accounts"}),
    ]
    asked = [
        {"id": str(uuid6.uuid7()), "file_id": file, "method": name, "args": args}
        for name, args in acts
    ]
    told = client.as_(OFFICER).eoffice.submit(acts=asked)["acts"]
    assert [each["status"] for each in told] == ["done"] * 4, told
    told = client.eoffice.submit(acts=asked)["acts"]
    assert [(each["status"], each["repeated"]) for each in told] == [("done", True)] * 4
    assert told[3]["result"]["held_by"] == "accounts"


def _eoffice_desk(client: Client) -> None:
    file = client.as_(OFFICER).eoffice.open_file(subject="Estimate", priority="urgent")
    client.eoffice.mark(id=file["id"], posts=["law", "accounts"], question="Your view?")
    client.as_(SYSTEM("portal")).eoffice.answer(id=file["id"], post="law", answer="None")
    with pytest.raises(Conflict, match="no answer yet from accounts"):
        client.as_(OFFICER).eoffice.gather(id=file["id"])
    client.eoffice.gather(id=file["id"], withdraw=True)
    step = {"id": file["id"], "step": str(uuid6.uuid7())}
    assert client.eoffice.put_up(**step)["held_by"] == "roads-de"
    assert client.eoffice.put_up(**step)["held_by"] == "roads-de"
    assert client.eoffice.sent()["items"][0]["can_pull_back"]
    shown = client.as_(SYSTEM("portal")).eoffice.open(id=file["id"], post="roads-de")
    assert [stay["post"] for stay in shown["custody"]] == ["roads-je", "roads-de"]
    assert "send_back" in shown["legal"]
    with pytest.raises(Conflict, match="has opened it") as refused:
        client.as_(OFFICER).eoffice.pull_back(id=file["id"])
    assert refused.value.details["legal"] == []
    assert (
        client.as_(SYSTEM("portal")).eoffice.inbox(post="roads-de")["items"][0]["id"] == file["id"]
    )
    assert client.eoffice.desk(post="roads-de")["urgent"] == 1
    assert client.eoffice.routes(post="law")["city"][0]["code"] == "pt-3"
