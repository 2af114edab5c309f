"""What the forms of a desk offer to choose from."""

from marshmallow import Schema

from services.eoffice.fields import Words


class AskingForms(Schema):
    """What there is to choose from; ``post`` is the post that asks."""

    post = Words(100, load_default=None)
