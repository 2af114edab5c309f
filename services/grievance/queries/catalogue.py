"""The catalogue as clients of Open311 see it, in one language."""

from typing import Any

from palika.errors import NotFound
from services.grievance.domain.attributes import open311_attributes
from services.grievance.domain.catalogue import Catalogue, SubCategory
from services.grievance.reference import city, city_changed_at


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
