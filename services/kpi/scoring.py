"""The entrypoints of scorecards: programmes, marks, evidence, ranks, and the papers of a review."""

import base64
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from palika.blocking import off_hub
from palika.config import settings
from palika.errors import NotFound, Unavailable
from palika.india import day_of, end_of
from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from palika.store import Store, open_store
from palika.timer import every, waiting_out_outages
from services.kpi.commands.evidence import add_evidence, remove_evidence, sweep_evidence
from services.kpi.commands.review_scores import enter_results, hold_review
from services.kpi.commands.score import compute_marks, give_mark, subjects
from services.kpi.domain.marking import check_may_mark
from services.kpi.domain.scorecard import SELF, THIRD_PARTY
from services.kpi.models import ScorecardEvidence
from services.kpi.reference import city_entry, city_programmes
from services.kpi.scorecards import reading, views
from services.kpi.scorecards.export import exported
from services.kpi.scoring_schemas import (
    Computing,
    Exporting,
    OneCard,
    OneCriterion,
    OneEvidence,
    OwnMark,
    Programmes,
    Ranking,
    Removing,
    Results,
    Reviewing,
    Showing,
    ThirdPartyMark,
)

_COMPUTE_EVERY_S = 3_600
_SWEEP_EVERY_S = 21_600
_OFFICE = frozenset({"officer", "supervisor"})


@cache
def store() -> Store:
    """Where evidence is kept; one a process."""
    return open_store(settings("kpi"), "evidence_url")


class Scoring(Service):
    """Scorecards of programmes."""

    @rpc(Programmes, roles=STAFF)
    def programmes(self, args: dict[str, Any]) -> dict[str, Any]:
        """The programmes that the city takes part in, and where each stands."""
        day = _day(args)
        return {"programmes": [views.programme(each, day) for each in city_programmes().values()]}

    @rpc(OneCard, roles=STAFF)
    def scorecard(self, args: dict[str, Any]) -> dict[str, Any]:
        """A scorecard as it was known at the end of a day: marks of both sides, what changed, what
        is missing."""
        of, day = reading.programme(args["programme"]), _day(args)
        with self.db.begin() as session:
            found = reading.scorecard(session, of, args["subject"], day, _today())
            rows = reading.evidence_rows(session, of.code, args["subject"], end_of(day))
            shown = [reading.evidence_view(row, end_of(day)) for row in rows]
            return views.card(found) | {"evidence": shown}

    @rpc(OneCriterion, roles=STAFF)
    def scorecard_history(self, args: dict[str, Any]) -> dict[str, Any]:
        """Every mark that a criterion was ever given, the first first."""
        of = reading.programme(args["programme"])
        criterion = of.criterion(args["criterion"])
        with self.db.begin() as session:
            rows = reading.mark_rows(session, of.code, args["subject"], criterion.code)
            return {"marks": [reading.mark_view(row) for row in rows]}

    @rpc(OwnMark, roles=_OFFICE)
    def give_own_mark(self, args: dict[str, Any]) -> dict[str, Any]:
        """Give the office's own mark of a criterion."""
        return self._give(args | {"kind": SELF, "assessor": None})

    @rpc(ThirdPartyMark, roles={"supervisor"})
    def give_third_party_mark(self, args: dict[str, Any]) -> dict[str, Any]:
        """Enter a third party's mark; not by who gave the own one."""
        return self._give(args | {"kind": THIRD_PARTY})

    @rpc(Computing, roles=_OFFICE)
    def compute_marks(self, args: dict[str, Any]) -> dict[str, Any]:
        """Compute the marks that follow from KPIs, or followed on a past day; gives new ones."""
        of = reading.programme(args["programme"])
        whose = subjects(of) if args["subject"] is None else [args["subject"]]
        for subject in whose:
            check_may_mark(self.caller.identity, of, subject, city_entry())
        made = []
        for subject in whose:
            with self.db.begin() as session:
                rows = compute_marks(session, of, subject, datetime.now(UTC), args["day"])
                made += [reading.mark_view(row) for row in rows]
        return {"marks": made}

    @rpc(Showing, roles=_OFFICE)
    def add_evidence(self, args: dict[str, Any]) -> dict[str, Any]:
        """Show a document, a picture or a link for a criterion."""
        row = add_evidence(self.db.begin, store, self.caller.identity, args, datetime.now(UTC))
        return reading.evidence_view(row)

    @rpc(OneEvidence, roles=STAFF)
    def evidence(self, args: dict[str, Any]) -> dict[str, Any]:
        """One piece of evidence; of a file its content in base64."""
        with self.db.begin() as session:
            row = session.get(ScorecardEvidence, args["id"])
            if row is None:
                raise NotFound("there is no such evidence", {"id": str(args["id"])})
            found, key = reading.evidence_view(row), row.key
        if key is not None:
            found["content_base64"] = off_hub(_encoded, key)
        return found

    @rpc(Removing, roles=_OFFICE)
    def remove_evidence(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take evidence away; it stays as a record."""
        with self.db.begin() as session:
            row = remove_evidence(session, self.caller.identity, args, datetime.now(UTC))
            return reading.evidence_view(row)

    @rpc(Ranking, roles=STAFF)
    def scorecard_ranking(self, args: dict[str, Any]) -> dict[str, Any]:
        """Ranks among departments and among corporations."""
        of = reading.programme(args["programme"])
        with self.db.begin() as session:
            found = reading.ranking(session, of, args["side"], _day(args))
        return {"programme": of.code, "side": args["side"], "day": _day(args).isoformat()} | {
            kind: [views.place(each) for each in places] for kind, places in found.items()
        }

    @rpc(Reviewing, roles={"supervisor"})
    def hold_score_review(self, args: dict[str, Any]) -> dict[str, Any]:
        """Record that a programme was reviewed on a day."""
        with self.db.begin() as session:
            row = hold_review(session, self.caller.identity, args, datetime.now(UTC))
            return {
                "programme": row.programme,
                "held_on": row.held_on.isoformat(),
                "note": row.note,
                "recorded_by": row.recorded_by,
            }

    @rpc(Results, roles={"supervisor"})
    def enter_results(self, args: dict[str, Any]) -> dict[str, Any]:
        """Enter what other corporations were given."""
        with self.db.begin() as session:
            made = enter_results(session, self.caller.identity, args, datetime.now(UTC))
            return {"entered": len(made), "known": len(args["results"]) - len(made)}

    @rpc(Exporting, roles=STAFF)
    def scorecard_export(self, args: dict[str, Any]) -> dict[str, Any]:
        """A scorecard for the review, as PDF or slides (PPTX), in base64."""
        of, day = reading.programme(args["programme"]), _day(args)
        with self.db.begin() as session:
            found = reading.scorecard(session, of, args["subject"], day, _today())
            ranks = {
                side: reading.ranking(session, of, side, day) for side in ("third_party", "own")
            }
        return off_hub(exported, found, ranks, args["language"], args["format"])

    @every(_COMPUTE_EVERY_S)
    def compute_scorecards(self, stopping: Callable[[], bool]) -> None:
        """Compute the marks of the programmes that run."""
        with waiting_out_outages("the marks of scorecards"):
            now = datetime.now(UTC)
            for of in city_programmes().values():
                if of.counter(day_of(now)).state != "running":
                    continue
                for subject in subjects(of):
                    if stopping():
                        return
                    with self.db.begin() as session:
                        compute_marks(session, of, subject, now)

    @every(_SWEEP_EVERY_S)
    def sweep_evidence(self, stopping: Callable[[], bool]) -> None:
        """Delete what was kept and is no evidence."""
        # Why a store does not answer is logged where it is asked; the next time does the rest.
        with waiting_out_outages("the sweep of evidence"), suppress(Unavailable):
            sweep_evidence(self.db.begin, store(), datetime.now(UTC), stopping)

    def _give(self, args: Mapping[str, Any]) -> dict[str, Any]:
        with self.db.begin() as session:
            row = give_mark(session, self.caller.identity, args, datetime.now(UTC))
            return reading.mark_view(row)


def _day(args: Mapping[str, Any]) -> date:
    day: date | None = args["day"]
    return day or _today()


def _today() -> date:
    return day_of(datetime.now(UTC))


def _encoded(key: str) -> str:
    return base64.b64encode(store().get(key)).decode()
