"""A real Postfix on a free loopback port, with its own configuration, queue and log.

    with Postfix({"buf.example": "smtp:[127.0.0.1]:2525"}) as postfix:
        postfix.port

The binary is Debian's (`.ci/find-postfix`). The machine's own configuration is neither read nor changed.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from sepo_incident.embedded import processes

PATH = f"{os.environ['PATH']}:/usr/sbin"
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
maillog_file = {folder}/log/postfix.log
maillog_file_prefixes = {folder}
myhostname = mail.kit.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_reject_unlisted_recipient = no
smtp_dns_support_level = disabled
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = {mailbox_domains}
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_mailbox_base = {folder}/boxes
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
transport_maps = inline:{{ {transports} }}
# Everything at once, instead of in minutes and hours
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
delay_warning_time = 1s
smtp_helo_timeout = 5s
default_destination_rate_delay = 0s
"""
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup  unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr    unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce  unix - - n - 0 bounce
defer   unix - - n - 0 bounce
trace   unix - - n - 0 bounce
verify  unix - - n - 1 verify
flush   unix n - n 1000? 0 flush
smtp    unix - - n - - smtp
lmtp    unix - - n - - lmtp
error   unix - - n - - error
retry   unix - - n - - error
discard unix - - n - - discard
local   unix - n n - - local
virtual unix - n n - - virtual
proxymap unix - - n - - proxymap
anvil   unix - - n - 1 anvil
scache  unix - - n - 1 scache
showq   unix n - n - - showq
tlsmgr  unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Postfix:
    """`transports`: {domain or address: transport}; `mailboxes`: addresses with a mailbox here. Other addresses of
    these domains are unknown, which Postfix finds out after it has accepted the mail.
    """

    def __init__(self, transports: Mapping[str, str], mailboxes: Sequence[str] = ()):
        self.folder, self.port = Path(tempfile.mkdtemp(prefix="sepo-postfix-")), free_port()
        self.folder.chmod(0o755)  # the programs of Postfix run as other users
        self.main = MAIN.format(
            folder=self.folder,
            mailbox_domains=" ".join(sorted({address.partition("@")[2] for address in mailboxes})),
            mailboxes=", ".join(f"{{{address} = {address}}}" for address in mailboxes),
            transports=", ".join(f"{{{what} = {where}}}" for what, where in transports.items()),
        )

    def __enter__(self) -> Postfix:
        for name in ("config", "queue", "data", "log", "boxes"):
            (self.folder / name).mkdir(parents=True, mode=0o755)
        shutil.chown(self.folder / "data", "postfix")
        os.chown(self.folder / "boxes", 65534, 65534)
        (self.folder / "config" / "main.cf").write_text(self.main)
        (self.folder / "config" / "master.cf").write_text(MASTER.format(port=self.port))
        self.command("start")
        assert processes.wait_until(lambda: is_listening(self.port), 20), self.log
        return self

    def __exit__(self, *exc: object) -> None:
        self.command("stop")
        shutil.rmtree(self.folder)

    def command(self, verb: str) -> None:
        done = subprocess.run(
            ["postfix", "-c", str(self.folder / "config"), verb],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PATH": PATH},
        )
        if done.returncode:
            raise RuntimeError(f"postfix {verb}: {done.stdout}{done.stderr}{self.log}")

    @property
    def log(self) -> str:
        path = self.folder / "log" / "postfix.log"
        return path.read_text(errors="replace") if path.exists() else ""
