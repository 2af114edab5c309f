"""Everything there is, or one file."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from palika.database import is_busy, is_outage
from palika.errors import Unavailable
from palika.store import Store
from services.eoffice.domain.reading import chain_of
from services.eoffice.models import (
    Act,
    Chain,
    Derived,
    File,
    Receipt,
    Root,
    WeedingFile,
    WeedingReceipt,
)
from services.eoffice.sealing.keys import Keys
from services.eoffice.sealing.record import RECORD, WEEDED
from services.eoffice.sealing.verify.chains import verify_chains
from services.eoffice.sealing.verify.derived import DERIVED
from services.eoffice.sealing.verify.events import verify_events
from services.eoffice.sealing.verify.finding import Finding, How, Progress, silent
from services.eoffice.sealing.verify.one import verify_one
from services.eoffice.sealing.verify.papers import verify_papers
from services.eoffice.sealing.verify.roots import verify_roots, without_root
from services.eoffice.sealing.verify.rows import kinds, verify_rows
from services.eoffice.sealing.verify.signatures import SIGNATURES, verify_signatures
from services.eoffice.unreadable import tolerant

_log = logging.getLogger(__name__)
_LONGEST = 500
"""So many letters of an error are told."""


@dataclass
class Verified:
    """What was looked at, and what was found.

    Attributes:
        rows: by table, how many rows were read.
        root: the last signed root; 0: there is none.
        rooted_at: when it was signed; None: there is none, or its moment cannot be read.
        unrooted: so many acts are under no root yet: of their being there, only chains tell.
        signatures: how many of officers' signatures were checked.
        begun: whether the record was begun; it is in the service's first minute.
        weeded: so many rows are not there because they were weeded, by lists that were approved.
    """

    rows: dict[str, int] = field(default_factory=dict)
    root: int = 0
    rooted_at: datetime | None = None
    unrooted: int = 0
    signatures: int = 0
    weeded: int = 0
    found: int = 0
    begun: bool = True


def verify(
    session: Session,
    keys: Keys,
    tell: Callable[[Finding], None],
    *,
    published: Mapping[int, Collection[str]] | None = None,
    only: UUID | None = None,
    progress: Progress = silent,
    store: Store | None = None,
) -> Verified:
    """Look whether anything was changed, removed or inserted behind the service's back.

    All is read as of one moment, while the service goes on, and with little memory however much
    there is. What cannot be found: what was taken back at the end, with all that was done anywhere
    since, by somebody who put every row back to a state that it had had, with its chain and the
    roots since; and drafts put back to what they had been. What somebody has written who has the
    keys too is found by roots that were kept elsewhere (``published``) alone.

    Args:
        session: at the beginning of a transaction.
        tell: called with each finding, as it is found.
        published: by position, the signatures (hexadecimal) of roots that were kept elsewhere, all
            that there are.
        only: this file alone.
        progress: told what is being read.
        store: of papers, to read their bytes too, and the signatures in letters; None: they are
            not looked at.

    Raises:
        Unavailable: the store does not answer.
        TypeError: a table is of no kind (see ``models.base``).
    """
    done = Verified()

    def counting(stage: str, count: int) -> None:
        if stage == WEEDED:
            done.weeded = count
        elif stage == SIGNATURES:
            done.signatures = count
        else:
            done.rows[stage] = count
        progress(stage, count)

    def told(finding: Finding) -> None:
        done.found += 1
        tell(finding)

    tables = kinds()
    as_of_one_moment(session)
    done.root = session.scalar(select(Root.position).order_by(Root.position.desc())) or 0
    with tolerant(session):
        done.begun = _begun(session)
        done.rooted_at, done.unrooted = _last_rooted(session)
        stage = partial(_stage, session, told)
        doubtful: set[int] = set()
        roots = verify_roots(session, keys, published or {}, counting)
        stage("roots", _noting(roots, doubtful))
        stage("roots of acts", without_root(session, only))
        stage("chains", verify_chains(session, keys, doubtful, counting, only))
        if only is not None:
            stage("readings", verify_chains(session, keys, doubtful, silent, chain_of(only)))
            stage("rows", verify_one(session, keys, only))
        else:
            stage("record", unbegun(session))
            stage("rows", verify_rows(session, keys, counting))
            stage("files", without_file(session))
            stage("weeding", without_approval(session))
            stage("events", verify_events(session, counting))
            for table, kind in tables.items():
                if issubclass(kind, Derived):
                    stage(table, DERIVED[table](session))
        if store is not None:
            stage("papers", verify_papers(session, store, counting, only))
        stage("signatures", verify_signatures(session, store, counting, only))
    return done


def _stage(
    session: Session, tell: Callable[[Finding], None], name: str, findings: Iterator[Finding]
) -> None:
    """Tell what a stage finds. What it cannot read ends it and no other, and is told too.

    Raises:
        Unavailable: the store does not answer.
        DBAPIError: the database does not.
    """
    try:
        # What PostgreSQL refuses ends the transaction, if no savepoint is before it.
        with session.begin_nested():
            for each in findings:
                tell(each)
    except Unavailable:
        raise
    except Exception as error:
        if isinstance(error, DBAPIError) and (is_outage(error) or is_busy(error)):
            raise
        _log.warning("verification: %s could not be finished", name, exc_info=True)
        why = f"this could not be read to its end: {type(error).__name__}: {error}"
        tell(Finding(How.UNREAD, f"stage:{name}", why[:_LONGEST]))


def _noting(findings: Iterator[Finding], doubtful: set[int]) -> Iterator[Finding]:
    """The same findings; the roots that they name are then among the doubtful."""
    for each in findings:
        doubtful.add(int(each.row.partition(":")[2]))
        yield each


def unbegun(session: Session) -> Iterator[Finding]:
    """The record was begun by an act, before its first root was signed; it is missed if there is a
    root, or a chain that says it is under one.

    The service begins it in its first minute, and there are acts before that: that of the
    organisation, those of who was faster. They are no finding.
    """
    if not _begun(session) and _rooted(session):
        why = "the act that began the record is not there"
        yield Finding(How.REMOVED, f"chain:{RECORD}", why)


def without_file(session: Session) -> Iterator[Finding]:
    """Chains of files that there never were; a file that was removed is missed by its acts."""
    told = select(Act.position).where(
        Act.chain_id == Chain.id, Act.rows.has_key(func.concat("file:", Chain.id))
    )
    there = select(File.id).where(File.id == Chain.id)
    chains = select(Chain.id).where(Chain.kind == "file", ~there.exists(), ~told.exists())
    for chain in session.scalars(chains.order_by(Chain.id)):
        yield Finding(How.INSERTED, f"chain:{chain}", "there is no such file, and never was")


def without_approval(session: Session) -> Iterator[Finding]:
    """Acts that weeded a file, or a receipt, which no list says was approved."""
    files = select(WeedingFile.file_id).where(WeedingFile.state == "approved")
    alone = select(WeedingReceipt.receipt_id).where(WeedingReceipt.state == "approved")
    # A receipt that is in a file is weeded with that.
    filed = select(Receipt.id).where(Receipt.id == Act.chain_id, Receipt.file_id.in_(files))
    approved = {
        "file": files.where(WeedingFile.file_id == Act.chain_id).exists(),
        "receipt": or_(
            alone.where(WeedingReceipt.receipt_id == Act.chain_id).exists(), filed.exists()
        ),
    }
    for kind, by_list in approved.items():
        acts = (
            select(Act.chain_id, Act.position)
            .join(Chain, Chain.id == Act.chain_id)
            .where(Act.verb == WEEDED, Chain.kind == kind, ~by_list)
        )
        for chain, position in session.execute(acts):
            name = f"act:{chain},{position}"
            yield Finding(How.CHANGED, name, f"it weeded a {kind}, and no list was approved")


def _last_rooted(session: Session) -> tuple[datetime | None, int]:
    last = session.scalar(select(Root.made_at).order_by(Root.position.desc()).limit(1))
    left = session.scalar(select(func.sum(Chain.length - Chain.rooted)))
    # Somebody may have written anything there.
    return (last if isinstance(last, datetime) else None), int(left or 0)


def _rooted(session: Session) -> bool:
    signed = select(Root.position).limit(1)
    under = select(Chain.id).where(Chain.rooted > 0).limit(1)
    return session.scalar(signed) is not None or session.scalar(under) is not None


def _begun(session: Session) -> bool:
    return session.scalar(select(Chain.id).where(Chain.id == RECORD)) is not None


def as_of_one_moment(session: Session) -> None:
    """Let the transaction, which begins here, see nothing that is committed later, nor write."""
    session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
