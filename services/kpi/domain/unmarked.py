"""Why a criterion has no marks of the office's own."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from palika.india import in_digits
from palika.text import Name
from services.kpi.domain.programme import Criterion, Programme
from services.kpi.domain.scorecard import Reading

BY_HAND: Final = Name(
    "ते हाताने द्यायचे आहेत",
    "they are given by hand",
)
_NOT_ITS_OWN: Final = Name(
    "या निकषाचे निर्देशांक इतर विभागांचे आहेत; हा निकष या विभागाच्या गुणांत धरला जात नाही",
    "its KPIs are those of other departments; the criterion is not counted among its own",
)
_SOON: Final = Name(
    "निर्देशांकांची माहिती आहे; गुण तासाभरात आपोआप काढले जातील",
    "its KPIs have data: the marks are computed within the hour",
)
_NOT_THEN: Final = Name(
    "त्या दिवशी निर्देशांकांवरून गुण काढले गेले नाहीत; आता माहिती आहे: त्या दिवसासाठी गुण काढता येतात",
    "none were computed then; its KPIs have data of that day by now: they can be computed for it",
)
_NOT_BEFORE: Final = Name(
    "कार्यक्रम {day} रोजी सुरू होतो; त्यापूर्वी गुण नसतात",
    "the programme begins on {day}, and before that there are no marks",
)
_NOT_AFTER: Final = Name(
    "कार्यक्रमाचे गुण {day} पर्यंत देता येत होते; तोपर्यंत ते दिले गेले नाहीत",
    "marks were given until {day}, and none were by then",
)
_NAMED: Final = 2
"""So many KPIs stand in the sentence, and how many others there are: it is printed in a table."""
_NO_DATA: Final = Name(
    "निर्देशांकांची माहिती नाही: {kpis}; तोपर्यंत गुण हाताने देता येतात",
    "its KPIs have no data: {kpis}; until they have, marks are given by hand",
)
_NOT_OF_ALL: Final = Name(
    "निर्देशांकांची माहिती नाही, किंवा सर्व ठिकाणांची नाही: {kpis}; तोपर्यंत गुण हाताने देता येतात",
    "its KPIs have no data, or not of all places: {kpis}; until they have, marks are given by hand",
)


def why_unmarked(
    of: Programme,
    criterion: Criterion,
    readings: Sequence[Reading],
    names: Mapping[str, Name],
    day: date,
    today: date,
) -> Name:
    """Why a criterion has no own marks on a day, and what can be done, in Marathi and English.

    Args:
        readings: the KPIs that a subject's marks of it follow from, as they stood on the day; none:
            they follow from none.
        names: what the KPIs are called, by code.
        day, today: of the scorecard; and of the reader.
    """
    if day < of.first:
        return _filled(_NOT_BEFORE, day=in_digits(of.first))
    if today > of.closes:
        return _filled(_NOT_AFTER, day=in_digits(of.closes))
    if not criterion.links:
        return BY_HAND
    if not readings:
        return _NOT_ITS_OWN
    if any(each.share is not None for each in readings):
        return _SOON if day >= today else _NOT_THEN
    named = [_named(each, names.get(each.kpi, Name(each.kpi, each.kpi))) for each in readings]
    shown = named if len(named) <= _NAMED + 1 else named[:_NAMED]
    mr, en = ", ".join(each.mr for each in shown), ", ".join(each.en for each in shown)
    if more := len(named) - len(shown):
        mr, en = f"{mr} व आणखी {more}", f"{en} and {more} more"
    words = _NO_DATA if all(each.value is None for each in readings) else _NOT_OF_ALL
    return Name(words.mr.format(kpis=mr), words.en.format(kpis=en))


def _named(each: Reading, name: Name) -> Name:
    return Name(f"“{name.mr}” ({each.period})", f"“{name.en}” ({each.period})")


def _filled(words: Name, day: str) -> Name:
    return Name(words.mr.format(day=day), words.en.format(day=day))
