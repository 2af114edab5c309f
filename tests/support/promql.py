"""What an expression of Prometheus names."""

import re

_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
_MATCHERS = re.compile(r"\{[^}]*\}")
_RANGES = re.compile(r"\[[^\]]*\]")
_LABELS = re.compile(
    r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", re.IGNORECASE
)
_NAME = re.compile(r"(?<![\w:.$])([a-zA-Z_:][\w:]*)\b(?!\s*\()")
_WORDS = {"and", "or", "unless", "offset", "bool", "by", "without", "on", "ignoring", "inf", "nan"}
_DURATION = re.compile(r"\boffset\s+\w+")


def metrics_of(expression: str) -> set[str]:
    """The metrics that an expression selects, those of recording rules with them."""
    left = expression
    for away in (_STRINGS, _MATCHERS, _RANGES, _LABELS, _DURATION):
        left = away.sub(" ", left)
    return {name for name in _NAME.findall(left) if name.lower() not in _WORDS}
