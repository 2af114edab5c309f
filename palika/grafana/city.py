"""The whole city: is it well?"""

from palika.grafana.promises import CALLS_LEFT, DEAD, EVENTS_LEFT, OLDEST, STUCK
from palika.grafana.signals import Figure, Graph, Section, rate, share_over

CITY = [
    Section(
        "Promises",
        [
            EVENTS_LEFT,
            CALLS_LEFT,
            Figure(
                "Processes that are ready",
                "sum(palika_process_ready) / count(palika_process_ready)",
                "percentunit",
                amber=1,
                red=0.5,
                falling=True,
            ),
            STUCK,
            OLDEST,
            DEAD,
        ],
        [
            Graph(
                "Calls",
                [(rate("palika_rpc_requests_total", "", "service"), "{{service}}")],
                "reqps",
            ),
            Graph(
                "Calls that take more than 300 ms",
                [
                    (
                        share_over("palika_rpc_duration_seconds", "0.3", "service"),
                        "{{service}}",
                    )
                ],
                "percentunit",
            ),
            Graph(
                "Calls that fail by a bug, or are put off",
                [
                    (
                        rate(
                            "palika_rpc_requests_total",
                            'outcome=~"unexpected|unavailable"',
                            "service, outcome",
                        ),
                        "{{service}} {{outcome}}",
                    )
                ],
                "reqps",
            ),
            Graph(
                "Requests by HTTP",
                [
                    (
                        rate("palika_http_requests_total", "", "service, status"),
                        "{{service}} {{status}}",
                    )
                ],
                "reqps",
            ),
            Graph(
                "Processor time",
                [
                    (
                        rate("process_cpu_seconds_total", 'job="palika"', "service, part"),
                        "{{service}} {{part}}",
                    )
                ],
                "none",
                "Of all processes together; 1 is a processor.",
            ),
            Graph(
                "Memory",
                [
                    (
                        'sum by (service, part) (process_resident_memory_bytes{job="palika"})',
                        "{{service}} {{part}}",
                    )
                ],
                "bytes",
            ),
        ],
    ),
    Section(
        "Machines",
        [
            Figure(
                "Least disk left",
                'min(node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs|squashfs"} / '
                "node_filesystem_size_bytes)",
                "percentunit",
                amber=0.15,
                red=0.05,
                falling=True,
            ),
            Figure(
                "Least memory left",
                "min(node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)",
                "percentunit",
                amber=0.1,
                red=0.05,
                falling=True,
            ),
            Figure(
                "Next certificate to run out",
                "min(probe_ssl_earliest_cert_expiry) - time()",
                "s",
                amber=21 * 86_400,
                red=3 * 86_400,
                falling=True,
            ),
        ],
        [
            Graph(
                "Processors in use",
                [
                    (
                        "1 - avg by (instance) "
                        '(rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))',
                        "{{instance}}",
                    )
                ],
                "percentunit",
            ),
            Graph(
                "Memory left",
                [("node_memory_MemAvailable_bytes", "{{instance}}")],
                "bytes",
            ),
            Graph(
                "Disk left",
                [
                    (
                        'node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs|squashfs"}',
                        "{{instance}} {{mountpoint}}",
                    )
                ],
                "bytes",
            ),
        ],
    ),
]
