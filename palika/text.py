"""Which characters can be text. Plain Python: domain rules use it too."""

import re
from typing import Final

UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
"""NUL and halves of surrogate pairs: no database stores them."""

NO_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Those, and the other control characters but tab and the ends of lines: they are nobody's text."""
