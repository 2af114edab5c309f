"""Which periods the public may ask about: whole months that are over.

What is told of any two such periods differs by whole months. Of shorter ones, or of a month that
still runs, the difference of two answers could be a single day, and a 1 on it one known person's
grievance.
"""

from datetime import date, timedelta

from palika.errors import Invalid


def check_public(first: date, last: date, today: date) -> None:
    """Refuse a period that is not of whole months before the present one.

    Raises:
        Invalid: names the day that is wrong, and the rule.
    """
    wrong = {}
    if first.day != 1:
        wrong["from_day"] = ["must be the first day of a month, unless for the staff"]
    if last >= today.replace(day=1) or (last + timedelta(days=1)).day != 1:
        wrong["to_day"] = ["must be the last day of a month that is over, unless for the staff"]
    if wrong:
        raise Invalid("the public is told of whole months", wrong)
