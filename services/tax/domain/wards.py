"""The wards that a property can lie in."""

from collections.abc import Mapping
from typing import Any


def wards(raw: Any) -> dict[str, int]:
    """The wards' codes, and their shares of the demo's properties, of ``data/wards.yaml``.

    Raises:
        ValueError: names every field that is missing or wrong.
    """
    listed = raw.get("wards") if isinstance(raw, Mapping) else None
    if not isinstance(listed, Mapping) or not listed:
        raise ValueError("wards: must list the wards")
    wrong: list[str] = []
    found: dict[str, int] = {}
    for code, each in listed.items():
        weight = each.get("seed_weight") if isinstance(each, Mapping) else None
        if not isinstance(code, str):
            wrong.append(f"wards.{code}: a ward's code must be text")
        elif type(weight) is not int or weight < 0:
            wrong.append(f"wards.{code}.seed_weight: must be a whole number, 0 or more")
        else:
            found[code] = weight
    if not wrong and not any(found.values()):
        wrong.append("wards: one seed_weight at least must be above 0")
    if wrong:
        raise ValueError("; ".join(wrong))
    return found
