"""The wards and zones of the city, for which values are entered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from palika.reading import Reading
from palika.text import Name

WHOLE_CITY = Name("संपूर्ण शहर", "The whole city")


@dataclass(frozen=True, slots=True)
class Places:
    """Wards and zones by code, and the zone of each ward."""

    wards: Mapping[str, Name]
    zones: Mapping[str, Name]
    zone_of: Mapping[str, str]

    def expected(self, by: Iterable[str]) -> Mapping[str, Name]:
        """The places for which a measure is entered `by` ward or by zone; '' is the whole city."""
        for dimension in by:
            return self.wards if dimension == "ward" else self.zones
        return {"": WHOLE_CITY}

    def find(self, by: Iterable[str], said: str) -> str | None:
        """The code of a place that is told by its code, or by its name in either language."""
        wanted = _plain(said)
        for code, name in self.expected(by).items():
            if wanted in (_plain(code), _plain(name.mr), _plain(name.en)):
                return code
        return None


def places(raw: Any) -> Places:
    """The places that `data/places.yaml` says.

    Raises:
        Mistakes: names each, with its place in the file.
    """
    reading = Reading()
    given = reading.mapping("file", raw, ("zones", "wards"))
    zones = {
        code: reading.name(place, reading.mapping(place, each, ("mr", "en")))
        for place, code, each in reading.entries("zones", given["zones"])
    }
    wards, zone_of = {}, {}
    for place, code, each in reading.entries("wards", given["wards"]):
        ward = reading.mapping(place, each, ("mr", "en", "zone"))
        if code in zones:
            reading.wrong(place, "a zone has this code")
        wards[code] = reading.name(place, ward)
        zone_of[code] = reading.one_of(f"{place}, zone", ward["zone"], zones)
    reading.stop_if_wrong()
    return Places(wards, zones, zone_of)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
