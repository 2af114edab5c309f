"""Whether what measures say of each other's size (`at_most`, `rarely_above`) can be compared."""

from collections.abc import Iterator, Mapping

from services.kpi.domain.indicators import MeasureInfo

KEYS = ("at_most", "rarely_above")


def wrong_wholes(measures: Mapping[str, MeasureInfo]) -> Iterator[tuple[str, str, str]]:
    """Each measure that cannot be held against the one that it names: its code, key and rule."""
    for code, info in measures.items():
        for key in KEYS:
            other = getattr(info, key)
            if other is None:
                continue
            rule = _rule(info, other, measures)
            if rule is None and info.at_most == info.rarely_above:
                rule = "at_most says it already: one of them"
            if rule is None and _leads_back(code, measures):
                rule = "circular: it leads back to itself"
            if rule is not None:
                yield code, key, rule


def _rule(info: MeasureInfo, other: str, measures: Mapping[str, MeasureInfo]) -> str | None:
    whole = measures.get(other)
    if whole is None:
        return f"unknown measure {other}"
    if not whole.manual or whole.department != info.department:
        return f"{other} is not entered by this department"
    if not (info.unit and info.kind and whole.unit and whole.kind):
        return None  # What is wrong with them is told already.
    if whole.unit != info.unit:
        return f"this is in {info.unit}, and {other} in {whole.unit}"
    if whole.kind == "sum" and (info.kind != "sum" or info.every != whole.every):
        return f"{other} is a sum of every {whole.every}: only a sum of the same can be held to it"
    if info.by and whole.by and info.by != whole.by:
        return f"this is entered by {info.by[0]}, and {other} by {whole.by[0]}"
    return None


def _leads_back(code: str, measures: Mapping[str, MeasureInfo]) -> bool:
    seen: set[str] = set()
    rest = wholes(measures[code])
    while rest:
        at = rest.pop()
        if at == code:
            return True
        if at in measures and at not in seen:
            seen.add(at)
            rest += wholes(measures[at])
    return False


def wholes(info: MeasureInfo) -> list[str]:
    """What a measure should not exceed."""
    return [each for each in (info.at_most, info.rarely_above) if each is not None]
