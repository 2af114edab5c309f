"""What a batch of a campaign reads does not grow with the city."""

import uuid
from datetime import timedelta

from services.tax.commands import carry_out
from services.tax.models import RecoveryAct
from tests.support.campaigns import TODAY, approved, candidate, hold, owing, send


def acted(sessions, owed):
    """Another officer has called about a property."""
    with sessions.begin() as session:
        session.add(
            RecoveryAct(
                id=uuid.uuid4(),
                property_id=owed.id,
                action="call",
                taken_on=TODAY - timedelta(days=2),
                by="officer:other",
            )
        )


def test_a_batch_reads_what_stops_its_own_items_and_no_more_of_the_city(sessions, monkeypatch):
    one, two, other = (owing(sessions, f"P/{each}") for each in (1, 2, 3))
    hold(sessions, two, "court_case")
    hold(sessions, other, "court_case")
    acted(sessions, other)
    of = approved(sessions, candidate(one, call=2000), candidate(two, call=2000))
    read = []

    def noted(ask):
        def asked(*args):
            read.append(ask(*args))
            return read[-1]

        return asked

    for name in ("holds", "contacts"):
        monkeypatch.setattr(carry_out, name, noted(getattr(carry_out, name)))
    assert send(sessions, of) == {"sent": 1, "stopped": 1, "waiting": 0}
    held, heard = read
    assert (list(held), heard) == ([two.id], {})
