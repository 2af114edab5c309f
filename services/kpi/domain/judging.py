"""A value against its target: green, amber or red; how far off; and why, in words."""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from operator import ge, le

from palika.text import Name
from services.kpi.domain.flows import STANDS, growth, never_falls
from services.kpi.domain.goals import held_to, share_of_year
from services.kpi.domain.indicators import CITY, Aim, Indicator
from services.kpi.domain.margins import margin
from services.kpi.domain.period import Period, containing
from services.kpi.domain.sides import Basis

LIGHTS = ("green", "amber", "red")
STATUSES = (*LIGHTS, "not judged", "no target", "no data")
NOT_BEGUN = Name("कालावधी अजून सुरू झालेला नाही", "the period has not begun")
_A = {
    "day": Name("दिवसासाठी", "a day"),
    "week": Name("आठवड्यासाठी", "a week"),
    "month": Name("महिन्यासाठी", "a month"),
    "quarter": Name("तिमाहीसाठी", "a quarter"),
    "half_year": Name("सहामाहीसाठी", "a half-year"),
    "year": Name("आर्थिक वर्षासाठी", "a financial year"),
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a value comes to.

    Attributes:
        status: one of `STATUSES`.
        aim: the target of the financial year; None if there is none (for the days asked about).
        short: how much the value falls short of the target, in the KPI's own unit; negative: it
            does better; None without a value or a target, or not judged. Of a band: how far
            outside, 0 within.
        words: why, in Marathi and English.
    """

    status: str
    aim: Aim | None
    short: Fraction | None
    words: Name


def judge_over(
    indicator: Indicator, value: Fraction | None, days: Period, today: date, *, part: bool = False
) -> Judgement:
    """Judge what a KPI is over some days, as far as they can be judged.

    A target is for the whole, and for a period of the KPI's own frequency: anything else has a
    value and is `not judged`. Of a KPI of weeks or days a whole month is held to the same target,
    if its value does not follow the length of the period: the public is told of months alone. While
    the period runs a rate is judged, for it is of what has come; what follows the length of the
    period (a sum, or a sum beside a level) only where the rest of the period will not mend or spoil
    it: a sum that is to be high and is high enough, or is to be low and is so no more. Days that
    have not begun have no value, though a level or a year to date may come to one. Whoever
    shows, ranks, exports or tells a KPI asks here.

    Args:
        indicator: the KPI.
        value: over the days; None without data.
        days: any; those of the KPI's own frequency are judged.
        today: in Asia/Kolkata: what ends today still runs.
        part: the value is a share of the whole, as a ward's of a sum (`parting.is_share`).
    """
    begun = days.first <= today
    found = judge(indicator, value if begun else None, days)
    if not begun:
        found = replace(found, words=NOT_BEGUN)
    own = days == containing(days.first, indicator.frequency) or _as_a_month(indicator, days)
    if found.status == "no data":
        return found if own and not part else replace(found, aim=None)
    if found.status == "no target":
        return found
    if part:
        return Judgement("not judged", None, None, _share(indicator))
    if not own:
        of = _A[indicator.frequency]
        words = Name(
            f"लक्ष्य संपूर्ण {of.mr} आहे; याचे मूल्यमापन होत नाही",
            f"the target is for the whole of {of.en}: this is not judged",
        )
        return Judgement("not judged", None, None, words)
    if unfinished(indicator, days, today) and not _settled(indicator, value, found):
        words = Name(
            "कालावधी अजून चालू आहे; तो संपल्यावर मूल्यमापन होईल",
            "the period still runs: it is judged when it is over",
        )
        return Judgement("not judged", found.aim, None, words)
    return _within_margin(indicator, value, days, _credible(indicator, value, found))


def _within_margin(
    indicator: Indicator, value: Fraction | None, days: Period, found: Judgement
) -> Judgement:
    """A value that may be off (`margins.py`) has a colour where it has the same at both ends of
    what it may be."""
    off = margin(indicator.formula, value)
    if value is None or off is None or found.status not in LIGHTS:
        return found
    low, high = value - off, value + off
    ends = _shown(indicator, _grid(indicator, low)), _shown(indicator, _grid(indicator, high))
    about = Name("अंदाजे: {} ते {}".format(*ends), "an estimate: {} to {}".format(*ends))
    if all(judge(indicator, each, days).status == found.status for each in (low, high)):
        words = Name(f"{found.words.mr} ({about.mr})", f"{found.words.en} ({about.en})")
        return replace(found, words=words)
    words = Name(
        f"{about.mr}; त्यात लक्ष्याची मर्यादा येते, म्हणून मूल्यमापन होत नाही",
        f"{about.en}; a limit lies between, so this is not judged",
    )
    return Judgement("not judged", found.aim, None, words)


def _credible(indicator: Indicator, value: Fraction | None, found: Judgement) -> Judgement:
    """A share that is more than the whole is no achievement: something was entered wrongly."""
    if value is None or not indicator.share or _grid(indicator, value) <= 100:
        return found
    if found.status not in ("green", "amber"):
        return found
    if indicator.share == "part":
        words = Name(
            "१०० टक्क्यांपेक्षा जास्त: भाग एकूणापेक्षा मोठा असू शकत नाही; भरलेली मूल्ये तपासा",
            "above 100 %: a part cannot be more than its whole; look at what was entered",
        )
        return Judgement("not judged", found.aim, None, words)
    words = Name(
        f"{found.words.mr}; १०० टक्क्यांपेक्षा जास्त सहसा नसते: भरलेली मूल्ये तपासा",
        f"{found.words.en}; above 100 % is rare: look at what was entered",
    )
    return replace(found, words=words)


def _as_a_month(indicator: Indicator, days: Period) -> bool:
    """Whether days are a month, of which a KPI of shorter periods says what it says of those."""
    return (
        indicator.frequency in ("day", "week")
        and days == containing(days.first, "month")
        and growth(indicator.formula) == STANDS
    )


def _share(indicator: Indicator) -> Name:
    """That what is told is a part, and of what."""
    city = indicator.scope == CITY
    mr, en = ("शहराच्या", "city's") if city else ("विभागाच्या", "department's")
    return Name(
        f"{mr} एकूण संख्येचा हा एक भाग आहे; लक्ष्य पूर्णासाठी आहे, भागाचे मूल्यमापन होत नाही",
        f"this is a part of the {en} sum, and the target is for the whole: it is not judged",
    )


def unfinished(indicator: Indicator, days: Period, today: date) -> bool:
    """Whether the value of days that still run cannot be held against that of whole ones."""
    return days.last >= today and growth(indicator.formula) != STANDS


def _settled(indicator: Indicator, value: Fraction | None, found: Judgement) -> bool:
    """Whether a value that only grows has passed what it cannot go back over."""
    if not never_falls(indicator.formula):
        return False
    if indicator.direction == "higher":
        return found.status == "green"
    if indicator.direction == "lower":
        return found.status != "green"
    return value is not None and found.aim is not None and _grid(indicator, value) > found.aim.high


def judge_based(
    indicator: Indicator, value: Fraction | None, found: Judgement, basis: Basis
) -> Judgement:
    """A judgement (`judge_over`) of a value that may not be of all that it should be of: then it
    stands only where what is missing can neither mend nor spoil it."""
    if basis.partial is None or found.status not in LIGHTS:
        return found
    if basis.rises and _is_last(indicator, found) and _settled(indicator, value, found):
        return found
    return Judgement("not judged", found.aim, None, basis.partial)


def _is_last(indicator: Indicator, found: Judgement) -> bool:
    """Whether a value has the colour that it keeps however much it rises: amber may be red yet."""
    return found.status == ("green" if indicator.direction == "higher" else "red")


def judge(indicator: Indicator, value: Fraction | None, of: Period) -> Judgement:
    """Judge a KPI in a period of its own that is over, by what it is held to there (`goals.py`).

    By the value as it is shown, with the KPI's decimals: nobody is told 90.0 and a target of 90,
    and that it is missed.
    """
    held = held_to(indicator, of)
    found = _judged(held, value, held.aim(of.year))
    if held is indicator or found.status not in ("green", "amber", "red"):
        return found
    share = f"{100 * float(share_of_year(of.last)):.0f}"
    words = Name(
        f"{found.words.mr} (वर्षाच्या लक्ष्याच्या {share} टक्के: वर्षाचा इतका भाग संपला आहे)",
        f"{found.words.en} (by {share} per cent of what is for the year: so much of it is over)",
    )
    return replace(found, words=words)


def _judged(indicator: Indicator, value: Fraction | None, aim: Aim | None) -> Judgement:
    """By a target and limits that hold."""
    if value is None:
        return Judgement("no data", aim, None, Name("माहिती उपलब्ध नाही", "there is no data"))
    value = _grid(indicator, value)
    thresholds = indicator.thresholds
    no_limits = thresholds is None or thresholds.red is None
    if indicator.direction == "none" or (aim is None and no_limits):
        words = Name("लक्ष्य ठरवलेले नाही", "no target is set")
        return Judgement("no target", None, None, words)
    if indicator.direction == "band":
        return _in_band(indicator, value, aim)
    sign = 1 if indicator.direction == "lower" else -1
    short = None if aim is None else value - aim.low if sign > 0 else aim.low - value
    if thresholds is not None and thresholds.green is not None and thresholds.red is not None:
        good, bad = (le, ge) if sign > 0 else (ge, le)
        if good(value, thresholds.green):
            return Judgement("green", aim, short, _beyond(indicator, sign, thresholds.green))
        if bad(value, thresholds.red):
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


def _grid(indicator: Indicator, value: Fraction) -> Fraction:
    return Fraction(indicator.steps(value), 10**indicator.decimals)


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
