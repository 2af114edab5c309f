"""What may be typed: an example for each command, at the end of its help."""

from collections.abc import Mapping

import click

_NUMBER = "ROADS/EST/TENDER/2026/0001"
_RECEIPT = "DAK/CR/2026/00001"
_LIST = "0197c1f0-8a51-7c3e-9d4b-2f6a1e5b7c90"
EXAMPLES: Mapping[str, str] = {
    "inbox": "roads-je --overdue --language en",
    "custody": _NUMBER,
    "transfer": "roads-clerk roads-je --remark 'Office order 45 of 2026'",
    "diarise": "letter.pdf map.pdf --by registry-clerk --sender 'Asha Patil' "
    "--subject 'Potholes' --category complaint",
    "receipts": "--by registry-clerk --filter status=open --filter overdue=true",
    "pending": "--by commissioner --per department",
    "acknowledge": f"{_RECEIPT} slip.pdf --by registry-clerk",
    "correct": f"{_RECEIPT} --subject 'Potholes' --reason 'Typed wrongly' --by registry-clerk",
    "refile": f"{_RECEIPT} {_NUMBER} --reason 'Put in a wrong file' --by roads-je",
    "strike": f"{_NUMBER} 502 --reason 'Added twice' --by roads-je",
    "notes": f"{_NUMBER} --by roads-de --pdf sheet.pdf",
    "approvals": f"{_NUMBER} --by roads-ce --language en",
    "cancel-approval": f"{_NUMBER} {_LIST} --remark 'The amount was a slip' --by roads-ce",
    "letter-diff": f"{_LIST} 1 2 --by roads-je",
    "readings": f"{_NUMBER} --by roads-je --language en",
    "verify": f"{_NUMBER} --no-papers",
    "root": "--keys",
    "certificates list": "--language en",
    "certificates add": "asha.cer --person a.jadhav2",
    "certificates issue": "a.jadhav2 --city Pune",
    "certificates revoke": f"{'df7f79006d948de4' * 4} --why 'The key was lost'",
    "sign-pdf": "letter.pdf signed.pdf --person a.jadhav2 --location Pune",
    "search": "रस्ता दुरुस्ती --post roads-je --kind file --from 2026-04-01",
    "reindex": "--papers",
    "due": "--by registry-clerk --what weeding --by-day 2027-03-31",
    "archive make": f"{_NUMBER} --to archive --by registry-clerk",
    "archive import": "archive --by registry-clerk --dry-run",
    "archive agree": "archive --unsigned --remark 'Asked by letter' --by commissioner",
    "archive list": "--by registry-clerk --language en",
    "archive remove": f"{_LIST} --by registry-clerk",
    "weeding propose": f"{_NUMBER} {_RECEIPT} --remark 'List of 2027' --by registry-clerk",
    "weeding decide": f"{_LIST} {_NUMBER} --refuse --remark 'An appeal is open' --by roads-ce",
    "weeding hold": f"{_RECEIPT} --kind court --remark 'Suit 12/2026' --by law",
    "weeding lift": f"{_LIST} --remark 'The suit was decided' --by law",
    "weeding holds": f"{_RECEIPT} --by registry-clerk --language en",
    "weeding show": f"{_LIST} --by registry-clerk",
    "weeding list": "--by registry-clerk --all",
    "report": "pendency --by department --output pendency.xlsx",
    "overdue": "--department roads --limit 20",
    "diary": "roads-je --day 2026-07-01",
    "track": _NUMBER,
    "org import": "archive --since 2026-08-01 --dry-run",
    "org export": "organisation",
    "org show": "--department roads --by line",
    "org holders": "roads-je",
    "org find": "कनिष्ठ अभियंता",
    "org leaves": "--state coming --person a.jadhav2",
    "org delegations": "--post roads-de",
    "org transfer": "a.jadhav2 roads-de --since 2026-08-01 --order 'Order 45/2026'",
    "org vacate": "roads-clerk --since 2026-08-01 --dry-run",
    "org add-post": "roads-je2 --department roads --section est --mr 'कनिष्ठ अभियंता 2' "
    "--en 'Junior Engineer 2' --level 2 --reports-to roads-de",
    "org add-person": "a.patil95 --mr 'आशा पाटील' --en 'Asha Patil' --phone 9822011223",
    "org abolish": "roads-clerk --since 2026-08-01",
    "org rename": "post roads-je --en 'Junior Engineer, Roads and Bridges'",
    "org report-to": "roads-clerk roads-de",
}
"""By the words of the command, what stands behind them."""


def show(group: click.Group, words: tuple[str, ...] = ()) -> None:
    """Let the help of every command of a group end with its example."""
    for name, each in group.commands.items():
        path = (*words, name)
        if isinstance(each, click.Group):
            show(each, path)
        elif (example := EXAMPLES.get(" ".join(path))) is not None:
            each.epilog = f"For example: palika eoffice {' '.join(path)} {example}"
