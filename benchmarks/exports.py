"""Measure the download of a long letter list: `make bench-exports` or

    .venv/bin/python benchmarks/exports.py [--letters 100000]

Prints seconds until the first byte and until the last, the file's size and the process's peak memory for CSV and xlsx.
Runs real engines in a separate data folder.
"""

import argparse
import resource
import time

from copied_letters import multiply_letters
from filled_database import filled_database, signed_in


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--letters", type=int, default=100_000)
    asked = parser.parse_args()
    with filled_database(3400):
        multiply_letters(asked.letters)
        at_first = peak_mebibytes()
        print(f"{'file':<10}{'letters':>9}{'first byte, s':>15}{'all, s':>9}{'MiB':>7}{'peak MiB above start':>22}")
        for file_format in ("csv", "xlsx"):
            first, took, size = measure_download(file_format)
            above = peak_mebibytes() - at_first
            print(
                f"{file_format:<10}{asked.letters:>9}{first:>15.2f}{took:>9.1f}{size:>7.1f}{above:>22.0f}", flush=True
            )


def measure_download(file_format: str) -> tuple[float, float, float]:
    """Return the seconds until the first byte and until the last, and the MiB of the file."""
    from django.urls import reverse

    from sepo_incident.accounts.models import Unit, User

    client = signed_in(User.objects.get(name="Mette Dahl"))
    started, first, size = time.perf_counter(), 0.0, 0
    asked = {"status": "ALL", "hent": file_format}
    for part in client.get(reverse("board", args=[Unit.root().pk]), asked).streaming_content:
        first = first or (time.perf_counter() - started if part else 0.0)
        size += len(part)
    return first, time.perf_counter() - started, size / 2**20


def peak_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
