"""What a post may do with a file now: one list of it, and the refusals that name it.

A step is legal if the table (``movement.STEPS``) gives it to what the post is to the file, in the
file's state, and nothing about the file bars it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from palika.errors import Conflict, Forbidden
from services.eoffice.domain.movement import STEPS, Rule, Standing, State, Step, Who

_DESK = Rule((State.OPEN,), frozenset({Who.HOLDER}), None)
"""What is no step: the post that has an open file does it."""
_REFUSES = frozenset({Step.APPROVE, Step.RETURN, Step.CANCEL})
"""Steps whose own rules refuse what bars them, and say who may."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What keeps a step from being taken now that the table gives to a post.

    Attributes:
        why: in words, and what is to be done about it.
        details: of a refusal, beside those that each has.
    """

    why: str
    details: Mapping[str, Any] = field(default_factory=dict)


def _none(_: Step) -> Bar | None:
    return None


@dataclass(frozen=True, slots=True)
class Known:
    """What a post is to a file, and what keeps steps from being taken; that is looked up when it is
    asked for."""

    who: frozenset[Who]
    bar: Callable[[Step], Bar | None] = _none


def relations(
    file: Standing,
    post: str,
    above: Collection[str] = (),
    *,
    marked: bool = False,
    main: str | None = None,
    dated: Collection[str] = (),
    decided: Collection[str] = (),
) -> frozenset[Who]:
    """What a post is to a file.

    Args:
        file: the file.
        post: the post.
        above: the posts up the line from the one that has the file.
        marked: whether the post was marked and has not answered.
        main: the post that has the file of which it is a part, if it is one of a file that is not
            closed.
        dated: the posts that may put its due date off.
        decided: the posts that may cancel an approval on it.
    """
    is_so = {
        Who.HOLDER: file.held_by == post,
        Who.SENDER: file.sent_by == post != file.held_by and not file.seen,
        Who.ABOVE: post in above,
        Who.MAIN: main == post != file.held_by,
        Who.OPENER: file.opened_by == post,
        Who.MARKED: marked,
        Who.DATED: post in dated,
        Who.DECIDED: post in decided,
    }
    return frozenset(each for each, so in is_so.items() if so)


def legal_steps(state: State, known: Known) -> list[Step]:
    """What a post to which a file is so may do with it now: the one list of it.

    Custody is transferred of all that a vacant post has, and is no step with one file.
    """
    return [
        step
        for step, rule in STEPS.items()
        if step is not Step.TRANSFER
        and state in rule.states
        and not rule.who.isdisjoint(known.who)
        and known.bar(step) is None
    ]


def legal_methods(file: Standing, known: Known) -> list[str]:
    """The methods of ``legal_steps``, as refusals name them."""
    return [each.method for each in legal_steps(file.state, known)]


def barred(file: Standing, step: str, bar: Bar, known: Known) -> Conflict:
    """The refusal of a step that something about the file keeps from being taken.

    Args:
        step: one of ``Step``, or what else is done with a file, in words.
    """
    legal = legal_methods(file, known)
    name = Step(step).method if step in set(Step) else step
    return Conflict(
        f"cannot {name.replace('_', ' ')} file {file.number}: {bar.why}; {_instead(legal)}",
        {"state": str(file.state), "step": step, "legal": legal, **bar.details},
    )


def check_step(
    file: Standing,
    step: str,
    post: str,
    expected: int | None,
    known: Known | None = None,
) -> None:
    """Refuse a step that this post may not take on this file now.

    Args:
        file: the file.
        step: one of ``Step``; of any other name it is what only the post that has an open file may
            do with it.
        post: the post that acts.
        expected: the version that the caller had read, or None if the caller does not mind.
        known: what the post is to the file, if more is known than the file tells.

    Raises:
        Conflict: the step is not legal in this state, not yet or not any more (``legal`` in its
            details names the steps that are), something keeps it from being taken (see ``Bar``), or
            the file has changed since it was read.
            It counts before whom the step is for: who had read the file may have had it then.
        Forbidden: the file is with another post; ``legal`` as above.
    """
    known = Known(relations(file, post)) if known is None else known
    rule = STEPS[Step(step)] if step in set(Step) else _DESK
    name = (Step(step).method if step in set(Step) else step).replace("_", " ")
    if file.state not in rule.states:
        raise barred(file, step, Bar(f"it is {file.state}"), known)
    if step == Step.PULL_BACK and file.sent_by == post and file.seen:
        opened = Bar(f"{file.held_by} has opened it", {"held_by": file.held_by})
        raise barred(file, step, opened, known)
    changed = expected is not None and expected != file.version
    if rule.who.isdisjoint(known.who):
        legal = legal_methods(file, known)
        if changed:
            # It was the post's to do, and somebody was faster.
            raise Conflict(
                f"{_changed(file, expected)}, and with {file.held_by}; {_instead(legal)}",
                {
                    "version": file.version,
                    "expected": expected,
                    "held_by": file.held_by,
                    "step": step,
                    "legal": legal,
                },
            )
        there = " itself" if file.held_by == post else f", not with {post}"
        raise Forbidden(
            f"cannot {name} file {file.number}: it is with {file.held_by}{there}; "
            f"that is for {' or '.join(sorted(rule.who))}; {_instead(legal)}",
            {"held_by": file.held_by, "post": post, "step": step, "legal": legal},
        )
    if changed:
        raise Conflict(
            f"{_changed(file, expected)}; read it again",
            {"version": file.version, "expected": expected},
        )
    own = step not in set(Step) or Step(step) in _REFUSES
    if not own and (bar := known.bar(Step(step))) is not None:
        raise barred(file, step, bar, known)


def _instead(legal: Collection[str]) -> str:
    return f"legal now: {', '.join(legal) or 'nothing'}"


def _changed(file: Standing, expected: int | None) -> str:
    return (
        f"file {file.number} has changed since it was read: it is at version {file.version}, "
        f"not {expected}"
    )
