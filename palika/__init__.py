"""Palika: the backbone that every service of the city stands on."""

import warnings

# Nameko stands on eventlet, which says so at every import (docs/decisions/0007).
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
