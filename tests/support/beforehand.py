"""What has to be there before the golden samples of a subscription can take effect.

Most handlers need nothing: they write down what they hear. One that changes what its service has
already refuses a sample about something that is not there, so its queue is named here.
"""

from collections.abc import Callable, Mapping
from typing import Final

from tests.support.backbone import Backbone
from tests.support.samples import golden_data


def _property(backbone: Backbone) -> None:
    """The property of the golden promise, on the roll."""
    backbone.query(
        "tax",
        "INSERT INTO property (id, number, ward, status, address, owner_name, language, version, "
        "registered_at) VALUES (%s, 'P/1/0001', 'aundh-baner', 'active', '1, Baner Road', 'Asha', "
        "'mr', 1, '2026-04-01T00:00:00Z') RETURNING 1",
        golden_data("notify.promised.v1")["property_id"],
    )


def _followed(backbone: Backbone) -> None:
    """The file of the golden movements, followed by a project."""
    backbone.query(
        "warroom",
        "INSERT INTO followed_file (file_id, number, followed_at, caught_up) "
        "VALUES (%s, 'ROADS/EST/GENERAL/2026/0001', '2026-01-01T00:00:00Z', true) RETURNING 1",
        golden_data("eoffice.file_moved.v1")["file_id"],
    )


BEFOREHAND: Final[Mapping[str, Callable[[Backbone], None]]] = {
    "tax.promises": _property,
    "warroom.activity": _followed,
}
"""By queue; called with empty tables, before anything is delivered."""
