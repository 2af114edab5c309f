"""The entrypoints by which documents are had: bills, receipts, notices, certificates as PDF."""

import base64
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.errors import Forbidden
from palika.roles import NOBODY, STAFF
from palika.rpc import rpc
from palika.service import Service
from services.tax.commands.certify import certify
from services.tax.documents import Document, document_pdf, file_name
from services.tax.documents.keys import seal
from services.tax.documents.vouching import Verdict
from services.tax.models import Bill, Certificate, Notice, Payment, Property
from services.tax.queries import documents
from services.tax.queries.kept import kept_of
from services.tax.queries.own_documents import documents_of
from services.tax.schemas.papers import (
    Certifying,
    KeptOf,
    OwnDocuments,
    Verifying,
    Wanted,
    WantedByLink,
)

_EVERYBODY = STAFF | {"citizen", NOBODY}


class Papers(Service):
    """Gives documents, and says whether one is genuine."""

    @rpc(Wanted, roles=STAFF)
    def document(self, args: dict[str, Any]) -> dict[str, Any]:
        """A document by its number, as PDF in base64, with the number of its property."""
        with self.db.begin() as session:
            found, language, of = _document(session, args["kind"], args["number"])
        told = _answer(args["kind"], args["number"], found, args["language"] or language)
        return told | {"property_number": of}

    # Who has the link has the document already.
    @rpc(WantedByLink, roles=_EVERYBODY)
    def document_by_link(self, args: dict[str, Any]) -> dict[str, Any]:
        """A document by the link that is on it, as PDF in base64."""
        told = seal().verify(args["link"])
        if told.document is None:
            raise Forbidden(f"no document: {told.why_not}")
        kind, number = told.document.kind, told.document.number
        with self.db.begin() as session:
            found, language, _ = _document(session, kind, number)
        return _answer(kind, number, found, args["language"] or language)

    @rpc(Verifying, roles=_EVERYBODY)
    def verify(self, args: dict[str, Any]) -> dict[str, Any]:
        """Whether the document of a link is the city's, and what it vouches for."""
        told = seal().verify(args["link"])
        cancelled = withdrawn = False
        if told.document is not None and told.document.kind in ("receipt", "no-dues"):
            with self.db.begin() as session:
                if told.document.kind == "receipt":
                    cancelled = documents.is_cancelled(session, told.document.number)
                else:
                    withdrawn = documents.is_withdrawn(session, told.document.number)
        return _verdict(told) | {"cancelled": cancelled, "withdrawn": withdrawn}

    # The portal, or another service, has made sure of the number by a one-time code.
    @rpc(OwnDocuments, roles={"service"})
    def documents_of(self, args: dict[str, Any]) -> dict[str, Any]:
        """An owner's bills, receipts, notices and certificates, with the links that give them."""
        with self.db.begin() as session:
            return documents_of(session, args, seal(), datetime.now(UTC))

    @rpc(KeptOf, roles={"service"})
    def kept_of(self, args: dict[str, Any]) -> dict[str, Any]:
        """What is kept of who has proved a telephone number, and why none of it is erased."""
        with self.db.begin() as session:
            return kept_of(session, args["phone"])

    @rpc(Certifying, roles=STAFF)
    def certify(self, args: dict[str, Any]) -> dict[str, Any]:
        """Issue a no-dues certificate, if nothing is owed."""
        with self.db.begin() as session:
            made = certify(session, self.caller.identity, args, datetime.now(UTC))
        return {
            "number": made.number,
            "property_id": str(made.property_id),
            "paid_to": made.paid_to,
            "issued_on": made.issued_on.isoformat(),
            "valid_until": made.valid_until.isoformat(),
        }


def _document(session: Session, kind: str, number: str) -> tuple[Document, str, str | None]:
    """The document, its owner's language and the number of its property, if it is known whose.
    Raises NotFound: there is none."""
    found: Document
    if kind == "bill":
        row = documents.numbered(session, Bill, Bill.number, number, kind)
        found = documents.bill_document(session, row)
    elif kind == "receipt":
        row = documents.numbered(session, Payment, Payment.receipt_number, number, kind)
        found = documents.receipt_document(session, row)
    elif kind == "notice":
        row = documents.numbered(session, Notice, Notice.number, number, kind)
        found = documents.notice_document(session, row)
    else:
        row = documents.numbered(session, Certificate, Certificate.number, number, "certificate")
        found = documents.certificate_document(session, row)
    owed = session.get(Property, row.property_id)
    return (found, owed.language, owed.number) if owed is not None else (found, "mr", None)


def _answer(kind: str, number: str, document: Document, language: str) -> dict[str, Any]:
    content = document_pdf(document, language, seal())
    return {
        "kind": kind,
        "number": number,
        "language": language,
        "file": file_name(number),
        "content_type": "application/pdf",
        "content_base64": base64.b64encode(content).decode(),
    }


def _verdict(told: Verdict) -> dict[str, Any]:
    document = told.document
    return {
        "genuine": told.genuine,
        "why_not": told.why_not or None,
        "document": document
        and {
            "kind": document.kind,
            "number": document.number,
            "issued_on": document.issued_on.isoformat(),
            "amount_paise": document.amount_paise,
        },
    }
