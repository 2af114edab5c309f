"""As whom the chatbot acts for a citizen."""


def whatsapp_subject(recipient_key: str, tenure: int) -> str:
    """The subject of who writes over WhatsApp: it tells nobody the number.

    Args:
        recipient_key: of the number.
        tenure: one more after each silence in which the number may have changed hands.
    """
    return f"citizen:whatsapp:{recipient_key}:{tenure}"
