"""Verify mutated notes, before and after LibreOffice saves them anew: `make bench-notes` or

    .venv/bin/python benchmarks/notes.py NOTE.docx [--notes 1000]

NOTE.docx is a note of this database (`manage.py make_note`); run it beside a demo. Each note is changed in one way,
saved by LibreOffice, and verified; every tenth is saved twice. Printed are the notes, the wrong findings, and seconds
per note.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ |= {"DJANGO_SETTINGS_MODULE": "sepo_incident.settings", "DEMO": "1", "LOG_LEVEL": "WARNING"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("note", type=Path)
    parser.add_argument("--notes", type=int, default=1000)
    asked = parser.parse_args()
    from sepo_incident import embedded

    with embedded.running_engines():
        import django

        django.setup()
        with tempfile.TemporaryDirectory() as folder:
            measure(asked.note.read_bytes(), asked.notes, Path(folder))


def measure(note: bytes, notes: int, folder: Path) -> None:
    from benchmarks.note_mutations import MUTATIONS, mutate

    names = list(MUTATIONS)
    expected = {}
    for number in range(notes):
        name = names[number % len(names)]
        changed, expected[f"{number}-{name}"] = mutate(note, name, random.Random(number))
        (folder / f"{number}-{name}.docx").write_bytes(changed)
    report("as edited", folder, expected)
    saved, twice = folder / "saved", folder / "twice"
    begun = time.perf_counter()
    save_anew(sorted(folder.glob("*.docx")), saved)
    print(f"LibreOffice: {time.perf_counter() - begun:.0f} s for {notes} notes", flush=True)
    report("saved by LibreOffice", saved, expected)
    again = list(expected)[::10]
    save_anew([saved / f"{name}.docx" for name in again], twice)
    report("saved twice", twice, {name: expected[name] for name in again})


def save_anew(files: list[Path], saved: Path) -> None:
    """Save the documents with LibreOffice, a hundred in one process. LibreOffice skips some, which then go again."""
    saving = ["soffice", "--headless", f"-env:UserInstallation=file://{saved.parent}/profile"]
    saving += ["--convert-to", "docx:MS Word 2007 XML", "--outdir", str(saved)]
    while batch := [file for file in files if not (saved / file.name).exists()][:100]:
        subprocess.run([*saving, *map(str, batch)], capture_output=True)
        if not any((saved / file.name).exists() for file in batch):
            raise SystemExit(f"LibreOffice does not save {batch[0].name}")


def report(what: str, where: Path, expected: dict) -> None:
    from django.utils import timezone

    from benchmarks.note_mutations import found
    from followups.models import NoteVersion
    from followups.reporting.note.verify import verify_document

    begun, wrong = time.perf_counter(), []
    for name, findings in expected.items():
        content = (where / f"{name}.docx").read_bytes()
        if found(verify_document(content, NoteVersion.objects.all(), timezone.now()).as_json()) != findings:
            wrong.append(name)
    seconds = (time.perf_counter() - begun) / len(expected)
    print(f"{what}: {len(expected)} notes, {len(wrong)} wrong, {seconds:.3f} s per note", *wrong[:10], flush=True)


if __name__ == "__main__":
    main()
