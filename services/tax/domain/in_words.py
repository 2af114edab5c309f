"""Amounts in words, as on bills and cheques. (``palika.number_words`` has the numbers.)"""

from palika.errors import Invalid
from palika.number_words import number_in_words
from services.tax.domain.money import LARGEST


def amount_in_words(paise: int, language: str) -> str:
    """An amount from 0 on, as it stands on a bill or a cheque.

    123450 is "Rupees one thousand two hundred thirty-four and fifty paise only", "रुपये एक हजार
    दोनशे चौतीस आणि पन्नास पैसे फक्त".

    Raises:
        Invalid: below 0, or more than any city bills.
    """
    if not 0 <= paise <= LARGEST:
        raise Invalid("not an amount", {"paise": [f"must be from 0 to {LARGEST}, not {paise}"]})
    whole, rest = divmod(paise, 100)
    marathi = language == "mr"
    parts = []
    if whole or not rest:
        parts.append(f"{'रुपये' if marathi else 'Rupees'} {number_in_words(whole, language)}")
    if rest:
        one, many = ("पैसा", "पैसे") if marathi else ("paisa", "paise")
        parts.append(f"{number_in_words(rest, language)} {one if rest == 1 else many}")
    text = f" {'आणि' if marathi else 'and'} ".join(parts)
    return f"{text[0].upper()}{text[1:]} {'फक्त' if marathi else 'only'}"
