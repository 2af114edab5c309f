"""A file that is not as it was written down is neither archived nor destroyed."""

import pytest
from sqlalchemy import select, text

from palika.errors import Conflict
from services.eoffice.commands.archive_file import archive_to_folder, archive_to_store
from services.eoffice.models import Archive, Note
from services.eoffice.schemas.archives import MakingArchive
from tests.support.eoffice import DE, NOW
from tests.support.eoffice_databases import database, scene

__all__ = ["database", "scene"]


@pytest.mark.parametrize(
    ("changed", "row"),
    [
        ("UPDATE note SET markup = 'changed' WHERE number = 1", "note:"),
        ("UPDATE receipt SET subject = 'changed'", "receipt:"),
        ("UPDATE paper SET name = 'changed'", "paper:"),
        ("UPDATE act SET post = 'roads-ce' WHERE verb = 'diarised'", "act:"),
        ("UPDATE act SET post = 'roads-ce' WHERE verb = 'approved'", "act:"),
    ],
)
def test_a_file_that_is_not_as_it_was_written_down_has_no_archive(scene, tmp_path, changed, row):
    file = scene.whole()
    asked = MakingArchive().load({"number": file.number})
    with scene.sessions.begin() as session:
        assert session.execute(text(changed)).rowcount
    with pytest.raises(Conflict, match="is not as it was written down") as refused:
        archive_to_folder(scene.sessions.begin, scene.store, DE, asked, tmp_path / "out", NOW)
    assert refused.value.details["findings"][0]["row"].startswith(row)
    with pytest.raises(Conflict, match="is not as it was written down"):
        archive_to_store(scene.sessions.begin, scene.store, DE, asked, NOW)
    assert [each.name for each in tmp_path.iterdir()] == ["papers"]
    with scene.sessions() as session:
        assert session.scalars(select(Archive)).all() == []


def test_what_was_falsified_is_not_destroyed_and_may_be_refused(scene):
    due = scene.whole()
    scene.recorded(due)
    weeding = scene.proposed(due)
    with scene.sessions.begin() as session:
        session.execute(text("UPDATE note SET markup = 'changed'"))
    with pytest.raises(Conflict, match="is not as it was written down"):
        scene.decided(weeding, due)
    with scene.sessions() as session:
        assert session.scalars(select(Note.markup)).first() == "changed"
    assert scene.decided(weeding, due, approve=False).state == "refused"
