"""How a city looks: its emblem and its colours, in the place of the shipped ones.

``PALIKA_PORTAL_BRAND`` names a folder with ``emblem.svg`` and ``colours.yaml``, or one of them.
Colours are named as in ``static/css/1-tokens.css``; every text must keep its contrast (WCAG 2.2,
1.4.3: 4.5 to 1; what is no text, 1.4.11: 3 to 1), by daylight and at night.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

from palika.config import ConfigError, variable_of
from palika.yaml_files import Lines, Mistake, Unusable, WrongData, loaded, text_of

_TOKENS: Final = Path(__file__).parent.parent / "static" / "css" / "1-tokens.css"
COLOURS: Final = ("indigo", "indigo-deep", "saffron", "kicker", "link", "link-visited")
"""What a city may choose; all else follows from them, or is the same for all."""
_SETS: Final = ("light", "dark")
_TEXT: Final = 4.5
_SIGN: Final = 3.0
_GROUNDS: Final = ("ground", "card", "wash")
_PAIRS: Final = (
    *((text, ground, _TEXT) for text, ground in product(("kicker", "link"), _GROUNDS)),
    *(("link-visited", ground, _TEXT) for ground in _GROUNDS),
    *(
        (text, ground, _TEXT)
        for text, ground in product(("on-indigo", "on-indigo-quiet"), ("indigo", "indigo-deep"))
    ),
    ("saffron", "card", _SIGN),
)
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_TOKEN: Final = re.compile(r"--([a-z-]+): (#[0-9a-f]{6});")
_LARGEST: Final = 100_000
# An emblem is a picture: nothing in it acts, and nothing in it comes from elsewhere.
_ACTS: Final = re.compile(
    rb"<\s*(script|foreignobject|iframe|use|image|animate|set)\b|\bon\w+\s*=|javascript:|<!ENTITY"
    rb"|@import|url\(\s*['\"]?(?!#)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Theme:
    """The colour that a browser gives its own frame."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class Brand:
    """The emblem (None: the shipped one), the style that comes after the others, the theme."""

    emblem: bytes | None
    style: str
    theme: Theme


def read_brand(folder: str) -> Brand:
    """What a folder says; the shipped brand without one.

    Raises:
        ConfigError: a file cannot be used; each mistake is told with its line and rule.
    """
    shipped = _shipped()
    chosen: Mapping[str, Mapping[str, str]] = {}
    emblem = None
    if folder:
        try:
            chosen = _colours(Path(folder) / "colours.yaml", shipped)
            emblem = _emblem(Path(folder) / "emblem.svg")
        except WrongData as error:
            raise ConfigError(f"{variable_of('portal_brand')}: {folder}: {error}") from error
    both = {name: shipped[name] | chosen.get(name, {}) for name in _SETS}
    theme = Theme(both["light"]["indigo"], both["dark"]["indigo-deep"])
    return Brand(emblem, _style(chosen), theme)


def contrast(one: str, other: str) -> float:
    """Of two colours, as WCAG 2.2 has it ("contrast ratio"): from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _shipped() -> dict[str, dict[str, str]]:
    light, _, dark = _TOKENS.read_text("utf-8").partition("@media (prefers-color-scheme: dark)")
    found = {"light": dict(_TOKEN.findall(light))}
    return found | {"dark": found["light"] | dict(_TOKEN.findall(dark))}


def _colours(path: Path, shipped: Mapping[str, dict[str, str]]) -> Mapping[str, dict[str, str]]:
    if not path.exists():
        return {}
    try:
        text = text_of(path)
        raw = loaded(text)
    except Unusable as error:
        raise WrongData([Mistake(path.name, error.line, "file", error.rule)]) from error
    lines = Lines(text)
    told = [
        Mistake(path.name, lines.of(place), ".".join(place) or "file", rule)
        for place, rule in _wrong(raw, shipped)
    ]
    if told:
        raise WrongData(told)
    return {name: {key: value.lower() for key, value in raw[name].items()} for name in _SETS}


def _wrong(
    raw: Any, shipped: Mapping[str, dict[str, str]]
) -> Iterator[tuple[tuple[str, ...], str]]:
    if not isinstance(raw, dict) or set(raw) != set(_SETS):
        yield (), f"must have {' and '.join(_SETS)}"
        return
    for name in _SETS:
        given = raw[name]
        if not isinstance(given, dict):
            yield (name,), "must be colours by their names"
            continue
        right = {}
        for key, value in given.items():
            if key not in COLOURS:
                yield (name, str(key)), f"there is no such colour; there are {', '.join(COLOURS)}"
            elif not isinstance(value, str) or not _COLOUR.fullmatch(value):
                yield (name, key), 'must be a colour like "#27306b", in quotes'
            else:
                right[key] = value
        whole = shipped[name] | right
        for text, ground, least in _PAIRS:
            found = contrast(whole[text], whole[ground])
            blamed = next((each for each in (text, ground) if each in right), None)
            if blamed is not None and found < least:
                rule = f"{text} on {ground} has a contrast of {found:.1f}, and needs {least:g}"
                yield (name, blamed), rule


def _emblem(path: Path) -> bytes | None:
    if not path.exists():
        return None
    try:
        content = path.read_bytes()
    except OSError as error:
        rule = f"cannot be read: {error.strerror}"
        raise WrongData([Mistake(path.name, 1, "file", rule)]) from error
    rule = ""
    if len(content) > _LARGEST:
        rule = f"has more than {_LARGEST} bytes"
    elif b"<svg" not in content[:1_000]:
        rule = "is no SVG"
    elif _ACTS.search(content):
        rule = "must be shapes alone: no scripts, nothing that moves, nothing from elsewhere"
    if rule:
        raise WrongData([Mistake(path.name, 1, "file", rule)])
    return content


def _style(chosen: Mapping[str, Mapping[str, str]]) -> str:
    if not chosen:
        return ""
    light, dark = (
        " ".join(f"--{key}: {value};" for key, value in chosen[name].items()) for name in _SETS
    )
    night = f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"
    return f":root {{ {light} }}\n{night}\n"


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
