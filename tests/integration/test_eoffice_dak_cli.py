"""``palika eoffice diarise``, ``receipts`` and ``pending``, as a registry types them."""

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session, sessionmaker

from tests.support import commands
from tests.support.attachments import photo
from tests.support.commands import PYTHONPATH
from tests.support.eoffice import emptied
from tests.support.eoffice_databases import database
from tests.support.papers import encrypted, pdf

__all__ = ["database"]

LETTER = ("--by", "registry-clerk", "--sender", "आशा पाटील", "--subject", "खड्डे")


@pytest.fixture
def run(database: sessionmaker[Session], tmp_path: Path) -> Callable[..., tuple[int, Any]]:
    """Run a command; gives its status, and its JSON or its errors."""
    url = emptied(database).kw["bind"].url.set(drivername="postgresql")
    keys = tmp_path / "keys"
    keys.write_bytes(base64.b64encode(b"0" * 32) + b"\n")
    environment = os.environ | {
        "EOFFICE_DATABASE_URL": url.render_as_string(hide_password=False),
        "PALIKA_EOFFICE_KEYS": str(keys),
        "PALIKA_PAPERS_URL": f"file://{tmp_path}/papers",
        "PYTHONPATH": PYTHONPATH,
    }

    def running(*arguments: str, as_json: bool = True) -> tuple[int, Any]:
        more = ("--json",) if as_json else ()
        done = commands.run(["eoffice", *arguments, *more], environment)
        if done.returncode == 0 and as_json:
            return 0, json.loads(done.stdout)
        return done.returncode, done.stderr if done.returncode else done.stdout

    return running


def test_a_scanned_letter_is_diarised_listed_and_counted(run, tmp_path):
    scan, more = tmp_path / "letter.jpg", tmp_path / "map.pdf"
    scan.write_bytes(photo())
    more.write_bytes(pdf(2))
    status, made = run("diarise", str(scan), str(more), *LETTER, "--category", "rti")
    assert (status, made["number"][:7], made["category"]) == (0, "DAK/CR/", "rti")
    assert len(list((tmp_path / "papers").rglob("*.pdf"))) == 2
    status, found = run("receipts", "--by", "registry-clerk", "--filter", "category=rti")
    assert (status, [each["number"] for each in found]) == (0, [made["number"]])
    status, (waiting,) = run("pending", "--by", "commissioner", "--per", "office")
    assert (status, waiting["office"], waiting["pending"]) == (0, "cr", 1)
    status, shown = run("pending", "--by", "commissioner", as_json=False)
    assert (status, "registry-clerk" in shown) == (0, True)


def test_the_sender_is_given_a_slip_in_both_languages(run, tmp_path):
    _, made = run("diarise", *LETTER, "--category", "rti", "--received-on", "2026-07-01")
    target = tmp_path / "slip.pdf"
    status, said = run("acknowledge", made["number"], str(target), "--by", "registry-clerk")
    assert (status, said["number"]) == (0, made["number"])
    (page,) = PdfReader(target).pages
    told = " ".join(page.extract_text().split())
    assert f"Diary number {made['number']}" in told
    assert "Received on 01-07-2026" in told
    assert "Application under the RTI Act" in told
    assert "Answer due by 31-07-2026" in told
    assert told.count(made["number"]) == 4
    status, said = run("acknowledge", "DAK/CR/2026/00099", str(target), "--by", "registry-clerk")
    assert (status, "there is no receipt" in said) == (1, True)


def test_what_is_told_is_told_in_either_language(run, tmp_path):
    letter = (*LETTER, "--ref", "AP/7", "--dated", "01-07-2026")
    _, first = run("diarise", *letter)
    status, said = run("diarise", *letter, "--shown-in", "en", as_json=False)
    warned = f"Warning: this may be the same letter as {first['number']}"
    assert (status, warned in said) == (0, True)
    status, said = run("diarise", *letter, as_json=False)
    assert (status, "सावधान: हेच पत्र आधी नोंदवलेले असू शकते" in said) == (0, True)
    assert len(run("diarise", *letter)[1]["alike"]) == 3
    asked = ("acknowledge", first["number"], str(tmp_path / "slip.pdf"), "--by", "registry-clerk")
    for language, told in (("en", "slip written: "), ("mr", "पोच लिहिली: ")):
        status, said = run(*asked, "--language", language, as_json=False)
        assert (status, told in said) == (0, True)


def test_an_email_is_diarised_as_it_came(run, tmp_path):
    mail = tmp_path / "a.eml"
    mail.write_bytes(b"From: Asha <a@b.in>\r\nSubject: Water\r\n\r\nNo water.\r\n")
    status, made = run("diarise", str(mail), "--by", "registry-clerk")
    assert (status, made["subject"], made["sender_name"]) == (0, "Water", "Asha")
    status, said = run("diarise", str(mail), *LETTER)
    assert (status, "diarised alone" in said) == (2, True)


def test_what_is_wrong_is_said_and_nothing_is_diarised(run, tmp_path):
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(encrypted())
    status, said = run("diarise", str(bad), *LETTER)
    assert (status, "bad.pdf: is encrypted" in said) == (1, True)
    status, said = run("diarise", *LETTER, "--secrecy", "very")
    assert (status, "secrecy: must be one of: normal" in said) == (2, True)
    status, said = run("diarise", "--by", "nobody", *LETTER[2:])
    assert (status, "neither a person nor a post" in said) == (1, True)
    assert run("receipts", "--by", "registry-clerk") == (0, [])
    status, said = run("receipts", "--by", "registry-clerk", "--filter", "x")
    assert (status, "NAME=VALUE" in said) == (2, True)


def test_a_receipt_is_corrected_taken_to_the_right_file_and_a_page_struck_out(run):
    who = ("--by", "registry-clerk")
    _, made = run("diarise", *LETTER)
    why = ("--reason", "Typed wrongly")
    status, said = run("correct", made["number"], "--subject", "Lamps", *why, *who)
    assert (status, said["subject"]) == (0, "Lamps")
    status, said = run(
        *("correct", made["number"], "--category", "court", *why, *who, "--language", "en"),
        as_json=False,
    )
    assert (status, said) == (0, f"{made['number']}: corrected\n")
    status, said = run("correct", made["number"], "--secrecy", "secret", *why, *who)
    assert (status, "--secrecy is not of this kind" in said) == (2, True)
    status, said = run("refile", made["number"], "ROADS/EST/GENERAL/2026/0001", *why, *who)
    assert (status, "there is no file" in said) == (1, True)
    status, said = run("strike", "ROADS/EST/GENERAL/2026/0001", "1", *why, *who)
    assert (status, "there is no file" in said) == (1, True)
