"""Times as the RPC answers with them."""

from datetime import datetime

from palika.fields import Moment

_AS_SAID = Moment()


def moment(at: datetime | None) -> str | None:
    """An aware time as ISO 8601 in UTC, with ``Z``."""
    said: str | None = _AS_SAID._serialize(at, None, None)
    return said
