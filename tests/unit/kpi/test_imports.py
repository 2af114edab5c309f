"""Each module can be the first that is imported: no two need each other."""

import subprocess
import sys

import pytest

# Each in a process of its own, which has what is large already.
_EACH_ALONE = """
import importlib, os, pkgutil, sys
import sqlalchemy.orm, palika.tables, palika.errors, palika.roles, palika.topology

package = importlib.util.find_spec(sys.argv[1])
names = [each.name for each in pkgutil.iter_modules(package.submodule_search_locations)]
for name in names:
    child = os.fork()
    if not child:
        try:
            importlib.import_module(f"{sys.argv[1]}.{name}")
        except ImportError as error:
            print(f"{name}: {error}")
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
print(len(names), "tried")
"""


@pytest.mark.parametrize("package", ["entered", "queries"])
def test_a_module_can_be_imported_before_all_others(root, package):
    done = subprocess.run(
        [sys.executable, "-c", _EACH_ALONE, f"services.kpi.{package}"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    *failed, tried = done.stdout.splitlines()
    assert failed == []
    assert int(tried.split()[0]) > 4
