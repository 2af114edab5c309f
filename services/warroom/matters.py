"""A matter as a whole: what each service has tied to it, as the caller may read it there."""

from collections.abc import Mapping
from typing import Any, Final

from palika.errors import NotFound, PalikaError, Unavailable
from palika.rpc import Services
from palika.rpc_together import ask_all
from services.warroom.schemas.correlating import KEEPERS

OTHERS: Final = ("kpi", "eoffice", "grievance", "tax")
"""The services that are asked, beside this one."""
MOST_GATHERED: Final = 5
"""So many matters of one thing are gathered, the newest ties; the others are named."""


def gather(
    services: Services,
    own: list[dict[str, Any]],
    args: Mapping[str, Any],
) -> dict[str, Any]:
    """Everything that belongs to a matter.

    Args:
        services: called as who asks, so that each shows what they may read and nothing else.
        own: the war room's part of it.
        args: as ``schemas.correlating.Gathering``.

    Returns:
        ``items``, in the order in which they were tied, each with its ``service``; and by service
        whether it has ``answered``, is ``away``, has ``refused`` (``why`` says more), or takes no
        part in matters (``none``).
    """
    matter, as_of = str(args["correlation_id"]), args["as_of"]
    asked: dict[str, Any] = {"correlation_id": matter}
    if as_of is not None:
        asked["as_of"] = as_of.isoformat()
    post = {} if args["post"] is None else {"post": args["post"]}
    arguments = {each: asked | (post if each == "eoffice" else {}) for each in OTHERS}
    answers = ask_all(services, "tied", arguments)
    items = [each | {"service": "warroom"} for each in own]
    told = {"warroom": {"status": "answered", "why": None}}
    for name, answer in answers.items():
        told[name] = _standing(answer)
        if not isinstance(answer, PalikaError):
            items += [each | {"service": name} for each in answer["items"]]
    items.sort(key=lambda each: (each["tied_at"], each["service"], each["id"]))
    return {
        "correlation_id": matter,
        "as_of": as_of and as_of.isoformat(),
        "items": items,
        "services": told,
    }


def ties_of(services: Services, args: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The ties of a thing of another service, the oldest first.

    Raises:
        NotFound, Forbidden, Unavailable: as that service says.
    """
    keeper = KEEPERS[args["kind"]]
    asked = {"kind": args["kind"]}
    asked |= {name: str(args[name]) for name in ("id", "number") if args[name] is not None}
    if keeper == "eoffice" and args["post"] is not None:
        asked["post"] = args["post"]
    found: list[dict[str, Any]] = getattr(services, keeper).matters_of(**asked)["matters"]
    return found


def _standing(answer: Any) -> dict[str, str | None]:
    if isinstance(answer, Unavailable):
        return {"status": "away", "why": answer.message}
    # What is asked has no key that could be unknown: it is the method that there is not.
    if isinstance(answer, NotFound):
        return {"status": "none", "why": answer.message}
    if isinstance(answer, PalikaError):
        return {"status": "refused", "why": answer.message}
    return {"status": "answered", "why": None}
