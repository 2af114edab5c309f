"""Signing, for the desks. Entrypoints, and nothing but."""

import base64
from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.eoffice.commands.sign import sign_row
from services.eoffice.models import Signature
from services.eoffice.once import once
from services.eoffice.schemas.signing import AskingSignatures, SignatureView, Signing
from services.eoffice.signing.checking import asked
from services.eoffice.signing.city import city_store


class Certifying(Service):
    """The methods of the e-office's service with which officers sign."""

    @once(Signing, roles=STAFF)
    def sign(self, args: dict[str, Any]) -> dict[str, Any]:
        """Sign what the caller has written."""
        with self.db.begin() as session:
            made = sign_row(session, city_store(), self.caller.identity, args, datetime.now(UTC))
        return _view(made, None)

    @rpc(AskingSignatures, roles=STAFF)
    def signatures(self, args: dict[str, Any]) -> dict[str, Any]:
        """The signatures on a file, each checked."""
        with self.db.begin() as session:
            found = asked(session, self.caller.identity, args, datetime.now(UTC))
        return {"signatures": [_view(each.signature, each.why) for each in found]}


def _view(signature: Signature, why: str | None) -> dict[str, Any]:
    shown = {
        "id": signature.id,
        "row": signature.row,
        "post": signature.post,
        "person": signature.person,
        "capacity": signature.capacity,
        "certificate": signature.certificate,
        "signed_at": signature.signed_at,
        "statement": signature.statement.decode(),
        "cms": base64.b64encode(signature.cms).decode(),
        "why": why,
    }
    viewed: dict[str, Any] = SignatureView().dump(shown)
    return viewed
