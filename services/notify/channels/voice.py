"""Telephone calls, through a provider that speaks Twilio's wire format.

From Twilio's public reference:

- ``POST /2010-04-01/Accounts/{sid}/Calls.json`` with basic authentication, a form: ``To``,
  ``From``, ``Url`` (whose answer, in TwiML, is what happens) or ``Twiml`` (that itself, of 4,000
  characters at the most), ``StatusCallback``, ``StatusCallbackEvent`` (initiated, ringing,
  answered, completed), ``Timeout`` (seconds of ringing), ``TimeLimit``, ``MachineDetection``; 201
  with ``sid`` and ``status`` (www.twilio.com/docs/voice/api/call-resource);
- failures as ``{"code", "message", "more_info", "status"}``; codes at
  www.twilio.com/docs/api/errors;
- status callbacks: a form with ``CallSid``, ``CallStatus`` (queued, initiated, ringing,
  in-progress, completed, busy, no-answer, failed, canceled), ``AnsweredBy`` (human, machine_start,
  machine_end_beep, machine_end_silence, machine_end_other, fax, unknown), ``SipResponseCode``,
  ``Timestamp`` (RFC 2822); all of one status may come again;
- their signature: ``calls/signature``.

A message with a body is read to whoever takes the call, and that is all: to a machine, too, so
nothing that only the recipient may hear belongs in such a text. One without, and one that the table
of calls holds a conversation in place of, is a conversation: the provider is sent to ``calls/``,
which knows the call by the attempt's id. The id is in the address of the status callbacks too, and
the signature covers the address.

There is no idempotency, and calls cannot be looked up by anything of ours: what became of a request
without an answer is told by the first status callback.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from palika.config import Settings
from palika.errors import Invalid
from palika.outgoing import Answered, Outcome, Outgoing, basic_login, shared
from services.notify.calls import addresses, signature
from services.notify.calls.twiml import Response
from services.notify.channels.answers import json_of, refusal, text_at, unanswered, unreadable
from services.notify.domain.call.states import Table
from services.notify.domain.call.texts import Said
from services.notify.domain.messages import Answer, Failed, Message, Receipt, Sent, Told

EVENTS: Final = ("initiated", "ringing", "answered", "completed")
_TWIML_MAX: Final = 4_000
_AFTER_S: Final = 60
"""So much longer than a call may last the provider lets it last: our own end comes first."""
_MESSAGE: Final = "message"
_ON_ITS_WAY: Final = frozenset({"queued", "initiated", "ringing", "in-progress"})
_FAILED: Final = {"busy": "busy", "no-answer": "no_answer", "canceled": "cancelled"}
_NUMBER_IS_WRONG: Final = {
    13224: "invalid_number",
    21211: "invalid_number",
    21214: "number_unreachable",
    21217: "invalid_number",
    21401: "invalid_number",
}
_OURS_IS_WRONG: Final = {
    20003: "login_refused",
    20005: "account_inactive",
    21210: "sender_not_ours",
    21212: "sender_invalid",
    21215: "country_barred",
    21216: "calling_barred",
    21219: "trial_account",
}
_NO_SUCH_NUMBER: Final = frozenset({"404", "410", "484", "604"})
"""What the network says (SIP) of a number that there is not."""


@dataclass(frozen=True, slots=True)
class VoiceProvider:
    """The provider ``voice``; see ``provider.Provider``.

    Attributes:
        url: of the API.
        account: the city's account there.
        tokens: its token first; webhooks that an older one has signed are believed too.
        sender: the number that calls are made from.
        portal_url: where the provider reaches us.
        table: how long it rings, and whose voice reads a message.
        timeout_s: of one request, from its first byte to its last.
        http: the connections.
        now: the present moment, aware.
    """

    url: str
    account: str
    tokens: Sequence[str] = field(repr=False)
    sender: str
    portal_url: str
    table: Table = field(repr=False)
    timeout_s: float = 8.0
    http: Outgoing = field(default_factory=shared)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    name: str = field(default="voice", init=False)
    channel: str = field(default="voice", init=False)

    def send(self, message: Message) -> Answer:
        """Have somebody called."""
        limits = self.table.limits
        attempt = {addresses.ATTEMPT: str(message.attempt_id)}
        asked = [
            ("To", message.address),
            ("From", self.sender),
            ("Timeout", str(limits.ring_s)),
            ("TimeLimit", str(int(limits.longest.total_seconds()) + _AFTER_S)),
            ("MachineDetection", "Enable"),
            ("StatusCallback", addresses.of(self.portal_url, addresses.STATUS, **attempt)),
            ("StatusCallbackMethod", "POST"),
            *(("StatusCallbackEvent", each) for each in EVENTS),
        ]
        if message.body and self.table.in_place_of(message.template) is None:
            read = [Said(_MESSAGE, message.language, message.body)]
            twiml = Response(self.table.voices).say(read).hang_up().xml().decode()
            if len(twiml) > _TWIML_MAX:
                return Failed(True, f"{self.name}_too_long", offered=False)
            asked.append(("Twiml", twiml))
        else:
            asked.append(("Url", addresses.of(self.portal_url, addresses.ANSWER, **attempt)))
            asked.append(("Method", "POST"))
        outcome = self.http.ask(
            "POST",
            f"{self.url.rstrip('/')}/2010-04-01/Accounts/{self.account}/Calls.json",
            headers={
                **basic_login(self.account, self.tokens[0]),
                "Content-Type": "application/x-www-form-urlencoded",
            },
            body=urlencode(asked).encode(),
            timeout_s=self.timeout_s,
        )
        return self._judged(outcome)

    def _judged(self, outcome: Outcome) -> Answer:
        if not isinstance(outcome, Answered):
            return unanswered(self.name, outcome)
        found = json_of(outcome.body)
        if outcome.status in (200, 201):
            sid = text_at(found, "sid", most=64)
            return Sent(sid) if sid else unreadable(self.name, outcome)
        code = found.get("code") if isinstance(found, Mapping) else None
        said = text_at(found, "message") or None
        if isinstance(code, int) and 400 <= outcome.status < 500:
            detail = f"{outcome.status} {code}"
            if code in _NUMBER_IS_WRONG:
                return Failed(True, f"{self.name}_{_NUMBER_IS_WRONG[code]}", detail)
            if code in _OURS_IS_WRONG:
                return Failed(
                    False,
                    f"{self.name}_{_OURS_IS_WRONG[code]}",
                    detail,
                    channel_down=True,
                    offered=False,
                )
        # What it says may quote the number.
        return refusal(self.name, outcome, f"code {code}" if said else None)

    def look_up(self, attempt_id: UUID) -> Answer | None:
        """None: there is nothing to ask."""
        return None

    def receipts(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]
    ) -> Sequence[Receipt]:
        """What a status callback tells; none while the call is on its way.

        Raises:
            Forbidden: it is not signed by the provider.
            Invalid: it is signed, and no status callback.
        """
        status = self.status(headers, body, query)
        if not status.is_over:
            return []
        reason, permanent = status.failure()
        if not reason:
            return [Receipt(status.sid, status.attempt_id, Told.DELIVERED, status.at)]
        return [
            Receipt(
                status.sid,
                status.attempt_id,
                Told.FAILED,
                status.at,
                permanent=permanent,
                reason=f"{self.name}_{reason}",
                detail=status.detail,
            )
        ]

    def status(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]
    ) -> "CallStatus":
        """A status callback as it is. Raises as ``receipts``."""
        form = signature.form_of(body)
        url = addresses.of(self.portal_url, addresses.STATUS, **query)
        signature.check(headers.get(signature.HEADER, ""), url, form, self.tokens)
        told = {name: values[0].replace("\0", "")[:100] for name, values in form.items()}
        if not told.get("CallSid") or told.get("CallStatus", "") not in _STATUSES:
            raise Invalid("no status of a call")
        try:
            attempt = UUID(query.get(addresses.ATTEMPT, ""))
        except ValueError as error:
            raise Invalid("no status of a call of ours") from error
        return CallStatus(
            sid=told["CallSid"],
            attempt_id=attempt,
            status=told["CallStatus"],
            answered_by=told.get("AnsweredBy", ""),
            sip=told.get("SipResponseCode", ""),
            at=_moment(told.get("Timestamp", ""), self.now()),
        )


@dataclass(frozen=True, slots=True)
class CallStatus:
    """What a status callback says.

    Attributes:
        sid: the provider's id of the call.
        attempt_id: ours.
        status: of the call.
        answered_by: human, machine_…, fax, unknown; or empty.
        sip: what the network said; or empty.
        at: when, aware.
    """

    sid: str
    attempt_id: UUID
    status: str
    answered_by: str
    sip: str
    at: datetime

    @property
    def is_over(self) -> bool:
        """Whether the call has come to its end."""
        return self.status not in _ON_ITS_WAY

    @property
    def is_machine(self) -> bool:
        """Whether something has taken the call, and nobody."""
        return is_machine(self.answered_by)

    @property
    def detail(self) -> str:
        """For people: no number is in it."""
        return " ".join(each for each in (self.status, self.answered_by, self.sip) if each)[:60]

    def failure(self) -> tuple[str, bool]:
        """Why nobody was reached, without the provider's name, and whether it is permanent; empty:
        somebody was, or it is not over."""
        if self.status == "failed":
            gone = self.sip in _NO_SUCH_NUMBER
            return ("invalid_number" if gone else "failed"), gone
        if self.status in _FAILED:
            return _FAILED[self.status], False
        if self.status == "completed" and self.is_machine:
            return "machine", False
        return "", False


_STATUSES: Final = _ON_ITS_WAY | _FAILED.keys() | {"completed", "failed"}


def is_machine(answered_by: str) -> bool:
    """Whether ``AnsweredBy`` names a machine."""
    return answered_by.startswith("machine") or answered_by == "fax"


def _moment(text: str, now: datetime) -> datetime:
    """A time of the provider's; ``now`` where there is none, or one in the future."""
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return now
    return min(at if at.tzinfo else at.replace(tzinfo=UTC), now)


def open_voice(config: Settings, table: Table) -> VoiceProvider | None:
    """The provider of the settings; None: the city has no account, or nowhere to be reached."""
    tokens = tuple(config.voice_auth_tokens.split())
    needed = (config.voice_url, config.voice_account_sid, config.voice_from, config.portal_url)
    if not all(needed) or not tokens:
        return None
    return VoiceProvider(
        config.voice_url,
        config.voice_account_sid,
        tokens,
        config.voice_from,
        config.portal_url,
        table,
    )


__all__ = ["CallStatus", "VoiceProvider", "is_machine", "open_voice"]
