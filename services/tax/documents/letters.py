"""Receipts, notices and no-dues certificates."""

from palika.typesetting.fonts import printable
from services.tax.documents.bill import arrears
from services.tax.documents.content import Content, code_of, facts_of, frame, table, vouched_by
from services.tax.documents.data import city, ladder
from services.tax.documents.model import (
    NoDuesDocument,
    NoticeDocument,
    ReceiptDocument,
)
from services.tax.documents.vouching import Seal, Vouched
from services.tax.documents.words import Words
from services.tax.domain.notices import BILL, StepRule, rule_of, signed_rightly


def receipt(paid: ReceiptDocument, words: Words, seal: Seal) -> Content:
    """What stands on a receipt. Raises Unprintable."""
    day = words.day(paid.issued_on)
    told = frame(words, words("receipt"), day, paid.number, words("computer-made"))
    told["facts"] = facts_of(paid.holding, words)
    told["particulars"] = [
        [words("number-of-receipt"), paid.number],
        [words("received-on"), words.day(paid.paid_on)],
        [words("mode"), words(f"mode-{paid.mode}")],
        [words("reference"), printable(paid.reference, "reference")],
    ]
    if paid.bill_number:
        told["particulars"].insert(1, [words("number-of-bill"), paid.bill_number])
    owed = paid.balance_paise
    rows = []
    if paid.rebate_paise:
        rows.append([words("rebate-earned"), "", words.amount(paid.rebate_paise)])
    rows.append(
        [words("credit-after" if owed < 0 else "balance-after"), "", words.amount(abs(owed))]
    )
    told["sums"] = {
        "rows": rows,
        "total": [words("received"), words.amount(paid.amount_paise)],
        "early": None,
        "words": words("in-words", words=words.in_words(paid.amount_paise)),
        "codes": [],
        "beside": [words("thanks"), words("thanks-words")],
    }
    told["tables"] = [
        table(
            words("settled"),
            [words("what"), words("half-year"), words("amount")],
            [62, 38],
            [
                [
                    printable(words.name(each.what), "head"),
                    words.half(each.half_year) if each.half_year else "",
                    words.figure(each.paise),
                ]
                for each in paid.settled
            ],
            [words("total"), "", words.figure(paid.amount_paise)],
        )
    ]
    if paid.mode == "cheque":
        told["notes"] = [[words("mode-cheque"), words("cheque-words")]]
    document = Vouched("receipt", paid.number, paid.issued_on, paid.amount_paise)
    told["vouched"] = vouched_by(seal, document, words)
    return told


def notice(sent: NoticeDocument, words: Words, seal: Seal) -> Content:
    """What stands on a notice of any step.

    Raises:
        Unprintable: a name or an address has a character without a glyph.
        Invalid: there is no such step, or a person has to sign it and nobody has.
    """
    rule = rule_of(sent.step, ladder())
    signed_rightly(rule, sent.signed_by)
    name = words.name(rule.name)
    foot = words("signed-by-person" if rule.signed else "computer-made")
    told = frame(words, name, words.day(sent.issued_on), sent.number, foot)
    told["facts"] = facts_of(sent.holding, words)
    told["particulars"] = [
        [words("number-of-notice"), sent.number],
        [words("day"), words.day(sent.issued_on)],
    ]
    if sent.pay_by:
        told["particulars"].append([words("due-on"), words.day(sent.pay_by)])
    told["lead"] = [words("notice-lead", step=name, rule=words.name(rule.rule))]
    if sent.earlier:
        told["lead"].append(words("notice-after", earlier=_earlier(sent, words)))
    told["sums"] = _owed(sent, rule, words)
    told["tables"] = [arrears(sent.dues, words, words("arrears-by-half"))]
    told["notes"] = _what_to_do(sent, rule, words)
    if sent.signed_by:
        by = sent.signed_by
        told["signed"] = [printable(by.name, "signed_by"), printable(by.post, "signed_by")]
    told["vouched"] = vouched_by(seal, vouched_notice(sent), words)
    return told


def vouched_notice(sent: NoticeDocument) -> Vouched:
    """What the code on a notice stands for.

    Raises:
        Invalid: there is no such step.
    """
    total = total_of(sent, rule_of(sent.step, ladder()))
    return Vouched("notice", sent.number, sent.issued_on, total)


def total_of(sent: NoticeDocument, rule: StepRule) -> int:
    """What a notice asks, its own fee included, in paise."""
    return sum(due.total_paise for due in sent.dues) + sent.fees_paise + rule.fee_paise


def _owed(sent: NoticeDocument, rule: StepRule, words: Words) -> Content:
    total = total_of(sent, rule)
    until = words("interest-note", day=words.day(sent.issued_on))
    rows = [
        [words("arrears-tax"), "", words.amount(sum(due.tax_paise for due in sent.dues))],
        [words("interest"), until, words.amount(sum(due.interest_paise for due in sent.dues))],
    ]
    if sent.fees_paise:
        rows.append([words("earlier-fees"), "", words.amount(sent.fees_paise)])
    if rule.fee_paise:
        rows.append([words("own-fee"), "", words.amount(rule.fee_paise)])
    own = city()
    codes = []
    beside = [
        words("pay-otherwise"),
        words(
            "above-limit",
            limit=words.amount(own.upi_limit_paise),
            ways=words.name(own.ways_to_pay),
        ),
    ]
    if total <= own.upi_limit_paise:
        codes = [code_of(words, sent.number, sent.holding.number, total, words("code-only"))]
        beside = [words("pay-by-upi"), words("scan")]
    return {
        "rows": rows,
        "total": [words("to-pay"), words.amount(total)],
        "early": None,
        "words": words("in-words", words=words.in_words(total)),
        "codes": codes,
        "beside": beside,
    }


def _earlier(sent: NoticeDocument, words: Words) -> str:
    steps = ladder()
    return "; ".join(
        words(
            "earlier-one",
            kind=words("bill") if each.kind == BILL else words.name(rule_of(each.kind, steps).name),
            number=printable(each.number, "number"),
            day=words.day(each.served_on),
        )
        for each in sent.earlier
    )


def _what_to_do(sent: NoticeDocument, rule: StepRule, words: Words) -> list[list[str]]:
    following = [each for each in ladder().steps.values() if each.after == rule.code]
    said = words("pay-at-once-words")
    if sent.pay_by and following:
        names = ", ".join(words.name(each.name) for each in following)
        said = words("pay-by-words", day=words.day(sent.pay_by), next=names)
    own = city()
    return [
        [words("pay-now"), said],
        [words("object"), words("notice-object", to=words.name(own.objection_to))],
        [words("ways"), words("ways-words", ways=words.name(own.ways_to_pay))],
    ]


def no_dues(clear: NoDuesDocument, words: Words, seal: Seal) -> Content:
    """What stands on a certificate. Raises Unprintable."""
    day = words.day(clear.issued_on)
    told = frame(words, words("no-dues"), day, clear.number, words("computer-made"))
    told["facts"] = facts_of(clear.holding, words)
    told["particulars"] = [
        [words("number-of-certificate"), clear.number],
        [words("day"), day],
    ]
    told["lead"] = [
        words("no-dues-lead", day=day, half=words.half(clear.paid_to)),
        words("no-dues-valid", day=words.day(clear.valid_until)),
        words("no-dues-limits"),
    ]
    if clear.receipts:
        told["tables"] = [
            table(
                words("latest-receipts"),
                [words("number-of-receipt"), words("day"), words("amount")],
                [62, 38],
                [
                    [printable(number, "number"), words.day(when), words.figure(paise)]
                    for number, when, paise in clear.receipts
                ],
                [],
            )
        ]
    document = Vouched("no-dues", clear.number, clear.issued_on, 0)
    told["vouched"] = vouched_by(seal, document, words)
    return told
