"""The portal's application, as it is without a broker, and a site of its own for a test."""

import shutil
from pathlib import Path

import pytest
from flask import Flask

from services.portal.app import create_app
from services.portal.content.loading import SHIPPED


@pytest.fixture(scope="session")
def app() -> Flask:
    """The application."""
    return create_app()


@pytest.fixture
def own_site(tmp_path: Path) -> Path:
    """A folder with the shipped content, to be changed."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "site"))
