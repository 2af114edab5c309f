"""Who fails to sign in as an officer is kept waiting, and who is right is not."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from palika.outbox import outbox
from services.portal.commands.hold_back import charge, forgive, give_back
from services.portal.commands.sign_in import Step
from services.portal.domain.clients import Client
from services.portal.domain.lockout import PATIENCE, Scope
from services.portal.models import Failure
from tests.support.portal_accounts import PASSWORD, House, text_of

WRONG = "not the password at all"
OWN = "/en/account/"


def test_strangers_wait_longer_and_longer_and_the_officers_own_device_does_not(
    house: House,
) -> None:
    house.account()
    mine = house.browser("198.51.100.1")
    assert mine.sign_in().status_code == 303
    for number in range(PATIENCE[Scope.STRANGERS].free + 1):
        stranger = house.browser(f"203.0.113.{number}")
        answer = stranger.submit("/en/account/sign-in", login="a.jadhav2", password=WRONG)
        assert answer.status_code == 400
    # Now it does not matter any more whether it is right, nor where they come from.
    for password in (WRONG, PASSWORD):
        answer = house.browser("203.0.113.200").submit(
            "/en/account/sign-in", login="a.jadhav2", password=password
        )
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "15"
        assert "try again in 15 seconds" in text_of(answer)
    # The device that the officer has used before is let in all the same.
    assert mine.submit(OWN, "/en/account/sign-out").status_code == 303
    assert mine.sign_in().status_code == 303
    # And nothing stays locked.
    house.wait(seconds=15)
    assert house.browser("203.0.113.201").sign_in().status_code == 303


def test_a_right_password_does_not_let_the_second_factor_be_guessed(house: House) -> None:
    house.account()
    statuses = []
    free = PATIENCE[Scope.STRANGERS].free
    for _ in range(free + 2):
        thief = house.browser()
        answer = thief.submit("/en/account/sign-in", login="a.jadhav2", password=PASSWORD)
        if answer.status_code == 303:
            answer = thief.submit("/en/account/second", code="000000")
        statuses.append(answer.status_code)
    assert statuses == [400] * (free + 1) + [429]
    with house.begin() as session:
        assert [each.type for each in session.execute(select(outbox))] == [
            "portal.account_held_back.v1"
        ]


def test_who_has_waited_for_the_password_does_not_wait_for_the_second_factor(house: House) -> None:
    house.account()
    stranger = house.browser("198.51.100.9")
    house.holds("roads-je")
    failed, waited = 0, "0"
    while waited != str(round(PATIENCE[Scope.STRANGERS].longest.total_seconds())):
        answer = stranger.submit("/en/account/sign-in", login="a.jadhav2", password=WRONG)
        failed += answer.status_code == 400
        waited = answer.headers.get("Retry-After", "0")
        house.wait(seconds=int(waited))
    assert failed == PATIENCE[Scope.STRANGERS].most
    mine = house.browser("203.0.113.50")
    half = mine.submit("/en/account/sign-in", login="a.jadhav2", password=PASSWORD)
    assert half.status_code == 303
    assert mine.submit("/en/account/second", code=house.code()).status_code == 303
    assert mine.get(OWN).status_code == 200


def test_who_fails_at_an_offices_address_does_not_stop_the_office(house: House) -> None:
    made = house.account()
    known = house.browser()
    assert known.sign_in().status_code == 303
    house.wait(minutes=5)
    path, free = "/en/account/sign-in", PATIENCE[Scope.CLIENT].free
    digest = house.keeping.of_client("203.0.113.7")
    with house.begin() as session:
        row = session.get_one(Failure, (Scope.CLIENT, digest))
        row.count, row.last_at = free, house.now
    assert house.browser().submit(path, login="nobody", password=WRONG).status_code == 400
    new = house.browser()
    assert new.submit(path, login=made.person, password=PASSWORD).status_code == 429
    # Who is known is not counted with the others.
    assert known.submit(OWN, "/en/account/sign-out").status_code == 303
    assert known.sign_in().status_code == 303
    # After the wait, who is right costs the others nothing.
    house.wait(seconds=PATIENCE[Scope.CLIENT].first.total_seconds() + 30)
    assert new.submit(path, login=made.person, password=PASSWORD).status_code == 303
    assert new.submit("/en/account/second", code=house.code()).status_code == 303
    assert house.browser().submit(path, login="somebody", password=WRONG).status_code == 400


def test_another_password_leaves_the_networks_count_alone(house: House) -> None:
    house.account()
    mine = house.browser()
    mine.sign_in()
    for _ in range(3):
        house.browser().submit("/en/account/sign-in", login="nobody", password=WRONG)
    new = "violet umbrella 19 trees"
    answer = mine.submit("/en/account/password", old=PASSWORD, password=new, again=new)
    assert answer.status_code == 303
    with house.begin() as session:
        counts = session.scalars(select(Failure.count).where(Failure.scope == Scope.CLIENT))
        assert counts.all() == [3]


def test_attempts_and_their_giving_back_at_the_same_moment_do_not_stop_each_other(
    house: House,
) -> None:
    made = house.account()
    officers, client = house.parts.officers, Client("203.0.113.7", "", "")
    counted = officers.counted(Step.PASSWORD, made.person, client)

    def once(number: int) -> None:
        with house.begin() as session:
            if number % 2:
                forgive(session, counted)
                return
            charged = charge(session, counted, house.now, made.id)
        with house.begin() as session:
            give_back(session, charged)

    with house.begin() as session:
        give_back(session, charge(session, counted, house.now, made.id))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(once, range(60))) == [None] * 60


def test_a_login_that_there_is_not_makes_one_wait_as_well(house: House) -> None:
    answers = [
        house.browser().submit("/en/account/sign-in", login="nobody", password=WRONG).status_code
        for _ in range(PATIENCE[Scope.STRANGERS].free + 2)
    ]
    assert answers == [400] * (PATIENCE[Scope.STRANGERS].free + 1) + [429]


def test_others_are_told_when_strangers_begin_to_wait(house: House) -> None:
    made = house.account()
    for _ in range(PATIENCE[Scope.STRANGERS].free + 3):
        house.browser().submit("/en/account/sign-in", login="a.jadhav2", password=WRONG)
    with house.begin() as session:
        (row,) = session.execute(select(outbox)).all()
    assert row.type == "portal.account_held_back.v1"
    assert '"person":"a.jadhav2"' in row.body.replace(" ", "")
    assert str(made.id) in row.body
