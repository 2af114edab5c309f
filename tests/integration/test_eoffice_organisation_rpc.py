"""The organisation over RabbitMQ: a real process takes one in, and tells who sits where."""

from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.eoffice_organisation import organisation
from palika.auth import Identity
from palika.errors import Forbidden, Invalid
from palika.india import day_of
from palika.spreadsheets import BOM, csv_text
from services.eoffice.domain.organisation_lines import COLUMNS
from tests.support.backbone import Backbone

ADMIN = Identity.of("admin:palika", "admin")
JADHAV = Identity.of("officer:a.jadhav2", "officer")
TOMORROW = str(day_of(datetime.now(UTC)) + timedelta(days=1))


@pytest.fixture(scope="module")
def city(backbone: Backbone) -> Backbone:
    """The service."""
    backbone.migrate("eoffice")
    backbone.service("eoffice").wait_ready(60)
    return backbone


def test_a_corporation_is_imported_looked_up_and_changed(city: Backbone) -> None:
    files = {
        table: BOM
        + csv_text([COLUMNS[table], *([row[name] for name in COLUMNS[table]] for row in rows)])
        for table, rows in organisation(600, 1).items()
    }
    with city.client(ADMIN, 60) as admin, city.client(JADHAV, 60) as officer:
        with pytest.raises(Forbidden):
            officer.eoffice.import_organisation(**files)
        wrong = files | {"holdings": files["holdings"].replace("roads-je,", "roads-jf,")}
        with pytest.raises(Invalid) as caught:
            admin.eoffice.import_organisation(**wrong)
        (mistake,) = caught.value.fields["holdings"]
        assert (mistake["line"], mistake["column"], mistake["value"]) == (3, "post", "roads-jf")
        dry = admin.eoffice.import_organisation(**files, dry_run=True)
        told = admin.eoffice.import_organisation(**files, post="commissioner")
        assert dry == told | {"dry_run": True}
        assert admin.eoffice.import_organisation(**files)["added"] == {}
        (added, *_) = told["added"]["holdings"]
        found = officer.eoffice.directory(words=added["person"])
        assert [each["code"] for each in found["items"]] == [added["post"]]
        admin.eoffice.vacate_post(code="law", since=TOMORROW)
        moved = admin.eoffice.transfer_person(person="a.jadhav2", to="law", since=TOMORROW)
        assert [each["post"] for each in moved["ended"]] == ["roads-je"]
        mine = officer.eoffice.my_posts()
        assert [each["code"] for each in mine["items"]] == ["roads-je"]
        later = officer.eoffice.my_posts(day=TOMORROW)
        assert [each["code"] for each in later["items"]] == ["law"]
        named = officer.eoffice.posts(codes=["law", "lwa"])
        assert set(named["posts"]["law"]) == {"mr", "en"}
        assert named["unknown"] == {"lwa": ["law"]}
        held = officer.eoffice.holders(code="law")
        assert [each["person"] for each in held["items"]] == ["a.jadhav2", "m.deshpande18"]
