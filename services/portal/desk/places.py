"""Names of wards, departments and posts, for lists and choices of the desk."""

from collections.abc import Mapping

from services.portal.citizen.filing import wards
from services.portal.pages.frame import frame
from services.portal.pages.languages import current


def departments() -> list[tuple[str, str]]:
    """The codes of the departments and their names, in the order of the names."""
    content = frame().shelf.content
    found = [
        (code, str(content.department_name(code).in_(current())))
        for code in content.city["departments"]
    ]
    return sorted(found, key=lambda each: each[1].casefold())


def names() -> Mapping[str, Mapping[str, str]]:
    """Of ``wards`` and ``departments`` their names, by code."""
    return {"wards": dict(wards()), "departments": dict(departments())}
