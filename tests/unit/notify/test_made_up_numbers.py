"""Nobody is written to for real at a number that the sample work has made up."""

from pathlib import Path

import pytest

from palika.config import settings
from palika.demo import CITIZEN, Phones
from services.notify.channels.made_up import REASON, held_back
from services.notify.domain.messages import Failed
from tests.support.demo import demo_city

SAMPLE = Phones(usable=True).of(294025135)
REAL = "+919822012345"


@pytest.fixture
def sample_city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This city is the one that `palika up` has made, with sample work."""
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path))
    config = settings("notify")
    demo_city(tmp_path, amqp_uri=config.amqp_uri, database_url=config.database_url)


@pytest.mark.parametrize("provider", ["meta", "plivo", "twilio"])
@pytest.mark.parametrize("number", [SAMPLE, CITIZEN])
def test_in_the_city_of_sample_work_it_goes_to_no_provider(sample_city, provider, number) -> None:
    answer = held_back(provider, number)
    assert isinstance(answer, Failed)
    assert (answer.permanent, answer.reason) == (True, REASON)


def test_a_number_that_is_not_made_up_is_written_to_there(sample_city) -> None:
    assert held_back("meta", REAL) is None


def test_providers_on_this_machine_and_the_log_carry_it(sample_city, monkeypatch) -> None:
    monkeypatch.setenv("PALIKA_WHATSAPP_URL", "http://127.0.0.1:8600")
    settings.cache_clear()
    assert held_back("meta", SAMPLE) is None
    assert held_back("log", SAMPLE) is None
    monkeypatch.undo()
    settings.cache_clear()


def test_in_every_other_city_it_may_be_somebodys(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path))
    assert held_back("meta", SAMPLE) is None
