"""People and their keys: who is signed in, who may enter where, and what is written down of it.

A page of another room says who may enter (``@door(...)``), asks who is there (``who()``), has
``{{ form_token() }}`` in each of its forms, and before it shows a citizen's data notes that
(``looked_at(...)``).
"""

from services.portal.accounts.doors import SOMEBODY, door
from services.portal.accounts.looks import is_problem, looked_at, looked_at_all
from services.portal.accounts.present import Present, who
from services.portal.accounts.wiring import register

__all__ = [
    "SOMEBODY",
    "Present",
    "door",
    "is_problem",
    "looked_at",
    "looked_at_all",
    "register",
    "who",
]
