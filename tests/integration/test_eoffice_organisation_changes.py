"""Single changes of the organisation, on the real database."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.india import day_of
from palika.local import Postgres
from services.eoffice.commands import arrange_posts, hold_post
from services.eoffice.commands.delegate import delegate
from services.eoffice.commands.leave import take_leave
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.root import begin_record
from services.eoffice.commands.transfer import transfer_custody
from services.eoffice.models import Act, File, Holding, Receipt, ReceiptMovement
from services.eoffice.organisation_store import ORGANISATION, actor, current, shipped
from services.eoffice.queries import directory
from services.eoffice.schemas import Opening
from services.eoffice.schemas import organisation as schemas
from services.eoffice.schemas.delegating import Delegating, TakingLeave
from services.eoffice.schemas.moving import Transferring
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.verify import verify
from tests.support.databases import service_database
from tests.support.eoffice import CE, JE, NOW, emptied
from tests.support.receipts import Desk

ADMIN = Identity.of("admin:palika", "admin")
JADHAV = Identity.of("officer:a.jadhav2", "officer")
TODAY = day_of(NOW)
TOMORROW = TODAY + timedelta(days=1)
_DOES: dict[str, tuple[Any, Any]] = {
    "transfer": (hold_post.transfer_person, schemas.TransferringPerson),
    "vacate": (hold_post.vacate_post, schemas.Vacating),
    "add_post": (arrange_posts.add_post, schemas.AddingPost),
    "add_person": (arrange_posts.add_person, schemas.AddingPerson),
    "abolish": (arrange_posts.abolish_post, schemas.Abolishing),
    "rename": (arrange_posts.rename, schemas.Renaming),
    "line": (arrange_posts.change_reporting, schemas.ChangingLine),
}
NEW_POST = {
    "code": "roads-ae",
    "department": "roads",
    "section": "est",
    "mr": "सहायक अभियंता",
    "en": "Assistant Engineer",
    "level": 2,
    "reports_to": "roads-de",
}


@pytest.fixture
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        database = emptied(found)
        with database.begin() as session:
            begin_record(session, NOW)
        yield database
        wrong: list[Any] = []
        with database() as session:
            verify(session, city_keys_of_record(), wrong.append)
        assert wrong == []


def do(database, what: str, days: int = 0, **args: Any) -> Any:
    """Carry a command out, with the arguments as they come over the wire."""
    command, schema = _DOES[what]
    sent = {name: value if _is_plain(value) else str(value) for name, value in args.items()}
    with database.begin() as session:
        return command(session, ADMIN, schema().load(sent), NOW + timedelta(days=days))


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, int | str)


def holder(database, post: str, day=TODAY) -> str | None:
    with database() as session:
        return current(session).holder(post, day)


def acts(database) -> list[str]:
    with database() as session:
        own = select(Act.verb).where(Act.chain_id == ORGANISATION).order_by(Act.position)
        return list(session.scalars(own))


def open_one(database, by: Identity = JE) -> Any:
    with database.begin() as session:
        return open_file(session, by, Opening().load({"subject": "Estimate"}), NOW).id


def test_a_transfer_moves_the_person_and_no_work(database):
    file = open_one(database)
    do(database, "vacate", code="law", since=TOMORROW)
    told = do(database, "transfer", person="a.jadhav2", to="law", since=TOMORROW, order_ref="GAD/7")
    assert [(each["post"], each["until"]) for each in told["ended"]] == [("roads-je", TODAY)]
    assert (holder(database, "roads-je"), holder(database, "law")) == (
        "a.jadhav2",
        "m.deshpande18",
    )
    assert holder(database, "roads-je", TOMORROW) is None
    assert holder(database, "law", TOMORROW) == "a.jadhav2"
    with database() as session:
        assert session.get(File, file).held_by == "roads-je"
        assert actor(session, JADHAV, None, NOW).post.code == "roads-je"
        assert actor(session, JADHAV, None, NOW + timedelta(days=1)).post.code == "law"
    assert acts(database)[-2:] == ["post_vacated", "person_transferred"]


def test_a_transfer_asked_twice_is_one(database):
    do(database, "vacate", code="law")
    asked = {"id": uuid7(), "person": "a.jadhav2", "to": "law"}
    made = do(database, "transfer", **asked)["holding"]
    before = len(acts(database))
    assert do(database, "transfer", days=1, **asked)["holding"].id == made.id
    assert len(acts(database)) == before
    with pytest.raises(Conflict) as caught:
        do(database, "transfer", **asked | {"to": "accounts"})
    assert caught.value.details["differs"] == ["post"]


def test_a_post_that_somebody_holds_is_not_given_away(database):
    with pytest.raises(Conflict, match=r"law is held by m\.deshpande18 .*: end that first"):
        do(database, "transfer", person="a.jadhav2", to="law")
    with pytest.raises(Conflict, match="holds roads-je on these days already"):
        do(database, "transfer", person="a.jadhav2", to="roads-je")
    for wrong, field in (
        ({"person": "nobody"}, "person"),
        ({"to": "cinema"}, "to"),
        ({"since": TODAY - timedelta(days=1)}, "since"),
        ({"since": TOMORROW, "until": TODAY}, "until"),
    ):
        with pytest.raises(Invalid) as caught:
            do(database, "transfer", **{"person": "a.jadhav2", "to": "law"} | wrong)
        assert list(caught.value.fields) == [field]
    assert acts(database) == ["installed"]


def test_additional_charge_is_beside_what_one_has_and_ends_on_its_day(database):
    do(database, "vacate", code="law")
    until = TODAY + timedelta(days=9)
    asked = {"person": "a.jadhav2", "to": "law", "additional": True, "until": until}
    assert do(database, "transfer", **asked)["ended"] == []
    with database() as session:
        mine = directory.my_posts(session, JADHAV, schemas.MyPosts().load({}), NOW)
        assert [(each["code"], each["capacity"]) for each in mine["items"]] == [
            ("roads-je", "regular"),
            ("law", "additional"),
        ]
    assert holder(database, "law", until + timedelta(days=1)) is None
    # Later the post becomes their own: the charge ends, and so does the post that they had.
    told = do(database, "transfer", person="a.jadhav2", to="law", since=TODAY + timedelta(days=5))
    assert [(each["post"], each["kind"]) for each in told["ended"]] == [
        ("law", "additional"),
        ("roads-je", "regular"),
    ]


def test_a_transfer_whose_holding_was_withdrawn_is_not_made_anew_by_its_id(database):
    later, key = TODAY + timedelta(days=20), str(uuid7())
    asked = {"id": key, "person": "a.jadhav2", "to": "law", "additional": True, "since": later}
    assert str(do(database, "transfer", **asked)["holding"].id) == key
    do(database, "vacate", code="law", person="a.jadhav2", since=later)
    before = acts(database)
    with pytest.raises(Conflict, match="was withdrawn since"):
        do(database, "transfer", **asked)
    assert acts(database) == before


def test_what_has_not_begun_is_withdrawn(database):
    later = TODAY + timedelta(days=20)
    do(database, "vacate", code="law", since=later)
    do(database, "transfer", person="a.jadhav2", to="law", since=later)
    told = do(database, "vacate", code="law", since=later)
    assert [(each["person"], each["withdrawn"]) for each in told["ended"]] == [("a.jadhav2", True)]
    assert do(database, "vacate", code="law", since=later)["ended"] == []
    with database() as session:
        shown = directory.holders(session, "law")
    assert [(each["holder"]["code"], each["until"]) for each in shown["items"]] == [
        ("m.deshpande18", str(later - timedelta(days=1)))
    ]


def test_vacating_tells_how_much_work_stays(database):
    open_one(database)
    told = do(database, "vacate", code="roads-je")
    assert (told["files"], told["receipts"]) == (1, 0)
    with database() as session, pytest.raises(Forbidden):
        actor(session, JE, None, NOW)


def test_a_post_is_added_held_and_abolished(database):
    post = do(database, "add_post", **NEW_POST)
    assert (post.since, post.until) == (TODAY, None)
    assert do(database, "add_post", days=1, **NEW_POST).code == "roads-ae"
    with pytest.raises(Conflict) as caught:
        do(database, "add_post", **NEW_POST | {"level": 3})
    assert caught.value.details["differs"] == ["level"]
    person = {"code": "n.new1", "mr": "नवीन", "en": "New", "phone": "9812345610"}
    assert do(database, "add_person", **person).phone == "+919812345610"
    assert do(database, "add_person", **person).code == "n.new1"
    do(database, "transfer", person="n.new1", to="roads-ae")
    told = do(database, "abolish", code="roads-ae", since=TODAY + timedelta(days=3))
    assert (told["until"], len(told["ended"])) == (TODAY + timedelta(days=2), 1)
    before = len(acts(database))
    assert do(database, "abolish", code="roads-ae", since=TODAY + timedelta(days=3))["ended"] == []
    assert len(acts(database)) == before
    with pytest.raises(Conflict, match="not given twice"):
        do(database, "add_post", **NEW_POST)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "Roads AE"}, "code"),
        ({"code": "a.jadhav2"}, "code"),
        ({"department": "cinema"}, "department"),
        ({"section": "cinema"}, "section"),
        ({"section": "drn"}, "section"),
        ({"reports_to": "cinema"}, "reports_to"),
        ({"since": TODAY - timedelta(days=1)}, "since"),
    ],
)
def test_a_post_that_cannot_be_is_refused_by_field(database, wrong, field):
    with pytest.raises(Invalid) as caught:
        do(database, "add_post", **NEW_POST | wrong)
    assert list(caught.value.fields) == [field]


def test_a_post_with_work_or_people_below_is_not_abolished(database):
    with pytest.raises(Conflict, match="roads-clerk report to roads-je"):
        do(database, "abolish", code="roads-je")
    do(database, "line", code="roads-clerk", reports_to="roads-de")
    file = open_one(database)
    with pytest.raises(Conflict) as caught:
        do(database, "abolish", code="roads-je")
    assert caught.value.details == {"post": "roads-je", "files": 1}
    assert "palika eoffice transfer" in caught.value.message
    # The way out that it names.
    do(database, "vacate", code="roads-je")
    do(database, "vacate", code="law")
    args = {"from_post": "roads-je", "to": "roads-de", "remark": "GAD/9", "post": "roads-de"}
    with pytest.raises(Invalid, match="that somebody holds"), database.begin() as session:
        transfer_custody(session, ADMIN, Transferring().load(args | {"to": "law"}), NOW)
    with database.begin() as session:
        transfer_custody(session, ADMIN, Transferring().load(args), NOW)
        assert session.get_one(File, file).sent_by is None  # Whoever comes there pulls none back.
    assert do(database, "abolish", code="roads-je")["until"] == TODAY - timedelta(days=1)
    with pytest.raises(NotFound):
        do(database, "abolish", code="cinema")


def test_the_receipts_of_a_post_go_with_its_files(database):
    desk = Desk(database)
    made = [desk.diarise(JE), desk.diarise(JE), desk.diarise(JE, secrecy="confidential")]
    open_one(database)
    do(database, "line", code="roads-clerk", reports_to="roads-de")
    with pytest.raises(Conflict, match="1 file, 3 receipts"):
        do(database, "abolish", code="roads-je")
    do(database, "vacate", code="roads-je")
    args = {"from_post": "roads-je", "to": "law", "remark": "GAD/9", "post": "law", "limit": 2}

    def given(**other: Any) -> dict[str, int]:
        with database.begin() as session:
            return transfer_custody(session, ADMIN, Transferring().load(args | other), NOW)

    assert given(to="roads-clerk") == {"transferred": 2, "left": 1, "withheld": 1}
    assert given(to="roads-clerk") == {"transferred": 1, "left": 0, "withheld": 1}
    assert given() == {"transferred": 1, "left": 0, "withheld": 0}
    with database() as session:
        known = [session.get(Receipt, each.id) for each in made]
        assert [each.held_by for each in known] == ["roads-clerk", "roads-clerk", "law"]
        assert [(each.sent_by, each.seen_at, each.version) for each in known[:2]] == [
            (None, None, 2)
        ] * 2
        moved = session.get(ReceiptMovement, (made[0].id, 1))
        assert (moved.kind, moved.from_post, moved.remark) == ("transfer", "roads-je", "GAD/9")
    assert do(database, "abolish", code="roads-je")["until"] == TODAY - timedelta(days=1)
    clerk = Identity.of("officer:roads-clerk", "officer")
    with pytest.raises(Conflict, match="has to be received first"):
        desk.send(made[0], "roads-de", clerk)


def test_two_who_are_given_one_post_at_once_are_not_both_given_it(database):
    do(database, "vacate", code="law")
    outcomes: list[Any] = []

    def give(person: str) -> None:
        try:
            outcomes.append(do(database, "transfer", person=person, to="law")["holding"].person)
        except Conflict as error:
            outcomes.append(error.details["post"])

    threads = [
        threading.Thread(target=give, args=[person]) for person in ("a.jadhav2", "m.shinde3")
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert len(outcomes) == 2
    assert "law" in outcomes
    assert holder(database, "law") in outcomes


def test_a_post_that_has_delegated_powers_stays(database):
    do(database, "line", code="roads-de", reports_to="addl-commissioner")
    with database.begin() as session:
        given = {"to": "roads-de", "what": ["works"], "most_paise": 100}
        delegate(session, CE, Delegating().load(given), NOW)
    with pytest.raises(Conflict, match="delegated powers to roads-de"):
        do(database, "abolish", code="roads-ce")


def test_names_change_at_once_and_the_record_has_what_was(database):
    told = do(database, "rename", kind="post", code="law", en="Head, Legal")
    assert told["before"]["en"] == "Chief Law Officer"
    assert (told["mr"], told["en"]) == ("मुख्य विधी अधिकारी", "Head, Legal")
    before = len(acts(database))
    do(database, "rename", kind="post", code="law", en="Head, Legal")
    assert len(acts(database)) == before
    for kind, code in (("department", "roads"), ("section", "est"), ("person", "a.jadhav2")):
        do(database, "rename", kind=kind, code=code, mr="नवे नाव")
    with database() as session:
        city = current(session)
        assert city.posts["law"].en == "Head, Legal"
        assert city.departments["roads"] == ("नवे नाव", "Roads")
        assert city.people["a.jadhav2"].mr == "नवे नाव"
        data = select(Act.data).where(Act.verb == "renamed").order_by(Act.position).limit(1)
        assert session.scalars(data).one()["before"]["en"] == "Chief Law Officer"
    with pytest.raises(NotFound):
        do(database, "rename", kind="section", code="cinema", en="x")


def test_a_line_of_reporting_is_no_circle(database):
    with pytest.raises(Invalid) as caught:
        do(database, "line", code="roads-ce", reports_to="roads-clerk")
    (rule,) = caught.value.fields["reports_to"]
    assert rule == "is a circle: roads-ce → roads-clerk → roads-je → roads-de → roads-ce"
    do(database, "line", code="roads-je", reports_to="roads-ce")
    do(database, "line", code="roads-je", reports_to="roads-ce")
    with database() as session:
        assert current(session).above("roads-je")[0] == "roads-ce"
    assert acts(database)[-1:] == ["line_changed"]
    assert do(database, "line", code="commissioner", reports_to=None).reports_to is None
    assert acts(database).count("line_changed") == 1


def test_an_order_names_the_post_that_gave_it(database):
    do(database, "rename", kind="post", code="law", en="Head", post="commissioner")
    with database() as session:
        newest = select(Act).where(Act.chain_id == ORGANISATION).order_by(Act.position.desc())
        done = session.scalars(newest.limit(1)).one()
        assert (done.post, done.person, done.data["by"]) == (
            "commissioner",
            None,
            "admin:palika",
        )


def page(database, days: int = 0, **args: Any) -> dict[str, Any]:
    with database() as session:
        asked = schemas.Directory().load(args)
        return directory.directory(session, asked, NOW + timedelta(days=days))


def test_the_directory_by_department_words_and_page(database):
    roads = page(database, department="roads")
    assert [each["code"] for each in roads["items"]] == [
        *("roads-ce", "roads-de", "roads-je", "roads-clerk")
    ]
    assert roads["items"][2]["holder"]["mr"] == "अभय जाधव"
    for words in ("jadhav roads", "अभय पथ", "ROADS-JE"):
        assert [each["code"] for each in page(database, words=words)["items"]] == ["roads-je"]
    assert len(page(database, section="asm")["items"]) == 8
    seen, cursor = [], None
    while True:
        part = page(database, limit=7, **({"cursor": cursor} if cursor else {}))
        seen += [each["code"] for each in part["items"]]
        if (cursor := part["next"]) is None:
            break
    assert sorted(seen) == sorted(each["code"] for each in shipped("posts"))
    with pytest.raises(Invalid):
        page(database, limit=7, department="roads", cursor=page(database, limit=7)["next"])
    with pytest.raises(Invalid, match="no such department"):
        page(database, department="cinema")


def test_the_directory_of_a_day_has_the_vacant_and_who_stands_in(database):
    with database.begin() as session:
        asked = {"linked": "m.shinde3", "since": str(TODAY), "until": str(TOMORROW)}
        take_leave(session, JE, TakingLeave().load(asked), NOW)
    do(database, "vacate", code="law", since=TOMORROW)
    (je,) = page(database, words="roads-je")["items"]
    assert je["linked"]["code"] == "m.shinde3"
    assert page(database, vacant=True)["items"] == []
    assert [each["code"] for each in page(database, days=1, vacant=True)["items"]] == ["law"]
    assert page(database, words="roads-je", day="2026-07-20")["items"][0]["linked"] is None
    with database() as session:
        assert session.scalar(select(func.count()).select_from(Holding)) == len(shipped("holdings"))
