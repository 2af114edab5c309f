"""Where `palika up` lets a web service serve its pages."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import services
from palika import config
from palika.config import settings
from palika.health import HealthServer, Readiness
from palika.local.city import City, database_names, service_names, web_names
from palika.local.parts import Part, answers, lay_out
from palika.local.processes import LocalError


@pytest.fixture
def city(tmp_path: Path) -> City:
    found = City(tmp_path)
    found.run.mkdir()
    return found


@pytest.fixture
def usual_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of the settings: one that is free, until a test takes it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    monkeypatch.setitem(config.defaults(), "portal_http_port", port)
    settings.cache_clear()
    yield port
    settings.cache_clear()


def portal(city: City) -> Part:
    (part,) = [part for part in lay_out(city) if part.kind == "web"]
    return part


def test_whoever_has_a_database_has_a_relay_and_a_web_service_may_have_one(city: City) -> None:
    laid_out = [(part.service, part.kind) for part in lay_out(city)]
    assert sorted(laid_out) == sorted(
        [
            *((service, "service") for service in service_names()),
            *((service, "web") for service in web_names()),
            *((service, "relay") for service in database_names()),
        ]
    )
    assert web_names() == ["portal"]
    assert database_names() == sorted([*service_names(), "portal"])


def test_a_web_service_without_migrations_has_neither_database_nor_relay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kiosk").mkdir()
    (tmp_path / "kiosk" / "app.py").touch()
    monkeypatch.setattr("services.__path__", [*services.__path__, str(tmp_path)])
    assert web_names() == ["kiosk", "portal"]
    assert "kiosk" not in database_names()


def test_it_takes_the_usual_port_and_keeps_it(city: City, usual_port: int) -> None:
    for _ in range(2):
        part = portal(city)
        assert part.pages == f"http://127.0.0.1:{usual_port}/"
        assert part.variables == {"PALIKA_PORTAL_HTTP_PORT": str(usual_port)}
        assert part.entry()["pages"] == part.pages
    assert part.command[3:5] == ["run", "portal"]


def test_it_takes_another_port_where_the_usual_one_is_taken(city: City, usual_port: int) -> None:
    with socket.create_server(("127.0.0.1", usual_port)):
        other = portal(city).variables["PALIKA_PORTAL_HTTP_PORT"]
        assert int(other) != usual_port
        # That is its own as long as the usual one is taken, and no longer.
        assert portal(city).variables["PALIKA_PORTAL_HTTP_PORT"] == other
        assert json.loads((city.run / "ports.json").read_text())["portal pages"] == int(other)
    assert portal(city).variables["PALIKA_PORTAL_HTTP_PORT"] == str(usual_port)


@pytest.fixture
def listens_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Lets every process, and the portal's pages, listen on that address."""

    def listen(host: str) -> None:
        monkeypatch.setenv("PALIKA_HTTP_HOST", host)
        monkeypatch.setenv("PALIKA_PORTAL_HTTP_HOST", host)
        settings.cache_clear()

    yield listen
    settings.cache_clear()


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.2", "127.0.0.2"),
        ("0.0.0.0", "127.0.0.1"),
        ("localhost", "localhost"),
        ("::1", "[::1]"),
        ("::", "[::1]"),
    ],
)
def test_a_process_is_asked_where_it_listens(
    city: City, listens_on: Callable[[str], None], host: str, asked: str
) -> None:
    listens_on(host)
    part = portal(city)
    server = HealthServer(settings().http_host, part.port, Readiness())
    server.start()
    assert answers(part.host, part.port, "/healthz", "")
    assert part.entry()["host"] == host
    assert part.pages == f"http://{asked}:{part.variables['PALIKA_PORTAL_HTTP_PORT']}/"


def test_all_addresses_are_those_of_both_kinds() -> None:
    server = HealthServer("::", 0, Readiness())
    server.start()
    assert answers("::1", server.port, "/healthz", "")
    assert answers("127.0.0.1", server.port, "/healthz", "")


def test_an_address_of_another_machine_is_told_at_once(
    city: City, listens_on: Callable[[str], None]
) -> None:
    # Of TEST-NET-1, which RFC 5737 keeps for examples.
    listens_on("192.0.2.1")
    with pytest.raises(LocalError, match=r"^192\.0\.2\.1 cannot be listened on: "):
        lay_out(city)


def test_a_port_that_the_environment_names_is_taken_as_it_is(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PALIKA_PORTAL_HTTP_PORT", "9")
    settings.cache_clear()
    try:
        part = portal(city)
    finally:
        settings.cache_clear()
    assert (part.pages, part.variables) == ("http://127.0.0.1:9/", {})


def gateway_of(city: City) -> tuple[Part, Part] | None:
    """The payment gateway's process and the tax service, of a city of sample work."""
    parts = {(part.service, part.kind): part for part in lay_out(city, of_sample_work=True)}
    found = parts.get(("tax", "gateway"))
    return None if found is None else (found, parts["tax", "service"])


def test_in_a_city_of_sample_work_taxes_can_be_paid(city: City, usual_port: int) -> None:
    found = gateway_of(city)
    assert found is not None
    gateway, tax = found
    pages = f"http://127.0.0.1:{usual_port}"
    where = ["tax", "loopback", "--portal", f"{pages}/", "--port", str(gateway.port)]
    assert gateway.command[3:9] == where
    assert tax.variables["PALIKA_RAZORPAY_URL"] == f"http://127.0.0.1:{gateway.port}"
    assert tax.variables["PALIKA_PORTAL_URL"] == pages, "payers are led back"
    for name in ("KEY_ID", "KEY_SECRET", "WEBHOOK_SECRETS"):
        name = f"PALIKA_RAZORPAY_{name}"
        assert tax.variables[name] == gateway.variables[name] != ""
    again = gateway_of(city)
    assert again is not None
    assert again[0].port == gateway.port, "it keeps its port"
    secret = "PALIKA_RAZORPAY_KEY_SECRET"
    assert again[0].variables[secret] != gateway.variables[secret]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PALIKA_RAZORPAY_URL", "https://api.razorpay.com"),
        ("PALIKA_RAZORPAY_KEY_ID", "rzp_live_1"),
        ("PALIKA_PRODUCTION", "yes"),
    ],
)
def test_a_city_with_a_gateway_of_its_own_or_a_real_one_gets_none(
    city: City, usual_port: int, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    (city.run / "keys").touch()
    for each in config.KEY_FILES:
        monkeypatch.setenv(config.variable_of(each), str(city.run / "keys"))
    settings.cache_clear()
    assert gateway_of(city) is None
    assert all(part.kind != "gateway" for part in lay_out(city))
