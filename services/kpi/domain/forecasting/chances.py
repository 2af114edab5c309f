"""Whether a target will be met, as far as a forecast tells."""

from services.kpi.domain.forecasting.outcome import Forecast
from services.kpi.domain.goals import gap
from services.kpi.domain.indicators import Aim, Indicator

LIKELY, UNLIKELY, CANNOT_TELL = CHANCES = ("likely", "unlikely", "cannot tell")


def chance(indicator: Indicator, aim: Aim | None, forecast: Forecast | None) -> str:
    """`likely`: all of the interval meets the target; `unlikely`: nothing of it does; else, and
    without a target or a forecast, `cannot tell`."""
    if aim is None or forecast is None or indicator.direction == "none":
        return CANNOT_TELL
    off = gap(indicator, aim)
    ends = off(forecast.low), off(forecast.high)
    if not any(ends):
        return LIKELY
    if all(ends) and not (aim.is_band and forecast.low < aim.low and forecast.high > aim.high):
        return UNLIKELY
    return CANNOT_TELL
