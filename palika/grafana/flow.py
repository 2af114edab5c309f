"""Events on their way: out of the services, through the queues, to their effect."""

from palika.grafana.promises import DEAD, EVENTS_LEFT, OLDEST, STUCK
from palika.grafana.signals import Graph, Section, quantiles, rate, share_over

FLOW = [
    Section(
        "Promise",
        [EVENTS_LEFT, STUCK, OLDEST, DEAD],
        [
            Graph(
                "Events that take more than 5 s",
                [
                    (
                        share_over("palika_event_lag_seconds", "5.0", "subscription"),
                        "{{subscription}}",
                    )
                ],
                "percentunit",
            ),
            Graph(
                "From what happened to its effect", quantiles("palika_event_lag_seconds", ""), "s"
            ),
            Graph(
                "Heartbeats on their way",
                [
                    (
                        "max by (subscription, source) (palika_heartbeat_lag_seconds)",
                        "{{source}} → {{subscription}}",
                    )
                ],
                "s",
            ),
        ],
    ),
    Section(
        "Out of the services",
        graphs=[
            Graph(
                "Recorded",
                [(rate("palika_events_recorded_total", "", "service"), "{{service}}")],
                "eps",
            ),
            Graph(
                "Sent",
                [(rate("palika_relay_published_total", "", "service"), "{{service}}")],
                "eps",
            ),
            Graph(
                "Not taken",
                [
                    (rate("palika_relay_returned_total", "", "service"), "{{service}} unroutable"),
                    (
                        rate("palika_relay_failures_total", "", "service, reason"),
                        "{{service}} {{reason}}",
                    ),
                ],
                "eps",
            ),
            Graph("In the outboxes", [("max by (service) (palika_outbox_depth)", "{{service}}")]),
            Graph(
                "Oldest in the outboxes",
                [("max by (service) (palika_outbox_oldest_seconds)", "{{service}}")],
                "s",
            ),
            Graph(
                "Blocked by the broker",
                [("max by (service) (palika_relay_blocked)", "{{service}}")],
                "none",
            ),
        ],
    ),
    Section(
        "Into the services",
        graphs=[
            Graph(
                "Ready in the queues",
                [('palika:queue_messages:max{state="waiting"}', "{{subscription}}")],
            ),
            Graph(
                "Had their effect",
                [(rate("palika_events_consumed_total", "", "subscription"), "{{subscription}}")],
                "eps",
            ),
            Graph(
                "Seen before",
                [(rate("palika_events_duplicate_total", "", "subscription"), "{{subscription}}")],
                "eps",
            ),
            Graph(
                "Taken together",
                [
                    (
                        f"{rate('palika_batch_events_sum', '', 'subscription')} / "
                        f"({rate('palika_batch_events_count', '', 'subscription')} > 0)",
                        "{{subscription}}",
                    )
                ],
            ),
            Graph("A transaction", quantiles("palika_handler_duration_seconds", ""), "s"),
            Graph(
                "Stopped by their handlers",
                [("max by (subscription) (palika_consumer_stopped)", "{{subscription}}")],
                "none",
            ),
            Graph(
                "Wait to be tried again",
                [('palika:queue_messages:max{state="retrying"}', "{{subscription}}")],
            ),
            Graph(
                "Failed, to be tried again",
                [(rate("palika_events_retried_total", "", "subscription"), "{{subscription}}")],
                "eps",
            ),
            Graph(
                "Failed for good",
                [
                    (
                        rate("palika_events_dead_lettered_total", "", "subscription, reason"),
                        "{{subscription}} {{reason}}",
                    )
                ],
                "eps",
            ),
        ],
    ),
]
