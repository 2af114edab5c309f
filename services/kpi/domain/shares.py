"""Which formulas are the share of a part in its whole, in percent."""

from collections.abc import Mapping

from services.kpi.domain.formula_syntax import Call, Measure, Node, Number, Pair
from services.kpi.domain.indicators import MeasureInfo

_SPANS = ("year_to_date", "stock")


def share_of(root: Node, measures: Mapping[str, MeasureInfo]) -> str:
    """Whether a formula in percent is of a part and its whole, over the same days or over those of
    a level.

    Returns:
        `part`: of two measures of which the one is `at_most` the other; `mostly`: `rarely_above`
        it; "": it is something else.
    """
    match root:
        case Call(name="rate", given=(above, below)):
            return _share(above, below, measures)
        case Pair(sign="*", left=Pair(sign="/", left=above, right=below), right=Number(text="100")):
            return _share(above, below, measures)
    return ""


def _share(above: Node, below: Node, measures: Mapping[str, MeasureInfo]) -> str:
    part, whole = _measure(above), _measure(below)
    if part is None or whole is None:
        return ""
    seen: set[str] = set()
    at: str | None = part
    while at is not None and at in measures and at not in seen:
        seen.add(at)
        at = measures[at].at_most
        if at == whole:
            return "part"
    return "mostly" if measures[part].rarely_above == whole else ""


def _measure(node: Node) -> str | None:
    match node:
        case Measure(text=code):
            return code
        case Call(name=name, given=(Measure(text=code),)) if name in _SPANS:
            return code
    return None
