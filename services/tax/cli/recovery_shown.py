"""What ``palika tax recovery`` shows to people, in both languages."""

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import click

from palika.india import grouped, in_digits, rupees
from palika.text import Name
from services.tax.cli import tables
from services.tax.domain.planner import Plan
from services.tax.domain.planner_words import SKIPPED
from services.tax.domain.recovery import ACTION_NAMES, ACTIONS, Action

if TYPE_CHECKING:
    from services.tax.recovery.pipeline import Trained
    from services.tax.recovery.scoring import Scored

TOO_LITTLE: Final = Name(
    "शिकण्यासाठी पुरेसा इतिहास नाही: {why}", "There is too little history to learn from: {why}"
)
NOTHING_OWED: Final = Name(
    "{number}: अशी मिळकत नाही, वा तिच्याकडे काही थकलेले नाही.",
    "{number}: there is no such property, or nothing of it is late.",
)
_MADE_UP: Final = Name(
    "काल्पनिक शहर: हे आकडे खऱ्या शहराबद्दल काहीही सांगत नाहीत.",
    "A made-up city: these figures say nothing of a real one.",
)
_WAYS: Final = {
    "model": Name("मॉडेल व नियोजक", "model and planner"),
    "largest_first": Name("जास्त थकबाकी आधी", "largest arrears first"),
    "officers": Name("अधिकाऱ्यांनी केले तसे", "as the officers did"),
    "lot": Name("चिठ्ठ्या टाकून", "by lot"),
}
_HEADINGS: Final = {
    "way": Name("पद्धत", "way"),
    "actions": Name("कृती", "actions"),
    "recovered": Name("वसूल ₹ / कृती", "recovered ₹ / action"),
    "brought": Name("कृतीमुळे ₹ / कृती", "brought ₹ / action"),
    "said": Name("सांगितले", "said"),
    "came": Name("प्रत्यक्षात", "came true"),
    "did": Name("भरले", "did"),
    "decisions": Name("निर्णय", "decisions"),
    "count": Name("संख्या", "count"),
    "chosen": Name("निवडले", "chosen"),
    "hard": Name("कठोर", "hard"),
    "false": Name("चूक", "false"),
    "needless": Name("तरीही", "anyway"),
    "wards": Name("प्रभाग", "ward"),
    "uses": Name("वापर", "use"),
    "action": Name("कृती", "action"),
    "chance": Name("शक्यता", "chance"),
    "expected": Name("अपेक्षित", "expected"),
    "property": Name("मिळकत", "property"),
    "day": Name("दिवस", "day"),
    "why": Name("कारण", "why"),
}


def _table(language: str, *headings: str) -> tables.Listing:
    """Of words, then figures."""
    columns = [
        (tables.words if at == 0 else tables.figures)(_HEADINGS[heading].in_(language))
        for at, heading in enumerate(headings)
    ]
    return tables.Listing("", columns)


def show_trained(trained: "Trained", seconds: float, language: str) -> None:
    """A model that was trained."""
    model, judged = trained.model, trained.model.figures["judged"]
    if model.illustrative:
        click.echo(_MADE_UP.in_(language))
    click.echo(
        Name(
            f"मॉडेल {trained.version}: {model.kind}, {model.calibration.kind}; {seconds} सेकंद",
            f"Model {trained.version}: {model.kind}, {model.calibration.kind}; {seconds} seconds",
        ).in_(language)
    )
    _show_judged(judged, language)


def _show_judged(judged: dict[str, Any], language: str) -> None:
    click.echo(
        f"Brier {judged['brier']:.4f} ({judged['brier_of_the_mean']:.4f}), "
        f"AUC {judged['auc']:.3f}, ECE {judged['calibration_error']:.4f}; "
        f"{judged['from']} – {judged['to']}"
    )
    table = _table(language, "said", "came", "decisions")
    for row in judged["reliability"]:
        table.add(f"{row['said']:.1%}", f"{row['came']:.1%}", grouped(row["count"]))
    table.show()
    table = _table(language, "action", "said", "came", "decisions")
    for name, row in judged["by_action"].items():
        action = ACTION_NAMES[Action(name)].in_(language)
        table.add(action, f"{row['said']:.1%}", f"{row['came']:.1%}", grouped(row["decisions"]))
    table.show()


def show_evaluated(figures: dict[str, Any], trained: "Trained", language: str) -> None:
    """The comparison, how right the model is, whom it singles out."""
    if trained.model.illustrative:
        click.echo(_MADE_UP.in_(language))
    comparison = figures.get("comparison")
    if comparison:
        table = _table(language, "way", "actions", "recovered", "brought")
        for way, name in _WAYS.items():
            row = comparison[way]
            table.add(
                name.in_(language),
                grouped(row["actions"]),
                _interval(row["recovered_rupees_per_action"]),
                _interval(row["brought_rupees_per_action"]),
            )
        table.show()
        for key, text in _RATIOS.items():
            ratio = comparison[f"{key}_ratio"]
            low, high = ratio["interval"]
            click.echo(text.in_(language).format(ratio=ratio["ratio"], low=low, high=high))
    for way, row in figures["off_policy"].items():
        name = _WAYS[way].in_(language)
        if row["refused"]:
            click.echo(_REFUSED.in_(language).format(way=name, why=row["refused"]))
        else:
            low, high = row["interval"]
            told = {"way": name, "rupees": row["brought_rupees_per_action"], "low": low}
            told |= {"high": high, "rests": row["rests_on_decisions"]}
            click.echo(_ESTIMATED.in_(language).format(**told))
    _show_judged(trained.model.figures["judged"], language)
    for part, rows in figures["fairness"].items():
        table = _table(
            language, part, "count", "chosen", "hard", "said", "did", "false", "needless"
        )
        for row in rows:
            table.add(
                row["name"],
                grouped(row["decisions"]),
                *(_percent(row[key]) for key in _SHARES),
            )
        table.show()
    click.echo(_LEGEND.in_(language))
    for words in figures["stands_out"]:
        click.echo(f"• {words[language]}")


_SHARES = ("chosen", "chosen_hard", "said", "came", "false_alarms", "needless")
_RATIOS: Final = {
    "recovered": Name(
        "प्रति कृती वसुली: मॉडेल ÷ जास्त-थकबाकी-आधी = {ratio} (९५%: {low}–{high})",
        "Recovered per action: model ÷ largest first = {ratio} (95%: {low} to {high})",
    ),
    "brought": Name(
        "कृतीमुळे आलेले प्रति कृती: मॉडेल ÷ जास्त-थकबाकी-आधी = {ratio} (९५%: {low}–{high})",
        "Brought per action (more than if nothing were done): model ÷ largest first = {ratio} "
        "(95%: {low} to {high})",
    ),
}
_LEGEND: Final = Name(
    "कठोर: नोटीस वा जप्तीचा प्रस्ताव. चूक: भरतील असे म्हटलेल्यांपैकी न भरलेले. तरीही: कठोर कृती झालेल्यांपैकी "
    "काहीही न करता भरले असते असे.",
    "hard: a notice or a proposal to attach. false: of those said to pay, who did not. anyway: of "
    "those pressed hard, who would have paid if nothing had been done.",
)
_REFUSED: Final = Name(
    "केवळ लेजरवरून अंदाज शक्य नाही, {way}: {why}", "No estimate from the ledger alone, {way}: {why}"
)
_ESTIMATED: Final = Name(
    "केवळ लेजरवरून अंदाज, {way}: कृतीमुळे ₹{rupees} प्रति कृती (९५%: {low} ते {high}; {rests} निर्णयांवर)",
    "Estimated from the ledger alone, {way}: ₹{rupees} brought per action (95%: {low} to {high}; "
    "rests on {rests} decisions)",
)


def _interval(figure: dict[str, Any]) -> str:
    low, high = figure["interval"]
    return f"{figure['rupees']:,.0f} ({low:,.0f}–{high:,.0f})"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def show_score(found: "Scored", language: str) -> None:
    """What each action may bring from one property, and why."""
    from services.tax.recovery.explanation import told

    click.echo(f"{found.number}: {rupees(found.owed_paise)} ({in_digits(found.day)})")
    table = _table(language, "action", "chance", "expected")
    for each in found.prospects:
        table.add(
            ACTION_NAMES[each.action].in_(language), f"{each.probability:.0%}", rupees(each.paise)
        )
    table.show()
    for reason in found.reasons:
        click.echo(told(reason, language))


def plan_as_json(made: Plan, top: int) -> dict[str, Any]:
    """A plan as plain values; ``top`` choices with their reasons."""
    return {
        "choices": len(made.choices),
        "by_action": dict(Counter(str(each.action) for each in made.choices)),
        "skips": dict(Counter(each.code for each in made.skips)),
        "used": made.used,
        "prices_rupees": {name: round(each / 100) for name, each in made.prices.items()},
        "value_rupees": round(made.value_paise / 100),
        "bound_rupees": round(made.bound_paise / 100),
        "top": [
            {
                "property": each.property_id,
                "action": str(each.action),
                "day": each.day.isoformat(),
                "gain_rupees": round(each.gain_paise / 100),
                "code": each.code,
                "needs_signature": each.needs_signature,
                "mr": each.words.mr,
                "en": each.words.en,
            }
            for each in _top(made, top)
        ],
    }


def _top(made: Plan, top: int) -> list[Any]:
    return sorted(made.choices, key=lambda each: -each.gain_paise)[:top]


def show_plan(made: Plan, top: int, language: str) -> None:
    """A plan: how many of what, why not the others, and the first of them with their reasons."""
    counts = Counter(each.action for each in made.choices)
    for action in ACTIONS:
        if counts[action]:
            click.echo(f"{ACTION_NAMES[action].in_(language)}: {grouped(counts[action])}")
    click.echo(
        Name(
            f"अपेक्षित निव्वळ वसुली {rupees(made.value_paise)} (कमाल शक्य {rupees(made.bound_paise)})",
            f"Expected, net of costs: {rupees(made.value_paise)} "
            f"(no plan exceeds {rupees(made.bound_paise)})",
        ).in_(language)
    )
    kinds = {"property": tables.exact, "day": tables.exact, "why": tables.words}
    columns = [kind(_HEADINGS[name].in_(language)) for name, kind in kinds.items()]
    table = tables.Listing("", columns)
    for each in _top(made, top):
        table.add(each.property_id, in_digits(each.day), each.words.in_(language))
    table.show()
    for code, count in Counter(each.code for each in made.skips).most_common():
        words = SKIPPED[code].in_(language).format(day="…", late="…", reason="…")
        click.echo(f"{grouped(count)} × {words}")
