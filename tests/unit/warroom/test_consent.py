"""What a pack says of what is taken together."""

import pytest

from services.warroom.documents.consent import ranges


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([], ""), ([7], "7"), ([12, 10, 11], "10–12"), ([10, 11, 15, 20, 21], "10–11, 15, 20–21")],
)
def test_numbers_of_the_agenda_that_follow_each_other_are_said_together(numbers, said):
    assert ranges(numbers) == said
