"""The catalogue as clients see it: plain JSON, in one language or in both.

A name is a text where a language is asked for, else ``{"mr", "en"}``.
"""

from collections.abc import Mapping
from typing import Any

from palika.errors import NotFound
from services.grievance.domain.attributes import Field, open311_attributes
from services.grievance.domain.catalogue import Catalogue, SubCategory
from services.grievance.domain.names import Name
from services.grievance.reference import city, city_changed_at


def whole(language: str | None = None) -> dict[str, Any]:
    """Everything that a client needs to offer the form of a grievance.

    Args:
        language: ``mr`` or ``en``; None for both.

    Returns:
        ``departments``, ``wards`` (each ``{code, name}``) and ``categories`` (``{code, name,
        department, subcategories}``), all in the order of the city's files.
    """
    now = city()
    return {
        "departments": _named(now.departments, language),
        "wards": _named({each.code: each.name for each in now.wards.values()}, language),
        "categories": [
            {
                "code": each.code,
                "name": _name(each.name, language),
                "department": each.department,
                "subcategories": [
                    subcategory(now.subcategories[code], language) for code in each.subcategories
                ],
            }
            for each in now.categories.values()
        ],
    }


def subcategory(of: SubCategory, language: str | None = None) -> dict[str, Any]:
    """One sub-category with what is promised, what it allows and what it asks."""
    return {
        "code": of.code,
        "name": _name(of.name, language),
        "category": of.parent,
        "department": of.department,
        "priority": of.priority,
        "sla_hours": of.sla_hours,
        "clock": of.clock,
        "anonymous": of.anonymous,
        "evidence": of.evidence,
        "private": of.private,
        "duplicate_radius_m": of.duplicate_radius_m,
        "fields": [_field(each, language) for each in of.fields],
    }


def open311_services(language: str) -> dict[str, Any]:
    """Every sub-category as a service of Open311 GeoReport v2.

    ``metadata`` says whether ``open311_service`` has attributes for it; ``type`` is ``realtime``:
    a filing is answered with its number at once.

    Returns:
        ``changed_at``, when the city last wrote the files, and ``services``.
    """
    now = city()
    return {
        "changed_at": city_changed_at().isoformat(),
        "services": [_service(each, now, language) for each in now.subcategories.values()],
    }


def open311_service(code: str, language: str) -> dict[str, Any]:
    """One service of Open311 with its ``attributes``.

    Raises:
        NotFound: there is no such sub-category.
    """
    now = city()
    of = now.subcategories.get(code)
    if of is None:
        raise NotFound(f"there is no service {code}", {"service": code})
    return {**_service(of, now, language), "attributes": open311_attributes(of, language)}


def promise_of(code: str, language: str) -> str | None:
    """What is promised for a sub-category; None for one that is not (or no more) known."""
    known = city().subcategories.get(code)
    return None if known is None else _promise(known, language)


def _service(of: SubCategory, now: Catalogue, language: str) -> dict[str, Any]:
    return {
        "service_code": of.code,
        "service_name": of.name.in_(language),
        "description": _promise(of, language),
        "metadata": bool(of.fields),
        "type": "realtime",
        "keywords": ",".join((of.department, of.priority)),
        "group": now.categories[of.parent].name.in_(language),
    }


def _promise(of: SubCategory, language: str) -> str:
    if language == "mr":
        hours = "तासांत (रात्रंदिवस)" if of.round_the_clock else "कामकाजाच्या तासांत"
        return f"{of.name.mr}: {of.sla_hours} {hours} निराकरण"
    hours = "hours, day and night" if of.round_the_clock else "working hours"
    return f"{of.name.en}: put right within {of.sla_hours} {hours}"


def _field(of: Field, language: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "code": of.code,
        "name": _name(of.name, language),
        "type": of.type,
        "required": of.required,
    }
    if of.choices:
        shown["choices"] = _named(of.choices, language)
    if of.type == "text":
        shown["max_length"] = of.max_length
    if of.type in ("integer", "number"):
        shown |= {"min": of.least, "max": of.most}
    return shown


def _named(names: Mapping[str, Name], language: str | None) -> list[dict[str, Any]]:
    return [{"code": code, "name": _name(name, language)} for code, name in names.items()]


def _name(name: Name, language: str | None) -> str | dict[str, str]:
    return {"mr": name.mr, "en": name.en} if language is None else name.in_(language)
