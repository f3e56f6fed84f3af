"""Measure the download of a long letter list: `make bench-exports` or

    .venv/bin/python benchmarks/exports.py [--letters 100000]

Prints seconds until the first byte and until the last, the file's size and the process's peak memory for CSV and xlsx.
openpyxl writes the same rows beside them. With LibreOffice on the machine, it opens and saves the workbook, and every
cell is compared. Runs real engines in a separate data folder.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import batched
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ |= {"DJANGO_SETTINGS_MODULE": "sepo_incident.settings", "DEMO": "1", "LOG_LEVEL": "WARNING"}
FOLDER = Path(tempfile.gettempdir()) / f"sepo-exports-{os.getpid()}"
os.environ["SEPO_DATA"] = str(FOLDER)

from benchmarks.copied_letters import multiply_letters  # noqa: E402
from sepo_incident import embedded  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--letters", type=int, default=100_000)
    asked = parser.parse_args()
    try:
        with embedded.running_engines():
            measure(asked.letters)
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)


def measure(letters: int) -> None:
    import warnings

    import django

    warnings.filterwarnings("ignore", message="No directory at")
    django.setup()
    from django.core.management import call_command

    from sepo_incident.demo.sample_incident import fill_database

    call_command("migrate", verbosity=0)
    fill_database(3400)
    multiply_letters(letters)
    at_first = peak_mebibytes()
    print(f"{'file':<10}{'letters':>9}{'first byte, s':>15}{'all, s':>9}{'MiB':>7}{'peak MiB above start':>22}")
    for file_format in ("csv", "xlsx"):
        save_download(file_format, letters, at_first)
    write_with_openpyxl(letters, at_first)
    if shutil.which("soffice"):
        compare_with_libreoffice()


def save_download(file_format: str, letters: int, at_first: float) -> None:
    from django.test import Client
    from django.urls import reverse

    from sepo_incident.accounts.models import Unit, User

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(name="Mette Dahl"))
    started = time.perf_counter()
    parts = client.get(
        reverse("board", args=[Unit.root().pk]), {"status": "ALL", "hent": file_format}
    ).streaming_content
    first = None
    with (FOLDER / f"breve.{file_format}").open("wb") as file:
        for part in parts:
            first = first or (time.perf_counter() - started if part else None)
            file.write(part)
    report(file_format, letters, started, first, FOLDER / f"breve.{file_format}", at_first)


def write_with_openpyxl(letters: int, at_first: float) -> None:
    from django.http import QueryDict

    from followups.letter_files import letter_export
    from followups.rules.letter_rows import fetch_rows, sort_letters
    from letters.models import Letter
    from sepo_incident.accounts.models import User
    from sepo_incident.core import spreadsheets

    kit = User.objects.get(name="Mette Dahl")
    started = time.perf_counter()
    listed = sort_letters(QueryDict()).order(Letter.objects.visible_to(kit).active(), "sent_at", "pk")
    export, ids = letter_export("breve-enhed"), listed.values_list("pk", flat=True)
    rows = (export.cells(row) for some in batched(ids, 1000) for row in fetch_rows(kit, some))
    file = FOLDER / "openpyxl.xlsx"
    file.write_bytes(spreadsheets.build_xlsx(export.headers, rows, "Breve"))
    report("openpyxl", letters, started, time.perf_counter() - started, file, at_first)


def report(name: str, letters: int, started: float, first: float | None, file: Path, at_first: float) -> None:
    took, size = time.perf_counter() - started, file.stat().st_size / 2**20
    above = peak_mebibytes() - at_first
    print(f"{name:<10}{letters:>9}{first or 0:>15.2f}{took:>9.1f}{size:>7.1f}{above:>22.0f}", flush=True)


def peak_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def compare_with_libreoffice() -> None:
    """Let LibreOffice open and save the workbook, and count the cells whose type or value differs."""
    from python_calamine import CalamineWorkbook

    started = time.perf_counter()
    command = ["soffice", "--headless", "--convert-to", "ods", "--outdir", FOLDER, FOLDER / "breve.xlsx"]
    subprocess.run(command, check=True, capture_output=True)
    took = time.perf_counter() - started
    read = [CalamineWorkbook.from_path(FOLDER / f"breve.{form}").get_sheet_by_index(0) for form in ("xlsx", "ods")]
    ours, theirs = (sheet.to_python(skip_empty_area=False) for sheet in read)
    pairs = [pair for row, other in zip(ours, theirs, strict=True) for pair in zip(row, other, strict=True)]
    differing = [(mine, back) for mine, back in pairs if mine != back]
    print(f"LibreOffice read {len(ours) - 1} rows in {took:.0f} s: {len(differing)} of {len(pairs)} cells differ")
    print(*differing[:5], sep="\n")


if __name__ == "__main__":
    main()
