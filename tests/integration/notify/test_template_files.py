"""Files of templates that a city writes: mistakes, and warnings, that say what to do."""

import pytest
import yaml
from sqlalchemy import text

from tests.integration.notify.test_template_versions import other, ran, told
from tests.support.notify import NOW


@pytest.fixture
def begin(desk, database, monkeypatch):
    monkeypatch.setattr("services.notify.cli.templates.sessions", lambda _: database)
    with desk.begin() as session:
        session.execute(text("TRUNCATE template_version, whatsapp_template RESTART IDENTITY"))
    return desk.begin


def test_a_text_message_that_changes_under_its_old_id_is_warned_of(begin, tmp_path):
    file = tmp_path / "own.yaml"

    def loaded(**changes):
        content = other()
        content["en"]["sms"] |= changes
        file.write_text(yaml.safe_dump({"tax.paid": content}, allow_unicode=True))
        return ran("load", str(file)).stderr

    words = other()["en"]["sms"]["text"]
    id_ = other()["en"]["sms"]["dlt"]
    assert loaded() == ""
    changed = words.replace("Thank you", "Many thanks")
    warning = loaded(text=changed)
    assert f"warning: tax.paid: en.sms: the text has changed and its id {id_} has not" in warning
    assert loaded(text=words, dlt=id_[:-1] + "9") == ""
    registered = changed.replace("{number}", "{#var#}")
    for field in ("amount_paise", "balance_paise"):
        registered = registered.replace(f"{{{field}:amount}}", "{#var#}")
    assert loaded(text=changed, dlt=id_[:-1] + "9", registered=registered) == ""


def test_a_template_is_taken_for_approved_by_our_name_or_by_the_registered_one(begin):
    told("load")
    assert told("approve", "tax.paid") == {"approved": 2}
    assert told("approve", "tax_paid") == {"approved": 0}
    assert "'tax.lost'" in ran("approve", "tax.lost", status=1).output


def test_a_date_without_quotes_is_told_with_its_line_its_field_and_what_to_do(begin, tmp_path):
    file = tmp_path / "own.yaml"
    content = other()
    content["sample"]["paid_at"] = NOW.date()
    content["sample"]["more"] = [{"at": NOW}]
    text_ = yaml.safe_dump({"tax.paid": content}, allow_unicode=True)
    file.write_text(text_)
    day, moment = sorted(told("check", str(file), status=1)["mistakes"], key=lambda m: -m["line"])
    assert day["rule"] == f'sample.paid_at: put the date in quotes: "{NOW.date()}"'
    assert text_.splitlines()[day["line"] - 1] == f"    paid_at: {NOW.date()}"
    assert moment["rule"].startswith("sample.more.1.at: put the date in quotes")


def test_what_no_json_has_a_word_for_is_a_mistake_of_the_file(begin, tmp_path):
    file = tmp_path / "own.yaml"
    content = other()
    content["sample"]["paid_at"] = {"a", "b"}
    file.write_text(yaml.safe_dump({"tax.paid": content}, allow_unicode=True))
    (mistake,) = told("check", str(file), status=1)["mistakes"]
    assert "no JSON" in mistake["rule"]
