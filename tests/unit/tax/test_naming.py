"""What heads are called."""

import yaml

from services.tax.domain.naming import head_name
from services.tax.reference import RATES, rates


def test_the_fee_of_each_step_of_recovery_has_a_name_in_both_languages():
    steps = yaml.safe_load((RATES.parents[1] / "notices.yaml").read_text("utf-8"))["steps"]
    charged = [code for code, each in steps.items() if each["fee_rupees"]]
    assert charged
    for code in charged:
        name = head_name(f"fee_{code.replace('-', '_')}", rates())
        # One without a name is called by its code, in brackets.
        assert "(" not in f"{name.en} {name.mr}"
