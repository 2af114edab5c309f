"""What an officer is told of a message: what happened when."""

from services.notify.cli.looking import timeline


def at(minute: int) -> str:
    return f"2026-04-01T06:{minute:02}:00+00:00"


def attempt(number: int, state: str, reason: str | None = None):
    return {
        "id": f"attempt-{number}",
        "provider": "meta",
        "state": state,
        "reason": reason,
        "made_at": at(number),
        "answered_at": at(number + 1),
    }


def told(attempts, receipts=()):
    steps = timeline(
        {
            "created_at": at(0),
            "event_type": "grievance.filed.v1",
            "attempts_made": attempts,
            "receipts": receipts,
            "resends": [],
            "state": "sent",
            "reason": None,
        }
    )
    return [words for _, words in steps]


def test_what_a_provider_accepted_and_failed_later_was_accepted_first():
    failed = {"attempt_id": "attempt-1", "at": at(9), "told": "failed", "reason": "meta_off"}
    assert told([attempt(1, "failed", "meta_off")], [failed]) == [
        "created by grievance.filed.v1",
        "attempt 1, meta: handed over",
        "attempt 1, meta: accepted",
        "attempt 1, meta: failed (meta_off)",
    ]


def test_what_was_refused_at_once_or_not_answered_was_not_accepted():
    attempts = [attempt(1, "failed", "meta_throttled"), attempt(3, "unknown", "meta_no_answer")]
    assert [each for each in told(attempts) if "handed over" not in each] == [
        "created by grievance.filed.v1",
        "attempt 1, meta: meta_throttled",
        "attempt 2, meta: meta_no_answer",
    ]
