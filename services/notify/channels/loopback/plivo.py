"""Plivo's API on this machine (see ``channels/plivo`` for where the form is from)."""

import base64
import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from palika.local.loopback import Reply, Request
from services.notify.channels.loopback.carrier import Carrier, Hook, Kept
from services.notify.channels.plivo import signature_of
from services.notify.domain.magic import Fate, Step, fate_of

_STATUS = {
    Step.SENT: ("sent", ""),
    Step.DELIVERED: ("delivered", ""),
    Step.FAILED_FOR_NOW: ("undelivered", "80"),
    Step.FAILED_FOR_GOOD: ("undelivered", "70"),
    Step.EXPIRED: ("failed", "420"),
}
_MOST = 1_600


class PlivoServer(Carrier):
    """The API and the receipts of one account."""

    channel = "sms"

    def __init__(
        self,
        port: int = 0,
        auth_id: str = "MALOOPBACK0000000001",
        auth_token: str = "loopback-token",
        **options: Any,
    ) -> None:
        """Prepare; ``options`` as ``Carrier`` takes them."""
        super().__init__(port, **options)
        self.auth_id, self.auth_token = auth_id, auth_token

    def answer(self, request: Request) -> Reply:
        """As the API does."""
        login = base64.b64encode(f"{self.auth_id}:{self.auth_token}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {login}":
            return Reply(401, self.failure(401))
        wanted = rf"/v1/Account/{self.auth_id}/Message/"
        if request.method != "POST" or not re.fullmatch(wanted, request.path):
            return Reply(404, {"api_id": _id(), "error": "not found"})
        asked = json.loads(request.body)
        to = f"+{asked.get('dst', '')}"
        fate = fate_of(to)
        if fate is Fate.THROTTLED:
            return Reply(429, self.failure(429), headers={"Retry-After": "5"})
        for name in ("src", "dst", "text"):
            if not asked.get(name):
                return Reply(400, {"api_id": _id(), "error": f"{name} parameter not present"})
        if fate is Fate.REFUSED or len(asked["text"]) > _MOST:
            return Reply(400, {"api_id": _id(), "error": "invalid parameter"})
        kept = self.accept(to, asked, _id())
        told = {
            "api_id": _id(),
            "message": "message(s) queued",
            "message_uuid": [kept.reference],
        }
        return Reply(202, told)

    def failure(self, status: int) -> Any:
        """In Plivo's form."""
        return {"api_id": _id(), "error": f"an error of the loopback's ({status})"}

    def hook(self, kept: Kept, step: Step) -> Hook:
        """A receipt."""
        status, code = _STATUS[step]
        return self.told(kept, status, code)

    def told(self, kept: Kept, status: str, code: str = "") -> Hook:
        """A receipt of any status and code."""
        moment = datetime.fromtimestamp(self._now(), UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        form = {
            "MessageUUID": kept.reference,
            "To": kept.to.removeprefix("+"),
            "From": kept.asked["src"],
            "Type": "sms",
            "Status": status,
            "Units": "1",
            "Sequence": "1",
            "SentTime": moment,
        }
        if status != "sent":
            form["DeliveryReportTime"] = moment
        if code:
            form["ErrorCode"] = code
        return self.signed(kept.asked.get("url", ""), urlencode(form).encode())

    def said(self, url: str, sender: str, text: str) -> Hook:
        """A text message of a citizen, to the address that the number has."""
        form = {
            "From": sender.removeprefix("+"),
            "To": "912025501000",
            "Type": "sms",
            "Text": text,
            "MessageUUID": _id(),
        }
        return self.signed(url, urlencode(form).encode())

    def signed(self, url: str, body: bytes) -> Hook:
        """Any body to any address, with its signature."""
        nonce = f"{self.next_number():020d}"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Plivo-Signature-V2": signature_of(url, nonce, self.auth_token),
            "X-Plivo-Signature-V2-Nonce": nonce,
        }
        return Hook(url, headers, body)


def _id() -> str:
    return str(uuid.uuid4())
