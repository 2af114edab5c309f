"""``palika notify campaign``: from a file to the end, as an office types it."""

import base64
import csv
import json
import os
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from services.notify.template_store import TemplateStore
from tests.support import commands
from tests.support.commands import PYTHONPATH
from tests.support.notify import NOW, Desk
from tests.support.notify_campaigns import Bulk, number, row, write


@pytest.fixture
def run(desk: Desk, database: sessionmaker[Session], tmp_path) -> Iterator:
    """Run a command; gives its status, and its JSON or its errors."""
    url = database.kw["bind"].url.set(drivername="postgresql")
    keys = tmp_path / "keys"
    keys.write_bytes(base64.b64encode(b"0" * 32) + b"\n")
    Bulk(desk, tmp_path).clear()
    TemplateStore(database.begin).load_shipped(NOW)
    with database.begin() as session:
        session.execute(text("UPDATE whatsapp_template SET state = 'approved'"))
    environment = os.environ | {
        "NOTIFY_DATABASE_URL": url.render_as_string(hide_password=False),
        "PALIKA_NOTIFY_KEYS": str(keys),
        "PYTHONPATH": PYTHONPATH,
    }

    def running(*arguments, as_json=True):
        more = ("--json",) if as_json else ()
        done = commands.run(["notify", "campaign", *arguments, *more], environment)
        if done.returncode == 0 and as_json:
            return 0, json.loads(done.stdout)
        return done.returncode, done.stderr if done.returncode else done.stdout

    return running


@pytest.fixture
def create(run, tmp_path):
    """Make the campaign ``c`` of three good rows and two bad ones."""
    rows = [row(1), row(2), row(3), row(3), row(4, phone="12")]
    file = str(write(tmp_path / "a.csv", rows))

    def creating(*more, **changes):
        return run("create", "c", "--template", "tax.reminder_due", "--csv", file,
                   "--by", "officer:o-1", *more, **changes)  # fmt: skip

    return creating


def test_a_campaign_from_a_file_to_its_start(run, create, tmp_path):
    rejects = tmp_path / "rejects.csv"
    status, made = create(
        "--at", "2099-08-09T10:00", "--hours", "10:00-18:00", "--per-minute", "600",
        "--reject-file", str(rejects),
    )  # fmt: skip
    assert status == 0
    assert (made["state"], made["recipients"], made["rejected"]) == ("draft", 3, 2)
    assert (made["start_at"], made["starts"]) == ("2099-08-09T04:30:00Z", "9 Aug 2099, 10:00")
    assert made["estimate"]["told"] == 3
    assert made["progress"]["states"] == {"waiting": 3}
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.DictReader(file))
    assert [(each["row"], each["field"]) for each in written] == [("5", "row"), ("6", "phone")]
    assert number(4) not in rejects.read_text()
    status, error = run("approve", "c", "--by", "officer:o-1")
    assert (status, "by a supervisor" in error) == (1, True)
    assert run("approve", "c", "--by", "supervisor:s-1")[1]["state"] == "scheduled"
    assert run("start", "c", "--by", "supervisor:s-1")[1]["state"] == "running"
    assert run("pause", made["id"])[1]["state"] == "paused"
    assert run("resume", "c")[1]["state"] == "running"
    assert run("cancel", "c", "--by", "officer:o-1")[1]["progress"]["states"] == {"cancelled": 3}
    assert [each["name"] for each in run("list")[1]["campaigns"]] == ["c"]
    assert run("list", "--state", "draft")[1] == {"campaigns": []}


def test_people_read_it_too(run, create):
    create()
    status, shown = run("show", "c", as_json=False)
    assert status == 0
    for words in ("c (draft)", "3, 2 rejected", "3 could be told now", "₹0.00 without taxes"):
        assert words in shown
    # A draft is nothing to wait for.
    assert run("show", "c", "--follow", as_json=False) == (0, shown)
    _, shown = run("rejected", "c", as_json=False)
    assert shown.splitlines() == [
        "row 5: row: the same recipient as in row 4",
        "row 6: phone: must be an Indian mobile number (12)",
    ]
    _, shown = run("list", as_json=False)
    assert shown == "draft      c: tax.reminder_due, 3 recipients, 2 rejected\n"


def test_it_is_estimated_again_tried_out_and_its_rejections_paged(run, create, desk):
    create()
    assert run("show", "c", "--estimate")[1]["estimate"]["told"] == 3
    status, sent = run("test", "c", "9800000099")
    assert (status, sent["state"], sent["purpose"]) == (0, "created", "reminder")
    assert run("rejected", "c", "--limit", "1")[1]["next"] == 5
    page = run("rejected", "c", "--after", "5")[1]["rejections"]
    assert [each["row"] for each in page] == [6]


def test_made_again_it_is_the_one_that_is_there(create):
    first = create()[1]
    assert create()[1]["id"] == first["id"]
    status, error = create("--per-minute", "5")
    assert (status, "There is a campaign 'c' already." in error) == (1, True)


def test_a_query_is_left_to_the_service(run):
    status, made = run(
        "create", "q", "--template", "tax.reminder_due", "--query", "tax.owing",
        "--arguments", '{"least_paise": 100000}', "--by", "officer:o-1",
    )  # fmt: skip
    assert status == 0
    assert (made["state"], made["audience"]) == ("loading", "tax")
    assert made["query"] == {"name": "owing", "arguments": {"least_paise": 100000}}


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("show", "nothing"), 1),
        (("rejected", "nothing"), 1),
        (("pause", "nothing"), 1),
        (("create", "x", "--template", "tax.reminder_due", "--by", "officer:o"), 2),
        (("create", "x", "--template", "t.t", "--query", "tax", "--by", "officer:o"), 2),
        (("create", "x", "--template", "t.t", "--query", "tax.owing", "--by", "officer:o"), 1),
    ],
)
def test_what_is_wrong_ends_with_a_status_and_a_reason(run, arguments, status):
    found, error = run(*arguments)
    assert found == status
    assert error.strip()


@pytest.mark.parametrize(
    "option",
    [
        ("--at", "tomorrow"), ("--hours", "10"), ("--hours", "10:00-25:00"), ("--fields", "[]"),
        ("--per-minute", "0"), ("--at", "0001-01-01T00:00"),
    ],
)  # fmt: skip
def test_options_that_are_none_are_refused(create, option):
    assert create(*option)[0] == 2


def test_a_file_that_cannot_be_used_leaves_nothing(run, tmp_path):
    file = write(tmp_path / "b.csv", [["1", "2"]], ("phone", "colour"))
    status, error = run(
        "create", "b", "--template", "tax.reminder_due", "--csv", str(file), "--by", "officer:o",
    )  # fmt: skip
    assert (status, "colour" in error) == (1, True)
    assert run("show", "b")[0] == 1


@pytest.mark.parametrize(
    ("name", "fields", "rule"),
    [
        (" ", "{}", "must not be empty"),
        ("x" * 101, "{}", "Longer than maximum length 100"),
        ("c", '{"due_on": NaN}', "no number of JSON's"),
        ("c", '{"due_on": "\\u0000"}', "cannot be stored"),
    ],
)
def test_what_the_service_would_not_take_is_wrong_usage(run, name, fields, rule):
    status, error = run(
        "create", name, "--template", "tax.reminder_due", "--query", "tax.owing",
        "--fields", fields, "--by", "officer:o-1",
    )  # fmt: skip
    assert (status, rule in error) == (2, True), error


@pytest.mark.parametrize("by", ["bob", ":s-1", "supervisor:", "supervisor: ", "citizen:c-1", "x:y"])
def test_who_acts_has_a_kind_of_the_staff_and_a_name(run, create, by):
    assert create()[0] == 0
    for command in ("approve", "start", "cancel"):
        status, error = run(command, "c", "--by", by)
        assert (status, "KIND:NAME" in error) == (2, True)
    assert run("show", "c")[1]["state"] == "draft"


def test_an_officer_approves_and_starts_nothing_and_nobody_approves_their_own(run, create):
    assert create("--by", "supervisor:s-1")[0] == 0
    for by, rule in (("officer:o-2", "by a supervisor"), ("supervisor:s-1", "another person")):
        status, error = run("approve", "c", "--by", by)
        assert (status, rule in error) == (1, True)
    assert run("approve", "c", "--by", "admin:a-1")[1]["state"] == "scheduled"
    status, error = run("start", "c", "--by", "officer:o-2")
    assert (status, "by a supervisor" in error) == (1, True)
