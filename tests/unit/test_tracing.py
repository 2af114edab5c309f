"""Trace context: it goes from parent to child, and ends where it began."""

import re
import threading

import pytest

from palika import tracing

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
W3C = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]")


def test_a_new_trace_is_well_formed_and_nobody_elses():
    first, second = tracing.new_traceparent(), tracing.new_traceparent()
    assert W3C.fullmatch(first)
    assert first.split("-")[1] != second.split("-")[1]


def test_a_child_is_a_new_span_of_the_same_trace():
    child = tracing.child_of(PARENT)
    assert W3C.fullmatch(child)
    assert child.split("-")[1] == TRACE
    assert child.split("-")[2] != PARENT.split("-")[2]


@pytest.mark.parametrize("flags", ["00", "01"])
def test_whether_it_is_sampled_is_passed_on(flags):
    assert tracing.child_of(f"{PARENT[:-2]}{flags}").endswith(f"-{flags}")


@pytest.mark.parametrize(
    "malformed",
    [
        None,
        "",
        "nonsense",
        PARENT.upper(),
        PARENT[:-1],
        f"{PARENT}0",
        f"{PARENT}\n",
        f" {PARENT}",
        f"ff{PARENT[2:]}",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        7,
        b"00",
        [PARENT],
        {},
    ],
)
def test_what_is_malformed_begins_a_new_trace(malformed):
    child = tracing.child_of(malformed)
    assert W3C.fullmatch(child)
    assert TRACE not in child


def test_a_span_is_current_inside_and_only_there():
    assert tracing.current_traceparent() is None
    assert tracing.current_trace_id() is None
    with tracing.span(PARENT) as traceparent:
        assert tracing.current_traceparent() == traceparent
        assert tracing.current_trace_id() == TRACE
    assert tracing.current_traceparent() is None


def test_spans_nest_and_the_outer_one_is_current_again():
    with tracing.span(PARENT) as outer:
        with tracing.span(tracing.current_traceparent()) as inner:
            assert inner != outer
            assert tracing.current_trace_id() == TRACE
        assert tracing.current_traceparent() == outer


def test_a_span_ends_with_an_error_too():
    with pytest.raises(KeyError), tracing.span(PARENT):
        raise KeyError
    assert tracing.current_traceparent() is None


def test_another_thread_has_a_trace_of_its_own():
    seen = []
    with tracing.span(PARENT):
        thread = threading.Thread(target=lambda: seen.append(tracing.current_traceparent()))
        thread.start()
        thread.join()
    assert seen == [None]
