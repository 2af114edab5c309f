"""Demand, collection, balance of all properties, from the ledger alone, to the paisa."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from palika.errors import Invalid
from palika.india import day_of
from services.tax.domain.explanation import USES
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import CHARGES, FEE_PREFIX, INTEREST, Account
from services.tax.reference import rates, wards
from services.tax.schemas.reporting import NARROWED

FIGURES = ("opening", "demand", "rebate", "waiver", "collection", "closing")
"""As ``domain.ledger.dcb.Figures`` has them, in paise: what was owed before the first day, what was
demanded, forgone and collected from then to the last, and what is owed after it."""
_KEYS = {
    "ward": "property.ward",
    "zone": "property.zone",
    "use": "property.use",
    "year": "(line.half_year / 10)",
    "half_year": "line.half_year",
    "head": "line.head",
}
"""Of ``schemas.reporting.GROUPS``. Ward, zone and use are those of today."""

# As ``domain.ledger.dcb`` computes it. A charge is told by its second line, which says what the due
# comes from or is forgiven by; whatever else changes a due is collection.
_SELECT = """
SELECT {keys}
    coalesce(sum(paise) FILTER (WHERE owed AND NOT inside), 0)::bigint AS opening,
    coalesce(-sum(paise) FILTER (WHERE account IN ('income', 'interest_income') AND inside), 0)
        ::bigint AS demand,
    coalesce(sum(paise) FILTER (WHERE account = 'rebate_given' AND inside), 0)::bigint AS rebate,
    coalesce(sum(paise) FILTER (WHERE account = 'waiver_given' AND inside), 0)::bigint AS waiver,
    coalesce(-sum(paise) FILTER (WHERE owed AND inside AND NOT charge), 0)::bigint AS collection,
    coalesce(sum(paise) FILTER (WHERE owed), 0)::bigint AS closing
FROM (
    SELECT {columns}
        line.account, line.paise, line.account = 'receivable' AS owed,
        entry.value_date >= :first_day AS inside,
        entry.accounts[2] = ANY (:charges) AS charge
    FROM ledger_entry AS entry
        JOIN property ON property.id = entry.property_id,
        unnest(entry.accounts, entry.half_years, entry.heads, entry.paise)
            AS line (account, half_year, head, paise)
    WHERE {conditions}
) AS found
{group}
"""
# What the report is held against: sums over the lines alone, without properties.
_TRIAL_BALANCE = """
SELECT account, sum(paise)::bigint AS paise,
    coalesce(sum(paise) FILTER (WHERE value_date >= :first_day), 0)::bigint AS moved
FROM ledger_line
WHERE value_date <= :last_day AND posted_at <= :known_at
GROUP BY account ORDER BY account
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is of.

    Attributes:
        first_day, last_day: by value date, both included.
        known_at: only what was written down by this moment (aware), as the books of a closed year
            have it.
        by: of ``schemas.reporting.GROUPS``, what a row is of.
        narrowed: codes by the names of ``NARROWED``; none is all.
    """

    first_day: date
    last_day: date
    known_at: datetime
    by: tuple[str, ...]
    narrowed: Mapping[str, Sequence[str]]


def asked(args: Mapping[str, Any], now: datetime) -> Asked:
    """What a call asks for: by default the financial year so far, by ward.

    Raises:
        Invalid: the period ends before it begins; a ward, a use or a head that there is not.
    """
    last = args["to_day"] or day_of(now)
    first = args["from_day"] or HalfYear(HalfYear.of(last).year, 1).first_day
    if last < first:
        raise Invalid("the period ends before it begins", {"to_day": [f"is before {first}"]})
    narrowed = {name: args[name] for name in NARROWED if args[name]}
    _check_known(narrowed)
    return Asked(first, last, args["known_at"] or now, tuple(args["by"]), narrowed)


def _check_known(narrowed: Mapping[str, Sequence[str]]) -> None:
    """Refuse what would silently be a report of nothing."""
    heads = (*rates().heads, INTEREST)
    known: dict[str, Sequence[str]] = {"ward": tuple(wards()), "use": tuple(USES), "head": heads}
    wrong = {}
    for name, codes in narrowed.items():
        fees = name == "head"
        unknown = [
            code
            for code in codes
            if code not in known[name] and not (fees and code.startswith(FEE_PREFIX))
        ]
        if unknown:
            listed = ", ".join((*known[name], f"{FEE_PREFIX}*") if fees else known[name])
            said = ", ".join(map(repr, unknown))
            wrong[name] = [f"{said} is not known; must be one of: {listed}"]
    if wrong:
        raise Invalid("no such codes", wrong)


def dcb(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The report.

    Args:
        session: in a transaction of one snapshot, so that the report and what it is held against
            are of one moment.
        args: as loaded by ``schemas.reporting.Reporting``.
        now: aware.

    Returns:
        ``from_day``, ``to_day``, ``known_at``, ``by``, ``rows`` (the keys and ``FIGURES`` in
        paise), ``total``, ``accounts`` (the trial balance: paise by account), ``moved`` (the same
        of the period alone: of the whole city, however narrow the report) and ``reconciled``:
        whether each row explains itself, the whole ledger sums to nothing, and - when the report
        is not narrowed - what is owed in it is what the ledger has as receivable.

    Raises:
        Invalid: as ``asked``.
    """
    what = asked(args, now)
    session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
    rows = [dict(row) for row in session.execute(*_query(what)).mappings()]
    for row in rows:
        if "half_year" in row:
            row["half_year"] = str(HalfYear(*divmod(row["half_year"], 10)))
        if "year" in row:
            row["year"] = HalfYear(row["year"], 1).financial_year
    total = {name: sum(row[name] for row in rows) for name in FIGURES}
    values = {
        "first_day": what.first_day,
        "last_day": what.last_day,
        "known_at": what.known_at,
    }
    trial = session.execute(text(_TRIAL_BALANCE), values).all()
    accounts = {row.account: row.paise for row in trial}
    sound = all(_explained(row) for row in (*rows, total)) and sum(accounts.values()) == 0
    if not what.narrowed:
        sound = sound and total["closing"] == accounts.get(Account.RECEIVABLE.value, 0)
    return {
        "from_day": what.first_day.isoformat(),
        "to_day": what.last_day.isoformat(),
        "known_at": what.known_at.isoformat(),
        "by": list(what.by),
        "rows": rows,
        "total": total,
        "accounts": accounts,
        "moved": {row.account: row.moved for row in trial},
        "reconciled": sound,
    }


def _explained(row: Mapping[str, int]) -> bool:
    given = row["rebate"] + row["waiver"]
    return row["opening"] + row["demand"] - given - row["collection"] == row["closing"]


def _query(what: Asked) -> tuple[Any, dict[str, Any]]:
    values: dict[str, Any] = {
        "first_day": what.first_day,
        "last_day": what.last_day,
        "known_at": what.known_at,
        "charges": [account.value for account in CHARGES],
    }
    conditions = [
        "entry.value_date <= :last_day",
        "entry.posted_at <= :known_at",
        "line.half_year IS NOT NULL",
    ]
    for name, codes in what.narrowed.items():
        conditions.append(f"{_KEYS[name]} = ANY (:{name})")
        values[name] = list(codes)
    keys = "".join(f"{name}, " for name in what.by)
    columns = "".join(f"{_KEYS[name]} AS {name}, " for name in what.by)
    numbers = ", ".join(str(at) for at in range(1, len(what.by) + 1))
    group = f"GROUP BY {numbers} ORDER BY {numbers}" if what.by else ""
    query = _SELECT.format(
        keys=keys, columns=columns, conditions=" AND ".join(conditions), group=group
    )
    return text(query), values
