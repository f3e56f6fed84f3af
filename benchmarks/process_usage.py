"""Run a script in a process of its own; measure CPU time and the memory of its largest process."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

#: A process begins with the memory of the process that forks it, so a small one starts the script.
MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(done.returncode)
"""


def run_script(command: list[str]) -> tuple[dict[str, Any], int]:
    """Run the script. Return the JSON that it prints, and the peak MiB of the largest of it and its child processes."""
    done = subprocess.run([sys.executable, "-c", MEASURE, *command], stdout=subprocess.PIPE)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    *said, peak = done.stdout.decode().splitlines()
    return json.loads(said[-1]), int(peak)


def cpu_with_children(pid: int) -> float:
    """Return the CPU seconds of a process and all descendants, ended processes included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(ticks) for ticks in fields[11:15]) / 100 + sum(cpu_with_children(int(child)) for child in children)
