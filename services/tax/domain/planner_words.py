"""Why a plan has chosen, and why it has not, in both languages."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from palika.india import in_digits, rupees
from palika.text import Name
from services.tax.domain.recovery import ACTION_NAMES, Action, Prospect

if TYPE_CHECKING:
    from services.tax.domain.planner import Candidate

SKIPPED: Final[Mapping[str, Name]] = {
    "court_case": Name(
        "न्यायालयात प्रकरण आहे: वसुली थांबवली आहे.", "A court has the case: recovery waits."
    ),
    "objection_open": Name(
        "आकारणीवरील हरकतीचा निर्णय बाकी आहे.", "An objection to the assessment is not decided yet."
    ),
    "dispute": Name("मालकी किंवा आकारणीचा वाद आहे.", "Title or assessment is in dispute."),
    "merged_village": Name(
        "समाविष्ट गाव: येथील वसुली स्थगित आहे.", "A merged village: recovery there is on hold."
    ),
    "mutation_pending": Name(
        "मालक मयत आहेत व वारसनोंद बाकी आहे.",
        "The owner has died, and the heirs are not entered yet.",
    ),
    "left_alone": Name(
        "दुसऱ्या मोहिमेने योगायोगाने निवडून वगळले आहे: तिचा परिणाम मोजणे सुरू आहे.",
        "Another campaign leaves it alone by chance, and what that one brings is still measured.",
    ),
    "promised": Name("{day} पर्यंत भरण्याचे वचन दिले आहे.", "Payment is promised by {day}."),
    "nothing_late": Name(
        "मुदत उलटलेली थकबाकी {late} एवढीच आहे.", "Only {late} of it is late: too little to act about."
    ),
    "not_lawful": Name(
        "जे उपयोगी ठरेल ते आज कायदेशीर नाही. {reason}",
        "What would help is not lawful now. {reason}",
    ),
    "not_reachable": Name(
        "दूरध्वनी क्रमांक नाही, आणि इतर उपाय खर्चापेक्षा अधिक देत नाहीत.",
        "There is no telephone number, and nothing else brings more than it costs.",
    ),
    "not_worth": Name(
        "कोणत्याही कृतीतून तिच्या खर्चापेक्षा अधिक वसुली अपेक्षित नाही.",
        "No action is expected to bring more than it costs.",
    ),
    "control": Name(
        "योगायोगाने निवडून वगळले: मोहिमेचा परिणाम मोजण्यासाठी.",
        "Left alone by chance, so that what the campaign brings can be measured.",
    ),
    "cap_week": Name(
        "मालकाशी या आठवड्यात पुरेसा संपर्क झाला आहे.", "The owner has heard enough of the city this week."
    ),
    "cap_month": Name(
        "मालकाशी या महिन्यात पुरेसा संपर्क झाला आहे.",
        "The owner has heard enough of the city this month.",
    ),
    "budget_used": Name(
        "मर्यादित साधने इतरत्र अधिक वसुली देतात.", "What there is brings more elsewhere."
    ),
}
"""By the code of the reason."""

_CHOSEN = Name(
    "{action}: {gain} अधिक वसुली अपेक्षित (काहीही न केल्यास {without}, केल्यास {with_}; भरण्याची शक्यता "
    "{chance_without}% वरून {chance}%), खर्च {cost}.",
    "A {action} is expected to bring {gain} more ({without} if nothing is done, {with_} if it is; "
    "the chance of payment rises from {chance_without}% to {chance}%), for {cost}.",
)
_NEXT_BEST = Name(
    " {better} येथे अधिक देईल, परंतु ती इतरत्र {price} अधिक देते.",
    " A {better} would bring more here, but brings {price} elsewhere.",
)
_SIGNED = Name(
    " नामनिर्देशित अधिकाऱ्याच्या स्वाक्षरीशिवाय काहीही होणार नाही.",
    " Nothing happens before a named officer has signed.",
)


def skipped_words(code: str, candidate: "Candidate", unlawful: Name | None) -> Name:
    """Why a property is left alone.

    Raises:
        KeyError: there is no such code.
    """
    until = candidate.promised_until
    day, late = in_digits(until) if until else "", rupees(candidate.overdue_paise)
    words, reason = SKIPPED[code], unlawful or Name("", "")
    return Name(
        *(
            words.in_(language).format(day=day, late=late, reason=reason.in_(language))
            for language in ("mr", "en")
        )
    )


def chosen_words(
    without: Prospect, chosen: Prospect, cost: int, better: Action | None, price: int
) -> Name:
    """Why an action is planned.

    Args:
        without: what comes if nothing is done.
        chosen: what comes of it.
        cost: in paise.
        better: the action that would bring more here, if one would.
        price: what that one brings elsewhere, in paise.
    """
    return Name(
        *(_told(language, without, chosen, cost, better, price) for language in ("mr", "en"))
    )


def _told(
    language: str, without: Prospect, chosen: Prospect, cost: int, better: Action | None, price: int
) -> str:
    text = _CHOSEN.in_(language).format(
        action=ACTION_NAMES[chosen.action].in_(language),
        gain=rupees(chosen.paise - without.paise),
        without=rupees(without.paise),
        with_=rupees(chosen.paise),
        chance_without=round(without.probability * 100),
        chance=round(chosen.probability * 100),
        cost=rupees(cost),
    )
    if better is not None:
        name = ACTION_NAMES[better].in_(language)
        text += _NEXT_BEST.in_(language).format(better=name, price=rupees(price))
    if chosen.action is Action.ATTACHMENT:
        text += _SIGNED.in_(language)
    return text
