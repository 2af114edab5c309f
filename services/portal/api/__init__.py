"""The city's own HTTP API: everything that the pages do, for programs with tokens."""

from services.portal.api.wiring import ROOMS, SPEC_OPTIONS, VERSION, register

__all__ = ["ROOMS", "SPEC_OPTIONS", "VERSION", "register"]
