"""Questions to several services at once: who is away takes away only its own part."""

import threading
from contextlib import contextmanager

import pytest

from palika.auth import ANONYMOUS, SYSTEM, Identity
from palika.errors import Invalid, Unavailable
from services.portal.asking import Asking, Question
from services.portal.errors import TooMany


class Services:
    """Services that answer, fail, or never answer; and who asked them what."""

    def __init__(self):
        self.answers = {}
        self.asked = []
        self.seen = []
        self.never = threading.Event()

    def told(self, identity, service, method):
        self.seen.append((identity.subject, f"{service}.{method}"))

    @contextmanager
    def as_(self, identity, timeout_s=None):
        yield _Of(self, identity)


class _Of:
    def __init__(self, services, identity, path=()):
        self._services, self._identity, self._path = services, identity, path

    def __getattr__(self, name):
        return _Of(self._services, self._identity, (*self._path, name))

    def __call__(self, **arguments):
        self._services.asked.append((self._path[0], self._identity.subject))
        answer = self._services.answers[self._path[0]]
        if answer is self._services.never:
            answer.wait(10)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def services():
    found = Services()
    yield found
    found.never.set()


@pytest.fixture
def now():
    return [1000.0]


@pytest.fixture
def asking(services, now):
    return Asking(services, 4, lambda: now[0])


def of(service, keep_s=0.0, identity=None):
    return Question(service, "told", {"a": 1}, keep_s, identity)


def test_each_part_has_its_own_fate(asking, services):
    services.answers = {
        "kpi": {"value": 1},
        "tax": Unavailable("tax: the service is not running"),
        "notify": services.never,
        "grievance": Invalid("no such thing"),
        "warroom": TooMany("later"),
    }
    parts = asking.ask(deadline_s=0.2, **{name: of(name) for name in services.answers})
    assert parts["kpi"].value == {"value": 1}
    assert {name: (part.missing, part.away) for name, part in parts.items()} == {
        "kpi": (False, False),
        "tax": (True, True),
        "notify": (True, True),
        "grievance": (True, False),
        "warroom": (True, True),
    }


def test_a_service_that_was_away_is_left_in_peace_and_then_asked_again(asking, services, now):
    services.answers = {"kpi": Unavailable("away")}
    assert asking.ask(a=of("kpi"))["a"].away
    assert asking.ask(a=of("kpi"))["a"].away
    assert len(services.asked) == 1, "it was asked again at once"
    services.answers = {"kpi": 7}
    now[0] += 3.1
    back = asking.ask(a=of("kpi"), b=of("kpi"))
    assert (back["a"].value, back["b"].value) == (7, 7), "the page that tries has all its parts"
    assert asking.ask(a=of("kpi"))["a"].value == 7


def test_an_answer_is_used_again_for_its_time_and_by_the_same_caller(asking, services, now):
    services.answers = {"kpi": 1}
    asking.ask(a=of("kpi", keep_s=60))
    services.answers = {"kpi": 2}
    assert asking.ask(a=of("kpi", keep_s=60))["a"].value == 1
    other = asking.ask(SYSTEM("portal"), a=of("kpi", keep_s=60))["a"]
    assert other.value == 2, "what one may see was shown to another"
    now[0] += 61
    assert asking.ask(a=of("kpi", keep_s=60))["a"].value == 2


def test_a_question_may_be_asked_by_somebody_else(asking, services):
    services.answers = {"kpi": 1, "grievance": 2}
    asking.ask(a=of("kpi"), b=of("grievance", identity=SYSTEM("portal")))
    assert sorted(services.asked) == [
        ("grievance", "service:portal"),
        ("kpi", ANONYMOUS.subject),
    ]


def test_who_is_shown_a_kept_answer_is_noticed_as_who_is_shown_a_fresh_one(asking, services):
    services.answers["grievance"] = {"number": 1}
    officer = Identity.of("officer:roads-je", "officer")
    question = Question("grievance", "get", keep_s=60)
    for _ in range(2):
        assert asking.ask(officer, one=question)["one"].value == {"number": 1}
    assert len(services.asked) == 1
    assert services.seen == [("officer:roads-je", "grievance.get")]


def test_a_service_that_hangs_makes_no_other_one_away(services):
    asking = Asking(services, 1)
    services.answers = {"tax": services.never, "kpi": 1}
    parts = asking.ask(a=of("tax"), b=of("kpi"))
    assert parts["a"].away
    assert parts["b"].away, "its turn did not come"
    assert [service for service, _ in services.asked] == ["tax"]
    services.never.set()
    after = asking.ask(a=of("tax"), b=of("kpi"))
    assert after["a"].away, "it was asked again at once"
    assert after["b"].value == 1, "a service that nobody had asked was left in peace"


def test_who_has_waited_for_a_moment_only_leaves_nobody_in_peace(asking, services):
    services.answers = {"kpi": services.never, "tax": Unavailable("no answer in time")}
    menu = asking.ask(deadline_s=0.1, a=of("kpi"), b=of("tax"))
    assert menu["a"].away
    assert menu["b"].away
    services.never.set()
    services.answers = {"kpi": 1, "tax": 2}
    page = asking.ask(a=of("kpi"), b=of("tax"))
    assert (page["a"].value, page["b"].value) == (1, 2)
