"""Duplicates and attachments as their callers have them: a real process, called over RabbitMQ."""

import base64
import io
import random
import threading

import pytest
from PIL import Image

from palika.auth import ANONYMOUS
from palika.errors import Forbidden, Invalid, NotFound
from services.grievance.attachments.kinds import MIB
from tests.support.attachments import PUNE, exif, photo
from tests.support.backbone import Backbone
from tests.support.grievances import CITIZEN, FILING, OFFICER, OTHER_CITIZEN

HERE = {"lat": 18.5204, "lon": 73.8567, "address": "Sai temple, Gandhi Road"}


@pytest.fixture(scope="module")
def city(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> Backbone:
    """The service, with a folder of its own for attachments."""
    folder = tmp_path_factory.mktemp("attachments")
    backbone.migrate("grievance")
    backbone.service("grievance", PALIKA_ATTACHMENTS_URL=f"file://{folder}").wait_ready(60)
    return backbone


def large_photo() -> bytes:
    """A photograph of 5 MiB at least, with a place: noise cannot be made small."""
    noise = random.Random(1).randbytes(2_560 * 1_920 * 3)
    return photo(image=Image.frombytes("RGB", (2_560, 1_920), noise), quality=95, exif=exif(PUNE))


def test_five_mebibytes_come_in_and_go_out_while_others_are_served(city: Backbone) -> None:
    content = large_photo()
    assert 5 * MIB < len(content) < 10 * MIB
    with city.client(CITIZEN, 60) as client, city.client(OFFICER) as other:
        filed = client.grievance.file(**FILING)
        calls = []
        attaching = threading.Thread(
            target=lambda: calls.append(
                client.grievance.attach(
                    id=filed["id"],
                    kind="photo_before",
                    content_base64=base64.b64encode(content).decode(),
                )
            )
        )
        attaching.start()
        served = 0
        while not calls:
            other.grievance.list(limit=1)
            served += 1
            assert attaching.is_alive() or calls
        attaching.join(60)
        assert served > 0
        (made,) = calls
        assert made["offered_place"] == {"lat": 18.5204, "lon": 73.8567}
        assert "lat" not in made
        shown = client.grievance.attachment(id=filed["id"], attachment_id=made["id"])
        picture = base64.b64decode(shown["content_base64"])
        assert len(picture) == made["size"]
        kept = Image.open(io.BytesIO(picture))
        assert (kept.size, dict(kept.getexif())) == ((2_560, 1_920), {})
        assert shown["headers"]["Content-Type"] == "image/jpeg"
        small = client.grievance.attachment(
            id=filed["id"], attachment_id=made["id"], thumbnail=True
        )
        assert len(small["content_base64"]) < len(shown["content_base64"]) / 10


def test_what_is_no_attachment_is_refused_with_the_rule(city: Backbone) -> None:
    with city.client(ANONYMOUS) as client:
        filed = client.grievance.file(**FILING, anonymous=True)
        token = {"token": filed["token"]}
        with pytest.raises(Invalid) as refused:
            client.grievance.attach(**token, kind="document", content_base64="PHNjcmlwdD4=")
        assert "content" in refused.value.fields
        with pytest.raises(NotFound):
            client.grievance.attachment(**token, attachment_id=filed["id"])
        assert client.grievance.track(**token)["attachments"] == []


def test_whoever_files_is_offered_what_is_there_and_may_follow_it(city: Backbone) -> None:
    with city.client(CITIZEN) as client:
        first = client.grievance.file(**FILING | {"description": "Deep pothole"} | HERE)
        client.as_(ANONYMOUS)
        told = {"category": "pothole", "description": "Pothole", "ward": FILING["ward"], **HERE}
        (offer,) = client.grievance.similar(**told)
        assert offer["number"] == first["number"]
        with pytest.raises(Forbidden):
            client.grievance.follow(id=offer["id"], citizen_phone="98220 12345")
        client.as_(OTHER_CITIZEN)
        followed = client.grievance.follow(id=offer["id"])
        assert [each["id"] for each in client.grievance.followed()["items"]] == [first["id"]]
        client.as_(ANONYMOUS)
        assert followed == {"number": first["number"], "status": first["status"], "following": True}
        again = client.grievance.file(**told, anonymous=True)
        assert [each["id"] for each in again["similar"]] == [first["id"]]
        assert again["number"] != first["number"]


def test_a_step_by_token_answers_no_more_than_tracking_does(city: Backbone) -> None:
    with city.client(CITIZEN) as client:
        filed = client.grievance.file(**FILING)
    assert filed["description"] == FILING["description"]
    with city.client(ANONYMOUS) as client:
        shown = client.grievance.comment(token=filed["token"], text="It is by the school")
        tracked = client.grievance.track(token=filed["token"])
    assert shown == {key: tracked[key] for key in shown}
    assert not {"id", "description"} & shown.keys()
