"""An amount in parts by weight, to the paisa."""

from collections.abc import Sequence


def divided(paise: int, weights: Sequence[int]) -> list[int]:
    """An amount in parts as large as their weights; their sum is the amount.

    Each part is rounded down, and what is left goes, a paisa each, to those that lost most by that;
    of equal ones to the first. An amount below 0 is divided as the same above 0.

    Raises:
        ValueError: no weight, one below 0, or none above 0.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError(f"nothing can be divided by the weights {list(weights)!r:.100}")
    sign, amount = (1, paise) if paise >= 0 else (-1, -paise)
    parts = [amount * weight // total for weight in weights]
    lost = sorted(range(len(weights)), key=lambda at: -(amount * weights[at] % total))
    for at in lost[: amount - sum(parts)]:
        parts[at] += 1
    return [sign * part for part in parts]
