"""Whether the projects of an import can be taken in, all together: each mistake with its place."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.warroom.domain.facts import Milestone, Project, Standing, State
from services.warroom.domain.import_lines import Line, Mistake
from services.warroom.domain.schedule import circle_in, in_a_circle


@dataclass(frozen=True, slots=True)
class City:
    """What is known beside the tables.

    Attributes:
        departments, wards, stages: the codes that there are.
        projects: those that are there already, by code.
        today: in India.
        unknown_posts: of the owners those that are no posts, with the nearest that are.
        broken: code, or project and key, of rows with mistakes of their own: what is in one of
            these is not missed by others.
    """

    departments: Collection[str]
    wards: Collection[str]
    stages: Sequence[str]
    projects: Mapping[str, State]
    today: date
    unknown_posts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    broken: Collection[tuple[str, ...]] = ()


def check(projects: Sequence[Line], milestones: Sequence[Line], city: City) -> list[Mistake]:
    """Everything that is wrong with sound rows, by table and row."""
    wrong = [each for line in projects for each in _project(line, city)]
    wrong += _twice(projects, ("code",))
    wrong += _twice(milestones, ("project", "key"))
    new = {each.values["code"]: each for each in projects}
    by_project: dict[str, list[Line]] = {}
    for line in milestones:
        by_project.setdefault(line.values["project"], []).append(line)
    for code, own in by_project.items():
        known = city.projects.get(code)
        if code not in new and known is None:
            if (code,) in city.broken:
                continue
            rule = f"there is no project {code}, here or in the table of projects"
            wrong += [each.wrong("project", rule) for each in own]
            continue
        wrong += _milestones(own, new.get(code), known, city)
    return wrong


def _project(line: Line, city: City) -> Iterable[Mistake]:
    values = line.values
    if values["code"] in city.projects:
        yield line.wrong("code", "is there already")
    if values["department"] not in city.departments:
        yield line.wrong("department", "is no department of the city")
    if values["owner"] in city.unknown_posts:
        near = ", ".join(city.unknown_posts[values["owner"]])
        hint = f"; there is {near}" if near else ""
        yield line.wrong("owner", f"there was never such a post{hint}")
    for each in values["wards"]:
        if each not in city.wards:
            yield line.wrong("wards", f"{each} is no ward of the city")
    for column in ("sanctioned_on", "spent_on"):
        if values[column] is not None and values[column] > city.today:
            yield line.wrong(column, f"must be {city.today} or earlier")


def _twice(lines: Sequence[Line], columns: Sequence[str]) -> Iterable[Mistake]:
    seen: dict[Any, int] = {}
    for line in lines:
        key = tuple(line.values[each] for each in columns)
        if key in seen:
            yield line.wrong(columns[-1], f"is in row {seen[key]} already")
        seen.setdefault(key, line.row)


def _milestones(
    lines: Sequence[Line], new: Line | None, known: State | None, city: City
) -> list[Mistake]:
    """Of one project."""
    wrong: list[Mistake] = []
    project: Project | None = known.project if known else None
    there: dict[str, Milestone] = (
        {each.key: each for each in known.milestones.values()} if known else {}
    )
    own = [each.code for each in project.stages] if project and project.stages else city.stages
    starts_on: date | None = None
    if project is not None:
        starts_on = project.starts_on
    elif new is not None:
        starts_on = new.values["starts_on"]
    planned = {key: each.planned_on for key, each in there.items()}
    planned.update({each.values["key"]: each.values["planned_on"] for each in lines})
    for line in lines:
        values = line.values
        completed = project is not None and project.standing is Standing.COMPLETED
        if completed and values["done_on"] is None:
            wrong.append(line.wrong("project", "is completed, and this is not reached"))
        if values["key"] in there:
            wrong.append(line.wrong("key", f"the project has {values['key']} already"))
        if values["stage"] not in own:
            rule = f"is no stage of the project; they are {', '.join(own)}"
            wrong.append(line.wrong("stage", rule))
        missing = [
            each
            for each in values["after"]
            if each not in planned and (values["project"], each) not in city.broken
        ]
        if missing:
            rule = f"{', '.join(missing)} is no milestone of the project"
            wrong.append(line.wrong("after", rule))
        wrong += _days(line, starts_on, planned, city.today)
    # What is there depends on nothing that comes: its own circles were refused when it came.
    after: dict[str, list[str]] = {key: [] for key in there}
    rows = {each.values["key"]: each for each in lines}
    for key, line in rows.items():
        after[key] = [each for each in line.values["after"] if each in planned]
    while circle := circle_in(after):
        wrong.append(rows[circle[0]].wrong("after", in_a_circle(circle)))
        # The next may be another one.
        after[circle[0]].remove(circle[1])
    return wrong


def _days(
    line: Line, starts_on: date | None, planned: Mapping[str, date], today: date
) -> Iterable[Mistake]:
    values = line.values
    if starts_on is not None:
        for column in ("planned_on", "done_on"):
            if values[column] is not None and values[column] < starts_on:
                rule = f"must not be before the project starts, {starts_on}"
                yield line.wrong(column, rule)
    for each in values["after"]:
        if each in planned and each != values["key"] and values["planned_on"] < planned[each]:
            rule = f"must not be before {each}, on which it depends, {planned[each]}"
            yield line.wrong("planned_on", rule)
    if values["done_on"] is not None and values["done_on"] > today:
        yield line.wrong("done_on", f"must be {today} or earlier")
    forecast = values["forecast_on"]
    if values["done_on"] is None and forecast is not None and forecast < today:
        yield line.wrong("forecast_on", f"must be {today} or later")
