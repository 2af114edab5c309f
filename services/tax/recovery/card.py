"""The card of a model: what it is for, what it was measured to do, and what it cannot tell."""

from collections.abc import Mapping
from typing import Any

from palika.india import grouped
from palika.text import Name
from services.tax.domain.recovery import ACTION_NAMES, ACTIONS
from services.tax.recovery.model import Model

_LIMITS = (
    Name(
        "मागील कृती नियमाने (जास्त थकबाकी आधी) निवडल्या होत्या, योगायोगाने नव्हे. म्हणून कृतींमधील फरक हा "
        "अंदाज आहे, प्रयोगाचा निष्कर्ष नाही; मोहिमेतील योगायोगाने वगळलेला गट तो तपासतो.",
        "Past actions were chosen by rule (largest arrears first), not by chance. What one action "
        "brings more than another is therefore an estimate from decisions that happened to differ, "
        "no experiment: where the city never did something, the model only goes on from what it "
        "knows. "
        "The group that each campaign leaves alone by chance is what checks it.",
    ),
    Name(
        "'काहीही न करणे' म्हणजे त्या दिवशी काही न करणे; नंतरच्या साठ दिवसांत नेहमीच्या कृती होऊ शकतात.",
        "'Nothing' is nothing on that day: what the city usually does later may have followed "
        "within the sixty days, after any action.",
    ),
    Name(
        "पैसे दिले तरी ते कृतीमुळेच दिले असे मॉडेल सांगत नाही.",
        "It tells who pays, not why, and nothing of what an owner can afford. A low chance is no "
        "fault of theirs, and a high one no promise.",
    ),
    Name(
        "प्रभाग व विभाग मॉडेलला दिलेले नाहीत; तरी इतर माहितीतून ते डोकावू शकतात. अहवाल ते मोजतो.",
        "It knows neither ward nor zone, nor name, religion, caste, sex or age. What it does know "
        "may stand for them: the fairness report counts that, by ward and by use.",
    ),
    Name(
        "जप्ती कधीही आपोआप होत नाही: मॉडेल फक्त प्रस्ताव देते, कायद्याची पायरी आधी तपासली जाते आणि "
        "नामनिर्देशित व्यक्ती सही करते.",
        "Nothing is attached by it. It proposes; the legal ladder is asked first, and a named "
        "person signs each.",
    ),
    Name(
        "नियम बदलले (अभय योजना, व्याज, सवलत) की मॉडेल जुने होते: नव्याने प्रशिक्षण द्या.",
        "It knows the rules under which it was trained. After a change of interest, rebate or "
        "amnesty, and once a year at the least, train anew.",
    ),
)
_MADE_UP = Name(
    "**काल्पनिक शहरावर प्रशिक्षित. हे आकडे खऱ्या शहराबद्दल काहीही सांगत नाहीत, आणि हे मॉडेल खऱ्या "
    "थकबाकीदारांसाठी वापरता येत नाही.**",
    "**Trained on a made-up city. Its figures say nothing of a real one, and the program refuses "
    "to use it for real owners.**",
)


def card(model: Model, version: str, language: str = "en") -> str:
    """The card, as Markdown, in ``mr`` or ``en``; it is made of the model's own figures."""
    figures, threshold = model.figures, model.threshold
    judged = figures["judged"]
    words = _WORDS[language]
    at_least = grouped(threshold.at_least_paise // 100)
    lines = [
        f"# {words['title'].format(version=version)}",
        "",
        *([_MADE_UP.in_(language), ""] if model.illustrative else []),
        words["question"].format(percent=threshold.percent, least=at_least, days=threshold.days),
        "",
        f"- {words['trained'].format(day=f'{model.trained_at:%Y-%m-%d}', until=model.data_until)}",
        f"- {words['kind'].format(kind=model.kind, calibration=model.calibration.kind)}",
        f"- {words['candidates'].format(**figures['brier_of_candidates'])}",
        f"- {words['taught'].format(**figures['taught'])}",
        "",
        f"## {words['measured'].format(**judged)}",
        "",
        words["brier"].format(**judged),
        "",
        f"| {words['said']} | {words['came']} | {words['decisions']} |",
        "|---|---|---|",
        *(
            f"| {row['said']:.1%} | {row['came']:.1%} | {grouped(row['count'])} |"
            for row in judged["reliability"]
        ),
        "",
        f"| {words['action']} | {words['said']} | {words['came']} | {words['expected']} | "
        f"{words['paid']} |",
        "|---|---|---|---|---|",
        *(_by_action(judged["by_action"], language)),
        "",
        f"## {words['features']}",
        "",
        words["importance"],
        "",
        *(f"- `{name}`: {worse:+.5f}" for name, worse in figures["importance"][:12]),
        "",
        f"## {words['stands_out']}",
        "",
        *(f"- {each[language]}" for each in figures["stands_out"]),
        "",
        f"## {words['limits']}",
        "",
        *(f"- {each.in_(language)}" for each in _LIMITS),
        "",
    ]
    return "\n".join(lines)


def _by_action(rows: Mapping[str, Any], language: str) -> list[str]:
    return [
        f"| {ACTION_NAMES[action].in_(language)} | {row['said']:.1%} | {row['came']:.1%} "
        f"| ₹{grouped(row['expected_rupees'])} | ₹{grouped(row['paid_rupees'])} |"
        for action in ACTIONS
        if (row := rows.get(str(action)))
    ]


_WORDS = {
    "en": {
        "title": "Recovery model {version}",
        "question": "It answers: will an owner who is late pay at least {percent} % of what is "
        "owed (and at least ₹{least}, or all of it) within {days} days, after nothing, a message, "
        "a call, a notice, or a proposal to attach; and how many rupees?",
        "trained": "Trained on {day}, with payments up to {until}.",
        "kind": "Kind: {kind}, calibrated by {calibration} on later decisions than those that "
        "taught it.",
        "candidates": "Brier score of the candidates on these: trees {trees}, linear {linear}.",
        "taught": "Taught by {decisions} decisions from {from} to {to}, {paid} of them paid.",
        "measured": "Measured on {decisions} decisions it has not seen, {from} to {to}",
        "brier": "Brier score {brier} (to say the mean of all: {brier_of_the_mean}), AUC {auc}, "
        "calibration error {calibration_error}.",
        "said": "said",
        "came": "came true",
        "decisions": "decisions",
        "action": "action taken",
        "expected": "expected",
        "paid": "paid",
        "features": "What it goes by",
        "importance": "By how much the Brier score is worse when a feature is shuffled:",
        "stands_out": "By ward and by use, with the actions that were taken",
        "limits": "What it cannot tell",
    },
    "mr": {
        "title": "वसुली मॉडेल {version}",
        "question": "प्रश्न: थकबाकीदार काहीही न केल्यास, संदेश, दूरध्वनी, नोटीस वा जप्तीच्या "
        "प्रस्तावानंतर {days} दिवसांत थकबाकीच्या किमान {percent} % (आणि किमान ₹{least}, वा संपूर्ण) "
        "भरतील का, आणि किती?",
        "trained": "प्रशिक्षण {day} रोजी, {until} पर्यंतच्या भरण्यांवर.",
        "kind": "प्रकार: {kind}; नंतरच्या निर्णयांवर {calibration} पद्धतीने जुळवलेले.",
        "candidates": "त्यांवरील ब्रायर गुण: trees {trees}, linear {linear}.",
        "taught": "{from} ते {to} मधील {decisions} निर्णयांवर शिकले; त्यांपैकी {paid} भरले.",
        "measured": "न पाहिलेल्या {decisions} निर्णयांवर मोजले, {from} ते {to}",
        "brier": "ब्रायर गुण {brier} (सरासरी सांगितल्यास {brier_of_the_mean}), AUC {auc}, जुळणीतील त्रुटी "
        "{calibration_error}.",
        "said": "सांगितले",
        "came": "प्रत्यक्षात",
        "decisions": "निर्णय",
        "action": "केलेली कृती",
        "expected": "अपेक्षित",
        "paid": "भरले",
        "features": "ते कशावरून ठरवते",
        "importance": "एखादी माहिती मिसळून टाकल्यास ब्रायर गुण किती बिघडतो:",
        "stands_out": "प्रभाग व वापरानुसार, केलेल्या कृतींसह",
        "limits": "ते काय सांगू शकत नाही",
    },
}
