"""Weeding and archives know every table that is of a file; bags stay in their folder."""

import pytest

from services.eoffice.models import Base
from services.eoffice.records.bag import BadBag, check_bag, close_bag, is_safe
from services.eoffice.records.destroying import _OF_FILE, OF_RECEIPT, OF_RECEIPT_STAYS, STAYS
from services.eoffice.records.document import SEALED

NOT_ARCHIVED = {"note_draft", "archive", "weeding_file", "weeded_paper", "tie"}
NOT_ARCHIVED |= {"search_words", "file_number", "reading"}
"""Yellow notes are nobody's word yet, ties are to what is elsewhere, who has read a file is not in
it; the others are about archives and weeding, or made anew."""


def tables_with(*columns: str) -> set[str]:
    tables = Base.metadata.tables.values()
    return {each.name for each in tables if {*columns} & {*each.c.keys()}}


def of_a_file() -> set[str]:
    return tables_with("file_id", "thing_id")


def test_weeding_knows_what_becomes_of_every_table_of_a_file():
    gone = {each.__tablename__ for each in _OF_FILE}
    assert gone | STAYS == of_a_file()
    assert not gone & STAYS


def test_weeding_knows_what_becomes_of_every_table_of_a_receipt():
    gone = {each.__tablename__ for each in OF_RECEIPT}
    assert OF_RECEIPT_STAYS | gone == tables_with("receipt_id")
    assert not gone & OF_RECEIPT_STAYS


def test_an_archive_has_every_table_of_a_file():
    assert of_a_file() <= set(SEALED) | NOT_ARCHIVED


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../b",
        "/etc/passwd",
        "a//b",
        "a\\b",
        "c:x",
        "a\nb",
        "",
        ".",
        "a/",
        "a%2e",
        "x" * 301,
    ],
)
def test_what_leads_out_of_a_folder_is_no_name(name):
    assert not is_safe(name)


def test_names_of_archives_are_names():
    assert is_safe("data/correspondence/0001-0002-receipt.pdf")


@pytest.fixture
def bag(tmp_path):
    (tmp_path / "bag" / "data" / "a").mkdir(parents=True)
    (tmp_path / "bag" / "data" / "a" / "one.txt").write_text("one")
    close_bag(tmp_path / "bag", {"External-Identifier": "R/1\nX: y"})
    return tmp_path / "bag"


def test_a_bag_that_was_closed_is_whole(bag):
    assert list(check_bag(bag)) == ["a/one.txt"]


def test_what_a_label_says_stays_on_its_line(bag):
    assert (bag / "bag-info.txt").read_text().splitlines() == [
        "External-Identifier: R/1 X: y",
        "Payload-Oxum: 3.1",
    ]


def test_everything_that_is_wrong_is_named_at_once(bag):
    (bag / "data" / "a" / "one.txt").write_text("two")
    (bag / "data" / "two.txt").write_text("two")
    (bag / "bagit.txt").write_text("BagIt-Version: 0.97\n")
    with pytest.raises(BadBag) as refused:
        check_bag(bag)
    assert refused.value.wrong == [
        "bagit.txt: is not of BagIt 1.0 in UTF-8",
        "bagit.txt: is not what it was",
        "data/two.txt: is in no manifest",
        "data/a/one.txt: is not what it was",
    ]
