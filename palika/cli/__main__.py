"""``python -m palika.cli`` is the ``palika`` command."""

import sys

from palika.cli import main

sys.exit(main())
