"""Metrics: named to Prometheus' conventions, and with labels that take few values."""

import re
from pathlib import Path

import pytest
from prometheus_client import Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase

from palika import metrics

EVERY = {
    name: value for name, value in vars(metrics).items() if isinstance(value, MetricWrapperBase)
}
# Whatever else is a label must be argued for here: each of these takes a few dozen values at most.
FEW_VALUES = {
    "type",  # event types of the catalogue
    "subscription",
    "source",  # services
    "method",  # RPC methods
    "outcome",
    "identity",  # how a caller is known: signed, unsigned, refused, …
    "reason",  # a word, never an error's text
    "state",
    "version",
    "part",
    "file",  # of a service's data/
    "mark",  # what the clock does: the marks of domain/escalation.py
    "route",  # the portal's rules, as Flask has them
    "status",  # HTTP's; of KPIs, those of domain/judging.py
    "code",  # of the catalogue's KPIs: at most kpi_metrics_most
    "name_mr",  # one for each code
    "name_en",
    "department",
    "end",  # of a target: only, low, high
    "channel",  # of notify's domain/routes.py
    "lane",  # likewise, of domain/care.py
    "provider",  # those that there is an adapter for
    "work",  # methods that run by themselves, of services and of the portal
    "told",  # what a receipt says: four words
}
# Of Prometheus' naming practice: base units only.
NO_BASE_UNITS = re.compile(r"_(ms|millis|milliseconds|us|minutes|hours|days|kb|mb|percent|paise)\b")


def full_name(metric: MetricWrapperBase) -> str:
    """The name of its main sample."""
    name: str = metric._name
    return f"{name}_total" if isinstance(metric, Counter) else name


@pytest.fixture(params=EVERY.values(), ids=EVERY.keys())
def metric(request: pytest.FixtureRequest) -> MetricWrapperBase:
    """Every metric of the platform."""
    found: MetricWrapperBase = request.param
    return found


def test_all_metrics_are_found():
    assert len(EVERY) >= 20


def test_names_are_the_platforms_own_and_in_base_units(metric: MetricWrapperBase):
    name = full_name(metric)
    assert re.fullmatch(r"palika_[a-z]+(_[a-z]+)+", name)
    assert not NO_BASE_UNITS.search(f"{name} ")


def test_a_counter_ends_in_total_and_nothing_else_does(metric: MetricWrapperBase):
    # As it is written in the code, because the client adds the ending by itself.
    code = Path(metrics.__file__).read_text("utf-8")
    written = re.findall(r'(Counter|Gauge|Histogram)\(\s*"(\w+)"', code)
    (kind,) = [kind for kind, name in written if name == full_name(metric)]
    assert (kind == "Counter") == full_name(metric).endswith("_total")


def test_what_measures_time_says_seconds(metric: MetricWrapperBase):
    timed = ("duration", "lag", "age", "oldest", "timestamp")
    if any(word in full_name(metric).split("_") for word in timed):
        assert full_name(metric).endswith("_seconds")


def test_reserved_endings_are_left_to_the_client(metric: MetricWrapperBase):
    assert not full_name(metric).endswith(("_count", "_sum", "_bucket", "_created"))


def test_labels_take_few_values_and_are_never_ids(metric: MetricWrapperBase):
    assert set(metric._labelnames) <= FEW_VALUES


def test_a_label_is_not_repeated_in_the_name(metric: MetricWrapperBase):
    words = full_name(metric).split("_")
    assert not set(metric._labelnames) & set(words)


def test_every_metric_has_a_sentence_of_help(metric: MetricWrapperBase):
    assert re.fullmatch(r"[A-Z1].{10,}\.", metric._documentation)


def test_no_two_metrics_share_a_name():
    names = [full_name(each) for each in EVERY.values()]
    assert len(set(names)) == len(names)


def test_buckets_grow_and_reach_from_the_quick_to_the_hopeless():
    for each in EVERY.values():
        if isinstance(each, Histogram) and full_name(each).endswith("_seconds"):
            bounds = each._kwargs["buckets"]
            assert list(bounds) == sorted(set(bounds))
            assert bounds[0] <= 0.01
            assert bounds[-1] >= 30
