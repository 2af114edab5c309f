"""What a score rests on: for the model, and for one owner in words.

For the model: by how much it errs more when one feature is shuffled among the decisions
(permutation importance). For one owner: by how much the chance would be another if one thing about
them were as it is with most who are late. That is what the model goes by; it is no cause.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from palika.india import rupees
from palika.text import Name
from services.tax.domain.recovery import ACTIONS, Action
from services.tax.recovery.examples import Examples
from services.tax.recovery.features import FEATURES
from services.tax.recovery.measures import brier
from services.tax.recovery.model import Model

_Row = Mapping[str, float]
_LEAST = 0.02  # of the chance: less is not told


def importance(
    model: Model, examples: Examples, seed: int, most_rows: int = 10_000, rounds: int = 3
) -> list[tuple[str, float]]:
    """By how much the Brier score is worse without each feature; the greatest first.

    Args:
        model: any.
        examples: that it has not seen.
        seed: of the shuffling.
        most_rows: so many at the most are looked at.
        rounds: so often each feature is shuffled.
    """
    rng = np.random.default_rng(seed)
    if len(examples) > most_rows:
        examples = examples.where(np.sort(rng.choice(len(examples), most_rows, replace=False)))
    pays = examples.pays(model.threshold)
    usual = brier(model.chances(examples.x, examples.action), pays)
    found = []
    for place, name in enumerate((*FEATURES, "action")):
        worse = 0.0
        for _ in range(rounds):
            order = rng.permutation(len(examples))
            x, action = examples.x, examples.action
            if name == "action":
                action = action[order]
            else:
                x = x.copy()
                x[:, place] = x[order, place]
            worse += brier(model.chances(x, action), pays) - usual
        found.append((name, round(worse / rounds, 6)))
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing about an owner: ``by`` is how much of the chance it makes up."""

    code: str
    by: float
    words: Name


@dataclass(frozen=True, slots=True)
class _Subject:
    """Features that say one thing together, and how it is said; None where there is nothing."""

    code: str
    features: tuple[str, ...]
    told: Callable[[_Row], Name | None]


def reasons(model: Model, row: Sequence[float], action: Action, most: int = 4) -> list[Reason]:
    """The things about an owner on which their chance rests most, the weightiest first."""
    return reasons_of(model, [row], [action], most)[0]


def reasons_of(
    model: Model, rows: Sequence[Sequence[float]], actions: Sequence[Action], most: int = 4
) -> list[list[Reason]]:
    """The same of many owners, each with the action that is asked about."""
    if not rows:
        return []
    values = np.array(rows, dtype=np.float64)
    size = len(_SUBJECTS) + 1
    variants = np.repeat(values, size, axis=0)
    for place, subject in enumerate(_SUBJECTS, 1):
        columns = [FEATURES.index(name) for name in subject.features]
        for column in columns:
            variants[place::size, column] = model.typical[column]
    acts = np.repeat([ACTIONS.index(each) for each in actions], size)
    chances = model.chances(variants, acts).reshape(len(rows), size)
    return [
        _of_one(dict(zip(FEATURES, row, strict=True)), of.tolist(), most)
        for row, of in zip(values.tolist(), chances, strict=True)
    ]


def _of_one(known: _Row, chances: Sequence[float], most: int) -> list[Reason]:
    found = []
    for subject, without in zip(_SUBJECTS, chances[1:], strict=True):
        by = chances[0] - without
        words = subject.told(known)
        if abs(by) >= _LEAST and words is not None:
            found.append(Reason(subject.code, round(by, 4), words))
    return sorted(found, key=lambda each: (-abs(each.by), each.code))[:most]


def _owed(row: _Row) -> Name:
    owed = rupees(round(math.expm1(row["log_owed"])) * 100)
    years = row["owed_years"]
    if math.isnan(years):
        return Name(f"थकबाकी {owed}.", f"{owed} is owed.")
    return Name(
        f"थकबाकी {owed}: {years:.1f} वर्षांच्या कराइतकी.",
        f"{owed} is owed: the tax of {years:.1f} years.",
    )


def _oldest(row: _Row) -> Name | None:
    months = row["oldest_months"]
    if math.isnan(months) or months < 1:
        return Name("थकबाकी नुकतीच सुरू झाली आहे.", "The arrears have only begun.")
    return Name(
        f"सर्वात जुनी थकबाकी {months:.0f} महिन्यांची आहे.",
        f"The oldest of the arrears is {months:.0f} months old.",
    )


def _paid(row: _Row) -> Name:
    ago = row["payment_months_ago"]
    if math.isnan(ago):
        return Name("आजवर एकही भरणा नाही.", "Nothing was ever paid.")
    share = row["paid_share_3_years"]
    of = "" if math.isnan(share) else f"{min(share, 1):.0%}"
    return Name(
        f"शेवटचा भरणा {ago:.0f} महिन्यांपूर्वी; तीन वर्षांच्या मागणीपैकी {of} भरले.",
        f"The last payment was {ago:.0f} months ago; {of} of what three years demanded is paid.",
    )


def _habit(row: _Row) -> Name | None:
    share = row["on_time_share"]
    if math.isnan(share):
        return None
    return Name(
        f"आतापर्यंतच्या मागण्यांपैकी {share:.0%} मुदतीत भरल्या.",
        f"{share:.0%} of the demands so far were paid in time.",
    )


def _parts(row: _Row) -> Name | None:
    share = row["part_share"]
    if math.isnan(share):
        return None
    return Name(
        f"{share:.0%} भरणे हप्त्याने (अंशतः) केले.", f"{share:.0%} of the payments were of a part only."
    )


def _answers(action: Action, mr: str, en: str) -> Callable[[_Row], Name | None]:
    def told(row: _Row) -> Name | None:
        count, share = row[f"{action}s_2_years"], row[f"{action}_answered"]
        if not count or math.isnan(share):
            return None
        return Name(
            f"दोन वर्षांत {count:.0f} × {mr}; आतापर्यंत {share:.0%} वेळा ६० दिवसांत भरणा झाला.",
            f"In two years {count:.0f} × {en}; so far a payment came within 60 days {share:.0%} of "
            "the times.",
        )

    return told


def _calls(row: _Row) -> Name | None:
    promises, kept, refused = row["promises"], row["promises_kept"], row["refusals"]
    if not promises and not refused and not row["hardship"]:
        return None
    of = "—" if math.isnan(kept) else f"{kept:.0%}"
    return Name(
        f"दूरध्वनीवर {promises:.0f} वेळा वचन (पाळले {of}), {refused:.0f} वेळा नकार, "
        f"{row['hardship']:.0f} वेळा आर्थिक अडचण सांगितली.",
        f"On the telephone: {promises:.0f} promises (kept {of}), {refused:.0f} refusals, "
        f"{row['hardship']:.0f} times hardship.",
    )


def _tired(row: _Row) -> Name | None:
    count = row["contacts_half_year"]
    if not count:
        return Name("सहा महिन्यांत संपर्क झालेला नाही.", "Nobody has addressed them in half a year.")
    return Name(
        f"सहा महिन्यांत {count:.0f} वेळा संपर्क झाला आहे.",
        f"They were addressed {count:.0f} times in half a year.",
    )


def _reach(row: _Row) -> Name | None:
    if row["reachable"] and not row["elsewhere"]:
        return None
    if row["elsewhere"]:
        return Name("मालक दुसऱ्या पत्त्यावर राहतात.", "The owner lives at another address.")
    return Name("दूरध्वनी क्रमांक नाही.", "There is no telephone number.")


def _bounced(row: _Row) -> Name | None:
    if not row["bounced"]:
        return None
    return Name(
        f"{row['bounced']:.0f} धनादेश वटले नाहीत.", f"{row['bounced']:.0f} cheques have bounced."
    )


def _disputes(row: _Row) -> Name | None:
    if not row["disputes"]:
        return None
    return Name(
        f"पूर्वी {row['disputes']:.0f} हरकती घेतल्या.", f"{row['disputes']:.0f} objections in the past."
    )


def _season(row: _Row) -> Name:
    months = row["months_to_year_end"]
    if row["amnesty_days_left"]:
        return Name(
            f"अभय योजना आणखी {row['amnesty_days_left']:.0f} दिवस खुली आहे.",
            f"An amnesty is open for {row['amnesty_days_left']:.0f} days more.",
        )
    return Name(
        f"आर्थिक वर्ष संपण्यास {months:.0f} महिने आहेत.",
        f"The financial year ends in {months:.0f} months.",
    )


def _kind(row: _Row) -> Name | None:
    for code, name in _KINDS.items():
        if row.get(code):
            return name
    return None


_KINDS: Final[Mapping[str, Name]] = {
    "use_residential": Name("निवासी मिळकत.", "It is a home."),
    "use_commercial": Name("व्यावसायिक मिळकत.", "It is a business."),
    "use_mixed": Name("मिश्र वापराची मिळकत.", "It is a home and a business."),
    "use_industrial": Name("औद्योगिक मिळकत.", "It is an industry."),
    "use_institutional": Name("संस्थेची मिळकत.", "It is an institution."),
    "use_open_plot": Name("मोकळा भूखंड.", "It is an open plot."),
}

_SUBJECTS: Final = (
    _Subject("owed", ("log_owed", "owed_years", "overdue_share", "log_yearly"), _owed),
    _Subject("oldest", ("oldest_months",), _oldest),
    _Subject(
        "paid",
        (
            *("payments_year", "payments_3_years", "payment_months_ago", "paid_share_3_years"),
            *("last_payment_share", "rebates", "waivers"),
        ),
        _paid,
    ),
    _Subject("habit", ("on_time_share", "early_share", "year_end_share"), _habit),
    _Subject("parts", ("part_share",), _parts),
    _Subject(
        "messages",
        ("messages_2_years", "message_answered", "failed_share"),
        _answers(Action.MESSAGE, "संदेश", "message"),
    ),
    _Subject(
        "called",
        ("calls_2_years", "call_answered", "no_answer_share"),
        _answers(Action.CALL, "दूरध्वनी", "call"),
    ),
    _Subject(
        "noticed",
        ("notices_2_years", "notice_answered", "notice_months_ago", "returned"),
        _answers(Action.NOTICE, "नोटीस", "notice"),
    ),
    _Subject("talk", ("promises", "promises_kept", "refusals", "hardship"), _calls),
    _Subject("contacts", ("contacts_half_year", "contact_months_ago"), _tired),
    _Subject("reach", ("elsewhere", "reachable"), _reach),
    _Subject("bounced", ("bounced",), _bounced),
    _Subject("disputes", ("disputes", "dispute_months_ago"), _disputes),
    _Subject(
        "season",
        ("months_to_year_end", "days_since_bill", "amnesty_days_left", "amnesty_soon"),
        _season,
    ),
    _Subject(
        "kind", tuple(name for name in FEATURES if name.startswith(("use_", "owner_"))), _kind
    ),
)


def told(reason: Reason, language: str) -> str:
    """A reason with its sign, for people."""
    return f"{'+' if reason.by > 0 else '−'}{abs(reason.by):.0%}  {reason.words.in_(language)}"


def as_json(found: Sequence[Reason]) -> list[dict[str, Any]]:
    """Plain values."""
    return [
        {"code": each.code, "by": each.by, "mr": each.words.mr, "en": each.words.en}
        for each in found
    ]
