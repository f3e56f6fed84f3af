"""What the supervisor has to know about a server."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Engine:
    """One server: what to do before, which command, when it answers, and which signals stop it (with seconds)."""

    name: str
    folder: Path
    prepare: Callable[[], None]
    command: Callable[[], list[str]]
    environment: Mapping[str, str]
    answers: Callable[[], bool]
    finish: Callable[[], None]
    dies_with: signal.Signals
    stop_steps: tuple[tuple[signal.Signals, float], ...]
