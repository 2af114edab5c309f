"""The methods of GeoReport v2: read the arguments, call the grievance service, answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, current_app, request
from flask_smorest import Api, Blueprint
from werkzeug.routing import BaseConverter

from palika.auth import Identity
from palika.config import Settings
from palika.errors import Conflict, Invalid, NotFound
from services.portal.calls import Calls
from services.portal.open311 import shapes
from services.portal.open311.answers import FORMS, PREFIX, answer
from services.portal.open311.arguments import Asked, Common, Parser, Report, attributes
from services.portal.open311.city import City
from services.portal.open311.filing import filing, in_the_standards_words
from services.portal.open311.keys import Keys
from services.portal.open311.times import told, window

_TOKEN = "Palika-Token"  # noqa: S105 a name, no password
"""The answer's header with the token by which the citizen follows, rates and reopens without a
login. The standard has no place for it: its own tokens stand for an id that is not known yet."""
_SAME = "Idempotency-Key"
"""The request's header that makes a filing safe to send again: the same key files once."""


class _Form(BaseConverter):
    regex = "|".join(FORMS)


class _Blueprint(Blueprint):
    ARGUMENTS_PARSER = Parser()


v2 = _Blueprint("open311", __name__, url_prefix=f"{PREFIX}/v2", description="Open311 GeoReport v2")


@dataclass(frozen=True, slots=True)
class _Parts:
    city: City
    keys: Keys
    calls: Calls

    def read(self, args: Mapping[str, Any], method: str, **arguments: Any) -> Any:
        """Call the grievance service as the reader that the arguments name."""
        return self.call(self.keys.reader(args.get("api_key")), method, **arguments)

    def look_up(self, args: Mapping[str, Any], what: str, method: str, **arguments: Any) -> Any:
        """The same for what an address names: what cannot be one is not there.

        Raises:
            NotFound: there is no such thing.
        """
        try:
            return self.read(args, method, **arguments)
        except Invalid as error:
            raise NotFound(f"there is no such {what}") from error

    def call(self, identity: Identity, method: str, **arguments: Any) -> Any:
        """Call the grievance service."""
        with self.calls.as_(identity) as services:
            return getattr(services.grievance, method)(**arguments)


def register(api: Api, app: Flask, config: Settings, calls: Calls) -> None:
    """Add the methods to the application.

    Raises:
        ConfigError: a file that the settings name is not as it should be.
    """
    keys = Keys(config.open311_keys, anybody_files=config.open311_post_without_key == "yes")
    app.extensions["open311"] = _Parts(City(config), keys, calls)
    app.url_map.converters["form"] = _Form
    api.register_converter(_Form, lambda _: {"type": "string", "enum": list(FORMS)})
    api.register_blueprint(v2)


def _parts() -> _Parts:
    found: _Parts = current_app.extensions["open311"]
    return found


@v2.route("/discovery.<form:form>")
@v2.doc(responses=shapes.answers("The document.", shapes.Discovery, many=False))
@v2.arguments(Common, location="query")
def discovery(args: dict[str, Any], form: str) -> Response:
    """Which endpoints this city has, and when what they offer last changed."""
    parts = _parts()
    known = parts.read({}, "open311_services", language=parts.city.language(args))
    return answer("discovery", parts.city.discovery(known["changed_at"]))


@v2.route("/services.<form:form>")
@v2.doc(responses=shapes.answers("All of them.", shapes.Service))
@v2.arguments(Common, location="query")
def services(args: dict[str, Any], form: str) -> Response:
    """Which kinds of requests can be filed."""
    parts = _parts()
    parts.city.check(args)
    known = parts.read(args, "open311_services", language=parts.city.language(args))
    return answer("services", known["services"])


@v2.route("/services/<service_code>.<form:form>")
@v2.doc(responses=shapes.answers("Its attributes.", shapes.Definition, many=False))
@v2.arguments(Common, location="query")
def service(args: dict[str, Any], service_code: str, form: str) -> Response:
    """What one kind of request asks."""
    parts = _parts()
    parts.city.check(args)
    language = parts.city.language(args)
    known = parts.look_up(
        args, "service_code", "open311_service", code=service_code, language=language
    )
    shown = {name: known[name] for name in ("service_code", "attributes")}
    return answer("service_definition", shown)


@v2.route("/requests.<form:form>")
@v2.doc(responses=shapes.answers("Newest first.", shapes.Request))
@v2.arguments(Asked, location="query")
def requests(args: dict[str, Any], form: str) -> Response:
    """Requests, newest first: of the last 90 days, or as the filters say."""
    parts = _parts()
    parts.city.check(args)
    filters: dict[str, Any] = {
        "limit": args["page_size"],
        "offset": (args["page"] - 1) * args["page_size"],
    }
    if "service_request_id" in args:
        # It overrides all others, the dates too.
        filters["numbers"] = args["service_request_id"]
    else:
        first, last = _window(args)
        filters |= {"filed_from": first.isoformat(), "filed_before": last.isoformat()}
        filters |= {"categories": args["service_code"]} if "service_code" in args else {}
        filters |= {"statuses": args["status"]} if "status" in args else {}
    language = parts.city.language(args)
    try:
        found = parts.read(args, "published", language=language, **filters)
    except Invalid as error:
        raise in_the_standards_words(error) from error
    return answer("service_requests", [_request(each) for each in found["items"]])


@v2.route("/requests.<form:form>", methods=["POST"])
@v2.doc(
    responses=shapes.answers(
        "What it came to.",
        shapes.Filed,
        also={409: "The Idempotency-Key is another filing's.", 413: "The form is too large."},
    ),
    security=[{"open311": []}],
    parameters=[{"name": _SAME, "in": "header", "schema": {"type": "string", "maxLength": 200}}],
)
@v2.arguments(Report, location="form", content_type="application/x-www-form-urlencoded")
def file(report: dict[str, Any], form: str) -> Response:
    """File a request; the answers to its own questions are ``attribute[code]``."""
    parts = _parts()
    parts.city.check(report)
    identity = parts.keys.filer(report.get("api_key"))
    if request.files:
        rule = "files are not taken; say with media_url where the picture is"
        raise Invalid("wrong arguments", {name: [rule] for name in request.files})
    language = parts.city.language(report)
    code = report["service_code"]
    answers = attributes(request.values.items(multi=True))
    same = request.headers.get(_SAME, "").strip()
    try:
        known = parts.call(identity, "open311_service", code=code, language=language)
        arguments = filing(report, answers, known["service_name"], language)
        if same:
            arguments |= {"source": identity.subject, "source_id": same}
        filed = parts.call(identity, "file", **arguments)
    except Invalid as error:
        raise in_the_standards_words(error) from error
    except Conflict as error:
        if "source_id" not in error.details:
            raise
        rule = f"{_SAME} {same!r} is taken by another request: one key is for one filing"
        raise Conflict(rule) from error
    response = answer(
        "service_requests",
        [
            {
                "service_request_id": filed["number"],
                "service_notice": known["description"],
                "account_id": None,
            }
        ],
    )
    if filed["token"] is not None:
        response.headers[_TOKEN] = filed["token"]
    response.headers["Cache-Control"] = "no-store"
    return response


@v2.route("/requests/<service_request_id>.<form:form>")
@v2.doc(responses=shapes.answers("A list of one.", shapes.Request))
@v2.arguments(Common, location="query")
def one_request(args: dict[str, Any], service_request_id: str, form: str) -> Response:
    """One request."""
    parts = _parts()
    parts.city.check(args)
    language = parts.city.language(args)
    numbers = [service_request_id]
    found = parts.look_up(args, "request", "published", language=language, numbers=numbers)
    if not found["items"]:
        raise NotFound(f"there is no request {service_request_id}")
    return answer("service_requests", [_request(each) for each in found["items"]])


@v2.route("/tokens/<token>.<form:form>")
@v2.doc(responses=shapes.answers("A list of one.", shapes.Followed))
@v2.arguments(Common, location="query")
def token_of(args: dict[str, Any], token: str, form: str) -> Response:
    """The request that a token belongs to."""
    parts = _parts()
    parts.city.check(args)
    found = parts.look_up(args, "token", "track", token=token)
    followed = {"service_request_id": found["number"], "token": token}
    return answer("service_requests", [followed])


def _window(args: Mapping[str, Any]) -> tuple[datetime, datetime]:
    try:
        return window(args.get("start_date"), args.get("end_date"), datetime.now(UTC))
    except (ValueError, OverflowError) as error:
        raise Invalid("wrong arguments", {"end_date": [str(error)]}) from error


def _request(shown: Mapping[str, Any]) -> dict[str, Any]:
    """A published grievance in the standard's words."""
    return {
        "service_request_id": shown["number"],
        "status": shown["status"],
        "status_notes": shown["note"],
        "service_name": shown["category_name"],
        "service_code": shown["category"],
        "description": shown["description"],
        "agency_responsible": shown["department_name"],
        "service_notice": shown["promise"],
        "requested_datetime": told(shown["filed_at"]),
        "updated_datetime": told(shown["updated_at"]),
        "expected_datetime": told(shown["due_at"]),
        "address": shown["address"],
        "address_id": None,
        "zipcode": shown["postal_code"],
        "lat": shown["lat"],
        "long": shown["lon"],
        "media_url": shown["media_url"],
    }
