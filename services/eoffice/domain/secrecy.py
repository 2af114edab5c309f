"""The four grades of secrecy of government papers."""

from enum import IntEnum

from palika.errors import Invalid


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


def check_public(secrecy: int, public: bool) -> None:
    """Refuse a file that every citizen may ask about and few officers may read.

    Raises:
        Invalid: names the field and the rule.
    """
    if public and secrecy > Secrecy.NORMAL:
        rule = f"a {Secrecy(secrecy).code} file is not public"
        raise Invalid("a file is public or secret, not both", {"public": [rule]})
