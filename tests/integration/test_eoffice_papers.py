"""Papers of receipts, and e-mails whose attachments become papers."""

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.store import Folder
from services.eoffice.commands import tend_papers
from services.eoffice.commands.diarise_mail import Diarised, diarise_mail
from services.eoffice.commands.keep_paper import keep_paper
from services.eoffice.commands.tend_papers import Looked, read_again, read_texts, sweep_papers
from services.eoffice.models import Paper, PaperText
from services.eoffice.organisation_store import current
from services.eoffice.papers import keep_piece
from services.eoffice.queries import kept_papers as papers
from services.eoffice.schemas import receipts as schemas
from tests.support.eoffice import CLERK, NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.papers import pdf, with_script
from tests.support.receipts import REGISTRY, Desk

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def desk(sessions: sessionmaker[Session]) -> Desk:
    return Desk(sessions)


@pytest.fixture
def keep(sessions: sessionmaker[Session], store: Folder) -> Callable[..., Paper]:
    def kept(who: Identity = REGISTRY, content: bytes = b"", **said: Any) -> Paper:
        carried = base64.b64encode(content or pdf()).decode()
        asked = {"name": "scan.pdf", "content_base64": carried, **said}
        return keep_paper(sessions.begin, store, who, schemas.KeepingPaper().load(asked), NOW)

    return kept


# ---- papers


def test_its_papers_are_shown_in_order_and_belong_to_it_alone(desk, keep):
    first, second = keep(name="letter"), keep(name="map", content=pdf(3))
    receipt = desk.diarise(papers=[str(first.id), str(second.id)])
    shown = desk.get(receipt, "registry-clerk")["papers"]
    assert [(each["name"], each["pages"]) for each in shown] == [("letter", 1), ("map", 3)]
    with pytest.raises(Conflict, match="of a receipt already"):
        desk.diarise(papers=[str(first.id)])
    with pytest.raises(Invalid, match="roads-clerk has kept no paper"):
        desk.diarise(CLERK, papers=[str(keep().id)])


def test_two_who_diarise_one_paper_at_once_do_not_both_get_it(desk, keep):
    paper = keep()

    def diarised(_: int) -> str:
        try:
            return desk.diarise(papers=[str(paper.id)]).number
        except Conflict as error:
            return error.message

    with ThreadPoolExecutor(4) as pool:
        made = sorted(pool.map(diarised, range(4)))
    assert made == ["DAK/CR/2026/00001", *[f"paper {paper.id} is of a receipt already"] * 3]


def test_a_paper_that_is_sent_twice_is_kept_once(keep, sessions):
    key = str(uuid4())
    assert keep(id=key).id == keep(id=key).id
    with pytest.raises(Conflict, match="received_sha256"):
        keep(id=key, content=pdf(2))
    with sessions() as session:
        assert session.execute(text("SELECT count(*) FROM paper")).scalar_one() == 1


def test_a_paper_is_read_by_who_may_read_its_receipt(desk, keep, store):
    content = pdf(5)
    paper = keep(content=content)
    desk.diarise(secrecy="secret", papers=[str(paper.id)])
    with desk.sessions() as session:
        posts = current(session).posts
        with pytest.raises(NotFound):
            papers.find(session, posts["roads-je"], paper.id)
        for post in ("registry-clerk", "commissioner"):
            found = papers.find(session, posts[post], paper.id)
    read, start = b"", 0
    while start is not None:
        part = papers.part(store, found, {"start": start, "length": 1_000})
        read, start = read + base64.b64decode(part["content_base64"]), part["next"]
    assert read == content


def test_who_speaks_for_no_post_keeps_nothing(keep, store):
    with pytest.raises(Forbidden):
        keep(Identity.of("officer:nobody", "officer"))
    assert list(store.pages()) == []


def test_the_text_of_papers_is_read_once_and_written_down(desk, keep, sessions, store):
    paper = keep(content=pdf(2, lambda page: f"Ward {page} of Pune"))
    broken = keep(content=pdf(7))
    _overwrite(store, broken.key, b"%PDF-1.7 no more")
    read = lambda: read_texts(sessions.begin, store, lambda: NOW, lambda: False)  # noqa: E731
    assert (read(), read()) == (2, 0)
    with sessions() as session:
        found = session.get(PaperText, paper.id)
        assert (found.pages, found.cut) == (["Ward 1 of Pune", "Ward 2 of Pune"], False)
        assert session.get(PaperText, broken.id).pages == []
    assert desk.verbs(paper.id) == ["kept", "read"]


def _overwrite(store, key: str, content: bytes) -> None:
    store.delete([key])
    store.put(key, content, "application/pdf")


def test_a_paper_that_the_store_has_not_for_a_while_is_read_when_it_is_back(keep, sessions, store):
    content, looked = pdf(1, lambda page: "Ward 1 of Pune"), Looked()
    lost, never = keep(content=content), keep(content=pdf(7))
    store.delete([lost.key, never.key])

    def read(days: int, hours: float = 0) -> int:
        at = NOW + timedelta(days=days, hours=hours)
        return read_texts(sessions.begin, store, lambda: at, lambda: False, looked)

    assert read(30) == 0
    store.put(lost.key, content, "application/pdf")
    # It is left alone for a while; then found again, however long ago it was added.
    assert (read(30, 0.5), read(30, 1), read(30, 1)) == (0, 1, 0)
    with sessions() as session:
        assert session.get(PaperText, lost.id).pages == ["Ward 1 of Pune"]
        assert session.get(PaperText, never.id) is None
    assert looked.put_off.keys() == {never.id}


def test_a_paper_under_no_key_of_a_store_holds_back_no_other(keep, sessions, store):
    odd, good = keep(content=pdf(1)), keep(content=pdf(2))
    with sessions.begin() as session:
        session.execute(text("UPDATE paper SET key = '../x' WHERE id = :id"), {"id": odd.id})
    assert read_texts(sessions.begin, store, lambda: NOW, lambda: False) == 1
    with sessions() as session:
        assert session.get(PaperText, odd.id) is None
        assert session.get(PaperText, good.id) is not None


def test_papers_that_could_not_be_read_are_read_again_when_asked(
    desk, keep, sessions, store, monkeypatch
):
    monkeypatch.setattr(tend_papers, "_AT_ONCE", 2)
    content = pdf(1, lambda page: "Ward 1 of Pune")
    whole, broken, lost, read = (keep(content=each) for each in (content, pdf(7), pdf(8), pdf(2)))
    for each in (whole, broken, lost):
        _overwrite(store, each.key, b"%PDF-1.7 no more")
    for _ in range(4):
        read_texts(sessions.begin, store, lambda: NOW, lambda: False)
    _overwrite(store, whole.key, content)
    store.delete([lost.key])
    again = lambda: read_again(sessions.begin, store, lambda: NOW)  # noqa: E731
    assert (again(), again()) == (1, 0)
    with sessions() as session:
        assert session.get(PaperText, whole.id).pages == ["Ward 1 of Pune"]
        assert session.get(PaperText, broken.id).pages == []
    assert desk.verbs(whole.id) == ["kept", "read", "read"]
    assert desk.verbs(read.id) == desk.verbs(broken.id) == ["kept", "read"]


def test_papers_that_wait_for_months_are_read_when_the_reader_is_back(keep, sessions, store):
    old, looked = keep(), Looked()
    now = lambda: NOW + timedelta(days=90)  # noqa: E731
    read = lambda: read_texts(sessions.begin, store, now, lambda: False, looked)  # noqa: E731
    assert (read(), read()) == (1, 0)
    with sessions() as session:
        assert session.get(PaperText, old.id) is not None
    # Known now: nothing that is so old is left, and no later look goes back to it.
    assert looked.since == now() - timedelta(days=3)


def test_a_reader_that_finds_no_store_goes_back_to_where_papers_are_left(keep, sessions, store):
    looked = Looked(NOW - timedelta(days=3))
    left = keep()
    never = lambda: True  # noqa: E731
    for days in (0, 30):
        now = lambda days=days: NOW + timedelta(days=days)  # noqa: E731
        assert read_texts(sessions.begin, store, now, never, looked) == 0
    assert looked.since <= left.added_at
    assert read_texts(sessions.begin, store, now, lambda: False, looked) == 1


def test_new_papers_do_not_wait_until_all_old_ones_are_read(keep, sessions, store, monkeypatch):
    monkeypatch.setattr(tend_papers, "_AT_ONCE", 4)
    kept = [keep(content=pdf(1, lambda page, at=at: f"Paper {at}")).id for at in range(8)]
    assert read_texts(sessions.begin, store, lambda: NOW, lambda: False) == 4
    with sessions() as session:
        read = [session.get(PaperText, each) is not None for each in kept]
    assert read == [True, True, False, False, False, False, True, True]


def test_what_is_no_paper_is_swept_away_when_its_day_is_over(keep, sessions, store):
    paper, piece = keep(), keep_piece(store, b"%PDF", NOW)
    assert sweep_papers(sessions.begin, store, NOW).unused == 0
    assert sweep_papers(sessions.begin, store, NOW + timedelta(days=3)).unused == 1
    assert store.get(paper.key).startswith(b"%PDF")
    with pytest.raises(NotFound):
        store.get(piece)


# ---- e-mails

MANY_PARTS = (
    b"From: a@b.in\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"--b\r\n\r\n" * 300
    + b"--b--"
)


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "आशा पाटील <asha@example.org>"
    message["Subject"] = "पाणी येत नाही"
    message["Message-ID"] = "<1@example.org>"
    message["Date"] = "Tue, 30 Jun 2026 23:00:00 +0000"
    for name, value in headers.items():
        del message[name]
        message[name] = value
    message.set_content("चार दिवस पाणी नाही.\n")
    message.add_alternative("<p>चार दिवस <b>पाणी</b> नाही.</p><script>x</script>", subtype="html")
    return message


@pytest.fixture
def take(sessions: sessionmaker[Session], store: Folder) -> Callable[..., Diarised]:
    def taken(message: EmailMessage | bytes, who: Identity = REGISTRY, **said: Any) -> Diarised:
        content = message if isinstance(message, bytes) else message.as_bytes()
        asked = {"content_base64": base64.b64encode(content).decode(), **said}
        loaded = schemas.DiarisingMail().load(asked)
        return diarise_mail(sessions.begin, store, who, loaded, NOW)

    return taken


def test_an_email_is_diarised_with_what_is_attached(desk, take):
    message = mail()
    message.add_attachment(pdf(2), maintype="image", subtype="png", filename="नकाशा.pdf")
    message.add_attachment(with_script(), maintype="application", subtype="pdf", filename="b.pdf")
    message.add_attachment(b"PK", maintype="application", subtype="zip", filename="c.zip")
    done = take(message, category="complaint")
    receipt = done.receipt
    assert (receipt.sender_name, receipt.sender_email) == ("आशा पाटील", "asha@example.org")
    assert (receipt.subject, receipt.body) == ("पाणी येत नाही", "चार दिवस पाणी नाही.")
    assert (receipt.dated, receipt.number) == (date(2026, 7, 1), "DAK/CR/2026/00001")
    shown = desk.get(receipt, "registry-clerk")["papers"]
    assert [(each["name"], each["pages"]) for each in shown] == [
        *(("नकाशा.pdf", 2), ("original.eml", 0))
    ]
    assert sorted(done.left_out) == ["b.pdf", "c.zip"]
    assert desk.verbs(receipt.id) == ["diarised", "left_out"]
    # Whoever reads the receipt later is told too.
    assert desk.get(receipt, "registry-clerk")["left_out"] == done.left_out


def test_the_same_email_is_diarised_once(take):
    assert take(mail()).receipt.id == take(mail()).receipt.id
    with pytest.raises(Conflict, match="registry-clerk has diarised this e-mail as DAK/CR"):
        take(mail(), CLERK)


def test_an_email_of_html_alone_says_what_is_shown_of_it(take):
    message = EmailMessage()
    message["From"] = "a@b.in"
    message["Subject"] = "a" * 900
    message.set_content("<style>p{}</style><p>One</p><p>Two &amp; three</p>", subtype="html")
    done = take(message)
    receipt = done.receipt
    assert done.left_out == {"the end of the subject": "(900 characters, of which 500 are kept)"}
    assert receipt.body == "One\nTwo & three"
    assert (len(receipt.subject), receipt.subject[-1]) == (500, "…")


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"hello", "no e-mail"),
        (pdf(), "no e-mail"),
        (b"From: \r\n\r\nx", "no e-mail"),
        (
            b"From: a@b.in\r\n"
            + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
            + b"--b\r\n\r\n" * 300,
            "parts",
        ),
    ],
)
def test_what_is_no_email_is_refused(take, content, rule):
    with pytest.raises(Invalid, match=rule):
        take(content)


@pytest.mark.parametrize(
    "content",
    [
        b"From: a@b.in\r\nX: y\r\n\r\n",
        b"From: a@b.in\r\nDate: never\r\nContent-Type: text/plain; charset=none\r\n\r\n\xff",
        b'From: =?x?q?\xff?=\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b--',
        b"From: a@b.in\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
    ],
)
def test_of_a_broken_email_is_diarised_what_can_be_read(take, content):
    assert take(content).receipt.subject == "(no subject)"


def test_another_mail_with_the_same_message_id_is_not_taken_for_the_same(take):
    first = take(mail()).receipt
    assert take(mail()).receipt.number == first.number
    with pytest.raises(Conflict, match=f"as {first.number}; it differs in subject") as refused:
        take(mail(Subject="गटार तुंबले"))
    assert refused.value.details == {"number": first.number, "differs": ["subject"]}
