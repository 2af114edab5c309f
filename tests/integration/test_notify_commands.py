"""The commands of operators, and all providers on this machine, with a running city."""

import csv
import io
import json
import re
import signal
import subprocess
from uuid import uuid4

import pytest

from palika.auth import SYSTEM, Identity
from palika.errors import Conflict, Forbidden
from services.notify.reference import city_templates
from tests.support.commands import PALIKA, ROOT
from tests.support.part import wait_for

OFFICER = Identity.of("officer:helpdesk", "officer")
DELIVERED, LATE, REFUSED = "+917000000001", "+917000000010", "+917000000007"
OTHER = "+919812345678"


class Loopback:
    """`palika notify loopback`, running."""

    def __init__(self, log, environment, portal):
        self.log = log
        command = [*PALIKA, "notify", "loopback", "--port", "0", "--portal", portal]
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=out, stderr=out
            )

    def shown(self):
        return self.log.read_text("utf-8")

    def settings(self):
        wait_for(lambda: "# the providers are there" in self.shown(), 20)
        return dict(re.findall(r'^export (\w+)="(.*)"$', self.shown(), re.MULTILINE))

    def write(self, line):
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(10)


@pytest.fixture(scope="module")
def city(backbone, tmp_path_factory):
    """The portal, the providers on this machine and notify, as an operator starts them."""
    backbone.migrate("notify")
    portal = backbone.service("portal", PALIKA_PORTAL_HTTP_PORT="0")
    portal.wait_ready()
    folder = tmp_path_factory.mktemp("loopback")
    loopback = Loopback(folder / "log", backbone.environment(), portal.pages)
    settings = loopback.settings() | {"PALIKA_VAR": str(folder)}
    notify = backbone.service("notify", **settings)
    notify.wait_ready()
    yield backbone, loopback, settings, notify
    loopback.end()


@pytest.fixture
def palika(city):
    """A command with the city's settings: exit status and output."""

    def run(*arguments, status=0):
        done = city[0].palika("notify", *arguments, **city[2])
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr

    return run


def send(city, phone, template="login.code"):
    with city[0].client(SYSTEM("portal")) as client:
        return client.notify.send(
            id=str(uuid4()),
            template=template,
            contact={"phone": phone, "language": "en"},
            fields={"code": "482913", "minutes": 10},
        )


def state(city, key):
    with city[0].client(OFFICER) as client:
        return client.notify.get(id=key)["state"]


def test_a_message_is_shown_where_it_arrives_and_its_receipts_come_back(city, palika):
    made = send(city, DELIVERED)
    wait_for(lambda: state(city, made["id"]) == "delivered", 20)
    _, loopback, _, _ = city
    assert f"plivo → {DELIVERED} (delivered): 482913 is your login code." in loopback.shown()
    wait_for(lambda: "was answered with 200" in loopback.shown(), 5)
    found = palika("find", DELIVERED)
    assert made["id"] in found
    assert "delivered" in found
    assert DELIVERED not in found
    assert "7000000001" not in found
    rows = json.loads(palika("find", "70000 00001", "--json"))["deliveries"]
    assert [each["id"] for each in rows] == [made["id"]]
    told = palika("show", made["id"])
    # A receipt may be quicker than the noting of the answer.
    for what in ("handed over", "accepted", "sent", "delivered"):
        assert f"attempt 1, plivo: {what}\n" in told
    assert "login.code, code, urgent: delivered" in told
    assert "482913" not in told


def test_a_provider_that_is_told_to_fail_is_passed_over(city):
    _, loopback, _, _ = city
    loopback.write("fail")
    wait_for(lambda: "write: fail PROVIDER HOW [TIMES]" in loopback.shown(), 5)
    loopback.write("fail plivo error_500")
    wait_for(lambda: "requests to plivo that will fail: 1" in loopback.shown(), 5)
    made = send(city, OTHER)
    wait_for(lambda: state(city, made["id"]) == "delivered", 20)
    assert f"infobip → {OTHER}" in loopback.shown()
    assert f"plivo → {OTHER}" not in loopback.shown()


def test_what_is_no_address_or_not_there_ends_with_its_status(palika):
    assert "must be an Indian mobile" in palika("find", "123", status=2)
    assert "no message is found" in palika("find", "+919812345699", status=1)
    assert "There is no delivery" in palika("show", str(uuid4()), status=1)
    assert "must be" in palika("consent", "nobody", status=2)
    assert "There is no delivery" in palika("resend", str(uuid4()), "--reason", "x" * 9, status=1)
    assert "--reason" in palika("resend", str(uuid4()), "--reason", " ", status=2)
    assert "after" in palika("report", "--since", "2026-05-02", "--until", "2026-05-01", status=2)


def test_the_report_has_a_table_csv_and_json(city, palika):
    made = send(city, LATE)
    wait_for(lambda: state(city, made["id"]) == "delivered", 20)
    refused = send(city, REFUSED)
    wait_for(lambda: state(city, refused["id"]) == "failed_permanent", 20)
    table = palika("report")
    assert re.search(r"sms +plivo +\d+ +\d+ +[\d.]+ %", table)
    assert "failed_permanent" in table
    rows = list(csv.DictReader(io.StringIO(palika("report", "--csv"))))
    (of_plivo,) = [row for row in rows if row["provider"] == "plivo"]
    assert int(of_plivo["delivered"]) >= 1
    assert int(of_plivo["cost_paise"]) >= 16
    told = json.loads(palika("report", "--json"))
    assert {each["provider"] for each in told["providers"]} >= {"plivo"}
    assert palika("report", "--since", "2020-01-01", "--until", "2020-01-02").startswith("Nothing")


def test_a_code_that_failed_is_not_sent_again_by_hand(city, palika):
    refused = send(city, REFUSED)
    wait_for(lambda: state(city, refused["id"]) == "failed_permanent", 20)
    told = palika("resend", refused["id"], "--reason", "the citizen has called", status=1)
    assert "not kept" in told


def test_the_queue_and_the_providers_are_shown(palika):
    lanes = json.loads(palika("queue", "--json"))["lanes"]
    assert [each["lane"] for each in lanes] == ["urgent", "transactional", "bulk"]
    assert re.search(r"urgent +0 +0 +0 +0 s", palika("queue"))
    shown = palika("providers")
    assert re.search(r"sms +plivo +50/s +\d+ of 100 +\d+ +\d+ +\d+ +closed", shown)
    used = json.loads(palika("providers", "--json"))["providers"]
    assert {each["provider"] for each in used if each["set_up"]} == {
        "meta", "plivo", "infobip", "smtp", "voice", "inbox", "log",
    }  # fmt: skip


def test_a_citizen_who_writes_stop_is_seen_in_consent(city, palika):
    _, loopback, _, _ = city
    loopback.write("+919812345620 STOP")
    wait_for(lambda: "919812345620 wrote, and was answered with 200" in loopback.shown(), 20)
    assert re.search(r"news +no +out +\S+ \S+ +whatsapp", palika("consent", "+919812345620"))
    wait_for(lambda: "You will get no more messages" in loopback.shown(), 10)
    loopback.write("sms +919812345621 थांबा बातम्या")
    wait_for(lambda: "919812345621 wrote, and was answered with 200" in loopback.shown(), 20)
    said = json.loads(palika("consent", "+919812345621", "--json"))["purposes"]
    assert (said["news"]["said"], said["tax"]["said"]) == (False, None)
    loopback.write("hello")
    wait_for(lambda: "write: [sms] NUMBER WORDS" in loopback.shown(), 10)


def test_the_addresses_for_providers_are_those_that_the_portal_answers(city, palika):
    shown = palika("webhooks")
    portal = city[2]["PALIKA_PORTAL_URL"]
    assert f"{portal}/webhooks/whatsapp" in shown
    assert re.search(rf"{portal}/webhooks/plivo/inbound\?key=[0-9a-f]{{64}}", shown)
    missing = city[0].palika("notify", "webhooks", **city[2] | {"PALIKA_PORTAL_URL": ""})
    assert missing.returncode == 1
    assert "PALIKA_PORTAL_URL" in missing.stderr


def test_the_service_measures_what_it_does(city):
    notify = city[3]
    made = send(city, DELIVERED)
    wait_for(lambda: state(city, made["id"]) == "delivered", 20)
    ones = {
        "palika_notify_deliveries_total": {"channel": "sms", "outcome": "delivered"},
        "palika_notify_attempts_total": {"provider": "plivo", "outcome": "accepted"},
        "palika_notify_created_to_sent_seconds_count": {"lane": "urgent"},
        "palika_notify_sent_to_delivered_seconds_count": {"provider": "plivo"},
        "palika_notify_receipts_total": {"provider": "plivo", "told": "delivered"},
    }
    for name, labels in ones.items():
        assert notify.metric(name, **labels) >= 1, name
    assert notify.metric("palika_notify_cost_rupees_total", provider="plivo") > 0

    def shows(line):
        return line in notify.get("/metrics")[1]

    wait_for(lambda: shows('palika_notify_circuit_open{provider="plivo"} 0.0'))
    wait_for(lambda: shows('palika_notify_oldest_due_seconds{lane="bulk"} 0.0'))
    assert notify.metric("palika_notify_queue_messages", lane="bulk", state="due") == 0
    # What was answered to a citizen is no delivery, and neither are its receipts.
    assert city[0].value("notify", "SELECT count(*) FROM receipt WHERE provider = 'meta'") == 0
    wait_for(lambda: shows("palika_notify_receipts_unmatched 0.0"))


def test_who_likes_the_inbox_best_finds_the_message_there(city):
    number = "+919812345630"
    with city[0].client(OFFICER) as client:
        client.notify.prefer(recipient=number, channels=["inbox"])
    with city[0].client(SYSTEM("portal")) as client:
        sample = city_templates().named("grievance.filed").sample
        made = client.notify.send(
            id=str(uuid4()),
            template="grievance.filed",
            contact={"phone": number, "language": "en"},
            fields=sample,
        )
        assert (made["state"], made["channel"]) == ("delivered", "inbox")
        (message,) = client.notify.inbox(recipient="098123 45630")["messages"]
        assert message["id"] == made["id"]
        assert "GRV-2026-000123" in message["body"]
        assert client.notify.read_inbox(recipient=number, ids=[made["id"]]) == {"read": 1}
        assert client.notify.inbox(recipient=number, unread=True)["unread"] == 0
    assert state(city, made["id"]) == "read"
    head = Identity.of("supervisor:head", "supervisor")
    with city[0].client(head) as client, pytest.raises(Conflict, match="read"):
        client.notify.resend(id=made["id"], reason="not seen")
    with city[0].client(OFFICER) as client, pytest.raises(Forbidden):
        client.notify.resend(id=made["id"], reason="not seen")


def test_the_magic_recipients_are_listed(palika):
    listed = palika("loopback", "--magic").splitlines()
    assert len(listed) == 12
    assert re.fullmatch(r"\+917000000006 +expires@magic\.example +expires", listed[6])
