"""nginx on loopback, as a peer that serves files, and before the portal as a city has it."""

import os
import re
import shutil
from pathlib import Path

from benchmarks.ground import Ground, Process
from palika.local.city import ROOT
from palika.local.processes import LocalError

_BEFORE = ROOT / "deploy" / "nginx" / "palika.conf"
_FRAME = """
daemon off;
{user}
worker_processes {workers};
pid {folder}/pid;
error_log {folder}/errors;
events {{ worker_connections 512; }}
http {{
    default_type text/html;
    types {{ text/html html; }}
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {servers}
}}
"""


def files(ground: Ground, port: int, folder: Path, workers: str) -> Process:
    """Serve what lies in ``folder``; ``page.html.gz`` to who takes gzip for ``page.html``."""
    server = f"server {{ listen 127.0.0.1:{port}; root {folder}; gzip_static on; etag on; }}"
    return _start(ground, f"nginx-{port}", server, workers)


def before(ground: Ground, port: int, portal: int, workers: str) -> Process:
    """Stand before the portal at the port ``portal`` by the file that a city takes
    (``deploy/nginx/palika.conf``), but for its names, its ports and its certificate."""
    text = _BEFORE.read_text("utf-8")
    cache, upstream, _, server = re.split(r"\n(?=upstream|server)", text)
    cache = cache.replace("/var/cache/nginx/palika", str(ground.directory / f"kept-{port}"))
    upstream = re.sub(r"server \S+;", f"server 127.0.0.1:{portal};", upstream)
    server = re.sub(r"\n *(ssl_|listen \[).*", "", server)
    server = re.sub(r"listen .*;", f"listen 127.0.0.1:{port};", server)
    return _start(ground, f"nginx-{port}", f"{cache}\n{upstream}\n{server}", workers)


def _start(ground: Ground, name: str, servers: str, workers: str) -> Process:
    path = shutil.which("nginx") or shutil.which(str(ROOT / ".venv" / "bin" / "nginx"))
    if path is None:
        raise LocalError("nginx is missing: scripts/setup --bench fetches it")
    folder = ground.directory / name
    folder.mkdir()
    config = folder / "conf"
    # Its workers would be somebody else's who starts it as root, and may not look into the folder.
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(
        _FRAME.format(folder=folder, servers=servers, workers=workers, user=user), "utf-8"
    )
    return ground.command(name, [path, "-e", f"{folder}/errors", "-c", str(config)])
