"""What each setting accepts (``palika/config_kinds.py`` has the kinds)."""

from marshmallow import EXCLUDE, Schema, fields, validate

from palika import config_kinds as kinds

OF_ONE_CITY = frozenset(
    {
        "city_data",
        "city_name_en",
        "city_name_mr",
        "eoffice_keystore",
        "eoffice_trusted_offices",
        "grievance_data",
        "identity_keystore",
        "notify_data",
        "notify_sender",
        "oidc_client_id",
        "oidc_issuer",
        "open311_jurisdiction",
        "open311_keys",
        "portal_brand",
        "portal_edited",
        "portal_site",
        "portal_url",
        "razorpay_key_id",
        "sms_infobip_url",
        "sms_plivo_auth_id",
        "voice_account_sid",
        "voice_from",
        "voice_person",
        "whatsapp_phone_number_id",
    }
)
"""Beside addresses, keys and secrets: what one city among several has for itself."""


class SettingsSchema(Schema):
    """All of them; a field's ``accepted`` says what it takes."""

    class Meta:
        unknown = EXCLUDE

    city = kinds.matching(
        r"(?!.{31})([a-z](-?[a-z0-9]){1,29})?",
        "at most 30 small letters, digits and single hyphens between them, or nothing",
    )
    city_name_mr = kinds.line(120)
    city_name_en = kinds.line(120)
    city_data = kinds.folder()
    production = kinds.one_of("yes", "no")
    amqp_uri = kinds.node_urls("amqp", "amqps")
    database_url = kinds.url("postgresql", "postgres")
    rpc_identity = kinds.one_of("required", "accepted")
    identity_keystore = kinds.folder()
    broker_ca = kinds.file()
    http_host = kinds.host()
    http_port = kinds.whole(0, 65_535)
    http_certificate = kinds.file()
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
    wal_archive = kinds.folder()
    log_format = kinds.one_of("human", "json")
    log_level = kinds.one_of("debug", "info", "warning", "error")
    otel_endpoint = kinds.server("http://127.0.0.1:4318")
    otel_header = kinds.matching(
        r"([\w-]+: *[!-~][ -~]*)?", "a header like Name: value, or nothing"
    )
    otel_ratio = kinds.number(0, 1)
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
    portal_site = kinds.folder()
    portal_brand = kinds.folder()
    portal_edited = kinds.folder()
    portal_keys = kinds.file()
    portal_proxies = kinds.whole(0, 5)
    oidc_issuer = kinds.server("https://login.city.example/realms/staff")
    oidc_client_id = kinds.words("the id of a client, or nothing", one=True)
    oidc_client_secret = kinds.words("its secret, or nothing", one=True)
    oidc_person_claim = kinds.matching(r"[a-z_]+", "the name of a claim like preferred_username")
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
