"""Search over the e-office: what is found, by whom, and in which order."""

import random
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError
from sqlalchemy import event, insert, select, text
from sqlalchemy.orm import Session, sessionmaker

from palika import hits
from palika.auth import Identity
from palika.errors import Forbidden, Invalid
from palika.local import Postgres
from services.eoffice.commands.forward import forward_file
from services.eoffice.domain.searching import Kind, asked_tokens
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import File, SearchWords
from services.eoffice.organisation_store import current
from services.eoffice.queries import search
from services.eoffice.queries.readable import readable
from services.eoffice.schemas import Forwarding
from services.eoffice.sealing import act
from services.eoffice.searching import (
    Entry,
    differences,
    secrecy_changed,
)
from tests.support.databases import service_database
from tests.support.eoffice import ACCOUNTS, CE, CLERK, DE, JE, NOW, PORTAL, cleared, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_search import asked, counted, counted_by_kind, found, opened, suggested

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


# -- what is found ------------------------------------------------------------------------------


def test_a_file_is_found_by_its_subject_in_either_language_and_by_its_number(sessions):
    file = opened(sessions, "पथ विभागाच्या निविदेला मंजुरी")
    opened(sessions, "Leave of a clerk")
    for words in ("निविदा", "tender", "Approval of tender", file.number, file.number.lower()):
        (only,) = asked(sessions, words)["items"]
        assert only == {
            "kind": "file",
            "id": str(file.id),
            "number": file.number,
            "ref": f"f:{file.number}",
            "page": None,
            "paper": None,
            "excerpt": only["excerpt"],
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
    opened(sessions, "Repairs of drains", Identity.of("officer:drainage-je", "officer"))
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
    with cleared(sessions, "roads-de", Secrecy.SECRET):
        file = opened(sessions, "Vigilance enquiry", caller=DE, secrecy="secret")
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
        asked = select(SearchWords.id).where(
            readable(SearchWords.secrecy, SearchWords.file_id, post)
        )
        said = asked.compile(session.connection(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(text(f"EXPLAIN {said}")))
    assert plan.count("SubPlan") >= 2
    assert "hashed" not in plan


# -- pages, over the years -----------------------------------------------------------------------

FIRST = datetime(2019, 3, 5, 4, tzinfo=UTC)
WORDS = {"every": 1.0, "third": 0.3, "tenth": 0.1, "seldom": 0.004, "never": 0.0}


def _over_the_years(vault: uuid.UUID) -> Iterator[dict[str, Any]]:
    rng = random.Random(20260701)
    for number in range(1_500):
        at = FIRST + timedelta(days=4 * (number // 3), hours=rng.randrange(15))
        has = [word for word, share in WORDS.items() if rng.random() < share]
        kind = rng.choice([Kind.FILE, Kind.NOTE, Kind.PAPER])
        grade = 2 if rng.random() < 0.1 else 0
        entry = Entry(
            kind=kind,
            thing=uuid.UUID(int=rng.getrandbits(128)),
            file_id=vault if grade else None,
            department=rng.choice(["roads", "drainage"]),
            grade=grade,
            at=at,
            title=" ".join(has) or "nothing",
        )
        yield entry.row


@pytest.fixture(scope="module")
def years(postgres: Postgres) -> Iterator[tuple[sessionmaker[Session], list[dict[str, Any]]]]:
    """Things of seven years: every fourth day a dozen, some of them secret, in a file of the chief
    engineer's."""
    with service_database(postgres, "eoffice") as database:
        vault = opened(emptied(database), "Vault", caller=CE, secrecy="secret")
        rows = list(_over_the_years(vault.id))
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
    kinds_of = {str(each["thing"]): str(each["kind"]) for each in rows}
    wanted = len(expected(rows, "third", JE, {}))
    monkeypatch.setattr(search, "COUNTED", wanted)
    assert counted(database, "third") == {"count": wanted, "more": False}
    monkeypatch.setattr(search, "COUNTED", 100)
    assert counted(database, "third") == {"count": 100, "more": True}
    # Of each kind those among the newest hundred are told, or, asked for by itself, up to hundred.
    newest = Counter(kinds_of[each] for each in expected(rows, "third", JE, {})[:100])
    for kind, told in counted_by_kind(database, "third")["kinds"].items():
        assert told == {"count": newest[kind], "more": True}, kind
        exact = len(expected(rows, "third", JE, {"kinds": [kind]}))
        alone = counted_by_kind(database, "third", kinds=[kind])["kinds"][kind]
        assert alone == {"count": min(exact, 100), "more": exact > 100}, kind
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
    assert len(said) <= 14


# -- what nobody means ---------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["a", "क", "a b c", "and the", "आणि", "!?", "<>", "\u200d x"])
def test_what_asks_for_nothing_says_so(sessions, words):
    opened(sessions, "a b c and the bridge")
    for ask in (asked, counted):
        with pytest.raises(Invalid, match="nothing to search for") as refused:
            ask(sessions, words)
        assert "single letters" in refused.value.fields["words"][0]
    assert suggested(sessions, words) == []


def test_a_single_letter_among_words_does_no_harm(sessions):
    opened(sessions, "Bridge of ward 5 B")
    for words in ("bridge b", "a bridge", "ward 5", "प्रभाग ५", "वॉर्ड 5"):
        assert found(sessions, words) == ["Bridge of ward 5 B"], words


def test_a_query_that_is_long_is_answered_or_refused(sessions):
    opened(sessions, "Bridge")
    with pytest.raises(ValidationError, match="Longer than maximum length 300"):
        asked(sessions, "bridge " * 43 + "x")
    assert found(sessions, "bridge " * 42) == ["Bridge"]
    assert found(sessions, " ".join(f"w{n}" for n in range(75))) == []
    assert found(sessions, "ब" * 300) == []
    with pytest.raises(ValidationError, match="cannot be stored"):
        asked(sessions, "bridge\x00")


def test_digits_of_either_script_and_both_are_one(sessions):
    file = opened(sessions, "Budget २०२६-२७ of ward 1२")
    for words in ("2026", "२०२६", "२0२6", "27", "ward १2", file.number.replace("2", "२")):
        assert found(sessions, words) == [file.subject], words
    assert found(sessions, "202") == []
