"""The note sheet: yellow notes that are never lost, green notes that are never changed."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from uuid6 import uuid7

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.eoffice.cli import notes as cli
from services.eoffice.commands.close import close_file
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.note import (
    confirm_note,
    discard_draft,
    save_draft,
    take_back_note,
)
from services.eoffice.commands.open_file import open_file
from services.eoffice.domain.chaining import guard
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Act, Note, NoteDraft
from services.eoffice.organisation_store import current
from services.eoffice.queries import notes, references
from services.eoffice.schemas import Closing, Forwarding, Opening
from services.eoffice.schemas.noting import (
    DraftsAsked,
    DraftSaving,
    DraftStep,
    OneDraft,
    OneFile,
    Resolving,
    TakingBack,
)
from services.eoffice.sealing import city_keys_of_record
from services.eoffice.sealing.record import row_of
from tests.support.eoffice import ACCOUNTS, CE, CLERK, DE, JE, NOW, cleared, emptied
from tests.support.eoffice_databases import database

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


def opened(sessions, **args):
    with sessions.begin() as session:
        return open_file(session, JE, Opening().load({"subject": "Estimate", **args}), NOW)


def save(sessions, file, markup, caller=JE, now=NOW, **args) -> NoteDraft:
    with sessions.begin() as session:
        asked = {"file_id": str(file.id), "markup": markup, **args}
        return save_draft(session, caller, DraftSaving().load(asked), now)


def confirm(sessions, draft, caller=JE, **args) -> Note:
    with sessions.begin() as session:
        asked = DraftStep().load({"id": str(draft.id), **args})
        return confirm_note(session, caller, asked, NOW)


def take_back(sessions, note, caller=JE, **args) -> NoteDraft:
    with sessions.begin() as session:
        asked = TakingBack().load({"id": str(note.id), **args})
        return take_back_note(session, caller, asked, NOW)


def forward(sessions, file, to, caller=JE):
    with sessions.begin() as session:
        asked = Forwarding().load({"id": str(file.id), "to": to})
        forward_file(session, caller, asked, NOW + timedelta(hours=1))


def sheet(sessions, file, post="roads-je"):
    with sessions.begin() as session:
        asked = OneFile().load({"id": str(file.id)})
        return notes.note_sheet(session, current(session).posts[post], asked)


def noted(sessions, file, markup, caller=JE) -> Note:
    return confirm(sessions, save(sessions, file, markup, caller), caller)


def test_a_note_half_written_is_still_there_when_the_browser_is_not(sessions):
    file = opened(sessions)
    key = str(uuid7())
    save(sessions, file, "प्रस्ताव", id=key)
    save(sessions, file, "प्रस्ताव **अर", id=key, version=1)
    (draft,) = sheet(sessions, file)["drafts"]
    assert (draft["id"], draft["markup"], draft["version"]) == (key, "प्रस्ताव **अर", 2)
    with sessions.begin() as session:
        post = current(session).posts["roads-je"]
        found = notes.drafts(session, post, DraftsAsked().load({}))
        assert [each["id"] for each in found["items"]] == [key]
        assert notes.draft(session, post, OneDraft().load({"id": key}))["markup"] == "प्रस्ताव **अर"


def test_a_save_whose_answer_was_lost_is_asked_again_without_harm(sessions):
    file = opened(sessions)
    key = str(uuid7())
    for _ in range(2):
        assert save(sessions, file, "one", id=key).version == 1
    for _ in range(2):
        assert save(sessions, file, "two", id=key, version=1).version == 2


def test_two_on_one_desk_are_told_of_each_other(sessions):
    file = opened(sessions)
    draft = save(sessions, file, "one")
    save(sessions, file, "two", id=str(draft.id), version=1)
    with pytest.raises(Conflict) as refused:
        save(sessions, file, "three", id=str(draft.id), version=1)
    assert (refused.value.details["version"], refused.value.details["expected"]) == (2, 1)
    with pytest.raises(Conflict, match="version 2, not 1"):
        confirm(sessions, draft, version=1)
    (kept,) = sheet(sessions, file)["drafts"]
    assert kept["markup"] == "two"


def test_an_id_is_of_one_file(sessions):
    draft = save(sessions, opened(sessions), "one")
    with pytest.raises(Conflict) as refused:
        save(sessions, opened(sessions), "one", id=str(draft.id))
    assert refused.value.details["differs"] == ["file_id"]


def test_every_saved_state_of_a_draft_is_guarded(sessions):
    file = opened(sessions)
    draft = save(sessions, file, "one")
    save(sessions, file, "two", id=str(draft.id), version=1)
    with sessions() as session:
        read = session.get(NoteDraft, draft.id)
        key = city_keys_of_record().key
        assert read.mac == guard(key, "note_draft", row_of(read, without="mac"))


def test_a_confirmed_note_has_the_next_number_and_stands_on_the_record(sessions):
    file = opened(sessions)
    first, second = noted(sessions, file, "one"), noted(sessions, file, "two")
    assert (first.number, second.number) == (1, 2)
    found = sheet(sessions, file)
    assert [each["number"] for each in found["notes"]] == [1, 2]
    assert found["notes"][1]["html"] == '<p id="n2-1">two</p>'
    assert found["drafts"] == []
    with sessions() as session:
        acts = session.scalars(select(Act).where(Act.chain_id == file.id).order_by(Act.position))
        verbs = [(each.verb, each.data.get("number")) for each in acts]
        assert verbs[1:] == [("drafted", None), ("noted", 1), ("drafted", None), ("noted", 2)]


def test_a_confirmation_asked_again_gives_the_same_note(sessions):
    file = opened(sessions)
    draft = save(sessions, file, "one")
    assert confirm(sessions, draft).id == confirm(sessions, draft).id
    with pytest.raises(Forbidden):
        confirm(sessions, draft, DE)
    with pytest.raises(Conflict, match="confirmed as note 1"):
        save(sessions, file, "other", id=str(draft.id))


def test_notes_confirmed_at_once_are_numbered_one_after_another(sessions):
    file = opened(sessions)
    drafts = [save(sessions, file, f"note {each}") for each in range(6)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda each: confirm(sessions, each).number, drafts + drafts))
    assert sorted(found[:6]) == [1, 2, 3, 4, 5, 6]
    assert found[6:] == found[:6]


def test_a_green_note_is_taken_back_until_the_file_is_sent(sessions):
    file = opened(sessions)
    noted(sessions, file, "one")
    note = noted(sessions, file, "two")
    key = str(uuid7())
    assert take_back(sessions, note, draft_id=key).markup == "two"
    assert str(take_back(sessions, note, draft_id=key).id) == key
    save(sessions, file, "two, better", id=key, version=1)
    with sessions() as session:
        again = confirm(sessions, session.get(NoteDraft, uuid.UUID(key)))
    assert (again.number, again.markup) == (2, "two, better")


def test_a_note_that_was_sent_is_never_changed_even_when_the_file_is_back(sessions):
    file = opened(sessions)
    note = noted(sessions, file, "one")
    assert not sheet(sessions, file)["notes"][0]["sent"]
    forward(sessions, file, "roads-de")
    with pytest.raises(Conflict, match="has been sent"):
        take_back(sessions, note)
    forward(sessions, file, "roads-je", DE)
    with pytest.raises(Conflict, match="has been sent"):
        take_back(sessions, note)
    assert sheet(sessions, file)["notes"][0]["sent"]


def test_only_the_last_note_is_taken_back_and_only_by_its_author(sessions):
    file = opened(sessions)
    first = noted(sessions, file, "one")
    noted(sessions, file, "two")
    with pytest.raises(Conflict, match="take that back first"):
        take_back(sessions, first)
    with pytest.raises(Forbidden, match="is of roads-je"):
        take_back(sessions, first, DE)


def test_the_pa_writes_and_the_officer_confirms(sessions):
    file = opened(sessions)
    draft = save(sessions, file, "for the JE", CLERK, for_post="roads-je")
    with pytest.raises(Forbidden, match="roads-clerk cannot confirm"):
        confirm(sessions, draft, CLERK)
    note = confirm(sessions, draft)
    assert (note.post, note.by_post) == ("roads-je", "roads-clerk")
    with pytest.raises(Forbidden, match="those of roads-clerk, roads-je"):
        save(sessions, file, "for the CE", CLERK, for_post="roads-ce")


def test_the_senior_adds_and_does_not_change(sessions):
    file = opened(sessions)
    draft = save(sessions, file, "junior")
    with pytest.raises(Forbidden, match="of roads-je, not of roads-de"):
        save(sessions, file, "senior", DE, id=str(draft.id), version=1)
    confirm(sessions, draft)
    forward(sessions, file, "roads-de")
    assert noted(sessions, file, "senior", DE).number == 2


def test_a_draft_is_seen_by_its_desk_alone(sessions):
    file = opened(sessions)
    draft = save(sessions, file, "mine")
    assert sheet(sessions, file, "roads-de")["drafts"] == []
    with sessions() as session:
        asked, post = OneDraft().load({"id": str(draft.id)}), current(session).posts["roads-de"]
        with pytest.raises(Forbidden):
            notes.draft(session, post, asked)


def test_notes_are_confirmed_where_the_file_is_and_only_on_an_open_one(sessions):
    file = opened(sessions)
    mine, theirs = save(sessions, file, "mine"), save(sessions, file, "theirs", DE)
    with pytest.raises(Forbidden, match="it is with roads-je, not with roads-de"):
        confirm(sessions, theirs, DE)
    with sessions.begin() as session:
        close_file(session, JE, Closing().load({"id": str(file.id)}), NOW)
    with pytest.raises(Conflict) as refused:
        confirm(sessions, mine)
    assert refused.value.details["legal"] == ["reopen"]
    # Written while the services were away, and the file closed meanwhile: it is not lost.
    assert save(sessions, file, "mine, longer", id=str(mine.id), version=1).version == 2


def test_a_draft_that_was_thrown_away_does_not_come_back_when_it_is_saved_once_more(sessions):
    file, key = opened(sessions), str(uuid7())
    draft = save(sessions, file, "no", id=key)
    with sessions.begin() as session:
        discard_draft(session, JE, DraftStep().load({"id": str(draft.id)}), NOW)
    with pytest.raises(Conflict, match="thrown away meanwhile; save it as another"):
        save(sessions, file, "no", id=key)
    assert sheet(sessions, file)["drafts"] == []


def test_a_discarded_draft_is_gone_and_the_record_says_so(sessions):
    file = opened(sessions)
    draft = save(sessions, file, "no")
    with sessions.begin() as session:
        discard_draft(session, JE, DraftStep().load({"id": str(draft.id)}), NOW)
    assert sheet(sessions, file)["drafts"] == []
    with sessions() as session:
        verbs = session.scalars(select(Act.verb).where(Act.chain_id == file.id)).all()
        assert "discarded a draft" in verbs
    with pytest.raises(NotFound):
        confirm(sessions, draft)


@pytest.mark.parametrize("markup", ["", "  \n ", "see {n:x}", "pay \u202e001"])
def test_what_cannot_be_a_note_stays_yellow(sessions, markup):
    file = opened(sessions)
    draft = save(sessions, file, markup)
    with pytest.raises(Invalid):
        confirm(sessions, draft)
    (kept,) = sheet(sessions, file)["drafts"]
    assert kept["markup"] == markup


def test_markup_of_others_is_text_on_the_sheet(sessions):
    file = opened(sessions)
    noted(sessions, file, "<script>alert(1)</script>")
    assert sheet(sessions, file)["notes"][0]["html"] == (
        '<p id="n1-1">&lt;script&gt;alert(1)&lt;/script&gt;</p>'
    )


def test_references_are_checked_when_a_note_becomes_green(sessions):
    file, other = opened(sessions), opened(sessions)
    with cleared(sessions, "roads-je", Secrecy.SECRET):
        secret = opened(sessions, secrecy="secret", department="roads")
    forward(sessions, secret, "roads-ce")
    noted(sessions, file, "one\n\ntwo")
    for wrong in ("{n:2}", "{n:1/3}", "{c:1}", "{f:ROADS/NO}"):
        with pytest.raises(Invalid, match="go nowhere"):
            noted(sessions, file, f"see {wrong}")
    assert noted(sessions, file, f"see {{n:1/2}} and {{f:{other.number}}}").number == 2
    # The JE had the secret file, so that it may speak of it; accounts need not know of it.
    noted(sessions, file, f"see {{f:{secret.number}}}")
    forward(sessions, file, "accounts")
    with pytest.raises(Invalid, match="go nowhere"):
        noted(sessions, file, f"see {{f:{secret.number}}}", ACCOUNTS)


def test_a_reference_resolves_to_the_paragraph(sessions):
    file = opened(sessions)
    noted(sessions, file, "one\n\n**two**")
    with sessions() as session:
        post = current(session).posts["roads-de"]
        asked = Resolving().load({"id": str(file.id), "ref": "n:1/2"})
        found = references.resolve(session, post, asked)
        assert (found["note"]["number"], found["note"]["paragraph"]) == (1, 2)
        assert found["note"]["html"] == "<p><strong>two</strong></p>"
        with pytest.raises(Invalid):
            references.resolve(session, post, asked | {"ref": "n:"})
        with pytest.raises(NotFound):
            references.resolve(session, post, asked | {"ref": "n:9"})


def test_who_may_not_read_a_file_learns_nothing_of_it(sessions):
    with sessions.begin() as session:
        asked = Opening().load({"subject": "Vigilance", "secrecy": "secret"})
        file = open_file(session, CE, asked, NOW)
    with sessions() as session:
        clerk = current(session).posts["roads-clerk"]
        missing = OneFile().load({"id": str(uuid7())})
        with pytest.raises(NotFound) as absent:
            notes.note_sheet(session, clerk, missing)
        with pytest.raises(NotFound) as hidden:
            notes.note_sheet(session, clerk, OneFile().load({"id": str(file.id)}))
    assert str(absent.value).replace(str(missing["id"]), "") == str(hidden.value).replace(
        str(file.id), ""
    )
    with pytest.raises(NotFound):
        save(sessions, file, "?", CLERK)


def test_the_note_sheet_is_shown_at_a_terminal_and_printed(sessions, monkeypatch, tmp_path):
    monkeypatch.setattr(cli, "sessions", lambda service: sessions)
    file = opened(sessions)
    noted(sessions, file, "मंजूर **करावे**")
    save(sessions, file, "half-wri")
    run, paper = CliRunner().invoke, tmp_path / "sheet.pdf"
    asked = [file.number, "--by", "roads-je"]
    in_marathi = run(cli.notes_command, asked).output
    assert "(अजून परत घेता येते)" in in_marathi
    assert "कनिष्ठ अभियंता, पथ यांचा मसुदा, आवृत्ती 1\nhalf-wri" in in_marathi
    shown = run(cli.notes_command, [*asked, "--language", "en", "--pdf", str(paper)])
    assert (shown.exit_code, shown.output.count("मंजूर करावे")) == (0, 1)
    assert "(can still be taken back)" in shown.output
    assert "draft of Junior Engineer, Roads, version 1\nhalf-wri" in shown.output
    assert paper.read_bytes().startswith(b"%PDF-")
    told = json.loads(run(cli.notes_command, [file.number, "--by", "roads-je", "--json"]).output)
    assert [each["number"] for each in told["notes"]] == [1]
    for wrong in (["NO/1", "--by", "roads-je"], [file.number, "--by", "nobody"]):
        assert run(cli.notes_command, wrong).exit_code == 1
