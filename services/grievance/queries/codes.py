"""Whether the codes that a list, an export or a report is asked for are any: a mistyped one finds
nothing, which looks as if there were nothing to do.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Text, exists, func, select
from sqlalchemy.orm import Session

from palika.errors import Invalid
from services.grievance.domain.catalogue import Catalogue, not_known
from services.grievance.models import Grievance
from services.grievance.reference import city


def check_codes(session: Session, args: Mapping[str, Any]) -> None:
    """Refuse a ward, department, category or parent category that is not, and never was, one.

    A code that the city's files have costs nothing. Of another, by which the city or another system
    once called something, a grievance bears witness: the database is asked for one.

    Args:
        session: in a transaction.
        args: with ``ward``, ``department``, ``category`` and ``parent_category``: a code, a list of
            them, or None; each may be left out.

    Raises:
        Invalid: names each code that nothing is called by, and those that are near it.
    """
    problems = {
        field: rules
        for field, known in _known(city()).items()
        if (rules := _wrong(session, field, known, _several(args.get(field))))
    }
    if problems:
        raise Invalid("there is nothing of that code", problems)


def _known(catalogue: Catalogue) -> dict[str, Collection[str]]:
    return {
        "ward": catalogue.wards,
        "department": catalogue.departments,
        "category": catalogue.subcategories,
        "parent_category": catalogue.categories,
    }


def _several(given: str | Sequence[str] | None) -> Sequence[str]:
    return [given] if isinstance(given, str) else given or []


def _wrong(session: Session, field: str, known: Collection[str], asked: Sequence[str]) -> list[str]:
    strange = [code for code in asked if code not in known]
    if not strange:
        return []
    given = func.unnest(func.cast(strange, ARRAY(Text))).column_valued("code")
    borne = exists().where(getattr(Grievance, field) == given)
    stored = set(session.scalars(select(given).where(borne)))
    wrong = [code for code in strange if code not in stored]
    return [_rule(field, code, known) for code in wrong]


def _rule(field: str, code: str, known: Collection[str]) -> str:
    if field == "category" and code in city().categories:
        return f"{code!r} has sub-categories: ask for it as parent_category"
    return not_known(code, known)
