"""Versions of templates, and what Meta says of those that are registered with it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Identity, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.domain.whatsapp_text import Approval, Category
from services.notify.models.base import Base, one_of


class TemplateVersion(Base):
    """What a template said from a moment on. Append-only: a delivery names template and version."""

    __tablename__ = "template_version"
    __table_args__ = (
        UniqueConstraint("name", "version", name="uq_template_version_name"),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    """In the order of saving: who has read up to one reads on from there."""
    name: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """As `data/templates/*.yaml` have it."""
    digest: Mapped[str] = mapped_column(Text)
    """SHA-256 of the content: the same content is the same version."""
    saved_by: Mapped[str] = mapped_column(Text)
    """Who: `officer:…`, or `file` for the shipped ones."""
    saved_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text, server_default="")


class WhatsappTemplate(Base):
    """A template as it is registered with Meta in one language, and what Meta says of it."""

    __tablename__ = "whatsapp_template"
    __table_args__ = (
        CheckConstraint(one_of("category", Category), name="category"),
        CheckConstraint(one_of("state", Approval), name="state"),
    )

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    """Meta's code: mr, en_GB."""
    category: Mapped[str | None] = mapped_column(Text)
    """None of one that Meta has told of and no template here names."""
    body: Mapped[str | None] = mapped_column(Text)
    """The text that was registered, with {{1}}; None likewise."""
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it is rejected or paused, as Meta has it."""
    changed_at: Mapped[datetime]
