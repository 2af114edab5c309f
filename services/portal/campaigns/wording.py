"""Words of campaigns."""

from typing import Final

from services.portal.pages.words import N_

STATES: Final = {
    "loading": N_("Recipients are being read"),
    "draft": N_("Draft, waits for an approval"),
    "scheduled": N_("Approved, waits to begin"),
    "running": N_("Running"),
    "paused": N_("Paused"),
    "done": N_("Done"),
    "cancelled": N_("Cancelled"),
}
KINDS: Final = {
    "running": "good",
    "paused": "warning",
    "draft": "warning",
    "done": "good",
}
"""The colours of the states' marks."""
MESSAGES: Final = {
    "waiting": N_("not sent yet"),
    "created": N_("queued"),
    "sending": N_("being handed over"),
    "sent": N_("handed over"),
    "delivered": N_("arrived"),
    "read": N_("read"),
    "failed_temporary": N_("failed, tried again"),
    "failed_permanent": N_("failed"),
    "expired": N_("too late to be of use"),
    "skipped": N_("not sent: consent or no way to reach"),
    "cancelled": N_("cancelled"),
    "forgotten": N_("longer ago than messages are kept"),
}
CHANNELS: Final = {
    "whatsapp": N_("WhatsApp"),
    "sms": N_("Text message (SMS)"),
    "email": N_("E-mail"),
    "voice": N_("Telephone call"),
    "inbox": N_("Inbox on the city's pages"),
    "log": N_("Log (nothing is sent)"),
}
PURPOSES: Final = {
    "code": N_("Codes"),
    "service": N_("About a matter of the citizen's"),
    "tax": N_("Tax"),
    "reminder": N_("Reminder"),
    "news": N_("News"),
}
TOLD: Final = {
    "made": N_("The campaign is made. Somebody else approves it before it goes out."),
    "estimated": N_("The estimate is made anew."),
    "tested": N_("The test message is on its way."),
    "approved": N_("The campaign is approved."),
    "started": N_("The campaign begins."),
    "planned": N_("The campaign begins at that moment."),
    "paused": N_("The campaign is paused: nothing more goes out."),
    "resumed": N_("The campaign goes on."),
    "cancelled": N_("The campaign is cancelled. Who was not told yet is not told."),
}
"""What has just been done, by a word in the address."""
REFUSALS: Final = {
    "whatsapp_template_not_approved": N_("Meta has not approved this text yet"),
}
"""Why a channel carries nothing now, by notify's code."""
