"""Signs officers in: password, second factor, or another provider's word for them (OIDC)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.portal.commands.hold_back import Counted, charge, forgive, give_back
from services.portal.commands.hold_session import Begun, begin_session, half_session
from services.portal.commands.take import take
from services.portal.demo import is_closed
from services.portal.domain import totp
from services.portal.domain.clients import Client
from services.portal.domain.limits import Limit
from services.portal.domain.lockout import Scope
from services.portal.domain.sessions import Stage, Way
from services.portal.keeping import Keeping, hash_password, is_outdated, is_password
from services.portal.models import Account, RecoveryCode, WebSession
from services.portal.store import Store


class Step(StrEnum):
    """What is tried; each has counts of its own."""

    PASSWORD = "login"  # noqa: S105 a name, no password
    SECOND = "second"


class Factor(StrEnum):
    """By what the second factor was shown."""

    APPLICATION = "application"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class SignIn:
    """Where sign-ins happen."""

    store: Store
    keeping: Keeping

    def with_password(
        self, login: str, password: str, client: Client, now: datetime
    ) -> Begun | None:
        """Begin a session by login and password; None when they do not belong together, there is no
        such account, or it is disabled: which of these is told to nobody.

        The session is good for the second factor alone, or for setting one up.

        Raises:
            TooMany: it was tried too often, and has to wait; or the client's limit is reached.
            Unavailable: the database does not answer.
        """
        proved = self.prove(login, password, client, now)
        if proved is None:
            return None
        with self.store.begin() as session:
            account = session.get_one(Account, proved)
            if is_closed(account):
                return None
            if account.password and is_outdated(account.password):
                account.password = hash_password(password)
            stage = Stage.SECOND if account.totp_at else Stage.ENROL
            return begin_session(session, self.keeping, account, client, stage, Way.PASSWORD, now)

    def prove(self, login: str, password: str, client: Client, now: datetime) -> UUID | None:
        """Whose login and password they are: the account's id; None when they do not belong
        together. Raises as above."""
        person = login.strip().casefold()
        counted = self.counted(Step.PASSWORD, person, client)
        if not client.known:
            with self.store.begin() as session:
                take(session, Limit.TRIES_OF_CLIENT, self.keeping.of_client(client.network), now)
        with self.store.begin() as session:
            account = session.scalar(select(Account).where(Account.person == person))
            charged = charge(session, counted, now, account)
        if not is_password(account.password if account else None, password):
            return None
        assert account is not None
        with self.store.begin() as session:
            give_back(session, charged)
        return account.id

    def with_second_factor(
        self, row: WebSession, typed: str, client: Client, now: datetime
    ) -> tuple[Begun, Factor] | None:
        """Make a session whole by a code of the application, or by one on paper; None when it is
        neither. The session gets another key.

        Raises:
            Conflict: the session is over, or another answer has made it whole.
            TooMany: as above.
            Unavailable: as above.
        """
        assert row.account_id is not None
        with self.store.begin() as session:
            account = session.get_one(Account, row.account_id)
            counted = self.counted(Step.SECOND, account.person, client)
            charged = charge(session, counted, now, account)
        with self.store.begin() as session:
            account = session.get_one(Account, row.account_id, with_for_update=True)
            if is_closed(account):
                return None
            half = half_session(session, row.id, now)
            factor = self._shown(session, account, typed, now)
            if factor is None:
                return None
            give_back(session, charged)
            self.forgive(session, account.person, client)
            return self._whole(session, half, account, client, now), factor

    def by_provider(
        self, person: str, client: Client, now: datetime, *, second_factor: bool
    ) -> Begun | None:
        """Begin a session because another provider has said who it is; None when the city has no
        such account, or it is disabled.

        Args:
            person: the officer's code.
            second_factor: whether the provider has seen one.
        """
        with self.store.begin() as session:
            account = session.scalar(select(Account).where(Account.person == person.casefold()))
            if account is None or is_closed(account):
                return None
            stage = Stage.SECOND if account.totp_at else Stage.ENROL
            if second_factor:
                stage, account.signed_in_at = Stage.WHOLE, now
            return begin_session(session, self.keeping, account, client, stage, Way.OIDC, now)

    def counted(self, step: Step, person: str, client: Client) -> Counted:
        """For whom an attempt on a login counts: for a device of the officer's own, or for all
        strangers and the network that they come from."""
        if client.known:
            return {Scope.DEVICE: self.keeping.of_client("device", step, person, client.known)}
        return {
            Scope.STRANGERS: self.keeping.of_client(step, person),
            Scope.CLIENT: self.keeping.of_client(client.network),
        }

    def forgive(self, session: Session, person: str, client: Client) -> None:
        """Somebody was right to the end: the counts of all steps begin anew."""
        for step in Step:
            forgive(session, self.counted(step, person, client))

    def _shown(
        self, session: Session, account: Account, typed: str, now: datetime
    ) -> Factor | None:
        if account.totp is not None and account.totp_at is not None:
            secret = bytes.fromhex(self.keeping.open(account.totp)["secret"])
            step = totp.accepted(secret, "".join(typed.split()), now, account.totp_step)
            if step is not None:
                account.totp_step = step
                return Factor.APPLICATION
        digest = self.keeping.of_code(account.id, totp.typed_recovery_code(typed))
        used = session.execute(
            update(RecoveryCode)
            .where(
                RecoveryCode.account_id == account.id,
                RecoveryCode.digest == digest,
                RecoveryCode.used_at.is_(None),
            )
            .values(used_at=now)
            .returning(RecoveryCode.digest)
        )
        return Factor.PAPER if used.first() is not None else None

    def _whole(
        self, session: Session, half: WebSession, account: Account, client: Client, now: datetime
    ) -> Begun:
        """A new session in the place of the one that was half-way."""
        way = Way(half.way)
        session.delete(half)
        account.signed_in_at = now
        return begin_session(session, self.keeping, account, client, Stage.WHOLE, way, now)
