"""Tables on the command line: whatever the width, nothing of a row is lost."""

import io

import pytest
from rich.console import Console

from services.tax.cli.tables import Listing, exact, figures, words

ID = "0190b6a4-7c1e-7d3a-9a55-2f6f3a1d9c11"
LONG = "NEFT of the Sahyadri Cooperative Housing Society Limited, Kothrud [flat 12]"


def listing() -> Listing:
    columns = [exact("since"), figures("left"), exact("payment"), words("narration")]
    rows = [("01-04-2026", "₹5,79,06,364.50", ID, LONG)]
    return Listing("One waits", columns, rows, ("total", "₹5,79,06,364.50", "", ""))


def shown(width: int | None, of: Listing | None = None) -> str:
    """What is printed on a terminal of a width; None is a pipe."""
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=width is not None, color_system=None)
    (of or listing()).show(console)
    return file.getvalue()


@pytest.mark.parametrize("width", [None, 40, 60, 80, 88, 100, 120, 160, 300])
def test_figures_days_and_ids_are_whole_at_every_width(width):
    told = shown(width)
    for cell in ("01-04-2026", "₹5,79,06,364.50", ID, "[flat"):
        assert cell in told
    assert "…" not in told


def test_a_pipe_gets_a_line_a_row():
    assert any(ID in line and LONG in line for line in shown(None).splitlines())


def test_words_fold_before_a_row_becomes_a_block():
    folded = shown(100)
    assert ID in folded
    assert LONG not in folded
    assert all(word in folded for word in ("Sahyadri", "Cooperative", "Limited", "Kothrud"))
    assert max(map(len, folded.splitlines())) <= 100


def test_what_does_not_fit_is_told_in_blocks():
    told = shown(60).splitlines()
    assert f"payment: {ID}" in told
    assert f"narration: {LONG}" in told


def test_a_table_without_headings_has_no_colons():
    plain = Listing("Figures", [words(), figures()], [("rows", "12")])
    assert "rows  12" in shown(5, plain)
    assert "rows" in shown(None, plain)
