"""Which kind of grievance a citizen's own words mean: a small matcher, without a model.

It reads the names of the catalogue in both languages and the city's ``keywords``, by sound: so
खड्डा, khadda and "pothole" find the same. A word that few kinds have weighs more.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Final

from services.notify.domain.chat.words import plain, sounds

_KEYWORD: Final = 2.0
"""So much more than a word of a name weighs one that the city has listed for the kind."""
_BEGINNING: Final = 0.6
"""So much of a word's weight has one that only begins alike: Marathi inflects at the end."""
_LEAST_ALIKE: Final = 4
_LEAST: Final = 0.35
"""What is found scores this much of the best, at least."""
_IDLE: Final = frozenset(
    sound
    for words in (
        "आहे नाही मला माझ्या आमच्या येथे इथे खूप फार व आणि करा झाला झाली झाले बद्दल बाबत तक्रार",
        "ahe aahe nahi mala majhya amchya ithe khup far ani kara zala zali zale takrar",
        "the a an of in on at is are not no my our there here very and please for complaint to",
    )
    for sound in sounds(words)
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of grievance: its code, and its names by language."""

    code: str
    names: Mapping[str, str]


class Matcher:
    """The kinds, ready to be looked through."""

    def __init__(self, kinds: Sequence[Kind], keywords: Mapping[str, Sequence[str]]) -> None:
        """Prepare.

        Args:
            kinds: of the catalogue, in its order.
            keywords: by code, what citizens call it; codes that no kind has are left out.
        """
        self._kinds = list(kinds)
        self._weights: list[dict[str, float]] = []
        for kind in kinds:
            found: dict[str, float] = {}
            for name in kind.names.values():
                for each in sounds(name):
                    if _counts(each):
                        found[each] = 1.0
            for word in keywords.get(kind.code, ()):
                for each in sounds(word):
                    if _counts(each):
                        found[each] = _KEYWORD
            self._weights.append(found)
        having: dict[str, int] = defaultdict(int)
        for found in self._weights:
            for each in found:
                having[each] += 1
        self._rarity = {each: log(1 + len(kinds) / count) for each, count in having.items()}

    def find(self, text: str, most: int) -> list[Kind]:
        """The kinds that a text may mean, the likeliest first; none: it says nothing of any.

        Args:
            text: of the citizen.
            most: so many at the most.
        """
        asked = dict.fromkeys(each for each in sounds(text) if _counts(each))
        scored = [
            (sum(self._score(each, found) for each in asked) / (1 + 0.05 * len(found)), -at)
            for at, found in enumerate(self._weights)
        ]
        scored.sort(reverse=True)
        if not scored or scored[0][0] <= 0:
            return []
        least = scored[0][0] * _LEAST
        return [self._kinds[-at] for score, at in scored[:most] if score >= least]

    def _score(self, asked: str, found: Mapping[str, float]) -> float:
        if asked in found:
            return found[asked] * self._rarity[asked]
        alike = [
            found[each] * self._rarity[each] * _BEGINNING for each in found if _alike(asked, each)
        ]
        return max(alike, default=0.0)


def _counts(sound: str) -> bool:
    return len(sound) > 1 and sound not in _IDLE and not plain(sound).isdigit()


def _alike(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _LEAST_ALIKE - 1:
        return False
    same = next((at for at, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b),
                len(shorter))  # fmt: skip
    return same >= _LEAST_ALIKE - 1 and same >= len(longer) - 3
