"""A real nginx on a free loopback port, with the configuration of `proxy/` and a self-made certificate.

    with Nginx(site_port=8000) as proxy:
        proxy.port, proxy.tls

The binary is Debian's (`.ci/find-nginx`). The machine's own configuration is neither read nor changed.
"""

from __future__ import annotations

import shutil
import signal
import ssl
import subprocess
import tempfile
from pathlib import Path

from sepo_incident.embedded import processes
from sepo_incident.embedded.paths import PROJECT
from tests.postfix import PATH, free_port, is_listening

CONFIGURATION = PROJECT / "proxy" / "nginx.conf"


class Nginx:
    """`site_port`: where the site listens. `changes`: {text of the configuration: replacement}."""

    def __init__(self, site_port: int, changes: dict[str, str] | None = None):
        self.folder, self.port = Path(tempfile.mkdtemp(prefix="sepo-nginx-")), free_port()
        self.folder.chmod(0o755)  # as root, the processes of nginx run as another user
        subprocess.run([PROJECT / "proxy" / "make-certificate", "localhost", self.folder], check=True)
        self.tls = ssl.create_default_context(cafile=self.folder / "certificate.pem")
        paths = "".join(
            f"    {kind}_temp_path {self.folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        changes = {
            "http {\n": f"http {{\n{paths}",
            "/etc/nginx/tls": str(self.folder),
            "listen 8443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "http://web:8000": f"http://127.0.0.1:{site_port}",
            **(changes or {}),
        }
        text = CONFIGURATION.read_text()
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        (self.folder / "nginx.conf").write_text(text)

    def __enter__(self) -> Nginx:
        command = [shutil.which("nginx", path=PATH) or "nginx", "-c", f"{self.folder}/nginx.conf", "-e", "stderr"]
        with self._log.open("wb") as output:
            self.process = processes.spawn(
                [*command, "-g", f"daemon off; pid {self.folder}/pid;"], dies_with=signal.SIGTERM, output=output
            )
        assert processes.wait_until(lambda: is_listening(self.port), 20), self._log.read_text()
        return self

    def __exit__(self, *exc: object) -> None:
        processes.stop_process(self.process, signal.SIGTERM, 10)
        shutil.rmtree(self.folder)

    @property
    def _log(self) -> Path:
        return self.folder / "log"
