"""Run `read_list` on many mutated files. Print the answers, the slowest time and the peak memory."""

import os
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import django


def main(count: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sepo_incident.settings")
    os.environ.setdefault("DEMO", "1")
    django.setup()
    from letters.management.commands.read_list import report_on
    from tests.letters.awkward.mutated_files import mutate_files

    answers: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.NamedTemporaryFile() as file:
        for _, content in mutate_files(2019, count):
            Path(file.name).write_bytes(content)
            started = time.monotonic()
            answers[report_on(Path(file.name))["reason"] or "kan læses"] += 1
            slowest = max(slowest, time.monotonic() - started)
    for answer, times in answers.most_common():
        sys.stdout.write(f"{times:6} {answer}\n")
    kib = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    sys.stdout.write(f"slowest {slowest:.1f} s, parent {kib[0] // 1024} MiB, child {kib[1] // 1024} MiB\n")


main(int(sys.argv[1]))
