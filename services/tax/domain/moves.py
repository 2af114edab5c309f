"""Steps from state to state; a step that is not legal is refused by naming those that are."""

from collections.abc import Mapping

from palika.errors import Conflict

Moves = Mapping[str, Mapping[str, str]]
"""By state, and step, the state that it leads to."""


def moved(what: str, state: str, step: str, moves: Moves) -> str:
    """The state that a step leads to.

    Args:
        what: its number, for the message.
        state: in which it is.
        step: that is to be taken.
        moves: the legal ones.

    Raises:
        Conflict: not from this state; ``details`` has ``state`` and ``legal``.
    """
    legal = moves[state]
    if step not in legal:
        names = ", ".join(legal) or "nothing: it has come to its end"
        raise Conflict(
            f"{what} is {state}: {step} is not possible; possible is {names}",
            {"state": state, "legal": list(legal)},
        )
    return legal[step]
