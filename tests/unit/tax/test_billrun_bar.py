"""The bar of a bill run, as a terminal gets it."""

import io

from rich.console import Console

from services.tax.cli.billrun import bar


def test_a_terminal_gets_a_bar_with_how_far_it_is() -> None:
    out = io.StringIO()
    with bar("2026-27", Console(file=out, force_terminal=True, width=120)) as advance:
        advance(0, 200, "0 bills")
        advance(50, 200, "50 bills")
    assert "2026-27" in out.getvalue()
    assert "25 %" in out.getvalue()
    assert "50 bills" in out.getvalue()
