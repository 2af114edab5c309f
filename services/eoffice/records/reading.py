"""Checking an archive before anything of it is believed: its bag, its document, its record."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography import x509
from marshmallow import ValidationError
from sqlalchemy import inspect

from palika.errors import Invalid
from palika.text import UNSTORABLE
from services.eoffice.domain.chaining import START, Deed, digest
from services.eoffice.domain.receipts import MAIL
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.papers import check_mail
from services.eoffice.papers.apart import ask
from services.eoffice.records.bag import MANIFEST, BadBag, Progress, check_bag, sha256_of, silent
from services.eoffice.records.document import FORMAT, SEALED, VERSION
from services.eoffice.records.format import Document
from services.eoffice.records.page import page
from services.eoffice.records.signature import check_signature
from services.eoffice.records.standing import Standing, Trust, of_another, standing
from services.eoffice.records.writing import (
    FILE,
    FONTS,
    INDEX,
    README,
    SCHEMA,
    SHEETS,
    data_of,
)
from services.eoffice.sealing.keys import Keys
from services.eoffice.sealing.record import GONE, WEEDED
from services.eoffice.sealing.verify.rows import models
from services.eoffice.signing.cms import check_detached

_MOST_DOCUMENT = 256 * 1024 * 1024
_ALWAYS = {FILE, INDEX, SCHEMA, README, *SHEETS.values()}
CHECKED, UNKNOWN = "checked", "key not known"
"""What is said of the codes of an archive's acts: they are made with a key that is known here, and
right; or with another office's."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of an archive; ``path`` is below its ``data/``."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Checked:
    """An archive that is whole.

    Attributes:
        sha256: of its manifest.
        codes: ``CHECKED`` or ``UNKNOWN``.
        standing: by whom it is signed, and whether that is known here.
        notices: what a reader should know, though it is no fault.
    """

    document: Mapping[str, Any]
    sha256: str
    parts: Sequence[Part]
    codes: str
    standing: Standing
    notices: Sequence[str] = field(default_factory=list)

    @property
    def id(self) -> UUID:
        """The file's own."""
        return UUID(self.document["file"]["id"])

    @property
    def number(self) -> str:
        """The file's number."""
        number: str = self.document["file"]["number"]
        return number

    @property
    def secrecy(self) -> Secrecy:
        """The file's grade."""
        return Secrecy[self.document["file"]["secrecy"].upper()]


def check_archive(folder: Path, keys: Keys, trust: Trust, progress: Progress = silent) -> Checked:
    """Check everything: first the office's signature; then digests, document, rows against acts,
    acts against each other, officers' signatures, and each PDF as if it had been handed in.

    Args:
        folder: of the archive.
        keys: of this office's record.
        trust: whose signature counts besides.
        progress: told what is looked at.

    Raises:
        Invalid: something is not as it was, or cannot be; names all of it. Or nobody that is known
            here has signed it (``standing``).
        OSError: the folder cannot be read.
    """
    digests, proved = _whole(folder, keys, trust, progress)
    data = data_of(folder)
    document = _document(data)
    # What follows trusts that the document is of its form; what it says is looked at here.
    wrong = list(_paths(document, digests))
    if wrong:
        raise refused(wrong)
    wrong += _head(document)
    if (why := of_another(document["origin"], proved)) is not None:
        wrong.append(f"{FILE}: origin: {why}")
    wrong += _rows(document)
    codes = UNKNOWN
    if not wrong:
        wrong += _acts(document)
    if not wrong:
        codes, mistakes = _codes(document, keys)
        wrong += mistakes
    wrong += _bytes(document, data, digests)
    if wrong:
        raise refused(wrong)
    for path in sorted(each for each in digests if each.endswith(".pdf")):
        progress(path)
        try:
            ask("check", data / path)
        except Invalid as error:
            wrong.append(f"{path}: {'; '.join(error.fields['content'])}")
    for path in sorted(each for each in digests if each.endswith(".eml")):
        progress(path)
        try:
            check_mail(data / path)
        except Invalid as error:
            wrong.append(f"{path}: {'; '.join(error.fields['content'])}")
    if wrong:
        raise refused(wrong)
    notices = [proved.notice] if proved.notice else []
    called = document["origin"]["en"]
    if proved.office and proved.office not in document["origin"].values():
        notices.append(f"it calls its office {called!r}; the city has listed {proved.office!r}")
    if (data / INDEX).read_bytes() != _page(document):
        notices.append(f"{INDEX} is not as this version writes it; {FILE} counts")
    if codes == UNKNOWN:
        notices.append("the acts' codes are made with a key that is not known here")
    parts = [Part(each, (data / each).stat().st_size, digests[each]) for each in sorted(digests)]
    return Checked(document, sha256_of(folder / MANIFEST), parts, codes, proved, notices)


def _whole(
    folder: Path, keys: Keys, trust: Trust, progress: Progress
) -> tuple[dict[str, str], Standing]:
    """The bag's digests, and how it is proved: before that nothing in it is looked at."""
    wrong: list[str] = []
    signed = None
    try:
        signed = check_signature(folder)
    except BadBag as error:
        wrong += error.wrong
    try:
        digests = check_bag(folder, progress)
    except BadBag as error:
        raise refused([*wrong, *error.wrong]) from error
    if wrong:
        raise refused(wrong)
    return digests, standing(folder, signed, keys, trust)


def _page(document: Mapping[str, Any]) -> bytes:
    """The page as this version writes it: what rows lack, or cannot say, comes out there."""
    from jinja2 import TemplateError

    try:
        return page(document).encode()
    except (LookupError, TypeError, ValueError, TemplateError) as error:
        raise refused([f"{FILE}: cannot be shown: {type(error).__name__}: {error}"]) from error


def refused(wrong: Sequence[str]) -> Invalid:
    """The error of an archive that is not taken."""
    return Invalid("the archive is not taken", {"archive": list(wrong)[:100]})


def _document(data: Path) -> dict[str, Any]:
    path = data / FILE
    if not path.is_file() or path.stat().st_size > _MOST_DOCUMENT:
        raise refused([f"{FILE}: is not there, or too large"])
    try:
        raw = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise refused([f"{FILE}: is no JSON ({error})"]) from error
    if not isinstance(raw, dict) or (raw.get("format"), raw.get("version")) != (FORMAT, VERSION):
        raise refused([f"{FILE}: is no {FORMAT} of version {VERSION}"])
    if found := next(_unstorable(raw), None):
        raise refused([f"{FILE}: has a text that cannot be stored: {found!a}"])
    try:
        Document().load(raw)
    except ValidationError as error:
        raise refused(list(_told(error.messages))) from error
    return raw


def _unstorable(said: Any) -> Iterator[str]:
    todo = [said]
    while todo:
        match todo.pop():
            case dict() as each:
                todo += [*each, *each.values()]
            case list() as each:
                todo += each
            case str() as each if UNSTORABLE.search(each):
                yield each[:100]


def _told(messages: Any, where: str = FILE) -> Iterator[str]:
    if isinstance(messages, dict):
        for key, value in messages.items():
            yield from _told(value, f"{where}: {key}")
    else:
        yield f"{where}: {' '.join(map(str, messages))}"


def _paths(document: Mapping[str, Any], digests: Mapping[str, str]) -> Iterator[str]:
    """All that the document names is there, and nothing that it does not name."""
    named = set(document["paths"].values())
    statements = {f"{each[:-4]}.json" for each in named if each.endswith(".cms")}
    for each in sorted((_ALWAYS | named | statements) - digests.keys()):
        yield f"{each}: is not there"
    for each in sorted(digests.keys() - _ALWAYS - named - statements):
        if not (each.startswith(f"{FONTS}/") and each.endswith(".ttf")):
            yield f"{each}: is nothing that an archive has"


def _head(document: Mapping[str, Any]) -> Iterator[str]:
    files = document["rows"]["file"]
    if len(files) != 1:
        yield f"{FILE}: has {len(files)} files"
        return
    row, said = files[0], document["file"]
    said = {**said, "secrecy": int(Secrecy[said["secrecy"].upper()])}
    for name, value in said.items():
        if row.get(name) != value:
            yield f"{FILE}: file: {name} is not that of its row"
    if row.get("state") != "closed":
        yield f"{FILE}: the file is not closed"
    chain = document["record"]["chains"][0]
    if (chain["id"], chain["kind"]) != (said["id"], "file"):
        yield f"{FILE}: the first chain is not the file's"


def _names(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each row with its name, as acts name it."""
    for table in SEALED:
        keys = [each.name for each in inspect(models()[table]).primary_key]
        for row in document["rows"][table]:
            yield f"{table}:{','.join(str(row.get(key)) for key in keys)}", row


def _rows(document: Mapping[str, Any]) -> Iterator[str]:
    """Each row is what the last act that touched it has written, and none is missing."""
    told: dict[str, list[Any]] = {}
    for chain in document["record"]["chains"]:
        for act in chain["acts"]:
            for name, state in act["rows"].items():
                if name.partition(":")[0] in SEALED:
                    # A row that was taken away and came again begins anew, in the same chain.
                    known = told.get(name)
                    later = known is None or known[2] == chain["id"] or state[0] > known[0]
                    if later:
                        told[name] = [*state, chain["id"]]
    there = set()
    for name, row in _names(document):
        if name in there:
            yield f"{FILE}: {name} is there twice"
        there.add(name)
        if name not in told:
            yield f"{FILE}: no act made {name}"
            continue
        rev, state, _ = told[name]
        try:
            same = (row.get("rev"), digest(row)) == (rev, state)
        except TypeError:
            same = False
        if not same:
            yield f"{FILE}: {name} is not what its last act has written"
    for name, (_, state, _) in told.items():
        if name not in there and state not in (GONE, WEEDED):
            yield f"{FILE}: {name} was written down and is not there"


def _acts(document: Mapping[str, Any]) -> Iterator[str]:
    seen = set()
    for chain in document["record"]["chains"]:
        if chain["id"] in seen:
            yield f"{FILE}: chain {chain['id']} is there twice"
        seen.add(chain["id"])
        positions = [each["position"] for each in chain["acts"]]
        if positions != list(range(1, len(positions) + 1)):
            yield f"{FILE}: the acts of chain {chain['id']} are not counted from 1 without a gap"
    macs = {each["position"]: each["mac"] for each in document["record"]["chains"][0]["acts"]}
    for each in document["record"]["roots"]:
        if macs.get(each["length"]) != each["head"]:
            yield f"{FILE}: root {each['root']} was signed over another act {each['length']}"


def _codes(document: Mapping[str, Any], keys: Keys) -> tuple[str, list[str]]:
    """Whether the codes were checked, and which are wrong."""
    wrong, known = [], True
    for chain in document["record"]["chains"]:
        before = START
        for each in chain["acts"]:
            key = keys.named(each["key"])
            known = known and key is not None
            code = bytes.fromhex(each["mac"])
            if key is not None and _deed(chain, each).code(key, before) != code:
                wrong.append(
                    f"{FILE}: act {each['position']} of chain {chain['id']} is not what was written"
                )
            before = code
    return (CHECKED if known else UNKNOWN), wrong


def _deed(chain: Mapping[str, Any], act: Mapping[str, Any]) -> Deed:
    # Moments are strings here already, in the one way in which they are written.
    return Deed(
        chain=chain["id"],
        kind=chain["kind"],
        **{name: act[name] for name in ("position", "verb", "at", "post", "person")},
        **{name: act[name] for name in ("capacity", "data", "rows")},
    )


def _bytes(document: Mapping[str, Any], data: Path, digests: Mapping[str, str]) -> Iterator[str]:
    """Papers, signatures and certificates are those that the rows speak of."""
    paths, rows = document["paths"], document["rows"]
    for each in rows["paper"]:
        path = paths.get(f"paper:{each.get('id')}")
        suffix = ".eml" if each.get("source") == MAIL else ".pdf"
        if path is None or digests[path].lower() != each.get("sha256"):
            yield f"{path or FILE}: is not the paper {each.get('id')}"
        elif not path.endswith(suffix):
            yield f"{path}: a paper of {each.get('source')} has another name"
    certificates = {}
    for each in document["certificates"]:
        name = each.get("fingerprint")
        path = paths.get(f"certificate:{name}")
        der = b"" if path is None else (data / path).read_bytes()
        if hashlib.sha256(der).hexdigest() != name or der.hex() != each.get("der"):
            yield f"{path or FILE}: is not the certificate {name}"
            continue
        try:
            certificates[name] = x509.load_der_x509_certificate(der)
        except ValueError:
            yield f"{path}: is no certificate"
    for each in rows["signature"]:
        path = paths.get(f"signature:{each.get('id')}", "")
        if not path.endswith(".cms"):
            yield f"{FILE}: the signature {each.get('id')} is nowhere"
            continue
        cms = (data / path).read_bytes()
        statement = (data / f"{path[:-4]}.json").read_bytes()
        if (cms.hex(), statement.hex()) != (each.get("cms"), each.get("statement")):
            yield f"{path}: is not the signature {each['id']}"
        elif each.get("certificate") not in certificates:
            yield f"{path}: its certificate is not there"
        elif why := check_detached(statement, cms, certificates[each["certificate"]]):
            yield f"{path}: does not count: {why}"
