"""Campaigns of the notify service: files, drafts, and what feeds them."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from palika.auth import Identity
from services.notify.commands import campaign_life as life
from services.notify.commands.campaign_draft import Plan, Shop, draft
from services.notify.commands.campaign_feed import Feeder
from services.notify.commands.campaign_file import load, look_at
from services.notify.commands.consent import say
from services.notify.domain.care import Lane, Purpose
from services.notify.models import Campaign, CampaignRecipient, CampaignRejection
from services.notify.queries import campaigns as queries
from services.notify.reference import city_templates
from tests.support.notify import SECRETS, Desk

TABLES = "campaign, campaign_recipient, campaign_rejection"
OFFICER = Identity("officer:o-1", frozenset({"officer"}), "E-1")
SUPERVISOR = Identity("supervisor:s-1", frozenset({"supervisor"}), "E-2")
REMINDER = "tax.reminder_due"
HEADER = ("phone", "name", "language", "number", "arrears_paise", "due_on")
NEWS = "campaign.news"
NEWS_FIELDS = {
    "topic": "Camp",
    "day": "2026-08-09",
    "place": "Aundh",
    "more": "https://city.example/n/1",
}


def number(n: int) -> str:
    """The n-th telephone number."""
    return f"98{n:08}"


def row(n: int, **changes: str) -> list[str]:
    """The n-th row of a file of reminders."""
    plain = (number(n), f"Citizen {n}", "en", f"P-{n}", "125000", "2026-07-01")
    cells = dict(zip(HEADER, plain, strict=True))
    return list((cells | changes).values())


def write(path: Path, rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER) -> Path:
    """A CSV file."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@dataclass
class Bulk:
    """Campaigns on a desk."""

    desk: Desk
    folder: Path
    count: int = 0

    @property
    def shop(self) -> Shop:
        """What making one needs."""
        return Shop(city_templates(), self.desk.carriers, self.desk.policy, SECRETS)

    def draft(
        self,
        rows: Iterable[Sequence[str]] | int = 3,
        header: Sequence[str] = HEADER,
        template: str = REMINDER,
        fields: Mapping[str, Any] | None = None,
        **plan: Any,
    ) -> Campaign:
        """A campaign from a file, loaded."""
        self.count += 1
        rows = [row(n) for n in range(rows)] if isinstance(rows, int) else rows
        file = look_at(write(self.folder / f"{self.count}.csv", rows, header))
        name = plan.pop("name", f"campaign {self.count}")
        asked = Plan(name, template, fields or {}, digest=file.digest, rows=file.rows, **plan)
        with self.desk.begin() as session:
            made = draft(session, OFFICER, asked, self.shop, self.desk.now)
        return load(self.desk.begin, made.id, file, self.shop, lambda: self.desk.now)

    def news(self, phones: Sequence[str], **plan: Any) -> Campaign:
        """A campaign of news to some numbers."""
        return self.draft([[each] for each in phones], ("phone",), NEWS, NEWS_FIELDS, **plan)

    def approved(self, *args: Any, **changes: Any) -> Campaign:
        """A campaign that a supervisor has approved."""
        made = self.draft(*args, **changes)
        with self.desk.begin() as session:
            return life.approve(session, SUPERVISOR, made.id, city_templates(), self.desk.now)

    def running(self, *args: Any, **changes: Any) -> Campaign:
        """A campaign that has been started."""
        return self.start(self.draft(*args, **changes))

    def start(self, made: Campaign) -> Campaign:
        """A supervisor approves a draft and starts it."""
        with self.desk.begin() as session:
            life.approve(session, SUPERVISOR, made.id, city_templates(), self.desk.now)
            return life.start(session, SUPERVISOR, made.id, None, self.desk.now)

    def feed(self, **changes: Any) -> int:
        """What the timer does, once."""
        desk = self.desk
        feeder = Feeder(desk.begin, city_templates(), desk.policy, lambda: desk.now, **changes)
        return feeder.run()

    def send(self) -> int:
        """Send all that is due in the lane; how many were claimed."""
        sent = 0
        while claimed := self.desk.sender().run(Lane.BULK):
            sent += claimed
        return sent

    def again(self, campaign: Campaign) -> Campaign:
        """As it is now."""
        with self.desk.begin() as session:
            return queries.by_id(session, campaign.id)

    def progress(self, campaign: Campaign) -> dict[str, Any]:
        """How far it is."""
        with self.desk.begin() as session:
            return queries.progress(session, queries.by_id(session, campaign.id), self.desk.now)

    def states(self, campaign: Campaign) -> dict[str, int]:
        """Recipients by the state of their delivery."""
        found: dict[str, int] = self.progress(campaign)["states"]
        return found

    def pause(self, campaign: Campaign) -> None:
        """As an officer does."""
        with self.desk.begin() as session:
            life.pause(session, campaign.id)

    def resume(self, campaign: Campaign) -> None:
        """As a supervisor does."""
        with self.desk.begin() as session:
            life.resume(session, campaign.id, city_templates(), self.desk.policy, self.desk.now)

    def cancel(self, campaign: Campaign) -> None:
        """As an officer does."""
        with self.desk.begin() as session:
            life.cancel(session, OFFICER, campaign.id, self.desk.now)

    def said(self, agreed: bool, purpose: Purpose, *phones: str) -> None:
        """Citizens say their word."""
        with self.desk.begin() as session:
            for phone in phones:
                key = SECRETS.recipient(f"+91{phone}")
                say(session, key, [purpose], agreed, "sms", self.desk.now)

    def waiting(self) -> list[CampaignRecipient]:
        """Who has no delivery yet."""
        with self.desk.begin() as session:
            return list(
                session.scalars(select(CampaignRecipient).order_by(CampaignRecipient.row_no))
            )

    def rejected(self) -> list[tuple[int, str, str, str]]:
        """Row, field, rule, value."""
        with self.desk.begin() as session:
            found = session.scalars(
                select(CampaignRejection).order_by(
                    CampaignRejection.row_no, CampaignRejection.place
                )
            )
            return [(each.row_no, each.field, each.rule, each.value) for each in found]

    def clear(self) -> None:
        """No campaign."""
        with self.desk.begin() as session:
            session.execute(text(f"TRUNCATE {TABLES}"))
