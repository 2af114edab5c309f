"""The page of KPIs as PDF, in both languages."""

import base64
import io

import pytest
from pypdf import PdfReader

from palika.text import Name
from services.kpi.printed import exported
from tests.support.kpi_pages import dashboard

CITY = Name("पुणे महानगरपालिका", "Pune Municipal Corporation")


def pages(answer, language, *, whole):
    made = exported(answer, CITY, language, whole=whole)
    assert made["content_type"] == "application/pdf"
    read = PdfReader(io.BytesIO(base64.b64decode(made["content_base64"])))
    return made["file"], " ".join("".join(each.extract_text() for each in read.pages).split())


def test_the_page_of_the_city_is_printed(two_departments_session):
    file, told = pages(dashboard(two_departments_session), "en", whole=True)
    assert file == "kpis-city-2026-11-15-en.pdf"
    assert "KPIs of the whole city" in told
    assert "As of 15.11.2026" in told
    assert "By department" in told
    assert "On target" in told


@pytest.mark.parametrize("codes", [[], ["a-rate"]])
def test_of_one_department_those_that_are_named(two_departments_session, codes):
    answer = dashboard(two_departments_session, department="a")
    answer = answer | {"kpis": [each for each in answer["kpis"] if each["code"] in codes]}
    _, told = pages(answer, "en", whole=False)
    assert ("75.0" in told) is bool(codes)
    assert ("There is no such KPI." in told) is not bool(codes)
    file, _ = pages(answer, "mr", whole=False)
    assert file.endswith("a-2026-11-15-mr.pdf")
