"""Arguments for the methods of a service, drawn from their schemas: right, nearly, and rubbish."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from marshmallow import Schema, fields, validate

from palika.fields import Moment, Phone
from services.grievance.fields import Day, OneOrMany

Known = Mapping[str, list[Any]]
"""By the name of a field: what there is, so that calls get deep."""

_TEXT = st.sampled_from(
    [
        *("A deep hole", "खड्डा मोठा आहे", "pole no. 45, Gandhi Road", "x", "x" * 2_000),
        "' OR 1=1 --",
        *("%s%n", "<script>", "=1+1", "a\nb\tc", "\u200d", "\U0001f6a7", "१२३", "e\u0301" * 50),
    ]
)  # fmt: skip
_RUBBISH = st.sampled_from(
    [
        *("", " ", "a\0b", "\x1b[0m", "\ufffe", "x" * 10_000, "NaN", "null", "9" * 40, "\ud800"),
        *(None, True, -1, 0, 1.5, 2**31, 2**63, -(2**63) - 1, 10**40, 1e308, float("nan")),
        *(float("inf"), [], [[]], [None], ["a\0"], {}, {"a": {"\0": [1]}}, [{}] * 600),
    ]
) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)
_NIL = "00000000-0000-7000-8000-000000000000"
_MOMENTS = st.sampled_from(
    [
        *("2026-07-01T10:00:00+05:30", "2026-01-01T00:00:00+23:59", "2026-12-31T23:59:59.9-23:59"),
        *("1900-01-01T00:00:00Z", "2199-12-31T23:59:59Z", "2027-01-01T00:00:00+00:00"),
    ]
)
_OTHER_MOMENTS = st.sampled_from(
    [
        *("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"),
        *("0001-01-01T00:00:00Z", "2026-07-01T10:00:00", "2026-02-30T00:00:00Z", "2026-07-01"),
    ]
)
_DAYS = st.sampled_from(["today", "today-7", "2026-07-01", "2024-02-29"])
_ISO_DAYS = st.sampled_from(["2026-07-01", "2024-02-29", "1900-01-01", "2199-12-31"])
_OTHER_DAYS = st.sampled_from(
    ["today-99999", "today+1", "0001-01-01", "9999-12-31", "1900-02-29", "20260701"]
)
_NUMBERS = st.sampled_from([-90, -1, 0, 1, 2, 9, 90, 180, 200, 2**31 - 1, 2**31, 2**63 - 1, 2**63])


def arguments(schema: Schema | None, known: Known) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments of one call: all right, or with one field or two that are not."""
    return _arguments(schema, known) if schema is not None else st.just({})


@st.composite
def _arguments(draw: st.DrawFn, schema: Schema, known: Known) -> dict[str, Any]:
    found = {}
    # Optional fields are few, or hardly any call would pass.
    often = draw(st.sampled_from([0.1, 0.3, 0.9]))
    # Of the two that name one thing, one.
    ways = [name for name in ("id", "token", "number") if name in schema.load_fields]
    way = draw(st.sampled_from(ways)) if len(ways) > 1 else None
    for name, field in schema.load_fields.items():
        if name == "version" or (way in ways and name in ways):
            wanted = name == way or draw(st.floats(0, 1)) < 0.05
        else:
            wanted = field.required or draw(st.floats(0, 1)) < often
        if wanted:
            found[name] = draw(_right(name, field, known))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
        name = draw(st.sampled_from([*schema.load_fields, *schema.load_fields, "no_such"]))
        change = draw(st.sampled_from(["nearly", "nearly", "rubbish", "away"]))
        field = schema.load_fields.get(name)
        if change == "away":
            found.pop(name, None)
        elif change == "rubbish" or field is None:
            found[name] = draw(_RUBBISH)
        else:
            found[name] = draw(_nearly(field))
    return found


def _right(name: str, field: fields.Field[Any], known: Known) -> st.SearchStrategy[Any]:
    """What the field takes, and what is there if it names something."""
    if isinstance(field, fields.List):
        return st.lists(_right(name.rstrip("s"), field.inner, known), min_size=1, max_size=3)
    if isinstance(field, OneOrMany):
        one = st.sampled_from(known[name]) if name in known else _of_kind(field)
        return one | st.lists(one, min_size=1, max_size=3)
    if isinstance(field, fields.Integer) and name == "id":
        name = "serial"
    return st.sampled_from(known[name]) if name in known else _of_kind(field)


def _of_kind(field: fields.Field[Any]) -> st.SearchStrategy[Any]:
    choices = [each.choices for each in field.validators if isinstance(each, validate.OneOf)]
    if choices:
        return st.sampled_from(list(choices[0]))
    if isinstance(field, fields.Enum):
        return st.sampled_from([each.value for each in field.enum])
    if isinstance(field, fields.Boolean):
        return st.booleans()
    if isinstance(field, fields.Integer):
        bounds = [each for each in field.validators if isinstance(each, validate.Range)]
        return st.integers(*((bounds[0].min, bounds[0].max) if bounds else (0, 9)))
    for kind, strategy in _KINDS:
        if isinstance(field, kind):
            return strategy
    return _TEXT


_KINDS: tuple[tuple[type[fields.Field[Any]], st.SearchStrategy[Any]], ...] = (
    (fields.UUID, st.just(_NIL)),
    (Moment, _MOMENTS),
    (Day, _DAYS),
    (fields.Date, _ISO_DAYS),
    (fields.Float, st.floats(18.40, 73.98)),
    (fields.Dict, st.just({})),
    (Phone, st.sampled_from(["98220 12345", "+919822012345", "+1 202 555 0100"])),
    (fields.Email, st.sampled_from(["asha@example.org", "x@पुणे.example"])),
    (fields.Url, st.sampled_from(["https://city.example/1.jpg", "http://localhost:80/a?b=%00"])),
)


def _nearly(field: fields.Field[Any]) -> st.SearchStrategy[Any]:
    """Of the field's type, mostly, and at its edges or beyond."""
    if isinstance(field, fields.List | OneOrMany):
        return st.lists(_TEXT | _MOMENTS | st.just(_NIL), max_size=4) | _NUMBERS
    if isinstance(field, Moment | Day | fields.Date):
        return (
            _OTHER_MOMENTS
            | _OTHER_DAYS
            | _DAYS
            | st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
        )
    if isinstance(field, fields.Integer | fields.Float):
        return _NUMBERS | st.floats(allow_nan=True) | _NUMBERS.map(str)
    if isinstance(field, fields.Dict):
        return st.dictionaries(
            st.sampled_from(["how_many", "ward", "open", "text", "filed_from", "order", "x"]),
            _TEXT | _MOMENTS | _NUMBERS | st.lists(_TEXT, max_size=2),
            max_size=3,
        )
    return _TEXT | _NUMBERS.map(str) | st.text(max_size=40) | st.just(_NIL)
