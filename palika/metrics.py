"""Every metric of the platform, in one place.

Names follow Prometheus' conventions (base units, ``_total``, ``_seconds``); labels take few values:
event types, subscriptions, RPC methods and short reasons, never an id. Which process a series comes
from is the scraper's ``job`` and ``instance``.
"""

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

# A second series for each counter and histogram, which nobody asks for.
disable_created_metrics()

# 300 ms and 5 s are what deploy/prometheus/rules/slo.yml promises: each has a bucket of its own.
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.3, 0.5, 1, 2.5, 5, 10, 30)
_LAG = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600)
_SUBSCRIPTION = ["subscription"]

BUILD = Gauge("palika_build_info", "Always 1; the labels tell what runs.", ["version", "part"])
READY = Gauge(
    "palika_process_ready", "1 when /readyz says yes as the metrics are asked for, else 0."
)
MAIN_LOOP_IDLE = Gauge(
    "palika_main_loop_idle_seconds", "For how long the process's main loop has not turned."
)

_WORK = ["work"]

TIMER_RAN = Gauge(
    "palika_timer_ran_timestamp_seconds",
    "When what a process does by itself was last done; before its first turn: when it started.",
    _WORK,
)
TIMER_INTERVAL = Gauge(
    "palika_timer_interval_seconds", "How often a process means to do it.", _WORK
)
TIMER_RUNS = Counter(
    "palika_timer_runs_total", "How often it was done, or has failed.", [*_WORK, "outcome"]
)

EVENTS_RECORDED = Counter(
    "palika_events_recorded_total",
    "Events put into the outbox, by transactions that may still roll back.",
    ["type"],
)

RELAY_PUBLISHED = Counter("palika_relay_published_total", "Events confirmed by the broker.")
RELAY_RETURNED = Counter(
    "palika_relay_returned_total", "Events that no queue wanted; they stay in the outbox."
)
RELAY_FAILURES = Counter(
    "palika_relay_failures_total", "What kept the relay from carrying on.", ["reason"]
)
RELAY_BLOCKED = Gauge("palika_relay_blocked", "1 while an alarm of the broker blocks publishers.")
OUTBOX_DEPTH = Gauge("palika_outbox_depth", "Events in the outbox that wait to be sent.")
OUTBOX_OLDEST = Gauge(
    "palika_outbox_oldest_seconds", "Age of the oldest event that waits to be sent."
)

EVENTS_CONSUMED = Counter(
    "palika_events_consumed_total",
    "Events whose effect was committed.",
    ["subscription", "type"],
)
EVENTS_DUPLICATE = Counter(
    "palika_events_duplicate_total", "Deliveries dropped as seen before.", _SUBSCRIPTION
)
EVENTS_RETRIED = Counter(
    "palika_events_retried_total", "Failed events sent to a retry queue.", _SUBSCRIPTION
)
EVENTS_DEAD_LETTERED = Counter(
    "palika_events_dead_lettered_total",
    "Events sent to the dead letters: refused at once, or exhausted after the last retry.",
    ["subscription", "reason"],
)
BATCH_SIZE = Histogram(
    "palika_batch_events",
    "Deliveries taken together.",
    _SUBSCRIPTION,
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000),
)
HANDLER_DURATION = Histogram(
    "palika_handler_duration_seconds",
    "One transaction: inbox, handler, commit.",
    _SUBSCRIPTION,
    buckets=_FAST,
)
EVENT_LAG = Histogram(
    "palika_event_lag_seconds",
    "From the event's own time to the commit of its effect.",
    _SUBSCRIPTION,
    buckets=_LAG,
)
HEARTBEAT_LAG = Gauge(
    "palika_heartbeat_lag_seconds",
    "How long the newest heartbeat took through the pipeline.",
    ["subscription", "source"],
)
HEARTBEAT_SEEN = Gauge(
    "palika_heartbeat_seen_timestamp_seconds",
    "When the newest heartbeat came through the pipeline.",
    ["subscription", "source"],
)
QUEUE_MESSAGES = Gauge(
    "palika_queue_messages",
    "Messages that are ready for a subscription, wait to be retried, or are its dead letters.",
    ["subscription", "state"],
)
CONSUMER_STOPPED = Gauge(
    "palika_consumer_stopped", "1 when a handler has told its consumer to stop.", _SUBSCRIPTION
)

RPC_REQUESTS = Counter(
    "palika_rpc_requests_total", "Calls answered, by outcome.", ["method", "outcome"]
)
RPC_DURATION = Histogram(
    "palika_rpc_duration_seconds", "From receiving a call to its answer.", ["method"], buckets=_FAST
)
RPC_CALLERS = Counter(
    "palika_rpc_callers_total",
    "Calls by how their caller is known: signed, unsigned, anonymous, or refused.",
    ["identity"],
)
CERTIFICATE_EXPIRES = Gauge(
    "palika_certificate_expires_timestamp_seconds",
    "When a certificate that this process shows runs out, by its file.",
    ["file"],
)
RPC_IN_PROGRESS = Gauge("palika_rpc_in_progress", "Calls being answered now.")

TRACE_SPANS = Counter(
    "palika_trace_spans_total",
    "Recorded spans that the collector has taken (sent), and that were dropped.",
    ["outcome"],
)

HTTP_REQUESTS = Counter(
    "palika_http_requests_total",
    "Requests answered by a web service, by route and status.",
    ["method", "route", "status"],
)
HTTP_DURATION = Histogram(
    "palika_http_duration_seconds",
    "From receiving a request to its answer.",
    ["route"],
    buckets=_FAST,
)

DATABASE_POOL = Gauge(
    "palika_database_pool_connections",
    "Connections of the process's pool; most: how many it may have.",
    ["state"],
)

DATA_VALID = Gauge(
    "palika_data_valid",
    "1 when what the city wrote in the file is in use, 0 while the last good one is used instead.",
    ["file"],
)

PORTAL_CONTENT_STALE = Gauge(
    "palika_portal_content_stale",
    "1 while the pages of this portal are not what its database and its files say, else 0.",
)

GRIEVANCE_CLOCK_LATE = Gauge(
    "palika_grievance_clock_late_seconds",
    "For how long the oldest clock of a grievance has been due and not looked at; 0: none is.",
)
GRIEVANCE_CLOCK_MARKS = Counter(
    "palika_grievance_clock_marks_total",
    "What the clock has done to grievances, by mark; failed: put off, with a line in the log.",
    ["mark"],
)

WARROOM_PACKS = Gauge(
    "palika_warroom_packs_unset",
    "Frozen briefing packs without pages; failed: the last try to set them has failed.",
    ["state"],
)

TAX_WEBHOOKS = Counter(
    "palika_tax_webhooks_total",
    "Webhooks of the payment gateway, by what became of them.",
    ["outcome"],
)

# From a second to a day: a telephone may be off.
_ARRIVING = (0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400, 43200, 86400)

NOTIFY_DELIVERIES = Counter(
    "palika_notify_deliveries_total",
    "Messages that were sent, delivered, read, skipped, or have failed or expired for good.",
    ["channel", "outcome"],
)
NOTIFY_ATTEMPTS = Counter(
    "palika_notify_attempts_total",
    "Hand-overs to a provider, by what it answered; uncertain: its answer did not come.",
    ["provider", "outcome"],
)
NOTIFY_SKIPS = Counter(
    "palika_notify_skips_total", "Messages that were offered to nobody, by why.", ["reason"]
)
NOTIFY_COST = Counter(
    "palika_notify_cost_rupees_total",
    "What hand-overs that were accepted cost by the city's price list, without taxes.",
    ["provider"],
)
NOTIFY_SENDING = Histogram(
    "palika_notify_created_to_sent_seconds",
    "From asking for a message to a provider's accepting it, waiting by rule included.",
    ["lane"],
    buckets=_LAG,
)
NOTIFY_ARRIVING = Histogram(
    "palika_notify_sent_to_delivered_seconds",
    "From handing a message over to its arrival, as the provider tells.",
    ["provider"],
    buckets=_ARRIVING,
)
NOTIFY_RECEIPTS = Counter(
    "palika_notify_receipts_total",
    "New receipts, by transactions that may still roll back.",
    ["provider", "told"],
)
NOTIFY_UNMATCHED = Gauge(
    "palika_notify_receipts_unmatched", "Receipts of which no attempt is known."
)
NOTIFY_QUEUE = Gauge(
    "palika_notify_queue_messages",
    "Messages that are due, wait for later, or are being sent.",
    ["lane", "state"],
)
NOTIFY_OLDEST = Gauge(
    "palika_notify_oldest_due_seconds",
    "For how long the message that is due the longest has been due; 0: none is.",
    ["lane"],
)
NOTIFY_CIRCUIT = Gauge(
    "palika_notify_circuit_open", "1 while a provider is left alone, else 0.", ["provider"]
)

_KPI = ["code", "department"]

KPI_INFO = Gauge(
    "palika_kpi_info",
    "1 for each KPI that is exported; the labels are its names in Marathi and English.",
    [*_KPI, "name_mr", "name_en"],
)
KPI_VALUE = Gauge(
    "palika_kpi_value",
    "The KPI in its own unit: of the newest period that is over and has data, of the last two.",
    _KPI,
)
KPI_TARGET = Gauge(
    "palika_kpi_target", "What is aimed at; of a band its lower and upper end.", [*_KPI, "end"]
)
KPI_STATUS = Gauge(
    "palika_kpi_status",
    "Red as 0, amber as 1, green as 2; nothing without data or target, or not judged.",
    _KPI,
)
KPI_DATA_AGE = Gauge(
    "palika_kpi_data_age_seconds",
    "Since the end of the newest month of which all that the value is made of has data.",
    _KPI,
)
KPI_PERIOD_END = Gauge(
    "palika_kpi_period_end_timestamp_seconds", "When the period of the value ended.", _KPI
)
KPI_INDICATORS = Gauge(
    "palika_kpi_indicators", "KPIs of a department by status.", ["department", "status"]
)
KPI_LEFT_OUT = Gauge(
    "palika_kpi_left_out", "KPIs that are not exported because of kpi_metrics_most."
)
KPI_LEADS = Gauge("palika_kpi_leads", "1 in the process that exports the KPIs, 0 in the others.")
KPI_WORKED_OUT = Gauge(
    "palika_kpi_worked_out_timestamp_seconds",
    "When the KPIs were last worked out to be exported; 0: not in this process.",
)
KPI_DURATION = Histogram(
    "palika_kpi_working_out_duration_seconds",
    "Reading the measures and working out all KPIs, to export them.",
    buckets=_FAST,
)
