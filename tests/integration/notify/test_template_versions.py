"""Versions of templates in the database: saved once, never changed, known everywhere soon."""

import copy
import json
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import yaml
from click.testing import CliRunner
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from palika.errors import Invalid, NotFound
from services.notify import seed
from services.notify.cli.templates import group
from services.notify.commands.templates import approve, load, note_status, save
from services.notify.domain.template_data import template
from services.notify.domain.whatsapp_text import NOT_APPROVED, Approval
from services.notify.models import TemplateVersion, WhatsappTemplate
from services.notify.queries.templates import listed, preview, stored
from services.notify.reference import city_register, shipped
from services.notify.template_store import TemplateStore
from tests.support.notify import CONTACT, NOW

REGISTER = city_register()
PAID = shipped()["tax.paid"]
REGISTERED = 2 * sum("whatsapp" in each["channels"] for each in shipped().values())
"""Texts that Meta is asked about, in both languages."""
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def begin(desk, database, monkeypatch):
    monkeypatch.setattr("services.notify.cli.templates.sessions", lambda _: database)
    with desk.begin() as session:
        session.execute(text("TRUNCATE template_version, whatsapp_template RESTART IDENTITY"))
    return desk.begin


def other(subject="Received", **fields):
    """The content of tax.paid with another subject of its e-mail."""
    content = copy.deepcopy(PAID)
    content["en"]["email"]["subject"] = subject
    return content | fields


def saved(begin, content, name="tax.paid", now=NOW):
    with begin() as session:
        return save(session, name, content, register=REGISTER, by="officer:it-1", now=now)


def rows(begin, model=TemplateVersion):
    with begin() as session:
        return list(session.scalars(select(model)))


def state(begin, name="tax_paid", language="mr"):
    with begin() as session:
        found = session.get(WhatsappTemplate, (name, language))
        return found and found.state


def asked(template, **more):
    return {"template": template, "language": "en", "channel": None, "version": None,
            "fields_": None, "sampled": False} | more  # fmt: skip


def test_what_says_something_new_is_a_new_version_and_what_does_not_is_none(begin):
    first = saved(begin, PAID)
    again = saved(begin, dict(reversed(PAID.items())))
    second = saved(begin, other())
    assert [(each.version, each.new) for each in (first, again, second)] == [
        (1, True), (1, False), (2, True),
    ]  # fmt: skip
    # Back to what it said before is a version of its own.
    assert saved(begin, PAID).version == 3
    with begin() as session:
        assert stored(session, "tax.paid", 2).content == other()
        assert stored(session, "tax.paid").saved_by == "officer:it-1"
        for wrong in (("tax.paid", 9), ("tax.lost", None)):
            with pytest.raises(NotFound):
                stored(session, *wrong)


def test_what_has_mistakes_is_not_saved_and_of_a_file_nothing_is(begin):
    with pytest.raises(Invalid) as error:
        saved(begin, other(lane="fast"))
    assert "lane" in error.value.details["tax.paid"][0]
    with pytest.raises(Invalid), begin() as session:
        load(session, {**shipped(), "tax.paid": {}}, register=REGISTER, now=NOW)
    assert rows(begin) == rows(begin, WhatsappTemplate) == []


def test_an_id_of_the_operators_belongs_to_one_text(begin):
    saved(begin, PAID)
    ids = {language: PAID[language]["sms"]["dlt"] for language in ("mr", "en")}
    alike = PAID | {"en": PAID["en"] | {"sms": PAID["en"]["sms"] | {"dlt": ids["mr"]}}}
    with pytest.raises(Invalid) as error:
        saved(begin, alike)
    assert error.value.details["tax.paid"] == ["dlt: two languages have the same id"]
    another = PAID | {"whatsapp": PAID["whatsapp"] | {"name": "tax_again"}}
    with pytest.raises(Invalid) as error:
        saved(begin, another, name="tax.again")
    assert error.value.details["tax.again"] == [
        f"{each}, sms: tax.paid ({each}) has the id {ids[each]}" for each in ("mr", "en")
    ]


def test_a_name_of_whatsapps_belongs_to_one_template(begin):
    saved(begin, PAID)
    with pytest.raises(Invalid, match=r"tax\.paid has the name tax_paid"):
        saved(begin, PAID, name="tax.again")


@pytest.mark.parametrize(
    "change", ["UPDATE template_version SET note = 'x'", "DELETE FROM template_version"]
)
def test_a_version_is_never_changed(begin, change):
    saved(begin, PAID)
    with pytest.raises(IntegrityError, match="append-only"), begin() as session:
        session.execute(text(change))


def test_many_processes_that_start_at_once_save_the_shipped_files_once(begin):
    errors = []

    def start():
        try:
            TemplateStore(begin).load_shipped(NOW)
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert errors == []
    assert sorted(each.name for each in rows(begin)) == sorted(shipped())
    assert {each.version for each in rows(begin)} == {1}


def test_a_start_takes_back_nothing_that_was_saved_since(begin):
    TemplateStore(begin).load_shipped(NOW)
    saved(begin, other())
    TemplateStore(begin).load_shipped(LATER)
    with begin() as session:
        assert stored(session, "tax.paid").version == 2
        # By name, a file says what is to be said.
        load(session, {"tax.paid": PAID}, register=REGISTER, now=LATER)
        assert stored(session, "tax.paid").version == 3


def test_a_process_knows_what_another_has_saved_after_a_few_seconds(begin):
    clock = [0.0]
    store = TemplateStore(begin, look_every_s=3, clock=lambda: clock[0])
    assert store.current().by_name == {}
    saved(begin, PAID)
    clock[0] = 2.9
    with pytest.raises(NotFound):
        store.current().named("tax.paid")
    clock[0] = 3.0
    assert store.current().named("tax.paid").version == 1
    saved(begin, other("Got it"))
    clock[0] = 6.0
    known = store.current()
    values = PAID["sample"]
    assert known.named("tax.paid").render("email", "en", values).subject == "Got it"
    old = known.named("tax.paid", 1).render("email", "en", values)
    assert old.subject.startswith("Property tax payment received")
    assert (old.version, known.named("tax.paid", 2).version) == (1, 2)
    with pytest.raises(NotFound, match="version 3"):
        known.named("tax.paid", 3)


def test_a_version_that_is_no_longer_sound_is_told_and_the_one_before_is_used(begin, caplog):
    saved(begin, PAID)
    with begin() as session:
        session.add(
            TemplateVersion(name="tax.paid", version=2, content={"x": 1}, digest="x",
                            saved_by="x", saved_at=NOW)
        )  # fmt: skip
    assert TemplateStore(begin).current().named("tax.paid").version == 1
    assert "version 2, is no longer sound" in caplog.text


def test_over_whatsapp_goes_what_meta_has_approved_in_the_form_that_it_knows(begin):
    saved(begin, PAID)
    assert state(begin) == state(begin, language="en") == "pending"

    def refusal(language="mr"):
        known = TemplateStore(begin).current()
        return known.refusal(known.named("tax.paid"), "whatsapp", language)

    assert refusal() == NOT_APPROVED
    with begin() as session:
        assert note_status(session, "tax_paid", "mr", Approval.APPROVED, LATER)
    assert refusal() is None
    assert refusal("en") == NOT_APPROVED
    # Another e-mail is nothing to Meta; another text over WhatsApp is.
    saved(begin, other())
    assert state(begin) == "approved"
    content = other()
    content["mr"]["whatsapp"] = "रक्कम {amount_paise:money} जमा झाली."
    content["en"]["whatsapp"] = "We received {amount_paise:money}. Thank you."
    saved(begin, content, now=LATER + timedelta(hours=1))
    assert refusal() == NOT_APPROVED
    assert {each.body for each in rows(begin, WhatsappTemplate)} == {
        "रक्कम {{1}} जमा झाली.", "We received {{1}}. Thank you.",
    }  # fmt: skip


def test_what_meta_says_later_counts_in_whatever_order_it_comes(begin):
    saved(begin, PAID)
    with begin() as session:
        assert note_status(session, "tax_paid", "mr", Approval.REJECTED, LATER, "INVALID_FORMAT")
        assert not note_status(session, "tax_paid", "mr", Approval.APPROVED, NOW)
        assert not note_status(session, "tax_paid", "mr", Approval.REJECTED, LATER, "again")
    assert state(begin) == "rejected"
    with begin() as session:
        found = session.get(WhatsappTemplate, ("tax_paid", "mr"))
        assert (found.reason, found.category) == ("INVALID_FORMAT", "utility")


def test_what_meta_has_told_of_before_it_was_saved_stays(begin):
    with begin() as session:
        assert note_status(session, "tax_paid", "mr", Approval.APPROVED, NOW)
    saved(begin, PAID)
    assert (state(begin), state(begin, language="en")) == ("approved", "pending")
    assert all(each.body and each.category == "utility" for each in rows(begin, WhatsappTemplate))


def test_on_a_laptop_all_that_wait_are_taken_for_approved(begin):
    TemplateStore(begin).load_shipped(NOW)
    with begin() as session:
        note_status(session, "tax_paid", "mr", Approval.REJECTED, LATER)
        waiting = REGISTERED - 1
        assert approve(session, None, LATER) == waiting
        assert approve(session, None, LATER) == 0
        assert approve(session, "tax_paid", LATER) == 1
        with pytest.raises(NotFound):
            approve(session, "nothing", LATER)
    known = TemplateStore(begin).current()
    assert all(known.order(each, "mr") == list(each.channels) for each in known.by_name.values())


def test_the_seed_is_metas_word_and_says_it_once(begin, database):
    assert seed.seed(database, 10, 1, NOW) == 10
    assert [each.state for each in rows(begin, WhatsappTemplate)].count("approved") == 10
    assert seed.seed(database, 1_000, 1, NOW) == REGISTERED - 10
    assert seed.seed(database, 1_000, 1, NOW) == 0
    assert {each.state for each in rows(begin, WhatsappTemplate)} == {"approved"}


def test_a_list_and_a_preview_say_what_would_be_sent(begin):
    TemplateStore(begin).load_shipped(NOW)
    known = TemplateStore(begin).current()
    with begin() as session:
        found = {each["template"]: each for each in listed(session, known)}
    assert found["tax.paid"]["whatsapp"] == {"mr": "pending", "en": "pending"}
    assert found["tax.paid"]["saved_by"] == "file"
    shown = preview(known, asked("tax.paid"))
    assert list(shown["channels"]) == PAID["channels"]
    assert shown["channels"]["whatsapp"]["refusal"] == NOT_APPROVED
    assert shown["channels"]["whatsapp"]["whatsapp"]["parameters"][0] == "Asha Kulkarni"
    assert "{{1}}" in shown["channels"]["whatsapp"]["whatsapp"]["registered"]
    sms = shown["channels"]["sms"]
    assert (sms["encoding"], sms["segments"], sms["warnings"]) == ("gsm", 1, [])
    assert sms["dlt"]["registered"].count("{#var#}") == 3
    json.dumps(shown)
    long = preview(
        known, asked("tax.paid", channel="sms", fields_={**PAID["sample"], "number": "क" * 30})
    )
    assert list(long["channels"]) == ["sms"]
    assert long["channels"]["sms"]["warnings"] == ["not in the alphabet of GSM: क"]
    strict = TemplateStore(begin, replace(REGISTER, warn_segments=1)).current()
    marathi = preview(strict, asked("tax.paid", channel="sms", language="mr"))
    assert marathi["channels"]["sms"]["warnings"] == [
        "2 segments, each of them paid for; the city's limit is 1"
    ]
    for wrong in (asked("tax.paid", channel="voice"), asked("tax.paid", fields_={})):
        with pytest.raises(Invalid):
            preview(known, wrong)


def test_a_delivery_is_sent_from_the_stored_version(begin, desk):
    TemplateStore(begin).load_shipped(NOW)
    content = copy.deepcopy(shipped()["grievance.filed"])
    content["mr"]["email"]["subject"] = "नवीन विषय {number}"
    saved(begin, content, name="grievance.filed")
    desk.happen()
    desk.contact = dict(CONTACT)
    desk.channels = ("email",)
    desk.run(templates=TemplateStore(begin).current())
    assert desk.row().template_version == 2
    assert desk.carrying.smtp.mails[0].message["Subject"] == "नवीन विषय GRV-2026-000123"


def ran(*arguments, status=0):
    result = CliRunner().invoke(group, list(arguments))
    assert result.exit_code == status, (result.output, result.exception)
    return result


def told(*arguments, status=0):
    return json.loads(ran(*arguments, "--json", status=status).stdout)


def test_the_commands_load_list_show_compare_and_preview(begin, tmp_path):
    assert "no template is stored" in ran("list", status=1).output
    assert len(told("load")["saved"]) == len(shipped())
    assert told("load") == {"saved": [], "unchanged": len(shipped())}
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump({"tax.paid": other("Got it")}, allow_unicode=True))
    compared = told("diff", "tax.paid", "--file", str(file))
    assert "+    subject: Got it" in compared["diff"]
    assert told("load", str(file))["saved"] == [{"template": "tax.paid", "version": 2}]
    compared = told("diff", "tax.paid")
    assert (compared["from"], compared["to"]) == (1, 2)
    assert "They say the same." in ran("diff", "tax.paid", "--file", str(file)).output
    assert told("diff", "tax.billed")["from"] == 0
    found = told("show", "tax.paid", "--version", "1")
    assert (found["version"], found["content"]) == (1, PAID)
    assert found["saved_by"] == "file"
    assert told("show", "tax.paid")["saved_by"].startswith("shell:")
    assert "version 2" in ran("show", "tax.paid").output
    listing = {each["template"]: each["version"] for each in told("list")["templates"]}
    assert (listing["tax.paid"], listing["tax.billed"]) == (2, 1)
    assert "mr:pending en:pending" in ran("list").output
    assert told("approve", "--all") == {"approved": REGISTERED}
    shown = told("preview", "tax.paid", "--language", "en", "--channel", "sms")
    assert shown["channels"]["sms"]["segments"] == 1
    given = json.dumps({**PAID["sample"], "amount_paise": 700})
    assert "₹७.००" in ran("preview", "tax.paid", "--fields", given).output
    assert "Got it" in ran("preview", "tax.paid", "--file", str(file), "--language", "en").output


def test_a_wrong_file_is_told_with_its_line_and_wrong_options_are_refused(begin, tmp_path):
    file = tmp_path / "own.yaml"
    content = other()
    content["mr"]["sms"]["dlt"] = "12"
    lines = yaml.safe_dump({"tax.paid": content}, allow_unicode=True, width=10_000)
    file.write_text(lines)
    wrong = told("check", str(file), status=1)
    (mistake,) = wrong["mistakes"]
    assert (mistake["place"], wrong["valid"]) == ("tax.paid", False)
    assert mistake["rule"].startswith("mr.sms: dlt:")
    assert lines.splitlines()[mistake["line"] - 1].strip() == "sms:"
    assert "line" in ran("load", str(file), status=1).stderr
    assert rows(begin) == []
    file.write_text("tax.paid: {")
    assert "not YAML" in ran("check", str(file), status=1).stderr
    file.write_text(yaml.safe_dump({"tax.paid": PAID}, allow_unicode=True))
    twice = tmp_path / "again.yaml"
    twice.write_text(file.read_text())
    assert "in another file" in ran("check", str(file), str(twice), status=1).stderr
    twice.write_text(yaml.safe_dump({"tax.again": PAID}, allow_unicode=True))
    assert "has the name tax_paid" in ran("check", str(file), str(twice), status=1).stderr
    ran("load", str(file))
    for arguments, status in (
        (("show", "lost"), 1),
        (("preview", "lost"), 1),
        (("preview", "tax.paid", "--fields", "{"), 2),
        (("preview", "tax.paid", "--fields", "[]"), 2),
        (("preview", "tax.paid", "--fields", "{}"), 2),
        (("preview", "tax.paid", "--channel", "voice"), 2),
        (("diff", "lost"), 1),
        (("diff", "tax.paid", "--to", "1", "--file", str(file)), 2),
        (("diff", "tax.billed", "--file", str(file)), 1),
        (("approve",), 2),
        (("approve", "lost"), 1),
    ):
        ran(*arguments, status=status)


def test_the_shipped_files_are_sound(begin):
    counts = told("check")
    assert (counts["valid"], counts["templates"]) == (True, len(shipped()))


def test_who_reads_while_another_reads_has_no_half_of_it(begin, monkeypatch):
    saved(begin, PAID)
    saved(begin, shipped()["tax.billed"], name="tax.billed")
    store = TemplateStore(begin)
    others = []

    def slowly(*args):
        if not others:
            others.append(threading.Thread(target=lambda: seen.append(store.current())))
            others[0].start()
            others[0].join(0.5)
        return template(*args)

    seen = []
    monkeypatch.setattr("services.notify.template_store.template", slowly)
    seen.append(store.current())
    others[0].join()
    assert [sorted(each.by_name) for each in seen] == [["tax.billed", "tax.paid"]] * 2
