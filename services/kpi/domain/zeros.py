"""When nothing recorded is a true zero, and when it is "no data"."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from services.kpi.domain.formula import Input, Value

if TYPE_CHECKING:
    from services.kpi.domain.indicators import MeasureInfo

Values = dict[Input, Value | None]


def completed(
    values: Mapping[Input, Value | None],
    zero_with: Callable[[Input], Input | None],
    measures: Mapping[str, "MeasureInfo"],
) -> Values:
    """Add the true zeros: an input without data whose measure's `zero_with` has data is 0.

    So is what was done, and done in time, where something is due and late (`due_with`) and events
    feed all of it: of one grievance that is overdue, and none closed, none was closed in time.

    Args:
        values: of each input of a formula, and of those that tell of zeros.
        zero_with: the input whose data make the absence of one a zero; None if nothing does. Only
            of sums, levels and different things: what a percentile of nothing is, nobody knows.
        measures: the catalogue's.
    """
    whole = dict(values)
    for one in values:
        _settle(one, whole, zero_with)
    for one in values:
        if whole[one] is None and one.aggregation == "sum" and _is_late(one, values, measures):
            whole[one] = 0
    return whole


def _settle(one: Input, whole: Values, zero_with: Callable[[Input], Input | None]) -> bool:
    if whole.get(one) is not None:
        return True
    base = zero_with(one)
    if base is None or not _settle(base, whole, zero_with):
        return False
    whole[one] = 0
    return True


def _is_late(
    one: Input, values: Mapping[Input, Value | None], measures: Mapping[str, "MeasureInfo"]
) -> bool:
    """Whether something is late of what an input counts the rest of."""
    late = {_whole(each, measures) for each, value in values.items() if value and value > 0}
    code = _whole(one, measures)
    if not late or measures[code[0]].manual:
        return False
    dues = {
        each.due_with
        for each in measures.values()
        if each.due_with is not None and code[0] in (each.code, each.zero_with)
    }
    return any(due == measure and back == code[1] for due in dues for measure, back in late)


def _whole(one: Input, measures: Mapping[str, "MeasureInfo"]) -> tuple[str, tuple[str, ...]]:
    """The whole measure of an input, and which steps before."""
    code = one.measure
    while (of := measures[code].of) is not None:
        code = of
    return code, one.shift.back
