"""The methods about calls, with the tax and grievance services as they are: from an officer's wish
to an owner's promise."""

import base64
from collections.abc import Iterator
from types import SimpleNamespace
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.auth import SYSTEM, Identity
from palika.config import settings
from palika.errors import Forbidden, Invalid, NotFound
from palika.local import Postgres
from palika.local.loopback import Reply, Request
from palika.rpc import CallContext, rpc_methods
from services.notify import calling
from services.notify.calling import Calling
from services.notify.calls.city import City, digits_in
from services.notify.channels.loopback.telephony import Script, Telephony
from services.notify.models import Call
from services.notify.secrets import city_secrets
from services.tax.service import TaxService
from tests.support import taxes
from tests.support.calls import Portal
from tests.support.databases import service_database
from tests.support.grievance_service import Service as GrievanceService
from tests.support.grievances import GrievanceDesk

PHONE = "+919822012345"
CALLER = Identity.of("service:test", "service")


class Tax(TaxService):
    """The tax service's methods, on these sessions, for a service."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.db = sessions
        self.caller = CallContext.within("notify", SYSTEM("notify"))


class Rpc:
    """The other services, called in this process."""

    def __init__(self, tax: Tax, grievances: sessionmaker[Session]) -> None:
        self.tax = tax
        self._grievances = grievances
        self._identity = SYSTEM("notify")

    def as_(self, identity: Identity) -> "Rpc":
        found = Rpc(self.tax, self._grievances)
        found._identity = identity
        return found

    @property
    def grievance(self) -> GrievanceService:
        return GrievanceService(self._grievances, self._identity)


class Service(Calling):
    """The methods, on these sessions, for a service."""

    name = "notify"

    def __init__(self, sessions: sessionmaker[Session], rpc: Rpc) -> None:
        self.db = sessions
        self.rpc = rpc
        self.caller = CallContext.within("notify", CALLER)


class ByRpc(Portal):
    """Our own address: it passes webhooks on by RPC, as the portal will."""

    service: Service

    def answer(self, request: Request) -> Reply:
        path, _, query = request.path.partition("?")
        body = base64.b64encode(request.body).decode()
        given = {"path": path, "query": query, "headers": dict(request.headers), "body": body}
        try:
            found = self.service.voice_webhook(**given)
        except Forbidden as error:
            return Reply(403, error.to_dict())
        return Reply(200, base64.b64decode(found["body"]), found["media_type"])


@pytest.fixture(scope="module")
def tax_database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "tax") as found:
        yield found


@pytest.fixture(scope="module")
def grievance_database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "grievance") as found:
        yield found


@pytest.fixture
def filing(grievance_database: sessionmaker[Session]) -> GrievanceDesk:
    found = GrievanceDesk(grievance_database)
    found.empty()
    return found


@pytest.fixture
def service(
    database: sessionmaker[Session],
    tax_database: sessionmaker[Session],
    filing: GrievanceDesk,
    servers: tuple[Telephony, Portal],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path,
) -> Iterator[Service]:
    telephony, _ = servers
    telephony.scripts.clear()
    telephony.played.clear()
    taxes.clear(tax_database)
    with database.begin() as session:
        session.execute(text("TRUNCATE call_turn, promise, call, consent, day_count, outbox"))
    found = Service(database, Rpc(Tax(tax_database), filing.sessions))
    with ByRpc() as portal:
        portal.service = found
        variables = {
            "PALIKA_VAR": str(tmp_path),
            "PALIKA_PORTAL_URL": portal.url,
            "PALIKA_VOICE_URL": telephony.url,
            "PALIKA_VOICE_ACCOUNT_SID": telephony.account,
            "PALIKA_VOICE_AUTH_TOKENS": telephony.token,
            "PALIKA_VOICE_FROM": "+912025501000",
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        _forget()
        # Whatever the hour of the test is.
        monkeypatch.setattr(calling, "policy", lambda: SimpleNamespace(care=_CARE))
        yield found
    _forget()


def _forget() -> None:
    for each in (settings, city_secrets, calling._provider, calling._engine):
        each.cache_clear()


_CARE = SimpleNamespace(later=lambda purpose, sent, now, rings: None)


@pytest.fixture
def owed(tax_database: sessionmaker[Session], service: Service):
    found = taxes.register(tax_database)
    taxes.bill(tax_database, found)
    return found


def _run(service: Service, telephony: Telephony) -> None:
    service.make_calls(lambda: False)
    telephony.wait()


def test_from_an_officers_wish_to_an_owners_promise(service, owed, servers):
    telephony, _ = servers
    telephony.scripts[PHONE] = Script(acts=("1", "0001", "1", "उद्या", "हो", None))
    asked = service.call_owner(id=str(uuid7()), property_id=str(owed.id))
    assert (asked["state"], asked["number"]) == ("due", "•••••••••••45")
    _run(service, telephony)
    (played,) = telephony.played
    assert played.problems == []
    shown = service.call(id=asked["id"])
    assert (shown["state"], shown["outcome"], shown["deeds"]) == ("ended", "hung_up", ["promise"])
    assert [each["understood"] for each in shown["turns"]] == [
        "began",
        "owner",
        "right",
        "promise",
        "day",
        "yes",
    ]
    (promise,) = service.promises(property_id=str(owed.id))["promises"]
    assert promise["call_id"] == asked["id"]
    # What the tax service says is owed is what was spoken, and what is promised.
    due = service.rpc.tax.dues(id=str(owed.id))["payable_paise"]
    assert promise["amount_paise"] == due > 0
    assert service.calls(deed="promise")["calls"][0]["id"] == asked["id"]
    assert service.calls(deed="dispute")["calls"] == []


def test_an_owner_who_calls_is_known_by_the_number(service, owed, servers):
    telephony, _ = servers
    url = f"{settings('notify').portal_url}/webhooks/voice/answer"
    played = telephony.call_in(url, PHONE, Script(acts=("2", "1", "0001", None)))
    assert played.problems == []
    assert "rupees of property tax" in played.words
    other = telephony.call_in(url, "+919812345611", Script(acts=("2", "1", None)))
    assert "rupees" not in other.words


def test_of_two_properties_of_one_number_nothing_is_told(service, owed, servers, tax_database):
    taxes.register(tax_database, number="P/1/0002")
    telephony, _ = servers
    url = f"{settings('notify').portal_url}/webhooks/voice/answer"
    played = telephony.call_in(url, PHONE, Script(acts=("2", "1", None)))
    assert "not registered for one property" in played.words


def test_the_status_of_a_grievance_is_told_to_who_filed_it(service, filing, servers):
    filed = filing.file(citizen_phone="98220 12345")
    telephony, _ = servers
    url = f"{settings('notify').portal_url}/webhooks/voice/answer"
    acts = ("2", "2", f"{digits_in(filed.number)}#", None)
    assert (
        "registered."
        in telephony.call_in(url, PHONE, Script(acts=acts)).words.split("Grievance number")[1]
    )
    other = telephony.call_in(url, "+919812345611", Script(acts=acts))
    assert "no such grievance" in other.words


def test_pages_of_promises_and_calls(service, owed, servers, database):
    telephony, _ = servers
    telephony.scripts[PHONE] = Script(acts=("1", "0001", "1", "आज", "हो", None))
    for _ in range(3):
        service.call_owner(id=str(uuid7()), property_id=str(owed.id))
    _run(service, telephony)
    first = service.promises(limit=2)
    second = service.promises(limit=2, after=first["next"])
    assert [len(first["promises"]), len(second["promises"])] == [2, 1]
    assert second["next"] is None
    day = first["promises"][0]["promised_on"]
    assert len(service.promises(from_day=day, to_day=day)["promises"]) == 3
    assert service.promises(from_day="2099-01-01")["promises"] == []
    assert len(service.calls(property_id=str(owed.id), state="ended")["calls"]) == 3


def test_what_is_not_there_is_told(service, owed):
    with pytest.raises(NotFound):
        service.call(id=str(uuid4()))
    with pytest.raises(NotFound):
        service.call_owner(id=str(uuid7()), property_id=str(uuid4()))
    with pytest.raises(Invalid):
        service.call_owner(id="x", property_id=str(owed.id))
    with pytest.raises(Invalid):
        service.voice_webhook(path="/etc/passwd")
    with pytest.raises(Invalid):
        service.voice_webhook(path="/webhooks/voice/answer", body="!")
    with pytest.raises(Forbidden):
        service.voice_webhook(path="/webhooks/voice/answer")


def test_without_a_provider_no_call_is_taken_down_and_the_timer_does_nothing(
    service, owed, monkeypatch, database
):
    monkeypatch.setenv("PALIKA_VOICE_ACCOUNT_SID", "")
    _forget()
    service.make_calls(lambda: False)
    with pytest.raises(NotFound, match="no telephone provider"):
        service.call_owner(id=str(uuid7()), property_id=str(owed.id))
    with database.begin() as session:
        assert session.query(Call).count() == 0


def test_who_may_call_what():
    rights = {each.name: each.roles for each in rpc_methods(Calling)}
    assert rights["voice_webhook"] == {"service", "admin"}
    assert rights["call_owner"] == {"service", "officer", "supervisor", "admin"}
    for name in ("call", "calls", "promises"):
        assert not rights[name] & {"anonymous", "citizen", "helpdesk"}


def test_a_short_number_is_dialled_with_zeros_before_it():
    tax = SimpleNamespace(
        contacts=lambda ids: [{"phone": PHONE, "language": "mr", "number": "P-७"}],
        dues=lambda id: {"payable_paise": 1},
    )
    owner = City(lambda: tax, lambda: None, {}).owner(uuid4())
    assert owner.facts["verify"] == "0007"
