"""``palika site``, as who edits the content uses it."""

import json

import click
from click.testing import CliRunner

from services.portal.cli import register


def run(*arguments):
    palika = click.Group()
    register(palika)
    answer = CliRunner().invoke(palika, ["site", *map(str, arguments)])
    return answer.exit_code, answer.stdout, answer.stderr


def test_right_content_is_counted_and_wrong_content_is_told(own_site):
    code, said, _ = run("check", "--folder", own_site)
    assert code == 0
    assert "all is right" in said
    assert json.loads(run("check", "--folder", own_site, "--json")[1])["sites"] >= 2

    path = own_site / "services/birth-certificate.yaml"
    path.write_text(path.read_text().replace("department: health", "department: healt"))
    code, _, said = run("check", "--folder", own_site)
    assert (code, said) == (
        1,
        "services/birth-certificate.yaml, line 5: department: there is no department healt\n",
    )
    code, said, _ = run("check", "--folder", own_site, "--json")
    told = json.loads(said)
    assert (code, told["valid"]) == (1, False)
    assert told["mistakes"][0] == {
        "file": "services/birth-certificate.yaml",
        "line": 5,
        "place": "department",
        "rule": "there is no department healt",
    }


def test_a_micro_site_is_made_and_listed_when_it_is_filled_in(own_site):
    code, said, _ = run("new", "trees", "--department", "garden", "--folder", own_site)
    assert code == 0
    assert "sites/trees/home.mr.md" in said
    assert run("check", "--folder", own_site)[0] == 1
    for path in (own_site / "sites/trees").rglob("*.*"):
        path.write_text(
            path.read_text().replace("TODO", "Words that tell what there is to be told.")
        )
    assert run("check", "--folder", own_site)[0] == 1
    (own_site / "sites/trees/UNFINISHED").unlink()
    assert run("check", "--folder", own_site)[0] == 0
    listed = json.loads(run("list", "--folder", own_site, "--json")[1])
    (trees,) = [each for each in listed if each["slug"] == "trees"]
    assert (trees["services"], trees["people"], trees["notices"]) == (1, 1, 1)
    assert "trees: " in run("list", "--folder", own_site)[1]
