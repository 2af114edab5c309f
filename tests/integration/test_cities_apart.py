"""Nothing of one city reaches another: two with the same services, on the same servers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import kombu
import psycopg2
import pytest
import requests
from amqp.exceptions import AccessRefused, NotAllowed
from uuid6 import uuid7

from palika import topology
from palika.auth import Identity
from palika.cities.checking import as_city
from palika.cities.provision import withdraw
from palika.config import settings
from palika.database import create_engine, sessions
from palika.errors import NotFound
from palika.local import Broker, Postgres
from palika.local.city import database_names
from services.notify.channels.loopback import SmtpServer
from services.portal.commands.hold_session import begin_session
from services.portal.domain.clients import Client as Device
from services.portal.domain.sessions import Stage, Way
from services.portal.keeping import city_keeping
from services.portal.models import Account
from services.tax.documents.vouching import Seal
from tests.support.attachments import photo
from tests.support.part import Part, wait_for
from tests.support.two_cities import NAMES, Town, found, open_again, shared_servers

SERVICES = ("grievance", "notify", "portal")
ADMIN = Identity.of("tester", "admin")
TEXT = "Only this city may know of it"


@pytest.fixture(scope="module")
def mail() -> Iterator[SmtpServer]:
    """One mail server for both: what it is given says from whom."""
    with SmtpServer() as server:
        yield server


@pytest.fixture(scope="module")
def towns(
    broker: Broker,
    postgres: Postgres,
    mail: SmtpServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Town]]:
    """Both cities, made as `palika cities add` makes them, with migrated databases."""
    folder, logs = tmp_path_factory.mktemp("cities"), tmp_path_factory.mktemp("logs")
    made = {}
    for slug in NAMES:
        town = Town(found(folder, slug, shared_servers(broker, postgres)), logs)
        town.set(production="no", portal_http_port=0, notify_channels="email", smtp_url=mail.url)
        done = town.palika("migrate", *SERVICES)
        assert done.returncode == 0, done.stderr
        made[slug] = town
    yield made
    for town in made.values():
        town.close()
        withdraw(town.city, shared_servers(broker, postgres), data=True)
    open_again(postgres)


@pytest.fixture(scope="module")
def parts(towns: dict[str, Town]) -> dict[tuple[str, str, str], Part]:
    """The same processes of both."""
    started = {
        (slug, verb, service): town.part(verb, service)
        for slug, town in towns.items()
        for verb, service in (
            ("run", "grievance"),
            ("relay", "grievance"),
            ("run", "notify"),
            ("run", "portal"),
        )
    }
    for part in started.values():
        part.wait_ready(90)
    return started


@pytest.fixture(scope="module")
def filed(towns: dict[str, Town], parts: Any) -> dict[str, dict[str, Any]]:
    """A grievance in each city, whose citizen was told by e-mail."""
    made = {}
    for slug, town in towns.items():
        with town.client(ADMIN) as city:
            made[slug] = city.grievance.file(
                category="pothole",
                ward="aundh-baner",
                description=f"{TEXT}: {slug}",
                citizen_email=f"asha@{slug}.example",
            )
    for slug, town in towns.items():
        with town.client(ADMIN) as city:

            def sent(city: Any = city, reference: str = made[slug]["id"]) -> bool:
                told = city.notify.deliveries(recipient_ref=reference, state="sent")
                return bool(told["deliveries"])

            wait_for(sent, 60, f"{slug}'s citizen is told")
    return made


def other(slug: str) -> str:
    return next(each for each in NAMES if each != slug)


# -- the broker ------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", NAMES)
@pytest.mark.parametrize("service", [None, *SERVICES])
def test_no_user_of_a_city_comes_into_the_virtual_host_of_another(
    towns: dict[str, Town], slug: str, service: str | None
) -> None:
    name = f"{service.upper()}_AMQP_URI" if service else "AMQP_URI"
    own = towns[slug].city.secret(name)
    with kombu.Connection(own, connect_timeout=5) as connection:
        connection.connect()
    foreign = own.removesuffix(slug) + other(slug)
    with (
        kombu.Connection(foreign, connect_timeout=5) as connection,
        pytest.raises((NotAllowed, AccessRefused)),
    ):
        connection.connect()


def test_users_of_a_city_have_rights_in_its_virtual_host_alone(
    broker: Broker, towns: dict[str, Town]
) -> None:
    for slug, town in towns.items():
        told = broker.control(
            "list_user_permissions", town.city.broker_user("grievance"), "--no-table-headers"
        )
        assert [line.split()[0] for line in told.splitlines()] == [slug]


# -- events, calls, queues -------------------------------------------------------------------------


def test_events_stay_in_the_log_of_their_city(
    towns: dict[str, Town], filed: dict[str, dict[str, Any]]
) -> None:
    for slug, town in towns.items():
        subjects = {str(event.subject) for event in town.logged("grievance")}
        assert any(filed[slug]["id"] in each for each in subjects)
        assert not any(filed[other(slug)]["id"] in each for each in subjects)


def test_a_call_is_answered_by_the_service_of_that_name_in_its_own_city(
    towns: dict[str, Town], filed: dict[str, dict[str, Any]]
) -> None:
    for slug, town in towns.items():
        with town.client(ADMIN) as city:
            assert city.grievance.get(id=filed[slug]["id"])["id"] == filed[slug]["id"]
            with pytest.raises(NotFound):
                city.grievance.get(id=filed[other(slug)]["id"])
            listed = json.dumps(city.grievance.list(limit=100), default=str)
            assert filed[other(slug)]["id"] not in listed


def test_what_follows_an_event_follows_in_its_city_alone(
    towns: dict[str, Town], filed: dict[str, dict[str, Any]]
) -> None:
    for slug, town in towns.items():
        with town.client(ADMIN) as city:
            told = city.notify.deliveries(recipient_ref=filed[other(slug)]["id"])
            assert told["deliveries"] == []


def test_a_message_says_it_is_from_its_own_city(
    mail: SmtpServer, filed: dict[str, dict[str, Any]]
) -> None:
    for slug in NAMES:
        mine = [each for each in mail.mails if each.to == (f"asha@{slug}.example",)]
        assert mine
        assert {each.message["From"] for each in mine} == {f"noreply@{slug}.example"}
        texts = " ".join(each.message.get_content() for each in mine)
        assert other(slug) not in texts.lower()
        assert NAMES[other(slug)][0] not in texts


def test_a_dead_letter_lies_in_its_city_alone(
    towns: dict[str, Town], parts: dict[tuple[str, str, str], Part]
) -> None:
    towns["pune"].put("notify.deliveries", "no event")

    def dead(slug: str) -> int | None:
        queue = "notify.deliveries.dead"
        return topology.depths(towns[slug].amqp_uri, [queue])[queue]

    wait_for(lambda: dead("pune") == 1, 30, "the dead letter")
    assert dead("nashik") == 0
    listed = {slug: towns[slug].palika("dead-letters", "list", "--json").stdout for slug in NAMES}
    assert "notify.deliveries" in listed["pune"]
    assert [line for line in listed["nashik"].splitlines() if line not in ("", "[]")] == []


# -- databases and files ---------------------------------------------------------------------------


@pytest.mark.parametrize("slug", NAMES)
def test_no_role_of_a_city_connects_to_a_database_of_another(
    towns: dict[str, Town], slug: str
) -> None:
    mine, theirs = towns[slug].city, towns[other(slug)].city
    for service in database_names():
        url = mine.secret(f"{service.upper()}_DATABASE_URL")
        psycopg2.connect(url, connect_timeout=5).close()
        server = url.rpartition("/")[0]
        foreign = [theirs.database(each) for each in database_names()]
        others = [mine.database(each) for each in database_names() if each != service]
        for database in (*foreign, *others, "postgres", "template1"):
            with pytest.raises(psycopg2.OperationalError, match="permission denied"):
                psycopg2.connect(f"{server}/{database}", connect_timeout=5)


def test_a_role_of_a_city_may_make_no_other_role_and_no_database(towns: dict[str, Town]) -> None:
    url = towns["pune"].city.secret("TAX_DATABASE_URL")
    connection = psycopg2.connect(url, connect_timeout=5)
    connection.autocommit = True
    try:
        for statement in (
            "CREATE DATABASE another",
            "CREATE ROLE another",
            f"SET ROLE {towns['nashik'].city.database('tax')}",
            "COPY (SELECT 1) TO PROGRAM 'true'",
        ):
            with (
                connection.cursor() as cursor,
                pytest.raises(psycopg2.errors.InsufficientPrivilege),
            ):
                cursor.execute(statement)
    finally:
        connection.close()


def test_a_file_is_kept_in_its_city_and_shown_by_no_other(
    towns: dict[str, Town], filed: dict[str, dict[str, Any]]
) -> None:
    import base64

    with towns["pune"].client(ADMIN) as city:
        made = city.grievance.attach(
            id=filed["pune"]["id"],
            kind="photo_before",
            content_base64=base64.b64encode(photo()).decode(),
        )
    with towns["nashik"].client(ADMIN) as city, pytest.raises(NotFound):
        city.grievance.attachment(id=filed["pune"]["id"], attachment_id=made["id"])

    def kept(slug: str) -> list[str]:
        return [
            path.name
            for path in (towns[slug].city.var / "attachments").rglob("*")
            if path.is_file() and not path.name.startswith(".")
        ]

    assert kept("pune")
    assert not set(kept("pune")) & set(kept("nashik"))


# -- people and programs ---------------------------------------------------------------------------


def test_what_one_city_has_sealed_another_does_not_open(towns: dict[str, Town]) -> None:
    keeping, seals = {}, {}
    for slug, town in towns.items():
        with as_city(town.city):
            keeping[slug] = city_keeping()
            from palika.keys import city_keys

            keys = city_keys("tax_document_keys", settings("tax").tax_document_keys)
            seals[slug] = Seal(keys, "https://city.example")
    sealed = keeping["pune"].seal({"secret": "x"})
    assert keeping["pune"].open(sealed) == {"secret": "x"}
    with pytest.raises(ValueError, match="key that sealed it"):
        keeping["nashik"].open(sealed)
    assert keeping["pune"].of_token("t") != keeping["nashik"].of_token("t")
    assert keeping["pune"].form_token("t") != keeping["nashik"].form_token("t")
    assert set(seals["pune"].keys).isdisjoint(seals["nashik"].keys)


def test_a_session_of_one_city_is_nobody_at_another(
    towns: dict[str, Town], parts: dict[tuple[str, str, str], Part]
) -> None:
    town = towns["pune"]
    with as_city(town.city):
        keeping, config = city_keeping(), settings("portal")
        engine = create_engine(config)
    now = datetime.now(UTC)
    from sqlalchemy.orm import Session

    with Session(engine) as session, session.begin():
        account = Account(
            id=uuid7(),
            person="a.jadhav2",
            names={"mr": "अभय जाधव", "en": "Abhay Jadhav"},
            created_at=now,
            created_by="tests",
            language="en",
            totp_at=now,
            posts=[],
            posts_asked_at=now,
        )
        session.add(account)
        session.flush()
        device = Device("127.0.0.1", "127.0.0.0/24", "Firefox, Linux")
        begun = begin_session(session, keeping, account, device, Stage.WHOLE, Way.PASSWORD, now)
    engine.dispose()
    seen = {
        slug: requests.get(
            f"{parts[slug, 'run', 'portal'].pages}/en/account/sessions",
            cookies={"palika": begun.token},
            allow_redirects=False,
            timeout=30,
        )
        for slug in NAMES
    }
    assert seen["pune"].status_code == 200
    assert seen["nashik"].status_code in (302, 303)
    assert "Abhay" not in seen["nashik"].text


def test_a_program_s_token_of_one_city_is_refused_at_another(
    towns: dict[str, Town], parts: dict[tuple[str, str, str], Part]
) -> None:
    made = towns["pune"].palika(
        "portal", "token", "add", "map", "--scope", "grievance:read", "--json"
    )
    assert made.returncode == 0, made.stderr
    token = json.loads(made.stdout)["token"]
    asked = {
        slug: requests.get(
            f"{parts[slug, 'run', 'portal'].pages}/api/v1/grievances/mine",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        ).status_code
        for slug in NAMES
    }
    assert asked["nashik"] == 401
    assert asked["pune"] != 401
    listed = towns["nashik"].palika("portal", "token", "list", "--json")
    assert "map" not in listed.stdout


def test_a_page_that_is_kept_bears_its_own_city_whatever_address_it_is_asked_by(
    parts: dict[tuple[str, str, str], Part],
) -> None:
    for slug in NAMES:
        pages = parts[slug, "run", "portal"].pages
        for host in ({}, {"Host": f"{other(slug)}.example"}):
            for language, name in zip(("mr", "en"), NAMES[slug], strict=True):
                for _ in range(2):
                    answer = requests.get(f"{pages}/{language}/", headers=host, timeout=30)
                    assert answer.status_code == 200
                    answer.encoding = "utf-8"
                    assert name in answer.text
                    assert NAMES[other(slug)][0 if language == "mr" else 1] not in answer.text


# -- what is watched -------------------------------------------------------------------------------


def test_a_process_counts_and_logs_its_own_city_alone(
    parts: dict[tuple[str, str, str], Part], filed: dict[str, dict[str, Any]]
) -> None:
    for slug in NAMES:
        part = parts[slug, "run", "grievance"]
        assert part.metric("palika_rpc_requests_total", outcome="ok", method="grievance.file") == 1
        lines = [json.loads(line) for line in part.said.splitlines() if line.startswith("{")]
        assert {line["city"] for line in lines} == {slug}
        assert filed[other(slug)]["id"] not in part.said


# -- mistakes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["AMQP_URI", "GRIEVANCE_DATABASE_URL", "PALIKA_NOTIFY_KEYS"])
def test_a_command_of_one_city_with_the_environment_of_another_is_refused(
    towns: dict[str, Town], name: str
) -> None:
    theirs = towns["pune"].city.variables[name]
    done = towns["nashik"].palika("queues", "list", **{name: theirs})
    assert done.returncode == 2
    assert name in done.stderr
    assert "nashik" in done.stderr
    assert theirs not in done.stderr


@pytest.mark.parametrize("name", ["AMQP_URI", "GRIEVANCE_AMQP_URI", "GRIEVANCE_DATABASE_URL"])
def test_a_city_that_was_given_what_is_another_s_does_not_start(
    towns: dict[str, Town], name: str
) -> None:
    mine, theirs = towns["nashik"].city, towns["pune"].city
    path, own = mine.secrets / name, mine.secret(name)
    path.write_text(theirs.secret(name))
    try:
        for arguments in (["run", "grievance"], ["relay", "grievance"]):
            done = towns["nashik"].palika(*arguments)
            assert done.returncode == 2, done.stderr
            assert "nashik" in done.stderr
            assert "pune" in done.stderr
            assert own.rpartition(":")[2].partition("@")[0] not in done.stderr
        checked = towns["nashik"].palika("cities", "check")
        assert checked.returncode == 1
        assert "nashik" in checked.stdout
        assert "pune" in checked.stdout
    finally:
        path.write_text(own)
    sessions.cache_clear()
