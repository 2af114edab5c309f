"""The words of the documents, in both languages."""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, Final, Literal, cast

from palika.india import INDIA, in_digits, rupees
from palika.number_words import devanagari
from palika.text import Name

Language = Literal["mr", "en"]

WORDS: Final[Mapping[str, Name]] = {
    "briefing": Name("आढावा टिपणी", "Briefing"),
    "minutes_of": Name("इतिवृत्त", "Minutes"),
    "as_of": Name("माहिती दिनांक", "As known on"),
    "since": Name("मागील आढावा", "Last review"),
    "first": Name("पहिला आढावा", "the first review"),
    "held_on": Name("आढावा दिनांक", "Review on"),
    "chair": Name("अध्यक्ष", "Chair"),
    "secretary": Name("सचिव", "Secretary"),
    "agenda": Name("कार्यसूची", "Agenda"),
    "number": Name("क्र.", "No."),
    "subject": Name("विषय", "Subject"),
    "why": Name("कारणे", "Why"),
    "minutes": Name("मिनिटे", "Minutes"),
    "summary": Name("सारांश", "In short"),
    "now": Name("आता", "Now"),
    "then": Name("मागील आढाव्यात", "Last review"),
    "turned_worse": Name("स्थिती बिघडली: {what}", "turned for the worse: {what}"),
    "turned_better": Name("स्थिती सुधारली: {what}", "turned for the better: {what}"),
    "projects_new": Name("नवीन प्रकल्प: {what}", "new projects: {what}"),
    "counts": Name(
        "पूर्ण झालेले टप्पे {reached}; पुढे गेलेले {slipped}; नवीन अडचणी {issues_new};"
        " सुटलेल्या {issues_resolved}",
        "milestones reached {reached}; slipped {slipped}; new issues {issues_new};"
        " resolved {issues_resolved}",
    ),
    "consent": Name(
        "एकत्रित: चर्चेशिवाय मान्य ({minutes} मिनिटे)", "Taken together, by consent ({minutes} minutes)"
    ),
    "red_kpis": Name("लाल निर्देशांक: {count}", "red KPIs: {count}"),
    "work_open": Name("सुरू", "open"),
    "work_claimed": Name("पूर्ण केल्याचे कळवले", "said to be done"),
    "work_done": Name("पूर्ण", "done"),
    "work_dropped": Name("रद्द", "dropped"),
    "phase_scheduled": Name("नियोजित", "scheduled"),
    "phase_open": Name("सुरू", "open"),
    "phase_closed": Name("पूर्ण", "closed"),
    "phase_cancelled": Name("रद्द", "cancelled"),
    "together": Name("एकत्रित", "by consent"),
    "project": Name("प्रकल्प", "Project"),
    "others": Name("कार्यसूचीवर नसलेले प्रकल्प", "Projects not on the agenda"),
    "health": Name("स्थिती", "Status"),
    "red": Name("लाल", "Red"),
    "amber": Name("पिवळी", "Amber"),
    "green": Name("हिरवी", "Green"),
    "grey": Name("मूल्यांकन नाही", "Not judged"),
    "department": Name("विभाग", "Department"),
    "owner": Name("जबाबदार पद", "Owner post"),
    "stage": Name("टप्पा", "Stage"),
    "wards": Name("क्षेत्रीय कार्यालय", "Wards"),
    "whole_city": Name("संपूर्ण शहर", "the whole city"),
    "progress": Name("प्रगती", "Progress"),
    "planned": Name("नियोजित", "Planned"),
    "done": Name("पूर्ण", "Done"),
    "spend": Name("खर्च", "Spent"),
    "budget": Name("तरतूद", "Budget"),
    "end": Name("अपेक्षित पूर्णता", "Expected end"),
    "planned_end": Name("नियोजित पूर्णता", "Planned end"),
    "critical": Name("निर्णायक मार्ग", "Critical path"),
    "moved_later": Name(
        "मागील आढाव्यापासून {days} दिवस पुढे", "{days} days later than at the last review"
    ),
    "moved_earlier": Name(
        "मागील आढाव्यापासून {days} दिवस अलीकडे", "{days} days earlier than at the last review"
    ),
    "unmoved": Name("मागील आढाव्यापासून बदल नाही", "unmoved since the last review"),
    "milestone": Name("टप्पा", "Milestone"),
    "expected": Name("अपेक्षित", "Expected"),
    "reached": Name("पूर्ण झाला", "Reached"),
    "late": Name("{days} दिवस उशीर", "{days} days late"),
    "in_time": Name("वेळेत", "in time"),
    "risks": Name("जोखमी", "Risks"),
    "risk": Name("जोखीम", "Risk"),
    "score": Name("गुण", "Score"),
    "mitigation": Name("उपाय", "Mitigation"),
    "promises": Name("मागील आश्वासने", "Promises of earlier reviews"),
    "promise": Name("आश्वासन", "Promise"),
    "post": Name("पद", "Post"),
    "due": Name("मुदत", "Due"),
    "on": Name("दिनांक", "Date"),
    "state": Name("सद्यस्थिती", "Standing"),
    "told": Name("कळवले", "Told"),
    "kept": Name("वेळेत पूर्ण", "kept"),
    "kept_late": Name("{days} दिवस उशिरा पूर्ण", "done {days} days late"),
    "overdue": Name("{days} दिवस थकीत", "overdue by {days} days"),
    "pending": Name("मुदत बाकी; {days} दिवस जुने", "not due yet; {days} days old"),
    "beyond": Name("पहिल्या मुदतीपुढे {days} दिवस", "{days} days beyond its first day"),
    "extended": Name(
        "{times} वेळा मुदतवाढ, पहिली मुदत {first}", "extended {times} ×, first day {first}"
    ),
    "claimed": Name("पूर्ण केल्याचे कळवले; निर्णय बाकी", "said to be done; to be accepted"),
    "dropped": Name("रद्द: {reason}", "dropped: {reason}"),
    "decisions": Name("अपेक्षित निर्णय", "Decisions asked"),
    "decision": Name("निर्णय", "Decision"),
    "about_date": Name("नवी मुदत", "new date"),
    "about_hold": Name("स्थगित", "on hold"),
    "about_resume": Name("पुन्हा सुरू", "to go on"),
    "about_escalation": Name("वरिष्ठांकडे", "escalated"),
    "about_budget": Name("सुधारित तरतूद", "new budget"),
    "issue": Name("अडचण दूर करणे: {title}", "clear the issue: {title}"),
    "claim": Name("पूर्तता स्वीकारणे: {title}", "accept as done: {title}"),
    "photos": Name("छायाचित्रे", "Photographs"),
    "no_photo": Name("छायाचित्र उपलब्ध नाही", "the photograph is not available"),
    "nothing": Name("नोंद नाही", "none"),
    "more": Name("आणखी {count}", "{count} more"),
    "totals": Name(
        "एकूण {all}; वेळेत {kept}; उशिरा {late}; थकीत {overdue}; प्रलंबित {pending}; रद्द {dropped}",
        "{all} in all; kept {kept}; late {late}; overdue {overdue}; pending {pending}; "
        "dropped {dropped}",
    ),
    "attendance": Name("उपस्थिती", "Attendance"),
    "present": Name("उपस्थित", "present"),
    "absent": Name("अनुपस्थित", "absent"),
    "represented": Name("प्रतिनिधी: {by}", "represented by {by}"),
    "statements": Name("निवेदने", "Statements"),
    "actions": Name("कार्यवाही", "Actions"),
    "action": Name("कार्यवाही", "Action"),
    "addenda": Name("पुरवणी", "Addenda"),
    "draft": Name("मसुदा: इतिवृत्त अंतिम झालेले नाही", "Draft: the minutes are not final"),
    "final": Name("अंतिम इतिवृत्त", "Final minutes"),
    "general": Name("सर्वसाधारण", "General"),
    "is_critical": Name("निर्णायक", "critical"),
    "changes": Name("मागील आढाव्यापासूनचे बदल", "Changed since the last review"),
    "no_changes": Name("काहीही बदलले नाही", "nothing has changed"),
    "turned": Name("स्थिती {before} वरून {now}", "turned from {before} to {now}"),
    "milestones_done": Name("टप्पा पूर्ण: {what}", "reached: {what}"),
    "milestones_slipped": Name("पुढे गेला: {what}", "slipped: {what}"),
    "milestones_passed": Name("मुदत उलटली: {what}", "its day went by: {what}"),
    "milestones_advanced": Name("अलीकडे आला: {what}", "brought forward: {what}"),
    "planned_end_since": Name("नियोजित समाप्ती {what}", "planned end {what}"),
    "milestones_revised": Name("नियोजन बदलले: {what}", "plan changed: {what}"),
    "plan_weight": Name("भारमान", "weight"),
    "plan_days": Name("कामाचे दिवस", "days of work"),
    "plan_after": Name("अवलंबित्व", "depends on"),
    "none_so": Name("नाही", "none"),
    "milestones_replanned": Name("नियोजित तारीख बदलली: {what}", "plan moved: {what}"),
    "owner_since": Name("जबाबदार पद {what}", "owner {what}"),
    "standing_since": Name("काम {what}", "standing {what}"),
    "is_active": Name("सुरू", "active"),
    "is_on_hold": Name("स्थगित", "on hold"),
    "is_completed": Name("पूर्ण", "completed"),
    "is_dropped": Name("रद्द", "dropped"),
    "milestones_reopened": Name("पूर्ण नसल्याचे आढळले: {what}", "not reached after all: {what}"),
    "milestones_new": Name("नवीन टप्पा: {what}", "new milestone: {what}"),
    "budget_since": Name("तरतूद {what}", "budget {what}"),
    "photos_new": Name("नवीन छायाचित्रे: {count}", "new photographs: {count}"),
    "withdrawn": Name("मागे घेतले: {kind}: {what}", "withdrawn: {kind}: {what}"),
    "one_of_milestones": Name("टप्पा", "milestone"),
    "one_of_money": Name("रकमेची नोंद", "entry of money"),
    "one_of_risks": Name("जोखीम", "risk"),
    "one_of_issues": Name("अडचण", "issue"),
    "one_of_decisions": Name("निर्णय", "decision"),
    "one_of_progress": Name("प्रगतीची नोंद", "note of progress"),
    "one_of_photos": Name("छायाचित्र", "photograph"),
    "one_of_links": Name("जोडणी", "link"),
    "is_new": Name("या आढाव्यात प्रथमच", "for the first time on a review"),
    "instead": Name("{was} ऐवजी {now}", "{now} instead of {was}"),
    "spent_since": Name("खर्च {what}", "spent {what}"),
    "issues_new": Name("नवीन अडचण: {what}", "new issue: {what}"),
    "issues_resolved": Name("सुटलेली अडचण: {what}", "issue resolved: {what}"),
    "risks_new": Name("नवीन जोखीम: {what}", "new risk: {what}"),
    "risks_risen": Name("वाढलेली जोखीम: {what}", "risk has risen: {what}"),
    "decided": Name("निर्णय: {what}", "decided: {what}"),
    "progressed": Name("आश्वासन {kept}: {what}", "{kept}: {what}"),
    "was_done": Name("पूर्ण", "done as promised"),
    "not_done": Name("अपूर्ण", "not done as promised"),
    "set_aside": Name("बाजूला ठेवला", "Set aside"),
    "set_aside_so": Name("{times} वेळा, एकूण {days} दिवस", "{times} ×, {days} days in all"),
    "withdrawn_late": Name("उशिराने मागे घेतलेले टप्पे", "Withdrawn late"),
    "withdrawn_late_so": Name(
        "{count}; जास्तीत जास्त {days} दिवस उशीर", "{count}; {days} days at the most"
    ),
    "taken_off": Name("कार्यसूचीतून वगळलेले", "Taken off the agenda"),
    "reason": Name("कारण", "Reason"),
}


_CRORE: Final = 10_000_000_00
"""In paise."""
_CRORES: Final = Name("कोटी", "crore")


def counted(text: str, **given: Any) -> str:
    """A sentence with its numbers; of one day in the singular."""
    return re.sub(r"\b1 days\b", "1 day", text.format(**given))


def numerals(text: str, language: Language) -> str:
    """A text with the digits of its language; what has Latin letters beside them, as a code has,
    stays as it is."""
    if language != "mr":
        return text
    parts = re.split(r"(\s+)", text)
    return "".join(each if re.search("[A-Za-z]", each) else devanagari(each) for each in parts)


def in_numerals(told: Any, language: Language, but: Collection[str] = ()) -> Any:
    """The same of all texts in a content; what has one of these names stays as it is."""
    if isinstance(told, str):
        return numerals(told, language)
    if isinstance(told, Mapping):
        return {
            name: each if name in but else in_numerals(each, language, but)
            for name, each in told.items()
        }
    return [in_numerals(each, language, but) for each in told] if isinstance(told, list) else told


def extension(action: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """How often an action was extended, and its first day; empty: it was not. A snapshot of an
    earlier release has no first day."""
    first = action.get("first_due_on") or action["due_on"]
    if first >= action["due_on"]:
        return ""
    return counted(words["extended"], times=action["extensions"], first=day(first))


def lateness(action: Mapping[str, Any], language: str) -> str:
    """How late an action is, as ``queries.review_views.action_view`` has it: by its day, or else by
    its first day; and whether it was extended. Empty: there is nothing to say."""
    words = said(cast(Language, language))
    late, beyond, told = action["days_overdue"], action["days_beyond"], ""
    if late:
        told = counted(words["overdue"], days=late)
    elif beyond:
        told = counted(words["beyond"], days=beyond)
    return "; ".join(filter(None, [told, extension(action, words)]))


class Posts:
    """What posts are called in a language; one that has no name is called by its code."""

    def __init__(self, names: Mapping[str, Mapping[str, str]], language: Language) -> None:
        self._names, self._language = names, language

    def __getitem__(self, code: str) -> str:
        """A post's name."""
        named = self._names.get(code)
        return named[self._language] if named else code

    def within(self, text: str) -> str:
        """A sentence in which posts stand in brackets, with their names."""
        return re.sub(r"\(([a-z0-9-]+)(?=[,)])", lambda found: f"({self[found[1]]}", text)


def said(language: Language) -> dict[str, str]:
    """All words in a language."""
    return {key: each.in_(language) for key, each in WORDS.items()}


def day(value: str | date | None) -> str:
    """A day as it is written, 01-04-2026; nothing for none."""
    if value is None:
        return "–"
    return in_digits(date.fromisoformat(value) if isinstance(value, str) else value)


def moment(value: str) -> str:
    """A moment of India, 01-04-2026, 11:00."""
    found = datetime.fromisoformat(value).astimezone(INDIA)
    return f"{in_digits(found.date())}, {found:%H:%M}"


def crores(paise: int, language: Language) -> str:
    """An amount for a page: in crores where it is large, as budgets are told."""
    if paise < _CRORE:
        return rupees(paise)
    return f"₹{paise / _CRORE:,.2f} {_CRORES.in_(language)}"


def percent(value: float | None) -> str:
    """A percentage, not rounded up; nothing where it cannot be told."""
    return "–" if value is None else f"{int(value)}%"


def short(text: str, most: int) -> str:
    """A text that is not longer than ``most`` characters."""
    told = " ".join(text.split())
    return told if len(told) <= most else f"{told[: most - 1]}…"
