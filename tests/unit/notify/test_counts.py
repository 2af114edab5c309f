"""Counting in a process that nobody scrapes, and telling it to one that is."""

import json

import pytest

from palika import metrics
from services.notify import counts


@pytest.fixture
def tally(monkeypatch):
    """A worker's counts; this process is a worker while the test lasts."""
    monkeypatch.setattr(counts, "_tally", None)
    return counts.keep()


def sent():
    return metrics.NOTIFY_DELIVERIES.labels("sms", "sent")._value.get()


def waited():
    samples = metrics.NOTIFY_SENDING.labels("bulk").collect()[0].samples
    return next(each.value for each in samples if each.name.endswith("_count"))


def test_a_worker_tells_what_it_counts_and_it_is_added(tally, monkeypatch):
    before, observed = sent(), waited()
    counts.count("deliveries", "sms", "sent")
    counts.count("deliveries", "sms", "sent", amount=2)
    counts.observe("sending", "bulk", value=1.5)
    line = tally.line()
    assert (sent(), waited()) == (before, observed)
    monkeypatch.setattr(counts, "_tally", None)
    assert counts.take(line)
    assert (sent(), waited()) == (before + 3, observed + 1)


def test_what_was_told_is_not_told_again(tally):
    counts.count("skips", "opted_out")
    assert json.loads(tally.line())
    assert tally.line() == ""


@pytest.mark.parametrize("line", ["", "12 taken up", "12", "[]", "{}", '{"x": 1}'])
def test_what_else_a_worker_says_is_no_count(line):
    assert not counts.take(line)
