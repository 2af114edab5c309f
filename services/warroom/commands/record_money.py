"""Enter what was sanctioned, revised or spent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Invalid
from palika.india import rupees
from services.warroom.commands.act import Act
from services.warroom.domain.facts import Money, MoneyKind, State
from services.warroom.domain.import_lines import OVERSPENT


def record_money(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> State:
    """Enter money, as ``schemas.asking.Entering`` has it. An entry is never changed: a wrong one is
    withdrawn, with the reason, and entered anew.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project.
        Invalid: the day is to come, or before the project; a revised budget has neither a reason
            nor the reference of its file or decision; or with it a multiple of the budget would be
            spent (``OVERSPENT``, as in an import).
        Conflict: its id is of something else.
    """
    act = Act.load(session, caller, args, now)
    act.check_may()
    if args["on"] > act.today:
        raise Invalid("it is to come", {"on": [f"must be {act.today} or earlier"]})
    act.check_begun("on", args["on"])
    if args["kind"] is MoneyKind.REVISED and args["reason"] is None and args["reference"] is None:
        rule = "must be given of a revised budget, or the reference of its file or decision"
        raise Invalid("the budget is revised", {"reason": [rule]})
    names = ("kind", "amount_paise", "on", "reference", "note")
    _, fresh = act.add(args["money_id"], Money(**{name: args[name] for name in names}))
    if not fresh:
        return act.state
    _check_spent(act.state)
    return act.save("record_money", args["reason"], args["valid_on"] or args["on"])


def _check_spent(state: State) -> None:
    """Refuse a slip of the pen.

    Raises:
        Invalid: naming ``amount_paise``, with the budget and all that would be spent.
    """
    budget, spent = state.budget_paise, state.spent_paise
    if budget and spent >= OVERSPENT * budget:
        rule = (
            f"with this {rupees(spent)} would be spent; it must be below {OVERSPENT} times the "
            f"budget, {rupees(budget)}"
        )
        raise Invalid("spent far beyond the budget", {"amount_paise": [rule]})
