"""What COPY is given: ids in order, texts that come out as they went in."""

import uuid

import pytest

from services.tax.billrun.rows import Ids, escaped


def test_ids_are_uuids_of_version_7_and_each_is_greater_than_the_one_before() -> None:
    ids = Ids()
    # More than one moment can count, so that it has to lend from the next.
    found = [id_ for _ in range(3) for id_ in ids.take(5_000)]
    assert found == sorted(found)
    assert len(set(found)) == len(found)
    for text in found[::500]:
        id_ = uuid.UUID(text)
        assert str(id_) == text
        assert (id_.version, id_.variant) == (7, uuid.RFC_4122)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("PT-2026-27-000001", "PT-2026-27-000001"),
        ("पुणे", "पुणे"),
        ("a\\b", "a\\\\b"),
        ("a\tb\nc\rd", "a\\tb\\nc\\rd"),
        ("\\N", "\\\\N"),
        ('{"a":"\\"\\\\"}', '{"a":"\\\\"\\\\\\\\"}'),
    ],
)
def test_what_copy_would_take_for_a_sign_of_its_own_is_escaped(text: str, written: str) -> None:
    assert escaped(text) == written
