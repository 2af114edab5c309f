"""The folder of a city: its name, what it says, what of another's it refuses."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from palika import cli
from palika.cities import CityFolder, all_cities
from palika.cities.checking import as_city, mistakes, refuse_shared
from palika.cities.entering import enter
from palika.cities.folder import CityError, database_of, refuse_bad_slug
from palika.cities.making import keep_away, make
from palika.cities.provision import rights, write_secret
from palika.config import KEY_FILES, OWN_TO_A_CITY, ConfigError, defaults, settings
from palika.keystore import PUBLIC
from palika.local.city import database_names, use_running_city
from services.portal.content.loading import load

ROOT = Path(__file__).parents[2]
SLUGS = st.from_regex(r"[a-z](-?[a-z0-9]){1,29}", fullmatch=True).filter(lambda s: len(s) <= 30)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    before = dict(os.environ)
    monkeypatch.setenv("PALIKA_CITIES", str(tmp_path))
    # The tests' own, which would be another city's.
    monkeypatch.delenv("PALIKA_IDENTITY_KEYSTORE")
    settings.cache_clear()
    yield tmp_path
    # What a process takes over from its city is no business of the next test.
    for name in set(os.environ) - set(before):
        del os.environ[name]
    settings.cache_clear()


def made(folder: Path, slug: str = "pune") -> CityFolder:
    """A city with addresses as its servers would have."""
    city = CityFolder(folder, slug)
    make(city, "पुणे महानगरपालिका", "Pune Municipal Corporation")
    for service in (None, *database_names()):
        name = f"{service.upper()}_AMQP_URI" if service else "AMQP_URI"
        write_secret(city, name, f"amqp://{city.broker_user(service)}:s3cret@h:5672/{slug}")
    for service in database_names():
        role = city.database(service)
        url = f"postgresql://{role}:s3cret@h:5432/{role}"
        write_secret(city, f"{service.upper()}_DATABASE_URL", url)
    return CityFolder(folder, slug)


def change(city: CityFolder, **said: object) -> CityFolder:
    path = city.path / "palika.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | said, allow_unicode=True))
    return CityFolder(city.folder, city.slug)


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "slug",
    ["", "p", "Pune", "1pune", "pune-", "-pune", "pu--ne", "pu_ne", "pu ne", "p" * 31, "../pune"],
)
def test_what_is_no_name_of_a_city_is_refused_with_the_rule(slug: str) -> None:
    with pytest.raises(CityError, match="small letters, digits and hyphens"):
        refuse_bad_slug(slug)


@pytest.mark.parametrize("slug", ["all", "operator", "palika", "guest"])
def test_a_name_that_means_something_else_is_refused(slug: str) -> None:
    with pytest.raises(CityError, match="means something else"):
        refuse_bad_slug(slug)


@given(SLUGS, SLUGS)
def test_no_two_cities_have_a_database_or_a_user_of_one_name(one: str, other: str) -> None:
    folder = Path("/cities")
    names = [set(), set()]
    users = [set(), set()]
    for at, slug in enumerate((one, other)):
        names[at] = {database_of(slug, service) for service in database_names()}
        assert all(len(name) <= 63 for name in names[at])
        if slug in ("all", "cities", "default", "guest", "operator", "palika", "servers"):
            return
        city = CityFolder(folder, slug)
        users[at] = {city.broker_user(each) for each in (None, *database_names())}
    only = {database_of("", service) for service in database_names()}
    assert names[0].isdisjoint(only)
    if one != other:
        assert names[0].isdisjoint(names[1])
        assert users[0].isdisjoint(users[1])


def test_a_service_of_a_city_has_the_rights_that_the_operations_page_gives() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    for service in database_names():
        answers = "standalone_rpc_proxy" if service == "portal" else service
        for each in rights(service):
            general = each.replace(f"reply-{answers}-", "reply-$answers-")
            general = general.replace(rf"({service}\.", r"($service\.")
            general = general.replace(f"rpc-{service}|", "rpc-$service|")
            assert f'"{general}"' in page, general


# -- what a folder says ----------------------------------------------------------------------------


def test_a_new_city_has_a_site_keys_and_settings_that_are_all_right(folder: Path) -> None:
    city = made(folder)
    assert list(mistakes(folder)) == []
    with as_city(city):
        config = settings("tax")
        assert config.city == "pune"
        assert config.city_name_en == "Pune Municipal Corporation"
        assert config.database_url.endswith("/palika_pune_tax")
        assert config.production == "yes"
        assert config.portal_site == str(city.path / "site")
        content = load(city.path / "site")
    assert content.city["name"].mr == "पुणे महानगरपालिका"
    secret = [path for path in city.secrets.rglob("*") if path.is_file()]
    for no_secret in (PUBLIC, ".lock"):
        secret.remove(city.secrets / "identity" / no_secret)
    assert {path.stat().st_mode & 0o777 for path in secret} == {0o600}
    assert city.path.stat().st_mode & 0o777 == 0o700


def test_what_is_there_is_never_written_over(folder: Path) -> None:
    city = change(made(folder), portal_url="https://pune.example")
    before = {path: path.read_bytes() for path in city.path.rglob("*") if path.is_file()}
    assert make(city, "दुसरे", "Another") is False
    assert {path: path.read_bytes() for path in city.path.rglob("*") if path.is_file()} == before


def test_the_corporation_s_name_may_have_quotes_and_backslashes(folder: Path) -> None:
    city = CityFolder(folder, "pune")
    make(city, 'पुणे "मनपा"', 'Pune \\ "MC" $slug')
    with as_city(city):
        assert load(city.path / "site").city["name"].en == 'Pune \\ "MC" $slug'


def test_each_city_has_a_port_of_its_own(folder: Path) -> None:
    ports = [made(folder, each).variables["PALIKA_PORTAL_HTTP_PORT"] for each in ("pune", "nashik")]
    assert ports == ["8081", "8082"]


def test_a_bare_yes_is_meant_as_it_is_written(folder: Path) -> None:
    path = made(folder).path / "palika.yaml"
    path.write_text("production: yes\nretry_delays_ms: [1000, 2000]\nportal_url:\n")
    said = CityFolder(folder, "pune").variables
    assert said["PALIKA_PRODUCTION"] == "yes"
    assert said["PALIKA_RETRY_DELAYS_MS"] == "1000,2000"
    assert said["PALIKA_PORTAL_URL"] == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("batch_size: 5\nbatchsize: 5\n", "line 2: there is no setting batchsize; did you mean"),
        ("city: nashik\n", "line 1: there is no setting city"),
        ("- a\n", "must have settings and their values"),
        ("a: [", "line 2: not YAML"),
        ("workers: 1\nworkers: 2\n", "line 2: not YAML: workers is there twice"),
        ("workers: {a: 1}\n", "line 1: workers: must be one value"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(folder: Path, text: str, told: str) -> None:
    (made(folder).path / "palika.yaml").write_text(text)
    with pytest.raises(CityError) as error:
        _ = CityFolder(folder, "pune").variables
    assert told in str(error.value)
    assert any(told in each for each in mistakes(folder))


def test_a_wrong_value_of_one_city_is_told_with_its_name(folder: Path) -> None:
    change(made(folder), workers="many")
    (told,) = mistakes(folder)
    assert told.startswith("pune: PALIKA_WORKERS is 'many'")


def test_a_secret_that_others_may_read_is_told(folder: Path) -> None:
    city = made(folder)
    (city.secrets / "AMQP_URI").chmod(0o644)
    (told,) = mistakes(folder)
    assert "AMQP_URI may be read by others" in told


# -- entering --------------------------------------------------------------------------------------


def test_a_process_of_a_service_has_its_own_user_and_no_other_database(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(folder)
    monkeypatch.setenv("PALIKA_CITY", "pune")
    enter()
    assert os.environ["AMQP_URI"].startswith("amqp://palika.pune:")
    assert "TAX_DATABASE_URL" in os.environ
    enter("kpi")
    assert os.environ["AMQP_URI"].startswith("amqp://palika.pune.kpi:")
    assert "KPI_DATABASE_URL" in os.environ
    assert "TAX_DATABASE_URL" not in os.environ
    assert os.environ["PALIKA_VAR"] == str(folder / "pune" / "var")


def test_how_a_process_works_may_be_told_to_it_for_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(made(folder), log_level="warning", workers=3)
    monkeypatch.setenv("PALIKA_CITY", "pune")
    monkeypatch.setenv("PALIKA_LOG_LEVEL", "debug")
    assert settings("tax").log_level == "debug"
    assert settings("tax").workers == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AMQP_URI", "amqp://palika.nashik:s3cret@h:5672/nashik"),
        ("TAX_DATABASE_URL", "postgresql://h/palika_nashik_tax"),
        ("DATABASE_URL", "postgresql://h/"),
        ("PALIKA_WHATSAPP_TOKEN", "nashik's"),
        ("PALIKA_NOTIFY_SENDER", "noreply@nashik.example"),
        ("PALIKA_PORTAL_KEYS", "/etc/nashik/portal-keys"),
        ("PALIKA_ATTACHMENTS_URL", "s3://nashik/attachments"),
        ("PALIKA_VAR", "/var/nashik"),
        ("AWS_SECRET_ACCESS_KEY", "nashik's"),
    ],
)
def test_what_is_another_city_s_in_the_environment_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    made(folder)
    monkeypatch.setenv("PALIKA_CITY", "pune")
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as error:
        settings("kpi")
    assert name in str(error.value)
    assert "pune" in str(error.value)
    assert value not in str(error.value)


def test_all_that_names_places_accounts_and_secrets_is_a_city_s_own() -> None:
    ends = ("_url", "_uri", "_keys", "_secret", "_secrets", "_token", "_tokens", "_api_key", "_id")
    about_others = {"razorpay_url", "whatsapp_url", "sms_plivo_url", "voice_url"}
    named = {name for name in defaults() if name.endswith(ends)}
    assert named - OWN_TO_A_CITY <= about_others
    assert set(KEY_FILES) <= OWN_TO_A_CITY


def test_a_city_that_is_not_there_is_refused_with_those_that_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made(folder)
    monkeypatch.setenv("PALIKA_CITY", "puna")
    with pytest.raises(CityError, match=r"no city 'puna'.*there are: pune"):
        use_running_city()
    monkeypatch.delenv("PALIKA_CITY")
    assert cli.main(["--city", "puna", "queues", "list"]) == 2
    assert "there are: pune" in capsys.readouterr().err
    os.environ.pop("PALIKA_CITY", None)
    assert cli.main(["--city", "Puna", "queues", "list"]) == 2


def test_without_a_folder_the_environment_says_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PALIKA_CITIES", "")
    monkeypatch.setenv("PALIKA_CITY", "pune")
    monkeypatch.setenv("AMQP_URI", "amqp://palika:x@rabbitmq:5672/pune")
    monkeypatch.setenv("DATABASE_URL", "postgresql://postgres:5432/")
    assert settings("tax").database_url.endswith("/palika_pune_tax")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("AMQP_URI", "amqp://palika:x@rabbitmq:5672/nashik", "virtual host 'nashik'"),
        ("AMQP_URI", "amqp://palika:x@rabbitmq:5672//", "virtual host '/'"),
        ("TAX_DATABASE_URL", "postgresql://h/palika_nashik_tax", "database 'palika_nashik_tax'"),
        ("TAX_DATABASE_URL", "postgresql://h/palika_tax", "database 'palika_tax'"),
    ],
)
def test_a_virtual_host_or_database_of_another_name_is_refused_also_in_a_container(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv("PALIKA_CITIES", "")
    monkeypatch.setenv("PALIKA_CITY", "pune")
    monkeypatch.setenv("AMQP_URI", "amqp://palika:x@rabbitmq:5672/pune")
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as error:
        settings("tax")
    assert told in str(error.value)
    assert "'pune'" in str(error.value)


# -- two of them -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"portal_url": "https://same.example"}, "PALIKA_PORTAL_URL"),
        ({"notify_sender": "noreply@same.example"}, "PALIKA_NOTIFY_SENDER"),
        ({"whatsapp_phone_number_id": "12345"}, "PALIKA_WHATSAPP_PHONE_NUMBER_ID"),
        ({"razorpay_key_id": "rzp_1"}, "PALIKA_RAZORPAY_KEY_ID"),
        ({"attachments_url": "s3://bucket/a"}, "keep files in the same place"),
        ({"portal_http_port": 9000}, "served at the same address, 127.0.0.1:9000"),
    ],
)
def test_what_two_cities_have_in_common_is_refused_with_both_names(
    folder: Path, said: dict[str, object], told: str
) -> None:
    one, other = (change(made(folder, slug), **said) for slug in ("pune", "nashik"))
    for city in (one, other):
        with pytest.raises(CityError) as error:
            refuse_shared(city)
        assert told in str(error.value)
        assert "pune" in str(error.value)
        assert "nashik" in str(error.value)
    assert sum(told in each for each in mistakes(folder)) == 1


@pytest.mark.parametrize("place", ["s3://bucket", "s3://bucket/a", "s3://bucket/a/b"])
def test_a_store_within_another_city_s_is_refused(folder: Path, place: str) -> None:
    change(made(folder, "nashik"), papers_url="s3://bucket/a")
    with pytest.raises(CityError, match="keep files in the same place"):
        refuse_shared(change(made(folder), attachments_url=place))


def test_stores_beside_each_other_are_no_mistake(folder: Path) -> None:
    change(made(folder, "nashik"), papers_url="s3://bucket/ab")
    refuse_shared(change(made(folder), papers_url="s3://bucket/a"))


COPIED = ["identity/identity-public.json", *(each.replace("_", "-") for each in KEY_FILES)]


@pytest.mark.parametrize("keys", COPIED)
def test_keys_that_were_copied_from_another_city_are_refused(folder: Path, keys: str) -> None:
    one, other = made(folder, "pune"), made(folder, "nashik")
    (other.secrets / keys).write_bytes((one.secrets / keys).read_bytes())
    with pytest.raises(CityError, match="same secret keys"):
        refuse_shared(CityFolder(folder, "nashik"))


def test_another_city_that_cannot_be_read_keeps_nobody_from_starting(folder: Path) -> None:
    city = made(folder)
    (made(folder, "nashik").path / "palika.yaml").write_text("nonsense: [")
    refuse_shared(city)
    assert len(list(mistakes(folder))) == 1


def test_a_removed_city_is_brought_back_with_its_folder_and_not_made_anew(folder: Path) -> None:
    city = made(folder)
    kept = keep_away(city)
    assert all_cities(folder) == []
    with pytest.raises(CityError, match="brings the folder back"):
        make(CityFolder(folder, "pune"), "", "")
    kept.rename(city.path)
    assert make(CityFolder(folder, "pune"), "", "") is False
