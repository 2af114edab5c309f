"""The form of a page, and the rules of who decides."""

from pathlib import Path

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from palika.yaml_files import WrongData, loaded
from services.portal.content import Shelf
from services.portal.content.layers import Layers
from services.portal.content.loading import SHIPPED, load
from services.portal.domain.editing import changed, merged, rules_of, unit_of
from services.portal.domain.rights import Post
from services.portal.editing.checking import checked, files_of
from services.portal.editing.differences import differences
from services.portal.editing.inputs import inputs_of
from services.portal.editing.places import EDITED, SITES, Place
from services.portal.editing.typed import facts_of, sent
from services.portal.reference import editing_rules

RULES = editing_rules()


def post(department: str, level: int) -> Post:
    return Post(f"{department}-x", department, level, "regular", "पद", "Post")


def test_every_shipped_page_goes_through_the_form_unchanged(app: Flask) -> None:
    content = app.extensions["frame"].shelf.content
    places = [Place(SITES, slug) for slug in content.sites]
    places += [Place(each.kind, each.slug, each.site) for each in content.all()]
    assert len(places) > 300
    for place in places:
        files = files_of(SHIPPED, None, place)
        made, errors = checked(content, place, files.typed(place.kind), (), 30_000)
        assert errors == {}, place
        schema = EDITED[place.kind].schema
        assert schema.load(loaded(made.facts or "")) == schema.load(loaded(files.facts or "")), (
            place
        )
        assert made.texts == files.texts, place


def test_every_field_of_every_kind_has_words(app: Flask) -> None:
    for kind in EDITED:
        for each in inputs_of(kind):
            for one in (each, *each.parts):
                assert one.label != one.name or one.name.endswith(".*"), one.name


def test_empty_rows_are_left_out_and_the_others_counted_anew() -> None:
    form = MultiDict(
        {
            "needs.1.mr": "",
            "needs.2.mr": "आधार",
            "needs.2.en": " Aadhaar ",
            "needs.5.en": "Photo\0",
            "sources.3.url": "https://a.example",
            "fee.paise": "४,८५,०००.५",
            "limit.rts": "yes",
        }
    )
    typed = sent("services", form)
    assert {
        name: each for name, each in typed.items() if name.startswith(("needs", "sources"))
    } == {
        "needs.1.mr": "आधार",
        "needs.1.en": "Aadhaar",
        "needs.2.en": "Photo",
        "sources.1.url": "https://a.example",
    }
    facts, wrong = facts_of("services", typed)
    assert wrong == {}
    assert facts["fee"] == {"paise": 48_500_050}
    assert facts["limit"] == {"rts": True}
    assert facts["needs"] == [{"mr": "आधार", "en": "Aadhaar"}, {"en": "Photo"}]
    assert "online" not in facts


@pytest.mark.parametrize("given", ["twenty", "-5", "1.234", "1e3", "₹"])
def test_what_is_no_amount_is_told_at_its_field(given: str) -> None:
    _, wrong = facts_of("services", {"fee.paise": given})
    assert list(wrong) == ["fee.paise"]


def test_two_changes_are_put_together_unit_by_unit() -> None:
    before = {"title.mr": "अ", "title.en": "a", "needs.1.en": "x"}
    theirs = {**before, "title.en": "b", "needs.2.en": "y"}
    both = merged(before, theirs, {**before, "title.mr": "ब"})
    assert both.values == {**theirs, "title.mr": "ब"}
    assert both.clashes == ()
    # A list is one unit, and both have changed it.
    both = merged(before, theirs, {"title.mr": "अ", "title.en": "b"})
    assert both.clashes == ("needs",)
    assert "needs.1.en" not in both.values
    assert changed(before, theirs) == ("needs", "title.en")
    assert unit_of("fee.text.mr") == "fee.text.mr"


@pytest.mark.parametrize(
    ("acting", "roles", "owners", "may"),
    [
        (post("health", 3), {"officer", "supervisor"}, {"health"}, True),
        (post("health", 2), {"officer"}, {"health"}, False),
        (post("health", 3), {"officer", "supervisor"}, {"health", "roads"}, False),
        (post("health", 3), {"officer", "supervisor"}, {None}, False),
        (post("public-relations", 4), {"officer", "supervisor"}, {"health", "roads"}, True),
        (post("public-relations", 4), {"officer", "supervisor"}, {None}, True),
        (post("public-relations", 1), {"officer"}, {"public-relations"}, False),
    ],
)
def test_who_may_put_out_what(acting, roles, owners, may) -> None:
    assert RULES.may_publish(acting, roles, owners) is may


def test_the_file_of_rules_is_held_to_its_form() -> None:
    right = {"publishing": ["x"], "publishing_level": 3, "largest_file": 1, "longest_text": 1}
    assert rules_of(right).publishing == {"x"}
    for wrong in ({}, right | {"publishing": "x"}, right | {"largest_file": 0}, right | {"y": 1}):
        with pytest.raises(ValueError, match=r"editing\.yaml"):
            rules_of(wrong)


def test_the_department_that_publishes_is_one_of_the_site(app: Flask) -> None:
    assert set(app.extensions["frame"].shelf.content.city["departments"]) >= RULES.publishing


def test_differences_are_marked_and_escaped(app: Flask) -> None:
    content = app.extensions["frame"].shelf.content
    before = {"title.en": "A <b> page", "audience": ["family", "citizen"], "text.en": "a\nb\nc\n"}
    after = {"title.en": "A <i> page", "audience": ["citizen", "family"], "text.en": "a\nB\nc\n"}
    with app.test_request_context("/en/"):
        title, text = differences("services", before, after, content)
    assert "&lt;b&gt;</del>" in title.before
    assert "&lt;i&gt;</ins>" in title.after
    assert "<b>" not in title.before
    assert text.after.startswith("a\n<ins>")


def test_an_edited_page_stands_in_the_place_of_the_shipped_one(own_site, tmp_path) -> None:
    above = tmp_path / "edited"
    folder = above / "news"
    folder.mkdir(parents=True)
    slug = "portal-in-two-languages"
    text = (own_site / f"news/{slug}.yaml").read_text()
    (folder / f"{slug}.yaml").write_text(text)
    for language in ("mr", "en"):
        (folder / f"{slug}.{language}.md").write_text(
            "## Anew\n\nThis was written in the editor.\n"
        )
    found = load(own_site, above).documents["news"][slug]
    assert "Anew" in found.texts["en"]
    # The texts of a page that was edited are its own, or it has none.
    (folder / f"{slug}.en.md").unlink()
    assert Layers(own_site, above).real(own_site / f"news/{slug}.en.md").exists() is False
    (folder / f"{slug}.yaml").unlink()
    (folder / f"{slug}.mr.md").unlink()
    (folder / f"{slug}.gone").touch()
    assert slug not in load(own_site, above).documents["news"]
    assert load(own_site).documents["news"][slug]


def test_the_site_begins_without_what_does_not_go_together_with_it(own_site, tmp_path) -> None:
    above = tmp_path / "edited"
    (above / "news").mkdir(parents=True)
    (above / "news/broken.yaml").write_text("title: {mr: अ}\n")
    shelf = Shelf(str(own_site), edited=above)
    assert "broken" not in shelf.content.documents["news"]
    assert shelf.content.documents["news"]
    with pytest.raises(WrongData, match=r"broken\.yaml"):
        load(own_site, above)


def test_what_was_edited_comes_back_when_it_can_be_read_again(own_site, tmp_path, monkeypatch):
    above = tmp_path / "edited"
    (above / "news").mkdir(parents=True)
    slug = "portal-in-two-languages"
    for each in (own_site / "news").glob(f"{slug}.*"):
        (above / "news" / each.name).write_bytes(each.read_bytes())
    (above / f"news/{slug}.en.md").write_text("## Anew\n\nThis was written in the editor.\n")
    read = Path.read_text

    def unreadable(path: Path, *args: str, **named: str) -> str:
        if path.is_relative_to(above):
            raise PermissionError(13, "Permission denied", str(path))
        return read(path, *args, **named)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "read_text", unreadable)
        shelf = Shelf(str(own_site), look_every_s=0, edited=above)
        assert "Anew" not in shelf.content.documents["news"][slug].texts["en"]
        assert shelf.stale
    # No file has changed since.
    assert "Anew" in shelf.content.documents["news"][slug].texts["en"]
    assert not shelf.stale


def test_a_list_is_taken_whole_however_long_it_is() -> None:
    form = MultiDict({f"needs.{number}.en": f"Paper {number}" for number in range(1, 131)})
    form["needs.x.en"] = form["needs.0.en"] = form["needs.٣.en"] = "no row"
    form.setlist("audience", [f"group-{number}" for number in range(120)])
    facts, _ = facts_of("services", sent("services", form))
    assert [each["en"] for each in facts["needs"]] == [f"Paper {each}" for each in range(1, 131)]
    assert len(facts["audience"]) == 120
