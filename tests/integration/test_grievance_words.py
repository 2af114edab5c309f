"""The hits of a search: with what each filing stores, and page by page over the years."""

from datetime import timedelta
from importlib import import_module

import pytest
from sqlalchemy import delete, select, text

from services.grievance.domain.words import month_token, query_tokens
from services.grievance.models import SearchWords
from tests.support.grievances import CITIZEN, NOW

pytestmark = pytest.mark.xdist_group("grievance words")


def stored(desk):
    columns = SearchWords.grievance_id, SearchWords.filed_at, SearchWords.tokens
    with desk.sessions() as session:
        return session.execute(select(*columns).order_by(SearchWords.grievance_id)).all()


def test_with_its_words_are_stored_the_moment_and_the_month_of_a_filing(desk):
    filed = desk.file(CITIZEN, NOW, description="A deep pothole")
    (words,) = stored(desk)
    assert (words.grievance_id, words.filed_at) == (filed.id, NOW)
    assert words.tokens[0] == month_token(NOW) == "@2026-07"
    assert set(query_tokens("pothole")) < set(words.tokens)


def test_the_migration_and_its_trigger_store_what_a_filing_stores(desk):
    for days in range(0, 90, 9):
        desk.file(now=NOW.replace(hour=18, minute=30) - timedelta(days=days))
    written = stored(desk)
    assert len({words.tokens[0] for words in written}) == 4
    migration = import_module("services.grievance.migrations.0004_months")
    with desk.sessions.begin() as session:
        session.execute(text("ALTER TABLE search_words ALTER filed_at DROP NOT NULL"))
        session.execute(text("UPDATE search_words SET filed_at = NULL, tokens = tokens[2:]"))
        session.execute(text(migration.FILED))
        session.execute(text("ALTER TABLE search_words ALTER filed_at SET NOT NULL"))
    assert stored(desk) == written
    with desk.sessions.begin() as session:
        session.execute(delete(SearchWords))
        # As the release before this one files.
        session.execute(
            text("INSERT INTO search_words (grievance_id, tokens) VALUES (:id, :tokens)"),
            [{"id": each.grievance_id, "tokens": each.tokens[1:]} for each in written],
        )
    assert stored(desk) == written
