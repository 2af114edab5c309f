"""Words of the war room: what its states are called."""

from typing import Final

from services.portal.pages.words import N_

LIGHTS: Final = {
    "red": N_("Red"),
    "amber": N_("Amber"),
    "green": N_("Green"),
    "none": N_("Not judged"),
}
STANDINGS: Final = {
    "active": N_("Active"),
    "on_hold": N_("On hold"),
    "completed": N_("Completed"),
    "dropped": N_("Dropped"),
}
PHASES: Final = {
    "scheduled": N_("To come"),
    "open": N_("In session"),
    "closed": N_("Minutes closed"),
    "cancelled": N_("Cancelled"),
}
WORK: Final = {
    "open": N_("To be done"),
    "claimed": N_("Said to be done"),
    "done": N_("Done"),
    "dropped": N_("Dropped"),
}
SEVERITIES: Final = {
    "low": N_("Low"),
    "medium": N_("Medium"),
    "high": N_("High"),
    "critical": N_("Critical"),
}
PRESENCE: Final = {
    "present": N_("Present"),
    "absent": N_("Absent"),
    "represented": N_("Represented"),
}
MONEY: Final = {"sanctioned": N_("Sanctioned"), "revised": N_("Revised"), "spent": N_("Spent")}
ABOUT: Final = {
    "date": N_("A new day"),
    "hold": N_("Put on hold"),
    "resume": N_("Go on with it"),
    "escalation": N_("Take it up the line"),
    "budget": N_("A new budget"),
    "other": N_("Another matter"),
}
MINUTED: Final = {"statement": N_("Statement"), "decision": N_("Decision")}
BASES: Final = {"official": N_("By the plan and its owner's dates"), "pace": N_("By its pace")}
LINKS: Final = {
    "kpi": N_("KPI"),
    "file": N_("File"),
    "area": N_("Grievances of an area"),
    "tax": N_("Tax of a ward"),
}
TOLD: Final = {
    "reported": N_("What you said of it is kept."),
    "claimed": N_("It is told to who leads the review: they say whether it is done."),
    "answered": N_("Your answer is kept, and its owner is told."),
    "minuted": N_("It is in the minutes."),
    "assigned": N_("The action is in the minutes. Its post is told when they are closed."),
    "struck": N_("It is taken out of the minutes."),
    "attended": N_("Who was there is written down."),
    "agenda": N_("The agenda is made anew."),
    "frozen": N_("The pack is frozen. Its pages are ready within a minute."),
    "opened": N_("The review is open: minutes can be taken."),
    "closed": N_("The minutes are closed, and who has something to do is told."),
    "added": N_("It is added to the closed minutes."),
}
"""What has just been done, by a word in the address."""
MEASURES: Final = {
    "grievances_filed": N_("filed"),
    "grievances_resolved": N_("resolved"),
    "grievances_resolved_late": N_("resolved late"),
    "grievances_reopened": N_("opened again"),
    "tax_billed_paise": N_("billed"),
    "tax_paid_paise": N_("paid"),
    "tax_reversed_paise": N_("taken back"),
}
DEEDS: Final = {
    "add_project": N_("the project came in"),
    "revise_project": N_("the project was revised"),
    "add_milestone": N_("a milestone was planned"),
    "revise_milestone": N_("a milestone was planned anew"),
    "forecast_milestone": N_("a milestone was expected on another day"),
    "complete_milestone": N_("a milestone was reached"),
    "record_money": N_("money was entered"),
    "add_risk": N_("a risk was noted"),
    "revise_risk": N_("a risk was assessed anew"),
    "raise_issue": N_("an issue was raised"),
    "revise_issue": N_("an issue was revised"),
    "resolve_issue": N_("an issue was cleared"),
    "decide": N_("something was decided"),
    "report_progress": N_("progress was reported"),
    "add_photo": N_("a photograph was added"),
    "link": N_("it was linked"),
    "tie": N_("an issue was tied to a matter"),
    "untie": N_("an issue was untied from a matter"),
    "minuted": N_("a review decided about it"),
    "withdraw": N_("something was withdrawn"),
    "import": N_("it came in by a file"),
    "judge": N_("its health was judged anew"),
}
MATTERS: Final = {
    "alert": N_("Alert of a KPI"),
    "issue": N_("Issue of a project"),
    "file": N_("File"),
    "grievance": N_("Grievance"),
    "property": N_("Property"),
    "bill": N_("Bill"),
}
