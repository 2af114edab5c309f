"""The city's services: each imports the backbone (``palika``) and itself, never another service.

A city may keep services of its own elsewhere: every ``services`` folder on the Python path counts.
"""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
