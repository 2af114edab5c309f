"""The wards that a property can lie in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from palika.text import Name


@dataclass(frozen=True, slots=True)
class Ward:
    """A ward office, and how large a share of the demo's properties lies in it."""

    name: Name
    seed_weight: int


def wards(raw: Any) -> dict[str, Ward]:
    """The wards by their codes, of ``data/wards.yaml``.

    Raises:
        ValueError: names every field that is missing or wrong.
    """
    listed = raw.get("wards") if isinstance(raw, Mapping) else None
    if not isinstance(listed, Mapping) or not listed:
        raise ValueError("wards: must list the wards")
    wrong: list[str] = []
    found: dict[str, Ward] = {}
    for code, each in listed.items():
        table = each if isinstance(each, Mapping) else {}
        if not isinstance(code, str):
            wrong.append(f"wards.{code}: a ward's code must be text")
            continue
        names = [table.get(language) for language in ("mr", "en")]
        if not all(isinstance(name, str) and name.strip() for name in names):
            wrong.append(f"wards.{code}: must have a name as mr and as en")
        weight = table.get("seed_weight")
        if type(weight) is not int or weight < 0:
            wrong.append(f"wards.{code}.seed_weight: must be a whole number, 0 or more")
        else:
            found[code] = Ward(Name(str(names[0]), str(names[1])), weight)
    if not wrong and not any(each.seed_weight for each in found.values()):
        wrong.append("wards: one seed_weight at least must be above 0")
    if wrong:
        raise ValueError("; ".join(wrong))
    return found
