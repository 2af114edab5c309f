"""Meta's error codes, and what each makes of a message.

From Meta's public reference (developers.facebook.com/documentation/business-messaging/whatsapp/
support/error-codes): a code stands in the answer of a call, or in a ``failed`` status later, and it
is the code that is to be judged by, not the HTTP status and not the words.

``permanent`` is said of what fails again on WhatsApp however often it is tried: then another
channel is for it. A template that is paused is so for hours: that is permanent for the message.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from palika.outgoing import Answered
from services.notify.channels.answers import refusal, retry_after_s, text_at, within
from services.notify.domain.messages import Failed


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a code means.

    Attributes:
        reason: without the provider's name.
        permanent: as in ``Failed``.
        ours: the trouble is with the city's account or with Meta, not with this message.
    """

    reason: str
    permanent: bool = False
    ours: bool = False


_LOGIN: Final = Verdict("login_refused", ours=True)
_THROTTLED: Final = Verdict("throttled", ours=True)
_DOWN: Final = Verdict("unavailable", ours=True)
_ACCOUNT: Final = Verdict("account_blocked", ours=True)

VERDICTS: Final[Mapping[int, Verdict]] = {
    # Who we are.
    0: _LOGIN,
    3: _LOGIN,
    10: _LOGIN,
    190: Verdict("token_expired", ours=True),
    131005: _LOGIN,
    # How much we send.
    4: _THROTTLED,
    80007: _THROTTLED,
    130429: _THROTTLED,
    131048: Verdict("flagged_as_spam", ours=True),
    131056: Verdict("too_many_to_recipient"),
    # The account, and Meta's own health.
    1: Verdict("unknown"),
    2: _DOWN,
    33: Verdict("number_deleted", ours=True),
    368: _ACCOUNT,
    131000: Verdict("unknown"),
    131016: _DOWN,
    131031: _ACCOUNT,
    131037: Verdict("display_name_not_approved", ours=True),
    131042: Verdict("not_paid", ours=True),
    131045: Verdict("number_not_registered", ours=True),
    131057: Verdict("maintenance", ours=True),
    133004: _DOWN,
    133010: Verdict("number_not_registered", ours=True),
    # The recipient.
    130472: Verdict("in_experiment", permanent=True),
    130497: Verdict("country_restricted", permanent=True),
    131021: Verdict("recipient_is_sender", permanent=True),
    131026: Verdict("not_on_whatsapp", permanent=True),
    131030: Verdict("recipient_not_allowed", permanent=True),
    131047: Verdict("window_closed", permanent=True),
    131049: Verdict("engagement_limit", permanent=True),
    131050: Verdict("opted_out_of_marketing", permanent=True),
    # The message.
    100: Verdict("invalid_parameter", permanent=True),
    131008: Verdict("parameter_missing", permanent=True),
    131009: Verdict("parameter_invalid", permanent=True),
    131051: Verdict("kind_not_supported", permanent=True),
    131052: Verdict("media_not_fetched", permanent=True),
    131053: Verdict("media_not_accepted", permanent=True),
    # Its template.
    132000: Verdict("template_parameters", permanent=True),
    132001: Verdict("template_missing", permanent=True),
    132005: Verdict("template_too_long", permanent=True),
    132007: Verdict("template_policy", permanent=True),
    132012: Verdict("template_parameter_format", permanent=True),
    132015: Verdict("template_paused", permanent=True),
    132016: Verdict("template_disabled", permanent=True),
}


def verdict_of(code: int) -> Verdict:
    """What a code means; one that is not known may pass."""
    if 200 <= code <= 299:
        return _LOGIN
    return VERDICTS.get(code) or Verdict(f"error_{code}")


def code_of(error: Any) -> int | None:
    """The code of an error object; None where it has none."""
    code = within(error, "code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def words_of(error: Any) -> str:
    """The code and Meta's words of an error object; they are masked before they are kept."""
    details = text_at(error, "error_data", "details") or text_at(error, "message")
    return f"{text_at(error, 'code')} {details or text_at(error, 'title')}".strip()[:300]


def failed(provider: str, answer: Answered, error: Any) -> Failed:
    """An answer that is no success. ``error`` is its error object; None: it has none."""
    code = code_of(error)
    if code is None:
        return refusal(provider, answer, None)
    verdict = verdict_of(code)
    return Failed(
        permanent=verdict.permanent,
        reason=f"{provider}_{verdict.reason}",
        detail=words_of(error),
        channel_down=verdict.ours,
        offered=not verdict.ours,
        retry_after_s=retry_after_s(answer.headers),
    )
