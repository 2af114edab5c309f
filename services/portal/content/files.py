"""Files that can be downloaded or seen: which kinds, and how each is sent.

They come from the portal's own address, where a script would act for whoever is signed in. So there
is a list of kinds that carry none out, and nothing else is sent.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

PICTURES: Final[Mapping[str, str]] = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
"""What a gallery may show: content types by the end of the name."""
KINDS: Final[Mapping[str, str]] = {
    **PICTURES,
    ".pdf": "application/pdf",
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""What may be downloaded."""
POLICY: Final = "default-src 'none'; sandbox"
"""Whatever a browser takes a file for: it loads nothing, and is no page of the portal."""

_LINK: Final = "is a link: the file itself has to be here"


def entries(folder: Path) -> list[Path]:
    """What counts in a folder, in order: editors and version control keep theirs in dot files."""
    return sorted(each for each in folder.iterdir() if not each.name.startswith("."))


def link(path: Path) -> str | None:
    """The rule that it breaks, if it is a link: that may lead out of the folder, or nowhere."""
    return _LINK if path.is_symlink() else None


def unfit(path: Path, kinds: Mapping[str, str]) -> str | None:
    """The rule that a file breaks, which is to be sent; None: it may be."""
    if path.suffix.lower() not in kinds:
        return f"cannot be published: its name must end in {', '.join(kinds)}"
    if wrong := link(path):
        return wrong
    return None if path.is_file() else "is no file"


def in_place(path: Path) -> bool:
    """Whether a file (its real path, as it was when it was checked) is still what it was."""
    return path.is_file() and path.resolve() == path
