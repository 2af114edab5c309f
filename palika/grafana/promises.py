"""What the city promises, and what tells of the whole flow: figures of several dashboards."""

from palika.grafana.signals import Figure

_WINDOW = "30d"


def _left(late: str, all_: str, budget: str) -> str:
    """What is left of a promise's budget of 30 days."""
    spent = f"sum_over_time({late}[{_WINDOW}]) / (sum_over_time({all_}[{_WINDOW}]) > 0)"
    return f"1 - {spent} / {budget}"


EVENTS_LEFT = Figure(
    "Budget of late events",
    _left("palika:events_late:rate5m", "palika:events_applied:rate5m", "0.001"),
    "percentunit",
    amber=0.5,
    red=0,
    falling=True,
    description="Of 30 days: 99.9 % of events have their effect within 5 s.",
)
CALLS_LEFT = Figure(
    "Budget of slow calls",
    _left("palika:rpc_slow:rate5m", "palika:rpc_answered:rate5m", "0.005"),
    "percentunit",
    amber=0.5,
    red=0,
    falling=True,
    description="Of 30 days: 99.5 % of calls are answered within 300 ms.",
)
DEAD = Figure(
    "Dead letters",
    'sum(max by (subscription) (palika_queue_messages{state="dead"}))',
    amber=1,
    red=100,
    description="palika dead-letters list",
)
OLDEST = Figure(
    "Oldest event that waits in an outbox",
    "max(palika_outbox_oldest_seconds)",
    "s",
    amber=10,
    red=60,
)
STUCK = Figure(
    "Longest without a heartbeat",
    "time() - min(max by (subscription, source) (palika_heartbeat_seen_timestamp_seconds))",
    "s",
    amber=30,
    red=90,
    description="Of all pipelines, from a service to a subscription.",
)
