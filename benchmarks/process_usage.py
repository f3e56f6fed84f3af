"""Run a script in a process of its own; measure CPU time and the memory of its largest process."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any


def run_script(command: list[str]) -> tuple[dict[str, Any], int]:
    """Run the script. Return the JSON that it prints, and the peak MiB of the largest of it and its child processes."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return json.loads(said), usage.ru_maxrss // 1024


def cpu_with_children(pid: int) -> float:
    """Return the CPU seconds of a process and all descendants, ended processes included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(ticks) for ticks in fields[11:15]) / 100 + sum(cpu_with_children(int(child)) for child in children)
