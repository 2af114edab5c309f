"""Words of the office that mean the same in Marathi and in English, one idea a line.

Beside the glossary of the city (``palika/glossary.py``): the words of all of a line are one when
things are searched. Inflected forms need no entry, each word stands for its stem.
"""

from palika.words import tokens

LINES = """
निविदा nivida tender
अंदाजपत्रक andajpatrak estimate
अर्थसंकल्प budget
देयक बिल deyak bill
मंजुरी मान्यता manjuri manyata sanction approval approved
प्रस्ताव prastav proposal
रजा raja leave
करार karar agreement contract
ठेकेदार कंत्राटदार thekedar contractor
खरेदी kharedi purchase procurement
लेखापरीक्षण lekhaparikshan audit
बदली badli transfer
पदोन्नती promotion
वेतन पगार vetan pagar salary
न्यायालय कोर्ट nyayalay court
नोटीस notice
परिपत्रक paripatrak circular
परवानगी parvangi permission
परवाना parvana licence license
अहवाल रिपोर्ट ahwal report
बैठक baithak meeting
ठराव tharav resolution
आदेश हुकूम adesh order
मालमत्ता malmatta property
निधी nidhi fund
खर्च kharch expenditure expense
कर्मचारी karmachari employee staff
नस्ती फाईल फाइल nasti file
पत्र patra letter
अर्ज arj application
प्रभाग वॉर्ड prabhag ward
"""


def _same() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in LINES.strip().splitlines():
        stems = [token for word in line.split() for token in tokens(word)]
        for stem in stems:
            found.setdefault(stem, stems[0])
    return found


_SAME = _same()


def office_tokens(text: str) -> list[str]:
    """The tokens of a text (``palika.words.tokens``), those of the office by their first word."""
    return [office_token(token) for token in tokens(text)]


def office_token(token: str) -> str:
    """The token of the first word of its line in the office's words; any other is itself."""
    return _SAME.get(token, token)
