"""Infobip's API on this machine (see ``channels/infobip`` for where the form is from)."""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from palika.local.loopback import Reply, Request
from services.notify.channels.loopback.carrier import Carrier, Hook, Kept
from services.notify.domain.magic import Fate, Step, fate_of

_PENDING = (1, "PENDING", 26, "PENDING_ACCEPTED")
_STATUS = {
    Step.SENT: (1, "PENDING", 7, "PENDING_ENROUTE"),
    Step.DELIVERED: (3, "DELIVERED", 5, "DELIVERED_TO_HANDSET"),
    Step.FAILED_FOR_NOW: (2, "UNDELIVERABLE", 9, "UNDELIVERABLE_NOT_DELIVERED"),
    Step.FAILED_FOR_GOOD: (2, "UNDELIVERABLE", 9, "UNDELIVERABLE_NOT_DELIVERED"),
    Step.EXPIRED: (4, "EXPIRED", 15, "EXPIRED_EXPIRED"),
}
_NO_ERROR = (0, "NO_ERROR", False)
_ERRORS = {
    Step.FAILED_FOR_NOW: (27, "EC_ABSENT_SUBSCRIBER", False),
    Step.FAILED_FOR_GOOD: (1, "EC_UNKNOWN_SUBSCRIBER", True),
}


def status(group: int, group_name: str, number: int, name: str) -> dict[str, Any]:
    """A status object."""
    return {
        "groupId": group,
        "groupName": group_name,
        "id": number,
        "name": name,
        "description": name.replace("_", " ").capitalize(),
    }


class InfobipServer(Carrier):
    """The API and the receipts of one account.

    Attributes:
        logged: whether what is accepted is found in the logs.
    """

    channel = "sms"

    def __init__(self, port: int = 0, api_key: str = "loopback-key", **options: Any) -> None:
        """Prepare; ``options`` as ``Carrier`` takes them."""
        super().__init__(port, **options)
        self.api_key = api_key
        self.logged = True

    def answer(self, request: Request) -> Reply:
        """As the API does."""
        if request.headers.get("authorization") != f"App {self.api_key}":
            return Reply(401, self.failure(401))
        parts = urlsplit(request.path)
        if (request.method, parts.path) == ("GET", "/sms/3/logs"):
            return self._logs(parse_qs(parts.query).get("messageId", [""])[0])
        if (request.method, parts.path) != ("POST", "/sms/3/messages"):
            return Reply(404, self.failure(404))
        asked = json.loads(request.body)
        (message,) = asked["messages"]
        (destination,) = message["destinations"]
        to = f"+{destination['to']}"
        if fate_of(to) is Fate.THROTTLED:
            return Reply(429, self.failure(429), headers={"Retry-After": "5"})
        key = destination.get("messageId") or str(uuid.uuid4())
        found = self._status(to, message, key)
        one = {"messageId": key, "status": found, "destination": destination["to"]}
        if found["groupName"] == "PENDING":
            self.accept(to, message, key)
        return Reply(200, {"messages": [one]})

    def _status(self, to: str, message: Any, key: str) -> dict[str, Any]:
        if any(each.reference == key for each in self.sent):
            return status(5, "REJECTED", 23, "REJECTED_DUPLICATE_MESSAGE_ID")
        if fate_of(to) is Fate.REFUSED:
            return status(5, "REJECTED", 52, "REJECTED_DESTINATION")
        if len(message["content"]["text"]) > 4_000:
            return status(5, "REJECTED", 25, "REJECTED_MESSAGE_TOO_LONG")
        return status(*_PENDING)

    def failure(self, status: int) -> Any:
        """In Infobip's form."""
        told = {"messageId": f"ERROR_{status}", "text": "An error of the loopback's"}
        return {"requestError": {"serviceException": told}}

    def _logs(self, key: str) -> Reply:
        found = [each for each in self.sent if self.logged and each.reference == key]
        results = [
            {
                "messageId": each.reference,
                "destination": each.to.removeprefix("+"),
                "sender": each.asked["sender"],
                "content": each.asked["content"],
                "status": status(*_PENDING),
                "error": _error(*_NO_ERROR),
            }
            for each in found
        ]
        return Reply(200, {"results": results})

    def hook(self, kept: Kept, step: Step) -> Hook:
        """A receipt in a body of its own."""
        return self.bundle([(kept, step)])

    def bundle(self, told: Sequence[tuple[Kept, Step]]) -> Hook:
        """Several receipts in one body, to the address of the first."""
        results = [
            self.result(kept, _STATUS[step], _ERRORS.get(step, _NO_ERROR)) for kept, step in told
        ]
        return self.to(told[0][0], {"results": results})

    def result(
        self, kept: Kept, of: tuple[int, str, int, str], wrong: tuple[int, str, bool] = _NO_ERROR
    ) -> dict[str, Any]:
        """One receipt, of any status and error."""
        moment = datetime.fromtimestamp(self._now(), UTC)
        shown = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"
        return {
            "bulkId": "loopback",
            "messageId": kept.reference,
            "to": kept.to.removeprefix("+"),
            "sentAt": shown,
            "doneAt": shown,
            "smsCount": 1,
            "callbackData": kept.asked.get("webhooks", {}).get("callbackData", ""),
            "price": {"pricePerMessage": 0.01, "currency": "INR"},
            "status": status(*of),
            "error": _error(*wrong),
        }

    def said(self, url: str, sender: str, text: str) -> Hook:
        """A text message of a citizen, to the address that the number has."""
        moment = datetime.fromtimestamp(self._now(), UTC)
        one = {
            "messageId": str(uuid.uuid4()),
            "from": sender.removeprefix("+"),
            "to": "912025501000",
            "text": text,
            "cleanText": text,
            "keyword": "",
            "receivedAt": moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            "smsCount": 1,
        }
        body = {"results": [one], "messageCount": 1, "pendingMessageCount": 0}
        return Hook(url, {"Content-Type": "application/json"}, json.dumps(body).encode())

    def to(self, kept: Kept, body: Any) -> Hook:
        """Any body to where receipts of a message go."""
        url = kept.asked.get("webhooks", {}).get("delivery", {}).get("url", "")
        return Hook(url, {"Content-Type": "application/json"}, json.dumps(body).encode())


def _error(number: int, name: str, permanent: bool) -> dict[str, Any]:
    return {
        "groupId": 0 if number == 0 else 1,
        "groupName": "OK" if number == 0 else "HANDSET_ERRORS",
        "id": number,
        "name": name,
        "description": name,
        "permanent": permanent,
    }
