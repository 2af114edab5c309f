"""What all tables of the KPI service are declared on."""

from palika.database import make_base

Base = make_base()
