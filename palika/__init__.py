"""Palika: the backbone that every service of the city stands on."""

import os
import warnings

# Nameko stands on eventlet, which says so at every import (docs/decisions/0007).
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

# Names are looked up by the machine's own resolver, in a thread (runner.py): eventlet's knows fewer
# sources of names than nsswitch does, and costs every process a fifth of its start.
os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
