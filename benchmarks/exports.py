"""Measure the download of a long letter list: `make bench-exports` or

    .venv/bin/python benchmarks/exports.py [--letters 100000]

Prints seconds until the first byte and until the last, the file's size and the process's peak memory for CSV and xlsx.
Runs real engines in a separate data folder.
"""

import argparse
import resource
import time

from filled_database import filled_database, signed_in


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--letters", type=int, default=100_000)
    asked = parser.parse_args()
    with filled_database(asked.letters):
        from django.urls import reverse

        from sepo_incident.accounts.models import Unit, User

        client, board = signed_in(User.objects.get(name="Mette Dahl")), reverse("board", args=[Unit.root().pk])
        at_first = peak_mebibytes()
        print(f"{'file':<10}{'first byte, s':>15}{'all, s':>9}{'MiB':>7}{'peak MiB above start':>22}")
        for kind in ("csv", "xlsx"):
            started, first, size = time.perf_counter(), 0.0, 0
            for part in client.get(board, {"status": "ALL", "hent": kind}).streaming_content:
                first = first or (time.perf_counter() - started if part else 0.0)
                size += len(part)
            took, above = time.perf_counter() - started, peak_mebibytes() - at_first
            print(f"{kind:<10}{first:>15.2f}{took:>9.1f}{size / 2**20:>7.1f}{above:>22.0f}", flush=True)


def peak_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
