"""The life of a delivery: its states, when it is tried again, and when it is given up.

    created → sending → sent
       ↑         ├────→ failed      (refused for good, or tried too often)
       │         └────→ skipped     (nobody to send to; reason coded)
       └── temporary failure, contacts not reachable, sweeper
    An event that is too old becomes a delivery that is skipped from the start.

`sending` is committed before the message leaves, so a crash between the two is seen. The sweeper
gives such a delivery back to `created`: it may then be sent twice. See the README.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from palika.errors import Invalid
from services.notify.domain.wording import LANGUAGES

CREATED, SENDING, SENT, FAILED, SKIPPED = "created", "sending", "sent", "failed", "skipped"
MOST_CONTACTS = 500
"""A service gives so many contacts in one answer, and refuses to give more."""
LEAST_STUCK_MINUTES = 3
"""Within it a channel has sent one message or given it up: a mail server has ten seconds for each
of about ten answers."""
STATES = (CREATED, SENDING, SENT, FAILED, SKIPPED)

STALE_EVENT = "stale_event"
TOO_LATE = "too_late"
CONTACT_MISSING = "contact_missing"
NO_ADDRESS = "no_address"
INVALID_ADDRESS = "invalid_address"
TEMPLATE_ERROR = "template_error"
RECIPIENT_REFUSED = "recipient_refused"
CONTACTS_UNAVAILABLE = "contacts_unavailable"
STUCK = "stuck_in_sending"
STOPPED = "stopped"
REASONS = {
    STALE_EVENT: "It happened longer ago than PALIKA_NOTIFY_MAX_AGE_H: history, an import.",
    TOO_LATE: "It could not be sent within PALIKA_NOTIFY_MAX_AGE_H.",
    CONTACT_MISSING: "The service that knows the recipient has no contact for them.",
    NO_ADDRESS: "The contact has no address for the channel.",
    INVALID_ADDRESS: "The address cannot be one of the channel's.",
    TEMPLATE_ERROR: "A field of the template is missing or wrong; nothing was sent.",
    RECIPIENT_REFUSED: "The service that knows the recipients refuses this one's id.",
    CONTACTS_UNAVAILABLE: "The service that knows the recipient does not answer; tried again.",
    STUCK: "The sender went away while sending; tried again, so it may arrive twice.",
    STOPPED: "The sender was stopped before it came to this message; tried again.",
}
"""The service's own reason codes; a channel adds its own, named after the channel."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How sending goes about its work.

    The figures are the city's (`data/sending.yaml`), but for `max_age`: for what happened longer
    ago than that, nobody is sent anything (PALIKA_NOTIFY_MAX_AGE_H).
    """

    max_age: timedelta
    max_attempts: int
    first_delay_s: int
    longest_delay_s: int
    stuck_after_minutes: int
    batch: int
    default_language: str

    @classmethod
    def load(cls, data: Mapping[str, Any], max_age: timedelta) -> "Policy":
        """Check and build.

        Raises:
            Invalid: names every figure that is missing or wrong.
        """
        known = cls.__dataclass_fields__.keys() - {"max_age"}
        wrong = {name: ["unknown figure"] for name in data.keys() - known}
        for name in known - {"default_language"}:
            if type(data.get(name)) is not int or data[name] < 1:
                wrong[name] = ["a whole number above zero"]
            elif name == "batch" and data[name] > MOST_CONTACTS:
                wrong[name] = [f"at most {MOST_CONTACTS}"]
            elif name == "stuck_after_minutes" and data[name] < LEAST_STUCK_MINUTES:
                wrong[name] = [f"at least {LEAST_STUCK_MINUTES}"]
        if data.get("default_language") not in LANGUAGES:
            wrong["default_language"] = [f"one of {', '.join(LANGUAGES)}"]
        if wrong:
            raise Invalid("The sending policy has mistakes.", wrong)
        return cls(max_age=max_age, **data)

    def is_stale(self, happened: datetime, now: datetime) -> bool:
        """Whether it is too late to tell anybody about it."""
        return now - happened > self.max_age

    def stuck_since(self, now: datetime) -> datetime:
        """A delivery that was taken before this moment and not reported on is stuck."""
        return now - timedelta(minutes=self.stuck_after_minutes)

    def next_attempt(self, attempts: int, now: datetime, chance: float) -> datetime | None:
        """When to try again after `attempts` tries, or None: give up.

        The delay doubles from `first_delay_s` to `longest_delay_s`; of it, the half that `chance`
        (0 to 1) decides is jitter, so that what failed together is not tried again together.
        """
        if attempts >= self.max_attempts:
            return None
        return now + self.delay(attempts, chance)

    def delay(self, attempts: int, chance: float) -> timedelta:
        """How long to wait after `attempts` tries (1 and more), jitter included."""
        whole = min(self.first_delay_s * 2 ** min(attempts - 1, 30), self.longest_delay_s)
        return timedelta(seconds=whole * (0.5 + chance / 2))
