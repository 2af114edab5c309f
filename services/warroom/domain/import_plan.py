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
    """

    departments: Collection[str]
    wards: Collection[str]
    stages: Sequence[str]
    projects: Mapping[str, State]
    today: date
    unknown_posts: Mapping[str, Sequence[str]] = field(default_factory=dict)


def check(
    projects: Sequence[Line], milestones: Sequence[Line], city: City, partly: Sequence[Line] = ()
) -> list[Mistake]:
    """Everything that is wrong with sound rows, by table and row; and with the sound cells of rows
    that have others too (``partly``): of these nothing is missed by others."""
    whole = _with(projects, partly, "projects", "code")
    stones = _with(milestones, partly, "milestones", "project")
    loose = [each for each in partly if each.table == "projects" and "code" not in each.values]
    wrong = [each for line in (*whole, *loose) for each in _project(line, city)]
    wrong += _twice(whole, ("code",))
    wrong += _twice(stones, ("project", "key"))
    new = {each.values["code"]: each for each in whole}
    by_project: dict[str, list[Line]] = {}
    for line in stones:
        by_project.setdefault(line.values["project"], []).append(line)
    for code, own in by_project.items():
        known = city.projects.get(code)
        if code not in new and known is None:
            rule = f"there is no project {code}, here or in the table of projects"
            wrong += [each.wrong("project", rule) for each in own]
        wrong += _milestones(own, new.get(code), known, city)
    return wrong


def _with(sound: Sequence[Line], partly: Sequence[Line], table: str, column: str) -> list[Line]:
    """The sound rows of a table, and those of the others that say in a column whose they are."""
    others = [each for each in partly if each.table == table and column in each.values]
    return sorted((*sound, *others), key=lambda each: each.row)


def _project(line: Line, city: City) -> Iterable[Mistake]:
    values = line.values
    if values.get("code") in city.projects:
        yield line.wrong("code", "is there already")
    if values.get("department") not in (None, *city.departments):
        yield line.wrong("department", "is no department of the city")
    if values.get("owner") in city.unknown_posts:
        near = ", ".join(city.unknown_posts[values["owner"]])
        hint = f"; there is {near}" if near else ""
        yield line.wrong("owner", f"there was never such a post{hint}")
    for each in values.get("wards", ()):
        if each not in city.wards:
            yield line.wrong("wards", f"{each} is no ward of the city")
    for column in ("sanctioned_on", "spent_on"):
        if (day := values.get(column)) is not None and day > city.today:
            yield line.wrong(column, f"must be {city.today} or earlier")
        first = min(values.get("starts_on") or city.today, city.today)
        if day is not None and day < first:
            yield line.wrong(
                column, f"must be {first}, from when on there is the project, or later"
            )


def _twice(lines: Sequence[Line], columns: Sequence[str]) -> Iterable[Mistake]:
    seen: dict[Any, int] = {}
    for line in lines:
        if not line.values.keys() >= set(columns):
            continue
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
        starts_on = new.values.get("starts_on")
    planned: dict[str, date | None] = {key: each.planned_on for key, each in there.items()}
    # Of a row whose key can be read nobody says that there is no such milestone.
    rows = {each.values["key"]: each for each in lines if "key" in each.values}
    planned.update({key: each.values.get("planned_on") for key, each in rows.items()})
    reached: dict[str, date | None] = {key: each.done_on for key, each in there.items()}
    told = {key: each for key, each in rows.items() if "done_on" in each.values}
    reached.update({key: each.values["done_on"] for key, each in told.items()})
    for line in lines:
        values = line.values
        completed = project is not None and project.standing is Standing.COMPLETED
        if completed and values.get("done_on", starts_on) is None:
            wrong.append(line.wrong("project", "is completed, and this is not reached"))
        if values.get("key") in there:
            wrong.append(line.wrong("key", f"the project has {values['key']} already"))
        if values.get("stage") not in (None, *own):
            rule = f"is no stage of the project; they are {', '.join(own)}"
            wrong.append(line.wrong("stage", rule))
        missing = [each for each in values.get("after", ()) if each not in planned]
        if missing:
            rule = f"{', '.join(missing)} is no milestone of the project"
            wrong.append(line.wrong("after", rule))
        wrong += _days(line, starts_on, planned, reached, city.today)
    # What is there depends on nothing that comes: its own circles were refused when it came.
    after: dict[str, list[str]] = {key: [] for key in there}
    for key, line in rows.items():
        after[key] = [each for each in line.values.get("after", ()) if each in planned]
    while circle := circle_in(after):
        wrong.append(rows[circle[0]].wrong("after", in_a_circle(circle)))
        # The next may be another one.
        after[circle[0]].remove(circle[1])
    return wrong


def _days(
    line: Line,
    starts_on: date | None,
    planned: Mapping[str, date | None],
    reached: Mapping[str, date | None],
    today: date,
) -> Iterable[Mistake]:
    values = line.values
    if starts_on is not None:
        for column in ("planned_on", "done_on"):
            if (day := values.get(column)) is not None and day < starts_on:
                rule = f"must not be before the project starts, {starts_on}"
                yield line.wrong(column, rule)
    own = values.get("planned_on")
    for each in values.get("after", ()):
        day = planned.get(each)
        if own is None or day is None or each == values.get("key"):
            continue
        if own < day:
            rule = f"must not be before {each}, on which it depends, {day}"
            yield line.wrong("planned_on", rule)
    done, forecast = values.get("done_on"), values.get("forecast_on")
    if done is not None and done > today:
        yield line.wrong("done_on", f"must be {today} or earlier")
    if done is not None and forecast is not None:
        yield line.wrong("forecast_on", "must be empty where done_on says that it was reached")
    for each in values.get("after", ()):
        # Of a day that cannot be read nobody says that it is none.
        if done is None or each not in reached or each == values.get("key"):
            continue
        day = reached[each]
        if done is not None and (day is None or day > done):
            rule = (
                f"{each}, on which it depends, is not reached by then; leave it empty and enter it "
                "in the war room, with the reason"
            )
            yield line.wrong("done_on", rule)
    if "done_on" in values and done is None and forecast is not None and forecast < today:
        yield line.wrong("forecast_on", f"must be {today} or later")
