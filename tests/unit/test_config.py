"""Settings: what is wrong names its variable and what is accepted, and never shows a password."""

import dataclasses
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from palika import broker_addresses, config
from palika.config import ConfigError, Settings, settings, variable_of, with_database
from tests.support.wrong_settings import SECRET, WRONG

DEFAULTS = Path(config.__file__).with_name("defaults.yaml")
Set = Callable[..., None]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Settings are read once a process; here, once a test."""
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def set_(monkeypatch: pytest.MonkeyPatch) -> Set:
    """Set variables of the environment: ``set_(PALIKA_WORKERS="3")``."""

    def set_all(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()

    return set_all


def refused(service: str | None = None) -> str:
    """What the settings say that are wrong."""
    with pytest.raises(ConfigError) as error:
        settings(service)
    return str(error.value)


# ---- the broker's nodes


def test_a_broker_has_one_address_or_several_of_one_virtual_host(set_: Set):
    several = "amqp://u:p@a:5672/city; amqp://u:p@b:5672/city;amqp://u:p@b:5673/city"
    set_(AMQP_URI=several)
    assert settings().amqp_uri == several
    assert [each[:13] for each in broker_addresses.split(several)] == [
        "amqp://u:p@a:",
        "amqp://u:p@b:",
        "amqp://u:p@b:",
    ]
    assert broker_addresses.in_order(several) == broker_addresses.in_order(several)


def test_no_password_of_any_node_is_told(set_: Set):
    set_(AMQP_URI="amqp://u:first@a/x;amqp://u:second@b/y")
    assert "first" not in refused()
    assert "second" not in refused()
    assert "its nodes are not of one virtual host" in refused()


# ---- the list of settings


def test_every_setting_has_a_default_and_every_default_is_a_setting():
    defaults = yaml.safe_load(DEFAULTS.read_text("utf-8"))
    declared = {field.name for field in dataclasses.fields(Settings)} - {"service"}
    assert set(defaults) == declared
    assert set(config._SCHEMA.fields) == declared


def test_every_default_is_explained_where_it_stands():
    lines = DEFAULTS.read_text("utf-8").splitlines()
    unexplained = [line for line in lines if re.match(r"\w+:", line) and " # " not in line]
    assert unexplained == []


def test_every_setting_says_what_it_accepts():
    silent = [name for name, field in config._SCHEMA.fields.items() if not field.metadata]
    assert silent == []


def test_the_defaults_are_valid_and_have_their_types():
    given_ = settings()
    hints = Settings.__annotations__
    for name in ("workers", "batch_size", "event_log_max_bytes"):
        assert hints[name] is int
        assert type(getattr(given_, name)) is int
    assert given_.retry_delays_ms == (1_000, 10_000, 60_000, 600_000)
    assert given_.service is None


def test_every_setting_has_a_variable():
    assert variable_of("batch_size") == "PALIKA_BATCH_SIZE"
    assert variable_of("amqp_uri") == "AMQP_URI"
    assert variable_of("database_url") == "DATABASE_URL"


# ---- the environment


def test_the_environment_is_stronger_than_the_defaults(set_: Set):
    set_(PALIKA_WORKERS="3", PALIKA_QUIET_MS="2.5", PALIKA_LOG_FORMAT="json")
    given_ = settings("kpi")
    assert (given_.workers, given_.quiet_ms, given_.log_format) == (3, 2.5, "json")


def test_settings_are_read_once_a_process(set_: Set):
    first = settings()
    os.environ["PALIKA_WORKERS"] = "4"
    try:
        assert settings() is first
    finally:
        del os.environ["PALIKA_WORKERS"]


@pytest.mark.parametrize(
    ("text", "delays"),
    [("5", (5,)), ("100,300", (100, 300)), (" 100 , 300 ,", (100, 300)), ("", ())],
)
def test_delays_are_numbers_with_commas_between(set_: Set, text, delays):
    set_(PALIKA_RETRY_DELAYS_MS=text)
    assert settings().retry_delays_ms == delays


def test_each_service_has_a_database_of_its_own(set_: Set):
    set_(DATABASE_URL="postgresql://u:p@db:5433/any?sslmode=require")
    assert settings("kpi").database_url == "postgresql://u:p@db:5433/palika_kpi?sslmode=require"
    assert settings("tax").database_url == "postgresql://u:p@db:5433/palika_tax?sslmode=require"
    assert settings().database_url == "postgresql://u:p@db:5433/any?sslmode=require"


def test_a_services_own_database_url_is_taken_as_it_is(set_: Set):
    set_(KPI_DATABASE_URL="postgresql://replica/numbers", DATABASE_URL="postgresql://db/")
    assert settings("kpi").database_url == "postgresql://replica/numbers"
    assert settings("tax").database_url == "postgresql://db/palika_tax"


def test_a_database_may_be_behind_a_unix_socket(set_: Set):
    set_(DATABASE_URL="postgresql:///any?host=/run/postgresql&sslmode=disable")
    there = "?host=/run/postgresql&sslmode=disable"
    assert settings("kpi").database_url == f"postgresql:///palika_kpi{there}"
    set_(DATABASE_URL="postgresql://clerk:pw@/?host=/run/postgresql")
    assert settings("kpi").database_url == (
        "postgresql://clerk:pw@/palika_kpi?host=/run/postgresql"
    )


def test_a_database_is_replaced_and_nothing_else():
    assert with_database("postgresql://u@h:1/a?x=y", "b") == "postgresql://u@h:1/b?x=y"
    assert with_database("postgresql://h", "b") == "postgresql://h/b"


# ---- what is wrong


def test_there_is_a_wrong_value_for_every_setting():
    assert set(WRONG) | set(SECRET) == set(config._SCHEMA.fields)


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_wrong_value_names_its_variable_the_value_and_what_is_accepted(set_: Set, name, value):
    set_(**{variable_of(name): value})
    (line,) = refused().splitlines()
    accepted = config._SCHEMA.fields[name].metadata["accepted"]
    assert line.startswith(f"{variable_of(name)} is {value!r}: ")
    assert line.endswith(f"; accepted is {accepted}")


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in SECRET.items() for value in values]
)
def test_a_wrong_secret_is_not_told(set_: Set, name, value):
    set_(**{variable_of(name): value})
    (line,) = refused().splitlines()
    wrong = "(not plain characters|not of this form); accepted is "
    assert re.match(rf"{variable_of(name)} is '\*\*\*': {wrong}", line)


def test_everything_that_is_wrong_is_told_at_once(set_: Set):
    set_(PALIKA_WORKERS="none", PALIKA_LOG_LEVEL="loud", AMQP_URI="rabbit")
    assert {line.split()[0] for line in refused().splitlines()} == {
        "PALIKA_WORKERS",
        "PALIKA_LOG_LEVEL",
        "AMQP_URI",
    }


def test_a_services_own_wrong_url_is_named_by_its_own_variable(set_: Set):
    set_(KPI_DATABASE_URL="sqlite:///kpi.db")
    assert refused("kpi").startswith("KPI_DATABASE_URL is 'sqlite:///kpi.db'")
    assert settings("tax").database_url.endswith("/palika_tax")


def test_a_prefetch_that_could_not_fill_a_batch_is_refused(set_: Set):
    set_(PALIKA_BATCH_SIZE="200", PALIKA_PREFETCH="199")
    assert "PALIKA_PREFETCH is 199: it must be at least PALIKA_BATCH_SIZE (200)" in refused()
    set_(PALIKA_PREFETCH="200")
    assert settings().prefetch == 200


def test_papers_and_attachments_are_never_kept_in_one_place(set_: Set):
    set_(PALIKA_ATTACHMENTS_URL="s3://city/kept", PALIKA_PAPERS_URL="s3://city/kept/")
    assert "name the same place" in refused()
    set_(PALIKA_PAPERS_URL="s3://city/kept/papers", PALIKA_PROJECT_PHOTOS_URL="s3://city/kept/")
    assert "PALIKA_PROJECT_PHOTOS_URL and PALIKA_ATTACHMENTS_URL name the same" in refused()
    set_(PALIKA_PROJECT_PHOTOS_URL="file:project-photos")
    assert settings().papers_url == "s3://city/kept/papers"


def test_evidence_is_kept_in_no_place_of_others(set_: Set):
    set_(PALIKA_EVIDENCE_URL="s3://city/kept", PALIKA_PAPERS_URL="s3://city/kept/")
    assert "PALIKA_EVIDENCE_URL and PALIKA_PAPERS_URL name the same place" in refused()
    set_(PALIKA_EVIDENCE_URL="s3://city/kept/evidence")
    assert settings().evidence_url == "s3://city/kept/evidence"


@pytest.mark.parametrize(
    ("given_", "hint"),
    [
        ("PALIKA_BATCHSIZE", "PALIKA_BATCH_SIZE"),
        ("PALIKA_WORKER", "PALIKA_WORKERS"),
        ("PALIKA_LOGLEVEL", "PALIKA_LOG_LEVEL"),
        ("PALIKA_AMQP_URI", "AMQP_URI"),
        ("PALIKA_DATABASE_URL", "DATABASE_URL"),
        ("PALIKA_KPI_DATABASE_URL", "KPI_DATABASE_URL"),
        ("GRIEVENCE_DATABASE_URL", "GRIEVANCE_DATABASE_URL"),
        ("KPIS_DATABASE_URL", "KPI_DATABASE_URL"),
        ("E_OFFICE_DATABASE_URL", "EOFFICE_DATABASE_URL"),
    ],
)
def test_a_variable_that_nearly_exists_is_refused_with_the_one_that_does(set_: Set, given_, hint):
    set_(**{given_: "1"})
    assert refused() == f"there is no setting {given_}; did you mean {hint}?"


def test_a_variable_like_none_that_exists_is_refused_too(set_: Set):
    set_(PALIKA_QQQQ="1")
    assert refused() == "there is no setting PALIKA_QQQQ"


def test_variables_of_others_are_left_alone(set_: Set):
    set_(PALIKA_VAR="/tmp/x", HOME="/", OTHER_DATABASE_URL="nonsense", TEST_DATABASE_URL="nonsense")
    assert settings("kpi").workers == 10


KUBERNETES = {
    "PALIKA_KPI_SERVICE_HOST": "10.0.0.11",
    "PALIKA_KPI_SERVICE_PORT": "5672",
    "PALIKA_KPI_SERVICE_PORT_AMQP": "5672",
    "PALIKA_KPI_PORT": "tcp://10.0.0.11:5672",
    "PALIKA_KPI_PORT_5672_TCP": "tcp://10.0.0.11:5672",
    "PALIKA_KPI_PORT_5672_TCP_PROTO": "tcp",
    "PALIKA_KPI_PORT_5672_TCP_PORT": "5672",
    "PALIKA_KPI_PORT_5672_TCP_ADDR": "10.0.0.11",
    "PALIKA_TAX_SERVICE_SERVICE_HOST": "10.0.0.13",
    "PALIKA_TAX_SERVICE_PORT": "tcp://10.0.0.13:80",
    "PALIKA_SERVICE_HOST": "10.0.0.12",
    "PALIKA_PORT": "tcp://10.0.0.12:80",
}


def test_what_kubernetes_tells_of_a_service_called_palika_stops_no_start(set_: Set):
    set_(**KUBERNETES)
    assert settings("kpi").workers == 10


@pytest.mark.parametrize("given_", ["PALIKA_KPI_PORT_X", "PALIKA_KPI_HOST", "PALIKA_KPI_WORKERS"])
def test_what_kubernetes_does_not_write_is_refused_beside_it(set_: Set, given_):
    set_(**KUBERNETES, **{given_: "1"})
    assert refused().startswith(f"there is no setting {given_}")


def test_a_port_of_nothing_that_kubernetes_tells_of_is_refused(set_: Set):
    set_(PALIKA_HTPP_PORT="80")
    assert refused() == "there is no setting PALIKA_HTPP_PORT; did you mean PALIKA_HTTP_PORT?"


# ---- secrets


@pytest.mark.parametrize(
    "url",
    [
        "http://guest:s3cret@h/",
        "amqp://guest:s3cret@h:port/",
        "amqp://guest:s3cret@",
        "amqp://guest:a/s3cret@h/",
        "amqp://guest:a@s3cret@h:x/",
        "amqp://guest:s3cret/x@h/",
        "amqp://:s3cret@h:x/",
        "amqp://s3cret@h:x/",
        "guest:s3cret@h",
        "amqp://h:x/?password=s3cret",
        "amqp://h:x/?a=b&PASSWORD=s3cret&c=d",
    ],
)
@pytest.mark.parametrize(
    "name", ["AMQP_URI", "DATABASE_URL", "KPI_DATABASE_URL", "PALIKA_SMTP_URL"]
)
def test_a_wrong_url_is_shown_without_its_password(set_: Set, name, url):
    set_(**{name: url})
    told = refused("kpi")
    assert told.startswith(f"{name} is ")
    assert "s3cret" not in told


@given(password=st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Cs"]), min_size=1))
@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_password_whatever_is_in_it_is_shown(set_: Any, password):
    secret = f"<{password}>"
    set_(AMQP_URI=f"http://guest:{secret}@h:1/")
    assert secret not in refused()
