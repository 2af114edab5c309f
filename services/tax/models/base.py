"""The declarative base of the service's models."""

from palika.database import make_base

Base = make_base()
