"""Proof files: validate, clean and store files that prove a letter's arrival; and the Danish refusals."""

from __future__ import annotations

ACCEPTED_KINDS = "et billede (PNG eller JPEG), en PDF, en tekstfil (TXT eller CSV) eller et regneark (XLSX)"
DAMAGED_FILE = "Filen er beskadiget eller låst. Åbn den, gem den igen uden adgangskode, og vælg den nye fil."
UNPACKED_TOO_LARGE = "Filen er for stor, når den pakkes ud. Fjern billeder, gem den igen, og vælg den nye fil."


class FileRefused(Exception):
    """Raised when a file that somebody chose cannot be used. The text is a Danish sentence with the next step."""
