"""A template of a department's values, as CSV or XLSX."""

import base64
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from palika.spreadsheets import WRITERS
from services.kpi.domain import sheets

_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def template(form: Mapping[str, Any], period: str | None, ending: str) -> dict[str, Any]:
    """A file to fill in for what a form asks: `filename`, `media_type`, `content_base64`."""
    with TemporaryDirectory(prefix="palika-") as folder:
        path = Path(folder) / f"template.{ending}"
        writer = WRITERS[f".{ending}"](path, list(sheets.header()))
        for row in sheets.template(form):
            writer.add(row)
        writer.close()
        content = path.read_bytes()
    return {
        "filename": f"{form['department']}-{period or 'latest'}.{ending}",
        "media_type": _TYPES[ending],
        "content_base64": base64.b64encode(content).decode(),
    }
