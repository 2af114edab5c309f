"""Configuration: defaults in ``defaults.yaml``, the environment over them, checked at start."""

import difflib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import yaml
from marshmallow import ValidationError

from palika.cities.entering import enter
from palika.cities.folder import CityError, database_of, is_slug
from palika.config_schema import OF_ONE_CITY, SettingsSchema
from palika.local.city import database_names
from palika.local.processes import LocalError

_DEFAULTS: Final = Path(__file__).parent / "defaults.yaml"
_PREFIX: Final = "PALIKA_"
_DATABASE_URL: Final = "_DATABASE_URL"
_OWN_NAMES: Final = {"amqp_uri": "AMQP_URI", "database_url": "DATABASE_URL"}
# Read by the command line, not by services.
_OTHERS: Final = frozenset({"PALIKA_VAR", "PALIKA_CITIES"})
# Everything before the last @: a password with an @ or a / of its own breaks every finer rule.
_USER: Final = re.compile(r"^(\w+://)?.*@", re.DOTALL)
_PASSWORD_OPTION: Final = re.compile(r"(password=)[^&]*", re.IGNORECASE)
# What Kubernetes puts into every container of a namespace for a Service called palika-…, behind its
# name: see "Discovering services" in its manual. The first of them is always there.
_KUBERNETES: Final = re.compile(
    r"_SERVICE_HOST|_SERVICE_PORT(_[A-Z0-9_]+)?"
    r"|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?"
)
# Only a name that is nearly a service's: other programs have databases too.
_NEARLY: Final = 0.8

_NOT_UP: Final = (
    "the city is not up: `palika up` starts it; or name a broker and a database server in AMQP_URI "
    "and DATABASE_URL"
)
_named_only = False


class ConfigError(ValueError):
    """A setting is wrong; the message names the variable, the value and the accepted form."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a process; ``defaults.yaml`` says what each means.

    Names end in their unit: ``_s`` seconds, ``_ms`` milliseconds, ``_h`` hours.
    """

    service: str | None
    city: str
    city_name_mr: str
    city_name_en: str
    city_data: str
    production: str
    amqp_uri: str
    database_url: str
    rpc_identity: str
    identity_keystore: str
    broker_ca: str
    http_host: str
    http_port: int
    http_certificate: str
    workers: int
    rpc_timeout_s: float
    shutdown_grace_s: float
    heartbeat_s: float
    batch_size: int
    prefetch: int
    quiet_ms: float
    retry_delays_ms: tuple[int, ...]
    delivery_limit: int
    inbox_keep_days: int
    relay_batch: int
    relay_slots: int
    relay_poll_s: float
    relay_confirm_timeout_s: float
    outbox_keep_h: float
    event_log_max_bytes: int
    wal_archive: str
    log_format: str
    log_level: str
    otel_endpoint: str
    otel_header: str
    otel_ratio: float
    notify_channels: tuple[str, ...]
    smtp_url: str
    notify_sender: str
    notify_max_age_h: float
    whatsapp_url: str
    whatsapp_version: str
    whatsapp_phone_number_id: str
    whatsapp_token: str
    whatsapp_app_secrets: str
    whatsapp_verify_token: str
    sms_callback_secrets: str
    sms_plivo_url: str
    sms_plivo_auth_id: str
    sms_plivo_auth_tokens: str
    sms_infobip_url: str
    sms_infobip_api_key: str
    voice_url: str
    voice_account_sid: str
    voice_auth_tokens: str
    voice_from: str
    voice_person: str
    sample_phone: str
    voice_tts_engine: str
    grievance_data: str
    grievance_clock_s: float
    attachments_url: str
    attachments_endpoint: str
    papers_url: str
    project_photos_url: str
    evidence_url: str
    bill_run_unsent: int
    portal_http_host: str
    portal_http_port: int
    portal_url: str
    portal_site: str
    portal_brand: str
    portal_edited: str
    portal_keys: str
    portal_proxies: int
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str
    oidc_person_claim: str
    open311_keys: str
    open311_post_without_key: str
    open311_jurisdiction: str
    open311_jurisdiction_required: str
    razorpay_url: str
    razorpay_key_id: str
    razorpay_key_secret: str
    razorpay_webhook_secrets: str
    razorpay_poll_s: float
    tax_document_keys: str
    notify_keys: str
    eoffice_keys: str
    eoffice_keystore: str
    eoffice_trusted_offices: str
    notify_data: str
    kpi_alert_s: float
    kpi_metrics_s: float
    kpi_metrics_most: int

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # Of the fields these two alone may be without a value: see `named_servers_only`.
            if name in _OWN_NAMES:
                raise LocalError(_NOT_UP)
            raise AttributeError(f"there is no setting {name!r}", name=name, obj=self)


_SCHEMA = SettingsSchema()
_URLS: Final = frozenset(
    {
        "amqp_uri",
        "database_url",
        "smtp_url",
        "attachments_url",
        "attachments_endpoint",
        "papers_url",
        "project_photos_url",
        "evidence_url",
    }
)
STORES: Final = ("attachments_url", "papers_url", "project_photos_url", "evidence_url")
"""The settings that name a store of files, each of one service."""
KEY_FILES: Final = ("tax_document_keys", "notify_keys", "eoffice_keys", "portal_keys")
"""The settings that name a file of secret keys of the city's own (``palika/keys.py``)."""
_SECRETS: Final = frozenset(
    {
        "whatsapp_token",
        "whatsapp_app_secrets",
        "whatsapp_verify_token",
        "sms_callback_secrets",
        "sms_plivo_auth_tokens",
        "sms_infobip_api_key",
        "voice_auth_tokens",
        "razorpay_key_secret",
        "razorpay_webhook_secrets",
        "oidc_client_secret",
        "otel_header",
    }
)
OWN_TO_A_CITY: Final = _URLS | _SECRETS | frozenset(KEY_FILES) | OF_ONE_CITY
"""The settings that say where a city's work lies, who it is, and with whose accounts it acts: of a
city among several they stand in its own folder (``palika/cities``)."""


def variable_of(setting: str) -> str:
    """The environment variable of a setting: ``batch_size`` → ``PALIKA_BATCH_SIZE``."""
    return _OWN_NAMES.get(setting) or f"{_PREFIX}{setting.upper()}"


def not_of_this_machine(setting: str, host: str, reason: str) -> str:
    """What is said of a host to listen on that is well formed, but no address of this machine."""
    return (
        f"{variable_of(setting)} is {host!r}: it cannot be listened on ({reason}); "
        "accepted is a host name or address of this machine"
    )


@cache
def settings(service: str | None = None) -> Settings:
    """The settings of a service, or of no service in particular; read once a process.

    ``database_url`` names the service's own database: ``<SERVICE>_DATABASE_URL`` as it is, else
    ``DATABASE_URL`` with the database ``palika_<service>``.

    Raises:
        ConfigError: a variable is wrong, or nearly the name of one that exists.
    """
    try:
        if is_slug(os.environ.get(variable_of("city"), "")):
            enter()
    except CityError as error:
        raise ConfigError(str(error)) from error
    values = dict(defaults())
    source = dict.fromkeys(values, "defaults.yaml")
    for name in values:
        variable = variable_of(name)
        if variable in os.environ:
            values[name] = os.environ[variable]
            source[name] = variable
    own = _own_database(service) if service else ""
    if own in os.environ:
        values["database_url"] = os.environ[own]
        source["database_url"] = own
    _refuse_unknown(values)
    try:
        loaded = _SCHEMA.load(values)
    except ValidationError as error:
        raise ConfigError(_explain(error, values, source)) from error
    if service and source["database_url"] != own:
        database = database_of(loaded["city"], service)
        loaded["database_url"] = with_database(loaded["database_url"], database)
    if loaded["prefetch"] < loaded["batch_size"]:
        raise ConfigError(
            f"PALIKA_PREFETCH is {loaded['prefetch']}: it must be at least PALIKA_BATCH_SIZE "
            f"({loaded['batch_size']}), or no batch would ever be full"
        )
    _refuse_other_citys(loaded, service, source)
    _refuse_half_a_name(loaded)
    _refuse_shared_stores(loaded)
    _refuse_missing_keys(loaded)
    found = Settings(service=service, **loaded)
    for name in _OWN_NAMES if _named_only else ():
        if source[name] == "defaults.yaml":
            object.__delattr__(found, name)
    return found


@cache
def defaults() -> dict[str, Any]:
    """Every setting with its default, as ``defaults.yaml`` has it."""
    found: dict[str, Any] = yaml.safe_load(_DEFAULTS.read_text("utf-8"))
    return found


@contextmanager
def named_servers_only() -> Iterator[None]:
    """While this lasts, no default stands for a broker or a database that nobody has named.

    For the commands of ``palika``: work for the city that is not up must not go to whatever answers
    at the usual ports. Asking the settings for such an address raises LocalError.
    """
    global _named_only
    settings.cache_clear()
    _named_only = True
    try:
        yield
    finally:
        _named_only = False
        settings.cache_clear()


def var_directory() -> Path:
    """Where a city on one machine keeps its data: ``var/``, or what PALIKA_VAR names."""
    return Path(os.environ.get("PALIKA_VAR") or Path(__file__).parents[1] / "var").resolve()


def with_database(url: str, database: str) -> str:
    """``url`` with its database replaced."""
    parts = urlsplit(url)
    # Not `urlunsplit`: it takes the slashes from a URL without a host, which names a Unix socket.
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}/{database}{query}"


def _refuse_unknown(known: dict[str, Any]) -> None:
    own = {name.upper(): _own_database(name) for name in database_names()}
    variables = {variable_of(name) for name in known} | _OTHERS | set(own.values())
    # Compared without the prefix, which would make any two of them alike.
    bare = {variable.removeprefix(_PREFIX): variable for variable in variables}
    for given in os.environ.keys() - variables:
        if given.startswith(_PREFIX) and not _is_of_kubernetes(given):
            near = difflib.get_close_matches(given.removeprefix(_PREFIX), bare, n=1)
            hint = f"; did you mean {bare[near[0]]}?" if near else ""
            raise ConfigError(f"there is no setting {given}{hint}")
        if given.endswith(_DATABASE_URL):
            service = given.removesuffix(_DATABASE_URL)
            near = difflib.get_close_matches(service, own, n=1, cutoff=_NEARLY)
            if near:
                raise ConfigError(f"there is no setting {given}; did you mean {own[near[0]]}?")


def _is_of_kubernetes(variable: str) -> bool:
    named = [each.removesuffix("_SERVICE_HOST") for each in os.environ if "_SERVICE_HOST" in each]
    return any(
        variable.startswith(name) and _KUBERNETES.fullmatch(variable, len(name)) for name in named
    )


def _refuse_other_citys(
    loaded: dict[str, Any], service: str | None, source: dict[str, str]
) -> None:
    """A city's virtual host and databases bear its name, so that no two can be given the same."""
    slug = loaded["city"]
    if not slug:
        return
    vhost = unquote(urlsplit(loaded["amqp_uri"]).path.removeprefix("/"))
    # Whoever asks for an address that nobody has named is refused anyway: `named_servers_only`.
    named = source["amqp_uri"] != "defaults.yaml" or (service is not None and not _named_only)
    if named and vhost != slug:
        raise ConfigError(
            f"AMQP_URI names the virtual host {vhost!r}, and PALIKA_CITY is {slug!r}: a city's "
            f"virtual host bears its name (`palika cities add {slug}` makes it)"
        )
    database = urlsplit(loaded["database_url"]).path.removeprefix("/")
    wanted = database_of(slug, service) if service else ""
    if service and source["database_url"] != "defaults.yaml" and database != wanted:
        raise ConfigError(
            f"{source['database_url']} names the database {database!r}, and PALIKA_CITY is "
            f"{slug!r}: the database of a city's {service} is {wanted}"
        )


def _refuse_half_a_name(loaded: dict[str, Any]) -> None:
    if bool(loaded["city_name_mr"]) is not bool(loaded["city_name_en"]):
        raise ConfigError(
            "PALIKA_CITY_NAME_MR and PALIKA_CITY_NAME_EN: must both be given, or neither: what "
            "people read is in both languages"
        )


def _refuse_shared_stores(loaded: dict[str, Any]) -> None:
    known: dict[str, str] = {}
    for name in STORES:
        place = loaded[name].rstrip("/")
        if place in known:
            raise ConfigError(
                f"{variable_of(name)} and {variable_of(known[place])} name the same place: each "
                "service would sweep away what the other keeps there"
            )
        known[place] = name


def _refuse_missing_keys(loaded: dict[str, Any]) -> None:
    missing = [variable_of(name) for name in (*KEY_FILES, "identity_keystore") if not loaded[name]]
    if loaded["production"] == "yes" and missing:
        raise ConfigError(
            f"{', '.join(missing)}: missing, and PALIKA_PRODUCTION is yes, where no key is made by "
            "the way; `palika secrets init FOLDER` makes them all and says what to set"
        )


def _own_database(service: str) -> str:
    return f"{service.upper()}{_DATABASE_URL}"


def _explain(error: ValidationError, values: dict[str, Any], source: dict[str, str]) -> str:
    lines = []
    for name, messages in error.normalized_messages().items():
        shown = str(values.get(name))
        if name in _SECRETS:
            shown = "***"
        elif name in _URLS:
            shown = _PASSWORD_OPTION.sub(r"\1***", _USER.sub(r"\1***@", shown))
        reason = _first(messages).rstrip(".")
        accepted = _SCHEMA.fields[name].metadata["accepted"]
        lines.append(f"{source.get(name, name)} is {shown!r}: {reason}; accepted is {accepted}")
    return "\n".join(lines)


def _first(messages: Any) -> str:
    while isinstance(messages, dict | list):
        messages = next(iter(messages.values())) if isinstance(messages, dict) else messages[0]
    return str(messages)
