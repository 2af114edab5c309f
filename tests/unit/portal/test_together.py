"""Requests of one moment go in one call."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from palika.errors import Forbidden, Invalid, Unavailable
from services.portal.together import Together


class Service:
    """Answers each with its double; the first call waits until it is let go."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.begun, self.go = threading.Event(), threading.Event()
        self.broken: Exception | None = None

    def __call__(self, given):
        self.calls.append(len(given))
        if len(self.calls) == 1:
            self.begun.set()
            assert self.go.wait(10)
        if self.broken is not None:
            raise self.broken
        if any(each["n"] == "poison" for each in given):
            raise Invalid("one of them cannot be stored")
        return [
            {"refused": Forbidden("no", {"n": each["n"]}).to_dict()}
            if each["n"] % 10 == 0
            else {"double": each["n"] * 2}
            for each in given
        ]


def at_once(service: Service, asked, size=10, call=None):
    """All but the first come while the first is carried."""
    together = Together(call or service)
    with ThreadPoolExecutor(len(asked)) as pool:
        first = pool.submit(together.answer, {"n": asked[0]}, size)
        assert service.begun.wait(10)
        others = [pool.submit(together.answer, {"n": n}, size) for n in asked[1:]]
        while len(together._waiting) < len(others):
            pass
        service.go.set()
        return [first, *others]


def test_what_comes_while_a_call_is_made_goes_with_the_next_and_each_gets_its_own_answer():
    service = Service()
    told = at_once(service, range(1, 41))
    assert service.calls == [1, 39]
    for n, each in enumerate(told, 1):
        if n % 10 == 0:
            with pytest.raises(Forbidden) as caught:
                each.result()
            assert caught.value.details == {"n": n}
        else:
            assert each.result() == {"double": n * 2}


def test_a_call_carries_so_many_and_so_much_and_no_more():
    service = Service()
    at_once(service, range(1, 122))
    assert service.calls == [1, 50, 50, 20]
    service = Service()
    at_once(service, range(1, 6), size=400_000)
    assert service.calls == [1, 2, 2]
    service = Service()
    at_once(service, range(1, 4), size=4_000_000)
    assert service.calls == [1, 1, 1]


def test_one_that_spoils_a_call_is_refused_alone():
    service = Service()
    told = at_once(service, [1, 2, "poison", 3])
    assert [told[n].result() for n in (0, 1, 3)] == [{"double": n} for n in (2, 4, 6)]
    with pytest.raises(Invalid):
        told[2].result()


def test_a_service_that_is_away_is_asked_once_for_all():
    service = Service()
    service.broken = Unavailable("away")
    for each in at_once(service, [1, 2, 3]):
        with pytest.raises(Unavailable):
            each.result()
    assert service.calls == [1, 2]


def test_answers_that_are_fewer_than_the_requests_leave_nobody_waiting():
    service, calls = Service(), []

    def too_few_together(given):
        calls.append(len(given))
        if not given:
            raise AssertionError("nothing is asked of the service")
        answers = service(given)
        return answers if len(given) == 1 else answers[:1]

    told = at_once(service, [1, 2, 3], call=too_few_together)
    assert [each.result(10) for each in told] == [{"double": n} for n in (2, 4, 6)]
    assert calls == [1, 2, 1, 1]
