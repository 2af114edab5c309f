"""A filed request in the grievance service's words, and its refusals in the standard's."""

import re
from collections.abc import Mapping
from typing import Any

from palika.errors import Invalid

_OURS = {
    "category": "service_code",
    "code": "service_code",
    "lon": "long",
    "address": "address_string",
    "citizen_name": "first_name",
    "citizen_phone": "phone",
    "citizen_email": "email",
    "anonymous": "email or phone",
    "source_id": "Idempotency-Key",
    "numbers": "service_request_id",
    "categories": "service_code",
    "statuses": "status",
    "filed_from": "start_date",
    "filed_before": "end_date",
    "offset": "page",
    "limit": "page_size",
}
_ATTRIBUTE = re.compile(r"attributes\.(.*)", re.DOTALL)


def filing(
    report: Mapping[str, Any], answers: Mapping[str, Any], name: str, language: str
) -> dict[str, Any]:
    """The arguments of ``grievance.file``.

    Args:
        report: as loaded by ``arguments.Report``.
        answers: to the service's own questions, as text.
        name: of the service; it is the description where the client gives none.
        language: in which the citizen is answered.

    Who leaves no name and no way to be reached files anonymously.
    """
    person = " ".join(report[each] for each in ("first_name", "last_name") if each in report)
    media = report.get("media_url")
    given = {
        "lat": report.get("lat"),
        "lon": report.get("long"),
        "address": report.get("address_string"),
        "citizen_name": person or None,
        "citizen_phone": report.get("phone"),
        "citizen_email": report.get("email"),
        "media_url": media[0] if media else None,
    }
    contact = (given["citizen_name"], given["citizen_phone"], given["citizen_email"])
    return {
        "category": report["service_code"],
        "description": report.get("description", name),
        "attributes": dict(answers),
        "attributes_as_text": True,
        "anonymous": not any(contact),
        "language": language,
        "channel": "open311",
        **{field: value for field, value in given.items() if value is not None},
    }


def in_the_standards_words(error: Invalid) -> Invalid:
    """The same refusal, with the names that the client knows."""
    told = {_known_as(name): _of_each(rules) for name, rules in error.fields.items()}
    return Invalid(error.message, told)


def _of_each(rules: Any) -> Any:
    """The rules that values of a list break, without their places in it: where one value is one
    argument, and where there are commas between, nobody counts from 0."""
    if not isinstance(rules, Mapping) or not all(str(place).isdecimal() for place in rules):
        return rules
    return list(dict.fromkeys(rule for each in rules.values() for rule in each))


def _known_as(field: str) -> str:
    attribute = _ATTRIBUTE.fullmatch(field)
    return f"attribute[{attribute[1]}]" if attribute else _OURS.get(field, field)
