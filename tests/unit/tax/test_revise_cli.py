"""What ``palika tax revise`` tells."""

from click.testing import CliRunner

from services.tax.cli import revise
from services.tax.commands.revise_rule import Totals


def test_counts_are_grouped_as_amounts_are(monkeypatch):
    class Found:
        def __init__(self, *_: object) -> None:
            self.found = Totals(seen=4_80_123, changed=12_010, lowered=1_00_000_00)

        def count(self) -> int:
            return self.found.seen

        def preview(self, *_: object) -> Totals:
            return self.found

    monkeypatch.setattr(revise, "Reviser", Found)
    monkeypatch.setattr(revise, "sessions", lambda _service: None)
    args = ["--rule", "self_occupied", "--order", "GR/1", "--order-date", "01-04-2023", "--dry-run"]
    shown = CliRunner().invoke(revise.revise_command, args)
    assert shown.exit_code == 0, shown.output
    assert "12,010 of 4,80,123 properties would be taxed another amount:" in shown.output
    assert "lowered by ₹1,00,000.00" in shown.output


def test_an_order_of_a_day_to_come_is_refused_when_it_is_only_tried_too():
    args = ["--rule", "self_occupied", "--order", "GR/1", "--order-date", "01-04-2099"]
    for options in ([], ["--dry-run"]):
        shown = CliRunner().invoke(revise.revise_command, [*args, *options])
        assert shown.exit_code == 2
        assert "--order-date: must not be after today" in shown.output
