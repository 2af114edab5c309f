"""What things are called."""

from dataclasses import dataclass

LANGUAGES = ("mr", "en")


@dataclass(frozen=True, slots=True)
class Name:
    """A name in the city's two languages."""

    mr: str
    en: str

    def in_(self, language: str) -> str:
        """The name in ``mr`` or, in any other case, in ``en``."""
        return self.mr if language == "mr" else self.en
