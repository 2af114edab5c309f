"""The payment gateway: how it is asked (``razorpay``), and one of our own for tests (``loopback``).

What it says, and whether it is to be believed, is in ``domain/gateway.py``.
"""

from services.tax.gateway.razorpay import Gateway, Refused, open_gateway

__all__ = ["Gateway", "Refused", "open_gateway"]
