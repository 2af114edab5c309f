"""Papers and receipts as the desks have them: a real process, called over RabbitMQ."""

import base64
import hashlib
import random
import threading
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from palika.errors import Forbidden, Invalid, NotFound
from tests.support.backbone import Backbone
from tests.support.eoffice import CLERK, JE
from tests.support.eoffice_moves import LAW
from tests.support.papers import bomb, large, pdf
from tests.support.part import wait_for
from tests.support.receipts import REGISTRY

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def city(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> Backbone:
    """The service, with a folder of its own for papers."""
    folder: Path = tmp_path_factory.mktemp("papers")
    backbone.migrate("eoffice")
    backbone.service("eoffice", PALIKA_PAPERS_URL=f"file://{folder}").wait_ready(60)
    return backbone


def carried(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_500_pages_are_looked_into_while_others_are_served_and_then_read(city: Backbone) -> None:
    content = pdf(500, lambda page: f"Ward {page}")
    with city.client(REGISTRY, 120) as client, city.client(JE) as other:
        kept: list[dict[str, object]] = []
        keeping = threading.Thread(
            target=lambda: kept.append(
                client.eoffice.keep_paper(name="plan", content_base64=carried(content))
            )
        )
        keeping.start()
        served = 0
        while keeping.is_alive():
            other.eoffice.list(limit=1, post="roads-je")
            served += 1
        (paper,) = kept
        assert (paper["pages"], served > 0) == (500, True)
        found = text("SELECT pages[500] FROM paper_text WHERE paper_id = :id")

        def read() -> bool:
            with city.sessions("eoffice")() as session:
                return bool(session.scalar(found, {"id": paper["id"]}) == "Ward 500")

        wait_for(read, 60)


def test_a_zip_bomb_is_refused_and_the_service_goes_on(city: Backbone) -> None:
    with city.client(REGISTRY, 120) as client:
        with pytest.raises(Invalid, match="zip bombs"):
            client.eoffice.keep_paper(name="x", content_base64=carried(bomb()))
        assert client.eoffice.receipts()["items"] == []


def test_a_large_paper_goes_in_and_out_in_pieces_and_is_of_a_receipt(city: Backbone) -> None:
    content = large(24 * MIB, random.Random(1))
    with city.client(REGISTRY, 120) as client:
        pieces = [
            client.eoffice.upload_piece(content_base64=carried(content[at : at + 8 * MIB]))["piece"]
            for at in range(0, len(content), 8 * MIB)
        ]
        key = str(uuid4())
        for _ in range(2):
            paper = client.eoffice.keep_paper(id=key, name="plan.pdf", pieces=pieces)
            assert (paper["id"], paper["sha256"]) == (key, hashlib.sha256(content).hexdigest())
        receipt = client.eoffice.diarise(
            medium="letter", sender_name="Asha", subject="Plan", papers=[key], secrecy="secret"
        )
        client.as_(LAW)
        read, start = b"", 0
        while start is not None:
            part = client.eoffice.paper_content(id=key, start=start)
            read, start = read + base64.b64decode(part["content_base64"]), part["next"]
        assert read == content
        assert part["headers"]["Content-Security-Policy"] == "default-src 'none'; sandbox"
        with pytest.raises(Forbidden, match="with registry-clerk"):
            client.eoffice.send_receipt(id=receipt["id"], to="roads-je")
        with pytest.raises(NotFound):
            client.as_(CLERK).eoffice.send_receipt(id=receipt["id"], to="roads-je")
