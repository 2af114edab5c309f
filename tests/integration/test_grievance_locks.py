"""Steps on two grievances at once: nobody waits in a circle."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from sqlalchemy import event, exc, text

from palika.database import is_busy
from palika.errors import PalikaError
from services.grievance.commands.link import link_grievance
from services.grievance.commands.merge import merge_grievance
from services.grievance.commands.step import Act
from services.grievance.commands.unmerge import unmerge_grievance
from services.grievance.schemas import Linking, Merging, Unmerging
from tests.support.grievances import NOW, OFFICER


def at_once(*actions: Any) -> list[Any]:
    """What becomes of actions that run at the same time."""
    with ThreadPoolExecutor(len(actions)) as pool:
        running = [pool.submit(each) for each in actions]
        return [each.result(timeout=60) for each in running]


def test_two_that_are_linked_with_each_other_at_once_do_not_wait_in_a_circle(desk, monkeypatch):
    one, other = desk.file(), desk.file()
    both_locked = threading.Barrier(2, timeout=30)
    load = Act.load.__func__

    def waiting(cls, *args):
        act = load(cls, *args)
        both_locked.wait()
        return act

    monkeypatch.setattr(Act, "load", classmethod(waiting))

    def link(first, second) -> str:
        args = Linking().load({"id": str(first.id), "other": str(second.id)})
        try:
            with desk.sessions.begin() as session:
                link_grievance(session, OFFICER, args, NOW)
        except exc.DBAPIError as error:
            return str(error.orig)
        except PalikaError as error:
            return type(error).__name__
        return "linked"

    assert sorted(at_once(partial(link, one, other), partial(link, other, one))) == [
        "Conflict",
        "linked",
    ]
    assert len(desk.get(one)["links"]) == 1


def test_a_link_does_not_wait_for_a_step_on_the_other_one(desk):
    one, other = desk.file(), desk.file()
    with desk.sessions.begin() as session:
        Act.locked(session, OFFICER, other.id, NOW)
        with desk.sessions.begin() as second:
            second.execute(text("SET LOCAL lock_timeout = '2s'"))
            args = Linking().load({"id": str(one.id), "other": str(other.id)})
            link_grievance(second, OFFICER, args, NOW)
    assert len(desk.get(other)["links"]) == 1


def test_two_that_are_merged_into_each_other_at_once_are_merged_once(desk):
    for _ in range(5):
        one, other = desk.file(), desk.file()
        started = threading.Barrier(2, timeout=30)

        def merge(first, second, started=started) -> str:
            args = Merging().load({"id": str(first.id), "into": str(second.id)})
            started.wait()
            try:
                with desk.sessions.begin() as session:
                    merge_grievance(session, OFFICER, args, NOW)
            except exc.DBAPIError as error:
                return str(error.orig)
            except PalikaError as error:
                return type(error).__name__
            return "merged"

        found = at_once(partial(merge, one, other), partial(merge, other, one))
        assert sorted(found) == ["Conflict", "merged"]


def test_what_is_merged_and_taken_out_again_at_once_is_locked_in_one_order(desk):
    for swapped in (False, True):
        pair = sorted((desk.file(), desk.file()), key=lambda each: each.id, reverse=swapped)
        new, original = pair
        desk.take("merge", new, into=str(original.id))
        locked: list[Any] = []
        with desk.sessions.begin() as session:
            seen = partial(_note_locks, locked)
            event.listen(session.get_bind(), "before_cursor_execute", seen)
            try:
                args = Unmerging().load({"id": str(new.id), "reason": "another one"})
                unmerge_grievance(session, OFFICER, args, NOW)
            finally:
                event.remove(session.get_bind(), "before_cursor_execute", seen)
        assert "ORDER BY grievance.id FOR NO KEY UPDATE" in locked[0], "both before either"


def _note_locks(kept: list[Any], *args: Any) -> None:
    if "FOR NO KEY UPDATE" in args[2]:
        kept.append(" ".join(args[2].split()))


def test_who_waited_in_a_circle_is_told_to_try_again(desk):
    one, other = desk.file(), desk.file()
    lock = text("SELECT 1 FROM grievance WHERE id = :id FOR UPDATE")
    both_locked = threading.Barrier(2, timeout=30)

    def cross(first, second) -> bool:
        try:
            with desk.sessions.begin() as session:
                session.execute(lock, {"id": first.id})
                both_locked.wait()
                session.execute(lock, {"id": second.id})
        except exc.DBAPIError as error:
            return is_busy(error)
        return False

    assert sorted(at_once(partial(cross, one, other), partial(cross, other, one))) == [False, True]
