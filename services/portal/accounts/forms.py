"""That a form was sent by one of the city's own pages, and not by another site in the name of who
is signed in (CSRF): by where the browser says that it comes from, and by a token in the form."""

import hmac
import logging
import secrets
from typing import Final
from urllib.parse import urlsplit

from flask import request
from markupsafe import Markup

from palika.errors import Unavailable
from services.portal.accounts import cookies
from services.portal.accounts.client import client
from services.portal.accounts.parts import parts
from services.portal.accounts.present import who, who_if_known
from services.portal.commands.take import take
from services.portal.domain.limits import Limit
from services.portal.errors import StaleForm

FIELD: Final = "form_token"
_ITS_OWN: Final = ("same-origin", "none")
STALE: Final = "this form is too old, or not of this site; open its page again"

_log = logging.getLogger(__name__)


def form_token() -> Markup:
    """The field that every form has: ``{{ form_token() }}``."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token())


def token() -> str:
    """The token for forms of who is there: a session's, else the visitor's."""
    present = who_if_known()
    row = present.session or present.half
    if row is not None:
        return parts().keeping.form_token(f"session:{row.id}")
    visitor = cookies.pending(cookies.VISITOR) or cookies.read(cookies.VISITOR)
    if not visitor:
        visitor = secrets.token_urlsafe(24)
        cookies.put(cookies.VISITOR, visitor)
    return parts().keeping.form_token(f"visitor:{visitor}")


def check(*, required: bool) -> None:
    """Let through what is one of our own forms.

    Args:
        required: whether its limits have to be counted: of what is open to everybody a form is
            taken while the database is away.

    Raises:
        StaleForm: it comes from another site, or its token is missing, old or another's.
        TooMany: too many forms from the client, or for the account.
        Unavailable: they cannot be counted for now.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in _ITS_OWN:
        raise StaleForm(STALE)
    origin = request.headers.get("Origin")
    if origin is not None and origin not in _own_origins():
        raise StaleForm(STALE)
    if cookies.read(cookies.SESSION):
        # While it is not known whose session it is, no form of theirs can be told from another's.
        who()
    given = request.form.get(FIELD, "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), token().encode()):
        raise StaleForm(STALE)
    try:
        _count()
    except Unavailable:
        if required:
            raise
        _log.warning("a form was taken uncounted: the database is away")


def typed_words() -> list[str]:
    """What was written into a form of our own that is not taken: its texts, to be shown to who sent
    it. None of a form of another site, and none where secrets are typed."""
    if request.headers.get("Sec-Fetch-Site") != "same-origin" and (
        request.headers.get("Origin") not in _own_origins()
    ):
        return []
    if any("password" in name for name in request.form):
        return []
    return [each.strip() for _, each in request.form.items(multi=True) if _is_text(each)]


def _is_text(value: str) -> bool:
    """Whether somebody has written it: identifiers, codes and choices are one word."""
    return len(value.split()) > 1


def _count() -> None:
    here, now = parts(), parts().now()
    present = who_if_known()
    with here.store.begin() as session:
        network = here.keeping.of_client(client().network)
        take(session, Limit.FORMS_OF_CLIENT, network, now)
        whose = present.account_id or present.citizen_id
        if whose is not None:
            take(session, Limit.FORMS_OF_ACCOUNT, str(whose), now)


def _own_origins() -> set[str]:
    found = {_origin(request.url_root)}
    if parts().config.portal_url:
        found.add(_origin(parts().config.portal_url))
    return found


def _origin(url: str) -> str:
    told = urlsplit(url)
    return f"{told.scheme}://{told.netloc}"
