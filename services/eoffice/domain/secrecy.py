"""The four grades of secrecy of government papers."""

from enum import IntEnum


class Secrecy(IntEnum):
    """The grades of the Manual of Departmental Security Instructions, as NIC's eOffice has them."""

    NORMAL = 0
    CONFIDENTIAL = 1
    SECRET = 2
    TOP_SECRET = 3

    @property
    def code(self) -> str:
        """As it is written in calls: ``top_secret``."""
        return self.name.lower()
