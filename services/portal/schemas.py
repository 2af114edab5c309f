"""What the portal's events carry: ids, codes and moments; nothing of a citizen."""

from marshmallow import Schema, fields

from palika.events import event_type
from palika.fields import Moment


class AccountHeldBack(Schema):
    """Data of ``portal.account_held_back.v1``: an officer's account was tried in vain so often that
    whoever tries it from a device that it does not know is kept waiting until ``until``.

    ``tries`` is how often in a row, ``person`` the officer's code in the e-office. Devices that the
    officer has signed in from are not kept.
    """

    account_id = fields.UUID(required=True)
    tries = fields.Integer(strict=True, required=True)
    until = Moment(required=True)
    person = fields.String()


HELD_BACK = event_type(
    "portal.account_held_back.v1",
    AccountHeldBack,
    "An account was tried in vain so often that strangers to it are kept waiting.",
)
