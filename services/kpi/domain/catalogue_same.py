"""Whether two KPIs say the same: under another name, turned over, or nearly."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import combinations

from services.kpi.domain.formula_normal import essence, normal
from services.kpi.domain.formula_syntax import Call, Measure
from services.kpi.domain.indicators import CITY, Catalogue, Indicator, MeasureInfo
from services.kpi.domain.units import of_kpi

Values = frozenset[object]
Conditions = Mapping[str, Values]


def same(
    indicators: Iterable[Indicator],
    measures: Mapping[str, MeasureInfo],
    identity: Callable[[str], str],
) -> Iterator[tuple[str, str]]:
    """The KPIs that say what another says of the same department, each as its code and the rule.

    A share and what remains of the whole are the same, and so is each of them the other way up:
    one of them is good when the other is.

    Args:
        indicators: in their order; the later one of two is told.
        measures: by code.
        identity: what a measure is, under whichever name.
    """
    said: dict[str, str] = {}
    turned: dict[str, str] = {}
    for each in indicators:
        whose = "" if each.scope == CITY else f"@{each.department}"

        def label(code: str, whose: str = whose) -> str:
            return identity(code) + ("" if measures[code].manual else whose)

        root = each.formula.root
        other = said.setdefault(normal(root, label), each.code)
        over = turned.setdefault(essence(root, label, _whole(each.unit)), each.code)
        if other != each.code:
            yield each.code, f"the same as that of {other}"
        elif over != each.code:
            how = "as the rest of its whole or the other way up"
            yield each.code, f"the same as that of {over}, {how}"


def alike(known: Catalogue) -> list[str]:
    """Rates of two KPIs over the same whole that count nearly the same: what is above the line is
    two parts of one measure, and a single value is in one of them and not in the other. Told as a
    warning: it may be meant so."""
    parts = known.parts()
    rates: dict[tuple[str, str], list[tuple[Indicator, Conditions]]] = defaultdict(list)
    for each in known.indicators.values():
        match each.formula.root:
            case Call(name="rate" | "ratio" | "per", given=(Measure(text=code), below, *_)):
                if code in parts:
                    part = parts[code]
                    where = {name: frozenset(values) for name, values in part["where"].items()}
                    rates[part["of"], normal(below)].append((each, where))
    return [
        f"{one.code} and {other.code} differ in {value!s} alone: are they one indicator?"
        for those in rates.values()
        for (one, mine), (other, theirs) in combinations(those, 2)
        if (value := _only(mine, theirs)) is not None
    ]


def _only(one: Conditions, other: Conditions) -> object | None:
    """The value that is in the conditions of one alone, beside others that both have."""
    if one.keys() != other.keys():
        return None
    differ = [name for name in one if one[name] != other[name]]
    if len(differ) != 1:
        return None
    mine, theirs = one[differ[0]], other[differ[0]]
    only = mine ^ theirs
    return next(iter(only)) if len(only) == 1 and mine & theirs else None


def _whole(unit: str) -> Fraction | None:
    """What a share and its rest come to in a unit; None: it is none of shares."""
    found = of_kpi(unit) if unit else None
    return 1 / found[1] if found is not None and not found[0] else None
