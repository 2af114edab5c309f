"""What the columns of reports are called, in Marathi and English."""

from datetime import date

from palika.text import Name

_CALLED = {
    "department": ("विभाग", "department"),
    "ward": ("क्षेत्रीय कार्यालय", "ward"),
    "officer": ("अधिकारी", "officer"),
    "category": ("तक्रारीचा प्रकार", "category"),
    "parent_category": ("विषय", "subject"),
    "open": ("प्रलंबित", "open"),
    "unassigned": ("न सोपवलेल्या", "unassigned"),
    "waiting": ("उत्तराच्या प्रतीक्षेत", "waiting"),
    "overdue": ("मुदत संपलेल्या", "overdue"),
    "escalated": ("वर्धित", "escalated"),
    "escalated_today": ("आज वर्धित", "escalated today"),
    "reopened": ("पुन्हा उघडलेल्या", "reopened"),
    "oldest": ("सर्वात जुनी", "oldest"),
    "filed": ("नोंदवलेल्या", "filed"),
    "resolved": ("निराकरण झालेल्या", "resolved"),
    "ever_resolved": ("कधीतरी निराकरण झालेल्या", "ever resolved"),
    "on_time": ("मुदतीत", "on time"),
    "late": ("उशिरा", "late"),
    "open_overdue": ("प्रलंबित, मुदत संपलेल्या", "open, overdue"),
    "percent": ("टक्के", "percent"),
    "times": ("किती वेळा", "times"),
    "rated": ("गुण दिलेल्या", "rated"),
    "mean": ("सरासरी", "mean"),
}
_MONTHS = (
    ("जाने", "Jan"), ("फेब्रु", "Feb"), ("मार्च", "Mar"), ("एप्रिल", "Apr"), ("मे", "May"),
    ("जून", "Jun"), ("जुलै", "Jul"), ("ऑग", "Aug"), ("सप्टें", "Sep"), ("ऑक्टो", "Oct"),
    ("नोव्हें", "Nov"), ("डिसें", "Dec"),
)  # fmt: skip


def heading(column: str) -> Name:
    """What a column is called: of a month by its name, of a rating or an age in days by itself."""
    if column in _CALLED:
        return Name(*_CALLED[column])
    kind, _, number = column.partition("_")
    if kind == "rated":
        return Name(f"{number} गुण", f"rated {number}")
    try:
        month = date.fromisoformat(f"{column}-01")
    except ValueError:
        return Name(f"{column} दिवस", f"{column} days")
    mr, en = _MONTHS[month.month - 1]
    return Name(f"{mr} {month.year}", f"{en} {month.year}")
