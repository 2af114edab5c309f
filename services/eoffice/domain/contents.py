"""The correspondence side of a file: pages that go on from paper to paper, parts and volumes."""

from palika.errors import Conflict
from services.eoffice.domain.secrecy import Secrecy

MOST_PAGES = 5_000
"""Pages of one paper."""


def pages_of(before: int, count: int) -> tuple[int, int]:
    """First and last page of a paper of ``count`` pages behind ``before`` pages."""
    return before + 1, before + count


def part_number(number: str, part: int) -> str:
    """The number of a part of a file: ``ROADS/EST/TENDER/2026/0001/P2``."""
    return f"{number}/P{part}"


def volume_number(number: str, volume: int) -> str:
    """The number of a further volume: ``ROADS/EST/TENDER/2026/0001/V2``."""
    return f"{number}/V{volume}"


def check_newest(number: str, newer: str | None, step: str) -> None:
    """Refuse a step on a volume that another goes on from.

    Raises:
        Conflict: names the newest volume.
    """
    if newer is not None:
        raise Conflict(
            f"cannot {step} in {number}: it goes on in {newer}", {"newest": newer, "legal": []}
        )


def check_paper_is_as_secret(paper: str, grade: Secrecy, file: str, secrecy: Secrecy) -> None:
    """Refuse to put a paper in a file that more people may read than what it is in already.

    Raises:
        Conflict: the file is less secret.
    """
    if grade > secrecy:
        raise Conflict(
            f"paper {paper} is {grade.code}, and file {file} only {secrecy.code}; put it in one "
            "that is as secret",
            {"paper": grade.code, "file": secrecy.code},
        )


def check_bulky(number: str, pages: int, least: int) -> None:
    """Refuse a further volume of a file that is not bulky.

    Raises:
        Conflict: it has not more than ``least`` pages.
    """
    if pages <= least:
        raise Conflict(
            f"{number} has {pages} pages; a further volume begins beyond {least}",
            {"pages": pages, "beyond": least},
        )
