"""What the legal ladder says of actions of recovery: the planner asks before it plans."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy.orm import Session

from palika.text import Name
from services.tax.documents.data import ladder
from services.tax.domain.ledger.entries import Entry
from services.tax.domain.notices import answer
from services.tax.domain.planner import Lawful
from services.tax.domain.recovery import Action
from services.tax.ledger_store import entries_of
from services.tax.queries.ladder import facts_of_many
from services.tax.reference import recovery

Known = Mapping[tuple[str, Action], tuple[date | None, Name]]
"""By property and action the first day on which it is lawful (None: something has to happen first),
and why not before."""

NOT_LOOKED_AT = Name(
    "कायदेशीर पायऱ्या तपासल्या नाहीत.", "The legal ladder was not asked about this property."
)


def first_days(
    session: Session, entries: Mapping[uuid.UUID, Sequence[Entry]], today: date
) -> dict[tuple[str, Action], tuple[date | None, Name]]:
    """From when on each action that is a step of the ladder is lawful, as far as today's facts say.

    Args:
        session: on the service's database.
        entries: of the ledger, by property.
        today: the day of the facts.

    Raises:
        Invalid: ``data/recovery.yaml`` names a step that the ladder does not have.
    """
    steps = {action: effort.step for action, effort in recovery().efforts.items() if effort.step}
    found = {}
    for id_, facts in facts_of_many(session, entries, today).items():
        for action, step in steps.items():
            told = answer(step, facts, today, ladder())
            reason = Name(
                " ".join(each.mr for each in told.why), " ".join(each.en for each in told.why)
            )
            found[str(id_), action] = told.from_, reason
    return found


def by_days(known: Known) -> Lawful:
    """The ladder for a plan. What is not in it was not looked at, and is not lawful."""

    def lawful(property_id: str, action: Action, day: date) -> Name | None:
        first, reason = known.get((property_id, action), (None, NOT_LOOKED_AT))
        return None if first is not None and day >= first else reason

    return lawful


def asked_now(session: Session) -> Lawful:
    """The ladder for one action that is taken today."""

    def lawful(property_id: str, action: Action, day: date) -> Name | None:
        id_ = uuid.UUID(property_id)
        known = first_days(session, {id_: entries_of(session, id_)}, day)
        return by_days(known)(property_id, action, day)

    return lawful
