"""Deciding, for what was claimed, who gets what over which channel: nothing is written here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from uuid6 import uuid7

from palika.errors import Invalid, PalikaError
from services.notify.commands.sending.carriers import Carriers, channels_of
from services.notify.commands.sending.people import People
from services.notify.domain import addresses, reasons, routes
from services.notify.domain.addresses import mask
from services.notify.domain.breaker import Circuit
from services.notify.domain.care import Lane, Purpose, may_be_told
from services.notify.domain.messages import Attachment
from services.notify.domain.policy import Policy
from services.notify.domain.routes import ADDRESS_OF, Channel, Nowhere, Route
from services.notify.domain.states import State
from services.notify.domain.templates import Rendered, Template, Templates
from services.notify.domain.wording import UNNAMED
from services.notify.models import Delivery
from services.notify.secrets import Secrets

Contact = Mapping[str, Any]


@dataclass(frozen=True)
class Ended:
    """Nothing more is sent of it.

    Attributes:
        key: of whom it was for, where that is known: by it an officer finds it.
        address: masked.
    """

    delivery: Delivery
    state: State
    reason: str
    detail: str | None = None
    skipped: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None
    key: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class Later:
    """It is due again at a moment; nothing was tried. ``key`` and ``address`` as of ``Ended``."""

    delivery: Delivery
    reason: str
    at: datetime
    detail: str | None = None
    key: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class Ready:
    """It can be handed over.

    Attributes:
        attempt_id: new.
        provider: who carries it.
        key: of the address.
        route: over which channel, and what is left behind it.
        leaves: the channel that was tried for long enough, if this is another.
        rendered: what is said.
        attachments: what goes with it.
    """

    delivery: Delivery
    attempt_id: UUID
    provider: str
    key: str
    route: Route
    rendered: Rendered
    leaves: Channel | None = None
    attachments: tuple[Attachment, ...] = field(default=(), repr=False)


Plan = Ended | Later | Ready


@dataclass(frozen=True)
class Reached:
    """A delivery whose contact is known, and what goes with it."""

    delivery: Delivery
    contact: Contact
    attachments: tuple[Attachment, ...] = ()

    def carried(self, plan: Plan) -> Plan:
        """The plan, with what goes with the message if it goes."""
        if isinstance(plan, Ready) and self.attachments:
            return replace(plan, attachments=self.attachments)
        return plan


@dataclass(frozen=True)
class Reach:
    """Where a citizen can be reached.

    Attributes:
        addresses: by field of the contact, normalised; None where it can be no address.
        keys: of the addresses, by field.
    """

    addresses: Mapping[str, str | None]
    keys: Mapping[str, str]

    @classmethod
    def of(cls, contact: Contact, secrets: Secrets) -> "Reach":
        """Read a contact."""
        found: dict[str, str | None] = {}
        for name, read in (("phone", addresses.mobile), ("email", addresses.email)):
            given = contact.get(name)
            if isinstance(given, str) and given.strip():
                found[name] = read(given)
        keys = {name: secrets.recipient(each) for name, each in found.items() if each}
        return cls(found, keys)

    def found_by(self, plan: Plan) -> Plan:
        """The plan, and of one without a route by what an officer finds it: the first address."""
        if isinstance(plan, Ready) or not self.keys:
            return plan
        name = next(iter(self.keys))
        address = self.addresses[name]
        return replace(plan, key=self.keys[name], address=mask(address) if address else None)

    def by_channel(self, channels: Sequence[Channel]) -> dict[Channel, str | None]:
        """The address for each channel that there is one for; None: what there is, is none."""
        found: dict[Channel, str | None] = {}
        for channel in channels:
            given = [self.addresses[name] for name in ADDRESS_OF[channel] if name in self.addresses]
            if given:
                found[channel] = next((each for each in given if each), None)
        return found


@dataclass(frozen=True)
class Planner:
    """What planning needs; one for a batch.

    Attributes:
        circuits: what is known of the providers.
        people: of all the batch's addresses.
        now: aware.
        planned: new messages of this batch, by key and purpose.
    """

    carriers: Carriers
    templates: Templates
    policy: Policy
    secrets: Secrets
    circuits: Mapping[str, Circuit]
    people: People
    now: datetime
    planned: Counter[tuple[str, Purpose]] = field(default_factory=Counter)

    def plan(self, delivery: Delivery, contact: Contact, reach: Reach) -> Plan:
        """What becomes of one delivery."""
        purpose, lane = Purpose(delivery.purpose), Lane(delivery.lane)
        try:
            template = self.templates.named(delivery.template)
        except PalikaError as error:
            return self._failed(delivery, reasons.TEMPLATE_ERROR, str(error))
        keys = list(reach.keys.values())
        liked, liked_language = self.people.preference(keys)
        language = self._language(template, liked_language, contact)
        used = channels_of(template.channels, self.carriers.channels)
        ordered = routes.order(used, [Channel(each) for each in liked])
        refused = self._refused(template, language, ordered, purpose, keys)
        able = {channel: self._provider(channel, delivery.turn) for channel in ordered}
        away = {channel for channel in ordered if channel not in refused and not able[channel]}
        if lane is Lane.URGENT:
            # A code takes the next channel; the others wait until the channel works again.
            refused |= dict.fromkeys(away, reasons.PROVIDER_AWAY)
        spent = {Channel(each) for each in delivery.spent}
        addresses = reach.by_channel(ordered)
        wrong = ""
        late = self._late(delivery, lane)
        while True:
            route = routes.find(ordered, spent | late, addresses, refused)
            if isinstance(route, Nowhere) and late:
                # No other is left: it goes on with that one.
                late = set()
                continue
            if isinstance(route, Nowhere):
                if away and lane is Lane.URGENT:
                    return Later(delivery, reasons.PROVIDER_AWAY, self._back(away))
                return self._nowhere(delivery, route, wrong, language)
            provider = able[route.channel]
            if provider is None:
                return Later(delivery, reasons.PROVIDER_AWAY, self._back({route.channel}))
            rendered = _rendered(delivery, template, route.channel, language, contact)
            if isinstance(rendered, Rendered):
                break
            # What one channel cannot say another may.
            refused[route.channel], wrong = reasons.TEMPLATE_ERROR, rendered
        key = self.secrets.recipient(route.address)
        if lane is not Lane.URGENT:
            sent_today = self.people.sent.get((key, purpose), 0) + self.planned[key, purpose]
            # What has been handed over once is counted already.
            counted = 0 if delivery.attempts else sent_today
            rings = route.channel is Channel.VOICE
            if wait := self.policy.care.later(purpose, counted, self.now, rings=rings):
                return Later(delivery, *wait)
        self.planned[key, purpose] += not delivery.attempts
        return Ready(delivery, uuid7(), provider, key, route, rendered, next(iter(late), None))

    def _late(self, delivery: Delivery, lane: Lane) -> set[Channel]:
        """The channel over which it was tried for as long as its lane allows, if it was."""
        until = self.policy.channel_until(lane, delivery.created_at, len(delivery.spent))
        if until is None or self.now < until or not delivery.attempts or not delivery.channel:
            return set()
        return {Channel(delivery.channel)} - {Channel(each) for each in delivery.spent}

    @staticmethod
    def _nowhere(delivery: Delivery, route: Nowhere, wrong: str, language: str) -> Ended:
        told = {str(channel): why for channel, why in route.skipped.items()}
        if wrong:
            failed = reasons.TEMPLATE_ERROR
            return Ended(delivery, State.FAILED_PERMANENT, failed, wrong, told, language)
        if delivery.spent:
            last, detail = delivery.reason, delivery.detail
            if last is None or last in reasons.WAITING:
                last, detail = routes.NO_CHANNEL, None
            return Ended(delivery, State.FAILED_PERMANENT, last, detail, told)
        return Ended(delivery, State.SKIPPED, route.reason, None, told)

    def _provider(self, channel: Channel, turn: int) -> str | None:
        return self.carriers.choose(channel, turn, self.circuits, self.now)

    def _refused(
        self,
        template: Template,
        language: str,
        channels: Sequence[Channel],
        purpose: Purpose,
        keys: Sequence[str],
    ) -> dict[Channel, str]:
        said = self.people.last_word(keys, purpose)
        if not may_be_told(purpose, said):
            why = routes.NOT_OPTED_IN if said is None else routes.OPTED_OUT
            return dict.fromkeys(channels, why)
        found = {}
        for channel in channels:
            if not self.carriers.of(channel):
                found[channel] = routes.NO_PROVIDER
            elif channel is not Channel.LOG:
                why = self.templates.refusal(template, channel, language)
                if why is not None:
                    found[channel] = why
        return found

    def _back(self, channels: set[Channel]) -> datetime:
        """When the first provider of these channels is tried again."""
        until = [
            self.circuits[name].open_until
            for channel in channels
            for name in self.carriers.of(channel)
            if name in self.circuits
        ]
        return min((each for each in until if each is not None), default=self.now)

    def _language(self, template: Template, liked: str | None, contact: Contact) -> str:
        for language in (liked, contact.get("language")):
            if language in template.languages:
                return str(language)
        return self.policy.default_language

    @staticmethod
    def _failed(delivery: Delivery, reason: str, detail: str) -> Ended:
        return Ended(delivery, State.FAILED_PERMANENT, reason, detail)


def _rendered(
    delivery: Delivery, template: Template, channel: Channel, language: str, contact: Contact
) -> Rendered | str:
    """The message, or what is wrong with it: the fields alone, since a value may be personal."""
    # The log shows that something is said, whatever it would be said over.
    over: str = channel
    if channel is Channel.LOG:
        over = Channel.EMAIL if Channel.EMAIL in template.channels else template.channels[0]
    try:
        return template.render(over, language, values(delivery.fields, contact))
    except Invalid as error:
        return "missing or wrong: " + ", ".join(sorted(error.fields or ()))


def values(fields: Mapping[str, Any], contact: Contact) -> dict[str, Any]:
    """What a template may use: the event's data, and over it what the contact says."""
    told = {key: value for key, value in contact.items() if value is not None and value != ""}
    return {"name": UNNAMED, **fields, **told}
