"""How much of what is costly one client, number or account may have. The figures are the city's own
choice."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class Limit(StrEnum):
    """What is limited, and for whom."""

    CODES_OF_NUMBER = "codes_of_number"
    CODES_OF_NUMBER_A_DAY = "codes_of_number_a_day"
    """From all networks together: so many codes may be guessed at, of 10**6, five times each."""
    CODES_FROM_HERE = "codes_from_here"
    """Of a number from one network, within a day: who asks for codes of another's number uses up
    the network's, and not the number's."""
    CODES_OF_CLIENT = "codes_of_client"
    CODES_OF_CITY = "codes_of_city"
    """All codes of an hour: whoever pumps messages through many addresses costs no more."""
    TRIES_OF_CLIENT = "tries_of_client"
    """Attempts to sign in, or to open an invitation."""
    FORMS_OF_CLIENT = "forms_of_client"
    FORMS_OF_ACCOUNT = "forms_of_account"
    EXPORTS_OF_ACCOUNT = "exports_of_account"
    CALLS_OF_TOKEN = "calls_of_token"  # noqa: S105 a name, no password
    GRIEVANCES_OF_CLIENT = "grievances_of_client"
    """Begun, not filed: many telephones share an address, so it is not few."""
    PROPERTIES_OF_CLIENT = "properties_of_client"
    """Looked for: a property's number is easily guessed, and all of them are nobody's business."""
    PROPERTIES_OF_CLIENT_A_DAY = "properties_of_client_a_day"
    """So many looks of a whole network: the register cannot be read at the pace of a person."""
    PROPERTIES_OF_PROGRAM_A_DAY = "properties_of_program_a_day"
    """The same of a program that has a token of its own."""
    LINKS_OF_CLIENT = "links_of_client"
    """By which dues are paid: each is an order at the gateway."""
    LINKS_OF_PROPERTY = "links_of_property"
    """Of amounts of one's own choosing: what settles all of it can always be paid."""
    LINKS_OF_PROGRAM_A_DAY = "links_of_program_a_day"
    ASKS_OF_ORDER = "asks_of_order"
    """How often the payment gateway is asked about one order because its payer looks."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``most`` within a window; windows begin at whole multiples of ``within`` since 1970."""

    most: int
    within: timedelta


RULES = {
    Limit.CODES_OF_NUMBER: Rule(3, timedelta(minutes=15)),
    Limit.CODES_OF_NUMBER_A_DAY: Rule(60, timedelta(days=1)),
    Limit.CODES_FROM_HERE: Rule(10, timedelta(days=1)),
    Limit.CODES_OF_CLIENT: Rule(30, timedelta(hours=1)),
    Limit.CODES_OF_CITY: Rule(20_000, timedelta(hours=1)),
    Limit.TRIES_OF_CLIENT: Rule(200, timedelta(minutes=10)),
    Limit.FORMS_OF_CLIENT: Rule(300, timedelta(minutes=1)),
    Limit.FORMS_OF_ACCOUNT: Rule(120, timedelta(minutes=1)),
    Limit.EXPORTS_OF_ACCOUNT: Rule(5, timedelta(hours=1)),
    Limit.CALLS_OF_TOKEN: Rule(600, timedelta(minutes=1)),
    Limit.GRIEVANCES_OF_CLIENT: Rule(100, timedelta(hours=1)),
    Limit.PROPERTIES_OF_CLIENT: Rule(300, timedelta(minutes=10)),
    Limit.PROPERTIES_OF_CLIENT_A_DAY: Rule(5_000, timedelta(days=1)),
    Limit.PROPERTIES_OF_PROGRAM_A_DAY: Rule(5_000, timedelta(days=1)),
    Limit.LINKS_OF_CLIENT: Rule(100, timedelta(hours=1)),
    Limit.LINKS_OF_PROPERTY: Rule(30, timedelta(hours=1)),
    Limit.LINKS_OF_PROGRAM_A_DAY: Rule(2_000, timedelta(days=1)),
    Limit.ASKS_OF_ORDER: Rule(1, timedelta(seconds=5)),
}
LONGEST = max(rule.within for rule in RULES.values())


def window(limit: Limit, now: datetime) -> tuple[datetime, datetime]:
    """The beginning of the window that a moment is in, and its end."""
    length = RULES[limit].within.total_seconds()
    since = datetime.fromtimestamp(now.timestamp() // length * length, UTC)
    return since, since + RULES[limit].within
