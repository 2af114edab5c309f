"""What a service refuses is said in English; here it is said in the reader's language.

The services speak one language, as an API does: a rule that is broken is named in English, to
programs and in logs. Their people read Marathi. So the portal knows each sentence that a service
may refuse with (``collecting.py`` reads them out of the source), has each in Marathi
(``translations/mr/LC_MESSAGES/refusals.po``), and puts one in the other's place as the error
arrives. What it does not know it leaves as it is.
"""

from services.portal.refusals.wording import for_reader, said

__all__ = ["for_reader", "said"]
