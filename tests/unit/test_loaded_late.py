"""Large libraries are in the memory of those processes that have used them, and of no others."""

import subprocess
import sys

import pytest

LATE = {"PIL", "asn1crypto", "jinja2", "obstore", "openpyxl", "pptx", "puremagic", "pyhanko"}
LATE |= {"pi_heif", "pypdf", "pypdfium2", "xlsxwriter"}


@pytest.mark.parametrize("service", ["eoffice", "kpi", "warroom"])
def test_a_service_that_has_done_nothing_yet_has_none_of_them(root, service):
    told = f"import sys, services.{service}.service; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=root, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert service in done.stdout
    assert loaded & LATE == set()
