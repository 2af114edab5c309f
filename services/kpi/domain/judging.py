"""A value against its target: green, amber or red; how far off; and why, in words."""

from dataclasses import dataclass
from fractions import Fraction

from palika.text import Name
from services.kpi.domain.indicators import Aim, Indicator

STATUSES = ("green", "amber", "red", "no target", "no data")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a value comes to.

    Attributes:
        status: `green`, `amber`, `red`, `no target` or `no data`.
        aim: the target of the financial year; None if there is none.
        short: how much the value falls short of the target, in the KPI's own unit; negative: it
            does better; None without a value or a target. Of a band: how far outside, 0 within.
        words: why, in Marathi and English.
    """

    status: str
    aim: Aim | None
    short: Fraction | None
    words: Name


def judge(indicator: Indicator, value: Fraction | None, year: int) -> Judgement:
    """Judge the exact value of a KPI in a period of a financial year (2026 is 2026-27)."""
    aim = indicator.aim(year)
    if value is None:
        return Judgement("no data", aim, None, Name("माहिती उपलब्ध नाही", "there is no data"))
    thresholds = indicator.thresholds
    no_limits = thresholds is None or thresholds.red is None
    if indicator.direction == "none" or (aim is None and no_limits):
        words = Name("लक्ष्य ठरवलेले नाही", "no target is set")
        return Judgement("no target", None, None, words)
    if indicator.direction == "band":
        return _in_band(indicator, value, aim)
    sign = 1 if indicator.direction == "lower" else -1
    short = None if aim is None else sign * (value - aim.low)
    if thresholds is not None and thresholds.green is not None and thresholds.red is not None:
        if sign * value <= sign * thresholds.green:
            return Judgement("green", aim, short, _beyond(indicator, sign, thresholds.green))
        if sign * value >= sign * thresholds.red:
            return Judgement("red", aim, short, _beyond(indicator, -sign, thresholds.red))
        words = _between(indicator, thresholds.green, thresholds.red)
        return Judgement("amber", aim, short, words)
    assert aim is not None
    assert short is not None
    if short <= 0:
        words = Name(
            f"लक्ष्य {_shown(indicator, aim.low)} गाठले",
            f"the target of {_shown(indicator, aim.low)} is reached",
        )
        return Judgement("green", aim, short, words)
    return _within_tolerance(indicator, aim, short, abs(aim.low), aim.low)


def _in_band(indicator: Indicator, value: Fraction, aim: Aim | None) -> Judgement:
    if aim is None:
        return Judgement("no target", None, None, Name("लक्ष्य ठरवलेले नाही", "no target is set"))
    short = max(aim.low - value, value - aim.high, Fraction(0))
    if not short:
        low, high = _shown(indicator, aim.low), _shown(indicator, aim.high)
        words = Name(f"{low} ते {high} या मर्यादेत", f"within {low} to {high}")
        return Judgement("green", aim, short, words)
    edge = aim.low if value < aim.low else aim.high
    thresholds = indicator.thresholds
    if thresholds is None or thresholds.amber is None:
        return _within_tolerance(indicator, aim, short, abs(edge), edge)
    off, most = _shown(indicator, short), _shown(indicator, thresholds.amber)
    if short <= thresholds.amber:
        words = Name(
            f"मर्यादेबाहेर {off}; {most} पर्यंत पिवळे", f"{off} outside the band; amber up to {most}"
        )
        return Judgement("amber", aim, short, words)
    words = Name(f"मर्यादेबाहेर {off}, {most} पेक्षा जास्त", f"{off} outside the band, more than {most}")
    return Judgement("red", aim, short, words)


def _within_tolerance(
    indicator: Indicator, aim: Aim, short: Fraction, size: Fraction, edge: Fraction
) -> Judgement:
    near = short <= size * indicator.tolerance / 100
    off, target = _shown(indicator, short), _shown(indicator, edge)
    per_cent = f"{float(indicator.tolerance):g}"
    if near:
        words = Name(
            f"लक्ष्य {target} पासून {off} दूर; {per_cent} टक्क्यांच्या आत",
            f"{off} off the target of {target}: within {per_cent} per cent of it",
        )
        return Judgement("amber", aim, short, words)
    words = Name(
        f"लक्ष्य {target} पासून {off} दूर; {per_cent} टक्क्यांहून अधिक",
        f"{off} off the target of {target}: more than {per_cent} per cent of it",
    )
    return Judgement("red", aim, short, words)


def _beyond(indicator: Indicator, sign: int, edge: Fraction) -> Name:
    limit = _shown(indicator, edge)
    if sign > 0:
        return Name(f"{limit} किंवा कमी", f"{limit} or less")
    return Name(f"{limit} किंवा जास्त", f"{limit} or more")


def _between(indicator: Indicator, green: Fraction, red: Fraction) -> Name:
    ends = _shown(indicator, min(green, red)), _shown(indicator, max(green, red))
    return Name("{} व {} यांच्या दरम्यान".format(*ends), "between {} and {}".format(*ends))


def _shown(indicator: Indicator, value: Fraction) -> str:
    """A number without needless zeros, with two more decimals than the KPI at most."""
    text = f"{float(value):.{indicator.decimals + 2}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
