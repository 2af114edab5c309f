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
from urllib.parse import urlsplit

import yaml
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from palika import config_kinds as kinds
from palika.local.city import service_names
from palika.local.processes import LocalError

_DEFAULTS: Final = Path(__file__).parent / "defaults.yaml"
_PREFIX: Final = "PALIKA_"
_DATABASE_URL: Final = "_DATABASE_URL"
_OWN_NAMES: Final = {"amqp_uri": "AMQP_URI", "database_url": "DATABASE_URL"}
# Read by the command line, not by services.
_OTHERS: Final = frozenset({"PALIKA_VAR"})
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
    amqp_uri: str
    database_url: str
    http_host: str
    http_port: int
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
    log_format: str
    log_level: str
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


class _SettingsSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    amqp_uri = kinds.url("amqp", "amqps")
    database_url = kinds.url("postgresql", "postgres")
    http_host = kinds.host()
    http_port = kinds.whole(0, 65_535)
    workers = kinds.whole(1, 1_000)
    rpc_timeout_s = kinds.number(0.1, 3_600)
    shutdown_grace_s = kinds.number(0.1, 3_600)
    heartbeat_s = kinds.number(0.1, 3_600)
    batch_size = kinds.whole(1, 10_000)
    prefetch = kinds.whole(1, 65_535)
    quiet_ms = kinds.number(0, 1_000)
    retry_delays_ms = kinds.Delays(
        fields.Integer(validate=validate.Range(1, 86_400_000)),
        required=True,
        validate=validate.Length(0, 10),
        metadata={"accepted": "milliseconds with commas between, for example 1000,10000"},
    )
    delivery_limit = kinds.whole(1, 1_000_000)
    inbox_keep_days = kinds.whole(1, 100_000)
    relay_batch = kinds.whole(1, 10_000)
    relay_slots = kinds.whole(1, 32)
    relay_poll_s = kinds.number(0.05, 60)
    relay_confirm_timeout_s = kinds.number(1, 600)
    outbox_keep_h = kinds.number(0, 100_000)
    event_log_max_bytes = kinds.whole(1_000_000, 10**15)
    log_format = kinds.one_of("human", "json")
    log_level = kinds.one_of("debug", "info", "warning", "error")
    notify_channels = kinds.some_of("log", "whatsapp", "sms", "email", "voice", "inbox")
    smtp_url = kinds.url("smtp", "smtps")
    notify_sender = fields.Email(required=True, metadata={"accepted": "an e-mail address"})
    notify_max_age_h = kinds.number(0, 1_000_000)
    whatsapp_url = kinds.endpoint("https://graph.facebook.com")
    whatsapp_version = kinds.matching(r"v\d{1,3}\.\d{1,2}", "a version like v25.0")
    whatsapp_phone_number_id = kinds.matching(r"\d*", "the digits of an id, or nothing")
    whatsapp_token = kinds.words("an access token, or nothing", one=True)
    whatsapp_app_secrets = kinds.words(kinds.SECRETS)
    whatsapp_verify_token = kinds.words("a word, or nothing", one=True)
    sms_callback_secrets = kinds.words(kinds.SECRETS)
    sms_plivo_url = kinds.endpoint("https://api.plivo.com")
    sms_plivo_auth_id = kinds.matching(r"\w*", "an auth id, or nothing")
    sms_plivo_auth_tokens = kinds.words("one token or several with spaces between, or nothing")
    sms_infobip_url = kinds.endpoint("https://xxxxx.api.infobip.com")
    sms_infobip_api_key = kinds.words("a key, or nothing", one=True)
    voice_url = kinds.endpoint("https://api.twilio.com")
    voice_account_sid = kinds.matching(r"\w*", "an account's sid, or nothing")
    voice_auth_tokens = kinds.words("one token or several with spaces between, or nothing")
    voice_from = kinds.matching(r"(\+\d{8,15})?", "a number like +912025501000, or nothing")
    voice_person = kinds.matching(r"(\+\d{8,15})?", "a number like +912025501001, or nothing")
    sample_phone = kinds.matching(
        r"(\+91[6-9][0-9]{9})?", "an Indian mobile like +919822012345, or nothing"
    )
    voice_tts_engine = kinds.one_of("provider", "espeak")
    grievance_data = kinds.folder()
    grievance_clock_s = kinds.number(0.1, 3_600)
    attachments_url = kinds.storage()
    attachments_endpoint = kinds.endpoint()
    papers_url = kinds.storage()
    project_photos_url = kinds.storage()
    evidence_url = kinds.storage()
    bill_run_unsent = kinds.whole(1, 10**9)
    portal_http_host = kinds.host()
    portal_http_port = kinds.whole(0, 65_535)
    portal_url = kinds.endpoint("https://city.example")
    open311_keys = kinds.file()
    open311_post_without_key = kinds.one_of("yes", "no")
    open311_jurisdiction = fields.String(
        required=True,
        validate=validate.Regexp(r"[\w.-]*\Z", error="not such a name"),
        metadata={"accepted": "a name like city.example, or nothing"},
    )
    open311_jurisdiction_required = kinds.one_of("yes", "no")
    razorpay_url = kinds.endpoint("https://api.razorpay.com")
    razorpay_key_id = kinds.words("the id of a key, or nothing", one=True)
    razorpay_key_secret = kinds.words("its secret, or nothing", one=True)
    razorpay_webhook_secrets = kinds.words(kinds.SECRETS)
    razorpay_poll_s = kinds.number(0.1, 3_600)
    tax_document_keys = kinds.file()
    notify_keys = kinds.file()
    eoffice_keys = kinds.file()
    eoffice_keystore = kinds.folder()
    eoffice_trusted_offices = kinds.file()
    notify_data = kinds.folder()
    kpi_alert_s = kinds.number(0.1, 86_400)
    kpi_metrics_s = kinds.number(0.1, 86_400)
    kpi_metrics_most = kinds.whole(0, 10_000)


_SCHEMA = _SettingsSchema()
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
_STORES: Final = ("attachments_url", "papers_url", "project_photos_url", "evidence_url")
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
    }
)


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
    values: dict[str, Any] = yaml.safe_load(_DEFAULTS.read_text("utf-8"))
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
        loaded["database_url"] = with_database(loaded["database_url"], f"palika_{service}")
    if loaded["prefetch"] < loaded["batch_size"]:
        raise ConfigError(
            f"PALIKA_PREFETCH is {loaded['prefetch']}: it must be at least PALIKA_BATCH_SIZE "
            f"({loaded['batch_size']}), or no batch would ever be full"
        )
    _refuse_shared_stores(loaded)
    found = Settings(service=service, **loaded)
    for name in _OWN_NAMES if _named_only else ():
        if source[name] == "defaults.yaml":
            object.__delattr__(found, name)
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
    own = {name.upper(): _own_database(name) for name in service_names()}
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


def _refuse_shared_stores(loaded: dict[str, Any]) -> None:
    known: dict[str, str] = {}
    for name in _STORES:
        place = loaded[name].rstrip("/")
        if place in known:
            raise ConfigError(
                f"{variable_of(name)} and {variable_of(known[place])} name the same place: each "
                "service would sweep away what the other keeps there"
            )
        known[place] = name


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
