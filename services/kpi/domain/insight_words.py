"""What was found, and why nothing can be said, in Marathi and English, with the numbers."""

from collections.abc import Mapping
from fractions import Fraction

from palika.text import Name
from services.kpi.domain.forecasting.outcome import LEVEL
from services.kpi.domain.goals import aim_shown, shown, with_unit
from services.kpi.domain.indicators import Aim, Indicator

_FOUND = {
    "red": (
        "{period} मध्ये मूल्य {value} असून ते लाल आहे{aim}",
        "{value} in {period} is red{aim}",
    ),
    "red_running": (
        "{period} हा कालावधी चालू असून आतापर्यंतचे मूल्य {value} लाल आहे{aim}",
        "{value} in {period} so far is red{aim}",
    ),
    "green_again": (
        "{period} मध्ये मूल्य {value} असून उद्दिष्ट गाठले आहे{aim}",
        "{value} in {period} has reached the goal{aim}",
    ),
    "red_no_more": (
        "सलग {periods} कालावधींत मूल्य लाल नाही; {period} मध्ये {value}",
        "not red in {periods} periods in a row; {value} in {period}",
    ),
    "stagnant": (
        "गेल्या {periods} कालावधींत सुधारणा नाही: {reference_period} मध्ये {reference} होते, त्यानंतरचे "
        "सर्वांत चांगले मूल्य {nearest_period} मधील {nearest}{aim}",
        "no improvement in {periods} periods: {reference} in {reference_period}, and since then at "
        "best {nearest}, in {nearest_period}{aim}",
    ),
    "goal_reached": (
        "{period} मध्ये मूल्य {value} असून उद्दिष्ट गाठले आहे{aim}",
        "{value} in {period} has reached the goal{aim}",
    ),
    "nearer": (
        "सुधारणा झाली आहे: उद्दिष्टापासूनचे अंतर {before} वरून {lacking} झाले; {period} मध्ये {value}",
        "it improves: what is lacking went from {before} to {lacking}; {value} in {period}",
    ),
    "no_goal_any_more": (
        "आता कोणतेही उद्दिष्ट ठरवलेले नाही; {period} मध्ये {value}",
        "no goal is set any more; {value} in {period}",
    ),
    "above_season": (
        "{period} मध्ये मूल्य {value}; या काळात {low} ते {high} अपेक्षित असल्याने ते जास्त आहे. {season}",
        "{value} in {period} is above what the season lets expect, {low} to {high}. {season}",
    ),
    "below_season": (
        "{period} मध्ये मूल्य {value}; या काळात {low} ते {high} अपेक्षित असल्याने ते कमी आहे. {season}",
        "{value} in {period} is below what the season lets expect, {low} to {high}. {season}",
    ),
    "back_in_season": (
        "{period} मध्ये मूल्य {value}; ते या काळात अपेक्षित असलेल्या {low} ते {high} या मर्यादेत आहे. {season}",
        "{value} in {period} is within what the season lets expect, {low} to {high}. {season}",
    ),
    "not_judged": (
        "हा निर्देशांक आता तपासला जात नाही",
        "this KPI is not judged any more",
    ),
}
_SEASON = (
    "एक वर्षापूर्वी ({year_before_period}) {year_before}; वर्षभरातील नेहमीचा बदल {change} "
    "(मागील {count} बदलांचा मध्यक); मर्यादा त्याच्या दोन्ही बाजूंना "
    "प्रमाण विचलनाच्या ({deviation}) {width} पट",
    "A year before ({year_before_period}) it was {year_before}; the usual change of a year's time "
    "is {change} (the median of {count}), and the band {width} times its standard deviation "
    "({deviation}) to either side",
)
_AIM = ("; उद्दिष्ट {aim}", "; the goal is {aim}")
_UNCLEAR = {
    "no_data": ("माहिती उपलब्ध नाही", "there are no data"),
    "only_running": (
        "केवळ चालू कालावधीची माहिती आहे; तो अजून संपलेला नाही",
        "there are data of one period only, which still runs",
    ),
    "not_up_to_date": ("अलीकडील कालावधीची माहिती नाही", "there are no data of the last periods"),
    "no_target": ("लक्ष्य ठरवलेले नाही", "no target is set"),
    "builds_up": (
        "वर्षारंभापासूनची बेरीज असल्याने ती प्रत्येक कालावधीत वाढते; थांबली आहे का ते सांगता येत नाही",
        "it adds up from 1 April on, so one period is not to be compared with another",
    ),
    "too_short": (
        "माहिती पुरेशी नाही: किमान {needed} हवेत, {errors} उपलब्ध आहेत",
        "too short a history: {needed} are needed, there are {errors}",
    ),
    "too_short_season": (
        "हंगामी चढ-उताराशी तुलना करता येत नाही: वर्षभरातील किमान {needed} बदल माहीत हवेत, "
        "{errors} माहीत आहेत",
        "whether it is as the season lets expect cannot be told: {needed} changes from one year to "
        "the next are needed, there are {errors}",
    ),
    "too_short_stagnant": (
        "सुधारणा थांबली आहे का ते सांगता येत नाही: सलग {needed} कालावधींची मूल्ये हवीत, {errors} उपलब्ध आहेत",
        "whether it stagnates cannot be told: values of {needed} periods in a row are needed, "
        "there are {errors}",
    ),
    "too_few_trials": (
        "{periods} कालावधींचा इतिहास आहे; इतक्या पुढचा अंदाज त्यावर {tries} तपासता येतो, आणि तो किती "
        "चुकू शकतो हे सांगण्यासाठी किमान {needed} वेळा हवा",
        "a history of {periods} periods lets a forecast of that date be tried {tries}; "
        "{needed} trials are needed to say how far off one may be",
    ),
    "no_year_before": (
        "मागील वर्षाच्या याच काळाची माहिती नाही",
        "there are no data of the same time a year before",
    ),
    "never_varied": (
        "मूल्य कधीही बदललेले नाही, त्यामुळे नेहमीचा चढ-उतार ठरवता येत नाही",
        "it has never changed otherwise, so there is no usual variation",
    ),
    "gaps": (
        "मागील {periods} कालावधींपैकी {missing} ची माहिती नाही",
        "{missing} of the last {periods} periods have no data",
    ),
    "too_volatile": (
        "चढ-उतार फार मोठे आहेत: अंदाजाची मर्यादा {width} इतकी रुंद होते",
        "it varies too much: the interval would be {width} wide",
    ),
    "surpassed": (
        "चालू कालावधीत आतापर्यंतच {come} झाले आहे; मागील अनुभवावरून जास्तीत जास्त {high} अपेक्षित होते",
        "{come} has come already in the period that runs, more than the {high} that the past lets "
        "expect",
    ),
    "break": (
        "{ago} कालावधींपूर्वी पातळी अचानक {jump} ने बदलली आणि तशीच राहिली",
        "the level jumped by {jump} {ago} periods ago, and has stayed",
    ),
    "too_early": (
        "{length} पैकी केवळ {elapsed} महिने पूर्ण झाले आहेत",
        "only {elapsed} of {length} months are over",
    ),
}
_METHODS = {
    "last": (
        "शेवटचे मूल्य तसेच राहील असे धरून",
        "as if the last value stayed",
    ),
    "season": (
        "मागील वर्षाच्या याच काळातील मूल्य आणि वर्षभरातील नेहमीचा बदल यांवरून",
        "from the same season's last value and the usual change of a year's time",
    ),
    "trend": (
        "अलीकडील कल पुढे हळूहळू कमी होत जाईल असे धरून",
        "from the recent trend, which dies away",
    ),
    "pace": (
        "आतापर्यंतचे {done} आणि मागील वर्षाच्या गतीनुसार अजून अपेक्षित {rest} यांवरून",
        "from the {done} so far, and {rest} more by the pace of the year before",
    ),
}
_INTERVAL = (
    "; मागील {errors} अंदाजांच्या चुकांवरून {level} टक्के शक्यता {low} ते {high}",
    "; by the errors of {errors} forecasts of the past {low} to {high}, in {level} of 100 cases",
)
_CHANCES = {
    "likely": ("उद्दिष्ट गाठण्याची शक्यता आहे", "the target is likely to be met"),
    "unlikely": ("उद्दिष्ट गाठण्याची शक्यता कमी आहे", "the target is unlikely to be met"),
    "cannot tell": (
        "उद्दिष्ट गाठले जाईल का ते सांगता येत नाही",
        "whether the target is met cannot be told",
    ),
}
_Facts = Mapping[str, float]
_COUNTS = frozenset(
    {"periods", "count", "needed", "errors", "missing", "ago", "length", "elapsed", "level"}
)
_PLAIN = frozenset({"width"})
_ONCE = {"mr": "एकदा", "en": "once"}
_TIMES = {"mr": "{:.0f} वेळा", "en": "{:.0f} times"}
_LANGUAGES = ("mr", "en")


def found(
    indicator: Indicator,
    reason: str,
    period: str,
    value: float | Fraction | None,
    aim: Aim | None,
    band: tuple[float, float] | None,
    facts: Mapping[str, float | str],
    *,
    short: bool = False,
) -> Name:
    """What was found, or what ended it; `short`: without how a band was worked out."""

    def words(language: str) -> str:
        at = _LANGUAGES.index(language)
        given = _given(indicator, facts, language) | {"period": period}
        if value is not None:
            given["value"] = with_unit(indicator, value, language)
        if band is not None:
            given |= _between(indicator, *band, language)
        goal = season = ""
        if aim is not None:
            to = ("ते", "to")[at]
            goal = _AIM[at].format(aim=aim_shown(indicator, aim, to, language))
        if "year_before" in given and not short:
            season = _SEASON[at].format(**given)
        return _FOUND[reason][at].format(**given, aim=goal, season=season).strip()

    return Name(*map(words, _LANGUAGES))


def unclear(indicator: Indicator, reason: str, facts: Mapping[str, float], kind: str = "") -> Name:
    """Why nothing can be said; of a `kind` of thing that was looked for, or of a forecast."""
    if f"{reason}_{kind}" in _UNCLEAR:
        reason = f"{reason}_{kind}"
    if reason == "too_short" and "errors" in facts:
        reason = "too_few_trials"
    # Of a value no less is known than of an error of it.
    said = {"errors": facts["periods"], **facts} if "periods" in facts else facts
    always = reason == "too_volatile"
    return Name(
        *(
            text.format(**_given(indicator, said, language, always=always))
            for text, language in zip(_UNCLEAR[reason], _LANGUAGES, strict=True)
        )
    )


def forecast(
    indicator: Indicator, method: str, interval: tuple[float, float], errors: int, facts: _Facts
) -> Name:
    """How a forecast was made, and how wide its interval is."""

    def words(how: str, rest: str, language: str) -> str:
        ends = _between(indicator, *interval, language)
        given = _given(indicator, facts, language)
        return how.format(**given) + rest.format(errors=errors, level=LEVEL, **ends)

    return Name(*map(words, _METHODS[method], _INTERVAL, _LANGUAGES))


def chance(met: str) -> Name:
    """Whether a target will be met."""
    return Name(*_CHANCES[met])


def _between(indicator: Indicator, low: float, high: float, language: str) -> dict[str, str]:
    """Both ends: the unit stands behind the second."""
    return {"low": shown(indicator, low), "high": with_unit(indicator, high, language)}


def _given(
    indicator: Indicator,
    facts: Mapping[str, float | str],
    language: str,
    *,
    always: bool = False,
) -> dict[str, str]:
    given = {}
    for name, each in facts.items():
        if isinstance(each, str):
            given[name] = each
        elif name in _COUNTS:
            given[name] = str(int(each))
            if name == "errors":
                given["tries"] = _ONCE[language] if each == 1 else _TIMES[language].format(each)
        elif name in _PLAIN and not always:
            given[name] = f"{each:g}"
        else:
            given[name] = with_unit(indicator, each, language)
    return given
