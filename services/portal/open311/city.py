"""The city as an Open311 endpoint: its jurisdiction, its languages, its discovery document."""

from importlib import resources
from typing import Any

import yaml
from flask import request

from palika.config import ConfigError, Settings
from palika.errors import Invalid, NotFound
from services.portal.open311.answers import FORMS, PREFIX

_LANGUAGES = ("mr", "en")
_SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"


class City:
    """What the settings and ``data/open311.yaml`` say of it."""

    def __init__(self, config: Settings) -> None:
        """Read the file.

        Raises:
            ConfigError: a jurisdiction is required, and none is named.
        """
        file = resources.files("services.portal").joinpath("data", "open311.yaml")
        self._words: dict[str, str] = yaml.safe_load(file.read_text("utf-8"))
        self._url = config.portal_url.rstrip("/")
        self._jurisdiction = config.open311_jurisdiction
        self._must_be_named = config.open311_jurisdiction_required == "yes"
        if self._must_be_named and not self._jurisdiction:
            raise ConfigError(
                "PALIKA_OPEN311_JURISDICTION_REQUIRED is 'yes': "
                "PALIKA_OPEN311_JURISDICTION must name the jurisdiction"
            )

    def check(self, args: dict[str, Any]) -> None:
        """Refuse a request for another jurisdiction.

        Raises:
            NotFound: it is another one's.
            Invalid: it must be named, and is not.
        """
        named = args.get("jurisdiction_id")
        if named is None:
            if self._must_be_named:
                raise Invalid("wrong arguments", {"jurisdiction_id": ["is missing"]})
        elif self._jurisdiction and named != self._jurisdiction:
            raise NotFound(f"there is no jurisdiction_id {named} here")

    def language(self, args: dict[str, Any]) -> str:
        """The language to answer in: the ``locale``, else the header's, else the city's."""
        locale = str(args.get("locale", ""))[:2].lower()
        if locale in _LANGUAGES:
            return locale
        return request.accept_languages.best_match(_LANGUAGES, self._words["language"])

    def discovery(self, changeset: str) -> dict[str, Any]:
        """The discovery document; ``changeset`` is when the services last changed."""
        root = self._url or request.url_root.rstrip("/")
        return {
            "changeset": changeset,
            "contact": self._words["contact"],
            "key_service": self._words["key_service"],
            "endpoints": [
                {
                    "specification": _SPECIFICATION,
                    "url": f"{root}{PREFIX}/v2",
                    "changeset": changeset,
                    "type": self._words["type"],
                    "formats": [FORMS["xml"], FORMS["json"]],
                }
            ],
        }
