"""All dashboards, as the files that Grafana is given."""

from collections.abc import Collection, Mapping, Sequence

from palika.grafana.files import as_files
from services.kpi.domain.indicators import Catalogue
from services.kpi.grafana.commissioner import commissioner
from services.kpi.grafana.department import department_dashboard


def dashboards(
    known: Catalogue, exported: Collection[str], departments: Sequence[str]
) -> Mapping[str, str]:
    """The files of the dashboards by name, as JSON.

    Args:
        known: the catalogue.
        exported: the codes of the KPIs that are exported; the others are on no dashboard.
        departments: those that have a dashboard of their own.
    """
    made = {"commissioner.json": commissioner(known, departments)}
    for code in departments:
        of = [each for each in known.of(code) if each.code in exported]
        made[f"{code}.json"] = department_dashboard(known.departments[code], of, known)
    return as_files(made)
