"""What can be complained about, where, and who puts it right.

Codes of the city's own lists are plain (``pothole``). A *foreign* code is one that another system
gave (``stlouis-csb:Refuse not collected``): its name space, a colon, the code as it came. Foreign
codes are taken from imports only, and can never be mistaken for the city's own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from palika.errors import Invalid


@dataclass(frozen=True, slots=True)
class Name:
    """A name in the city's two languages."""

    mr: str
    en: str


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of grievance, and the promise made for it."""

    code: str
    name: Name
    department: str
    sla_hours: int


@dataclass(frozen=True, slots=True)
class Ward:
    """One ward office; ``seed_weight`` is its share of the demo's grievances."""

    code: str
    name: Name
    seed_weight: int


@dataclass(frozen=True, slots=True)
class Routing:
    """Where a grievance goes, and how long that may take."""

    department: str
    sla_hours: int


@dataclass(frozen=True)
class Catalogue:
    """The city's categories, departments and wards."""

    number_prefix: str
    departments: Mapping[str, Name]
    categories: Mapping[str, Category]
    wards: Mapping[str, Ward]
    fallback: Category

    def route(self, category: str) -> Routing:
        """The department and the hours of one of the city's own categories.

        Raises:
            Invalid: there is no such category.
        """
        known = self.categories.get(category)
        if known is None:
            raise Invalid(
                "no such category",
                {"category": [_one_of(category, self.categories)]},
            )
        return Routing(known.department, known.sla_hours)

    def route_imported(self, category: str, department: str | None) -> Routing:
        """The same for an imported grievance, whose codes may be foreign.

        Args:
            category: a code of the catalogue or a foreign one.
            department: the department that the import names, if it does; it wins over the
                catalogue's.

        Raises:
            Invalid: a code is neither in the catalogue nor foreign.
        """
        known = self.fallback if is_foreign(category) else self.categories.get(category)
        if known is None:
            raise Invalid(
                "no such category",
                {"category": [f"{category!r} is not in the catalogue: map it to a code that is"]},
            )
        if department is None:
            return Routing(known.department, known.sla_hours)
        if department not in self.departments and not is_foreign(department):
            raise Invalid(
                "no such department",
                {"department": [_one_of(department, self.departments)]},
            )
        return Routing(department, known.sla_hours)

    def category_name(self, code: str) -> Name:
        """What people call a category; a foreign code is its own name in both languages."""
        known = self.categories.get(code)
        if known is not None:
            return known.name
        bare = code.partition(":")[2] or code
        return Name(bare, bare)

    def check_ward(self, ward: str | None, *, imported: bool = False) -> None:
        """Refuse a ward that the city does not have.

        Raises:
            Invalid: no such ward (a foreign one may be imported).
        """
        if ward is None or ward in self.wards or (imported and is_foreign(ward)):
            return
        raise Invalid(
            "no such ward",
            {"ward": [_one_of(ward, self.wards)]},
        )


def _one_of(code: str, known: Iterable[str]) -> str:
    return f"{code!r} is not known; must be one of: {', '.join(known)}"


def foreign(namespace: str, code: str) -> str:
    """Another system's code, marked as such."""
    return f"{namespace}:{code}"


def is_foreign(code: str) -> bool:
    """Whether a code is another system's."""
    return ":" in code


def catalogue(raw: Mapping[str, Any], wards: Mapping[str, Any]) -> Catalogue:
    """Make the catalogue of what a city wrote in its data files.

    Args:
        raw: the content of ``data/catalogue.yaml``.
        wards: the content of ``data/wards.yaml``.

    Raises:
        ValueError: something is missing, of the wrong kind, or names what does not exist; the
            message says where.
    """
    departments = {code: _name(code, each) for code, each in raw["departments"].items()}
    categories: dict[str, Category] = {}
    for code, each in raw["categories"].items():
        department = each.get("department")
        if department not in departments:
            raise ValueError(f"category {code}: there is no department {department!r}")
        categories[code] = Category(code, _name(code, each), department, _whole(code, each))
    fallback = raw["fallback"]
    if fallback not in categories:
        raise ValueError(f"fallback: there is no category {fallback!r}")
    return Catalogue(
        raw["number_prefix"],
        departments,
        categories,
        {
            code: Ward(code, _name(code, each), _whole(code, each, "seed_weight"))
            for code, each in wards["wards"].items()
        },
        categories[fallback],
    )


def _name(code: str, raw: Mapping[str, Any]) -> Name:
    if is_foreign(code):
        raise ValueError(f"{code}: a colon marks foreign codes; the city's own have none")
    names = raw.get("mr"), raw.get("en")
    if not all(isinstance(each, str) and each for each in names):
        raise ValueError(f"{code}: needs a name in mr and in en")
    return Name(str(names[0]), str(names[1]))


def _whole(code: str, raw: Mapping[str, Any], field: str = "sla_hours") -> int:
    value = raw.get(field)
    if type(value) is not int or value <= 0:
        raise ValueError(f"{code}: {field} must be a whole number above 0, not {value!r}")
    return value
