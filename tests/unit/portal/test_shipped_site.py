"""The shipped content: it fits what the other services have, and nothing private is counted."""

import pytest

from palika.yaml_files import loaded
from services.portal.content.loading import SHIPPED, load


@pytest.fixture(scope="module")
def content():
    return load(SHIPPED)


@pytest.fixture(scope="module")
def departments(request):
    folder = request.config.rootpath / "services/kpi/data/departments"
    found = [loaded(path.read_text()) for path in sorted(folder.glob("*.yaml"))]
    return {each["department"]: each for each in found}


def public_kinds(root):
    """The subcategories that may be shown to everybody."""
    found = set()
    for path in (root / "services/grievance/data/catalogue").glob("*.yaml"):
        for category in loaded(path.read_text()).get("categories", {}).values():
            for code, each in category["subcategories"].items():
                if not each.get("private", category.get("private", False)):
                    found.add(code)
    return found


def test_departments_are_those_of_the_kpi_service_by_code_and_name(content, departments):
    named = {
        code: {"mr": name.mr, "en": name.en} for code, name in content.city["departments"].items()
    }
    assert named == {code: each["name"] for code, each in departments.items()}


def test_kpis_of_a_micro_site_are_public_ones_of_its_department(content, departments):
    public = {
        code: {kpi["code"] for kpi in each["kpis"] if kpi.get("public", True)}
        for code, each in departments.items()
    }
    wrong = {
        site.slug: set(site.facts["kpis"]) - public[site.department]
        for site in content.sites.values()
        if not set(site.facts["kpis"]) <= public[site.department]
    }
    assert wrong == {}
    assert set(content.city["figures"]) <= set().union(*public.values())


def test_grievances_that_a_micro_site_counts_are_of_public_kinds(content, request):
    public = public_kinds(request.config.rootpath)
    wrong = {
        site.slug: set(site.facts["grievances"]) - public
        for site in content.sites.values()
        if not set(site.facts["grievances"]) <= public
    }
    assert wrong == {}


def test_every_micro_site_has_a_gallery_whose_pictures_are_there(content):
    assert len(content.sites) == 36
    for slug, site in content.sites.items():
        pictures = [content.files[f"{slug}/{each['file']}"] for each in site.facts["gallery"]]
        assert len(pictures) >= 2, slug
        # A browser loads all of a gallery: small enough for a telephone.
        assert all(0 < each.stat().st_size < 60_000 for each in pictures), slug


def test_every_sign_is_in_the_sprite(content, root):
    sprite = (root / "services/portal/static/icons.svg").read_text()
    named = {each["icon"] for each in content.city["quick"]}
    named |= {each.facts["icon"] for each in content.sites.values()}
    named |= {each.facts["icon"] for each in content.documents["services"].values()}
    assert [each for each in sorted(named) if f'id="{each}"' not in sprite] == []


def test_marathi_texts_are_in_devanagari_and_english_ones_are_not(content):
    def devanagari(text):
        # The name of a language, a word that is explained: some stand in the other text.
        letters = [each for each in text if each.isalpha()]
        return sum("\u0900" <= each <= "\u097f" for each in letters) > len(letters) / 2

    for each in content.all():
        assert devanagari(each.title.mr), each
        assert devanagari(each.summary.mr), each
        for language, text in each.texts.items():
            assert devanagari(text) is (language == "mr"), (each.slug, language)
