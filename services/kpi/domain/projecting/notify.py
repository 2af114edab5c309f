"""What the events of notify add: to the department that runs the channels, and to no ward.

What was promised in a call is property tax, and is that department's.
"""

from services.kpi.domain.projecting.fields import Data, Given, Rule, code, india_day, whole
from services.kpi.domain.projecting.tax import PROPERTY_TAX
from services.kpi.domain.sketches import register

CHANNELS_RUN_BY = "information-technology"


def _delivered(data: Data) -> list[Given]:
    given = (
        ("notify.delivered", 0, 1),
        ("notify.recipients", register(code(data, "recipient_ref")), 1),
    )
    return [((CHANNELS_RUN_BY, "", india_day(data, "delivered_at")), data, given)]


def _failed(data: Data) -> list[Given]:
    place = CHANNELS_RUN_BY, "", india_day(data, "failed_at")
    return [(place, data, (("notify.failed", 0, 1),))]


def _opted_out(data: Data) -> list[Given]:
    place = CHANNELS_RUN_BY, "", india_day(data, "said_at")
    return [(place, data, (("notify.opted_out", 0, 1),))]


def _promised(data: Data) -> list[Given]:
    given = (
        ("notify.promised", 0, 1),
        ("notify.promised_paise", 0, whole(data, "amount_paise")),
    )
    return [((PROPERTY_TAX, "", india_day(data, "at")), data, given)]


RULES: dict[str, Rule] = {
    "notify.delivered.v1": _delivered,
    "notify.failed.v1": _failed,
    "notify.opted_out.v1": _opted_out,
    "notify.promised.v1": _promised,
}

_MESSAGE = frozenset({"channel", "purpose", "audience", "lane", "template", "event_type"})
_NONE: frozenset[str] = frozenset()

ATTRIBUTES: dict[str, frozenset[str]] = {
    "notify.delivered": _MESSAGE,
    "notify.recipients": _MESSAGE,
    "notify.failed": _MESSAGE | {"reason"},
    "notify.opted_out": frozenset({"purpose", "source"}),
    "notify.promised": _NONE,
    "notify.promised_paise": _NONE,
}
DISTRIBUTIONS: frozenset[str] = frozenset()
DISTINCT = frozenset({"notify.recipients"})
