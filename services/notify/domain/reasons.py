"""Why a delivery is as it is: the service's own codes. A provider adds its own, named after it."""

from typing import Final

from services.notify.domain import care, routes

STALE_EVENT: Final = "stale_event"
TOO_LATE: Final = "too_late"
CONTACT_MISSING: Final = "contact_missing"
CONTACT_SEALED: Final = "contact_sealed"
TEMPLATE_ERROR: Final = "template_error"
RECIPIENT_REFUSED: Final = "recipient_refused"
CONTACTS_UNAVAILABLE: Final = "contacts_unavailable"
STUCK: Final = "stuck_in_sending"
STOPPED: Final = "stopped"
RATE_LIMITED: Final = "rate_limited"
PROVIDER_AWAY: Final = "provider_away"
NOT_DELIVERED: Final = "not_delivered_in_time"
CAMPAIGN_PAUSED: Final = "campaign_paused"
CAMPAIGN_HOURS: Final = "campaign_hours"
CAMPAIGN_CANCELLED: Final = "campaign_cancelled"

WAITING: Final = frozenset(
    {
        STOPPED,
        CONTACTS_UNAVAILABLE,
        RATE_LIMITED,
        PROVIDER_AWAY,
        CAMPAIGN_PAUSED,
        CAMPAIGN_HOURS,
        care.QUIET_HOURS,
        care.DAILY_CAP,
    }
)
"""Why it waits, and nothing that has gone wrong with it."""

REASONS: Final = {
    STALE_EVENT: "It happened longer ago than PALIKA_NOTIFY_MAX_AGE_H: history, an import.",
    TOO_LATE: "It could not be sent while it was of use.",
    CONTACT_MISSING: "The service that knows the recipient has no contact for them.",
    CONTACT_SEALED: "The key that the address was sealed with is not there any more.",
    TEMPLATE_ERROR: "A field of the template is missing or wrong; nothing was sent.",
    RECIPIENT_REFUSED: "The service that knows the recipients refuses this one's id.",
    CONTACTS_UNAVAILABLE: "The service that knows the recipient does not answer; tried again.",
    STUCK: "The sender went away while sending; tried again, so it may arrive twice.",
    STOPPED: "The sender was stopped before it came to this message; tried again.",
    RATE_LIMITED: "The provider takes no more for the moment; tried again.",
    PROVIDER_AWAY: "The channel's providers do not work for the moment; tried again.",
    NOT_DELIVERED: "It was accepted and not delivered in time; the next channel is taken.",
    CAMPAIGN_PAUSED: "Somebody has paused its campaign; it goes on when that is resumed.",
    CAMPAIGN_HOURS: "Its campaign sends at other hours of the day; it goes on then.",
    CAMPAIGN_CANCELLED: "Somebody has cancelled its campaign before it was sent.",
    routes.NO_ADDRESS: "The contact has no address for the channel.",
    routes.INVALID_ADDRESS: "The address cannot be one of the channel's.",
    routes.NO_PROVIDER: "The city has no provider for the channel.",
    routes.OPTED_OUT: "The citizen has opted out of messages of this purpose.",
    routes.NOT_OPTED_IN: "Messages of this purpose go only to who has opted in.",
    routes.NO_CHANNEL: "None of the template's channels can be used: `skipped` says why.",
    care.QUIET_HOURS: "Nobody is disturbed at this hour; tried again when it is over.",
    care.DAILY_CAP: "The citizen has had enough messages today; tried again tomorrow.",
}
