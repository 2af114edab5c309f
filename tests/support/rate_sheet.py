"""A small rate sheet as YAML has it, with round figures; tests change what they are about."""

import copy
from datetime import date
from typing import Any

APRIL_2010, APRIL_2019, APRIL_2023 = date(2010, 4, 1), date(2019, 4, 1), date(2023, 4, 1)


def rule(effective_from: date = APRIL_2010, **figures: Any) -> dict[str, Any]:
    """A dated rule that is illustrative."""
    return {"effective_from": effective_from, "illustrative": True, **figures}


def raw_sheet() -> dict[str, Any]:
    """One zone and class; ₹10 a square metre a month; general tax 20 % and water 5 %."""
    return copy.deepcopy(_SHEET)


_USES = ("residential", "commercial", "industrial", "institutional")
_SHEET: dict[str, Any] = {
    "city": {"mr": "गाव", "en": "Town"},
    "covers": {"from": "2010-11/1", "to": "2025-26/2"},
    "rounding": {"nearest": "rupee", "half": "up"},
    "sources": {"act": "The Act of 1949"},
    "zones": {"a": {"mr": "अ", "en": "A"}},
    "classes": {"rcc": {"mr": "आरसीसी", "en": "Concrete"}},
    "letting_values": {
        "rules": [
            rule(
                per="month",
                rupees={"a": {**{use: {"rcc": 10} for use in _USES}, "open_plot": 2}},
            )
        ]
    },
    "depreciation": {
        "rules": [
            rule(
                bands={
                    "rcc": [{"from_age": 0, "percent": 0}, {"from_age": 10, "percent": 10}],
                }
            )
        ]
    },
    "deductions": {
        "self_occupied": {
            "mr": "स्वतः राहतात",
            "en": "self-occupied",
            "uses": ["residential"],
            "occupancies": ["self"],
            "claimed": True,
            "rules": [
                rule(percent=40),
                rule(APRIL_2019, percent=0),
                rule(APRIL_2019, percent=40, decided_on=date(2023, 4, 19), refund_years=4),
            ],
        },
        "repairs": {
            "mr": "दुरुस्ती",
            "en": "repairs",
            "rules": [rule(percent=15), rule(APRIL_2023, percent=10)],
        },
    },
    "heads": {
        "general": {"mr": "सर्वसाधारण", "en": "General", "rules": [rule(percent=20)]},
        "water": {
            "mr": "पाणी",
            "en": "Water",
            "rules": [{"effective_from": APRIL_2010, "source": "act", "percent": 5}],
        },
    },
    "concessions": {
        "soldier": {
            "mr": "सैनिक",
            "en": "Soldier",
            "heads": ["general"],
            "uses": ["residential"],
            "combines_with": ["solar"],
            "rules": [rule(percent=50, cap_rupees=500)],
        },
        "woman": {
            "mr": "महिला",
            "en": "Woman",
            "heads": "all",
            "combines_with": ["solar"],
            "rules": [rule(percent=20)],
        },
        "solar": {
            "mr": "सौर",
            "en": "Solar",
            "heads": ["general"],
            "combines_with": "all",
            "rules": [rule(percent=10)],
        },
    },
    "early_payment": {
        "mr": "सवलत",
        "en": "Rebate",
        "heads": ["general"],
        "rules": [
            rule(tiers=[{"up_to_rupees": 25000, "percent": 10}, {"percent": 5}]),
        ],
        "windows": [
            {
                "year": f"{year}-{(year + 1) % 100:02d}",
                "from": date(year, 4, 1),
                "to": date(year, 5, 31),
                "illustrative": True,
            }
            for year in range(2010, 2026)
        ],
    },
    "interest": {
        "rules": [
            rule(
                percent_a_month=2,
                first_half={"months_after_bill": 3},
                second_half={"by": {"month": 12, "day": 31}},
            )
        ]
    },
}
