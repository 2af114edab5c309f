"""The declarative base of the KPI service's tables."""

from palika.database import make_base

Base = make_base()
