"""The golden signals of one service."""

from palika.grafana.signals import Figure, Graph, Section, quantiles, rate


def calls(name: str) -> Section:
    """What it is asked, over RPC."""
    where = f'service="{name}"'
    return Section(
        "Calls",
        graphs=[
            Graph(
                "Calls by outcome",
                [(rate("palika_rpc_requests_total", where, "outcome"), "{{outcome}}")],
                "reqps",
            ),
            Graph(
                "Callers, by how they are known",
                [(rate("palika_rpc_callers_total", where, "identity"), "{{identity}}")],
                "reqps",
            ),
            Graph("Time to the answer", quantiles("palika_rpc_duration_seconds", where), "s"),
            Graph("Calls being answered", [(f"sum(palika_rpc_in_progress{{{where}}})", "calls")]),
            Graph(
                "Most called",
                [(f"topk(8, {rate('palika_rpc_requests_total', where, 'method')})", "{{method}}")],
                "reqps",
            ),
            Graph(
                "Slowest, on average",
                [
                    (
                        f"topk(8, {rate('palika_rpc_duration_seconds_sum', where, 'method')} / "
                        f"({rate('palika_rpc_duration_seconds_count', where, 'method')} > 0))",
                        "{{method}}",
                    )
                ],
                "s",
            ),
            Graph(
                "Fail by a bug, or are put off",
                [
                    (
                        rate(
                            "palika_rpc_requests_total",
                            f'{where},outcome=~"unexpected|unavailable"',
                            "method, outcome",
                        ),
                        "{{method}} {{outcome}}",
                    )
                ],
                "reqps",
            ),
        ],
    )


def pages(name: str) -> Section:
    """What it is asked, over HTTP."""
    where = f'service="{name}"'
    return Section(
        "Pages",
        graphs=[
            Graph(
                "Requests by status",
                [(rate("palika_http_requests_total", where, "status"), "{{status}}")],
                "reqps",
            ),
            Graph("Time to the answer", quantiles("palika_http_duration_seconds", where), "s"),
            Graph(
                "Most asked for",
                [(f"topk(8, {rate('palika_http_requests_total', where, 'route')})", "{{route}}")],
                "reqps",
            ),
        ],
    )


def events(name: str) -> Section:
    """What it publishes, and what comes to it."""
    where = f'service="{name}"'
    return Section(
        "Events",
        graphs=[
            Graph(
                "Recorded",
                [(rate("palika_events_recorded_total", where, "type"), "{{type}}")],
                "eps",
            ),
            Graph(
                "In the outbox",
                [(f"max(palika_outbox_depth{{{where}}})", "events")],
            ),
            Graph(
                "Oldest in the outbox",
                [(f"max(palika_outbox_oldest_seconds{{{where}}})", "age")],
                "s",
            ),
            Graph(
                "Had their effect here",
                [(rate("palika_events_consumed_total", where, "type"), "{{type}}")],
                "eps",
            ),
            Graph(
                "From what happened to its effect here",
                quantiles("palika_event_lag_seconds", where),
                "s",
            ),
            Graph(
                "In the queues",
                [
                    (
                        f"max by (subscription, state) (palika_queue_messages{{{where}}})",
                        "{{subscription}} {{state}}",
                    )
                ],
            ),
        ],
    )


def processes(name: str) -> Section:
    """How full its processes are, and what they do by themselves."""
    where = f'service="{name}"'
    return Section(
        "Processes",
        [
            Figure(
                "Ready",
                f"sum(palika_process_ready{{{where}}}) / count(palika_process_ready{{{where}}})",
                "percentunit",
                amber=1,
                red=0.5,
                falling=True,
            ),
            Figure(
                "Longest that a main loop has not turned",
                f"max(palika_main_loop_idle_seconds{{{where}}})",
                "s",
                amber=10,
                red=60,
            ),
            Figure(
                "Files of the city's that are wrong",
                f"count(palika_data_valid{{{where}}} == 0) or vector(0)",
                red=1,
            ),
        ],
        [
            Graph(
                "Processor time",
                [
                    (
                        f"rate(process_cpu_seconds_total{{{where}}}[$__rate_interval])",
                        "{{part}} {{instance}}",
                    )
                ],
                "none",
            ),
            Graph(
                "Memory",
                [(f"process_resident_memory_bytes{{{where}}}", "{{part}} {{instance}}")],
                "bytes",
            ),
            Graph(
                "Files open, of those that may be",
                [(f"process_open_fds{{{where}}} / process_max_fds", "{{part}} {{instance}}")],
                "percentunit",
            ),
            Graph(
                "Connections to the database",
                [(f"palika_database_pool_connections{{{where}}}", "{{state}} {{instance}}")],
            ),
            Graph(
                "Spans to the collector of traces",
                [(rate("palika_trace_spans_total", where, "outcome"), "{{outcome}}")],
                "cps",
            ),
            Graph(
                "Until its certificate runs out",
                [
                    (
                        f"palika_certificate_expires_timestamp_seconds{{{where}}} - time()",
                        "{{part}} {{instance}}",
                    )
                ],
                "s",
            ),
            Graph(
                "Since it was last done, in its own intervals",
                [
                    (
                        f"(time() - palika_timer_ran_timestamp_seconds{{{where}}})"
                        " / palika_timer_interval_seconds",
                        "{{work}} {{instance}}",
                    )
                ],
                "none",
                "Of what the processes do by themselves: above 1, a turn takes longer than that.",
            ),
            Graph(
                "Done by itself, by outcome",
                [(rate("palika_timer_runs_total", where, "work, outcome"), "{{work}} {{outcome}}")],
                "ops",
            ),
        ],
    )
