"""No event of any step carries who the citizen is, or what anybody wrote."""

from dataclasses import replace
from fractions import Fraction

from palika.auth import SYSTEM, Identity
from palika.events import registered_types
from palika.india import day_of
from services.grievance.commands import sample
from services.grievance.domain.lifecycle import STEPS
from services.grievance.reference import policy
from services.grievance.schemas import events as published
from services.grievance.schemas import review_events
from tests.support.grievances import CITIZEN, HOUR, NOW

MARK = "marked"
WHO = {
    "citizen_name": f"Asha {MARK}",
    "citizen_phone": "98220 12345",
    "citizen_email": f"{MARK}@example.org",
    "address": f"12, {MARK} Lane",
    "description": f"A hole, {MARK}",
}
SECRETS = (MARK, "12345", "citizen:9", "18.52", "73.85")
# By a person with a citizen's role, and those that are no act of a person.
CITIZENS = {"answer", "rate", "reopen", "withdraw"}
# What a caller may write at a step.
WORDS = {
    "acknowledge": ["note"], "start": ["note"], "wait": ["question"], "answer": ["answer"],
    "resolve": ["remark"], "rate": ["comment"], "reopen": ["reason"], "transfer": ["note"],
    "comment": ["text"], "reject": ["remark"], "withdraw": ["reason"], "merge": ["note"],
    "unmerge": ["reason"],
}  # fmt: skip
# `attach`, `detach` and `locate` have a module of their own, with the same promise.
NOT_TAKEN = {
    *("attach", "detach", "locate", "file", "settle"),
    *("absorb", "release", "contact", "look_up", "follow", "unfollow", "tie", "untie", "forget"),
}
# What the clock does by itself; its events carry levels and posts.
CLOCK = {"due_soon", "wait_over", "breach", "escalate"}
CLOCK_EVENTS = {
    f"grievance.{name}.v1" for name in ("due_soon", "wait_over", "breached", "escalated")
}
REVIEWS = {"appeal", "appeal_overdue", "decide", "restore", "sample", "check"}


def test_no_event_of_any_step_carries_what_is_personal(desk):
    def filed():
        return desk.file(CITIZEN, lat=18.5204, lon=73.8567, **WHO)

    here, original = filed(), filed()
    taken = set()

    def take(step, grievance, hours, **args):
        taken.add(step)
        if step == "transfer":
            args["category"] = "no-water"
        said = dict.fromkeys(WORDS.get(step, []), f"{MARK} 98220 12345")
        caller = CITIZEN if step in CITIZENS else SYSTEM("grievance")
        desk.take(step, grievance, caller, NOW + hours * HOUR, **said, **args)

    for hours, step in enumerate(
        ["acknowledge", "transfer", "assign", "start", "wait", "answer", "comment", "resolve",
         "reopen", "resolve", "close", "rate"]
    ):  # fmt: skip
        take(step, here, hours)
    for step in ("link", "unlink"):
        take(step, here, 20, other=str(original.id))
    merged = filed()
    take("merge", merged, 20, into=str(original.id))
    take("unmerge", merged, 21)
    take("reject", filed(), 20)
    take("withdraw", filed(), 20)

    assert taken == {str(step) for step in STEPS} - NOT_TAKEN - REVIEWS - CLOCK
    told = desk.events()
    of_the_core = {
        str(kind.name)
        for kind in registered_types("grievance")
        if type(kind.schema).__module__ == published.__name__
    }
    of_the_core -= {"grievance.attached.v1", "grievance.detached.v1", "grievance.located.v1"}
    assert {event.type for event in told} | CLOCK_EVENTS == of_the_core | CLOCK_EVENTS
    for event in told:
        body = event.to_json()
        assert [secret for secret in SECRETS if secret in body] == [], event.type


def test_no_event_of_an_appeal_or_of_the_sample_carries_what_is_personal(desk, monkeypatch):
    everything = replace(policy(), sample_percent=Fraction(100))
    monkeypatch.setattr(sample, "policy", lambda: everything)
    supervisor = Identity.of("supervisor:roads-ee", "supervisor")
    refused = desk.take("reject", desk.file(CITIZEN, lat=18.5204, lon=73.8567, **WHO))
    made = desk.take("appeal", refused, CITIZEN, grounds=MARK, reason=MARK)
    desk.clock(made.decide_by + HOUR)
    desk.take("decide_appeal", refused, supervisor, made.decide_by + 2 * HOUR, order=MARK)
    done = desk.resolved(lat=18.5204, lon=73.8567, **WHO)
    with desk.sessions.begin() as session:
        sample.draw(session, day_of(NOW), NOW + 24 * HOUR)
    desk.take("check_sample", done, supervisor, outcome="not_done", note=MARK)
    told = desk.events()
    taken = {entry["step"] for each in (refused, done) for entry in desk.timeline(each)}
    assert taken > REVIEWS
    assert {str(kind.name) for kind in registered_types("grievance")
            if type(kind.schema).__module__ == review_events.__name__} < {
        event.type for event in told
    }  # fmt: skip
    for event in told:
        body = event.to_json()
        assert [secret for secret in SECRETS if secret in body] == [], event.type
