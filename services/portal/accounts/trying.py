"""What pages say of trying the city out; nothing, but in the city of sample work."""

from palika.errors import Unavailable
from services.portal import demo
from services.portal.accounts.parts import parts
from services.portal.models import Account


def demo_hints() -> demo.Hints | None:
    """Who can be tried out, and how; None in every other city, and while it is not known."""
    if not demo.in_demo():
        return None
    here = parts()
    try:
        with here.store.begin() as session:
            return demo.hints(session, here.keeping)
    except Unavailable:
        return None


def demo_code(account: Account) -> str | None:
    """The code that the telephone of an account for trying out would show; None of every other."""
    here = parts()
    return demo.code(account, here.keeping, here.now())
