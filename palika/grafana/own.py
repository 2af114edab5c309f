"""What single services have to show beside the signals of all."""

from collections.abc import Mapping

from palika.grafana.signals import Figure, Graph, Section, quantiles, rate

OWN: Mapping[str, Section] = {
    "grievance": Section(
        "The clock",
        graphs=[
            Graph("Late by", [("max(palika_grievance_clock_late_seconds)", "late")], "s"),
            Graph(
                "Marks",
                [(rate("palika_grievance_clock_marks_total", "", "mark"), "{{mark}}")],
                "ops",
            ),
        ],
    ),
    "kpi": Section(
        "KPIs as metrics",
        [
            Figure(
                "Worked out ago",
                "time() - max(palika_kpi_worked_out_timestamp_seconds > 0)",
                "s",
                amber=180,
                red=300,
            ),
            Figure("Processes that export", "sum(palika_kpi_leads)", amber=2, red=3),
            Figure("Left out", "max(palika_kpi_left_out)", amber=1),
        ],
        [Graph("Working them out", quantiles("palika_kpi_working_out_duration_seconds", ""), "s")],
    ),
    "notify": Section(
        "Messages",
        graphs=[
            Graph(
                "In the lanes",
                [("max by (lane, state) (palika_notify_queue_messages)", "{{lane}} {{state}}")],
            ),
            Graph(
                "Due for so long",
                [("max by (lane) (palika_notify_oldest_due_seconds)", "{{lane}}")],
                "s",
            ),
            Graph(
                "What became of them",
                [
                    (
                        rate("palika_notify_deliveries_total", "", "channel, outcome"),
                        "{{channel}} {{outcome}}",
                    )
                ],
                "ops",
            ),
            Graph(
                "Handed over",
                [
                    (
                        rate("palika_notify_attempts_total", "", "provider, outcome"),
                        "{{provider}} {{outcome}}",
                    )
                ],
                "ops",
            ),
            Graph(
                "Providers left alone",
                [("max by (provider) (palika_notify_circuit_open)", "{{provider}}")],
                "none",
            ),
            Graph(
                "From asking to sending",
                quantiles("palika_notify_created_to_sent_seconds", ""),
                "s",
            ),
            Graph(
                "From sending to arriving",
                quantiles("palika_notify_sent_to_delivered_seconds", ""),
                "s",
            ),
            Graph(
                "Receipts",
                [
                    (
                        rate("palika_notify_receipts_total", "", "provider, told"),
                        "{{provider}} {{told}}",
                    ),
                ],
                "ops",
            ),
            Graph(
                "Offered to nobody",
                [(rate("palika_notify_skips_total", "", "reason"), "{{reason}}")],
                "ops",
            ),
            Graph(
                "Rupees of an hour",
                [
                    (
                        "sum by (provider) (increase(palika_notify_cost_rupees_total[1h]))",
                        "{{provider}}",
                    )
                ],
                "prefix:₹ ",
            ),
            Graph(
                "Receipts of unknown messages",
                [("max(palika_notify_receipts_unmatched)", "receipts")],
            ),
        ],
    ),
    "portal": Section(
        "What it shows",
        graphs=[
            Graph(
                "Other pages than were published",
                [("palika_portal_content_stale", "{{instance}}")],
                "none",
            )
        ],
    ),
    "tax": Section(
        "The payment gateway",
        graphs=[
            Graph(
                "Webhooks",
                [(rate("palika_tax_webhooks_total", "", "outcome"), "{{outcome}}")],
                "ops",
            )
        ],
    ),
    "warroom": Section(
        "Briefing packs",
        graphs=[
            Graph("Without pages", [("max by (state) (palika_warroom_packs_unset)", "{{state}}")])
        ],
    ),
}
