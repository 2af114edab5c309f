"""The `palika` command without a city: what it refuses, in which words, with which exit status."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from palika import cli
from palika.config import named_servers_only, settings
from palika.errors import Invalid
from palika.local.city import City, service_names, use_running_city
from palika.local.processes import LocalError, ProcessId
from palika.local.supervisor import Supervisor


@pytest.fixture(autouse=True)
def own_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def running_state() -> dict[str, object]:
    me = ProcessId.of(os.getpid())
    assert me is not None
    return {
        "phase": "up",
        "supervisor": {"pid": me.pid, "created": me.created},
        "started_at": "2026-07-01T00:00:00+00:00",
        "amqp_uri": "amqp://palika:secret@127.0.0.1:1/%2F",
        "database_url": "postgresql://palika:secret@127.0.0.1:2/postgres",
        "parts": [],
    }


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    for command in ("up", "down", "status", "run", "relay", "migrate", "dead-letters", "events"):
        assert f"\n  {command} " in shown
    assert "showcase" not in shown


@pytest.mark.parametrize("command", ["up", "down", "status", "run", "relay", "migrate"])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([command, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: palika {command}")


def test_an_unknown_service_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "water"]) == 2
    error = capsys.readouterr().err
    assert "there is no service 'water'" in error
    assert service_names()[0] in error


@pytest.mark.parametrize(
    "arguments", [["fly"], ["run"], ["run", "kpi", "--workers", "0"], ["up", "--sideways"]]
)
def test_wrong_usage_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 2
    assert "Error:" in capsys.readouterr().err


def test_status_of_no_city(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status"]) == 1
    assert "the city is not up" in capsys.readouterr().err
    assert cli.main(["status", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {"phase": "down", "parts": []}


@pytest.mark.parametrize("phase", ["starting", "stopping"])
def test_status_of_a_city_that_is_not_up_yet_or_any_more(
    own_var: Path, phase: str, capsys: pytest.CaptureFixture[str]
) -> None:
    city = City(own_var)
    city.run.mkdir()
    city.write(running_state() | {"phase": phase, "amqp_uri": "", "database_url": ""})
    assert cli.main(["status"]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith(f"the city is {phase}; ")
    assert "PORT" not in shown
    assert not any(line.startswith(("broker", "metrics")) for line in shown.splitlines())
    assert cli.main(["status", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["phase"] == phase


def test_down_without_a_city_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["down"]) == 0
    assert capsys.readouterr().out == "the city is not up\n"
    assert cli.main(["down", "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_a_second_city_is_refused(own_var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with City(own_var).alone():
        assert cli.main(["up"]) == 1
        assert cli.main(["up", "--detach"]) == 1
    assert capsys.readouterr().err.count("the city is up already") == 2


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PALIKA_BATCH_SIZE", "many"),
        ("TAX_DATABASE_URL", "mysql://127.0.0.1/tax"),
        ("PALIKA_HTTP_HOST", "192.0.2.1"),
        ("PALIKA_PORTAL_HTTP_HOST", "nowhere.invalid"),
    ],
)
@pytest.mark.parametrize("detach", [[], ["--detach"]])
def test_a_wrong_setting_is_told_once_before_anything_starts(
    own_var: Path,
    variable: str,
    value: str,
    detach: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(variable, value)
    assert cli.main(["up", *detach]) == 2
    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"palika: {variable} is '{value}': ")
    assert shown.err.count(variable) == 1
    assert list(own_var.iterdir()) == []


def test_a_start_in_the_background_that_fails_is_told_once(
    own_var: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AMQP_URI", "amqp://guest:guest@127.0.0.1:1/")
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/x")
    assert cli.main(["up", "--detach"]) == 1
    shown = capfd.readouterr()
    assert (shown.out + shown.err).count("which does not answer") == 1
    log = own_var / "log" / "up.log"
    assert f"the city did not come up; all that it said is in {log}" in shown.err
    assert cli.main(["up", "--detach", "--json"]) == 1
    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err.count("which does not answer") == 1


def test_a_named_server_that_is_not_there_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AMQP_URI", "amqp://guest:guest@127.0.0.1:1/")
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/x")
    assert cli.main(["up"]) == 1
    error = capsys.readouterr().err
    assert "AMQP_URI names 127.0.0.1:1, which does not answer" in error
    assert "guest" not in error


@pytest.mark.parametrize(
    ("name", "url", "where"),
    [
        ("AMQP_URI", "amqps://nowhere.invalid/", "nowhere.invalid:5671"),
        ("AMQP_URI", "amqp://nowhere.invalid/", "nowhere.invalid:5672"),
        ("DATABASE_URL", "postgresql://nowhere.invalid/", "nowhere.invalid:5432"),
        ("DATABASE_URL", "postgresql:///x?host=/nowhere", "/nowhere/.s.PGSQL.5432"),
    ],
)
def test_a_server_is_looked_for_where_its_url_says(
    name: str,
    url: str,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as answers:
        monkeypatch.setenv("AMQP_URI", f"amqp://127.0.0.1:{answers.getsockname()[1]}/")
        monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/")
        monkeypatch.setenv(name, url)
        assert cli.main(["up"]) == 1
    assert f"{name} names {where}, which does not answer" in capsys.readouterr().err


def test_commands_find_the_running_city(own_var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    city = City(own_var)
    city.run.mkdir()
    state = running_state()
    city.write(state)
    assert city.state_file.stat().st_mode & 0o077 == 0
    monkeypatch.setenv("AMQP_URI", "amqp://mine/")
    monkeypatch.setenv("DATABASE_URL", "removed below, and restored after the test")
    monkeypatch.delenv("DATABASE_URL")
    use_running_city()
    assert os.environ["AMQP_URI"] == "amqp://mine/", "what the user has set stays"
    assert os.environ["DATABASE_URL"] == state["database_url"]


def test_sample_work_is_at_home_only_where_the_city_has_started_both_servers(own_var: Path) -> None:
    city = City(own_var)
    city.run.mkdir()
    assert not city.has_started("postgresql://palika:secret@127.0.0.1:2/palika_tax")
    city.write(running_state() | {"own_servers": True})
    assert city.has_started("postgresql://palika:secret@127.0.0.1:2/palika_tax")
    assert not city.has_started("postgresql://palika:secret@127.0.0.1:3/palika_tax")
    assert not city.has_started("postgresql://palika:secret@elsewhere:2/palika_tax")
    city.write(running_state() | {"own_servers": False})
    assert not city.has_started("postgresql://palika:secret@127.0.0.1:2/palika_tax")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AMQP_URI", "amqp://127.0.0.1/"),
        ("DATABASE_URL", "postgresql://127.0.0.1/"),
        ("TAX_DATABASE_URL", "postgresql://127.0.0.1/tax"),
    ],
)
def test_a_city_with_any_server_of_another_has_not_its_own(
    variable: str, value: str, own_var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def own_servers() -> bool:
        return Supervisor(City(own_var), say=print, doing=print).own_servers

    assert own_servers()
    monkeypatch.setenv(variable, value)
    assert not own_servers()


def test_a_recycled_pid_is_not_taken_for_the_city(own_var: Path) -> None:
    city = City(own_var)
    city.run.mkdir()
    state = running_state()
    state["supervisor"]["created"] -= 100  # type: ignore[index]
    city.write(state)
    assert city.supervisor is None
    assert city.addresses() == {}


def test_a_broken_plugin_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "services" / "water"
    package.mkdir(parents=True)
    (package / "cli.py").write_text("raise ValueError('no pump')")
    services = sys.modules.get("services") or __import__("services")
    monkeypatch.setattr(services, "__path__", [str(tmp_path / "services")])
    with pytest.raises(LocalError, match=r"services/water/cli.py cannot be loaded.*no pump"):
        cli._plugin("water")
    (package / "cli.py").write_text("")
    with pytest.raises(LocalError, match="has no function register"):
        cli._plugin("water")
    sys.modules.pop("services.water.cli", None)
    sys.modules.pop("services.water", None)


def test_an_error_of_ours_names_its_fields(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise Invalid("wrong arguments", {"department": ["Length must be between 1 and 100."]})

    monkeypatch.setattr(City, "stop_leftovers", refuse)
    assert cli.main(["down"]) == 1
    assert capsys.readouterr().err == (
        "palika: wrong arguments (department: Length must be between 1 and 100.)\n"
    )


def test_an_unexpected_error_is_one_line_unless_debugging(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(City, "stop_leftovers", fail)
    assert cli.main(["down"]) == 1
    assert capsys.readouterr().err == (
        "palika: ZeroDivisionError: oops (palika --debug … shows the trace)\n"
    )
    with pytest.raises(ZeroDivisionError):
        cli.main(["--debug", "down"])


def test_env_prints_what_a_shell_can_take(
    own_var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["env"]) == 1
    assert "`palika up` starts it" in capsys.readouterr().err
    city = City(own_var)
    city.run.mkdir()
    state = running_state()
    city.write(state)
    assert cli.main(["env"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"export AMQP_URI={state['amqp_uri']}",
        f"export DATABASE_URL={state['database_url']}",
    ]


COMMANDS_OF_A_CITY = [
    ["migrate"],
    ["seed", "--properties", "1"],
    ["seed", "--properties", "1", "--yes"],
    ["kpi", "show"],
    ["kpi", "alerts"],
    ["kpi", "forecast", "water-nrw"],
    ["kpi", "rebuild", "--json"],
    ["queues", "list"],
    ["dead-letters", "list"],
    ["events", "tail", "--all", "--no-follow"],
    ["grievance", "report", "pendency"],
]


@pytest.mark.parametrize("command", COMMANDS_OF_A_CITY, ids=" ".join)
def test_a_city_that_is_not_up_is_told_in_words(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AMQP_URI", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert cli.main(command) == 1
    assert capsys.readouterr().err == (
        "palika: the city is not up: `palika up` starts it; or name a broker and a database server "
        "in AMQP_URI and DATABASE_URL\n"
    )
    # Processes that are no commands go on using the defaults.
    assert settings().amqp_uri
    assert settings("tax").database_url


def test_an_import_is_not_tried_on_any_server(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AMQP_URI", "amqp://127.0.0.1:1/")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    rows = tmp_path / "rows.csv"
    rows.write_text("REQUESTID,DATETIMEINIT\n1,2026-01-01\n")
    examples = root / "examples"
    command = ["import", "grievances", str(rows), "--map", str(examples / "stlouis-csb.map.yaml")]
    assert cli.main(command) == 1
    assert "the city is not up" in capsys.readouterr().err


def test_what_needs_no_city_is_done_without_one(root: Path) -> None:
    data = root / "services" / "grievance" / "data"
    assert cli.main(["grievance", "catalogue", "check", str(data)]) == 0


def test_one_database_that_is_named_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("TAX_DATABASE_URL", "postgresql://127.0.0.1:1/taxes")
    with named_servers_only():
        assert settings("tax").database_url == "postgresql://127.0.0.1:1/taxes"
        with pytest.raises(LocalError, match="the city is not up"):
            _ = settings("kpi").database_url
        assert settings("kpi").batch_size
        with pytest.raises(AttributeError, match="there is no setting 'nonsense'"):
            getattr(settings("kpi"), "nonsense")  # noqa: B009 - as the city's parts ask for theirs


@pytest.mark.parametrize("module", ["services.kpi.cli", "palika.cli.city", "palika.cli.up"])
def test_a_module_of_commands_brings_nothing_that_only_one_of_them_needs(module: str) -> None:
    heavy = ("nameko", "rich", "sqlalchemy", "xlsxwriter", "PIL", "services.kpi.commands.rebuild")
    code = f"import sys, {module}; print(*(set({heavy}) & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
