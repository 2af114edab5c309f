"""A telephone provider on this machine: it takes calls over Twilio's wire format, and plays whoever
is called, by a script.

It holds every document that it is answered against the reference (verbs, attributes, what may stand
in what), follows it as the provider does, signs what it sends, tells how each call goes, and keeps
what was heard. It rings at nobody's. See ``channels/voice`` for the reference.
"""

import base64
import hmac
import io
import itertools
import threading
import time
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urljoin
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from palika.local.loopback import LoopbackServer, Reply, Request
from palika.outgoing import Answered, Outgoing
from services.notify.calls import signature
from services.notify.domain.magic import Fate, fate_of

_MOST_TURNS: Final = 60
_DOCUMENT_MAX: Final = 64_000
_OF_GATHER = """
    action method input language numDigits timeout speechTimeout finishOnKey hints
    actionOnEmptyResult bargeIn profanityFilter speechModel enhanced
"""
_VERBS: Final[Mapping[str, frozenset[str]]] = {
    "Response": frozenset(),
    "Say": frozenset({"language", "voice", "loop"}),
    "Play": frozenset({"loop", "digits"}),
    "Pause": frozenset({"length"}),
    "Gather": frozenset(_OF_GATHER.split()),
    "Dial": frozenset(
        {"action", "method", "timeout", "callerId", "hangupOnStar", "timeLimit", "record"}
    ),
    "Number": frozenset(),
    "Redirect": frozenset({"method"}),
    "Hangup": frozenset(),
}
_WITHIN: Final[Mapping[str, frozenset[str]]] = {
    "Response": frozenset({"Say", "Play", "Pause", "Gather", "Dial", "Redirect", "Hangup"}),
    "Gather": frozenset({"Say", "Play", "Pause"}),
    "Dial": frozenset({"Number"}),
}
_LANGUAGES: Final = frozenset({"mr-IN", "en-IN", "hi-IN"})


@dataclass(frozen=True, slots=True)
class Script:
    """Whoever is called.

    Attributes:
        end: what becomes of the ringing: ``taken``, ``busy``, ``no-answer``, ``failed``,
            ``canceled`` or ``machine``.
        acts: what they do at each question: ``1234`` keys, ``"हो"`` words (whatever is no keys),
            ``""`` silence, ``None`` hang up. When they are used up, silence.
        transfer: what becomes of being put through: ``completed``, ``busy``, ``no-answer``.
        sip: what the network says of a call that failed.
        times: so often each webhook is sent, one after the other.
    """

    end: str = "taken"
    acts: Sequence[str | None] = ()
    transfer: str = "completed"
    sip: str = ""
    times: int = 1


_FATES: Final[Mapping[Fate, Script]] = {
    Fate.FAILS_FOR_NOW: Script(end="busy"),
    Fate.FAILS_FOR_GOOD: Script(end="failed", sip="404"),
    Fate.EXPIRES: Script(end="no-answer"),
}


@dataclass
class Played:
    """One call, and what came of it.

    Attributes:
        sid: of the call.
        to, sender: whom, and by whom.
        heard: what was said to them: the language's code and the words, or ``audio`` and the
            seconds of a sound.
        asked: what was waited for: the attributes of each ``Gather``.
        statuses: that were told.
        answers: the statuses of HTTP that the webhooks were answered with.
        problems: where a document is not as the reference has it.
        over: set when nothing more comes.
    """

    sid: str
    to: str
    sender: str
    heard: list[tuple[str, str]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    dialled: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def words(self) -> str:
        """All that was said by the provider's own voice."""
        return " ".join(text for kind, text in self.heard if kind != "audio")


class Telephony(LoopbackServer):
    """The provider.

    Attributes:
        account, token: of the city there.
        scripts: by number; a number without one takes the call and says nothing.
        played: all calls, in order.
        rings: whether calls are played by themselves when they are accepted.
    """

    def __init__(self, port: int = 0, account: str = "ACloopback", token: str = "token") -> None:
        super().__init__(port)
        self.account, self.token = account, token
        self.scripts: dict[str, Script] = {}
        self.played: list[Played] = []
        self.rings = True
        self.asked: list[dict[str, list[str]]] = []
        # No id comes twice, also after a restart.
        self._numbers = itertools.count(time.time_ns())
        self._http = Outgoing()

    def script_of(self, number: str) -> Script:
        """Of a number; one that has none is what its place among the magic recipients says."""
        return self.scripts.get(number) or _FATES.get(fate_of(number), Script())

    def wait(self, timeout_s: float = 20) -> None:
        """Until every call is over. Raises TimeoutError."""
        for each in self.played:
            if not each.over.wait(timeout_s):
                raise TimeoutError("a call does not come to its end")

    # -- the API ------------------------------------------------------------------------------

    def answer(self, request: Request) -> Reply:
        """``POST …/Calls.json``."""
        login = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Basic {login}".encode()):
            return Reply(401, _error(20003, "Authenticate", 401))
        if request.path != f"/2010-04-01/Accounts/{self.account}/Calls.json":
            return Reply(404, _error(20404, "The requested resource was not found", 404))
        form = parse_qs(request.body.decode(), keep_blank_values=True)
        one = {name: values[0] for name, values in form.items()}
        if not one.get("To", "").startswith("+") or not one["To"][1:].isdigit():
            return Reply(400, _error(21211, f"The 'To' number {one.get('To')} is not valid.", 400))
        if not one.get("From"):
            return Reply(400, _error(21213, "'From' phone number is required", 400))
        if bool(one.get("Url")) == bool(one.get("Twiml")):
            return Reply(400, _error(21205, "Url or Twiml is required", 400))
        fate = fate_of(one["To"])
        if fate is Fate.REFUSED:
            return Reply(400, _error(21217, "Phone number does not appear to be valid", 400))
        if fate is Fate.THROTTLED:
            return Reply(429, _error(20429, "Too Many Requests", 429))
        self.asked.append(form)
        call = Played(f"CA{next(self._numbers):032x}", one["To"], one["From"])
        self.played.append(call)
        if self.rings and fate is not Fate.SILENT:
            threading.Thread(target=self._ring, args=(call, one), daemon=True).start()
        else:
            call.over.set()
        said = {"sid": call.sid, "status": "queued", "to": call.to, "from": call.sender}
        return Reply(201, said)

    def failure(self, status: int) -> Any:
        """In the provider's form."""
        return _error(20429 if status == 429 else 20500, "We are facing some trouble", status)

    # -- a call -------------------------------------------------------------------------------

    def call_in(self, url: str, sender: str, script: Script) -> Played:
        """Somebody calls the city's number, whose webhook is ``url``; until it is over."""
        call = Played(f"CA{next(self._numbers):032x}", "+912025501000", sender)
        self.played.append(call)
        try:
            self._talk(call, script, url, {}, inbound=True)
        finally:
            call.over.set()
        return call

    def _ring(self, call: Played, asked: Mapping[str, str]) -> None:
        script = self.script_of(call.to)
        status_url = asked.get("StatusCallback", "")
        by: dict[str, str] = {}
        try:
            for status in ("initiated", "ringing"):
                self._tell(call, script, status_url, status, {})
            if script.end in ("taken", "machine"):
                by["AnsweredBy"] = "human" if script.end == "taken" else "machine_start"
                self._tell(call, script, status_url, "in-progress", by)
                if asked.get("Twiml"):
                    self._follow(call, script, asked["Twiml"].encode(), "")
                else:
                    self._talk(call, script, asked["Url"], by)
                end = "completed"
            else:
                end = script.end
            more = {"SipResponseCode": script.sip} if script.sip else {}
            self._tell(call, script, status_url, end, by | more)
        finally:
            call.over.set()

    def _tell(
        self, call: Played, script: Script, url: str, status: str, more: Mapping[str, str]
    ) -> None:
        call.statuses.append(status)
        if url:
            self.post(call, url, {"CallStatus": status, **more}, script.times)

    def _talk(
        self,
        call: Played,
        script: Script,
        url: str,
        by: Mapping[str, str],
        inbound: bool = False,
    ) -> None:
        """Follow documents until the call ends."""
        acts = iter(script.acts)
        form: dict[str, str] = dict(by)
        for _ in range(_MOST_TURNS):
            document = self.post(call, url, {"CallStatus": "in-progress", **form}, script.times)
            if document is None:
                return
            following = self._follow(call, script, document, url, acts)
            if following is None:
                return
            url, form = following
        call.problems.append("the call has no end")

    def post(self, call: Played, url: str, form: Mapping[str, str], times: int = 1) -> bytes | None:
        """Send a webhook so often, signed; the last answer, None where it is no answer of 200."""
        whole = {
            "AccountSid": self.account,
            "CallSid": call.sid,
            "From": call.sender,
            "To": call.to,
            "Timestamp": format_datetime(datetime.now(UTC)),
            **form,
        }
        fields = {name: [value] for name, value in whole.items()}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": signature.signature_of(url, fields, self.token),
        }
        found: bytes | None = None
        for _ in range(times):
            outcome = self._http.ask("POST", url, headers=headers, body=urlencode(whole).encode())
            status = outcome.status if isinstance(outcome, Answered) else 0
            call.answers.append(status)
            good = isinstance(outcome, Answered) and status == 200
            body = outcome.body if isinstance(outcome, Answered) and good else None
            if found is not None and body != found:
                call.problems.append("a webhook that came again was answered otherwise")
            found = body
        return found

    # -- documents ----------------------------------------------------------------------------

    def _follow(
        self,
        call: Played,
        script: Script,
        document: bytes,
        url: str,
        acts: Any = (),
    ) -> tuple[str, dict[str, str]] | None:
        """Do what a document says; where to go on, with which form; None: the call is over."""
        problems = malformed(document)
        call.problems += problems
        if problems:
            return None
        acts = iter(acts)
        for verb in ElementTree.fromstring(document):  # noqa: S314 of our own process; expat expands nothing without end
            match verb.tag:
                case "Say" | "Play" | "Pause":
                    self._hear(call, verb, url)
                case "Gather":
                    call.asked.append(dict(verb.attrib))
                    for each in verb:
                        self._hear(call, each, url)
                    act = next(acts, "")
                    if act is None:
                        return None
                    if act or verb.get("actionOnEmptyResult") == "true":
                        return urljoin(url, verb.get("action", url)), _given(act, verb)
                case "Dial":
                    call.dialled.append(verb.findtext("Number", ""))
                    return urljoin(url, verb.get("action", url)), {
                        "DialCallStatus": script.transfer
                    }
                case "Redirect":
                    return urljoin(url, (verb.text or "").strip()), {}
                case "Hangup":
                    return None
        return None

    def _hear(self, call: Played, verb: Element, url: str) -> None:
        if verb.tag == "Say":
            call.heard.append((verb.get("language", "en-US"), verb.text or ""))
        elif verb.tag == "Play":
            where = urljoin(url, (verb.text or "").strip())
            signed = {"X-Twilio-Signature": signature.signature_of(where, {}, self.token)}
            outcome = self._http.ask("GET", where, headers=signed)
            if not isinstance(outcome, Answered) or outcome.status != 200:
                call.problems.append("a sound is not there")
                return
            with wave.open(io.BytesIO(outcome.body)) as sound:
                if (sound.getframerate(), sound.getnchannels()) != (8_000, 1):
                    call.problems.append("a sound is not for telephones")
                call.heard.append(("audio", f"{sound.getnframes() / 8_000:.2f}"))


def malformed(document: bytes) -> list[str]:
    """Where a document is not TwiML as the reference has it."""
    if len(document) > _DOCUMENT_MAX:
        return ["the document has more than 64 kB"]
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 of our own process; expat expands nothing without end
    except ElementTree.ParseError as error:
        return [f"not XML: {error}"]
    if root.tag != "Response":
        return [f"the document is a {root.tag}"]
    return _malformed(root)


def _malformed(element: Element) -> list[str]:
    tag = element.tag
    found = [f"{tag} has no attribute {name}" for name in element.attrib if name not in _VERBS[tag]]
    found += [f"{tag}: {rule}" for rule in _values(element)]
    for child in element:
        if child.tag not in _WITHIN.get(tag, frozenset()):
            found.append(f"{child.tag} may not stand in {tag}")
        else:
            found += _malformed(child)
    return found


def _values(element: Element) -> list[str]:
    wrong = []
    given = element.attrib
    for name in ("timeout", "numDigits", "timeLimit"):
        if name in given and not (given[name].isdigit() and int(given[name]) > 0):
            wrong.append(f"{name} must be a whole number above 0")
    if "language" in given and given["language"] not in _LANGUAGES:
        wrong.append(f"language {given['language']} is not spoken")
    if given.get("method", "POST") not in ("GET", "POST"):
        wrong.append("method must be GET or POST")
    if element.tag == "Gather" and given.get("input", "dtmf") not in (
        "dtmf",
        "speech",
        "dtmf speech",
    ):
        wrong.append("input must be dtmf, speech, or both")
    if element.tag in ("Say", "Play", "Number", "Redirect") and not (element.text or "").strip():
        wrong.append("is empty")
    return wrong


def _given(act: str, gather: Element) -> dict[str, str]:
    """What a Gather sends for what somebody does."""
    if not act:
        return {}
    if all(each in "0123456789*#" for each in act):
        keys = act.split("#")[0]
        return {"Digits": keys[: int(gather.get("numDigits") or len(keys) or 1)]}
    return {"SpeechResult": act, "Confidence": "0.9"}


def _error(code: int, message: str, status: int) -> dict[str, Any]:
    return {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
