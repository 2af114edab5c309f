"""The bill: one line each for what it asks, then how each of them comes about."""

from collections.abc import Iterable

from palika.typesetting.fonts import printable
from services.tax.documents.content import (
    Content,
    code_of,
    facts_of,
    frame,
    table,
    vouched_by,
)
from services.tax.documents.data import city
from services.tax.documents.model import BillDocument, Due, Floor, Rebate, TaxLine
from services.tax.documents.vouching import Seal, Vouched
from services.tax.documents.words import Words
from services.tax.domain.half_year import HalfYear


def content(bill: BillDocument, words: Words, seal: Seal) -> Content:
    """What stands on a bill.

    Raises:
        Unprintable: a name or an address has a character without a glyph.
    """
    period = words.period(bill.period)
    told = frame(words, words("bill"), period, bill.number, words("computer-made"))
    told["facts"] = facts_of(bill.holding, words)
    told["particulars"] = [
        [words("number-of-bill"), bill.number],
        [words("day"), words.day(bill.issued_on)],
        [words("period"), period],
        [words("rateable"), words.amount(bill.rateable_value_paise)],
        [words("due-on"), words.day(bill.due_on)],
    ]
    told["sums"] = _sums(bill, words)
    told["tables"] = [breakup(bill.lines, words)]
    if bill.arrears:
        title = words("open-by-half" if bill.later else "arrears-by-half")
        told["tables"].append(arrears(bill.arrears, words, title))
    if bill.floors:
        told["tables"].append(_valuation(bill.floors, bill.rateable_value_paise, words))
    told["notes"] = _notes(bill, words)
    document = Vouched("bill", bill.number, bill.issued_on, bill.to_pay_paise)
    told["vouched"] = vouched_by(seal, document, words)
    return told


def _sums(bill: BillDocument, words: Words) -> Content:
    earlier = [due for due in bill.arrears if due not in bill.later]
    interest = sum(due.interest_paise for due in bill.arrears)
    rows = [
        [
            words("this-half" if "/" in bill.period else "this-year"),
            words("this-year-note"),
            words.amount(bill.tax_paise),
        ],
        [
            words("arrears"),
            words("arrears-note", count=len(earlier)) if earlier else "",
            words.amount(sum(due.tax_paise for due in earlier)),
        ],
        [
            words("interest"),
            words("interest-note", day=words.day(bill.issued_on)) if interest else "",
            words.amount(interest),
        ],
    ]
    if bill.later:
        # A year that was forgotten is billed after a later one, which is open by its own bill.
        note = words("later-note", count=len(bill.later))
        tax = sum(due.tax_paise for due in bill.later)
        rows.insert(2, [words("later"), note, words.amount(tax)])
    if bill.fees_paise:
        rows.append([words("fees"), "", words.amount(bill.fees_paise)])
    credit = bill.credit_paise
    note = words("credit-note") if credit else ""
    rows.append([words("credit"), note, words.amount(-credit)])
    said = words("in-words", words=words.in_words(bill.to_pay_paise))
    early = None
    if bill.rebate and bill.early_paise is not None and bill.to_pay_paise:
        off, when = bill.rebate, _when(bill.rebate, words)
        early = {
            "rows": [[words("early-less", when=when), words.amount(-off.paise)]],
            "total": [words("early-total", when=when), words.amount(bill.early_paise)],
        }
        if off.interest_paise:
            by = words.day(off.until)
            early["rows"].append([words("early-more", day=by), words.amount(off.interest_paise)])
        early_words = words.in_words(bill.early_paise)
        said += " " + words("in-words-early", when=when, words=early_words)
    if bill.balance_paise < 0:
        said += " " + words("left-over", amount=words.amount(-bill.balance_paise))
    codes, beside = _codes(bill, words)
    return {
        "rows": rows,
        "total": [words("to-pay"), words.amount(bill.to_pay_paise)],
        "early": early,
        "words": said,
        "codes": codes,
        "beside": beside,
    }


def _when(off: Rebate, words: Words) -> str:
    """The days of a rebate: by one, or from one to another."""
    if off.since is None:
        return words("by-day", day=words.day(off.until))
    return words("from-to", since=words.day(off.since), day=words.day(off.until))


def _codes(bill: BillDocument, words: Words) -> tuple[list[Content], list[str]]:
    """The QR codes that pay, with the words beside them."""
    own = city()
    if not bill.to_pay_paise:
        return [], [words("nothing-to-pay"), words("no-need")]
    wanted = [(bill.to_pay_paise, words("code-only"))]
    if bill.rebate and bill.early_paise is not None:
        other = words("code-after") if bill.rebate.since is None else words("code-otherwise")
        wanted = [(bill.early_paise, _when(bill.rebate, words)), (bill.to_pay_paise, other)]
    codes = [
        code_of(words, bill.number, bill.holding.number, paise, caption)
        for paise, caption in wanted
        if 0 < paise <= own.upi_limit_paise
    ]
    if codes:
        return codes, [words("pay-by-upi"), words("scan")]
    limit = words.amount(own.upi_limit_paise)
    ways = words.name(own.ways_to_pay)
    return [], [words("pay-otherwise"), words("above-limit", limit=limit, ways=ways)]


def breakup(lines: Iterable[TaxLine], words: Words) -> Content:
    """The table of heads: of each half-year the tax, the concession and what is left."""
    by_half: dict[HalfYear, dict[str, tuple[int, int]]] = {}
    names: dict[str, str] = {}
    for line in lines:
        head = names.setdefault(line.head.en, printable(words.name(line.head), "head"))
        of_half = by_half.setdefault(line.half_year, {})
        tax, less = of_half.get(head, (0, 0))
        of_half[head] = (tax + line.tax_paise, less + line.concession_paise)
    halves = sorted(by_half)
    heads = list(names.values())
    label = {half: words(f"h{half.half}") for half in halves}
    both = len(halves) > 1
    columns = [words("head")]
    for half in halves:
        columns += [f"{label[half]}\n{words(what)}" for what in ("tax", "concession", "net")]
    columns += [words("both-halves")] if both else []
    rows = []
    sums = [0] * (len(columns) - 1)
    for head in heads:
        figures: list[int] = []
        for half in halves:
            tax, less = by_half[half].get(head, (0, 0))
            figures += [tax, -less, tax - less]
        if both:
            figures.append(sum(figures[2::3]))
        rows.append([head, *map(words.figure, figures)])
        sums = [one + other for one, other in zip(sums, figures, strict=True)]
    return table(
        words("breakup"),
        columns,
        [20 if both else 36] * (len(columns) - 1),
        rows,
        [words("total"), *map(words.figure, sums)],
    )


def arrears(dues: Iterable[Due], words: Words, title: str) -> Content:
    """The table of what is open, oldest first, under a title."""
    dues = sorted(dues, key=lambda due: due.half_year)
    figures = [(due.tax_paise, due.interest_paise, due.total_paise) for due in dues]
    return table(
        title,
        [words("half-year"), words("tax"), words("interest"), words("total")],
        [32, 38, 32],
        [
            [words.half(due.half_year), *map(words.figure, row)]
            for due, row in zip(dues, figures, strict=True)
        ],
        [
            words("total"),
            *(words.figure(sum(column)) for column in zip(*figures, strict=True)),
        ],
    )


def _valuation(floors: Iterable[Floor], value_paise: int, words: Words) -> Content:
    rows = [
        [
            printable(words.name(floor.label), "floor"),
            words.name(floor.use),
            words.digits(f"{floor.area // 100}.{floor.area % 100:02}"),
            words.figure(floor.rateable_value_paise),
        ]
        for floor in floors
    ]
    return table(
        words("valuation"),
        [words("floor"), words("use"), words("area"), words("value-a-year")],
        [32, 38, 32],
        rows,
        [words("rateable"), "", "", words.figure(value_paise)],
    )


def _notes(bill: BillDocument, words: Words) -> list[list[str]]:
    own = city()
    to = words.name(own.objection_to)
    notes = [[words("object"), words("object-words", days=own.objection_days, to=to)]]
    if bill.to_pay_paise:
        notes += [
            [words("ways"), words("ways-words", ways=words.name(own.ways_to_pay))],
            [words("late"), words("late-words", day=words.day(bill.due_on))],
        ]
    return notes
