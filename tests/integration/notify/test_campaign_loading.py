"""A campaign's file: what is refused before anything is written, what of its rows, and going on."""

import csv
from contextlib import contextmanager

import pytest

from palika.errors import Conflict, Invalid
from services.notify.commands.campaign_draft import Plan, draft
from services.notify.commands.campaign_file import load, look_at
from services.notify.queries.campaigns import rejections
from tests.support.notify import Desk
from tests.support.notify_campaigns import (
    HEADER,
    OFFICER,
    REMINDER,
    SUPERVISOR,
    Bulk,
    number,
    row,
    write,
)


@pytest.fixture
def bulk(desk: Desk, tmp_path) -> Bulk:
    """Campaigns, with none there."""
    found = Bulk(desk, tmp_path)
    found.clear()
    return found


def plan(file, name="c", **changes):
    return Plan(name, REMINDER, {}, digest=file.digest, rows=file.rows, **changes)


def put_down(bulk, file, by=OFFICER, **changes):
    with bulk.desk.begin() as session:
        return draft(session, by, plan(file, **changes), bulk.shop, bulk.desk.now)


def loaded(bulk, made, file, **changes):
    return load(bulk.desk.begin, made.id, file, bulk.shop, lambda: bulk.desk.now, **changes)


def test_rows_that_cannot_be_used_are_told_by_row_field_and_rule(bulk):
    made = bulk.draft(
        [
            row(1),
            row(2, phone="020 25501000"),
            row(3, language="fr"),
            row(1),
            [],
            row(4, arrears_paise="1,250.00", due_on="31-02-2026"),
            row(5, phone=f"+91 {number(1)}"),
            ["1"],
            row(6),
        ]
    )
    assert (made.recipients, made.rejected, made.rows) == (2, 6, 9)
    assert bulk.rejected() == [
        (3, "phone", "must be an Indian mobile number", "••••••••••00"),
        (4, "language", "must be one of mr, en", "f•••"),
        (5, "row", "the same recipient as in row 2", ""),
        (7, "arrears_paise", "must be a whole number of paise", "1•••"),
        (8, "row", "the same recipient as in row 2", ""),
        (9, "row", "has 1 cells; the header has 6", ""),
    ]
    assert [each.row_no for each in bulk.waiting()] == [2, 10]


def test_fields_are_checked_by_every_channel(bulk):
    long = "P-" + "9" * 40
    bulk.draft([row(1, due_on="31-02-2026"), row(2, number=long)])
    assert {(no, field) for no, field, _, _ in bulk.rejected()} == {(2, "due_on"), (3, "number")}
    assert all("9999" not in value + rule for _, _, rule, value in bulk.rejected())


def test_rejections_come_in_pages(bulk):
    made = bulk.draft([row(n, phone="1", language="fr") for n in range(5)])
    pages, after = [], 0
    while after is not None:
        with bulk.desk.begin() as session:
            page = rejections(session, made, after, 2)
        pages.append([each["row"] for each in page["rejections"]])
        after = page["next"]
    assert pages == [[2, 2, 3, 3], [4, 4, 5, 5], [6, 6]]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"", "row 1"),
        (b"phone\n\xff\xfe\n", "row 2"),
        (b'phone\n"98\n', "row 2"),
        (b"phone\n9800\x0000001\n", "row 2"),
        (b"phone\n" + b"9" * 200_000 + b"\n", "row 2"),
        (b"9" * 200_000 + b"\n", "row 1"),
    ],
)
def test_a_file_that_is_no_csv_is_refused_before_anything_is_written(tmp_path, content, field):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid) as error:
        look_at(path)
    assert list(error.value.fields) == [field]


@pytest.mark.parametrize(
    ("content", "field", "words"),
    [
        (b"PK\x03\x04rest", "file", "workbook"),
        (b"\xd0\xcf\x11\xe0rest", "file", "workbook"),
        ("phone\n98\n".encode("utf-16"), "file", "UTF-16"),
        (b"\xfe\xff" + "phone\n98\n".encode("utf-16-be"), "file", "UTF-16"),
        ("phone\n98\n".encode("utf-16-le"), "row 1", "NUL"),
        (b"phone\n9800\x0000001\n", "row 2", "NUL"),
        ("phone,name\n98,é\n".encode("latin-1"), "row 2", "UTF-8"),
    ],
)
def test_what_is_no_csv_is_named_with_how_to_save_it(tmp_path, content, field, words):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid) as error:
        look_at(path)
    (rule,) = error.value.fields[field]
    assert words in rule
    assert "save it as “CSV UTF-8" in rule
    assert ("UTF-8" in error.value.message) == (words == "UTF-8")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_semicolons_and_tabs_separate_too(bulk, tmp_path, separator):
    path = tmp_path / "x.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = [row(1, name="Kulkarni, Asha"), row(2, name=f'"A"{separator}\nB, C')]
        csv.writer(file, delimiter=separator).writerows([HEADER, *rows])
    file = look_at(path)
    assert (file.header, file.rows) == (HEADER, 2)
    done = loaded(bulk, put_down(bulk, file), file)
    assert (done.recipients, done.rejected) == (2, 0)


def test_cells_with_commas_quotes_and_ends_of_lines_are_read(bulk):
    made = bulk.draft([row(1, name='Asha "A"\nKulkarni, Pune')])
    assert (made.recipients, made.rejected) == (1, 0)


def test_wrong_columns_are_refused_and_nothing_is_there(bulk):
    with pytest.raises(Invalid) as error:
        bulk.draft([["9800000001", "x"]], ("phone", "colour"))
    assert set(error.value.fields) == {"colour", "number", "arrears_paise", "due_on"}
    assert bulk.waiting() == []


def test_loading_that_was_stopped_goes_on_where_it_stopped(bulk, tmp_path, monkeypatch):
    monkeypatch.setattr("services.notify.commands.campaign_file.CHUNK", 10)
    rows = [row(n % 80, phone=number(n % 80)) for n in range(100)]
    file = look_at(write(tmp_path / "a.csv", rows))
    made = put_down(bulk, file)
    left = iter([False, False, False, True])
    stopped = loaded(bulk, made, file, stopping=lambda: next(left))
    assert (stopped.state, stopped.loaded_to, stopped.recipients) == ("loading", 31, 30)
    again = put_down(bulk, file)
    assert again.id == made.id
    done = loaded(bulk, again, file)
    assert (done.state, done.recipients, done.rejected) == ("draft", 80, 20)
    assert [each.row_no for each in bulk.waiting()] == list(range(2, 82))
    # Asked once more, it is there.
    assert put_down(bulk, file).state == "draft"
    assert loaded(bulk, made, file).recipients == 80


def test_two_that_load_at_once_put_each_row_down_once(bulk, tmp_path, monkeypatch):
    monkeypatch.setattr("services.notify.commands.campaign_file.CHUNK", 10)
    file = look_at(write(tmp_path / "a.csv", [row(n) for n in range(95)]))
    made = put_down(bulk, file)
    turns = 0
    begin = bulk.desk.begin

    @contextmanager
    def interrupted():
        # Between any two transactions of the first, the second loads a part, once all of it.
        nonlocal turns
        turns += 1
        if turns in (3, 6):
            monkeypatch.setattr("services.notify.commands.campaign_file.CHUNK", 17)
            left = iter([False, True] if turns == 3 else [False] * 100)
            loaded(bulk, made, file, stopping=lambda: next(left))
            monkeypatch.setattr("services.notify.commands.campaign_file.CHUNK", 10)
        with begin() as session:
            yield session

    done = load(interrupted, made.id, file, bulk.shop, lambda: bulk.desk.now)
    assert (done.state, done.recipients, done.rejected) == ("draft", 95, 0)
    assert [each.row_no for each in bulk.waiting()] == list(range(2, 97))


def test_what_is_cancelled_while_it_is_loaded_is_loaded_no_further(bulk, tmp_path, monkeypatch):
    monkeypatch.setattr("services.notify.commands.campaign_file.CHUNK", 10)
    file = look_at(write(tmp_path / "a.csv", [row(n) for n in range(50)]))
    made = put_down(bulk, file)
    with pytest.raises(Conflict):
        loaded(bulk, made, file, progress=lambda now: bulk.cancel(now))
    assert len(bulk.waiting()) == 10
    bulk.feed()
    assert bulk.waiting() == []
    with pytest.raises(Conflict):
        put_down(bulk, file)


def test_a_name_is_of_one_campaign(bulk, tmp_path):
    file = look_at(write(tmp_path / "a.csv", [row(1)]))
    put_down(bulk, file)
    other = look_at(write(tmp_path / "b.csv", [row(2)]))
    for act in (
        lambda: put_down(bulk, other),
        lambda: put_down(bulk, file, by=SUPERVISOR),
        lambda: put_down(bulk, file, per_minute=5),
    ):
        with pytest.raises(Conflict):
            act()


def test_a_file_that_changes_while_it_is_read_is_refused(bulk, tmp_path):
    path = write(tmp_path / "a.csv", [row(1)])
    file = look_at(path)
    made = put_down(bulk, file)
    write(path, [row(2)])
    with pytest.raises(Conflict):
        loaded(bulk, made, file)
    assert bulk.waiting() == []


def test_a_code_is_sent_to_nobody_who_has_not_asked(bulk, tmp_path):
    file = look_at(write(tmp_path / "a.csv", [["9800000001", "1"]], ("phone", "code")))
    asked = Plan("c", "login.code", {}, digest=file.digest, rows=file.rows)
    with pytest.raises(Invalid) as error, bulk.desk.begin() as session:
        draft(session, OFFICER, asked, bulk.shop, bulk.desk.now)
    assert list(error.value.fields) == ["template"]


def test_fields_that_are_the_same_for_all_are_the_templates(bulk, tmp_path):
    file = look_at(write(tmp_path / "a.csv", [row(1)], HEADER))
    for fields in ({"colour": "red"}, {"name": "Asha"}):
        asked = Plan("c", REMINDER, fields, digest=file.digest, rows=file.rows)
        with pytest.raises(Invalid), bulk.desk.begin() as session:
            draft(session, OFFICER, asked, bulk.shop, bulk.desk.now)
