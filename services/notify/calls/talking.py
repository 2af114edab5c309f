"""A call that is being held: what the provider tells, and what it is answered.

The provider calls one of our addresses for each turn. A turn has a number, in the address; one that
comes again is answered as it was, and does nothing again. Nothing outside is asked in a
transaction: what a turn comes to is worked out first, and kept only if the call still waits for it.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import Conflict, Invalid, NotFound, Unavailable
from services.notify import tries
from services.notify.calls import addresses, deeds, signature
from services.notify.calls.beginning import called_by, in_place_of_a_message
from services.notify.calls.dialling import missed
from services.notify.calls.outside import PROPERTY_ID, Desk, Facts
from services.notify.calls.sealed import Reply, open_reply, open_talk, seal_reply, seal_talk
from services.notify.calls.turns import Turn, turn
from services.notify.calls.twiml import MEDIA_TYPE, Response
from services.notify.channels.voice import is_machine
from services.notify.domain.call import engine
from services.notify.domain.call.engine import Ask, Ear, HangUp, Heard, Listen, PutThrough
from services.notify.domain.call.life import OPEN, CallState
from services.notify.domain.call.states import Lookup
from services.notify.domain.call.texts import Said
from services.notify.models import Attempt, Call, CallTurn, Tried

_log = logging.getLogger(__name__)

_PUT_THROUGH_S: Final = 30
_SID_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Webhook:
    """What the provider has sent.

    Attributes:
        path: of our address, as ``addresses`` has it.
        query: of our address, as it came.
        headers: with small letters as keys.
        body: as it came; empty for a GET.
    """

    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answered:
    """What it is answered, with 200."""

    media_type: str
    body: bytes


class Line:
    """Answers the provider."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def answer(self, webhook: Webhook) -> Answered:
        """What one webhook is answered; what it tells is kept.

        Raises:
            Forbidden: it is not signed by the provider.
            Invalid: it is signed, and not of the documented form.
            NotFound: there is no such address, call or sound.
            Conflict: it is of a turn that has not come yet.
        """
        query = dict(parse_qsl(webhook.query, keep_blank_values=True))
        if webhook.path == addresses.STATUS:
            self._status(webhook, query)
            return Answered(MEDIA_TYPE, Response(self._desk.table.voices).xml())
        form = self._signed(webhook)
        match webhook.path:
            case addresses.ANSWER:
                return self._begun(query, form)
            case addresses.TURN:
                return self._turn(query, _heard(form, self._desk.now()))
            case addresses.DIALLED:
                taken = form.get("DialCallStatus") in ("completed", "answered")
                ear = Ear.TAKEN if taken else Ear.NOT_TAKEN
                return self._turn(query, Heard(ear, self._desk.now()))
            case addresses.AUDIO:
                return self._sound(query)
            case _:
                raise NotFound("there is no such address for calls")

    def _signed(self, webhook: Webhook) -> dict[str, str]:
        desk = self._desk
        form = signature.form_of(webhook.body)
        url = f"{addresses.of(desk.provider.portal_url, webhook.path)}?{webhook.query}".rstrip("?")
        given = webhook.headers.get(signature.HEADER, "")
        signature.check(given, url, form, desk.provider.tokens)
        return {name: values[0].replace("\0", "") for name, values in form.items()}

    # -- a call begins ------------------------------------------------------------------------

    def _begun(self, query: Mapping[str, str], form: Mapping[str, str]) -> Answered:
        """Somebody has taken our call, or calls us."""
        now = self._desk.now()
        sid = form.get("CallSid", "")[:_SID_MAX]
        if not sid:
            raise Invalid("no call")
        if addresses.ATTEMPT not in query:
            return self._begin(called_by(self._desk, sid, form.get("From", ""), now), now)
        attempt = _uuid(query[addresses.ATTEMPT])
        if is_machine(form.get("AnsweredBy", "")):
            # To a machine nothing is said. (Its status tells the rest.)
            return self._hung_up()
        in_place_of_a_message(self._desk, attempt, form.get("To", ""), now)
        with self._desk.begin() as session:
            row = session.scalar(select(Call).where(Call.attempt_id == attempt).with_for_update())
            if row is None or row.state not in OPEN:
                # Somebody is on the telephone: an error would be read out to them.
                return self._hung_up()
            row.reference = row.reference or sid
            row.state, row.changed_at = CallState.TALKING, now
            row.taken_at = row.taken_at or now
            known = row.id
        return self._begin(known, now)

    def _begin(self, call_id: UUID, now: datetime) -> Answered:
        return self._turn(
            {addresses.CALL: str(call_id), addresses.NUMBER: "0"}, Heard(Ear.BEGAN, now)
        )

    # -- a turn -------------------------------------------------------------------------------

    def _turn(self, query: Mapping[str, str], heard: Heard) -> Answered:
        call_id, number = _uuid(query.get(addresses.CALL, "")), _number(query, addresses.NUMBER)
        with self._desk.begin() as session:
            row = session.get(Call, call_id)
            if row is None:
                raise NotFound("there is no such call")
            again = self._again(row, number)
            if again is not None:
                return again
            call, phone = self._known(row)
            heard = self._unless_barred(session, row.recipient_key, call, heard)
        made = turn(
            call,
            heard,
            self._desk.table,
            ask=lambda asked: self._ask(asked, phone),
            person=bool(self._desk.person),
        )
        reply = Reply(number + 1, made.says, made.call.language, made.last)
        # The sounds are made before the call is locked: they take a while, the first time.
        answered = self._spoken(call_id, reply)
        with self._desk.begin() as session:
            row = session.get_one(Call, call_id, with_for_update=True)
            again = self._again(row, number)
            if again is not None:
                return again
            self._keep(session, row, heard, made, reply)
        return answered

    def _unless_barred(self, session: Session, key: str, call: engine.Call, heard: Heard) -> Heard:
        """What was heard, unless it is one try too many at a check from this telephone."""
        table = self._desk.table
        if not engine.is_try(call, heard, table):
            return heard
        tried = tries.count(session, key, Tried.CALL_CHECK, heard.at)
        return heard if tried <= table.limits.checks_an_hour else replace(heard, ear=Ear.BARRED)

    def _again(self, row: Call, number: int) -> Answered | None:
        """The answer to a turn that has been answered; None: it is this turn that is waited for.

        Raises:
            Conflict: it has not come yet.
        """
        if row.turn == number and row.state == CallState.TALKING and row.talk is not None:
            return None
        if number > row.turn:
            raise Conflict("this call has not come so far")
        if row.answer is None:
            return self._hung_up()
        reply = open_reply(self._desk.secrets, row.answer)
        return self._spoken(row.id, reply)

    def _known(self, row: Call) -> tuple[engine.Call, str]:
        secrets = self._desk.secrets
        assert row.talk is not None
        contact = secrets.open(row.contact) if row.contact else {}
        return open_talk(secrets, row.talk), contact.get("phone") or ""

    def _ask(self, asked: Ask, phone: str) -> Facts | None:
        if not phone:
            return None
        try:
            if asked.what is Lookup.DUES:
                return self._desk.outside.dues(phone)
            return self._desk.outside.grievance(asked.value, phone)
        except Unavailable as error:
            # Who calls hears that nothing was found, and is offered a person.
            _log.warning("a call could not look for %s: %s", asked.what, error)
            return None

    def _keep(self, session: Session, row: Call, heard: Heard, made: Turn, reply: Reply) -> None:
        now, secrets = heard.at, self._desk.secrets
        call = made.call
        property_id = call.facts.get(PROPERTY_ID)
        if row.property_id is None and property_id:
            row.property_id = UUID(property_id)
        deeds.carry_out(session, row, made.deeds, call.facts, now)
        row.turn, row.place, row.language = reply.turn, call.state, call.language
        row.changed_at = now
        row.answer = seal_reply(secrets, reply)
        if call.outcome:
            _end(row, call.outcome, now)
        else:
            row.talk = seal_talk(secrets, call)
        session.add(
            CallTurn(
                call_id=row.id,
                turn=reply.turn,
                ear=heard.ear,
                understood=made.understood,
                place=call.state,
                said=list(dict.fromkeys(each.code for each in made.says)),
                language=call.language,
                at=now,
            )
        )

    # -- what is answered ---------------------------------------------------------------------

    def _spoken(self, call_id: UUID, reply: Reply) -> Answered:
        desk = self._desk
        base = desk.provider.portal_url
        known = {addresses.CALL: call_id, addresses.NUMBER: reply.turn}
        sounds = self._sounds(known, reply.says)
        response = Response(desk.table.voices)
        match reply.last:
            case Listen() as listen:
                action = addresses.of(base, addresses.TURN, **known)
                response.listen(listen, reply.language, action, reply.says, sounds)
                # Where silence is not told as an answer, the document goes on behind the question.
                response.redirect(action)
            case PutThrough():
                action = addresses.of(base, addresses.DIALLED, **known)
                response.say(reply.says, sounds).dial(desk.person, action, _PUT_THROUGH_S)
            case HangUp():
                response.say(reply.says, sounds).hang_up()
        return Answered(MEDIA_TYPE, response.xml())

    def _sounds(self, known: Mapping[str, object], says: Sequence[Said]) -> list[str]:
        """The addresses of the sounds; none: the provider's own voice speaks."""
        engine = self._desk.engine
        if engine is None:
            return []
        try:
            for each in says:
                engine.speak(each.text, each.language)
        except (Unavailable, ValueError) as error:
            _log.warning("the provider's voice speaks: %s", error)
            return []
        base = self._desk.provider.portal_url
        return [
            addresses.of(base, addresses.AUDIO, **known, **{addresses.PART: at})
            for at in range(len(says))
        ]

    def _sound(self, query: Mapping[str, str]) -> Answered:
        """One part of what is said in the last turn, as sound."""
        call_id = _uuid(query.get(addresses.CALL, ""))
        turn, part = _number(query, addresses.NUMBER), _number(query, addresses.PART)
        with self._desk.begin() as session:
            sealed = session.scalar(select(Call.answer).where(Call.id == call_id))
        if sealed is None or self._desk.engine is None:
            raise NotFound("there is no such sound")
        reply = open_reply(self._desk.secrets, sealed)
        if reply.turn != turn or part >= len(reply.says):
            raise NotFound("there is no such sound")
        said = reply.says[part]
        return Answered("audio/wav", self._desk.engine.speak(said.text, said.language))

    def _hung_up(self) -> Answered:
        return Answered(MEDIA_TYPE, Response(self._desk.table.voices).hang_up().xml())

    # -- how a call goes on its way -----------------------------------------------------------

    def _status(self, webhook: Webhook, query: Mapping[str, str]) -> None:
        """Keep what a status callback says, whenever and however often it comes."""
        desk = self._desk
        status = desk.provider.status(webhook.headers, webhook.body, query)
        with desk.begin() as session:
            if session.get(Attempt, status.attempt_id) is not None:
                # The sender's: of a message that was read out, or that a conversation was held for.
                said = desk.provider.receipts(webhook.headers, webhook.body, query)
                desk.receive(session, said)
            row = session.scalar(
                select(Call).where(Call.attempt_id == status.attempt_id).with_for_update()
            )
            if row is None:
                return
            if row.state not in OPEN:
                if status.is_over and row.state == CallState.ENDED:
                    row.answer = None
                return
            now = desk.now()
            row.reference = row.reference or status.sid
            row.changed_at = now
            if status.status == "ringing" and row.state == CallState.DIALLING:
                row.state = CallState.RINGING
            if not status.is_over:
                return
            if row.state == CallState.TALKING:
                _end(row, engine.HUNG_UP, now)
                row.answer = None
                return
            reason, permanent = status.failure()
            # Taken, and gone before anything was said.
            missed(row, reason or engine.HUNG_UP, permanent, desk.table.limits, now)


def _end(row: Call, outcome: str, now: datetime) -> None:
    row.state, row.outcome, row.ended_at = CallState.ENDED, outcome, now
    row.changed_at = now
    row.talk = row.contact = None


def _heard(form: Mapping[str, str], now: datetime) -> Heard:
    if form.get("CallStatus") == "completed":
        return Heard(Ear.HUNG_UP, now)
    if keys := form.get("Digits", ""):
        return Heard(Ear.KEYS, now, keys[:40])
    if words := form.get("SpeechResult", ""):
        return Heard(Ear.WORDS, now, words)
    return Heard(Ear.SILENCE, now)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("there is no such call") from error


def _number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise NotFound("there is no such turn")
    return int(text)
