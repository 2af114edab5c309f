"""Projects of the war room, reviews and their actions."""

from typing import Any

from services.portal.api import arguments as a
from services.portal.api.operations import OFFICE, Room
from services.portal.api.shapes import projects as shapes
from services.portal.api.shapes import reviews

_ONE = "/projects/<code>"

room = Room("projects", "projects", "Projects, reviews, and what was agreed there.")

room.read(
    "/public-projects",
    "warroom.public_projects",
    "Projects that are public.",
    shapes.PublicProjects,
    opened=True,
    ward=a.code(60),
    department=a.code(60),
    **a.paging(100, 500),
)
room.read("/public-projects/<code>", "warroom.public_project", "One of them.",
          shapes.PublicProject, opened=True)  # fmt: skip
room.read(
    "/projects",
    "warroom.list",
    "Projects.",
    shapes.Projects,
    roles=OFFICE,
    as_of=a.moment(about="As was known then."),
    department=a.code(60),
    ward=a.code(60),
    owner=a.code(60),
    light=a.one_of("green", "amber", "red", "none"),
    standing=a.one_of("active", "on_hold", "completed", "dropped"),
    order=a.one_of("code", "health"),
    **a.paging(100, 500),
)
room.read(_ONE, "warroom.get", "One project, with all that is known of it.", shapes.Project,
          roles=OFFICE, as_of=a.moment())  # fmt: skip
room.read(
    f"{_ONE}/changes", "warroom.changes", "What has changed since.", shapes.Changes, roles=OFFICE,
    since=a.moment(required=True), until=a.moment(),
)  # fmt: skip
room.read(
    "/reviews",
    "warroom.reviews",
    "Reviews, the last first.",
    reviews.Reviews,
    roles=OFFICE,
    series=a.code(60),
    phase=a.one_of("scheduled", "open", "closed", "cancelled"),
    before=a.day(),
    limit=a.whole(1, 100),
)
room.read("/reviews/<uuid:review_id>", "warroom.review", "One review.", reviews.Review,
          roles=OFFICE, as_of=a.moment())  # fmt: skip
room.read(
    "/actions",
    "warroom.actions",
    "What was agreed at reviews, by its day.",
    reviews.Actions,
    roles=OFFICE,
    as_of=a.moment(),
    review_id=a.key(),
    code=a.code(60, about="Of a project."),
    post=a.code(60),
    work=a.one_of("open", "claimed", "done", "dropped"),
    overdue=a.yes(),
    pending=a.yes(about="Still to be done; false: settled."),
    to_answer=a.yes(about="Those that wait for the caller's answer."),
    **a.paging(1_000, 500),
)


def _action(name: str, summary: str, **fields: Any) -> None:
    room.write(f"/actions/<uuid:action_id>/{name}", f"warroom.{name}_action", summary,
               reviews.Action, roles=OFFICE, **fields)  # fmt: skip


_action("report", "Say how it stands.", status=a.words(1_000, required=True))
_action("complete", "Say that it is done.", evidence=a.words(required=True), done_on=a.day(),
        evidence_file=a.words(100), evidence_photo=a.key())  # fmt: skip
room.write(
    "/actions/<uuid:action_id>/answer",
    "warroom.answer_action",
    "Accept or reject what is said to be done, drop it, or give it another day.",
    reviews.Action,
    roles=OFFICE,
    reason=a.words(1_000),
    due_on=a.day(),
    answer=a.one_of("accept", "reject", "drop", "extend", required=True),
)


def _record(path: str, method: str, summary: str, again: str = "call", **fields: Any) -> None:
    room.write(
        f"{_ONE}/{path}",
        f"warroom.{method}",
        summary,
        shapes.Recorded,
        roles=OFFICE,
        again=again,
        version=a.whole(0, 2_147_483_647),
        reason=a.words(1_000),
        valid_on=a.day(about="Since when it is so."),
        **fields,
    )


_record("progress", "report_progress", "Was the promised thing done?", "progress_id",
        promised=a.words(300, required=True), done=a.yes(required=True), on=a.day())  # fmt: skip
_record("milestones/<uuid:milestone_id>/forecast", "forecast_milestone", "When it is expected.",
        forecast_on=a.day(required=True, none=True))  # fmt: skip
_record("milestones/<uuid:milestone_id>/complete", "complete_milestone", "When it was reached.",
        done_on=a.day(required=True, none=True))  # fmt: skip
