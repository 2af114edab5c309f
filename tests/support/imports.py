"""`palika import grievances` as its users run it, on a small city's export."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import yaml
from click.testing import CliRunner, Result
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from palika.events import Event
from palika.tables import outbox
from services.grievance import cli as plugin
from services.grievance.models import Grievance

MAP: dict[str, Any] = {
    "source": "riverton",
    "timezone": "America/Chicago",
    "time_formats": ["%m/%d/%Y %H:%M"],
    "missing": ["NA"],
    "columns": {
        "source_id": "Case",
        "filed_at": "Opened",
        "closed_at": "Closed",
        "category": "Problem",
        "status": "Status",
        "ward": "Ward",
        "address": "Where",
        "description": "Words",
    },
    "statuses": {"done": "resolved", "open": "filed"},
    "categories": {"codes": {"POT HOLE": "pothole"}, "otherwise": "as-is"},
    "wards": "as-is",
}
HEADER = "Case,Opened,Closed,Problem,Status,Ward,Where,Words,Ignored"
ROWS = [
    "1,01/02/2018 08:30,01/03/2018 09:00,Pot hole,Done,7,12 MAIN ST,A deep one,x",
    "2,01/02/2018 09:30,NA,Barking dog,OPEN,NA,14 MAIN ST,NA,x",
]


@dataclass
class Import:
    """Runs the command as its users do, and looks at what it did."""

    directory: Path
    sessions: sessionmaker[Session]

    def __post_init__(self) -> None:
        self.file = self.directory / "cases.csv"
        self.rejected = self.directory / "cases.rejected.csv"

    def write(self, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> None:
        self.file.write_bytes("\n".join([header, *rows, ""]).encode(encoding))

    def run(self, *options: str, rules: dict[str, Any] | None = None) -> Result:
        map_file = self.directory / "map.yaml"
        map_file.write_text(yaml.safe_dump(rules or MAP), encoding="utf-8")
        return self.command(str(self.file), "--map", str(map_file), *options)

    def command(self, *arguments: str) -> Result:
        cli = click.Group()
        plugin.register(cli)
        return CliRunner().invoke(cli, ["import", "grievances", *arguments])

    def summary(self, *options: str, rules: dict[str, Any] | None = None) -> dict[str, Any]:
        result = self.run("--json", *options, rules=rules)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def refusals(self) -> list[dict[str, str]]:
        with self.rejected.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def count(self, *conditions: Any) -> int:
        query = select(func.count()).select_from(Grievance).where(*conditions)
        with self.sessions() as session:
            return session.scalars(query).one()

    def one(self, source_id: str) -> Grievance:
        query = select(Grievance).where(Grievance.source_id == source_id)
        with self.sessions() as session:
            return session.scalars(query).one()

    def events(self) -> list[Event]:
        with self.sessions() as session:
            bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position))
            return [Event.from_json(body) for body in bodies]
