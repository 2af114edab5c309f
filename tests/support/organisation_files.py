"""The five files of a small organisation, and edits of them."""

from services.eoffice.domain.organisation_lines import COLUMNS

_CITY = {
    "departments": "streets,रस्ते,Streets,,\nlaw,विधी,Law,,\n",
    "sections": "works,streets,आस्थापना,Estimates,,\n",
    "posts": (
        "clerk,streets,works,लिपिक,Clerk,1,engineer,normal,,\n"
        "engineer,streets,works,अभियंता,Engineer,3,chief,confidential,,\n"
        "chief,streets,,मुख्य अभियंता,Chief Engineer,4,,secret,,\n"
        "lawyer,law,,विधी अधिकारी,Law Officer,4,,secret,,\n"
    ),
    "people": (
        "a.more1,अनघा मोरे,Anagha More,9812345610,a.more@example.org,,,\n"
        "b.kale2,भरत काळे,Bharat Kale,,,,,\n"
        "c.joshi3,चित्रा जोशी,Chitra Joshi,,,,,\n"
    ),
    "holdings": (
        "clerk,a.more1,regular,,,GAD/1\n"
        "engineer,b.kale2,regular,,,\n"
        "chief,c.joshi3,regular,,,\n"
        "lawyer,c.joshi3,additional,,,\n"
    ),
}


def city(**changes: str) -> dict[str, str]:
    """The five files, by table; ``changes`` are whole bodies of some."""
    bodies = _CITY | changes
    return {table: f"{','.join(COLUMNS[table])}\n{body}" for table, body in bodies.items()}


def edited(table: str, old: str, new: str, texts: dict[str, str] | None = None) -> dict[str, str]:
    """The files with one passage of one changed, which must be there."""
    texts = city() if texts is None else texts
    assert old in texts[table], (table, old)
    return texts | {table: texts[table].replace(old, new)}
