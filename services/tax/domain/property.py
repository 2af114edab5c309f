"""A property as it is in one half-year, as far as its tax depends on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from palika.reading import Reading
from services.tax.domain.half_year import FIRST_YEAR, LAST_YEAR
from services.tax.domain.rates import OCCUPANCIES, OPEN_PLOT, USES, Sheet

LARGEST_SQM = 10_000_000
_OLDEST_YEAR = 1600
_LONGEST_TEXT = 100


@dataclass(frozen=True, slots=True)
class Floor:
    """A floor, or a part of one, of one use; or an open plot.

    Attributes:
        label: what people call it.
        area: in hundredths of a square metre.
        use, occupancy: as ``rates`` has them.
        construction: the class; an open plot has none.
        built_in: the year; an open plot has none.
    """

    label: str
    area: int
    use: str
    construction: str | None
    built_in: int | None
    occupancy: str


@dataclass(frozen=True, slots=True)
class Property:
    """A property in a half-year.

    Attributes:
        number: on the roll.
        zone: of the rate sheet.
        claims: what its owner has claimed and been granted for the half-year.
    """

    number: str
    zone: str
    floors: tuple[Floor, ...]
    claims: frozenset[str] = frozenset()

    @property
    def use(self) -> str:
        """The one use of all its floors, or ``mixed``."""
        uses = {floor.use for floor in self.floors}
        return uses.pop() if len(uses) == 1 else "mixed"


def described(raw: Any, sheet: Sheet) -> Property:
    """The property that somebody described in YAML, for a rate sheet.

    Raises:
        Mistakes: all that is missing, breaks a rule or is not known to the sheet.
    """
    reading = Reading()
    table = reading.mapping("file", raw, ("number", "zone", "floors"), ("claims",))
    # A number without letters may be written without quotes.
    number = table["number"]
    found = Property(
        _short(reading, "number", str(number) if type(number) is int else number),
        reading.one_of("zone", table["zone"], sheet.zones),
        tuple(
            _floor(reading, place, each, sheet)
            for place, each in reading.items("floors", table["floors"])
        ),
        frozenset(
            reading.codes("claims", table["claims"], sorted(sheet.claims))
            if table.get("claims")
            else ()
        ),
    )
    reading.stop_if_wrong()
    return found


def _floor(reading: Reading, place: str, raw: Any, sheet: Sheet) -> Floor:
    built = ("class", "built_in")
    table = reading.mapping(place, raw, ("floor", "area_sqm", "use", "occupancy"), built)
    use = reading.one_of(f"{place}, use", table["use"], USES)
    construction = built_in = None
    if use == OPEN_PLOT:
        # As the register shows it, too: there they are null.
        if given := [key for key in built if table.get(key) is not None]:
            reading.wrong(place, f"an open plot has no {' and no '.join(given)}")
    elif use:
        construction, built_in = _building(reading, place, table, sheet)
    return Floor(
        _short(reading, f"{place}, floor", table["floor"]),
        reading.hundredths(f"{place}, area_sqm", table["area_sqm"], LARGEST_SQM),
        use,
        construction,
        built_in,
        reading.one_of(f"{place}, occupancy", table["occupancy"], OCCUPANCIES),
    )


def _building(
    reading: Reading, place: str, table: Mapping[str, Any], sheet: Sheet
) -> tuple[str, int]:
    if missing := [key for key in ("class", "built_in") if table.get(key) is None]:
        reading.wrong(place, f"{', '.join(missing)} missing")
        return "", FIRST_YEAR
    return (
        reading.one_of(f"{place}, class", table["class"], sheet.classes),
        reading.whole(f"{place}, built_in", table["built_in"], _OLDEST_YEAR, LAST_YEAR + 1),
    )


def _short(reading: Reading, place: str, raw: Any) -> str:
    text = reading.text(place, raw)
    if len(text) > _LONGEST_TEXT:
        reading.wrong(place, f"must be of at most {_LONGEST_TEXT} characters")
    return text
