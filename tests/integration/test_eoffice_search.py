"""Search over the e-office: what is found, by whom, in which order; and that the words are kept."""

import json
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, insert, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from palika import hits
from palika.errors import Forbidden, Invalid
from palika.local import Postgres
from services.eoffice.cli import search as commands
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.open_file import open_file
from services.eoffice.domain.searching import Kind, asked_tokens
from services.eoffice.models import File, SearchWords
from services.eoffice.organisation_store import current
from services.eoffice.queries import search
from services.eoffice.queries.readable import readable
from services.eoffice.schemas import Forwarding, Opening
from services.eoffice.schemas.search import Counting, Searching, Suggesting
from services.eoffice.sealing import act
from services.eoffice.searching import (
    SOURCES,
    Entry,
    How,
    differences,
    index,
    reindex,
    secrecy_changed,
)
from services.eoffice.seed import seed
from tests.support.databases import service_database
from tests.support.eoffice import ACCOUNTS, CE, CLERK, DE, JE, NOW, PORTAL, emptied


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield found


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


def opened(sessions, subject, caller=JE, now=NOW, **args: Any) -> File:
    with sessions.begin() as session:
        return open_file(session, caller, Opening().load({"subject": subject, **args}), now)


def asked(sessions, words, caller=JE, **args: Any) -> dict[str, Any]:
    with sessions.begin() as session:
        loaded = Searching().load({"words": words, **args})
        return search.page(session, caller, loaded, NOW)


def found(sessions, words, caller=JE, **args: Any) -> list[str]:
    return [each["title"] for each in asked(sessions, words, caller, **args)["items"]]


def counted(sessions, words, caller=JE, **args: Any) -> dict[str, Any]:
    with sessions.begin() as session:
        return search.count(session, caller, Counting().load({"words": words, **args}), NOW)


def suggested(sessions, words, caller=JE, **args: Any) -> list[str]:
    with sessions.begin() as session:
        loaded = Suggesting().load({"words": words, **args})
        return search.suggest(session, caller, loaded, NOW)["words"]


# -- what is found ------------------------------------------------------------------------------


def test_a_file_is_found_by_its_subject_in_either_language_and_by_its_number(sessions):
    file = opened(sessions, "पथ विभागाच्या निविदेला मंजुरी")
    opened(sessions, "Leave of a clerk")
    for words in ("निविदा", "tender", "Approval of tender", file.number, file.number.lower()):
        (only,) = asked(sessions, words)["items"]
        assert only == {
            "kind": "file",
            "id": str(file.id),
            "page": None,
            "title": file.subject,
            "at": "2026-07-01T04:30:00Z",
            "secrecy": "normal",
            "department": "roads",
            "receipt_id": None,
            "file": {
                "id": str(file.id),
                "number": file.number,
                "subject": file.subject,
                "status": "open",
                "held_by": "roads-je",
            },
        }
    assert found(sessions, "budget") == []
    assert found(sessions, "tender leave") == []


def test_the_newest_come_first_of_a_department_a_kind_and_between_days(sessions):
    for days in range(3):
        opened(sessions, f"Repairs {days}", now=NOW + timedelta(days=days))
    opened(sessions, "Repairs of drains", department="drainage")
    assert found(sessions, "repairs")[:2] == ["Repairs 2", "Repairs 1"]
    first = found(sessions, "repairs", to_day="2026-07-01")
    assert sorted(first) == ["Repairs 0", "Repairs of drains"]
    assert found(sessions, "repairs", department="drainage") == ["Repairs of drains"]
    assert found(sessions, "repairs", from_day="2026-07-02", to_day="2026-07-02") == ["Repairs 1"]
    assert found(sessions, "repairs", kinds=["note"]) == []
    assert len(found(sessions, "repairs", kinds=["note", "file"])) == 4
    with pytest.raises(Invalid, match="wrong way round"):
        asked(sessions, "repairs", from_day="2026-07-02", to_day="2026-07-01")
    with pytest.raises(Invalid):
        asked(sessions, "repairs", department="cinema")
    with pytest.raises(Invalid, match="nothing to search for"):
        asked(sessions, "and the")
    with pytest.raises(Invalid):
        asked(sessions, "repairs", cursor="nonsense")
    with pytest.raises(Forbidden):
        asked(sessions, "repairs", post="accounts")


# -- secrecy ------------------------------------------------------------------------------------


def test_what_a_post_may_not_read_is_not_found_counted_or_suggested(sessions):
    opened(sessions, "Vigilance enquiry", caller=CE, secrecy="secret")
    opened(sessions, "Vigilance awareness week")
    for caller, least in ((CLERK, 1), (JE, 1), (DE, 1), (CE, 2)):
        assert len(found(sessions, "vigilance", caller)) == least
        assert counted(sessions, "vigilance", caller) == {"count": least, "more": False}
    assert suggested(sessions, "enq", JE) == []
    assert suggested(sessions, "enq", CE) == ["enquiry"]
    assert suggested(sessions, "vigilance enq", PORTAL, post="commissioner") == ["enquiry"]
    assert suggested(sessions, "vig", JE) == ["vigilance"]


def test_who_works_on_a_secret_file_finds_it(sessions):
    file = opened(sessions, "Vigilance enquiry", caller=CE, secrecy="secret")
    assert found(sessions, "enquiry", DE) == []
    with sessions.begin() as session:
        forward_file(session, CE, Forwarding().load({"id": str(file.id), "to": "roads-de"}), NOW)
    assert found(sessions, "enquiry", DE) == ["Vigilance enquiry"]
    assert suggested(sessions, "enq", DE) == ["enquiry"]
    with sessions.begin() as session:
        forward_file(session, DE, Forwarding().load({"id": str(file.id), "to": "accounts"}), NOW)
    # It has had it: what it has worked on it finds again.
    assert found(sessions, "enquiry", DE) == ["Vigilance enquiry"]
    assert found(sessions, "enquiry", ACCOUNTS) == ["Vigilance enquiry"]
    assert found(sessions, "enquiry", JE) == []


def test_a_file_that_becomes_secret_is_found_no_longer(sessions):
    file = opened(sessions, "Tender of the bridge", caller=CE)
    assert found(sessions, "bridge") == ["Tender of the bridge"]
    for secrecy, sees in ((2, []), (0, ["Tender of the bridge"])):
        with sessions.begin() as session:
            changed = session.get(File, file.id)
            changed.secrecy = secrecy
            secrecy_changed(session, changed)
            act(session, file.id, "file", "classified", None, NOW)
        assert found(sessions, "bridge") == sees
        with sessions() as session:
            assert list(differences(session)) == []


def test_no_cursor_points_at_what_may_not_be_read(sessions):
    for number in range(6):
        secrecy = "secret" if number % 2 else "normal"
        opened(sessions, f"Bridge {number}", CE, NOW + timedelta(hours=number), secrecy=secrecy)
    page = asked(sessions, "bridge", limit=1)
    assert [each["title"] for each in page["items"]] == ["Bridge 4"]
    page = asked(sessions, "bridge", limit=2, cursor=None)
    page = asked(sessions, "bridge", limit=2, cursor=page["next"])
    assert ([each["title"] for each in page["items"]], page["next"]) == (["Bridge 0"], None)


def test_to_know_of_a_secret_thing_its_file_alone_is_looked_up(sessions):
    """A subplan that is hashed reads all files that the post ever had, with every search."""
    opened(sessions, "Bridge", CE, secrecy="secret")
    with sessions() as session:
        post = current(session).posts["roads-je"]
        asked = select(SearchWords.id).where(readable(SearchWords, post))
        said = asked.compile(session.connection(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(text(f"EXPLAIN {said}")))
    assert plan.count("SubPlan") >= 2
    assert "hashed" not in plan


# -- pages, over the years -----------------------------------------------------------------------

FIRST = datetime(2019, 3, 5, 4, tzinfo=UTC)
WORDS = {"every": 1.0, "third": 0.3, "tenth": 0.1, "seldom": 0.004, "never": 0.0}


@pytest.fixture(scope="module")
def years(postgres: Postgres) -> Iterator[tuple[sessionmaker[Session], list[dict[str, Any]]]]:
    """Things of seven years: every fourth day a dozen, some of them secret."""
    rng = random.Random(20260701)
    rows = []
    for number in range(1_500):
        at = FIRST + timedelta(days=4 * (number // 3), hours=rng.randrange(15))
        has = [word for word, share in WORDS.items() if rng.random() < share]
        kind = rng.choice([Kind.FILE, Kind.NOTE, Kind.PAPER])
        entry = Entry(
            kind=kind,
            thing=uuid.UUID(int=rng.getrandbits(128)),
            file_id=None,
            department=rng.choice(["roads", "drainage"]),
            grade=2 if rng.random() < 0.1 else 0,
            at=at,
            title=" ".join(has) or "nothing",
        )
        rows.append(entry.row)
    with service_database(postgres, "eoffice") as database:
        emptied(database)
        with database.begin() as session:
            session.execute(insert(SearchWords.__table__), rows)
            session.execute(text("ANALYZE"))
        yield database, rows


@given(
    words=st.sampled_from([*WORDS, "third tenth", "every seldom"]),
    caller=st.sampled_from([JE, CE]),
    filters=st.sampled_from(
        [
            {},
            {"department": "roads"},
            {"kinds": ["note"]},
            {"kinds": ["note", "file"], "department": "drainage"},
            {"from_day": "2021-12-31", "to_day": "2022-03-02"},
        ]
    ),
    limit=st.sampled_from([1, 7, 50, 100]),
    most=st.sampled_from([1, 3, 12, 60, hits.MOST]),
    aim=st.sampled_from([3, 40, 500]),
)
@settings(max_examples=40, deadline=None)
def test_all_pages_are_what_may_be_read_in_its_order(
    years, words, caller, filters, limit, most, aim
):
    database, rows = years
    wanted = expected(rows, words, caller, filters)
    shown: list[str] = []
    cursor = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hits, "MOST", most)
        patch.setattr(hits, "_AIM", aim)
        real = search.Hits
        patch.setattr(search, "Hits", lambda *a, **o: real(*a, **{**o, "many": most}))
        for _ in range(40):
            page = asked(database, words, caller, limit=limit, cursor=cursor, **filters)
            shown += [each["id"] for each in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
    assert shown == wanted[: len(shown)]
    assert cursor is not None or len(shown) == len(wanted)
    assert cursor is None or len(shown) >= 20


def expected(rows, words, caller, filters) -> list[str]:
    clearance = 2 if caller is CE else 0
    first = date.fromisoformat(filters.get("from_day", "2000-01-01"))
    last = date.fromisoformat(filters.get("to_day", "2100-01-01"))
    passing = [
        each
        for each in rows
        if set(asked_tokens(words)) <= set(each["tokens"])
        and each["secrecy"] <= clearance
        and filters.get("department") in (None, each["department"])
        and each["kind"] in filters.get("kinds", list(Kind))
        and first <= (each["at"] + timedelta(hours=5, minutes=30)).date() <= last
    ]
    passing.sort(key=lambda each: (each["at"], each["id"]), reverse=True)
    return [str(each["thing"]) for each in passing]


def test_a_count_is_exact_up_to_a_limit(years, monkeypatch):
    database, rows = years
    wanted = len(expected(rows, "third", JE, {}))
    assert counted(database, "third") == {"count": wanted, "more": False}
    monkeypatch.setattr(search, "COUNTED", 100)
    assert counted(database, "third") == {"count": 100, "more": True}
    assert counted(database, "never") == {"count": 0, "more": False}


@pytest.mark.parametrize("words", ["seldom", "never", "tenth seldom"])
def test_years_without_a_hit_are_one_page_of_few_statements(years, words):
    database, _ = years
    said: list[str] = []
    engine = database.kw["bind"]
    listen = lambda _connection, _cursor, statement, *_: said.append(statement)  # noqa: E731
    event.listen(engine, "before_cursor_execute", listen)
    try:
        page = asked(database, words, limit=100)
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    assert page["next"] is None
    assert len(said) <= 10


# -- the words kept ------------------------------------------------------------------------------


def test_the_demos_files_are_found_and_no_row_differs(sessions):
    seed(sessions, 40, 1, NOW)
    assert counted(sessions, "demo", PORTAL, post="commissioner") == {"count": 40, "more": False}
    with sessions() as session:
        assert list(differences(session)) == []


def test_a_thing_is_found_as_it_is_now(sessions):
    file = opened(sessions, "Bridge")
    with sessions.begin() as session:
        session.get(File, file.id).subject = "Flyover"
        index(session, Kind.FILE, file.id)
        act(session, file.id, "file", "renamed", None, NOW)
    assert found(sessions, "bridge") == []
    assert found(sessions, "flyover") == ["Flyover"]


def test_pages_that_are_no_more_are_found_no_longer(sessions, monkeypatch):
    paper = uuid.uuid4()
    pages = ["bridge", "flyover", "tunnel"]

    def source(session, ids):
        for number, said in enumerate(pages, 1):
            yield Entry(
                kind=Kind.PAPER,
                thing=paper,
                page=number,
                file_id=None,
                department="roads",
                at=NOW,
                title="Plan",
                text=said,
            )

    monkeypatch.setitem(SOURCES, Kind.PAPER, source)
    for left in (3, 1):
        del pages[left:]
        with sessions.begin() as session:
            assert index(session, Kind.PAPER, paper) == left
        assert len(found(sessions, "plan")) == left
    (only,) = asked(sessions, "bridge")["items"]
    assert (only["id"], only["page"], only["file"]) == (str(paper), 1, None)
    with sessions() as session:
        assert list(differences(session)) == []


OTHERWISE = {
    "id": uuid.uuid4(),
    "kind": "note",
    "thing": uuid.uuid4(),
    "page": 2,
    "file_id": None,
    "receipt_id": uuid.uuid4(),
    "department": "water-supply",
    "grade": 1,
    "secrecy": 3,
    "at": NOW + timedelta(microseconds=1),
    "title": "Bridge.",
    "words": ["tunnel"],
    "tokens": ["tunnel"],
}


@pytest.mark.parametrize("column", [each.name for each in SearchWords.__table__.c])
def test_a_row_that_was_edited_is_found_out_and_mended(sessions, column):
    file = opened(sessions, "Bridge", secrecy="confidential", caller=CE)
    opened(sessions, "Bridge again")
    with sessions.begin() as session:
        edited = update(SearchWords).where(SearchWords.thing == file.id)
        session.execute(edited.values({column: OTHERWISE[column]}))
    with sessions() as session:
        wrong = list(differences(session))
    assert {each.how for each in wrong} <= {How.CHANGED, How.REMOVED, How.INSERTED}
    assert file.id in {each.thing for each in wrong}
    assert sum(reindex(sessions).values()) == len(wrong) > 0
    with sessions() as session:
        assert list(differences(session)) == []
    assert len(found(sessions, "bridge", CE)) == 2


def test_a_row_that_was_removed_or_put_in_is_named_and_mended(sessions):
    file = opened(sessions, "Bridge")
    with sessions.begin() as session:
        row = dict(session.execute(select(SearchWords.__table__)).mappings().one())
        session.execute(delete(SearchWords))
        session.execute(
            insert(SearchWords.__table__), {**row, "id": uuid.uuid4(), "thing": uuid.uuid4()}
        )
    with sessions() as session:
        assert sorted(each.how for each in differences(session)) == [How.INSERTED, How.REMOVED]
    assert reindex(sessions) == {How.CHANGED: 0, How.INSERTED: 1, How.REMOVED: 1}
    assert asked(sessions, "bridge")["items"][0]["id"] == str(file.id)


# -- the command ---------------------------------------------------------------------------------


@pytest.fixture
def palika(sessions, monkeypatch):
    monkeypatch.setattr(commands, "sessions", lambda service: sessions)

    def run(command, *arguments):
        return CliRunner().invoke(command, list(arguments))

    return run


def test_the_command_finds_as_a_post_does(sessions, palika):
    file = opened(sessions, "निविदा मंजुरी")
    opened(sessions, "Tender for the vault", CE, secrecy="secret")
    shown = palika(commands.search_command, "tender", "--post", "roads-je")
    assert shown.exit_code == 0
    assert shown.output == f"01-07-2026  file  {file.number}  roads-je  निविदा मंजुरी\n"
    every = palika(commands.search_command, "tender", "--post", "roads-ce", "--json")
    assert json.loads(every.output)["count"] == 2
    newest = palika(commands.search_command, "tender", "--post", "roads-ce", "--limit", "1")
    assert newest.output.endswith("the newest 1 of 2\n")
    none = palika(commands.search_command, "budget", "--post", "roads-je")
    assert (none.exit_code, none.output) == (1, "Error: nothing is found\n")
    for wrong in (["the", "--post", "roads-je"], ["tender", "--post", "nobody"]):
        assert palika(commands.search_command, *wrong).exit_code == 2
    day = palika(commands.search_command, "tender", "--post", "roads-je", "--from", "yesterday")
    assert (day.exit_code, "must be a day" in day.output) == (2, True)


def test_the_command_puts_in_what_is_missing(sessions, palika):
    opened(sessions, "Bridge")
    with sessions.begin() as session:
        session.execute(delete(SearchWords))
    said = palika(commands.reindex_command)
    assert said.output == "1 were missing, 0 were wrong, 0 were too many\n"
    assert palika(commands.reindex_command).output == "all is as it should be\n"
    assert json.loads(palika(commands.reindex_command, "--json").output)["removed"] == 0
    assert found(sessions, "bridge") == ["Bridge"]
