"""What can be complained about, where, and who puts it right.

A grievance's ``category`` is the code of a *sub-category* (``pothole``), which belongs to a
category (``roads``). Codes of the city's own lists are plain. A *foreign* code is one that another
system gave (``stlouis-csb:Refuse not collected``): its name space, a colon, the code as it came.
Foreign codes are taken from imports only, and can never be mistaken for the city's own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from palika.errors import Invalid
from palika.text import Name
from services.grievance.domain.attributes import Field

PRIORITIES = ("low", "normal", "high", "emergency")
_PART, _NEAR = 3, 5
"""So many letters of a code make one think of it; so many codes are named."""
_FEW = 60
"""So many codes can be read through."""
CLOCKS = ("working_hours", "round_the_clock")


@dataclass(frozen=True, slots=True)
class SubCategory:
    """One kind of grievance, what is asked about it, and the promise made for it.

    Attributes:
        parent: the code of its category.
        sla_hours: hours of working time, or of the clock where it is ``round_the_clock``.
        anonymous: whether it may be filed without a name.
        evidence: whether a photograph of the work must be there before it is resolved.
        private: never shown to the public.
        duplicate_radius_m: how near another of its kind may be the same one.
        fields: its questions (``domain/attributes.py``).
    """

    code: str
    parent: str
    name: Name
    department: str
    priority: str
    sla_hours: int
    clock: str
    anonymous: bool
    evidence: bool
    private: bool
    duplicate_radius_m: int
    fields: tuple[Field, ...]

    @property
    def round_the_clock(self) -> bool:
        """Whether its hours run by day and by night, on holidays too."""
        return self.clock == "round_the_clock"


@dataclass(frozen=True, slots=True)
class Category:
    """A heading, under which citizens find the sub-categories of these codes."""

    code: str
    name: Name
    department: str
    subcategories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ward:
    """One ward office; ``seed_weight`` is its share of the demo's grievances."""

    code: str
    name: Name
    seed_weight: int


@dataclass(frozen=True, slots=True)
class Routing:
    """Where a grievance goes, how long that may take, how urgent it is, and who may see it.

    Of a foreign category nothing is known: it has no parent, is of normal priority and may be
    public.
    """

    department: str
    sla_hours: int
    round_the_clock: bool
    parent: str | None = None
    priority: str = "normal"
    private: bool = False


@dataclass(frozen=True)
class Catalogue:
    """The city's categories with their sub-categories, departments and wards."""

    number_prefix: str
    departments: Mapping[str, Name]
    categories: Mapping[str, Category]
    subcategories: Mapping[str, SubCategory]
    wards: Mapping[str, Ward]
    fallback: SubCategory

    def subcategory(self, code: str) -> SubCategory:
        """One of the city's own sub-categories.

        Raises:
            Invalid: there is none of that code.
        """
        known = self.subcategories.get(code)
        if known is not None:
            return known
        if code in self.categories:
            rule = f"{code!r} has sub-categories: {', '.join(self.categories[code].subcategories)}"
        else:
            near = get_close_matches(code, self.subcategories, n=5) or list(self.categories)
            rule = f"{code!r} is not known; perhaps: {', '.join(near)}"
        raise Invalid("no such category", {"category": [rule]})

    def route(self, category: str) -> Routing:
        """The department, the hours and the rest of one of the city's own sub-categories.

        Raises:
            Invalid: there is no such sub-category.
        """
        known = self.subcategory(category)
        return Routing(
            known.department,
            known.sla_hours,
            known.round_the_clock,
            known.parent,
            known.priority,
            known.private,
        )

    def route_imported(self, category: str, department: str | None) -> Routing:
        """The same for an imported grievance, whose codes may be foreign.

        Args:
            category: a sub-category of the catalogue or a foreign code.
            department: the department that the import names, if it does; it wins over the
                catalogue's.

        Raises:
            Invalid: a code is neither in the catalogue nor foreign.
        """
        if is_foreign(category):
            last = self.fallback
            routing = Routing(last.department, last.sla_hours, last.round_the_clock)
        elif category in self.subcategories:
            routing = self.route(category)
        else:
            raise Invalid(
                "no such category",
                {"category": [f"{category!r} is not in the catalogue: map it to a code that is"]},
            )
        if department is None:
            return routing
        if department not in self.departments and not is_foreign(department):
            raise Invalid(
                "no such department",
                {"department": [_one_of(department, self.departments)]},
            )
        return replace(routing, department=department)

    def category_name(self, code: str) -> Name:
        """What people call a sub-category or category; a foreign code is its own name."""
        known = self.subcategories.get(code) or self.categories.get(code)
        if known is not None:
            return known.name
        bare = code.partition(":")[2] or code
        return Name(bare, bare)

    def check_department(self, code: str) -> None:
        """Refuse a department that the city does not have. Raises Invalid."""
        if code not in self.departments:
            rule = f"must be one of: {', '.join(self.departments)}"
            raise Invalid("no such department", {"department": [rule]})

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


def not_known(code: str, known: Iterable[str]) -> str:
    """The rule that a code breaks which is none of the known ones: with those near it, else, where
    they are few, with all."""
    codes = list(known)
    said = code.lower()
    parts = [each for each in codes if said in each] if len(said) >= _PART else []
    near = list(dict.fromkeys([*parts, *get_close_matches(said, codes, n=3)]))[:_NEAR]
    if near:
        return f"{code!r} is not known; perhaps: {', '.join(near)}"
    return _one_of(code, codes) if len(codes) <= _FEW else f"{code!r} is not known"


def _one_of(code: str, known: Iterable[str]) -> str:
    return f"{code!r} is not known; must be one of: {', '.join(known)}"


def foreign(namespace: str, code: str) -> str:
    """Another system's code, marked as such."""
    return f"{namespace}:{code}"


def is_foreign(code: str) -> bool:
    """Whether a code is another system's."""
    return ":" in code
