"""The machine and the versions that the figures belong to."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import psutil

PACKAGES = (
    "nameko",
    "kombu",
    "amqp",
    "eventlet",
    "pika",
    "SQLAlchemy",
    "psycopg2-binary",
    "orjson",
    "faststream",
    "aio-pika",
    "asyncpg",
)


def describe() -> dict[str, str]:
    """Processor, cores, memory, system, Python: what can be said without naming the machine."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 1e9:.0f} GB",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "Python": platform.python_version(),
    }


def packages() -> dict[str, str]:
    """The versions of the packages that take part."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except FileNotFoundError:
        pass
    return platform.machine()
