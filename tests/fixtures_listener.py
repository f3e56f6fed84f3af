"""`start_listener`: the process that receives mails over SMTP and LMTP, on the test's database."""

import os
import re
import signal
import smtplib
import sys
import tempfile
from pathlib import Path

import pytest

from sepo_incident.embedded import processes
from tests.fixtures_worker import worker_environment


class Listener:
    """One listener process, with the port that it listens on."""

    def __init__(self, env: dict[str, str]) -> None:
        self._log = Path(tempfile.mkstemp(prefix="sepo-listener-", suffix=".log")[1])
        command = [sys.executable, "manage.py", "receive_mail", "--listen", "127.0.0.1:0"]
        with self._log.open("wb") as output:
            self.process = processes.spawn(command, dies_with=signal.SIGKILL, env=env, output=output)
        assert processes.wait_until(lambda: self.port is not None or self.process.poll() is not None, 30), self.log()
        assert self.port, self.log()

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def port(self) -> int | None:
        found = re.search(r"Lytter efter mails på .*:(\d+)\.", self.log())
        return int(found[1]) if found else None

    def smtp(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.port, timeout=30)

    def lmtp(self) -> smtplib.LMTP:
        return smtplib.LMTP("127.0.0.1", self.port, timeout=30)

    def stop(self) -> None:
        processes.stop_process(self.process, signal.SIGTERM, 10)
        self._log.unlink(missing_ok=True)


@pytest.fixture
def start_listener(transactional_db, sink, settings):
    """A function that starts a listener and returns it when it listens. All listeners end with the test."""
    listeners: list[Listener] = []

    def start(**extra: str) -> Listener:
        listeners.append(Listener({**os.environ, **worker_environment(settings, sink), **extra}))
        return listeners[-1]

    yield start
    for listener in listeners:
        listener.stop()
